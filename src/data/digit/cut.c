/*
 * cut.c - cuts digits that touch apart, from top to bottom, along the path with the least ink.
 *
 * A piece of ink is cut only if the cut is clear: the piece is wide, the path crosses little more
 * than one stroke, and both parts are as tall as a digit. Other wide shapes, such as a 0 or a 2
 * with long ends, would need a cut through two strokes or would leave a low part.
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

/* Widths as multiples of the height: of some digits; larger than all but a few in ten thousand. */
static const double WIDE = 0.9, TOO_WIDE = 1.5;
/* The most ink that a cut may cross, in stroke widths. */
static const double CONTACT = 1.6;
/* The least height and weight of each part, as shares of the whole. */
static const double TALL = 0.7, HEAVY = 0.15;
/* The margin at either end where no cut may lie, as a share of the width. */
static const double MARGIN = 0.15;

static bool is_wider(ink_box b, double wide)
{
  return (double)width_of(b) > wide * (double)height_of(b);
}

/*
 * Returns the cost of cutting through a pixel: its ink, plus 1, so that a cut through paper is
 * straight.
 */
static uint32_t cut_cost(const ink_canvas *c, uint32_t label, size_t i)
{
  return c->label[i] == label ? c->value[i] + 1u : 1u;
}

/* Returns which of the columns x - 1, x, x + 1, within first..last, has the smallest value. */
static size_t cheapest_neighbour(const uint32_t *row, size_t x, size_t first, size_t last)
{
  size_t best = x;
  for (size_t n = x > first ? x - 1 : first; n <= ink_min_size(x + 1, last); n++)
    best = row[n] < row[best] ? n : best;
  return best;
}

/*
 * Finds the path from top to bottom of the box with the least ink, and gives the ink to the right
 * of it the label `right`. From row to row the path moves at most one pixel sideways. Returns its
 * ink. This is dynamic programming: `c->stack` holds the least cost of a path from the top down to
 * each pixel.
 *
 *   cost       least cost to here     path: from the smallest value of the last row upwards,
 *   5 1 9      5 1 9                  to the smallest of the three neighbours above
 *   9 9 1      10 10 2
 *   9 1 9      19 3 11                columns 1, 2, 1
 */
static double split_along_path(ink_canvas *c, ink_box b, uint32_t label, uint32_t right)
{
  const size_t width = width_of(b), height = height_of(b);
  const size_t first = (size_t)(MARGIN * (double)width), last = width - 1 - first;
  uint32_t *least = c->stack;
  for (size_t y = 0; y < height; y++)
    for (size_t x = first; x <= last; x++) {
      const uint32_t *above = least + (y ? y - 1 : 0) * width;
      const size_t n = y ? cheapest_neighbour(above, x, first, last) : x;
      least[y * width + x] =
          (y ? above[n] : 0) + cut_cost(c, label, (b.top + y) * c->width + b.left + x);
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
    x = y ? cheapest_neighbour(least + (y - 1) * width, x, first, last) : x;
  }
  return ink;
}

/* Returns the piece of all pixels with a label within a box. */
static ink_piece gather(const ink_canvas *c, ink_box within, uint32_t label)
{
  ink_piece part = {.at = {within.right, within.bottom, 0, 0}, .label = label};
  for (size_t y = within.top; y < within.bottom; y++)
    for (size_t x = within.left; x < within.right; x++) {
      const size_t i = y * c->width + x;
      if (c->label[i] != label)
        continue;
      part.ink += c->value[i];
      part.at = (ink_box){ink_min_size(part.at.left, x), ink_min_size(part.at.top, y),
                          part.at.right > x + 1 ? part.at.right : x + 1, y + 1};
    }
  return part;
}

static bool may_be_digit(ink_piece part, ink_piece piece)
{
  return part.ink > HEAVY * piece.ink &&
         (double)height_of(part.at) > TALL * (double)height_of(piece.at);
}

/*
 * Cuts a piece in two if there is a clear cut; the right part is added as a new piece. Returns
 * whether it did.
 */
static bool cut(ink_pieces *pieces, size_t index, double wide, ink_canvas *c)
{
  const ink_piece piece = pieces->piece[index];
  if (pieces->n == INK_PIECES_MAX || !is_wider(piece.at, wide))
    return false;
  const uint32_t label =
      (uint32_t)(c->count + pieces->n); /* larger than the labels of all pieces that were found */
  const ink_box b = ink_box_widen(c, piece.at, INK_EDGE);
  const double path_ink = split_along_path(c, b, piece.label, label);
  ink_piece left = gather(c, b, piece.label), right = gather(c, b, label);
  if (path_ink > CONTACT * 255 * ink_stroke_width(c, b) || !may_be_digit(left, piece) ||
      !may_be_digit(right, piece)) {
    for (size_t y = b.top; y < b.bottom; y++)
      for (size_t x = b.left; x < b.right; x++)
        if (c->label[y * c->width + x] == label)
          c->label[y * c->width + x] = piece.label;
    return false;
  }
  left.touches_border = right.touches_border = piece.touches_border;
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
       i++) /* the part that was cut off is appended and examined in turn */
    while (cut(pieces, i, all ? WIDE : TOO_WIDE, c))
      ;
}
