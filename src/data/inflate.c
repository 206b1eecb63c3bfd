/*
 * inflate.c - zlib's format. stb_image reads the bits, builds the code tables and decodes the
 * symbols. The blocks are unpacked here, because stb_image cannot stop within a block, and a PNG
 * may have more data than its rows need.
 *
 * A symbol of a block is one of
 *   0..255    that byte
 *   256       the end of the block
 *   257..285  a length 3..258 (base + extra bits); then comes a distance: copy `length` bytes
 *             that were written `distance` bytes ago. Distance 1 and length 5 repeat one byte.
 */
#include "inflate.h"

#include <string.h>

/* Only the zlib part of stb_image is compiled, and its allocator returns no memory. */
static void *no_memory(size_t len)
{
  (void)len;
  return NULL;
}
#define STBI_MALLOC(len)                         no_memory(len)
#define STBI_REALLOC_SIZED(memory, old_len, len) ((void)(memory), (void)(old_len), no_memory(len))
#define STBI_FREE(memory)                        ((void)(memory))
#define STBI_NO_JPEG
#define STBI_NO_PNG
#define STBI_NO_BMP
#define STBI_NO_PSD
#define STBI_NO_TGA
#define STBI_NO_GIF
#define STBI_NO_HDR
#define STBI_NO_PIC
#define STBI_NO_PNM
#define STBI_SUPPORT_ZLIB
#define STBI_NO_STDIO
#define STBI_NO_LINEAR
#define STBI_NO_FAILURE_STRINGS
#define STBI_NO_SIMD
#define STBI_NO_THREAD_LOCALS
#define STBI_ASSERT(condition) ((void)0)
#define STB_IMAGE_IMPLEMENTATION
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wmissing-prototypes"
#include <stb_image.h>
#pragma GCC diagnostic pop

/* Symbols of deflate (RFC 1951, 3.2.5). */
enum { END_OF_BLOCK = 256, FIRST_LENGTH = 257, LENGTHS = 29, DISTANCES = 30 };

typedef enum outcome {
  DAMAGED,
  BLOCK_ENDS,
  FULL /* the output is full, and the stream has more */
} outcome;

/* Copies bytes from `distance` bytes back. Source and target may overlap. */
static void repeat(char *out, size_t distance, size_t len)
{
  const char *from = out - distance;
  if (distance == 1) {
    memset(out, *from, len);
    return;
  }
  for (size_t i = 0; i < len; i++)
    out[i] = from[i];
}

static outcome unpack_coded(stbi__zbuf *z)
{
  char *out = z->zout;
  for (;;) {
    const int symbol = stbi__zhuffman_decode(z, &z->z_length);
    if (symbol < 0)
      return DAMAGED;
    if (symbol < END_OF_BLOCK) {
      if (out == z->zout_end)
        return FULL;
      *out++ = (char)symbol;
      continue;
    }
    if (symbol == END_OF_BLOCK) {
      z->zout = out;
      return BLOCK_ENDS;
    }
    const int length = symbol - FIRST_LENGTH;
    if (length >= LENGTHS)
      return DAMAGED;
    size_t len =
        (size_t)stbi__zlength_base[length] + stbi__zreceive(z, stbi__zlength_extra[length]);
    const int back = stbi__zhuffman_decode(z, &z->z_distance);
    if (back < 0 || back >= DISTANCES)
      return DAMAGED;
    const size_t distance =
        (size_t)stbi__zdist_base[back] + stbi__zreceive(z, stbi__zdist_extra[back]);
    if (distance > (size_t)(out - z->zout_start))
      return DAMAGED;
    const size_t room = (size_t)(z->zout_end - out);
    repeat(out, distance, ink_min_size(len, room));
    if (len > room)
      return FULL;
    out += len;
  }
}

static outcome unpack_stored(stbi__zbuf *z)
{
  uint8_t head[4];
  size_t known = 0;
  stbi__zreceive(z, z->num_bits & 7); /* up to the next byte */
  for (; z->num_bits > 0 && known < sizeof head; known++)
    head[known] = (uint8_t)stbi__zreceive(z, 8);
  for (; known < sizeof head; known++)
    head[known] = stbi__zget8(z);
  const size_t len = (size_t)head[0] | (size_t)head[1] << 8,
               check = (size_t)head[2] | (size_t)head[3] << 8;
  const size_t left = (size_t)(z->zbuffer_end - z->zbuffer), room = (size_t)(z->zout_end - z->zout);
  const size_t taken = ink_min_size(len, room);
  if (check != (len ^ 0xffff) || taken > left)
    return DAMAGED;
  memcpy(z->zout, z->zbuffer, taken);
  z->zout += taken;
  z->zbuffer += taken;
  return len > room ? FULL : BLOCK_ENDS;
}

/*
 * Blocks may be empty, and building code tables takes far longer than reading them, so a small file
 * could keep a program busy for minutes. Therefore the tables of the fixed codes are kept, and the
 * number of blocks with codes of their own is limited.
 */
enum { OWN_CODES_FREE = 4096, BYTES_PER_OWN_CODES = 64 };

typedef struct stream {
  stbi__zbuf z;
  bool fixed;       /* the tables are those of the fixed codes */
  size_t own_codes; /* blocks that may still have codes of their own */
} stream;

static bool build_fixed_codes(stream *s)
{
  if (!s->fixed)
    s->fixed = stbi__zbuild_huffman(&s->z.z_length, stbi__zdefault_length, STBI__ZNSYMS) &&
               stbi__zbuild_huffman(&s->z.z_distance, stbi__zdefault_distance, 32);
  return s->fixed;
}

static bool build_own_codes(stream *s)
{
  s->fixed = false;
  return s->own_codes-- > 0 && stbi__compute_huffman_codes(&s->z);
}

static outcome unpack_block(stream *s)
{
  switch (stbi__zreceive(&s->z, 2)) {
  case 0:
    return unpack_stored(&s->z);
  case 1:
    return build_fixed_codes(s) ? unpack_coded(&s->z) : DAMAGED;
  case 2:
    return build_own_codes(s) ? unpack_coded(&s->z) : DAMAGED;
  default:
    return DAMAGED;
  }
}

/*
 * Returns zlib's Adler-32 checksum. Sums of up to 5552 bytes fit 32 bits before the remainder is
 * taken.
 */
static uint32_t adler32_of(const uint8_t *bytes, size_t len)
{
  uint32_t a = 1, b = 0;
  while (len > 0) {
    const size_t part = ink_min_size(len, 5552);
    for (size_t i = 0; i < part; i++) {
      a += bytes[i];
      b += a;
    }
    a %= 65521;
    b %= 65521;
    bytes += part;
    len -= part;
  }
  return b << 16 | a;
}

/* Returns the end of the bytes that are used. Whole bytes in the bit buffer are not used yet. */
static const uint8_t *used_up_to(const stbi__zbuf *z)
{
  return z->zbuffer - z->num_bits / 8;
}

/* Compares the checksum that follows the last block. */
static ink_status check_sum(const stbi__zbuf *z, const uint8_t *raw, size_t raw_len, ink_error *err)
{
  const uint8_t *end = used_up_to(z);
  if (z->zbuffer_end - end < 4)
    return ink_fail(err, INK_E_DATA, "their Adler-32 is cut off");
  const uint32_t said =
      (uint32_t)end[0] << 24 | (uint32_t)end[1] << 16 | (uint32_t)end[2] << 8 | end[3];
  const uint32_t sum = adler32_of(raw, raw_len);
  return said == sum
             ? INK_OK
             : ink_fail(err, INK_E_DATA, "their Adler-32 is %08x, and %08x is written there",
                        (unsigned)sum, (unsigned)said);
}

ink_status ink_inflate(const uint8_t *data, size_t len, uint8_t *raw, size_t raw_len,
                       ink_error *err)
{
  stream s; /* its large tables are filled before they are read */
  stbi__zbuf *z = &s.z;
  s.fixed = false;
  s.own_codes = OWN_CODES_FREE + raw_len / BYTES_PER_OWN_CODES;
  z->zbuffer = (stbi_uc *)(uintptr_t)data; /* it only reads there */
  z->zbuffer_end = z->zbuffer + len;
  z->zout = z->zout_start = (char *)raw;
  z->zout_end = z->zout + raw_len;
  z->num_bits = 0;
  z->code_buffer = 0;
  if (!stbi__parse_zlib_header(z))
    return ink_fail(err, INK_E_DATA, "they do not begin as zlib's format does");
  for (bool last = false; !last;) {
    last = stbi__zreceive(z, 1) == 1;
    const outcome unpacked = unpack_block(&s);
    if (unpacked == DAMAGED)
      return ink_fail(err, INK_E_DATA, "before byte %zu of %zu", (size_t)(used_up_to(z) - data),
                      len);
    if (unpacked == FULL)
      return INK_OK;
  }
  const size_t there = (size_t)(z->zout - z->zout_start);
  if (there < raw_len)
    return ink_fail(err, INK_E_DATA, "they inflate to %zu bytes, and %zu are needed", there,
                    raw_len);
  return check_sum(z, raw, raw_len, err);
}
