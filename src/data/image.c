/*
 * image.c - decodes a PNG whose structure png.c has checked to 8-bit grey or colours. The image
 * data are inflated into a block of exactly the size of the picture. Filters, interlacing and
 * colours are undone here, row by row.
 *
 * Nothing is allocated and nothing is kept, so threads may decode at the same time.
 */
#include "inflate.h"
#include "paper.h"
#include "png.h"

#include <string.h>

/*
 * Returns the image data; if they lie in several chunks, they are joined in `memory`. png.c has
 * checked that the chunks follow each other.
 */
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
 * Undoes the filter of one row, in place. With a, b, c for the bytes to the left, above, and above
 * left (0 outside the picture), the byte x of a row becomes
 *
 *   0 none   1 sub   2 up    3 average         4 Paeth
 *   x        x + a   x + b   x + (a + b) / 2   x + the one of a, b, c nearest a + b - c
 *
 *   c b
 *   a x      step: the distance to the pixel on the left in bytes, at least 1
 *            above: the row above; NULL in the first row of a pass
 *
 * Example, sub with step 1: the bytes 10 5 0 251 become 10 15 15 10 (sums modulo 256).
 * Returns false if there is no such filter.
 */
static bool undo_filter(unsigned filter, uint8_t *row, const uint8_t *above, size_t len,
                        size_t step)
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

/* Undoes the filters of all rows, in place: each row is a filter byte followed by its samples. */
static ink_status undo_filters(const ink_png *png, uint8_t *raw, ink_error *err)
{
  const size_t bits = ink_png_channels(png) * png->depth, step = bits < 8 ? 1 : bits / 8;
  for (size_t i = 0; i < ink_png_pass_count(png); i++) {
    const ink_png_pass pass = ink_png_pass_at(png, i);
    const size_t row_bytes = ink_png_row_bytes(png, pass.width);
    const uint8_t *above = NULL;
    for (size_t y = 0; pass.width > 0 && y < pass.height; y++, raw += 1 + row_bytes) {
      if (!undo_filter(raw[0], raw + 1, above, row_bytes, step))
        return ink_fail(err, INK_E_DATA, "PNG: the image data are damaged: no such filter as %u",
                        raw[0]);
      above = raw + 1;
    }
  }
  return INK_OK;
}

/* ---- samples to pixels ---- */

/* Returns a sample of tRNS: two bytes, of which only the lower `depth` bits count. */
static unsigned transparent_sample(const ink_png *png, size_t channel)
{
  const uint8_t *p = png->transparency + 2 * channel;
  return ((unsigned)p[0] << 8 | p[1]) & ((1u << png->depth) - 1);
}

enum { NO_KEY = 1 << 16 }; /* no sample has this value */

typedef struct colours {
  bool by_table;        /* a pixel is one sample of up to 8 bits, with its colour in the tables */
  uint8_t rgba[256][4]; /* not premultiplied */
  uint8_t grey[256];    /* the same colours on white paper */
  unsigned key[3];      /* the colour that is transparent, or NO_KEY */
} colours;

static void set_rgba(uint8_t *to, unsigned r, unsigned g, unsigned b, unsigned alpha)
{
  to[0] = (uint8_t)r;
  to[1] = (uint8_t)g;
  to[2] = (uint8_t)b;
  to[3] = (uint8_t)alpha;
}

/* A sample beyond the end of the palette is opaque black, as in libpng. */
static void prepare_table(colours *c, const ink_png *png)
{
  const unsigned count = 1u << png->depth;
  for (unsigned i = 0; i < count; i++) {
    if (png->colour == INK_PNG_GREY) {
      const unsigned grey = i * 255 / (count - 1);
      set_rgba(c->rgba[i], grey, grey, grey, i == c->key[0] ? 0 : 255);
    } else if (i < png->palette_entries) {
      const uint8_t *rgb = png->palette + 3 * (size_t)i;
      set_rgba(c->rgba[i], rgb[0], rgb[1], rgb[2],
               i < png->transparency_bytes ? png->transparency[i] : 255);
    } else {
      set_rgba(c->rgba[i], 0, 0, 0, 255);
    }
    c->grey[i] = ink_paper_grey(c->rgba[i], false);
  }
}

static void prepare_colours(colours *c, const ink_png *png)
{
  const bool keyed = png->transparency && png->colour != INK_PNG_PALETTE;
  for (size_t i = 0; i < 3; i++)
    c->key[i] = keyed && i < ink_png_channels(png) ? transparent_sample(png, i) : NO_KEY;
  c->by_table = ink_png_channels(png) == 1 && png->depth <= 8;
  if (c->by_table)
    prepare_table(c, png);
}

static unsigned small_sample(const uint8_t *row, size_t i, unsigned depth)
{
  const size_t bit = i * depth;
  return row[bit / 8] >> (8 - depth - bit % 8) & ((1u << depth) - 1);
}

/* Reads a pixel whose samples have 8 bits, or 16, of which the upper byte is kept. */
static void read_large_pixel(const ink_png *png, const colours *c, const uint8_t *row, size_t i,
                             uint8_t *rgba)
{
  const size_t channels = ink_png_channels(png), wide = png->depth / 8;
  const uint8_t *p = row + i * channels * wide;
  uint8_t v[4];
  bool transparent = channels != 2 && channels != 4;
  for (size_t s = 0; s < channels; s++) {
    v[s] = p[s * wide];
    const unsigned whole = wide == 2 ? (unsigned)p[2 * s] << 8 | p[2 * s + 1] : v[s];
    transparent = transparent && s < 3 && whole == c->key[s];
  }
  const unsigned alpha = transparent ? 0 : channels == 2 ? v[1] : channels == 4 ? v[3] : 255;
  if (channels <= 2)
    set_rgba(rgba, v[0], v[0], v[0], alpha);
  else
    set_rgba(rgba, v[0], v[1], v[2], alpha);
}

static void read_pixel(const ink_png *png, const colours *c, const uint8_t *row, size_t i,
                       uint8_t *rgba)
{
  if (c->by_table)
    memcpy(rgba, c->rgba[small_sample(row, i, png->depth)], 4);
  else
    read_large_pixel(png, c, row, i, rgba);
}

/* ---- pixels to the picture ---- */

/* A row of a pass after its filter is undone. */
typedef struct row {
  const uint8_t *samples;
  size_t count, x, y, dx; /* pixels; position of the first one; step to the next one */
} row;
typedef void row_callback(void *context, const ink_png *png, const colours *c, const row *r);

static void for_each_row(const ink_png *png, const colours *c, const uint8_t *raw,
                         row_callback *callback, void *context)
{
  for (size_t i = 0; i < ink_png_pass_count(png); i++) {
    const ink_png_pass pass = ink_png_pass_at(png, i);
    for (size_t y = 0; pass.width > 0 && y < pass.height; y++) {
      const row r = {.samples = raw + 1,
                     .count = pass.width,
                     .x = pass.x,
                     .y = pass.y + y * pass.dy,
                     .dx = pass.dx};
      callback(context, png, c, &r);
      raw += 1 + ink_png_row_bytes(png, pass.width);
    }
  }
}

static void add_row_to_ranges(void *context, const ink_png *png, const colours *c, const row *r)
{
  uint8_t rgba[4];
  for (size_t i = 0; i < r->count; i++) {
    read_pixel(png, c, r->samples, i, rgba);
    ink_paper_add(context, rgba);
  }
}

/* Returns whether all the ink is in alpha (paper.h). */
static bool is_in_alpha(const ink_png *png, const colours *c, const uint8_t *raw)
{
  if (!png->transparency && png->colour != INK_PNG_GREY_ALPHA && png->colour != INK_PNG_RGBA)
    return false;
  ink_paper paper = INK_PAPER_EMPTY;
  for_each_row(png, c, raw, add_row_to_ranges, &paper);
  return ink_paper_alpha_is_ink(&paper, png->width, png->height);
}

typedef struct picture {
  uint8_t *out;
  bool in_alpha;
} picture;

static void put_grey_row(void *context, const ink_png *png, const colours *c, const row *r)
{
  const picture *to = context;
  uint8_t *out = to->out + r->y * png->width + r->x;
  uint8_t rgba[4];
  if (png->colour == INK_PNG_GREY && png->depth == 8 && !png->transparency && r->dx == 1) {
    memcpy(out, r->samples, r->count);
  } else if (c->by_table && !to->in_alpha) {
    for (size_t i = 0; i < r->count; i++)
      out[i * r->dx] = c->grey[small_sample(r->samples, i, png->depth)];
  } else {
    for (size_t i = 0; i < r->count; i++) {
      read_pixel(png, c, r->samples, i, rgba);
      out[i * r->dx] = ink_paper_grey(rgba, to->in_alpha);
    }
  }
}

/*
 * Returns the index of the pixel (x, y) in the picture rotated and mirrored as its eXIf chunk says.
 */
static size_t displayed_index(const ink_png *png, size_t x, size_t y)
{
  const unsigned o = png->orientation;
  const size_t u = o == 2 || o == 3 || o == 7 || o == 8 ? png->width - 1 - x : x;
  const size_t v = o == 3 || o == 4 || o == 6 || o == 7 ? png->height - 1 - y : y;
  return ink_png_is_turned(png) ? u * png->height + v : v * png->width + u;
}

static void put_colour_row(void *context, const ink_png *png, const colours *c, const row *r)
{
  const picture *to = context;
  uint8_t rgba[4];
  for (size_t i = 0; i < r->count; i++) {
    read_pixel(png, c, r->samples, i, rgba);
    uint8_t *out = to->out + 4 * displayed_index(png, r->x + i * r->dx, r->y);
    for (size_t s = 0; s < 3; s++)
      out[s] = to->in_alpha ? ink_paper_grey(rgba, true) : (uint8_t)ink_on_white(rgba[s], rgba[3]);
    out[3] = 255;
  }
}

/* ---- the whole picture ---- */

size_t ink_png_memory(const ink_png *png)
{
  return png->raw_bytes + (png->data_chunks > 1 ? png->data_bytes : 0);
}

static ink_status decode(const ink_png *png, uint8_t *memory, uint8_t *out, row_callback *put,
                         ink_error *err)
{
  uint8_t *raw = memory;
  ink_error why;
  const uint8_t *data = gather(png, memory + png->raw_bytes);
  if (ink_inflate(data, png->data_bytes, raw, png->raw_bytes, &why) != INK_OK)
    return png->data_elsewhere
               ? ink_fail(err, INK_E_DATA, "PNG: image data in two places, at byte %zu",
                          png->data_elsewhere)
               : ink_fail(err, INK_E_DATA, "PNG: the image data are damaged: %.200s", why.text);
  INK_TRY(undo_filters(png, raw, err));
  colours c;
  prepare_colours(&c, png);
  picture to = {.out = out, .in_alpha = is_in_alpha(png, &c, raw)};
  for_each_row(png, &c, raw, put, &to);
  return INK_OK;
}

ink_status ink_png_decode(const ink_png *png, uint8_t *memory, uint8_t *grey, ink_error *err)
{
  return decode(png, memory, grey, put_grey_row, err);
}

ink_status ink_png_decode_colours(const ink_png *png, uint8_t *memory, uint8_t *rgba,
                                  ink_error *err)
{
  return decode(png, memory, rgba, put_colour_row, err);
}
