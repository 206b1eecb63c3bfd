/*
 * pool.c - pooling: the largest or the mean value of a window, with kernel and stride or adaptive,
 * and fastai's concatenation of both.
 *
 * PyTorch's rules: padding never is the maximum; of equal values the first is; a mean counts
 * padding. An adaptive window, number a of o windows over n values, covers floor(a n / o) to
 * ceil((a + 1) n / o) - 1. Example: 3 windows over 5 values cover 0..1, 1..3 and 3..4.
 */
#include "ink_layers.h"

#include <math.h>
#include <string.h>

enum { KERNEL, STRIDE, PAD };
enum { OUT = 0 }; /* the argument of adaptive layers */
enum { MAX = 1, MEAN = 2 };

/* Returns what the layer computes: MAX, MEAN or both. */
static int kind_of(const ink_layer *layer)
{
  const ink_layer_type *type = layer->type;
  return type == &ink_layer_concatpool                                      ? MAX | MEAN
         : type == &ink_layer_maxpool || type == &ink_layer_adaptivemaxpool ? MAX
                                                                            : MEAN;
}

static bool is_adaptive(const ink_layer *layer)
{
  return layer->type != &ink_layer_maxpool && layer->type != &ink_layer_avgpool;
}

typedef struct window {
  size_t start, end; /* first row or column, and the one after the last: inside the picture */
  size_t size;       /* the length for a mean; it includes padding */
} window;

static window window_at(const ink_layer *layer, size_t out, size_t outs, size_t ins)
{
  if (is_adaptive(layer)) {
    const size_t start = out * ins / outs, end = ink_ceil_div((out + 1) * ins, outs);
    return (window){start, end, end - start};
  }
  const size_t kernel = (size_t)layer->argument[KERNEL], pad = (size_t)layer->argument[PAD];
  const size_t start = out * (size_t)layer->argument[STRIDE]; /* counted in the padded picture */
  const size_t from = start > pad ? start - pad : 0;
  const size_t end = ink_min_size(start + kernel > pad ? start + kernel - pad : 0, ins);
  return (window){from, end > from ? end : from, kernel};
}

/* ---- shapes ---- */

static ink_status infer_window(ink_layer *layer, ink_error *err)
{
  const ink_shape in = layer->in;
  const size_t kernel = (size_t)layer->argument[KERNEL], pad = (size_t)layer->argument[PAD];
  if (layer->argument[STRIDE] == 0) /* not given: the size of the kernel */
    layer->argument[STRIDE] = (double)kernel;
  const size_t stride = (size_t)layer->argument[STRIDE];
  if (2 * pad > kernel)
    return ink_fail(err, INK_E_MODEL, "pad must be at most half of the kernel, %zu", kernel / 2);
  if (in.height + 2 * pad < kernel || in.width + 2 * pad < kernel)
    return ink_fail(err, INK_E_MODEL,
                    "a window of %zu x %zu is larger than the picture with its padding, %zu x %zu",
                    kernel, kernel, in.height + 2 * pad, in.width + 2 * pad);
  layer->out = (ink_shape){.channels = in.channels,
                           .height = (in.height + 2 * pad - kernel) / stride + 1,
                           .width = (in.width + 2 * pad - kernel) / stride + 1};
  return INK_OK;
}

static ink_status infer_adaptive(ink_layer *layer, ink_error *err)
{
  (void)err;
  const bool both = kind_of(layer) == (MAX | MEAN);
  const size_t out = both ? 1 : (size_t)layer->argument[OUT];
  layer->out =
      (ink_shape){.channels = layer->in.channels * (both ? 2 : 1), .height = out, .width = out};
  return INK_OK;
}

static void plan(ink_layer *layer, ink_arena *arena, const ink_kernels *kernels, size_t blocks)
{
  (void)kernels;
  if (kind_of(layer) & MAX)
    layer->argmax = INK_ALLOC(
        arena, int32_t,
        INK_PRODUCT(layer->in.channels, layer->out.height, layer->out.width, blocks, INK_LANES));
}

/* ---- forward: all channels of a pixel and block at once, [channels][8] ---- */

typedef struct pool_job {
  ink_layer *layer;
  const ink_pass *pass;
} pool_job;

static size_t row_at(ink_shape shape, size_t pixel, size_t blocks, size_t block)
{
  return (pixel * blocks + block) * shape.channels * INK_LANES;
}

/* Rows of a window that one call of the kernel compares. */
enum { WINDOW_ROWS = 16 };

static void largest(const pool_job *job, size_t block, window v, window u, float *y,
                    int32_t *argmax)
{
  const ink_layer *layer = job->layer;
  const size_t count = layer->in.channels * INK_LANES;
  const float *rows[WINDOW_ROWS];
  int32_t indices[WINDOW_ROWS];
  for (size_t i = 0; i < count; i++) {
    y[i] = -INFINITY;
    argmax[i] = (int32_t)(v.start * layer->in.width + u.start);
  }
  size_t n = 0;
  for (size_t iy = v.start; iy < v.end; iy++)
    for (size_t ix = u.start; ix < u.end; ix++) {
      const size_t pixel = iy * layer->in.width + ix;
      indices[n] = (int32_t)pixel;
      rows[n++] = layer->x + row_at(layer->in, pixel, job->pass->blocks, block);
      if (n < WINDOW_ROWS)
        continue;
      job->pass->kernels->largest(count, n, rows, indices, y, argmax);
      n = 0;
    }
  job->pass->kernels->largest(count, n, rows, indices, y, argmax);
}

static void mean(const pool_job *job, size_t block, window v, window u, float *y)
{
  const ink_layer *layer = job->layer;
  const float part = 1.0f / (float)(v.size * u.size);
  bool started = false;
  for (size_t iy = v.start; iy < v.end; iy++)
    for (size_t ix = u.start; ix < u.end; ix++, started = true) {
      const float *x =
          layer->x + row_at(layer->in, iy * layer->in.width + ix, job->pass->blocks, block);
      job->pass->kernels->combine(layer->in.channels * INK_LANES, 1, &part, &x, y, started);
    }
  if (!started)
    job->pass->kernels->combine(layer->in.channels * INK_LANES, 0, NULL, NULL, y, false);
}

static window rows_of(const ink_layer *layer, size_t oy)
{
  return window_at(layer, oy, layer->out.height, layer->in.height);
}

static window columns_of(const ink_layer *layer, size_t ox)
{
  return window_at(layer, ox, layer->out.width, layer->in.width);
}

/*
 * Returns the argmax values of a pixel and block: for each channel and lane, the index y * width +
 * x of the input pixel that is the maximum. Their layout is that of y without the means.
 *
 * Example: width 4, window of rows 2..3 and columns 0..1 with the values 5 7 / 7 1. The maximum is
 * 7, first at row 2, column 1: index 2 * 4 + 1 = 9.
 */
static int32_t *argmax_at(const ink_layer *layer, size_t pixel, size_t blocks, size_t block)
{
  return layer->argmax + row_at(layer->in, pixel, blocks, block);
}

static void run_forward(void *context, size_t index)
{
  const pool_job *job = context;
  const ink_layer *layer = job->layer;
  const size_t blocks = job->pass->blocks, block = index % blocks, oy = index / blocks;
  const int kind = kind_of(layer);
  for (size_t ox = 0; ox < layer->out.width; ox++) {
    const window v = rows_of(layer, oy), u = columns_of(layer, ox);
    const size_t pixel = oy * layer->out.width + ox;
    float *y = layer->y + row_at(layer->out, pixel, blocks, block);
    if (kind & MAX)
      largest(job, block, v, u, y, argmax_at(layer, pixel, blocks, block));
    if (kind & MEAN)
      mean(job, block, v, u, kind & MAX ? y + layer->in.channels * INK_LANES : y);
  }
}

static void forward(ink_layer *layer, const ink_pass *pass)
{
  pool_job job = {layer, pass};
  ink_parallel_for(layer->out.height * pass->blocks, run_forward, &job);
}

static void add_to_argmax(const pool_job *job, size_t block, const float *dy, const int32_t *argmax)
{
  const ink_layer *layer = job->layer;
  const size_t step = job->pass->blocks * layer->in.channels * INK_LANES;
  float *dx = layer->dx + row_at(layer->in, 0, job->pass->blocks, block);
  for (size_t i = 0; i < layer->in.channels * INK_LANES; i++)
    dx[(size_t)argmax[i] * step + i] += dy[i];
}

static void add_to_window(const pool_job *job, size_t block, window v, window u, const float *dy)
{
  const ink_layer *layer = job->layer;
  const float part = 1.0f / (float)(v.size * u.size);
  for (size_t iy = v.start; iy < v.end; iy++)
    for (size_t ix = u.start; ix < u.end; ix++)
      job->pass->kernels->combine(
          layer->in.channels * INK_LANES, 1, &part, &dy,
          layer->dx + row_at(layer->in, iy * layer->in.width + ix, job->pass->blocks, block), true);
}

static void run_backward(void *context, size_t block)
{
  const pool_job *job = context;
  const ink_layer *layer = job->layer;
  const size_t blocks = job->pass->blocks, count = layer->in.channels * INK_LANES;
  const int kind = kind_of(layer);
  for (size_t pixel = 0; !layer->add_dx && pixel < layer->in.height * layer->in.width; pixel++)
    memset(layer->dx + row_at(layer->in, pixel, blocks, block), 0, count * sizeof *layer->dx);
  for (size_t oy = 0; oy < layer->out.height; oy++)
    for (size_t ox = 0; ox < layer->out.width; ox++) {
      const size_t pixel = oy * layer->out.width + ox;
      const float *dy = layer->dy + row_at(layer->out, pixel, blocks, block);
      if (kind & MAX)
        add_to_argmax(job, block, dy, argmax_at(layer, pixel, blocks, block));
      if (kind & MEAN)
        add_to_window(job, block, rows_of(layer, oy), columns_of(layer, ox),
                      kind & MAX ? dy + count : dy);
    }
}

static void backward(ink_layer *layer, const ink_pass *pass)
{
  pool_job job = {layer, pass};
  if (layer->dx)
    ink_parallel_for(pass->blocks, run_backward, &job);
}

#define WINDOW_POOL(name, says)                                                                    \
  {                                                                                                \
    .word = name, .meaning = says, .wants = INK_WANTS_PICTURE,                                     \
    .arguments = {{"kernel", NAN, 1, 63, true},                                                    \
                  {"stride", 0, 0, 63, true}, /* 0: the size of the kernel */                      \
                  {"pad", 0, 0, 31, true}},                                                        \
    .infer = infer_window, .plan = plan, .forward = forward, .backward = backward,                 \
  }
#define ADAPTIVE_POOL(name, says)                                                                  \
  {                                                                                                \
    .word = name, .meaning = says, .wants = INK_WANTS_PICTURE,                                     \
    .arguments = {{"out", 1, 1, 63, true}}, .infer = infer_adaptive, .plan = plan,                 \
    .forward = forward, .backward = backward,                                                      \
  }

const ink_layer_type ink_layer_maxpool =
    WINDOW_POOL("maxpool", "the largest value of each window; stride 0 is the kernel");
const ink_layer_type ink_layer_avgpool =
    WINDOW_POOL("avgpool", "the mean of each window; stride 0 is the kernel");
const ink_layer_type ink_layer_adaptivemaxpool =
    ADAPTIVE_POOL("adaptivemaxpool", "the largest values of out x out windows of equal size");
const ink_layer_type ink_layer_adaptiveavgpool =
    ADAPTIVE_POOL("adaptiveavgpool", "the means of out x out windows of equal size");
const ink_layer_type ink_layer_concatpool = {
    .word = "concatpool",
    .meaning = "the largest value, then the mean, of each channel, as fastai has it",
    .wants = INK_WANTS_PICTURE,
    .infer = infer_adaptive,
    .plan = plan,
    .forward = forward,
    .backward = backward,
};
