/*
 * png.h - a PNG file whose structure png.c has checked, for the decoder (image.c). Private to
 * src/data.
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

/*
 * One of the passes of an interlaced picture (Adam7). A plain picture is one pass. The pass of each
 * pixel, in squares of 8 x 8:
 *
 *   1 6 4 6 2 6 4 6
 *   7 7 7 7 7 7 7 7
 *   5 6 5 6 5 6 5 6
 *   7 7 7 7 7 7 7 7
 *   3 6 4 6 3 6 4 6
 *   7 7 7 7 7 7 7 7
 *   5 6 5 6 5 6 5 6
 *   7 7 7 7 7 7 7 7
 */
typedef struct ink_png_pass {
  size_t x, y, dx, dy;  /* position of its first pixel; steps to the next one */
  size_t width, height; /* if one of them is 0, nothing is stored for the pass */
} ink_png_pass;
enum { INK_PNG_PASSES = 7 };

/* Return the number of passes, and pass i. */
size_t ink_png_pass_count(const ink_png *png);
ink_png_pass ink_png_pass_at(const ink_png *png, size_t i);

/* Returns the bytes of `width` pixels, without the filter byte. */
size_t ink_png_row_bytes(const ink_png *png, size_t width);
/* Returns the number of samples of a pixel. */
size_t ink_png_channels(const ink_png *png);

#endif
