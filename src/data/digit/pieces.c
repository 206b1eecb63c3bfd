/* pieces.c - decides which parts of the ink form a digit, and in which order digits are read. */
#include "pieces.h"

#include <string.h>

/* ---- connected parts ---- */

/*
 * Returns the value from which a pixel is ink; paler pixels beside it are its edge. Lines of ruled
 * paper are below.
 */
static uint8_t strong_ink_min(const ink_canvas *c)
{
  return ink_canvas_is_large(c) ? 115 : 1;
}

/* Labels the connected ink around `start` and returns it. */
static ink_piece flood_fill(ink_canvas *c, size_t start, uint32_t label)
{
  const uint8_t strong = strong_ink_min(c);
  ink_piece found = {.at = {c->width, c->height, 0, 0}, .label = label};
  size_t depth = 0;
  c->stack[depth++] = (uint32_t)start;
  c->label[start] = label;
  while (depth > 0) {
    const size_t i = c->stack[--depth], x = i % c->width, y = i / c->width;
    ink_box *at = &found.at;
    found.ink += c->value[i];
    at->left = ink_min_size(at->left, x);
    at->top = ink_min_size(at->top, y);
    at->right = x + 1 > at->right ? x + 1 : at->right;
    at->bottom = y + 1 > at->bottom ? y + 1 : at->bottom;
    for (size_t ny = y ? y - 1 : 0; ny < ink_min_size(y + 2, c->height); ny++)
      for (size_t nx = x ? x - 1 : 0; nx < ink_min_size(x + 2, c->width); nx++) {
        const size_t n = ny * c->width + nx;
        if (c->value[n] >= strong && !c->label[n]) {
          c->label[n] = label;
          c->stack[depth++] = (uint32_t)n;
        }
      }
  }
  found.touches_border = found.at.left == 0 || found.at.top == 0 || found.at.right == c->width ||
                         found.at.bottom == c->height;
  return found;
}

/*
 * Returns the pixels between two boxes along the axis on which they are further apart; 0 if they
 * meet.
 */
static size_t gap(ink_box a, ink_box b)
{
  const size_t across = a.left > b.right   ? a.left - b.right
                        : b.left > a.right ? b.left - a.right
                                           : 0;
  const size_t down = a.top > b.bottom ? a.top - b.bottom : b.top > a.bottom ? b.top - a.bottom : 0;
  return across > down ? across : down;
}

size_t ink_pieces_add(ink_pieces *found, ink_piece piece)
{
  size_t place = 0;
  for (size_t i = 1; i < found->n; i++)
    if (found->piece[i].ink < found->piece[place].ink)
      place = i;
  if (found->n < INK_PIECES_MAX)
    place = found->n++;
  else if (found->piece[place].ink >= piece.ink)
    return SIZE_MAX;
  found->piece[place] = piece;
  return place;
}

/*
 * Gives unlabelled pixels that are not paper the label of a labelled neighbour, `rings` times: the
 * edges of the ink.
 */
static void grow_edges(ink_canvas *c, int rings)
{
  for (; rings > 0; rings--) {
    size_t n = 0;
    for (size_t i = 0; i < c->count; i++) {
      if (!c->value[i] || c->label[i])
        continue;
      const size_t x = i % c->width, y = i / c->width;
      const uint32_t beside[4] = {x ? c->label[i - 1] : 0, x + 1 < c->width ? c->label[i + 1] : 0,
                                  y ? c->label[i - c->width] : 0,
                                  y + 1 < c->height ? c->label[i + c->width] : 0};
      for (int k = 0; k < 4; k++)
        if (beside[k]) { /* collected first, so that a ring is one pixel wide */
          c->stack[n++] = (uint32_t)i;
          break;
        }
    }
    for (size_t k = 0; k < n; k++) {
      const size_t i = c->stack[k], x = i % c->width, y = i / c->width;
      const uint32_t left = x ? c->label[i - 1] : 0, right = x + 1 < c->width ? c->label[i + 1] : 0;
      const uint32_t above = y ? c->label[i - c->width] : 0,
                     below = y + 1 < c->height ? c->label[i + c->width] : 0;
      c->label[i] = left ? left : right ? right : above ? above : below;
    }
  }
}

void ink_pieces_find(ink_pieces *found, ink_canvas *c)
{
  const uint8_t strong = strong_ink_min(c);
  uint32_t label = 0;
  found->n = 0;
  memset(c->label, 0, c->count * sizeof *c->label);
  for (size_t i = 0; i < c->count; i++)
    if (c->value[i] >= strong && !c->label[i])
      ink_pieces_add(found, flood_fill(c, i, ++label));
  if (strong > 1)
    grow_edges(c, INK_EDGE);
}

/* ---- which pieces form a digit ---- */

/*
 * Returns the heaviest piece; but if it touches the border (the edge of the paper, a shadow), the
 * heaviest piece that does not, if that has some weight.
 */
static ink_piece main_piece(const ink_pieces *found)
{
  ink_piece heaviest = {0}, inner = {0};
  for (size_t i = 0; i < found->n; i++) {
    const ink_piece piece = found->piece[i];
    if (piece.ink > heaviest.ink)
      heaviest = piece;
    if (!piece.touches_border && piece.ink > inner.ink)
      inner = piece;
  }
  return heaviest.touches_border && inner.ink > 0.15 * heaviest.ink ? inner : heaviest;
}

/* Returns whether a piece is near the main piece and no speck, like the top of a 5. */
static bool belongs(ink_piece piece, ink_piece to)
{
  const size_t width = to.at.right - to.at.left, height = to.at.bottom - to.at.top;
  return piece.ink > 0.04 * to.ink &&
         gap(piece.at, to.at) <= (width > height ? width : height) / 3 &&
         piece.touches_border <= to.touches_border;
}

static ink_box join_boxes(ink_box a, ink_box b)
{
  return (ink_box){ink_min_size(a.left, b.left), ink_min_size(a.top, b.top),
                   a.right > b.right ? a.right : b.right,
                   a.bottom > b.bottom ? a.bottom : b.bottom};
}

void ink_pieces_group_one(ink_pieces *found)
{
  const ink_piece first = main_piece(found);
  for (size_t i = 0; i < found->n; i++)
    found->group[i] = belongs(found->piece[i], first) ? 0 : INK_NO_GROUP;
}

/*
 * Returns whether a piece is a digit or half of one: tall beside the main piece, or heavier and
 * less tall.
 */
static bool is_major(ink_piece piece, ink_piece main)
{
  const size_t height = piece.at.bottom - piece.at.top, whole = main.at.bottom - main.at.top;
  return piece.touches_border <= main.touches_border &&
         ((piece.ink > 0.15 * main.ink && 5 * height > 2 * whole) ||
          (piece.ink > 0.06 * main.ink && 4 * height > 3 * whole));
}

/*
 * Returns whether two boxes are parts of one digit: their widths overlap well, and they overlap in
 * height or are together no taller than a digit. For less than half a digit, any overlap in width
 * is enough.
 */
static bool are_parts(ink_box a, ink_box b, size_t whole)
{
  const ink_box both = join_boxes(a, b);
  const size_t left = a.left > b.left ? a.left : b.left, right = ink_min_size(a.right, b.right);
  const size_t top = a.top > b.top ? a.top : b.top, bottom = ink_min_size(a.bottom, b.bottom);
  const size_t narrower = ink_min_size(a.right - a.left, b.right - b.left);
  const size_t shorter = ink_min_size(a.bottom - a.top, b.bottom - b.top);
  return left < right && (top < bottom || 4 * (both.bottom - both.top) <= 5 * whole) &&
         (5 * (right - left) > 2 * narrower || 2 * shorter < whole);
}

/* Major pieces start groups, and each small piece joins the nearest. */
size_t ink_pieces_group_all(ink_pieces *found)
{
  const ink_piece main = main_piece(found);
  size_t n = 0;
  for (size_t i = 0; i < found->n; i++) {
    found->group[i] = INK_NO_GROUP;
    if (!is_major(found->piece[i], main))
      continue;
    for (size_t j = 0; j < i && found->group[i] == INK_NO_GROUP; j++)
      if (found->group[j] != INK_NO_GROUP &&
          are_parts(found->piece[i].at, found->piece[j].at, main.at.bottom - main.at.top))
        found->group[i] = found->group[j];
    if (found->group[i] == INK_NO_GROUP && n < INK_DIGITS_MAX)
      found->group[i] = (int)n++;
  }
  for (size_t i = 0; i < found->n; i++) {
    size_t nearest = SIZE_MAX;
    if (is_major(found->piece[i], main))
      continue;
    for (size_t j = 0; j < found->n; j++)
      if (is_major(found->piece[j], main) && found->group[j] != INK_NO_GROUP &&
          belongs(found->piece[i], found->piece[j]) &&
          gap(found->piece[i].at, found->piece[j].at) < nearest) {
        nearest = gap(found->piece[i].at, found->piece[j].at);
        found->group[i] = found->group[j];
      }
  }
  return n;
}

ink_box ink_pieces_box(const ink_pieces *found, int wanted)
{
  ink_box all = {SIZE_MAX, SIZE_MAX, 0, 0};
  for (size_t i = 0; i < found->n; i++)
    if (found->group[i] == wanted)
      all = join_boxes(all, found->piece[i].at);
  return all;
}

ink_box ink_pieces_isolate(const ink_pieces *found, int wanted, ink_canvas *c)
{
  ink_box at = {c->width, c->height, 0, 0};
  for (size_t i = 0; i < c->count; i++) {
    bool kept = false;
    for (size_t j = 0; c->value[i] && j < found->n && !kept; j++)
      kept = found->group[j] == wanted && c->label[i] == found->piece[j].label;
    if (kept)
      at =
          join_boxes(at, (ink_box){i % c->width, i / c->width, i % c->width + 1, i / c->width + 1});
    else
      c->value[i] = 0;
  }
  return at;
}

void ink_reading_order(const ink_box *boxes, size_t n, int order[INK_DIGITS_MAX])
{
  bool done[INK_DIGITS_MAX] = {false};
  for (size_t placed = 0; placed < n;) {
    size_t highest = SIZE_MAX;
    for (size_t i = 0; i < n; i++)
      if (!done[i] && (highest == SIZE_MAX || boxes[i].top < boxes[highest].top))
        highest = i;
    const ink_box row = boxes[highest];
    for (;;) { /* the boxes that share a third of their height with the row, by their left edges */
      size_t next = SIZE_MAX;
      for (size_t i = 0; i < n; i++) {
        const size_t lower = ink_min_size(boxes[i].bottom, row.bottom);
        const size_t height = ink_min_size(boxes[i].bottom - boxes[i].top, row.bottom - row.top);
        if (!done[i] && lower > boxes[i].top && 3 * (lower - boxes[i].top) >= height &&
            (next == SIZE_MAX || boxes[i].left < boxes[next].left))
          next = i;
      }
      if (next == SIZE_MAX)
        break;
      done[next] = true;
      order[placed++] = (int)next;
    }
  }
}

double ink_stroke_width(const ink_canvas *c, ink_box b)
{
  double area = 0, outline = 0;
  for (size_t y = b.top; y < b.bottom; y++)
    for (size_t x = b.left; x < b.right; x++) {
      const size_t i = y * c->width + x;
      if (c->value[i] < 128)
        continue;
      area++;
      outline += (x == 0 || c->value[i - 1] < 128) + (x + 1 == c->width || c->value[i + 1] < 128) +
                 (y == 0 || c->value[i - c->width] < 128) +
                 (y + 1 == c->height || c->value[i + c->width] < 128);
    }
  return outline > 0 ? 2 * area / outline : 0;
}

ink_box ink_box_widen(const ink_canvas *c, ink_box b, size_t by)
{
  b.left = b.left > by ? b.left - by : 0;
  b.top = b.top > by ? b.top - by : 0;
  b.right = ink_min_size(b.right + by, c->width);
  b.bottom = ink_min_size(b.bottom + by, c->height);
  return b;
}
