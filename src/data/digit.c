/*
 * digit.c - one digit that a person drew, photographed or scanned, made into what the network
 * learnt from: found, cropped, scaled into 20 x 20, centred by mass in 28 x 28, light on black.
 */
#include "ink_data.h"

#include <math.h>
#include <string.h>

enum {
  BOX = 20,          /* MNIST's digits fill a box of so many pixels ... */
  CENTRE = 14,       /* ... and have their centre of mass at this pixel, rows and columns from 0 */
  WORKING_SIDE = 560 /* larger pictures are first shrunk to it */
};

/* A grey picture being worked on, in one block of memory. */
typedef struct canvas {
  size_t width, height, count;
  uint8_t *value; /* [height][width] */
  uint8_t *other; /* scratch of the same size */
  uint32_t *label;
  uint32_t *stack;
} canvas;

/* ---- grey, and no larger than needed ---- */

static unsigned grey_of(const uint8_t *rgba)
{
  const unsigned alpha = rgba[3], white = 255u * (255u - alpha);
  const unsigned r = (rgba[0] * alpha + white + 127u) / 255u;
  const unsigned g = (rgba[1] * alpha + white + 127u) / 255u;
  const unsigned b = (rgba[2] * alpha + white + 127u) / 255u;
  return (r * 19595u + g * 38470u + b * 7471u + 0x8000u) >> 16;
}

/* Whole-number box average: each pixel of the canvas is the mean of step x step of the picture. */
static void shrink_to_canvas(const uint8_t *rgba, size_t width, size_t step, canvas *c)
{
  for (size_t y = 0; y < c->height; y++)
    for (size_t x = 0; x < c->width; x++) {
      size_t sum = 0;
      for (size_t dy = 0; dy < step; dy++)
        for (size_t dx = 0; dx < step; dx++)
          sum += grey_of(rgba + ((y * step + dy) * width + x * step + dx) * 4);
      c->value[y * c->width + x] = (uint8_t)((sum + step * step / 2) / (step * step));
    }
}

static ink_status make_canvas(canvas *c, const uint8_t *rgba, size_t width, size_t height,
                              ink_error *err)
{
  const size_t longer = width > height ? width : height;
  size_t step = ink_ceil_div(longer, WORKING_SIDE);
  if (step > width || step > height) /* very long and thin: nothing to be gained */
    step = 1;
  *c = (canvas){.width = width / step, .height = height / step};
  c->count = c->width * c->height;
  c->value = ink_alloc(c->count * (2 + 2 * sizeof(uint32_t)) + 16);
  if (!c->value)
    return ink_fail(err, INK_E_MEMORY, "not enough memory to read a picture of %zu x %zu", width,
                    height);
  c->label = (uint32_t *)(void *)(c->value + (2 * c->count + 15) / 16 * 16);
  c->stack = c->label + c->count;
  c->other = c->value + c->count;
  shrink_to_canvas(rgba, width, step, c);
  return INK_OK;
}

/* ---- histograms ---- */

typedef struct histogram {
  size_t n, bins[256];
} histogram;

static void count_value(histogram *h, uint8_t value)
{
  h->n++;
  h->bins[value]++;
}

/* The value below which `part` (0..1) of all lie. */
static unsigned quantile(const histogram *h, double part)
{
  const double wanted = part * (double)h->n;
  size_t below = 0;
  for (unsigned v = 0; v < 255; v++) {
    below += h->bins[v];
    if ((double)below > wanted)
      return v;
  }
  return 255;
}

/* Otsu: the threshold that leaves the least variance within the two classes. */
static unsigned otsu(const histogram *h)
{
  double total = 0, sum = 0, below = 0, best = -1;
  unsigned threshold = 0;
  for (int v = 0; v < 256; v++)
    total += (double)h->bins[v] * v;
  for (unsigned v = 0; v < 255; v++) {
    below += (double)h->bins[v];
    sum += (double)h->bins[v] * v;
    const double above = (double)h->n - below;
    if (below == 0 || above == 0)
      continue;
    const double apart = sum / below - (total - sum) / above;
    const double between = below * above * apart * apart;
    if (between > best) {
      best = between;
      threshold = v;
    }
  }
  return threshold;
}

/* ---- light ink on an even, dark ground ---- */

enum { UNEVEN_FROM = 100 }; /* pixels along a side from which light varies, and paper has lines */

static bool is_large(const canvas *c)
{
  return c->width >= UNEVEN_FROM && c->height >= UNEVEN_FROM;
}

/* Dark ink when the picture's pixels stray from its border's colour mostly downwards. */
static bool is_dark_ink(const canvas *c)
{
  histogram border = {0};
  for (size_t x = 0; x < c->width; x++) {
    count_value(&border, c->value[x]);
    count_value(&border, c->value[c->count - 1 - x]);
  }
  for (size_t y = 0; y < c->height; y++) {
    count_value(&border, c->value[y * c->width]);
    count_value(&border, c->value[y * c->width + c->width - 1]);
  }
  const double ground = quantile(&border, 0.5);
  double up = 0, down = 0;
  for (size_t i = 0; i < c->count; i++) {
    const double d = c->value[i] - ground;
    *(d > 0 ? &up : &down) += d * d;
  }
  if (!is_large(c))
    return down > up;
  /* Half of a photograph may lie in a shadow, which takes a share of the light; ink is further away than that. */
  const double black = 8; /* what a camera makes of no light at all, about */
  histogram all = {0};
  for (size_t i = 0; i < c->count; i++)
    count_value(&all, c->value[i]);
  return (ground + black) / (quantile(&all, 0.0005) + black) > (quantile(&all, 0.9995) + black) / (ground + black);
}

enum { COARSE = 4 };

/* The least or the largest of each coarse pixel's neighbours within `radius` along rows, or columns. */
static void spread(const uint8_t *in, uint8_t *out, size_t width, size_t height, size_t radius, bool rows, bool largest)
{
  for (size_t y = 0; y < height; y++)
    for (size_t x = 0; x < width; x++) {
      const size_t at = rows ? x : y, end = ink_min_size(at + radius + 1, rows ? width : height);
      uint8_t best = in[y * width + x];
      for (size_t n = at > radius ? at - radius : 0; n < end; n++) {
        const uint8_t v = rows ? in[y * width + n] : in[n * width + x];
        best = largest == (v > best) ? v : best;
      }
      out[y * width + x] = best;
    }
}

/*
 * Light that falls unevenly on paper, and shadows with an edge: the ground is the picture's opening by a square wider
 * than any stroke (least of the neighbours, then largest of those), on means of 4 x 4 pixels; ink is what is
 * beyond it, as a share of what is left there.
 */
static void level_ground(canvas *c)
{
  const size_t width = c->width / COARSE, height = c->height / COARSE, radius = ink_min_size(width, height) / 6;
  uint8_t *coarse = (uint8_t *)(void *)c->label, *between = coarse + width * height;
  for (size_t y = 0; y < height; y++)
    for (size_t x = 0; x < width; x++) {
      unsigned sum = 0;
      for (size_t i = 0; i < COARSE * COARSE; i++)
        sum += c->value[(y * COARSE + i / COARSE) * c->width + x * COARSE + i % COARSE];
      coarse[y * width + x] = (uint8_t)(sum / (COARSE * COARSE));
    }
  for (int largest = 0; largest < 2; largest++) {
    spread(coarse, between, width, height, radius, true, largest);
    spread(between, coarse, width, height, radius, false, largest);
  }
  for (size_t y = 0; y < c->height; y++) {
    const double v = fmin(fmax(((double)y + 0.5) / (double)COARSE - 0.5, 0), (double)height - 1);
    const size_t y0 = (size_t)v, y1 = ink_min_size(y0 + 1, height - 1);
    for (size_t x = 0; x < c->width; x++) {
      const double u = fmin(fmax(((double)x + 0.5) / (double)COARSE - 0.5, 0), (double)width - 1);
      const size_t x0 = (size_t)u, x1 = ink_min_size(x0 + 1, width - 1);
      const double fu = u - (double)x0, fv = v - (double)y0;
      const double low = (coarse[y0 * width + x0] * (1 - fu) + coarse[y0 * width + x1] * fu) * (1 - fv) +
                         (coarse[y1 * width + x0] * (1 - fu) + coarse[y1 * width + x1] * fu) * fv;
      uint8_t *p = &c->value[y * c->width + x];
      *p = *p > low ? (uint8_t)floor((*p - low) * 255 / (255 - low) + 0.5) : 0;
    }
  }
}

/*
 * Stretches contrast so that ground and its noise become 0 and ink 255, grey edges in between.
 * False when there is no ink: all is of one colour or nearly so.
 */
static bool stretch(canvas *c)
{
  /* Grey levels between ground and ink; in a photograph's shadows noise is a large share of the light. */
  const unsigned least = is_large(c) ? 40 : 24;
  histogram all = {0}, below = {0}, above = {0}, away = {0};
  for (size_t i = 0; i < c->count; i++)
    count_value(&all, c->value[i]);
  const unsigned threshold = otsu(&all);
  for (size_t i = 0; i < c->count; i++)
    count_value(c->value[i] <= threshold ? &below : &above, c->value[i]);
  if (above.n == 0)
    return false;
  const unsigned ground = quantile(&below, 0.5), full = quantile(&above, 0.9);
  if (full < ground + least)
    return false;
  for (size_t i = 0; i < c->count; i++)
    if (c->value[i] <= threshold)
      count_value(&away,
                  (uint8_t)(c->value[i] > ground ? c->value[i] - ground : ground - c->value[i]));
  /* Four standard deviations of the noise, by the median of the distances; 4 % where there is none.
   */
  const double noise = 4.0 * 1.4826 * quantile(&away, 0.5);
  const double contrast = full - ground;
  double floor_value = noise > 0.04 * contrast ? noise : 0.04 * contrast;
  if (floor_value > 0.5 * contrast)
    floor_value = 0.5 * contrast;
  for (size_t i = 0; i < c->count; i++) {
    const double d = (double)c->value[i] - ground;
    const double v = d < floor_value ? 0 : d * 255.0 / contrast;
    c->value[i] = (uint8_t)(v > 255 ? 255 : v + 0.5);
  }
  return true;
}

/* ---- the digit among what else there is ---- */

typedef struct box {
  size_t left, top, right, bottom; /* right and bottom are behind the last pixel */
} box;

typedef struct component {
  box at;
  double ink;
  bool touches_border;
} component;

/* From this value on it is ink, beside which paler pixels are its edge; lines of ruled paper are below. */
static uint8_t strong_from(const canvas *c)
{
  return is_large(c) ? 115 : 1;
}

static component trace(canvas *c, size_t start, uint32_t label)
{
  const uint8_t strong = strong_from(c);
  component found = {.at = {c->width, c->height, 0, 0}};
  size_t depth = 0;
  c->stack[depth++] = (uint32_t)start;
  c->label[start] = label;
  while (depth > 0) {
    const size_t i = c->stack[--depth], x = i % c->width, y = i / c->width;
    box *at = &found.at;
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

/* Pixels between two boxes along the axis where they are further apart; 0 where they meet. */
static size_t gap(box a, box b)
{
  const size_t across = a.left > b.right   ? a.left - b.right
                        : b.left > a.right ? b.left - a.right
                                           : 0;
  const size_t down = a.top > b.bottom ? a.top - b.bottom : b.top > a.bottom ? b.top - a.bottom : 0;
  return across > down ? across : down;
}

enum { COMPONENTS = 64 }; /* the heaviest are kept */

typedef struct components {
  size_t n;
  component piece[COMPONENTS];
  uint32_t label[COMPONENTS];
} components;

/* Where a new piece goes: a free place, or the lightest one's if that is lighter. */
static size_t place_for(components *found, double ink)
{
  if (found->n < COMPONENTS)
    return found->n++;
  size_t lightest = 0;
  for (size_t i = 1; i < COMPONENTS; i++)
    if (found->piece[i].ink < found->piece[lightest].ink)
      lightest = i;
  return found->piece[lightest].ink < ink ? lightest : COMPONENTS;
}

/* Unlabelled pixels that are not paper, beside labelled ones, become theirs: edges, `rings` pixels wide. */
static void grow_edges(canvas *c, int rings)
{
  for (; rings > 0; rings--) {
    size_t n = 0;
    for (size_t i = 0; i < c->count; i++) {
      if (!c->value[i] || c->label[i])
        continue;
      const size_t x = i % c->width, y = i / c->width;
      const uint32_t beside[4] = {x ? c->label[i - 1] : 0, x + 1 < c->width ? c->label[i + 1] : 0,
                                  y ? c->label[i - c->width] : 0, y + 1 < c->height ? c->label[i + c->width] : 0};
      for (int k = 0; k < 4; k++)
        if (beside[k]) { /* noted first, so that a ring is one pixel wide */
          c->stack[n++] = (uint32_t)i;
          break;
        }
    }
    for (size_t k = 0; k < n; k++) {
      const size_t i = c->stack[k], x = i % c->width, y = i / c->width;
      const uint32_t left = x ? c->label[i - 1] : 0, right = x + 1 < c->width ? c->label[i + 1] : 0;
      const uint32_t above = y ? c->label[i - c->width] : 0, below = y + 1 < c->height ? c->label[i + c->width] : 0;
      c->label[i] = left ? left : right ? right : above ? above : below;
    }
  }
}

enum { EDGE = 2 };

static void find_components(canvas *c, components *found)
{
  const uint8_t strong = strong_from(c);
  uint32_t label = 0;
  memset(c->label, 0, c->count * sizeof *c->label);
  for (size_t i = 0; i < c->count; i++) {
    if (c->value[i] < strong || c->label[i])
      continue;
    const component next = trace(c, i, ++label);
    const size_t place = place_for(found, next.ink);
    if (place == COMPONENTS)
      continue;
    found->piece[place] = next;
    found->label[place] = label;
  }
  if (strong > 1)
    grow_edges(c, EDGE);
}

/*
 * The heaviest piece, unless it touches the border (the paper's edge, a shadow) and another of
 * some weight does not.
 */
static component main_component(const components *found)
{
  component heaviest = {0}, inner = {0};
  for (size_t i = 0; i < found->n; i++) {
    const component piece = found->piece[i];
    if (piece.ink > heaviest.ink)
      heaviest = piece;
    if (!piece.touches_border && piece.ink > inner.ink)
      inner = piece;
  }
  return heaviest.touches_border && inner.ink > 0.15 * heaviest.ink ? inner : heaviest;
}

/* Near the main piece and no speck, as the top of a 5 is. The main piece belongs to itself. */
static bool belongs(component piece, component to)
{
  const size_t width = to.at.right - to.at.left, height = to.at.bottom - to.at.top;
  return piece.ink > 0.04 * to.ink &&
         gap(piece.at, to.at) <= (width > height ? width : height) / 3 &&
         piece.touches_border <= to.touches_border;
}

enum { NOBODY = -1 };

static box join_boxes(box a, box b)
{
  return (box){ink_min_size(a.left, b.left), ink_min_size(a.top, b.top),
               a.right > b.right ? a.right : b.right, a.bottom > b.bottom ? a.bottom : b.bottom};
}

/* One digit: the main piece and what belongs to it are group 0. */
static void group_one(const components *found, int group[COMPONENTS])
{
  const component first = main_component(found);
  for (size_t i = 0; i < found->n; i++)
    group[i] = belongs(found->piece[i], first) ? 0 : NOBODY;
}

/* Nearly as tall as the main piece and of some weight: a digit of its own, or half of one. */
static bool is_major(component piece, component main)
{
  return piece.ink > 0.15 * main.ink &&
         2 * (piece.at.bottom - piece.at.top) > main.at.bottom - main.at.top &&
         piece.touches_border <= main.touches_border;
}

/* Beside each other in height, and one well into the other's width: parts of one digit. */
static bool are_parts(box a, box b)
{
  const size_t left = a.left > b.left ? a.left : b.left, right = ink_min_size(a.right, b.right);
  const size_t top = a.top > b.top ? a.top : b.top, bottom = ink_min_size(a.bottom, b.bottom);
  const size_t narrower = ink_min_size(a.right - a.left, b.right - b.left);
  return left < right && top < bottom && 5 * (right - left) > 2 * narrower;
}

/* Several digits: major pieces found groups, and small ones go to the nearest. Returns how many. */
static size_t group_all(const components *found, int group[COMPONENTS])
{
  const component main = main_component(found);
  size_t n = 0;
  for (size_t i = 0; i < found->n; i++) {
    group[i] = NOBODY;
    if (!is_major(found->piece[i], main))
      continue;
    for (size_t j = 0; j < i && group[i] == NOBODY; j++)
      if (group[j] != NOBODY && are_parts(found->piece[i].at, found->piece[j].at))
        group[i] = group[j];
    if (group[i] == NOBODY && n < INK_DIGITS_MAX)
      group[i] = (int)n++;
  }
  for (size_t i = 0; i < found->n; i++) {
    size_t nearest = SIZE_MAX;
    if (is_major(found->piece[i], main))
      continue;
    for (size_t j = 0; j < found->n; j++)
      if (is_major(found->piece[j], main) && group[j] != NOBODY &&
          belongs(found->piece[i], found->piece[j]) &&
          gap(found->piece[i].at, found->piece[j].at) < nearest) {
        nearest = gap(found->piece[i].at, found->piece[j].at);
        group[i] = group[j];
      }
  }
  return n;
}

/* Where the pieces of a group lie. */
static box group_box(const components *found, const int group[COMPONENTS], int wanted)
{
  box all = {SIZE_MAX, SIZE_MAX, 0, 0};
  for (size_t i = 0; i < found->n; i++)
    if (group[i] == wanted)
      all = join_boxes(all, found->piece[i].at);
  return all;
}

/* Erases all that is not of the group; returns where it is. */
static box isolate(canvas *c, const components *found, const int group[COMPONENTS], int wanted)
{
  box at = {c->width, c->height, 0, 0};
  for (size_t i = 0; i < c->count; i++) {
    bool kept = false;
    for (size_t j = 0; c->value[i] && j < found->n && !kept; j++)
      kept = group[j] == wanted && c->label[i] == found->label[j];
    if (kept)
      at = join_boxes(at, (box){i % c->width, i / c->width, i % c->width + 1, i / c->width + 1});
    else
      c->value[i] = 0;
  }
  return at;
}

/* Groups in the order in which they are read: rows, and in each from left to right. */
static void reading_order(const box *boxes, size_t n, int order[INK_DIGITS_MAX])
{
  bool done[INK_DIGITS_MAX] = {false};
  for (size_t placed = 0; placed < n;) {
    size_t highest = SIZE_MAX;
    for (size_t i = 0; i < n; i++)
      if (!done[i] && (highest == SIZE_MAX || boxes[i].top < boxes[highest].top))
        highest = i;
    const box row = boxes[highest];
    for (;;) { /* those whose middle lies in the row, by their left ends */
      size_t next = SIZE_MAX;
      for (size_t i = 0; i < n; i++) {
        const size_t middle = (boxes[i].top + boxes[i].bottom) / 2;
        if (!done[i] && middle >= row.top && middle < row.bottom &&
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

/* ---- strokes too thin to survive shrinking ---- */

/* About how wide the strokes are: twice their area over their outline. */
static double stroke_width(const canvas *c, box b)
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

/* The largest value within `radius`, along rows and then along columns. */
static void thicken(canvas *c, size_t radius)
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

static box widen(const canvas *c, box b, size_t by)
{
  b.left = b.left > by ? b.left - by : 0;
  b.top = b.top > by ? b.top - by : 0;
  b.right = ink_min_size(b.right + by, c->width);
  b.bottom = ink_min_size(b.bottom + by, c->height);
  return b;
}

static box strengthen(canvas *c, box b)
{
  const double thinnest = 1.7; /* of 20 pixels: MNIST's thin pens */
  const size_t width = b.right - b.left, height = b.bottom - b.top;
  const double scale = (double)BOX / (double)(width > height ? width : height);
  const double wide = stroke_width(c, b) * scale;
  if (scale >= 0.5 || wide >= thinnest) /* small pictures are already as they should be */
    return b;
  const size_t radius = (size_t)lround((thinnest - wide) / (2 * scale));
  if (radius == 0)
    return b;
  thicken(c, radius);
  return widen(c, b, radius);
}

/* ---- 20 x 20, and then 28 x 28 ---- */

/* Area average over fractional boxes, in [height][width] of a BOX x BOX array. */
static void shrink(const canvas *c, box b, float out[BOX][BOX], size_t width, size_t height)
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

/* `scaled`, if not NULL: the digit in the middle of its BOX x BOX, before it is centred by mass. */
static void place(const canvas *c, box b, uint8_t out[INK_PIXELS], uint8_t *scaled)
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
  /* Where the box begins, so that the centre of mass falls on the centre; the box stays inside. */
  const double left = fmin(fmax(round((double)CENTRE - sum_x / sum), 0), (double)(INK_SIDE - across));
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

/* ---- all of it ---- */

static ink_status no_ink(ink_error *err)
{
  return ink_fail(err, INK_E_DATA, "no ink found: the picture is of one colour, or nearly so");
}

/* Light ink on an even, dark ground; false: there is no ink. */
static bool make_even(canvas *c)
{
  if (is_dark_ink(c))
    for (size_t i = 0; i < c->count; i++)
      c->value[i] = (uint8_t)(255 - c->value[i]);
  if (is_large(c))
    level_ground(c);
  return stretch(c);
}

ink_status ink_digit_prepare(const uint8_t *rgba, size_t width, size_t height,
                             uint8_t out[INK_PIXELS], ink_error *err)
{
  canvas c;
  INK_TRY(make_canvas(&c, rgba, width, height, err));
  const bool ink = make_even(&c);
  if (ink) {
    components found = {0};
    int group[COMPONENTS];
    find_components(&c, &found);
    group_one(&found, group);
    place(&c, strengthen(&c, isolate(&c, &found, group, 0)), out, NULL);
  }
  ink_free(c.value);
  return ink ? INK_OK : no_ink(err);
}

/* The picture as it came, made small as a data set's are: what the network would see without all
 * this. */
static ink_status make_raw(const canvas *c, uint8_t raw[INK_PIXELS], ink_error *err)
{
  return ink_fit_to_square(c->value, c->width, c->height, raw, err);
}

static ink_status read_groups(canvas *c, ink_digits *out, ink_error *err)
{
  components found = {0};
  int group[COMPONENTS], order[INK_DIGITS_MAX];
  box boxes[INK_DIGITS_MAX];
  if (!make_even(c))
    return no_ink(err);
  out->width = c->width;
  out->height = c->height;
  out->grey = ink_alloc(c->count);
  if (!out->grey)
    return ink_fail(err, INK_E_MEMORY, "not enough memory to read a picture");
  memcpy(out->grey, c->value, c->count);
  find_components(c, &found);
  out->n = group_all(&found, group);
  if (out->n < 2) {
    group_one(&found, group);
    out->n = 1;
  }
  for (size_t i = 0; i < out->n; i++)
    boxes[i] = group_box(&found, group, (int)i);
  reading_order(boxes, out->n, order);
  for (size_t i = 0; i < out->n; i++) {
    struct ink_digit *digit = &out->digit[i];
    memcpy(c->value, out->grey, c->count);
    const box b = isolate(c, &found, group, order[i]);
    digit->left = b.left;
    digit->top = b.top;
    digit->right = b.right;
    digit->bottom = b.bottom;
    place(c, strengthen(c, b), digit->picture, digit->scaled);
  }
  return INK_OK;
}

ink_status ink_digits_read(const uint8_t *rgba, size_t width, size_t height, ink_digits *out,
                           ink_error *err)
{
  canvas c;
  *out = (ink_digits){0};
  INK_TRY(make_canvas(&c, rgba, width, height, err));
  ink_status status = make_raw(&c, out->raw, err);
  if (status == INK_OK)
    status = read_groups(&c, out, err);
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
