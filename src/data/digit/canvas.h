/*
 * canvas.h - a grey picture of a digit that is worked on: light ink on an even, dark ground.
 */
#ifndef INK_CANVAS_H
#define INK_CANVAS_H

#include "ink_data.h"

/* In one block of memory, of which `value` is the address. */
typedef struct ink_canvas {
  size_t width, height, count;
  uint8_t *value;          /* [height][width] */
  uint8_t *other;          /* scratch of the same size */
  uint32_t *label, *stack; /* [count] */
} ink_canvas;

/* Grey, of a picture of RGBA values, shrunk by a whole number where it is larger than is needed. */
ink_status ink_canvas_make(ink_canvas *c, const uint8_t *rgba, size_t width, size_t height,
                           ink_error *err);

/* Light ink on an even, dark ground of 0; false: there is no ink. `label` and `stack` are used. */
bool ink_canvas_make_even(ink_canvas *c);

/* So large that light varies, and paper has lines. */
bool ink_canvas_is_large(const ink_canvas *c);

#endif
