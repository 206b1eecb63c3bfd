/*
 * batchnorm.c - batch normalisation over images and pixels, for pictures and vectors alike.
 * Formulas: torch/nn/modules/batchnorm.py, and Ioffe, Szegedy 2015.
 */
#include "ink_layers.h"

#include <math.h>
#include <string.h>

enum { EPS, MOMENTUM };
enum { WEIGHT, BIAS, RUNNING_MEAN, RUNNING_VAR, BATCHES };

static ink_status infer(ink_layer *layer, ink_error *err)
{
  (void)err;
  const size_t channels[] = {layer->in.channels};
  layer->out = layer->in;
  ink_layer_declare(layer, "weight", INK_ROLE_NORM_WEIGHT, 1, channels);
  ink_layer_declare(layer, "bias", INK_ROLE_NORM_BIAS, 1, channels);
  ink_layer_declare(layer, "running_mean", INK_ROLE_BUFFER, 1, channels);
  ink_layer_declare(layer, "running_var", INK_ROLE_BUFFER, 1, channels);
  ink_layer_declare(layer, "num_batches_tracked", INK_ROLE_COUNTER, 0, NULL);
  return INK_OK;
}

/* The norm layers of fastai's heads start with a bias of 0.001. */
static void initialise(ink_layer *layer, ink_random stream)
{
  (void)stream;
  ink_fill(&layer->tensors[WEIGHT], 1);
  ink_fill(&layer->tensors[BIAS], layer->initialisation == INK_INIT_HEAD ? 0.001f : 0);
  ink_fill(&layer->tensors[RUNNING_MEAN], 0);
  ink_fill(&layer->tensors[RUNNING_VAR], 1);
  ink_fill(&layer->tensors[BATCHES], 0);
}

/* scratch [2][channels]: the mean and 1 / sqrt(variance + eps) that the forward pass used. */
static void plan(ink_layer *layer, ink_arena *arena, const ink_kernels *kernels, size_t blocks)
{
  (void)kernels, (void)blocks;
  layer->scratch = INK_ALLOC(arena, float, 2 * layer->in.channels);
}

/* Channels per job: 8 channels are 256 bytes of each row, four cache lines. */
enum { JOB_CHANNELS = 8 };

/* Four images of a row: they fit a register of every machine. */
enum { QUAD = 4, HALVES = INK_LANES / QUAD };
typedef float quad __attribute__((vector_size(QUAD * sizeof(float))));
typedef int32_t quad_mask __attribute__((vector_size(QUAD * sizeof(int32_t))));

/* A row: one channel of eight images. */
typedef struct lanes {
  quad half[HALVES];
} lanes;
typedef struct lane_mask {
  quad_mask half[HALVES];
} lane_mask;

typedef struct norm_job {
  ink_layer *layer;
  const ink_pass *pass;
  size_t rows;               /* pixels times blocks */
  size_t values_per_channel; /* pixels times images */
  lane_mask all, last;       /* lanes that hold images: in a full block, in the last block */
} norm_job;

/* Returns the lanes of a row that hold images. */
static inline const lane_mask *active(const norm_job *job, size_t row)
{
  return (row + 1) % job->pass->blocks == 0 ? &job->last : &job->all;
}

static inline quad masked(quad values, quad_mask mask)
{
  return (quad)((quad_mask)values & mask);
}

static inline quad splat(float value)
{
  return (quad){value, value, value, value};
}

static inline const lanes *rows_at(const float *values, size_t channel)
{
  return (const lanes *)(values + channel * INK_LANES);
}

static double sum_of(const lanes *sum)
{
  double total = 0;
  for (size_t lane = 0; lane < INK_LANES; lane++)
    total += (double)sum->half[lane / QUAD][lane % QUAD];
  return total;
}

/*
 * Sums x - offset and its square over images and pixels, for n channels; n is a constant at every
 * call. The offset is a value near the mean: without it, a mean far from 0 would cancel the
 * variance.
 */
static inline __attribute__((always_inline)) void sum_channels(int n, const norm_job *job,
                                                               size_t first, const float *offset,
                                                               double *sums, double *squares)
{
  const size_t channels = job->layer->in.channels;
  const lanes *x = rows_at(job->layer->x, first);
  lanes sum[2] = {0}, square[2] = {0};
  for (size_t row = 0; row < job->rows; row++, x += channels) {
    const lane_mask *mask = active(job, row);
    for (int c = 0; c < n; c++)
      for (int h = 0; h < HALVES; h++) {
        const quad d = masked(x[c].half[h] - splat(offset[c]), mask->half[h]);
        sum[c].half[h] += d;
        square[c].half[h] += d * d;
      }
  }
  for (int c = 0; c < n; c++) {
    sums[c] = sum_of(&sum[c]);
    squares[c] = sum_of(&square[c]);
  }
}

/* Returns the mean of the images of the first row. */
static float first_mean(const norm_job *job, size_t channel)
{
  const size_t n = ink_min_size(job->pass->n, INK_LANES);
  double sum = 0;
  for (size_t lane = 0; lane < n; lane++)
    sum += (double)job->layer->x[channel * INK_LANES + lane];
  return (float)(sum / (double)n);
}

static void batch_statistics(const norm_job *job, size_t first, size_t n, float *mean,
                             float *inverse)
{
  ink_layer *layer = job->layer;
  const double count = (double)job->values_per_channel, momentum = layer->argument[MOMENTUM];
  float offset[JOB_CHANNELS];
  double sums[JOB_CHANNELS], squares[JOB_CHANNELS];
  for (size_t c = 0; c < n; c++)
    offset[c] = first_mean(job, first + c);
  size_t c = 0;
  for (; c + 2 <= n; c += 2)
    sum_channels(2, job, first + c, offset + c, sums + c, squares + c);
  if (c < n)
    sum_channels(1, job, first + c, offset + c, sums + c, squares + c);
  for (c = 0; c < n; c++) {
    const double from_offset = sums[c] / count;
    const double variance = fmax(squares[c] / count - from_offset * from_offset, 0);
    mean[c] = (float)(offset[c] + from_offset);
    inverse[c] = (float)(1 / sqrt(variance + layer->argument[EPS]));
    float *running_mean = layer->tensors[RUNNING_MEAN].value + first + c;
    float *running_var = layer->tensors[RUNNING_VAR].value + first + c;
    *running_mean = (float)((1 - momentum) * *running_mean + momentum * mean[c]);
    *running_var =
        (float)((1 - momentum) * *running_var + momentum * variance * count / (count - 1));
  }
}

static inline __attribute__((always_inline)) void scale_channels(int n, const norm_job *job,
                                                                 size_t first, const float *mean,
                                                                 const float *scale,
                                                                 const float *bias)
{
  const size_t channels = job->layer->in.channels;
  const lanes *x = rows_at(job->layer->x, first);
  lanes *y = (lanes *)(job->layer->y + first * INK_LANES);
  for (size_t row = 0; row < job->rows; row++, x += channels, y += channels)
    for (int c = 0; c < n; c++)
      for (int h = 0; h < HALVES; h++)
        y[c].half[h] = (x[c].half[h] - splat(mean[c])) * splat(scale[c]) + splat(bias[c]);
}

static void run_forward(void *context, size_t index)
{
  const norm_job *job = context;
  ink_layer *layer = job->layer;
  const size_t channels = layer->in.channels, first = index * JOB_CHANNELS;
  const size_t n = ink_min_size(JOB_CHANNELS, channels - first);
  float *mean = layer->scratch + first, *inverse = layer->scratch + channels + first;
  if (job->pass->training) {
    batch_statistics(job, first, n, mean, inverse);
  } else {
    for (size_t c = 0; c < n; c++) {
      mean[c] = layer->tensors[RUNNING_MEAN].value[first + c];
      inverse[c] =
          (float)(1 / sqrt(layer->tensors[RUNNING_VAR].value[first + c] + layer->argument[EPS]));
    }
  }
  const float *bias = layer->tensors[BIAS].value + first;
  float scale[JOB_CHANNELS];
  for (size_t c = 0; c < n; c++)
    scale[c] = inverse[c] * layer->tensors[WEIGHT].value[first + c];
  size_t c = 0;
  for (; c + 2 <= n; c += 2)
    scale_channels(2, job, first + c, mean + c, scale + c, bias + c);
  if (c < n)
    scale_channels(1, job, first + c, mean + c, scale + c, bias + c);
}

static norm_job make_job(ink_layer *layer, const ink_pass *pass)
{
  const size_t pixels = layer->in.height * layer->in.width;
  norm_job job = {.layer = layer,
                  .pass = pass,
                  .rows = pixels * pass->blocks,
                  .values_per_channel = pixels * pass->n};
  for (size_t lane = 0; lane < INK_LANES; lane++) {
    job.all.half[lane / QUAD][lane % QUAD] = -1;
    job.last.half[lane / QUAD][lane % QUAD] =
        (pass->blocks - 1) * INK_LANES + lane < pass->n ? -1 : 0;
  }
  return job;
}

static void forward(ink_layer *layer, const ink_pass *pass)
{
  norm_job job = make_job(layer, pass);
  ink_parallel_for(ink_ceil_div(layer->in.channels, JOB_CHANNELS), run_forward, &job);
  if (pass->training)
    layer->tensors[BATCHES].value[0]++;
}

/* Sums dy and dy * xhat over images and pixels. In idle lanes dy is 0. */
static inline __attribute__((always_inline)) void sum_gradients(int n, const norm_job *job,
                                                                size_t first, const float *mean,
                                                                const float *inverse, double *sums,
                                                                double *products)
{
  const size_t channels = job->layer->in.channels;
  const lanes *x = rows_at(job->layer->x, first), *dy = rows_at(job->layer->dy, first);
  lanes sum[2] = {0}, product[2] = {0};
  for (size_t row = 0; row < job->rows; row++, x += channels, dy += channels)
    for (int c = 0; c < n; c++)
      for (int h = 0; h < HALVES; h++) {
        sum[c].half[h] += dy[c].half[h];
        product[c].half[h] += dy[c].half[h] * (x[c].half[h] - splat(mean[c]));
      }
  for (int c = 0; c < n; c++) {
    sums[c] = sum_of(&sum[c]);
    products[c] = sum_of(&product[c]) * (double)inverse[c];
  }
}

/* dx = scale * (dy - mean_dy - (x - mean) * slope) in lanes that hold images, else 0. */
static inline __attribute__((always_inline)) void
write_gradients(int n, const norm_job *job, size_t first, bool add, const float *mean,
                const float *scale, const float *mean_dy, const float *slope)
{
  const size_t channels = job->layer->in.channels;
  const lanes *x = rows_at(job->layer->x, first), *dy = rows_at(job->layer->dy, first);
  lanes *dx = (lanes *)(job->layer->dx + first * INK_LANES);
  for (size_t row = 0; row < job->rows; row++, x += channels, dy += channels, dx += channels) {
    const lane_mask *mask = active(job, row);
    for (int c = 0; c < n; c++)
      for (int h = 0; h < HALVES; h++) {
        const quad centred = x[c].half[h] - splat(mean[c]);
        const quad corrected = dy[c].half[h] - splat(mean_dy[c]) - centred * splat(slope[c]);
        const quad d = masked(splat(scale[c]) * corrected, mask->half[h]);
        dx[c].half[h] = add ? dx[c].half[h] + d : d;
      }
  }
}

/*
 * Computes the gradients, with xhat = (x - mean) * inverse:
 *
 *   training    dx = weight * inverse * (dy - mean(dy) - xhat * mean(dy * xhat))
 *   evaluating  dx = weight * inverse * dy, because the statistics are constants
 *   both        d_bias = sum(dy), d_weight = sum(dy * xhat)
 */
static void run_backward(void *context, size_t index)
{
  const norm_job *job = context;
  const ink_layer *layer = job->layer;
  const size_t channels = layer->in.channels, first = index * JOB_CHANNELS;
  const size_t n = ink_min_size(JOB_CHANNELS, channels - first);
  const float *mean = layer->scratch + first, *inverse = layer->scratch + channels + first;
  double sums[JOB_CHANNELS], products[JOB_CHANNELS];
  size_t c = 0;
  for (; c + 2 <= n; c += 2)
    sum_gradients(2, job, first + c, mean + c, inverse + c, sums + c, products + c);
  if (c < n)
    sum_gradients(1, job, first + c, mean + c, inverse + c, sums + c, products + c);
  float scale[JOB_CHANNELS], mean_dy[JOB_CHANNELS], slope[JOB_CHANNELS];
  for (c = 0; c < n; c++) {
    layer->tensors[BIAS].gradient[first + c] = (float)sums[c];
    layer->tensors[WEIGHT].gradient[first + c] = (float)products[c];
    scale[c] = inverse[c] * layer->tensors[WEIGHT].value[first + c];
    mean_dy[c] = job->pass->training ? (float)(sums[c] / (double)job->values_per_channel) : 0;
    slope[c] = job->pass->training
                   ? (float)(products[c] / (double)job->values_per_channel) * inverse[c]
                   : 0;
  }
  if (!layer->dx)
    return;
  for (c = 0; c + 2 <= n; c += 2) {
    if (layer->add_dx)
      write_gradients(2, job, first + c, true, mean + c, scale + c, mean_dy + c, slope + c);
    else
      write_gradients(2, job, first + c, false, mean + c, scale + c, mean_dy + c, slope + c);
  }
  if (c < n)
    write_gradients(1, job, first + c, layer->add_dx, mean + c, scale + c, mean_dy + c, slope + c);
}

static void backward(ink_layer *layer, const ink_pass *pass)
{
  norm_job job = make_job(layer, pass);
  ink_parallel_for(ink_ceil_div(layer->in.channels, JOB_CHANNELS), run_backward, &job);
}

const ink_layer_type ink_layer_bn = {
    .word = "bn",
    .meaning = "batch normalisation",
    .arguments = {{"eps", 1e-5, 1e-12, 1, false}, {"momentum", 0.1, 0, 1, false}},
    .infer = infer,
    .initialise = initialise,
    .plan = plan,
    .forward = forward,
    .backward = backward,
};
