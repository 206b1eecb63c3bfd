/*
 * idx.h - MNIST's own file format, one file in memory; private to src/data/load.
 */
#ifndef INK_IDX_H
#define INK_IDX_H

#include "ink_data.h"

enum { INK_IDX_HEAD = 16 }; /* bytes by which every header of ours is complete */

typedef struct ink_idx {
  bool images;                 /* else labels */
  size_t count, height, width; /* height and width are 1 for labels */
  size_t head_bytes;
  size_t file_bytes; /* that the header announces */
} ink_idx;

/* True when the first four bytes are those of an IDX file, whatever its values and shape. */
bool ink_idx_is_idx(const uint8_t *bytes, size_t len);

/* Reads the header from at least INK_IDX_HEAD bytes, or all there are. */
ink_status ink_idx_read(const uint8_t *bytes, size_t len, ink_idx *idx, ink_error *err);

#endif
