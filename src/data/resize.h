/*
 * resize.h - Pillow's bilinear filter for one length, to be used repeatedly. Private to src/data.
 */
#ifndef INK_RESIZE_H
#define INK_RESIZE_H

#include "ink_data.h"

/* For each output: the first input that it weighs, how many inputs, and their weights. */
typedef struct ink_resize_filter {
  size_t in, out, longest;
  size_t *first, *count; /* [out] */
  int32_t *weights;      /* [out][longest], 22-bit fixed point */
} ink_resize_filter;

/* Returns false if there is no memory. In both cases free it with ink_resize_filter_free. */
bool ink_resize_filter_make(ink_resize_filter *filter, size_t in, size_t out);
void ink_resize_filter_free(ink_resize_filter *filter);

/*
 * Resizes `in` [vertical->in][horizontal->in] to `out` [vertical->out][horizontal->out]. `between`
 * has room for [vertical->in][horizontal->out]. It allocates nothing.
 */
void ink_resize_apply(const ink_resize_filter *horizontal, const ink_resize_filter *vertical,
                      const uint8_t *in, uint8_t *between, uint8_t *out);

#endif
