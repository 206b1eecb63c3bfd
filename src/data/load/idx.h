/* idx.h - the header of a file in MNIST's own format, IDX. Private to src/data/load. */
#ifndef INK_IDX_H
#define INK_IDX_H

#include "ink_data.h"

enum { INK_IDX_HEAD = 16 }; /* the longest header of a file that is read, in bytes */

typedef struct ink_idx {
  bool images;                 /* else labels */
  size_t count, height, width; /* height and width are 1 for labels */
  size_t head_bytes;
  size_t file_bytes; /* size of the file, as the header states it */
} ink_idx;

/* Returns whether the first four bytes are those of an IDX file, of whatever type and shape. */
bool ink_idx_is_idx(const uint8_t *bytes, size_t len);

/*
 * Reads the header from at least INK_IDX_HEAD bytes, or from all of a shorter file. INK_E_DATA: it
 * is not supported or wrong.
 */
ink_status ink_idx_read(const uint8_t *bytes, size_t len, ink_idx *idx, ink_error *err);

#endif
