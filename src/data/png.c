/*
 * png.c - parses the chunks of a PNG and checks what the decoder relies on: structure, checksums,
 * and that the picture is not larger than its data can be.
 *
 *   signature | IHDR | PLTE? tRNS? eXIf? ... | IDAT IDAT ... | IEND
 *   a chunk is: size (4 bytes, big endian), type (4 letters), data (size bytes), CRC-32 (4 bytes)
 */
#include "png.h"
#include "exif.h"
#include "kinds.h"

#include <string.h>

static uint32_t big_endian(const uint8_t *p)
{
  return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* ---- geometry ---- */

size_t ink_png_channels(const ink_png *png)
{
  switch (png->colour) {
  case INK_PNG_RGB:
    return 3;
  case INK_PNG_GREY_ALPHA:
    return 2;
  case INK_PNG_RGBA:
    return 4;
  default:
    return 1;
  }
}

size_t ink_png_row_bytes(const ink_png *png, size_t width)
{
  return (width * ink_png_channels(png) * png->depth + 7) / 8;
}

size_t ink_png_pass_count(const ink_png *png)
{
  return png->interlaced ? INK_PNG_PASSES : 1;
}

static size_t count_from(size_t first, size_t step, size_t end)
{
  return end > first ? (end - first + step - 1) / step : 0;
}

ink_png_pass ink_png_pass_at(const ink_png *png, size_t i)
{
  static const uint8_t adam7[INK_PNG_PASSES][4] = {{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8},
                                                   {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2},
                                                   {0, 1, 1, 2}};
  static const uint8_t plain[4] = {0, 0, 1, 1};
  const uint8_t *p = png->interlaced ? adam7[i] : plain;
  return (ink_png_pass){.x = p[0],
                        .y = p[1],
                        .dx = p[2],
                        .dy = p[3],
                        .width = count_from(p[0], p[2], png->width),
                        .height = count_from(p[1], p[3], png->height)};
}

/* Returns how many bytes the image data inflate to: rows with a filter byte each. */
static size_t count_raw_bytes(const ink_png *png)
{
  size_t bytes = 0;
  for (size_t i = 0; i < ink_png_pass_count(png); i++) {
    const ink_png_pass pass = ink_png_pass_at(png, i);
    if (pass.width > 0)
      bytes += pass.height * (1 + ink_png_row_bytes(png, pass.width));
  }
  return bytes;
}

/* ---- chunks ---- */

/* Returns whether a colour type has that depth (PNG specification, table 11.1). */
static bool legal_depth(unsigned colour, unsigned depth)
{
  switch (colour) {
  case INK_PNG_GREY:
    return depth == 1 || depth == 2 || depth == 4 || depth == 8 || depth == 16;
  case INK_PNG_PALETTE:
    return depth == 1 || depth == 2 || depth == 4 || depth == 8;
  case INK_PNG_RGB:
  case INK_PNG_GREY_ALPHA:
  case INK_PNG_RGBA:
    return depth == 8 || depth == 16;
  default:
    return false;
  }
}

typedef struct chunk {
  const uint8_t *type, *data;
  size_t size, at; /* bytes of its data; byte of the file where it starts */
  bool intact;     /* its checksum is right; false if it was not compared */
} chunk;

static bool is(const chunk *c, const char *type)
{
  return memcmp(c->type, type, 4) == 0;
}

/* A chunk with a capital first letter is critical: a decoder that does not know it must give up. */
static bool is_critical(const chunk *c)
{
  return !(c->type[0] & 32);
}

typedef struct parser {
  ink_png *png;
  bool header, palette, data, data_ended, end;
} parser;

static ink_status parse_header(parser *p, const chunk *c, ink_error *err)
{
  ink_png *png = p->png;
  if (p->header || c->size != 13)
    return ink_fail(err, INK_E_DATA, "PNG: a second or wrong IHDR at byte %zu", c->at);
  p->header = true;
  const uint32_t width = big_endian(c->data), height = big_endian(c->data + 4);
  png->depth = c->data[8];
  png->colour = c->data[9];
  png->interlaced = c->data[12] == 1;
  if (width == 0 || height == 0)
    return ink_fail(err, INK_E_DATA, "PNG: an image of %u x %u pixels", width, height);
  if (width > INK_IMAGE_SIDE_MAX || height > INK_IMAGE_SIDE_MAX)
    return ink_fail(err, INK_E_DATA, "PNG: %u x %u pixels; %d along a side is the limit", width,
                    height, INK_IMAGE_SIDE_MAX);
  if (!legal_depth(png->colour, png->depth))
    return ink_fail(err, INK_E_DATA, "PNG: no such format as colour type %u with %u bits",
                    png->colour, png->depth);
  if (c->data[10] != 0 || c->data[11] != 0 || c->data[12] > 1)
    return ink_fail(err, INK_E_DATA, "PNG: unknown compression, filter or interlace method");
  png->width = width;
  png->height = height;
  return INK_OK;
}

/* Other formats may carry a palette as a suggestion, which is not needed. */
static ink_status parse_palette(parser *p, const chunk *c, ink_error *err)
{
  ink_png *png = p->png;
  const bool used = png->colour == INK_PNG_PALETTE;
  if (p->data)
    return INK_OK;
  if (p->palette || c->size == 0 || (used && (c->size % 3 || c->size > 768)))
    return ink_fail(err, INK_E_DATA, "PNG: a palette that is wrong or out of place at byte %zu",
                    c->at);
  p->palette = true;
  if (used) {
    png->palette = c->data;
    png->palette_entries = c->size / 3;
  }
  return INK_OK;
}

/* Returns how many bytes of tRNS a format needs; 0 if it does not use tRNS. */
static size_t transparency_bytes_needed(const ink_png *png)
{
  switch (png->colour) {
  case INK_PNG_GREY:
    return 2;
  case INK_PNG_RGB:
    return 6;
  case INK_PNG_PALETTE:
    return png->palette ? 1 : 0;
  default:
    return 0;
  }
}

/* Keeps the first usable tRNS and ignores the others, as Chromium, ImageMagick or both do. */
static void parse_transparency(parser *p, const chunk *c)
{
  ink_png *png = p->png;
  const size_t needed = transparency_bytes_needed(png);
  if (!c->intact || png->transparency || p->data || needed == 0 || c->size < needed ||
      c->size > 256)
    return;
  png->transparency = c->data;
  png->transparency_bytes = c->size;
}

static ink_status parse_data(parser *p, const chunk *c, ink_error *err)
{
  ink_png *png = p->png;
  if (p->data_ended) {
    if (!png->data_elsewhere)
      png->data_elsewhere = c->at;
    return INK_OK;
  }
  if (png->colour == INK_PNG_PALETTE && !png->palette)
    return ink_fail(err, INK_E_DATA, "PNG: the palette is missing");
  if (!p->data)
    png->data = c->data;
  p->data = true;
  png->data_chunks++;
  png->data_bytes += c->size;
  return INK_OK;
}

static void parse_exif(parser *p, const chunk *c)
{
  if (c->intact && p->png->orientation == 1)
    p->png->orientation = ink_exif_orientation(c->data, c->size);
}

bool ink_png_is_turned(const ink_png *png)
{
  return png->orientation >= 5;
}

static ink_status parse_chunk(parser *p, const chunk *c, ink_error *err)
{
  if (!p->header && !is(c, "IHDR"))
    return ink_fail(err, INK_E_DATA, "PNG: it does not begin with IHDR");
  if (p->data && !is(c, "IDAT"))
    p->data_ended = true;
  if (is(c, "IHDR"))
    return parse_header(p, c, err);
  if (is(c, "PLTE"))
    return parse_palette(p, c, err);
  if (is(c, "IDAT"))
    return parse_data(p, c, err);
  if (is(c, "tRNS"))
    parse_transparency(p, c);
  else if (is(c, "eXIf"))
    parse_exif(p, c);
  else if (is(c, "IEND"))
    p->end = true;
  else if (is_critical(c))
    return ink_fail(err, INK_E_DATA,
                    "PNG: an unknown chunk '%.4s' that must be understood, at byte %zu",
                    (const char *)c->type, c->at);
  return INK_OK;
}

/* ---- the whole file ---- */

static bool is_letters(const uint8_t *type)
{
  for (int i = 0; i < 4; i++)
    if (!((type[i] >= 'A' && type[i] <= 'Z') || (type[i] >= 'a' && type[i] <= 'z')))
      return false;
  return true;
}

/* Reads one chunk; at least 12 bytes of it are there. */
static ink_status read_chunk(chunk *c, const uint8_t *bytes, size_t len, size_t at, ink_error *err)
{
  const uint32_t size = big_endian(bytes + at);
  const size_t left = len - at - 12;
  *c = (chunk){.type = bytes + at + 4, .data = bytes + at + 8, .size = size, .at = at};
  if (!is_letters(c->type))
    return ink_fail(err, INK_E_DATA, "PNG: no chunk at byte %zu", at);
  if (size > left)
    return ink_fail(err, INK_E_DATA, "PNG: chunk %.4s at byte %zu claims %u bytes, %zu remain",
                    (const char *)c->type, at, size, left);
  /* Damage in other chunks is ignored. */
  const bool checked = is_critical(c) || is(c, "tRNS") || is(c, "eXIf");
  c->intact = checked && ink_crc32(0, c->type, c->size + 4) == big_endian(c->data + c->size);
  if (is_critical(c) && !c->intact)
    return ink_fail(err, INK_E_DATA, "PNG: wrong checksum of chunk %.4s at byte %zu",
                    (const char *)c->type, at);
  return INK_OK;
}

static ink_status check_size(ink_png *png, ink_error *err)
{
  if (png->data_bytes == 0)
    return ink_fail(err, INK_E_DATA, "PNG: no image data");
  png->raw_bytes = count_raw_bytes(png);
  /* Deflate compresses at most 1032 to 1: a file that claims more has a wrong size. */
  if (png->raw_bytes > 1032 * png->data_bytes)
    return ink_fail(err, INK_E_DATA, "PNG: %zu bytes of data cannot hold %zu x %zu pixels",
                    png->data_bytes, png->width, png->height);
  return INK_OK;
}

/* Xcode writes such PNGs into apps: another chunk before IHDR, and data without a zlib header. */
#define CGBI                                                                                       \
  "PNG: it is Apple's own variant (CgBI), which Xcode writes and other programs cannot read: "     \
  "convert it on a Mac with xcrun pngcrush -revert-iphone-optimizations in.png out.png"

ink_status ink_png_read(ink_png *png, const uint8_t *bytes, size_t len, ink_error *err)
{
  static const uint8_t signature[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
  *png = (ink_png){.orientation = 1};
  if (len > INK_FILE_MAX)
    return ink_fail(err, INK_E_DATA, "a file of %zu MB; %d MB is the limit", len >> 20,
                    INK_FILE_MAX >> 20);
  if (len < sizeof signature || memcmp(bytes, signature, sizeof signature) != 0)
    return ink_not_a_png(bytes, len, err);
  if (len >= 16 && memcmp(bytes + 12, "CgBI", 4) == 0)
    return ink_fail(err, INK_E_DATA, "%s", CGBI);
  parser p = {.png = png};
  for (size_t at = sizeof signature; !p.end;) {
    chunk c;
    if (len - at < 12)
      return ink_fail(err, INK_E_DATA, "PNG: cut short at byte %zu", len);
    INK_TRY(read_chunk(&c, bytes, len, at, err));
    INK_TRY(parse_chunk(&p, &c, err));
    at += 12 + c.size;
  }
  return check_size(png, err);
}
