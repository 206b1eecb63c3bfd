/*
 * conv_thin.c - a convolution of few channels. A product for each tap would mostly load and store
 * y; so the taps of each output pixel are gathered into rows of their own first,
 * [pixels][blocks][taps * channels][8], and one product takes them all.
 */
#include "conv.h"

#include <string.h>

enum { FEW_CHANNELS = 4 };

/*
 * The weight gradient's rows, of pixels and blocks, are cut into parts, whose sums are added up in
 * their order at the end.
 */
enum { PARTS = 8, JOB_FILTERS = 16 };

static bool serves(const ink_conv *conv)
{
  return conv->channels <= FEW_CHANNELS;
}

static void plan(ink_layer *layer, const ink_conv *c, ink_arena *arena, const ink_kernels *kernels,
                 size_t blocks)
{
  const size_t k = c->taps * c->channels;
  layer->packed = INK_TAKE(arena, float, ink_packed_count(kernels, c->filters, k));
  layer->packed_transposed =
      INK_TAKE(arena, float, INK_PRODUCT(ink_packed_count(kernels, c->channels, c->filters), c->taps));
  layer->gathered = INK_TAKE(arena, float, INK_PRODUCT(c->out.height, c->out.width, blocks, k, INK_LANES));
  layer->scratch = INK_TAKE(arena, float, k * c->filters);
  layer->shared_floats = INK_PRODUCT(PARTS, c->filters, k);
}

/* The weights as they act, [taps][filters][channels]: those of equal channels summed. */
static const float *acting_weights(ink_layer *layer, const ink_conv *c)
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

/* ---- forward ---- */

/* Zeros stand where a tap falls outside. */
static void gather(const conv_job *job, size_t oy, size_t ox, size_t block, float *to)
{
  const ink_conv *c = job->conv;
  const size_t run = c->channels * INK_LANES;
  for (size_t ky = 0; ky < c->kernel; ky++)
    for (size_t kx = 0; kx < c->kernel; kx++, to += run) {
      size_t iy, ix;
      if (ink_conv_input_at(oy, ky, c->stride, c->pad, c->in.height, &iy) &&
          ink_conv_input_at(ox, kx, c->stride, c->pad, c->in.width, &ix))
        memcpy(to, job->layer->x + ((iy * c->in.width + ix) * job->pass->blocks + block) * run,
               run * sizeof *to);
      else
        memset(to, 0, run * sizeof *to);
    }
}

static void run_forward(void *context, size_t index)
{
  const conv_job *job = context;
  const ink_conv *c = job->conv;
  const ink_layer *layer = job->layer;
  const size_t k = c->taps * c->channels, blocks = job->pass->blocks;
  const size_t oy = index / blocks, block = index % blocks;
  const float *bias = ink_conv_bias(layer);
  for (size_t ox = 0; ox < c->out.width; ox++) {
    const size_t place = (oy * c->out.width + ox) * blocks + block;
    float *rows = layer->gathered + place * k * INK_LANES;
    gather(job, oy, ox, block, rows);
    job->pass->kernels->product(c->filters, k, layer->packed, bias, rows,
                                layer->y + place * c->filters * INK_LANES,
                                bias ? INK_FROM_BIAS : INK_FROM_ZERO);
  }
}

/* [taps][filters][channels] -> panels of [filters][taps * channels] */
static void pack(ink_layer *layer, const ink_conv *c, const ink_kernels *kernels)
{
  const float *w = acting_weights(layer, c);
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
  ink_parallel_for(c->out.height * pass->blocks, run_forward, &job);
}

/* ---- gradients ---- */

static void run_part(void *context, size_t index)
{
  const conv_job *job = context;
  const ink_conv *c = job->conv;
  ink_layer *layer = job->layer;
  const size_t k = c->taps * c->channels, part = index % PARTS;
  const size_t first = index / PARTS * JOB_FILTERS;
  const size_t n = c->out.height * c->out.width * job->pass->blocks, share = ink_ceil_div(n, PARTS);
  const size_t start = ink_min_size(part * share, n), end = ink_min_size(start + share, n);
  float *sums = job->pass->shared + (part * c->filters + first) * k;
  job->pass->kernels->weight_gradient(ink_min_size(JOB_FILTERS, c->filters - first), k, end - start,
                                      layer->rows_dy + start, first * INK_LANES,
                                      layer->rows_x + start, 0, sums, k, false);
}

/* [parts][filters][taps][channels] -> [taps][filters][copies][channels] */
static void add_parts(const ink_layer *layer, const ink_conv *c, const float *parts)
{
  const size_t k = c->taps * c->channels;
  const uint8_t *dead = layer->tensors[INK_CONV_WEIGHT_TENSOR].dead;
  float *dw = layer->tensors[INK_CONV_WEIGHT_TENSOR].gradient;
  for (size_t f = 0; f < c->filters; f++)
    for (size_t tap = 0; tap < c->taps; tap++)
      for (size_t ch = 0; ch < c->channels && !(dead && dead[tap]); ch++) {
        float sum = 0;
        for (size_t part = 0; part < PARTS; part++)
          sum += parts[(part * c->filters + f) * k + tap * c->channels + ch];
        for (size_t copy = 0; copy < c->copies; copy++) /* equal channels have equal gradients */
          dw[((tap * c->filters + f) * c->copies + copy) * c->channels + ch] = sum;
      }
}

static void weight_gradient(ink_layer *layer, const ink_conv *c, const ink_pass *pass)
{
  const size_t rows = c->out.height * c->out.width * pass->blocks, k = c->taps * c->channels;
  for (size_t i = 0; i < rows; i++) {
    layer->rows_dy[i] = layer->dy + i * c->filters * INK_LANES;
    layer->rows_x[i] = layer->gathered + i * k * INK_LANES;
  }
  conv_job job = {layer, c, pass};
  ink_parallel_for(ink_ceil_div(c->filters, JOB_FILTERS) * PARTS, run_part, &job);
  add_parts(layer, c, pass->shared);
}

static void backward(ink_layer *layer, const ink_conv *c, const ink_pass *pass)
{
  if (layer->dx)
    ink_conv_taps_input_gradient(layer, c, pass, acting_weights(layer, c));
  if (!layer->tensors[INK_CONV_WEIGHT_TENSOR].frozen)
    weight_gradient(layer, c, pass);
}

const ink_conv_way ink_conv_thin = {serves, plan, forward, backward};
