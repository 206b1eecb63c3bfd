/*
 * canvas.h - a grey picture of digits while it is processed: light ink on an even, dark ground.
 * Private to src/data/digit.
 */
#ifndef INK_CANVAS_H
#define INK_CANVAS_H

#include "ink_data.h"

/* All arrays lie in one block of memory, which starts at `value`. */
typedef struct ink_canvas {
  size_t width, height, count;
  uint8_t *value;          /* [height][width] */
  uint8_t *other;          /* scratch of the same size */
  uint32_t *label, *stack; /* [count] */
} ink_canvas;

/*
 * Makes a grey canvas of a picture rgba [height][width][4], shrunk by a whole number if it is
 * large. INK_E_MEMORY.
 */
ink_status ink_canvas_make(ink_canvas *c, const uint8_t *rgba, size_t width, size_t height,
                           ink_error *err);

/*
 * Makes the ink light and the ground an even 0. Returns false if there is no ink. `label` and
 * `stack` are overwritten.
 */
bool ink_canvas_make_even(ink_canvas *c);

/* Returns whether the canvas is so large that light may vary and paper may have lines. */
bool ink_canvas_is_large(const ink_canvas *c);

#endif
