/*
 * image.c - PNG bytes to 8-bit grey. Our own walker first proves the file's structure and bounds
 * what decoding it may cost; only then does stb_image decode, on a budget of memory of its own.
 */
#include "ink_data.h"

#include <stdlib.h>
#include <string.h>

/* ---- stb_image's heap: one block per image, handed out from the bottom, dropped as a whole ---- */

static struct budget {
  uint8_t *base;
  size_t capacity, used;
} budget;

enum { PIECE_HEAD = 16 }; /* holds the piece's size, keeps 16-byte alignment */

static void *budget_take(size_t len)
{
  if (len > SIZE_MAX / 2 || len + PIECE_HEAD > budget.capacity - budget.used)
    return NULL;
  uint8_t *piece = budget.base + budget.used;
  budget.used += (len + PIECE_HEAD + 15) / 16 * 16;
  if (budget.used > budget.capacity)
    budget.used = budget.capacity;
  memcpy(piece, &len, sizeof len);
  return piece + PIECE_HEAD;
}

/* The last piece grows in place; another is copied. */
static void *budget_resize(void *memory, size_t old_len, size_t len)
{
  if (!memory)
    return budget_take(len);
  uint8_t *piece = (uint8_t *)memory - PIECE_HEAD;
  const size_t start = (size_t)(piece - budget.base);
  if (start + (old_len + PIECE_HEAD + 15) / 16 * 16 == budget.used) {
    const size_t used = budget.used;
    budget.used = start;
    void *grown = budget_take(len);
    if (!grown)
      budget.used = used;
    return grown;
  }
  void *moved = budget_take(len);
  if (moved)
    memcpy(moved, memory, old_len < len ? old_len : len);
  return moved;
}

static void budget_drop(void *memory)
{
  (void)memory; /* all pieces go at once, after each image */
}

#define STBI_MALLOC(len) budget_take(len)
#define STBI_REALLOC_SIZED(memory, old_len, len) budget_resize(memory, old_len, len)
#define STBI_FREE(memory) budget_drop(memory)
#define STBI_ONLY_PNG
#define STBI_NO_STDIO
#define STBI_NO_HDR
#define STBI_NO_LINEAR
#define STBI_NO_FAILURE_STRINGS
#define STBI_NO_SIMD
#define STBI_NO_THREAD_LOCALS
#define STBI_ASSERT(condition) ((void)0)
#define STBI_MAX_DIMENSIONS INK_IMAGE_SIDE_MAX
#define STB_IMAGE_IMPLEMENTATION
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wmissing-prototypes"
#include <stb_image.h>
#pragma GCC diagnostic pop

/* ---- CRC-32, eight bytes a round (zlib's polynomial; the tables are "slicing by 8") ---- */

static uint32_t crc_table[8][256];

static void make_crc_table(void)
{
  for (uint32_t i = 0; i < 256; i++) {
    uint32_t c = i;
    for (int bit = 0; bit < 8; bit++)
      c = c & 1 ? 0xedb88320u ^ (c >> 1) : c >> 1;
    crc_table[0][i] = c;
  }
  for (uint32_t i = 0; i < 256; i++)
    for (int t = 1; t < 8; t++)
      crc_table[t][i] = (crc_table[t - 1][i] >> 8) ^ crc_table[0][crc_table[t - 1][i] & 255];
}

static uint32_t crc32_of(const uint8_t *bytes, size_t len)
{
  if (!crc_table[0][1])
    make_crc_table();
  uint32_t c = 0xffffffffu;
  for (; len >= 8; len -= 8, bytes += 8) {
    const uint32_t low = c ^ ((uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 |
                              (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24);
    c = crc_table[7][low & 255] ^ crc_table[6][low >> 8 & 255] ^ crc_table[5][low >> 16 & 255] ^
        crc_table[4][low >> 24] ^ crc_table[3][bytes[4]] ^ crc_table[2][bytes[5]] ^
        crc_table[1][bytes[6]] ^ crc_table[0][bytes[7]];
  }
  for (; len > 0; len--, bytes++)
    c = (c >> 8) ^ crc_table[0][(c ^ *bytes) & 255];
  return ~c;
}

/* ---- the walker ---- */

typedef struct png_info {
  size_t width, height;
  unsigned depth, colour; /* PNG's bit depth and colour type */
  bool interlaced, has_transparency;
  size_t palette_entries;
  size_t data_bytes; /* of all IDAT chunks */
} png_info;

enum { COLOUR_GREY = 0, COLOUR_RGB = 2, COLOUR_PALETTE = 3, COLOUR_GREY_ALPHA = 4, COLOUR_RGBA = 6 };

static uint32_t big_endian(const uint8_t *p)
{
  return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static bool is_type(const uint8_t *chunk, const char *type)
{
  return memcmp(chunk + 4, type, 4) == 0;
}

static unsigned channels_of(unsigned colour)
{
  switch (colour) {
  case COLOUR_RGB:
    return 3;
  case COLOUR_GREY_ALPHA:
    return 2;
  case COLOUR_RGBA:
    return 4;
  default:
    return 1;
  }
}

/* PNG specification, table 11.1. */
static bool legal_depth(unsigned colour, unsigned depth)
{
  switch (colour) {
  case COLOUR_GREY:
    return depth == 1 || depth == 2 || depth == 4 || depth == 8 || depth == 16;
  case COLOUR_PALETTE:
    return depth == 1 || depth == 2 || depth == 4 || depth == 8;
  case COLOUR_RGB:
  case COLOUR_GREY_ALPHA:
  case COLOUR_RGBA:
    return depth == 8 || depth == 16;
  default:
    return false;
  }
}

static ink_status read_header(const uint8_t *data, png_info *png, ink_error *err)
{
  const uint32_t width = big_endian(data), height = big_endian(data + 4);
  png->depth = data[8];
  png->colour = data[9];
  png->interlaced = data[12] == 1;
  if (width == 0 || height == 0)
    return ink_fail(err, INK_E_DATA, "PNG: an image of %u x %u pixels", width, height);
  if (width > INK_IMAGE_SIDE_MAX || height > INK_IMAGE_SIDE_MAX)
    return ink_fail(err, INK_E_DATA, "PNG: %u x %u pixels; %d along a side is the limit", width,
                    height, INK_IMAGE_SIDE_MAX);
  if (!legal_depth(png->colour, png->depth))
    return ink_fail(err, INK_E_DATA, "PNG: no such format as colour type %u with %u bits",
                    png->colour, png->depth);
  if (data[10] != 0 || data[11] != 0 || data[12] > 1)
    return ink_fail(err, INK_E_DATA, "PNG: unknown compression, filter or interlace method");
  png->width = width;
  png->height = height;
  return INK_OK;
}

/* Bytes that the image inflates to, filter bytes included; interlacing adds at most 7 short passes. */
static size_t raw_bytes(const png_info *png)
{
  const size_t bits = (size_t)channels_of(png->colour) * png->depth;
  const size_t rows = png->interlaced ? 2 * png->height + 14 : png->height;
  return rows * ((png->width * bits + 7) / 8 + 2);
}

typedef struct walk {
  png_info *png;
  bool header, data, data_ended;
} walk;

static ink_status take_chunk(walk *w, const uint8_t *chunk, size_t len, size_t at, ink_error *err)
{
  png_info *png = w->png;
  const uint8_t *data = chunk + 8;
  if (w->data && !is_type(chunk, "IDAT"))
    w->data_ended = true;
  if (!w->header && !is_type(chunk, "IHDR"))
    return ink_fail(err, INK_E_DATA, "PNG: it does not begin with IHDR");
  if (is_type(chunk, "IHDR")) {
    if (w->header || len != 13)
      return ink_fail(err, INK_E_DATA, "PNG: a second or wrong IHDR at byte %zu", at);
    w->header = true;
    return read_header(data, png, err);
  }
  if (is_type(chunk, "PLTE")) {
    if (png->palette_entries || w->data || len == 0 || len % 3 || len > 768 ||
        png->colour == COLOUR_GREY || png->colour == COLOUR_GREY_ALPHA)
      return ink_fail(err, INK_E_DATA, "PNG: a palette that is wrong or out of place at byte %zu",
                      at);
    png->palette_entries = len / 3;
  } else if (is_type(chunk, "tRNS")) {
    const bool fits = png->colour == COLOUR_GREY  ? len == 2
                      : png->colour == COLOUR_RGB ? len == 6
                                                  : len >= 1 && len <= png->palette_entries;
    if (png->has_transparency || w->data || png->colour >= COLOUR_GREY_ALPHA || !fits)
      return ink_fail(err, INK_E_DATA,
                      "PNG: a transparency that is wrong or out of place at byte %zu", at);
    png->has_transparency = true;
  } else if (is_type(chunk, "IDAT")) {
    if (w->data_ended)
      return ink_fail(err, INK_E_DATA, "PNG: image data in two places, at byte %zu", at);
    if (png->colour == COLOUR_PALETTE && !png->palette_entries)
      return ink_fail(err, INK_E_DATA, "PNG: the palette is missing");
    w->data = true;
    png->data_bytes += len;
  } else if (!(chunk[4] & 32) && !is_type(chunk, "IEND")) {
    return ink_fail(err, INK_E_DATA, "PNG: an unknown chunk '%.4s' that must be understood, at byte %zu",
                    (const char *)chunk + 4, at);
  }
  return INK_OK;
}

static bool is_letters(const uint8_t *type)
{
  for (int i = 0; i < 4; i++)
    if (!((type[i] >= 'A' && type[i] <= 'Z') || (type[i] >= 'a' && type[i] <= 'z')))
      return false;
  return true;
}

static const uint8_t SIGNATURE[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};

static ink_status check_structure(const uint8_t *bytes, size_t len, png_info *png, ink_error *err)
{
  if (len < sizeof SIGNATURE || memcmp(bytes, SIGNATURE, sizeof SIGNATURE) != 0)
    return ink_fail(err, INK_E_DATA, len ? "not a PNG" : "an empty file");
  walk w = {.png = png};
  size_t at = sizeof SIGNATURE;
  for (;;) {
    if (len - at < 12)
      return ink_fail(err, INK_E_DATA, "PNG: cut short at byte %zu", len);
    const uint8_t *chunk = bytes + at;
    const uint32_t size = big_endian(chunk);
    if (!is_letters(chunk + 4))
      return ink_fail(err, INK_E_DATA, "PNG: no chunk at byte %zu", at);
    if (size > len - at - 12)
      return ink_fail(err, INK_E_DATA, "PNG: chunk %.4s at byte %zu claims %u bytes, %zu remain",
                      (const char *)chunk + 4, at, size, len - at - 12);
    /* Critical chunks, and tRNS, which changes pixels; damage in others does no harm. */
    const bool matters = !(chunk[4] & 32) || is_type(chunk, "tRNS");
    if (matters && crc32_of(chunk + 4, size + 4) != big_endian(chunk + 8 + size))
      return ink_fail(err, INK_E_DATA, "PNG: wrong checksum of chunk %.4s at byte %zu",
                      (const char *)chunk + 4, at);
    INK_TRY(take_chunk(&w, chunk, size, at, err));
    at += 12 + (size_t)size;
    if (is_type(chunk, "IEND"))
      break;
  }
  if (png->data_bytes == 0)
    return ink_fail(err, INK_E_DATA, "PNG: no image data");
  /* Deflate cannot do better than 1032 to 1: a file that claims more lies about its size. */
  if (raw_bytes(png) / 2 > 1032 * png->data_bytes + 64)
    return ink_fail(err, INK_E_DATA, "PNG: %zu bytes of data cannot hold %zu x %zu pixels",
                    png->data_bytes, png->width, png->height);
  return INK_OK;
}

/*
 * All that stb_image may take for this picture: the compressed data in a block that doubles, the
 * inflated rows in another, and the pixels up to three times (de-filtered, with a palette or from
 * 16 bits expanded, converted), with up to 4 channels of 16 bits.
 */
static size_t memory_needed(const png_info *png, size_t len)
{
  const size_t pixels = png->width * png->height;
  const size_t wide = 4 * (png->depth == 16 ? 2 : 1);
  return 4 * len + 4 * raw_bytes(png) + 3 * pixels * wide + pixels * 4 + 65536;
}

/* ---- grey ---- */

/* Pillow's L24: ITU-R 601-2 luma in 16-bit fixed point (Pillow: src/libImaging/Convert.c). */
static uint8_t luma(unsigned r, unsigned g, unsigned b)
{
  return (uint8_t)((r * 19595u + g * 38470u + b * 7471u + 0x8000u) >> 16);
}

/* Over white paper. */
static unsigned on_white(unsigned value, unsigned alpha)
{
  return (value * alpha + 255u * (255u - alpha) + 127u) / 255u;
}

static void to_grey(const uint8_t *in, unsigned channels, size_t count, uint8_t *out)
{
  switch (channels) {
  case 1:
    memcpy(out, in, count);
    break;
  case 2:
    for (size_t i = 0; i < count; i++)
      out[i] = (uint8_t)on_white(in[2 * i], in[2 * i + 1]);
    break;
  case 3:
    for (size_t i = 0; i < count; i++)
      out[i] = luma(in[3 * i], in[3 * i + 1], in[3 * i + 2]);
    break;
  default:
    for (size_t i = 0; i < count; i++) {
      const uint8_t *p = in + 4 * i;
      out[i] = luma(on_white(p[0], p[3]), on_white(p[1], p[3]), on_white(p[2], p[3]));
    }
  }
}

/* The block is kept between images and only ever grows: most images of a set are alike. */
static ink_status reserve(size_t needed, ink_error *err)
{
  if (needed > budget.capacity) {
    ink_free(budget.base);
    budget = (struct budget){.base = ink_alloc(needed)};
    if (!budget.base)
      return ink_fail(err, INK_E_MEMORY, "not enough memory to decode this picture (%zu MB)",
                      needed >> 20);
    budget.capacity = needed;
  }
  budget.used = 0;
  return INK_OK;
}

/* Pictures above this size are rare; their block is not kept. */
enum { KEPT_BUDGET = 1 << 20 };

void ink_png_release(void)
{
  ink_free(budget.base);
  budget = (struct budget){0};
}

ink_status ink_png_decode(const uint8_t *bytes, size_t len, uint8_t **grey, size_t *width,
                          size_t *height, ink_error *err)
{
  png_info png = {0};
  if (len > INK_FILE_MAX)
    return ink_fail(err, INK_E_DATA, "a file of %zu MB; %d MB is the limit", len >> 20,
                    INK_FILE_MAX >> 20);
  INK_TRY(check_structure(bytes, len, &png, err));
  INK_TRY(reserve(memory_needed(&png, len), err));
  int w = 0, h = 0, channels = 0;
  const uint8_t *pixels = stbi_load_from_memory(bytes, (int)len, &w, &h, &channels, 0);
  ink_status status = INK_OK;
  uint8_t *out = NULL;
  if (!pixels)
    status = ink_fail(err, INK_E_DATA, "PNG: the image data are damaged");
  else if (!(out = ink_alloc((size_t)w * (size_t)h)))
    status = ink_fail(err, INK_E_MEMORY, "not enough memory for a picture of %d x %d", w, h);
  else
    to_grey(pixels, (unsigned)channels, (size_t)w * (size_t)h, out);
  if (budget.capacity > KEPT_BUDGET)
    ink_png_release();
  INK_TRY(status);
  *grey = out;
  *width = (size_t)w;
  *height = (size_t)h;
  return INK_OK;
}
