/*
 * inflate.h - zlib's format, for the rows of a PNG. Private to src/data.
 */
#ifndef INK_INFLATE_H
#define INK_INFLATE_H

#include "ink_base.h"

/*
 * Inflates a zlib stream until `raw_len` bytes are there. A stream that ends with them must have the right
 * Adler-32. A stream that goes on is not followed further, so that no file can make it take more.
 *
 * Takes nothing from the heap. INK_E_DATA, with a clause: the stream is damaged, or it ends too early.
 */
ink_status ink_inflate(const uint8_t *data, size_t len, uint8_t *raw, size_t raw_len,
                       ink_error *err);

#endif
