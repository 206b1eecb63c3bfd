/*
 * digit.c - turns digits that a person drew, photographed or scanned into pictures like those that
 * the network learnt from: found, cropped, scaled into 20 x 20, centred by mass in 28 x 28, light
 * on black.
 */
#include "pieces.h"

#include <math.h>
#include <string.h>

enum {
  BOX = 20,   /* MNIST's digits fill a box of 20 x 20 pixels */
  CENTRE = 14 /* and have their centre of mass at pixel (14, 14), counted from 0 */
};

/* ---- strokes too thin to survive shrinking ---- */

/* Replaces each value by the largest within `radius`, along rows and then along columns. */
static void thicken(ink_canvas *c, size_t radius)
{
  for (size_t y = 0; y < c->height; y++)
    for (size_t x = 0; x < c->width; x++) {
      uint8_t most = 0;
      for (size_t n = x > radius ? x - radius : 0; n < ink_min_size(x + radius + 1, c->width); n++)
        most = c->value[y * c->width + n] > most ? c->value[y * c->width + n] : most;
      c->other[y * c->width + x] = most;
    }
  for (size_t y = 0; y < c->height; y++)
    for (size_t x = 0; x < c->width; x++) {
      uint8_t most = 0;
      for (size_t n = y > radius ? y - radius : 0; n < ink_min_size(y + radius + 1, c->height); n++)
        most = c->other[n * c->width + x] > most ? c->other[n * c->width + x] : most;
      c->value[y * c->width + x] = most;
    }
}

static ink_box strengthen(ink_canvas *c, ink_box b)
{
  const double thinnest = 1.7; /* of 20 pixels: the strokes of MNIST's thin pens */
  const size_t width = b.right - b.left, height = b.bottom - b.top;
  const double scale = (double)BOX / (double)(width > height ? width : height);
  const double wide = ink_stroke_width(c, b) * scale;
  if (scale >= 0.5 || wide >= thinnest) /* small pictures need no thicker strokes */
    return b;
  const size_t radius = (size_t)lround((thinnest - wide) / (2 * scale));
  if (radius == 0)
    return b;
  thicken(c, radius);
  return ink_box_widen(c, b, radius);
}

/* ---- 20 x 20, and then 28 x 28 ---- */

/*
 * Shrinks a box to [height][width] of a BOX x BOX array by area average, with fractions of pixels.
 */
static void shrink(const ink_canvas *c, ink_box b, float out[BOX][BOX], size_t width, size_t height)
{
  const double sx = (double)(b.right - b.left) / (double)width;
  const double sy = (double)(b.bottom - b.top) / (double)height;
  for (size_t y = 0; y < height; y++)
    for (size_t x = 0; x < width; x++) {
      const double y0 = (double)y * sy, y1 = y0 + sy, x0 = (double)x * sx, x1 = x0 + sx;
      double sum = 0;
      for (size_t v = (size_t)y0; (double)v < y1 && b.top + v < b.bottom; v++) {
        const double dy = fmin(y1, (double)v + 1) - fmax(y0, (double)v);
        for (size_t u = (size_t)x0; (double)u < x1 && b.left + u < b.right; u++) {
          const double dx = fmin(x1, (double)u + 1) - fmax(x0, (double)u);
          sum += dx * dy * c->value[(b.top + v) * c->width + b.left + u];
        }
      }
      out[y][x] = (float)(sum / (sx * sy));
    }
}

/*
 * Places the digit into `out` by its centre of mass. scaled, if not NULL, gets it in the middle of
 * BOX x BOX.
 */
static void place(const ink_canvas *c, ink_box b, uint8_t out[INK_PIXELS], uint8_t *scaled)
{
  const size_t w = b.right - b.left, h = b.bottom - b.top, longer = w > h ? w : h;
  const size_t width = (2 * w * BOX + longer) / (2 * longer),
               height = (2 * h * BOX + longer) / (2 * longer);
  const size_t across = width ? width : 1, down = height ? height : 1;
  float small[BOX][BOX];
  shrink(c, b, small, across, down);
  double most = 0, sum = 0, sum_x = 0, sum_y = 0;
  for (size_t y = 0; y < down; y++)
    for (size_t x = 0; x < across; x++) {
      most = fmax(most, small[y][x]);
      sum += small[y][x];
      sum_x += (double)x * small[y][x];
      sum_y += (double)y * small[y][x];
    }
  /*
   * The position at which the centre of mass falls on the centre, with the box inside the picture.
   */
  const double left =
      fmin(fmax(round((double)CENTRE - sum_x / sum), 0), (double)(INK_SIDE - across));
  const double top = fmin(fmax(round((double)CENTRE - sum_y / sum), 0), (double)(INK_SIDE - down));
  memset(out, 0, INK_PIXELS);
  for (size_t y = 0; y < down; y++)
    for (size_t x = 0; x < across; x++)
      out[((size_t)top + y) * INK_SIDE + (size_t)left + x] =
          (uint8_t)lround(small[y][x] * 255.0 / most);
  if (!scaled)
    return;
  memset(scaled, 0, (size_t)BOX * BOX);
  for (size_t y = 0; y < down; y++)
    for (size_t x = 0; x < across; x++)
      scaled[((BOX - down) / 2 + y) * BOX + (BOX - across) / 2 + x] =
          (uint8_t)lround(small[y][x] * 255.0 / most);
}

/* ---- the whole picture ---- */

static ink_status no_ink(ink_error *err)
{
  return ink_fail(err, INK_E_DATA, "no ink found: the picture is of one colour, or nearly so");
}

ink_status ink_digit_prepare(const uint8_t *rgba, size_t width, size_t height,
                             uint8_t out[INK_PIXELS], ink_error *err)
{
  ink_canvas c;
  INK_TRY(ink_canvas_make(&c, rgba, width, height, err));
  const bool ink = ink_canvas_make_even(&c);
  if (ink) {
    ink_pieces pieces;
    ink_pieces_find(&pieces, &c);
    ink_pieces_group_one(&pieces);
    place(&c, strengthen(&c, ink_pieces_isolate(&pieces, 0, &c)), out, NULL);
  }
  ink_free(c.value);
  return ink ? INK_OK : no_ink(err);
}

/* Scales the picture without any of the steps above: what the network would see without them. */
static ink_status make_raw(const ink_canvas *c, uint8_t raw[INK_PIXELS], ink_error *err)
{
  return ink_fit_to_square(c->value, c->width, c->height, raw, err);
}

static ink_status read_groups(ink_canvas *c, bool cut_all, ink_digits *out, ink_error *err)
{
  ink_pieces pieces;
  int order[INK_DIGITS_MAX];
  ink_box boxes[INK_DIGITS_MAX];
  if (!ink_canvas_make_even(c))
    return no_ink(err);
  out->width = c->width;
  out->height = c->height;
  out->grey = ink_alloc(c->count);
  if (!out->grey)
    return ink_fail(err, INK_E_MEMORY, "not enough memory to read a picture");
  memcpy(out->grey, c->value, c->count);
  ink_pieces_find(&pieces, c);
  ink_pieces_cut(&pieces, cut_all, c);
  out->n = ink_pieces_group_all(&pieces);
  if (out->n < 2) {
    ink_pieces_group_one(&pieces);
    out->n = 1;
  }
  for (size_t i = 0; i < out->n; i++)
    boxes[i] = ink_pieces_box(&pieces, (int)i);
  ink_reading_order(boxes, out->n, order);
  for (size_t i = 0; i < out->n; i++) {
    struct ink_digit *digit = &out->digit[i];
    memcpy(c->value, out->grey, c->count);
    const ink_box b = ink_pieces_isolate(&pieces, order[i], c);
    digit->left = b.left;
    digit->top = b.top;
    digit->right = b.right;
    digit->bottom = b.bottom;
    place(c, strengthen(c, b), digit->picture, digit->scaled);
  }
  return INK_OK;
}

ink_status ink_digits_read(const uint8_t *rgba, size_t width, size_t height, bool cut_all,
                           ink_digits *out, ink_error *err)
{
  ink_canvas c;
  *out = (ink_digits){0};
  INK_TRY(ink_canvas_make(&c, rgba, width, height, err));
  ink_status status = make_raw(&c, out->raw, err);
  if (status == INK_OK)
    status = read_groups(&c, cut_all, out, err);
  ink_free(c.value);
  if (status != INK_OK)
    ink_digits_free(out);
  return status;
}

void ink_digits_free(ink_digits *digits)
{
  ink_free(digits->grey);
  *digits = (ink_digits){0};
}
