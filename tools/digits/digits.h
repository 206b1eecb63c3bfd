/*
 * digits.h - the generator of the built-in data set: from models of handwriting to a tar of PNGs.
 *
 * Data flows one way:
 *
 *   skeletons.c   the shapes of the digits: a table with one row for each style
 *     -> hand.c   the movement of the hand for one picture: mix, jitter, slant, smooth
 *     -> pen.c    the ink of that movement: width, pressure, nib
 *     -> frame.c  the ink scaled into 20 x 20, centred in 28 x 28, grey
 *     -> png.c -> tar.c -> main.c writes the archive
 *
 * Every random draw comes from a stream with the key (seed, split, digit, index), so a picture
 * depends on nothing else: neither on the number of pictures nor on the order in which they are
 * drawn. The arithmetic is + - * / and sqrt in double, which IEEE 754 defines to the last bit, and
 * no other function of libm, so the same binary writes the same bytes.
 */
#ifndef DIGITS_H
#define DIGITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum {
  SIDE = 28,        /* pixels along each side of a picture, as in MNIST */
  BOX = 20,         /* pixels along each side of the box that a digit fills, as in MNIST */
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
double rng_factor(rng *r, double sd);                /* about exp(normal(sd)); its median is 1 */
bool rng_chance(rng *r, double p);

/* -- skeletons.c ------------------------------------------------------------------------------ */

/*
 * One way of writing one digit. A pose is a text of control points "x,y", 0..100 with y downwards.
 * ` |` lifts the pen; `!` after a point makes it a corner. A smooth curve runs through the points.
 * All poses of a style have the same strokes, points and corners. A picture is a random mixture of
 * them, so they are the extremes of this way of writing.
 */
typedef struct {
  int digit;
  double weight; /* how frequent it is, relative to the other styles of the digit */
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

/* A drawing: strokes of samples, about 100 high, y downwards. */
typedef struct {
  int n_strokes;
  int n_samples[MAX_STROKES];
  sample at[MAX_STROKES][MAX_SAMPLES];
} drawing;

/*
 * Parses the text of every style. Returns false, with a message that names the style on stderr, if
 * one is wrong.
 */
bool hand_learn(void);

/* Draws `digit` (0..9) as one writer would. Sets x and y of the samples, not r. */
void hand_draw(drawing *d, int digit, rng *r);
/*
 * Draws a scribble that is no digit, except by chance: one to three strokes through random points.
 */
void hand_scribble(drawing *d, rng *r);

/* -- pen.c ------------------------------------------------------------------------------------ */

/* The nib: a circle of radius 1 in the coordinates (m[0] x + m[1] y, m[1] x + m[2] y). */
typedef struct {
  double m[3];
} nib;

/* Chooses pen and pressure: sets r of every sample. */
nib pen_choose(drawing *d, rng *r);

/* -- frame.c ---------------------------------------------------------------------------------- */

/* Scales and centres the drawing as MNIST does: light ink on black. */
void frame_picture(uint8_t picture[SIDE][SIDE], const drawing *d, const nib *n);

/* -- png.c ------------------------------------------------------------------------------------ */

/* Returns the picture as an 8-bit grey PNG, which the caller frees; NULL if there is no memory. */
uint8_t *png_encode(const uint8_t picture[SIDE][SIDE], size_t *len_bytes);

/* -- tar.c ------------------------------------------------------------------------------------ */

/*
 * Writes a reproducible ustar entry: time 0, owner 0. Names of directories end in '/'. Returns
 * false on failure: see errno.
 */
bool tar_entry(FILE *out, const char *name, const uint8_t *bytes, size_t len_bytes);
bool tar_end(FILE *out);

#endif
