/*
 * png.c - fuzz target: the PNG walker and decoder.
 *
 * Checksums keep changed bytes from coming far, so each input that begins as a PNG is also tried
 * with all checksums of chunks made right, and an input that begins with "ROWS" is what a PNG is
 * made of: the 13 bytes of IHDR, a palette and a transparency after a byte that tells their length,
 * raw rows.
 */
#include "ink_data.h"
#include "target.h"

#include <string.h>

static unsigned grey_of(const uint8_t *rgba)
{
  PROMISE(rgba[3] == 255);
  return (rgba[0] * 19595u + rgba[1] * 38470u + rgba[2] * 7471u + 0x8000u) >> 16;
}

/* Decoded in colours it is the same picture; rotated or mirrored, it enters the digest. */
static void decode_colours(const ink_png *png, const uint8_t *grey, uint8_t *work, uint32_t *digest)
{
  const size_t pixels = png->width * png->height;
  size_t sums[2] = {0, 0};
  uint8_t *rgba = ink_alloc(4 * pixels);
  ink_error err;
  if (!rgba)
    return;
  PROMISE(ink_png_decode_colours(png, work, rgba, &err) == INK_OK);
  PROMISE(png->orientation >= 1 && png->orientation <= 8);
  for (size_t i = 0; i < pixels; i++) {
    PROMISE(png->orientation != 1 || grey_of(rgba + 4 * i) == grey[i]);
    sums[0] += grey[i];
    sums[1] += grey_of(rgba + 4 * i);
  }
  PROMISE(sums[0] == sums[1]);
  if (png->orientation != 1)
    *digest = ink_crc32(*digest, rgba, 4 * pixels);
  ink_free(rgba);
}

static ink_status decode(const uint8_t *bytes, size_t len, uint32_t *digest, ink_error *err)
{
  ink_png png;
  INK_TRY(ink_png_read(&png, bytes, len, err));
  PROMISE(png.width >= 1 && png.width <= INK_IMAGE_SIDE_MAX);
  PROMISE(png.height >= 1 && png.height <= INK_IMAGE_SIDE_MAX);
  const size_t pixels = png.width * png.height, memory = ink_png_memory(&png);
  PROMISE(memory <= 8 * pixels + 2 * png.height + 16 * (size_t)8 + 4096 * (size_t)8 + len);
  /* Decodes into two blocks of exactly the sizes that the header promises. */
  uint8_t *grey = ink_alloc(pixels), *work = ink_alloc(memory);
  ink_status status = INK_E_MEMORY;
  if (grey && work)
    status = ink_png_decode(&png, work, grey, err);
  else
    ink_fail(err, status, "not enough memory");
  if (status == INK_OK) {
    *digest = digest_number(digest_number(0, png.width), png.height);
    *digest = ink_crc32(*digest, grey, pixels);
    decode_colours(&png, grey, work, digest);
  }
  ink_free(grey);
  ink_free(work);
  return status;
}

static void put_size(uint8_t *to, size_t value)
{
  for (size_t i = 0; i < 4; i++)
    to[i] = (uint8_t)(value >> (8 * (3 - i)));
}

/* ---- chunks with right checksums ---- */

static size_t put_chunk(uint8_t *to, const char *type, const uint8_t *data, size_t len)
{
  put_size(to, len);
  memcpy(to + 4, type, 4);
  if (len > 0)
    memcpy(to + 8, data, len);
  put_size(to + 8 + len, ink_crc32(0, to + 4, len + 4));
  return 12 + len;
}

static void seal(uint8_t *bytes, size_t len)
{
  for (size_t at = 8; at + 12 <= len;) {
    const size_t size = (size_t)bytes[at] << 24 | (size_t)bytes[at + 1] << 16 |
                        (size_t)bytes[at + 2] << 8 | bytes[at + 3];
    if (size > len - at - 12)
      return;
    put_size(bytes + at + 8 + size, ink_crc32(0, bytes + at + 4, size + 4));
    at += 12 + size;
  }
}

static void decode_sealed(const uint8_t *bytes, size_t len)
{
  uint8_t *sealed = malloc(len);
  ink_error err;
  uint32_t digest;
  PROMISE(sealed);
  memcpy(sealed, bytes, len);
  seal(sealed, len);
  decode(sealed, len, &digest, &err);
  free(sealed);
}

/* ---- rows ---- */

enum { HEAD = 13, ROWS_MAX = 60000 }; /* a stored block of deflate holds 65535 bytes */

static size_t store(uint8_t *to, const uint8_t *rows, size_t len)
{
  uint32_t a = 1, b = 0;
  for (size_t i = 0; i < len; i++) {
    a = (a + rows[i]) % 65521;
    b = (b + a) % 65521;
  }
  const uint8_t head[] = {
      0x78, 0x01, 1, (uint8_t)len, (uint8_t)(len >> 8), (uint8_t)~len, (uint8_t)(~len >> 8)};
  memcpy(to, head, sizeof head);
  memcpy(to + sizeof head, rows, len);
  put_size(to + sizeof head + len, (size_t)b << 16 | a);
  return sizeof head + len + 4;
}

/* Reads a part, which comes after its length in one byte. */
static size_t take_part(const uint8_t **bytes, size_t *len, const uint8_t **part)
{
  const size_t n = *len ? ink_min_size((*bytes)[0], *len - 1) : 0;
  *part = *bytes + 1;
  *bytes += *len ? n + 1 : 0;
  *len -= *len ? n + 1 : 0;
  return n;
}

static ink_status decode_rows(const uint8_t *bytes, size_t len, uint32_t *digest, ink_error *err)
{
  if (len < HEAD || len > ROWS_MAX)
    return ink_fail(err, INK_E_DATA, "rows: too few or too many");
  uint8_t *file = malloc(len + 200), *data = malloc(len + 20);
  PROMISE(file && data);
  size_t at = 8;
  memcpy(file, "\x89PNG\r\n\x1a\n", 8);
  at += put_chunk(file + at, "IHDR", bytes, HEAD);
  bytes += HEAD;
  len -= HEAD;
  const uint8_t *part;
  size_t n = take_part(&bytes, &len, &part);
  if (n > 0)
    at += put_chunk(file + at, "PLTE", part, n);
  n = take_part(&bytes, &len, &part);
  if (n > 0)
    at += put_chunk(file + at, "tRNS", part, n);
  at += put_chunk(file + at, "IDAT", data, store(data, bytes, len));
  at += put_chunk(file + at, "IEND", NULL, 0);
  uint8_t *exact = malloc(at);
  PROMISE(exact);
  memcpy(exact, file, at);
  free(file);
  free(data);
  const ink_status status = decode(exact, at, digest, err);
  free(exact);
  return status;
}

ink_status target(const uint8_t *bytes, size_t len, uint32_t *digest, ink_error *err)
{
  if (len >= 4 && memcmp(bytes, "ROWS", 4) == 0)
    return decode_rows(bytes + 4, len - 4, digest, err);
  PROMISE(strlen(ink_file_kind(bytes, len)) < 20);
  if (len >= 20)
    decode_sealed(bytes, len);
  return decode(bytes, len, digest, err);
}
