/*
 * resize.h - Pillow's bilinear filter for one length, made once and used again; private to src/data.
 */
#ifndef INK_RESIZE_H
#define INK_RESIZE_H

#include "ink_data.h"

/* For each position of the output: where its support begins, how long it is, and the weights. */
typedef struct ink_resize_filter {
  size_t in, out, longest;
  size_t *first, *count; /* [out] */
  int32_t *weights;      /* [out][longest], 22-bit fixed point */
} ink_resize_filter;

/* False without memory; what was taken is freed by ink_resize_filter_free either way. */
bool ink_resize_filter_make(ink_resize_filter *filter, size_t in, size_t out);
void ink_resize_filter_free(ink_resize_filter *filter);

/*
 * [vertical->in][horizontal->in] to [vertical->out][horizontal->out]; between: room for [vertical->in][horizontal->out].
 * Allocates nothing.
 */
void ink_resize_apply(const ink_resize_filter *horizontal, const ink_resize_filter *vertical,
                      const uint8_t *in, uint8_t *between, uint8_t *out);

#endif
