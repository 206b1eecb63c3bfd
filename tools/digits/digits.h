/*
 * digits.h - the generator of the built-in data set: handwriting in, a tar of PNGs out.
 *
 * Data flows one way:
 *
 *     skeletons.c   what the digits look like: a table, one row a style
 *       -> hand.c   one picture's movement of the hand: blend, jitter, slant, smooth
 *       -> pen.c    the ink that movement leaves: width, pressure, nib
 *       -> frame.c  ink scaled into 20x20, centred in 28x28, grey
 *       -> png.c -> tar.c -> main.c writes the archive
 *
 * Every random draw comes from a stream keyed by (seed, split, digit, index), so that a picture
 * depends on nothing else: not on how many others there are, nor on the order they are drawn in.
 * The arithmetic is + - * / and sqrt in double, which IEEE 754 fixes to the last bit, and no other
 * function of libm: the same binary gives the same bytes.
 */
#ifndef DIGITS_H
#define DIGITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum {
  SIDE = 28,        /* pixels a side of a finished picture, as in MNIST */
  BOX = 20,         /* the digit itself fills a box of so many pixels, as in MNIST */
  MAX_POSES = 6,    /* of one style */
  MAX_STROKES = 4,  /* of one style */
  MAX_POINTS = 24,  /* control points of one stroke */
  MAX_SAMPLES = 600 /* points along one drawn stroke */
};

/* -- rng.c: SplitMix64 ------------------------------------------------------------------------ */

typedef struct {
  uint64_t state;
} rng;

rng rng_for(uint64_t seed, uint64_t split, uint64_t digit, uint64_t index);
double rng_uniform(rng *r, double low, double high); /* low <= x < high */
double rng_normal(rng *r, double sd);                /* mean 0, never beyond 3.5 sd */
double rng_factor(rng *r, double sd);                /* about exp(normal(sd)): median 1 */
bool rng_chance(rng *r, double p);

/* -- skeletons.c ------------------------------------------------------------------------------ */

/*
 * One way of writing one digit. A pose is a text of control points "x,y", 0..100 with y downwards;
 * `|` lifts the pen, `!` after a point makes it a corner. A smooth curve runs through the points.
 * All poses of a style have the same strokes, points and corners; a picture draws a random
 * mixture of them, so they are the extremes between which this way of writing varies.
 */
typedef struct {
  int digit;
  double weight; /* how often, relative to the digit's other styles */
  const char *name;
  const char *poses[MAX_POSES]; /* NULL after the last */
} style;

extern const style styles[];
extern const size_t n_styles;

/* -- hand.c ----------------------------------------------------------------------------------- */

typedef struct {
  double x, y;
  double r; /* half the width of the ink here */
} sample;

/* What a hand drew: strokes of samples, about 100 high, y downwards. */
typedef struct {
  int n_strokes;
  int n_samples[MAX_STROKES];
  sample at[MAX_STROKES][MAX_SAMPLES];
} drawing;

/* Reads every style's text. False, with a message naming the style on stderr, if one is wrong. */
bool hand_learn(void);

/* Draws `digit` (0..9) as one writer would; sets x and y of the samples, not r. */
void hand_draw(drawing *d, int digit, rng *r);
/* A scribble that is no digit, or by chance alone: one to three strokes through points anywhere. */
void hand_scribble(drawing *d, rng *r);

/* -- pen.c ------------------------------------------------------------------------------------ */

/* The nib: a circle of 1 in coordinates (m[0] x + m[1] y, m[1] x + m[2] y). */
typedef struct {
  double m[3];
} nib;

/* Chooses pen and pressure: sets r of every sample. */
nib pen_choose(drawing *d, rng *r);

/* -- frame.c ---------------------------------------------------------------------------------- */

/* Puts the drawing into a picture as MNIST frames its own: light ink on black. */
void frame_picture(uint8_t picture[SIDE][SIDE], const drawing *d, const nib *n);

/* -- png.c ------------------------------------------------------------------------------------ */

/* The picture as an 8-bit grey PNG; the caller frees it. NULL when memory runs out. */
uint8_t *png_encode(const uint8_t picture[SIDE][SIDE], size_t *len_bytes);

/* -- tar.c ------------------------------------------------------------------------------------ */

/* A ustar entry, reproducible: time 0, owner 0. Directories' names end in '/'. False: see errno. */
bool tar_entry(FILE *out, const char *name, const uint8_t *bytes, size_t len_bytes);
bool tar_end(FILE *out);

#endif
