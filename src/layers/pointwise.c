/*
 * pointwise.c - layers that work value by value (relu, the sum of two branches, rgb), and flatten,
 * which only moves values.
 */
#include "ink_layers.h"

#include <string.h>

/*
 * Values per job: 32 kB of floats, so that what a job reads and writes stays in the first-level
 * cache.
 */
enum { JOB_VALUES = 8192 };

typedef struct range_job {
  ink_layer *layer;
  const ink_pass *pass;
  size_t count;
} range_job;

static void for_all_values(ink_layer *layer, const ink_pass *pass, ink_job *run)
{
  range_job job = {layer, pass, ink_shape_count(layer->out) * pass->blocks * INK_LANES};
  ink_parallel_for(ink_ceil_div(job.count, JOB_VALUES), run, &job);
}

static size_t job_count(const range_job *job, size_t start)
{
  return ink_min_size(JOB_VALUES, job->count - start);
}

static ink_status same_shape(ink_layer *layer, ink_error *err)
{
  (void)err;
  layer->out = layer->in;
  return INK_OK;
}

/* ---- relu ---- */

static void run_relu(void *context, size_t index)
{
  const range_job *job = context;
  const size_t start = index * JOB_VALUES;
  job->pass->kernels->relu(job_count(job, start), job->layer->x + start, job->layer->y + start);
}

static void run_relu_gradient(void *context, size_t index)
{
  const range_job *job = context;
  const size_t start = index * JOB_VALUES;
  const ink_layer *layer = job->layer;
  job->pass->kernels->relu_gradient(job_count(job, start), layer->y + start, layer->dy + start,
                                    layer->dx + start, layer->add_dx);
}

static void relu_forward(ink_layer *layer, const ink_pass *pass)
{
  for_all_values(layer, pass, run_relu);
}

static void relu_backward(ink_layer *layer, const ink_pass *pass)
{
  if (layer->dx)
    for_all_values(layer, pass, run_relu_gradient);
}

const ink_layer_type ink_layer_relu = {
    .word = "relu",
    .meaning = "values below 0 become 0",
    .infer = same_shape,
    .forward = relu_forward,
    .backward = relu_backward,
};

/* ---- the sum of two branches ---- */

static ink_status add_infer(ink_layer *layer, ink_error *err)
{
  const ink_shape a = layer->in, b = layer->in2;
  if (a.channels != b.channels || a.height != b.height || a.width != b.width)
    return ink_fail(err, INK_E_MODEL,
                    "the branches of a residual must end in the same shape: %zu x %zu x %zu and "
                    "%zu x %zu x %zu",
                    a.channels, a.height, a.width, b.channels, b.height, b.width);
  layer->out = a;
  return INK_OK;
}

static void run_add(void *context, size_t index)
{
  const range_job *job = context;
  const size_t start = index * JOB_VALUES;
  const ink_layer *layer = job->layer;
  job->pass->kernels->add(job_count(job, start), layer->x + start, layer->x2 + start,
                          layer->y + start);
}

static void pass_gradient(const range_job *job, size_t start, float *dx, bool add)
{
  const size_t count = job_count(job, start);
  const float *dy = job->layer->dy + start;
  if (!dx || dx == job->layer->dy)
    return;
  if (add)
    job->pass->kernels->add(count, dx + start, dy, dx + start);
  else
    memcpy(dx + start, dy, count * sizeof *dx);
}

static void run_add_gradient(void *context, size_t index)
{
  const range_job *job = context;
  pass_gradient(job, index * JOB_VALUES, job->layer->dx, job->layer->add_dx);
  pass_gradient(job, index * JOB_VALUES, job->layer->dx2, job->layer->add_dx2);
}

static void add_forward(ink_layer *layer, const ink_pass *pass)
{
  for_all_values(layer, pass, run_add);
}

static void add_backward(ink_layer *layer, const ink_pass *pass)
{
  for_all_values(layer, pass, run_add_gradient);
}

const ink_layer_type ink_layer_add = {
    .word = "add",
    .meaning = "the sum of two layers",
    .infer = add_infer,
    .forward = add_forward,
    .backward = add_backward,
};

/* ---- flatten: [H][W][blocks][C][8] -> [blocks][C * H * W][8], features in PyTorch's order ---- */

static ink_status flatten_infer(ink_layer *layer, ink_error *err)
{
  (void)err;
  layer->out =
      (ink_shape){.channels = ink_shape_count(layer->in), .height = 1, .width = 1, .flat = true};
  return INK_OK;
}

typedef struct flatten_job {
  ink_layer *layer;
  size_t blocks;
} flatten_job;

static void run_flatten(void *context, size_t block)
{
  const flatten_job *job = context;
  const ink_shape in = job->layer->in;
  const size_t pixels = in.height * in.width;
  float *to = job->layer->y + block * in.channels * pixels * INK_LANES;
  for (size_t pixel = 0; pixel < pixels; pixel++) {
    const float *from = job->layer->x + (pixel * job->blocks + block) * in.channels * INK_LANES;
    for (size_t c = 0; c < in.channels; c++)
      memcpy(to + (c * pixels + pixel) * INK_LANES, from + c * INK_LANES, INK_LANES * sizeof *to);
  }
}

static void run_flatten_gradient(void *context, size_t block)
{
  const flatten_job *job = context;
  const ink_layer *layer = job->layer;
  const ink_shape in = layer->in;
  const size_t pixels = in.height * in.width;
  const float *from = layer->dy + block * in.channels * pixels * INK_LANES;
  for (size_t pixel = 0; pixel < pixels; pixel++) {
    float *to = layer->dx + (pixel * job->blocks + block) * in.channels * INK_LANES;
    for (size_t c = 0; c < in.channels; c++)
      for (size_t lane = 0; lane < INK_LANES; lane++)
        to[c * INK_LANES + lane] = (layer->add_dx ? to[c * INK_LANES + lane] : 0.0f) +
                                   from[(c * pixels + pixel) * INK_LANES + lane];
  }
}

static void flatten_forward(ink_layer *layer, const ink_pass *pass)
{
  flatten_job job = {layer, pass->blocks};
  ink_parallel_for(pass->blocks, run_flatten, &job);
}

static void flatten_backward(ink_layer *layer, const ink_pass *pass)
{
  flatten_job job = {layer, pass->blocks};
  if (layer->dx)
    ink_parallel_for(pass->blocks, run_flatten_gradient, &job);
}

const ink_layer_type ink_layer_flatten = {
    .word = "flatten",
    .meaning = "pictures become vectors",
    .infer = flatten_infer,
    .forward = flatten_forward,
    .backward = flatten_backward,
};

/* ---- rgb: a grey picture stands for three equal channels, of which one is stored ---- */

static ink_status rgb_infer(ink_layer *layer, ink_error *err)
{
  const size_t channels = layer->in.channels;
  if (layer->input != INK_FROM_INPUT || (channels != 1 && channels != 3))
    return ink_fail(err, INK_E_MODEL, "rgb can only come first, and pictures have 1 or 3 channels");
  layer->out = layer->in;
  layer->out.copies = channels == 1 ? 3 : 0;
  return INK_OK;
}

static void rgb_forward(ink_layer *layer, const ink_pass *pass)
{
  memcpy(layer->y, layer->x, ink_shape_count(layer->in) * pass->blocks * INK_LANES * sizeof(float));
}

static void rgb_backward(ink_layer *layer, const ink_pass *pass)
{
  if (layer->dx)
    memcpy(layer->dx, layer->dy,
           ink_shape_count(layer->in) * pass->blocks * INK_LANES * sizeof(float));
}

const ink_layer_type ink_layer_rgb = {
    .word = "rgb",
    .meaning = "grey pictures become three equal channels, at no cost",
    .wants = INK_WANTS_PICTURE,
    .infer = rgb_infer,
    .forward = rgb_forward,
    .backward = rgb_backward,
};
