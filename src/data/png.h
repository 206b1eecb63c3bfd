/*
 * png.h - a PNG file whose structure has been proved: what the walker (png.c) hands to the decoder
 * (image.c). Private to src/data.
 */
#ifndef INK_PNG_H
#define INK_PNG_H

#include "ink_data.h"

enum {
  INK_PNG_GREY = 0,
  INK_PNG_RGB = 2,
  INK_PNG_PALETTE = 3,
  INK_PNG_GREY_ALPHA = 4,
  INK_PNG_RGBA = 6
};

/* One of the pictures that make up an interlaced one (Adam7); a plain one is its only pass. */
typedef struct ink_png_pass {
  size_t x, y, dx, dy;  /* of its first pixel, and from one to the next */
  size_t width, height; /* either may be 0: then nothing is stored for it */
} ink_png_pass;
enum { INK_PNG_PASSES = 7 };

/* How many passes there are, and what the i-th of them is. */
size_t ink_png_pass_count(const ink_png *png);
ink_png_pass ink_png_pass_at(const ink_png *png, size_t i);

/* Bytes of `width` pixels, without the byte that tells the filter. */
size_t ink_png_row_bytes(const ink_png *png, size_t width);
/* Samples of a pixel. */
size_t ink_png_channels(const ink_png *png);

#endif
