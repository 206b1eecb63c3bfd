/*
 * batchnorm.c - batch normalisation over images and pixels, for pictures and vectors alike.
 * Source of the formulas: torch/nn/modules/batchnorm.py, and Ioffe, Szegedy 2015.
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

/* fastai's own norm layers, which its heads have, start with a bias of 0.001. */
static void initialise(ink_layer *layer, ink_random stream)
{
  (void)stream;
  ink_fill(&layer->tensors[WEIGHT], 1);
  ink_fill(&layer->tensors[BIAS], layer->initialisation == INK_INIT_HEAD ? 0.001f : 0);
  ink_fill(&layer->tensors[RUNNING_MEAN], 0);
  ink_fill(&layer->tensors[RUNNING_VAR], 1);
  ink_fill(&layer->tensors[BATCHES], 0);
}

/* Of each channel: the mean and 1 / sqrt(variance + eps) that the forward pass used. */
static void plan(ink_layer *layer, ink_arena *arena, const ink_kernels *kernels, size_t blocks)
{
  (void)kernels, (void)blocks;
  layer->scratch = INK_TAKE(arena, float, 2 * layer->in.channels);
}

/* Channels per job: 8 of them are 256 bytes of each row, four cache lines. */
enum { JOB_CHANNELS = 8 };

typedef float lanes[INK_LANES];

typedef struct norm_job {
  ink_layer *layer;
  const ink_pass *pass;
  size_t rows;   /* pixels times blocks */
  size_t counts; /* values of a channel */
} norm_job;

/* Lanes of a row that hold images: 8, or fewer in the last block. */
static size_t active(const norm_job *job, size_t row)
{
  const size_t block = row % job->pass->blocks;
  return ink_min_size(INK_LANES, job->pass->n - block * INK_LANES);
}

static const lanes *row_of(const float *values, const norm_job *job, size_t row, size_t channel)
{
  return (const lanes *)(values + (row * job->layer->in.channels + channel) * INK_LANES);
}

static double sum_of(const lanes sum)
{
  double total = 0;
  for (size_t lane = 0; lane < INK_LANES; lane++)
    total += sum[lane];
  return total;
}

/*
 * sums[c] = sum over rows and active lanes of x - offset[c], squared where asked. Two passes, about
 * the mean: a mean far from zero would otherwise cancel the variance away.
 */
static void sum_channels(const norm_job *job, size_t first, size_t n, const float *offset,
                         bool squared, double *sums)
{
  lanes sum[JOB_CHANNELS] = {{0}};
  for (size_t row = 0; row < job->rows; row++) {
    const lanes *x = row_of(job->layer->x, job, row, first);
    const size_t used = active(job, row);
    for (size_t c = 0; c < n; c++)
      for (size_t lane = 0; lane < INK_LANES; lane++) {
        const float d = x[c][lane] - offset[c];
        const float term = squared ? d * d : d;
        sum[c][lane] += lane < used ? term : 0.0f;
      }
  }
  for (size_t c = 0; c < n; c++)
    sums[c] = sum_of(sum[c]);
}

static void batch_statistics(const norm_job *job, size_t first, size_t n, float *mean, float *inverse)
{
  ink_layer *layer = job->layer;
  const double count = (double)job->counts, momentum = layer->argument[MOMENTUM];
  float offset[JOB_CHANNELS] = {0};
  double sums[JOB_CHANNELS];
  for (size_t c = 0; c < n; c++)
    offset[c] = (*row_of(layer->x, job, 0, first + c))[0]; /* any value of it: keeps sums small */
  sum_channels(job, first, n, offset, false, sums);
  for (size_t c = 0; c < n; c++)
    mean[c] = (float)(offset[c] + sums[c] / count);
  sum_channels(job, first, n, mean, true, sums);
  for (size_t c = 0; c < n; c++) {
    const double variance = sums[c] / count;
    inverse[c] = (float)(1 / sqrt(variance + layer->argument[EPS]));
    float *running_mean = layer->tensors[RUNNING_MEAN].value + first + c;
    float *running_var = layer->tensors[RUNNING_VAR].value + first + c;
    *running_mean = (float)((1 - momentum) * *running_mean + momentum * mean[c]);
    *running_var = (float)((1 - momentum) * *running_var + momentum * variance * count / (count - 1));
  }
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
      inverse[c] = (float)(1 / sqrt(layer->tensors[RUNNING_VAR].value[first + c] + layer->argument[EPS]));
    }
  }
  float scale[JOB_CHANNELS], bias[JOB_CHANNELS];
  for (size_t c = 0; c < n; c++) {
    scale[c] = inverse[c] * layer->tensors[WEIGHT].value[first + c];
    bias[c] = layer->tensors[BIAS].value[first + c];
  }
  for (size_t row = 0; row < job->rows; row++) {
    const lanes *x = row_of(layer->x, job, row, first);
    lanes *y = (lanes *)(layer->y + (row * channels + first) * INK_LANES);
    for (size_t c = 0; c < n; c++)
      for (size_t lane = 0; lane < INK_LANES; lane++)
        y[c][lane] = (x[c][lane] - mean[c]) * scale[c] + bias[c];
  }
}

static norm_job make_job(ink_layer *layer, const ink_pass *pass)
{
  const size_t pixels = layer->in.height * layer->in.width;
  return (norm_job){layer, pass, pixels * pass->blocks, pixels * pass->n};
}

static void forward(ink_layer *layer, const ink_pass *pass)
{
  norm_job job = make_job(layer, pass);
  ink_parallel_for(ink_ceil_div(layer->in.channels, JOB_CHANNELS), run_forward, &job);
  if (pass->training)
    layer->tensors[BATCHES].value[0]++;
}

/*
 * training: dx = weight * inverse * (dy - mean(dy) - xhat * mean(dy * xhat))
 * evaluating: the statistics are constants, dx = weight * inverse * dy
 */
static void run_backward(void *context, size_t index)
{
  const norm_job *job = context;
  const ink_layer *layer = job->layer;
  const size_t channels = layer->in.channels, first = index * JOB_CHANNELS;
  const size_t n = ink_min_size(JOB_CHANNELS, channels - first);
  const float *mean = layer->scratch + first, *inverse = layer->scratch + channels + first;
  lanes sum[JOB_CHANNELS] = {{0}}, product[JOB_CHANNELS] = {{0}};
  for (size_t row = 0; row < job->rows; row++) {
    const lanes *x = row_of(layer->x, job, row, first), *dy = row_of(layer->dy, job, row, first);
    for (size_t c = 0; c < n; c++)
      for (size_t lane = 0; lane < INK_LANES; lane++) { /* idle lanes have no dy */
        sum[c][lane] += dy[c][lane];
        product[c][lane] += dy[c][lane] * ((x[c][lane] - mean[c]) * inverse[c]);
      }
  }
  float scale[JOB_CHANNELS], mean_dy[JOB_CHANNELS], mean_product[JOB_CHANNELS];
  for (size_t c = 0; c < n; c++) {
    const double dbias = sum_of(sum[c]), dweight = sum_of(product[c]);
    layer->tensors[BIAS].gradient[first + c] = (float)dbias;
    layer->tensors[WEIGHT].gradient[first + c] = (float)dweight;
    scale[c] = inverse[c] * layer->tensors[WEIGHT].value[first + c];
    mean_dy[c] = job->pass->training ? (float)(dbias / (double)job->counts) : 0;
    mean_product[c] = job->pass->training ? (float)(dweight / (double)job->counts) * inverse[c] : 0;
  }
  for (size_t row = 0; row < job->rows && layer->dx; row++) {
    const lanes *x = row_of(layer->x, job, row, first), *dy = row_of(layer->dy, job, row, first);
    lanes *dx = (lanes *)(layer->dx + (row * channels + first) * INK_LANES);
    const size_t used = active(job, row);
    for (size_t c = 0; c < n; c++)
      for (size_t lane = 0; lane < INK_LANES; lane++) {
        const float d = scale[c] * (dy[c][lane] - mean_dy[c] - (x[c][lane] - mean[c]) * mean_product[c]);
        dx[c][lane] = (layer->add_dx ? dx[c][lane] : 0.0f) + (lane < used ? d : 0.0f);
      }
  }
}

static void backward(ink_layer *layer, const ink_pass *pass)
{
  norm_job job = make_job(layer, pass);
  ink_parallel_for(ink_ceil_div(layer->in.channels, JOB_CHANNELS), run_backward, &job);
}

const ink_layer_type ink_layer_bn = {
    .word = "bn",
    .arguments = {{"eps", 1e-5, 1e-12, 1, false}, {"momentum", 0.1, 0, 1, false}},
    .infer = infer,
    .initialise = initialise,
    .plan = plan,
    .forward = forward,
    .backward = backward,
};
