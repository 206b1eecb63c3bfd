/* canvas.c - turns a drawing, photograph or scan into light ink on an even, dark ground. */
#include "canvas.h"
#include "../paper.h"

#include <math.h>

enum { WORKING_SIDE = 560 }; /* pixels along the longer side; larger pictures are shrunk to it */

/* ---- grey, and no larger than needed ---- */

/* Returns whether all the ink is in alpha (paper.h). */
static bool is_in_alpha(const uint8_t *rgba, size_t width, size_t height)
{
  ink_paper paper = INK_PAPER_EMPTY;
  for (size_t i = 0; i < width * height; i++)
    ink_paper_add(&paper, rgba + 4 * i);
  return ink_paper_alpha_is_ink(&paper, width, height);
}

/*
 * Shrinks by a whole number: each pixel of the canvas is the mean of step x step pixels of the
 * picture.
 */
static void shrink_to_canvas(const uint8_t *rgba, size_t width, size_t step, bool in_alpha,
                             ink_canvas *c)
{
  for (size_t y = 0; y < c->height; y++)
    for (size_t x = 0; x < c->width; x++) {
      size_t sum = 0;
      for (size_t dy = 0; dy < step; dy++)
        for (size_t dx = 0; dx < step; dx++)
          sum += ink_paper_grey(rgba + ((y * step + dy) * width + x * step + dx) * 4, in_alpha);
      c->value[y * c->width + x] = (uint8_t)((sum + step * step / 2) / (step * step));
    }
}

ink_status ink_canvas_make(ink_canvas *c, const uint8_t *rgba, size_t width, size_t height,
                           ink_error *err)
{
  const size_t longer = width > height ? width : height;
  size_t step = ink_ceil_div(longer, WORKING_SIDE);
  if (step > width || step > height) /* very long and thin: it stays as it is */
    step = 1;
  *c = (ink_canvas){.width = width / step, .height = height / step};
  c->count = c->width * c->height;
  c->value = ink_alloc(c->count * (2 + 2 * sizeof(uint32_t)) + 16);
  if (!c->value)
    return ink_fail(err, INK_E_MEMORY, "not enough memory to read a picture of %zu x %zu", width,
                    height);
  c->label = (uint32_t *)(void *)(c->value + (2 * c->count + 15) / 16 * 16);
  c->stack = c->label + c->count;
  c->other = c->value + c->count;
  shrink_to_canvas(rgba, width, step, is_in_alpha(rgba, width, height), c);
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

/* Returns the value below which `part` (0..1) of all values lie. */
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

/* Returns Otsu's threshold, which minimises the variance within the two classes (Otsu 1979). */
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
    const double difference = sum / below - (total - sum) / above;
    const double between = below * above * difference * difference;
    if (between > best) {
      best = between;
      threshold = v;
    }
  }
  return threshold;
}

/* ---- light ink on an even, dark ground ---- */

bool ink_canvas_is_large(const ink_canvas *c)
{
  return c->width >= INK_UNEVEN_FROM && c->height >= INK_UNEVEN_FROM;
}

/* Returns whether the ink is dark: most pixels that differ from the border are darker. */
static bool is_dark_ink(const ink_canvas *c)
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
  if (!ink_canvas_is_large(c))
    return down > up;
  /*
   * Half of a photograph may lie in a shadow, which takes a share of the light. Ink differs by more
   * than that, so the ratios of the extreme values to the ground are compared.
   */
  const double black = 8; /* about the value that a camera gives for no light */
  histogram all = {0};
  for (size_t i = 0; i < c->count; i++)
    count_value(&all, c->value[i]);
  return (ground + black) / (quantile(&all, 0.0005) + black) >
         (quantile(&all, 0.9995) + black) / (ground + black);
}

enum { COARSE = 4 };

/*
 * Writes, for each coarse pixel, the least or the largest value within `radius` along its row or
 * column.
 */
static void filter_extreme(const uint8_t *in, uint8_t *out, size_t width, size_t height,
                           size_t radius, bool rows, bool largest)
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
 * Levels uneven light and shadows with an edge. The ground is the morphological opening of the
 * picture by a square wider than any stroke (the least of the neighbours, then the largest of
 * those), computed on means of 4 x 4 pixels. Ink is what exceeds the ground, as a share of the
 * range above it.
 */
static void level_ground(ink_canvas *c)
{
  const size_t width = c->width / COARSE, height = c->height / COARSE,
               radius = ink_min_size(width, height) / 6;
  uint8_t *coarse = (uint8_t *)(void *)c->label, *between = coarse + width * height;
  for (size_t y = 0; y < height; y++)
    for (size_t x = 0; x < width; x++) {
      unsigned sum = 0;
      for (size_t i = 0; i < COARSE * COARSE; i++)
        sum += c->value[(y * COARSE + i / COARSE) * c->width + x * COARSE + i % COARSE];
      coarse[y * width + x] = (uint8_t)(sum / (COARSE * COARSE));
    }
  for (int largest = 0; largest < 2; largest++) {
    filter_extreme(coarse, between, width, height, radius, true, largest);
    filter_extreme(between, coarse, width, height, radius, false, largest);
  }
  for (size_t y = 0; y < c->height; y++) {
    const double v = fmin(fmax(((double)y + 0.5) / (double)COARSE - 0.5, 0), (double)height - 1);
    const size_t y0 = (size_t)v, y1 = ink_min_size(y0 + 1, height - 1);
    for (size_t x = 0; x < c->width; x++) {
      const double u = fmin(fmax(((double)x + 0.5) / (double)COARSE - 0.5, 0), (double)width - 1);
      const size_t x0 = (size_t)u, x1 = ink_min_size(x0 + 1, width - 1);
      const double fu = u - (double)x0, fv = v - (double)y0;
      const double low =
          (coarse[y0 * width + x0] * (1 - fu) + coarse[y0 * width + x1] * fu) * (1 - fv) +
          (coarse[y1 * width + x0] * (1 - fu) + coarse[y1 * width + x1] * fu) * fv;
      uint8_t *p = &c->value[y * c->width + x];
      *p = *p > low ? (uint8_t)floor((*p - low) * 255 / (255 - low) + 0.5) : 0;
    }
  }
}

/*
 * Stretches contrast so that the ground and its noise become 0 and ink becomes 255, with grey edges
 * in between. Returns false if there is no ink: the picture is of one colour or nearly so.
 */
static bool stretch(ink_canvas *c)
{
  const unsigned least = ink_min_contrast(c->width, c->height);
  histogram all = {0}, below = {0}, above = {0}, deviations = {0};
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
      count_value(&deviations,
                  (uint8_t)(c->value[i] > ground ? c->value[i] - ground : ground - c->value[i]));
  /*
   * Four standard deviations of the noise, from the median of the deviations (1.4826 medians are
   * one standard deviation); at least 4 % of the contrast.
   */
  const double noise = 4.0 * 1.4826 * quantile(&deviations, 0.5);
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

bool ink_canvas_make_even(ink_canvas *c)
{
  if (is_dark_ink(c))
    for (size_t i = 0; i < c->count; i++)
      c->value[i] = (uint8_t)(255 - c->value[i]);
  if (ink_canvas_is_large(c))
    level_ground(c);
  return stretch(c);
}
