/*
 * paper.h - makes a picture with transparency grey. Private to src/data.
 *
 * The rule: a picture lies on white paper. If that shows no ink, because the ink is light and only
 * alpha differs (white ink on transparency, as drawing programs export it in dark mode), alpha is
 * the picture: opaque pixels are black ink. The rule holds for data sets, files and canvases.
 */
#ifndef INK_PAPER_H
#define INK_PAPER_H

#include "ink_base.h"

/*
 * Returns how many grey levels ink must differ from the ground: more in a large picture, whose
 * light varies.
 */
unsigned ink_min_contrast(size_t width, size_t height);
/*
 * In pictures with at least so many pixels along both sides, light may vary and paper may have
 * lines.
 */
enum { INK_UNEVEN_FROM = 100 };

/* Pillow's L24: ITU-R 601-2 luma in 16-bit fixed point (Pillow: src/libImaging/Convert.c). */
static inline uint8_t ink_luma(unsigned r, unsigned g, unsigned b)
{
  return (uint8_t)((r * 19595u + g * 38470u + b * 7471u + 0x8000u) >> 16);
}

static inline unsigned ink_on_white(unsigned value, unsigned alpha)
{
  return (value * alpha + 255u * (255u - alpha) + 127u) / 255u;
}

/* Returns the grey of a pixel [4] on white paper. */
static inline uint8_t ink_grey_on_white(const uint8_t *rgba)
{
  const unsigned alpha = rgba[3];
  if (alpha == 255)
    return ink_luma(rgba[0], rgba[1], rgba[2]);
  return ink_luma(ink_on_white(rgba[0], alpha), ink_on_white(rgba[1], alpha),
                  ink_on_white(rgba[2], alpha));
}

typedef struct ink_range {
  uint8_t least, most; /* least > most: the range is empty */
} ink_range;

/* Ranges of the pixels of a picture, which decide between paper and alpha. */
typedef struct ink_paper {
  ink_range grey;   /* on white paper */
  ink_range alpha;  /* 0: transparent */
  ink_range colour; /* grey of the colours that are at least half opaque */
} ink_paper;

#define INK_PAPER_EMPTY                                                                            \
  {                                                                                                \
    {255, 0}, {255, 0},                                                                            \
    {                                                                                              \
      255, 0                                                                                       \
    }                                                                                              \
  }

static inline void ink_range_widen(ink_range *range, uint8_t value)
{
  if (value < range->least)
    range->least = value;
  if (value > range->most)
    range->most = value;
}

/* Adds a pixel [4] to the ranges. */
static inline void ink_paper_add(ink_paper *paper, const uint8_t *rgba)
{
  ink_range_widen(&paper->alpha, rgba[3]);
  ink_range_widen(&paper->grey, ink_grey_on_white(rgba));
  if (rgba[3] >= 128)
    ink_range_widen(&paper->colour, ink_luma(rgba[0], rgba[1], rgba[2]));
}

/* Returns whether alpha is the picture, by the rule above. */
bool ink_paper_alpha_is_ink(const ink_paper *paper, size_t width, size_t height);
/* Returns the grey of one pixel [4]. */
static inline uint8_t ink_paper_grey(const uint8_t *rgba, bool alpha_is_ink)
{
  return alpha_is_ink ? (uint8_t)(255 - rgba[3]) : ink_grey_on_white(rgba);
}

#endif
