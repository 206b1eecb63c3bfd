/*
 * linear_pixels.c - a linear layer on u8 pixels, in which pixels that are 0 cost nothing.
 *
 *   y of an image         = bias + sum over pixels of pixel / 255 * row of W transposed
 *   gradient of a pixel's weights = sum over images of pixel / 255 * row of dy transposed
 */
#include "linear.h"

#include <string.h>

/*
 * Outputs of the layer per job, at most; for the gradient also pixels per job, and images at once.
 */
enum { JOB_OUTPUTS = 64, JOB_PIXELS = 16, JOB_IMAGES = 256 };

/* Pixels whose weights a job transposes. */
enum { TRANSPOSE_PIXELS = 112 };

typedef struct pixels_job {
  ink_layer *layer;
  const ink_pass *pass;
  size_t m, k, stride; /* m outputs, k pixels; stride: m rounded up to a multiple of 4 */
  float *weights;      /* [k][stride] */
  float *dy;           /* [images][stride] */
} pixels_job;

static size_t round_up_to_4(size_t outputs)
{
  return ink_ceil_div(outputs, 4) * 4;
}

static pixels_job make_job(ink_layer *layer, const ink_pass *pass)
{
  const size_t m = layer->out.channels;
  return (pixels_job){
      layer, pass, m, layer->in.channels, round_up_to_4(m), layer->packed_transposed, pass->shared};
}

void ink_linear_pixels_plan(ink_layer *layer, ink_arena *arena, size_t blocks)
{
  const size_t stride = round_up_to_4(layer->out.channels);
  layer->packed_transposed = INK_ALLOC(arena, float, INK_PRODUCT(layer->in.channels, stride));
  layer->shared_floats = INK_PRODUCT(blocks, INK_LANES, stride);
}

/* Columns m to stride - 1 stay 0: the arena was filled with zeros. */
static void run_transpose_weights(void *context, size_t index)
{
  const pixels_job *job = context;
  const size_t first = index * TRANSPOSE_PIXELS;
  job->pass->kernels->transpose(job->m, ink_min_size(TRANSPOSE_PIXELS, job->k - first),
                                job->layer->tensors[INK_LINEAR_WEIGHT].value + first, job->k,
                                job->weights + first * job->stride, job->stride);
}

/* Computes up to JOB_OUTPUTS outputs of the eight images of a block. */
static void run_forward(void *context, size_t index)
{
  const pixels_job *job = context;
  const ink_kernels *kernels = job->pass->kernels;
  const size_t block = index % job->pass->blocks, first = index / job->pass->blocks * JOB_OUTPUTS;
  const size_t outputs = ink_min_size(JOB_OUTPUTS, job->m - first);
  const float *bias = ink_linear_bias(job->layer);
  float y[INK_LANES][JOB_OUTPUTS] = {{0}};
  for (size_t lane = 0; lane < INK_LANES; lane++) {
    const uint8_t *picture = job->pass->pictures[block * INK_LANES + lane];
    if (bias)
      memcpy(y[lane], bias + first, outputs * sizeof *bias);
    if (picture)
      kernels->product_u8(round_up_to_4(outputs), job->k, picture, job->weights + first,
                          job->stride, y[lane]);
  }
  kernels->transpose(INK_LANES, outputs, y[0], JOB_OUTPUTS,
                     job->layer->y + (block * job->m + first) * INK_LANES, INK_LANES);
}

void ink_linear_pixels_forward(ink_layer *layer, const ink_pass *pass)
{
  pixels_job job = make_job(layer, pass);
  if (layer->packed_transposed_version != pass->version) {
    ink_parallel_for(ink_ceil_div(job.k, TRANSPOSE_PIXELS), run_transpose_weights, &job);
    layer->packed_transposed_version = pass->version;
  }
  ink_parallel_for(ink_ceil_div(job.m, JOB_OUTPUTS) * pass->blocks, run_forward, &job);
}

static void run_transpose_dy(void *context, size_t block)
{
  const pixels_job *job = context;
  float *to = job->dy + block * INK_LANES * job->stride;
  for (size_t lane = 0; lane < INK_LANES; lane++)
    for (size_t i = job->m; i < job->stride; i++)
      to[lane * job->stride + i] = 0;
  job->pass->kernels->transpose(job->m, INK_LANES, job->layer->dy + block * job->m * INK_LANES,
                                INK_LANES, to, job->stride);
}

/* Computes the gradient of the weights of up to JOB_PIXELS pixels and JOB_OUTPUTS outputs. */
static void run_gradient(void *context, size_t index)
{
  const pixels_job *job = context;
  const ink_kernels *kernels = job->pass->kernels;
  const size_t parts = ink_ceil_div(job->k, JOB_PIXELS);
  const size_t pixel = index % parts * JOB_PIXELS, first = index / parts * JOB_OUTPUTS;
  const size_t pixels = ink_min_size(JOB_PIXELS, job->k - pixel);
  const size_t outputs = ink_min_size(JOB_OUTPUTS, job->m - first);
  float dw[JOB_PIXELS][JOB_OUTPUTS] = {{0}};
  uint8_t columns[JOB_PIXELS][JOB_IMAGES];
  for (size_t image = 0; image < job->pass->n; image += JOB_IMAGES) {
    const size_t images = ink_min_size(JOB_IMAGES, job->pass->n - image);
    kernels->columns_u8(images, job->pass->pictures + image, pixel, pixels, columns[0], JOB_IMAGES);
    for (size_t p = 0; p < pixels; p++)
      kernels->product_u8(round_up_to_4(outputs), images, columns[p],
                          job->dy + image * job->stride + first, job->stride, dw[p]);
  }
  kernels->transpose(pixels, outputs, dw[0], JOB_OUTPUTS,
                     job->layer->tensors[INK_LINEAR_WEIGHT].gradient + first * job->k + pixel,
                     job->k);
}

void ink_linear_pixels_gradient(ink_layer *layer, const ink_pass *pass)
{
  pixels_job job = make_job(layer, pass);
  ink_parallel_for(pass->blocks, run_transpose_dy, &job);
  ink_parallel_for(ink_ceil_div(job.m, JOB_OUTPUTS) * ink_ceil_div(job.k, JOB_PIXELS), run_gradient,
                   &job);
}
