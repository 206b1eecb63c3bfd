/*
 * dropout.c - keeps each value with probability 1 - p, multiplies it by 1 / (1 - p), and zeroes the
 * others.
 */
#include "ink_layers.h"

#include <math.h>
#include <string.h>

static ink_status infer(ink_layer *layer, ink_error *err)
{
  (void)err;
  layer->out = layer->in;
  return INK_OK;
}

static void plan(ink_layer *layer, ink_arena *arena, const ink_kernels *kernels, size_t blocks)
{
  (void)kernels;
  layer->mask =
      INK_ALLOC(arena, uint8_t, INK_PRODUCT(ink_shape_count(layer->in), blocks, INK_LANES));
}

enum { JOB_VALUES = 8192 };

typedef struct dropout_job {
  ink_layer *layer;
  const ink_pass *pass;
  ink_random stream;
  size_t count;
} dropout_job;

static float kept_scale(const ink_layer *layer)
{
  return (float)(1.0 / (1.0 - layer->argument[0]));
}

static void run_forward(void *context, size_t index)
{
  const dropout_job *job = context;
  ink_layer *layer = job->layer;
  const size_t start = index * JOB_VALUES, end = ink_min_size(start + JOB_VALUES, job->count);
  const float scale = kept_scale(layer);
  if (!layer->keep_mask)
    for (size_t i = start; i < end; i++)
      layer->mask[i] = ink_random_uniform(job->stream, i) >= layer->argument[0];
  for (size_t i = start; i < end; i++)
    layer->y[i] = layer->mask[i] ? layer->x[i] * scale : 0.0f;
}

static dropout_job make_job(ink_layer *layer, const ink_pass *pass)
{
  const ink_random step = ink_random_stream(pass->seed, INK_FOR_DROPOUT, pass->step);
  return (dropout_job){layer, pass, ink_random_split(step, layer->word_start),
                       ink_shape_count(layer->in) * pass->blocks * INK_LANES};
}

static void forward(ink_layer *layer, const ink_pass *pass)
{
  dropout_job job = make_job(layer, pass);
  if (pass->training)
    ink_parallel_for(ink_ceil_div(job.count, JOB_VALUES), run_forward, &job);
  else
    memcpy(layer->y, layer->x, job.count * sizeof *layer->y);
}

static void run_backward(void *context, size_t index)
{
  const dropout_job *job = context;
  const ink_layer *layer = job->layer;
  const size_t start = index * JOB_VALUES, end = ink_min_size(start + JOB_VALUES, job->count);
  const float scale = kept_scale(layer);
  for (size_t i = start; i < end; i++) {
    const float d = !job->pass->training ? layer->dy[i]
                    : layer->mask[i]     ? layer->dy[i] * scale
                                         : 0.0f;
    layer->dx[i] = (layer->add_dx ? layer->dx[i] : 0.0f) + d;
  }
}

static void backward(ink_layer *layer, const ink_pass *pass)
{
  dropout_job job = make_job(layer, pass);
  if (layer->dx)
    ink_parallel_for(ink_ceil_div(job.count, JOB_VALUES), run_backward, &job);
}

const ink_layer_type ink_layer_dropout = {
    .word = "dropout",
    .meaning = "sets each value to 0 with probability p while it trains",
    .arguments = {{"p", 0.5, 0, 0.99, false}},
    .infer = infer,
    .plan = plan,
    .forward = forward,
    .backward = backward,
};
