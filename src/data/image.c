/*
 * image.c - a PNG whose structure is proved (png.c) to 8-bit grey. stb_image inflates the data into
 * a block of exactly the size that the picture has: rows that would not fit are an error there, so
 * no file can make it take more. Filters, interlacing and colours are undone here, row by row.
 *
 * Nothing is taken from the heap and nothing is kept: any number of threads may decode at once.
 */
#include "png.h"

#include <string.h>

/*
 * Of stb_image only zlib's format is compiled, no picture format, and its heap is empty: it writes
 * to memory that it is given and nowhere else.
 */
static void *no_memory(size_t len)
{
  (void)len;
  return NULL;
}
#define STBI_MALLOC(len) no_memory(len)
#define STBI_REALLOC_SIZED(memory, old_len, len) ((void)(memory), (void)(old_len), no_memory(len))
#define STBI_FREE(memory) ((void)(memory))
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

/* ---- inflate ---- */

/* zlib's checksum. Sums of up to 5552 bytes fit 32 bits before the remainder is taken. */
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

/* A zlib stream that gives exactly `raw_len` bytes, and their checksum. */
static bool inflate_exactly(const uint8_t *data, size_t len, uint8_t *raw, size_t raw_len)
{
  stbi__zbuf z = {.zbuffer = (stbi_uc *)(uintptr_t)data, /* it only reads there */
                  .zbuffer_end = (stbi_uc *)(uintptr_t)data + len};
  if (!stbi__do_zlib(&z, (char *)raw, (int)raw_len, 0, 1) || z.zout != (char *)raw + raw_len)
    return false;
  /* Whole bytes that it had read ahead into its bit buffer. */
  const uint8_t *end = z.zbuffer - z.num_bits / 8;
  if (data + len - end < 4)
    return false;
  const uint32_t sum =
      (uint32_t)end[0] << 24 | (uint32_t)end[1] << 16 | (uint32_t)end[2] << 8 | end[3];
  return sum == adler32_of(raw, raw_len);
}

/* The image data, gathered in `memory` where they lie in several chunks (each is known to be there). */
static const uint8_t *gather(const ink_png *png, uint8_t *memory)
{
  if (png->data_chunks == 1)
    return png->data;
  const uint8_t *from = png->data;
  size_t done = 0;
  for (size_t i = 0; i < png->data_chunks; i++) {
    const uint8_t *head = from - 8;
    const size_t size =
        (size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3];
    memcpy(memory + done, from, size);
    done += size;
    from += size + 12;
  }
  return memory;
}

/* ---- filters (PNG specification, 9.2) ---- */

static unsigned paeth(int a, int b, int c)
{
  const int p = a + b - c;
  const int pa = p > a ? p - a : a - p, pb = p > b ? p - b : b - p, pc = p > c ? p - c : c - p;
  return (unsigned)(pa <= pb && pa <= pc ? a : pb <= pc ? b : c);
}

/*
 * In place. `step` is the distance to the pixel on the left, at least a byte; `above` is NULL in the
 * first row of a pass.
 */
static bool undo_filter(unsigned filter, uint8_t *row, const uint8_t *above, size_t len, size_t step)
{
  switch (filter) {
  case 0:
    return true;
  case 1:
    for (size_t i = step; i < len; i++)
      row[i] = (uint8_t)(row[i] + row[i - step]);
    return true;
  case 2:
    for (size_t i = 0; above && i < len; i++)
      row[i] = (uint8_t)(row[i] + above[i]);
    return true;
  case 3:
    for (size_t i = 0; i < len; i++) {
      const unsigned left = i < step ? 0 : row[i - step], up = above ? above[i] : 0;
      row[i] = (uint8_t)(row[i] + (left + up) / 2);
    }
    return true;
  case 4:
    for (size_t i = 0; i < len; i++) {
      const bool inside = i >= step;
      row[i] = (uint8_t)(row[i] + paeth(inside ? row[i - step] : 0, above ? above[i] : 0,
                                        inside && above ? above[i - step] : 0));
    }
    return true;
  default:
    return false;
  }
}

/* ---- samples to grey ---- */

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

static uint8_t luma_on_white(const uint8_t *rgb, unsigned alpha)
{
  return luma(on_white(rgb[0], alpha), on_white(rgb[1], alpha), on_white(rgb[2], alpha));
}

/* A sample of tRNS: two bytes, of which only the lower `depth` bits count. */
static unsigned transparent_sample(const ink_png *png, size_t channel)
{
  const uint8_t *p = png->transparency + 2 * channel;
  return ((unsigned)p[0] << 8 | p[1]) & ((1u << png->depth) - 1);
}

enum { NO_KEY = 1 << 16 }; /* no sample has this value */

typedef struct colours {
  uint8_t grey[256]; /* of each sample, where a pixel is one sample of up to 8 bits */
  size_t count;      /* samples that mean something */
  unsigned key[3];   /* the pixel that is transparent, or NO_KEY */
} colours;

static void prepare_colours(colours *c, const ink_png *png)
{
  const bool keyed = png->transparency && png->colour != INK_PNG_PALETTE;
  for (size_t i = 0; i < 3; i++)
    c->key[i] = keyed && i < ink_png_channels(png) ? transparent_sample(png, i) : NO_KEY;
  if (png->colour == INK_PNG_PALETTE) {
    c->count = png->palette_entries;
    for (size_t i = 0; i < c->count; i++)
      c->grey[i] = luma_on_white(png->palette + 3 * i,
                                 i < png->transparency_bytes ? png->transparency[i] : 255);
  } else if (png->colour == INK_PNG_GREY && png->depth <= 8) {
    c->count = (size_t)1 << png->depth;
    for (size_t i = 0; i < c->count; i++)
      c->grey[i] = i == c->key[0] ? 255 : (uint8_t)(i * 255 / (c->count - 1));
  }
}

/* One sample of up to 8 bits a pixel. False: a sample that the palette has not. */
static bool convert_small(const ink_png *png, const colours *c, const uint8_t *row, size_t count,
                          uint8_t *out, size_t dx)
{
  const unsigned depth = png->depth, mask = (1u << depth) - 1;
  for (size_t i = 0; i < count; i++) {
    const size_t bit = i * depth;
    const unsigned sample = row[bit / 8] >> (8 - depth - bit % 8) & mask;
    if (sample >= c->count)
      return false;
    out[i * dx] = c->grey[sample];
  }
  return true;
}

/* Samples of 8 bits, or of 16, of which the upper byte is taken. */
static void convert_large(const ink_png *png, const colours *c, const uint8_t *row, size_t count,
                          uint8_t *out, size_t dx)
{
  const size_t channels = ink_png_channels(png), wide = png->depth / 8;
  for (size_t i = 0; i < count; i++) {
    const uint8_t *p = row + i * channels * wide;
    uint8_t v[4];
    bool transparent = channels != 2 && channels != 4;
    for (size_t s = 0; s < channels; s++) {
      v[s] = p[s * wide];
      const unsigned whole = wide == 2 ? (unsigned)p[2 * s] << 8 | p[2 * s + 1] : v[s];
      transparent = transparent && whole == c->key[s];
    }
    const unsigned alpha = transparent ? 0 : channels == 2 ? v[1] : channels == 4 ? v[3] : 255;
    out[i * dx] = channels <= 2 ? (uint8_t)on_white(v[0], alpha) : luma_on_white(v, alpha);
  }
}

static bool convert_row(const ink_png *png, const colours *c, const uint8_t *row, size_t count,
                        uint8_t *out, size_t dx)
{
  if (png->colour == INK_PNG_GREY && png->depth == 8 && !png->transparency && dx == 1) {
    memcpy(out, row, count);
    return true;
  }
  if (ink_png_channels(png) == 1 && png->depth <= 8)
    return convert_small(png, c, row, count, out, dx);
  convert_large(png, c, row, count, out, dx);
  return true;
}

/* ---- the picture ---- */

size_t ink_png_memory(const ink_png *png)
{
  return png->raw_bytes + (png->data_chunks > 1 ? png->data_bytes : 0);
}

static ink_status decode_pass(const ink_png *png, const colours *c, const ink_png_pass *pass,
                              uint8_t *raw, uint8_t *grey, ink_error *err)
{
  const size_t row_bytes = ink_png_row_bytes(png, pass->width);
  const size_t bits = ink_png_channels(png) * png->depth, step = bits < 8 ? 1 : bits / 8;
  const uint8_t *above = NULL;
  for (size_t y = 0; y < pass->height; y++, raw += 1 + row_bytes) {
    if (!undo_filter(raw[0], raw + 1, above, row_bytes, step))
      return ink_fail(err, INK_E_DATA, "PNG: the image data are damaged: no such filter as %u",
                      raw[0]);
    above = raw + 1;
    if (!convert_row(png, c, above, pass->width,
                     grey + (pass->y + y * pass->dy) * png->width + pass->x, pass->dx))
      return ink_fail(err, INK_E_DATA, "PNG: a pixel whose colour the palette has not");
  }
  return INK_OK;
}

ink_status ink_png_decode(const ink_png *png, uint8_t *memory, uint8_t *grey, ink_error *err)
{
  uint8_t *raw = memory;
  if (!inflate_exactly(gather(png, memory + png->raw_bytes), png->data_bytes, raw, png->raw_bytes))
    return ink_fail(err, INK_E_DATA, "PNG: the image data are damaged");
  colours c = {0};
  prepare_colours(&c, png);
  for (size_t i = 0; i < ink_png_pass_count(png); i++) {
    const ink_png_pass pass = ink_png_pass_at(png, i);
    if (pass.width == 0)
      continue;
    INK_TRY(decode_pass(png, &c, &pass, raw, grey, err));
    raw += pass.height * (1 + ink_png_row_bytes(png, pass.width));
  }
  return INK_OK;
}
