/*
 * cut.c - digits that touch are cut apart: from top to bottom, where the least ink is in the way.
 *
 * A cut is taken where it is clear: a part of the ink that is wide, one contact
 * that is not much wider than a stroke, and on both sides of it something as tall as a digit.
 * Whatever else is wide, a 0 or a 2 with long ends, needs two strokes cut or leaves a low part.
 */
#include "pieces.h"

static size_t width_of(ink_box b)
{
  return b.right - b.left;
}

static size_t height_of(ink_box b)
{
  return b.bottom - b.top;
}

/* In shares of the height: as wide as some digits, and wider than all but a few in ten thousand. */
static const double WIDE = 0.9, TOO_WIDE = 1.5;
/* Strokes that a cut may take away. */
static const double CONTACT = 1.6;
/* How tall and how heavy each side must be, as shares of the whole. */
static const double TALL = 0.7, HEAVY = 0.15;
/* Where a cut may lie, as a share of the width from either end. */
static const double MARGIN = 0.15;

static bool is_wider(ink_box b, double wide)
{
  return (double)width_of(b) > wide * (double)height_of(b);
}

/* What of a pixel is in the way of a cut; a little everywhere, so that a cut through nothing is
 * straight. */
static uint32_t in_the_way(const ink_canvas *c, uint32_t label, size_t i)
{
  return c->label[i] == label ? c->value[i] + 1u : 1u;
}

/* Of three neighbours in a row, the one with the least. */
static size_t least_near(const uint32_t *row, size_t x, size_t first, size_t last)
{
  size_t best = x;
  for (size_t n = x > first ? x - 1 : first; n <= ink_min_size(x + 1, last); n++)
    best = row[n] < row[best] ? n : best;
  return best;
}

/*
 * Gives what lies right of a path the label `right`: the path goes from top to bottom of the box, a
 * pixel aside at most in each row, with the least ink in its way. Returns that ink. `c->stack`
 * holds the least ink down to each pixel.
 */
static double divide(ink_canvas *c, ink_box b, uint32_t label, uint32_t right)
{
  const size_t width = width_of(b), height = height_of(b);
  const size_t first = (size_t)(MARGIN * (double)width), last = width - 1 - first;
  uint32_t *least = c->stack;
  for (size_t y = 0; y < height; y++)
    for (size_t x = first; x <= last; x++) {
      const uint32_t *above = least + (y ? y - 1 : 0) * width;
      const size_t n = y ? least_near(above, x, first, last) : x;
      least[y * width + x] =
          (y ? above[n] : 0) + in_the_way(c, label, (b.top + y) * c->width + b.left + x);
    }
  const uint32_t *bottom = least + (height - 1) * width;
  size_t x = first;
  for (size_t n = first; n <= last; n++)
    x = bottom[n] < bottom[x] ? n : x;
  const double ink = (double)bottom[x] - (double)height;
  for (size_t y = height; y-- > 0;) {
    uint32_t *row = c->label + (b.top + y) * c->width + b.left;
    for (size_t n = x + 1; n < width; n++)
      row[n] = row[n] == label ? right : row[n];
    x = y ? least_near(least + (y - 1) * width, x, first, last) : x;
  }
  return ink;
}

/* All with a label within a box. */
static ink_piece gather(const ink_canvas *c, ink_box within, uint32_t label)
{
  ink_piece side = {.at = {within.right, within.bottom, 0, 0}, .label = label};
  for (size_t y = within.top; y < within.bottom; y++)
    for (size_t x = within.left; x < within.right; x++) {
      const size_t i = y * c->width + x;
      if (c->label[i] != label)
        continue;
      side.ink += c->value[i];
      side.at = (ink_box){ink_min_size(side.at.left, x), ink_min_size(side.at.top, y),
                          side.at.right > x + 1 ? side.at.right : x + 1, y + 1};
    }
  return side;
}

static bool may_be_digit(ink_piece side, ink_piece whole)
{
  return side.ink > HEAVY * whole.ink &&
         (double)height_of(side.at) > TALL * (double)height_of(whole.at);
}

/* The right side becomes a piece of its own; false: there is no clear cut, and it stays whole. */
static bool cut(ink_pieces *pieces, size_t index, double wide, ink_canvas *c)
{
  const ink_piece whole = pieces->piece[index];
  if (pieces->n == INK_PIECES_MAX || !is_wider(whole.at, wide))
    return false;
  const uint32_t label =
      (uint32_t)(c->count + pieces->n); /* pieces that were found have smaller ones */
  const ink_box b = ink_box_widen(c, whole.at, INK_EDGE);
  const double way = divide(c, b, whole.label, label);
  ink_piece left = gather(c, b, whole.label), right = gather(c, b, label);
  if (way > CONTACT * 255 * ink_stroke_width(c, b) || !may_be_digit(left, whole) ||
      !may_be_digit(right, whole)) {
    for (size_t y = b.top; y < b.bottom; y++)
      for (size_t x = b.left; x < b.right; x++)
        if (c->label[y * c->width + x] == label)
          c->label[y * c->width + x] = whole.label;
    return false;
  }
  left.touches_border = right.touches_border = whole.touches_border;
  pieces->piece[index] = left;
  ink_pieces_add(pieces, right);
  return true;
}

bool ink_digits_may_touch(const ink_digits *digits)
{
  bool wide = false;
  for (size_t i = 0; i < digits->n; i++) {
    const struct ink_digit *d = &digits->digit[i];
    wide |= is_wider((ink_box){d->left, d->top, d->right, d->bottom}, WIDE);
  }
  return wide;
}

void ink_pieces_cut(ink_pieces *pieces, bool all, ink_canvas *c)
{
  for (size_t i = 0; i < pieces->n;
       i++) /* what was cut off comes behind the others, and is looked at in turn */
    while (cut(pieces, i, all ? WIDE : TOO_WIDE, c))
      ;
}
