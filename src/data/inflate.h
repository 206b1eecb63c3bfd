/*
 * inflate.h - zlib's format, for the rows of a PNG. Private to src/data.
 */
#ifndef INK_INFLATE_H
#define INK_INFLATE_H

#include "ink_base.h"

/*
 * Inflates a zlib stream data [len] until raw [raw_len] is full. If the stream ends there, its
 * Adler-32 must be right. The rest of a longer stream is not read, so that no file can need more
 * time.
 *
 * It allocates nothing. INK_E_DATA, with a clause: the stream is damaged or ends too early.
 */
ink_status ink_inflate(const uint8_t *data, size_t len, uint8_t *raw, size_t raw_len,
                       ink_error *err);

#endif
