/*
 * conv_thin.c - a convolution of few channels. One product per tap would spend most of its time
 * loading and storing y. So the input rows of all taps of an output pixel are first copied
 * ("gathered") into one run, [taps * channels][8], and one product multiplies them all. Only a few
 * pixels are gathered at a time, so that they stay in the first-level cache.
 */
#include "conv.h"

enum { FEW_CHANNELS = 4 };

/*
 * A pair is an output pixel and a block; its number is pixel * blocks + block. GATHER_PAIRS pairs
 * are gathered at once. The weight gradient cuts all pairs into GRADIENT_PARTS parts and adds up
 * their sums in a fixed order at the end.
 */
enum { GATHER_PAIRS = 16, GRADIENT_PARTS = 8 };

static bool applies(const ink_conv *conv)
{
  return conv->channels <= FEW_CHANNELS;
}

/* Returns how many floats are gathered at once. */
static size_t gathered_floats(const ink_conv *c)
{
  return INK_PRODUCT(GATHER_PAIRS, c->taps, c->channels, INK_LANES);
}

static void plan(ink_layer *layer, const ink_conv *c, ink_arena *arena, const ink_kernels *kernels,
                 size_t blocks)
{
  (void)blocks;
  const size_t k = c->taps * c->channels;
  layer->packed = INK_ALLOC(arena, float, ink_packed_count(kernels, c->filters, k));
  layer->scratch = INK_ALLOC(arena, float, k * c->filters);
  /* Forward, a job is a row of pixels; backward, a job is a part with its sums. */
  const size_t rows = INK_PRODUCT(c->out.height, gathered_floats(c));
  const size_t parts =
      INK_PRODUCT(GRADIENT_PARTS, ink_sum(gathered_floats(c), INK_PRODUCT(c->filters, k)));
  layer->shared_floats = rows > parts ? rows : parts;
}

/*
 * Returns the weights for the stored channels, [taps][filters][channels]: if a channel stands for
 * several equal channels, the sum of their weights.
 */
static const float *effective_weights(ink_layer *layer, const ink_conv *c)
{
  const float *w = layer->tensors[INK_CONV_WEIGHT_TENSOR].value;
  if (c->copies == 1)
    return w;
  for (size_t i = 0; i < c->taps * c->filters; i++)
    for (size_t ch = 0; ch < c->channels; ch++) {
      float sum = 0;
      for (size_t copy = 0; copy < c->copies; copy++)
        sum += w[(i * c->copies + copy) * c->channels + ch];
      layer->scratch[i * c->channels + ch] = sum;
    }
  return layer->scratch;
}

typedef struct conv_job {
  ink_layer *layer;
  const ink_conv *conv;
  const ink_pass *pass;
} conv_job;

/* ---- gathering ---- */

/*
 * Written out, because compilers make a call of a loop or of memcpy, which is slower than the copy.
 */
static inline void copy_row(float *to, const float *from)
{
  const float a = from[0], b = from[1], c = from[2], d = from[3];
  const float e = from[4], f = from[5], g = from[6], h = from[7];
  to[0] = a, to[1] = b, to[2] = c, to[3] = d;
  to[4] = e, to[5] = f, to[6] = g, to[7] = h;
}

/*
 * Gathers the rows of `n` blocks of one pixel, from `block` on: [n][taps * channels][8]. Taps that
 * fall outside the picture give zeros.
 */
static void gather_pixel(const conv_job *job, size_t pixel, size_t block, size_t n, float *to)
{
  static const float zeros[INK_LANES];
  const ink_conv *c = job->conv;
  const size_t run = c->channels * INK_LANES, row_stride = c->taps * run;
  const size_t oy = pixel / c->out.width, ox = pixel % c->out.width;
  for (size_t ky = 0; ky < c->kernel; ky++)
    for (size_t kx = 0; kx < c->kernel; kx++, to += run) {
      size_t iy, ix;
      const bool inside = ink_conv_input_at(oy, ky, c->stride, c->pad, c->in.height, &iy) &&
                          ink_conv_input_at(ox, kx, c->stride, c->pad, c->in.width, &ix);
      const float *from =
          inside ? job->layer->x + ((iy * c->in.width + ix) * job->pass->blocks + block) * run
                 : NULL;
      for (size_t i = 0; i < n; i++)
        for (size_t at = 0; at < run; at += INK_LANES)
          copy_row(to + i * row_stride + at, inside ? from + i * run + at : zeros);
    }
}

/* Gathers the rows of `n` pairs, from `pair` on. */
static void gather(const conv_job *job, size_t pair, size_t n, float *to)
{
  const ink_conv *c = job->conv;
  const size_t blocks = job->pass->blocks;
  for (size_t end = pair + n; pair < end; pair += n, to += n * c->taps * c->channels * INK_LANES) {
    n = ink_min_size(end - pair, blocks - pair % blocks);
    gather_pixel(job, pair / blocks, pair % blocks, n, to);
  }
}

/* ---- forward ---- */

static void run_forward(void *context, size_t oy)
{
  const conv_job *job = context;
  const ink_conv *c = job->conv;
  const ink_layer *layer = job->layer;
  const size_t k = c->taps * c->channels, pairs = c->out.width * job->pass->blocks;
  const float *bias = ink_conv_bias(layer);
  float *rows = job->pass->shared + oy * gathered_floats(c);
  float *y = layer->y + oy * pairs * c->filters * INK_LANES;
  for (size_t first = 0, n; first < pairs; first += n) {
    n = ink_min_size(GATHER_PAIRS, pairs - first);
    gather(job, oy * pairs + first, n, rows);
    for (size_t i = 0; i < n; i++, y += c->filters * INK_LANES)
      job->pass->kernels->product(c->filters, k, layer->packed, bias, rows + i * k * INK_LANES, y,
                                  bias ? INK_FROM_BIAS : INK_FROM_ZERO);
  }
}

/* Packs [taps][filters][channels] into panels of [filters][taps * channels]. */
static void pack(ink_layer *layer, const ink_conv *c, const ink_kernels *kernels)
{
  const float *w = effective_weights(layer, c);
  const size_t k = c->taps * c->channels, panel = kernels->panel_rows;
  for (size_t f = 0; f < ink_ceil_div(c->filters, panel) * panel; f++)
    for (size_t tap = 0; tap < c->taps; tap++)
      for (size_t ch = 0; ch < c->channels; ch++)
        layer->packed[f / panel * panel * k + (tap * c->channels + ch) * panel + f % panel] =
            f < c->filters ? w[(tap * c->filters + f) * c->channels + ch] : 0.0f;
}

static void forward(ink_layer *layer, const ink_conv *c, const ink_pass *pass)
{
  conv_job job = {layer, c, pass};
  if (layer->packed_version != pass->version) {
    pack(layer, c, pass->kernels);
    layer->packed_version = pass->version;
  }
  ink_parallel_for(c->out.height, run_forward, &job);
}

/* ---- gradients ---- */

static void run_gradient_part(void *context, size_t part)
{
  const conv_job *job = context;
  const ink_conv *c = job->conv;
  const size_t k = c->taps * c->channels, n = c->out.height * c->out.width * job->pass->blocks;
  const size_t share = ink_ceil_div(n, GRADIENT_PARTS);
  const size_t start = ink_min_size(part * share, n), end = ink_min_size(start + share, n);
  float *sums = job->pass->shared + part * c->filters * k;
  float *rows = job->pass->shared + GRADIENT_PARTS * c->filters * k + part * gathered_floats(c);
  const float *dy[GATHER_PAIRS], *x[GATHER_PAIRS];
  size_t first = start, m;
  do { /* if there are no pairs, one turn writes zeros */
    m = ink_min_size(GATHER_PAIRS, end - first);
    gather(job, first, m, rows);
    for (size_t i = 0; i < m; i++) {
      dy[i] = job->layer->dy + (first + i) * c->filters * INK_LANES;
      x[i] = rows + i * k * INK_LANES;
    }
    job->pass->kernels->weight_gradient(c->filters, k, m, dy, 0, x, 0, sums, k, first > start);
    first += m;
  } while (first < end);
}

/* Sums [parts][filters][taps][channels] over the parts, to [taps][filters][copies][channels]. */
static void add_parts(const ink_layer *layer, const ink_conv *c, const float *parts)
{
  const size_t k = c->taps * c->channels;
  const uint8_t *dead = layer->tensors[INK_CONV_WEIGHT_TENSOR].dead;
  float *dw = layer->tensors[INK_CONV_WEIGHT_TENSOR].gradient;
  for (size_t f = 0; f < c->filters; f++)
    for (size_t tap = 0; tap < c->taps; tap++)
      for (size_t ch = 0; ch < c->channels && !(dead && dead[tap]); ch++) {
        float sum = 0;
        for (size_t part = 0; part < GRADIENT_PARTS; part++)
          sum += parts[(part * c->filters + f) * k + tap * c->channels + ch];
        for (size_t copy = 0; copy < c->copies; copy++) /* equal channels have equal gradients */
          dw[((tap * c->filters + f) * c->copies + copy) * c->channels + ch] = sum;
      }
}

static void weight_gradient(ink_layer *layer, const ink_conv *c, const ink_pass *pass)
{
  conv_job job = {layer, c, pass};
  ink_parallel_for(GRADIENT_PARTS, run_gradient_part, &job);
  add_parts(layer, c, pass->shared);
}

static void backward(ink_layer *layer, const ink_conv *c, const ink_pass *pass)
{
  if (layer->dx)
    ink_conv_taps_input_gradient(layer, c, pass, pass->kernels->panel_rows * c->channels,
                                 pass->kernels->panel_rows * c->taps * c->channels);
  if (!layer->tensors[INK_CONV_WEIGHT_TENSOR].frozen)
    weight_gradient(layer, c, pass);
}

const ink_conv_method ink_conv_thin = {applies, plan, forward, backward};
