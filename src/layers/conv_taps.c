/*
 * conv_taps.c - a convolution by its definition: a sum over the taps that fall inside the picture,
 * and only those. Each tap is a product of one [filters][channels] matrix with rows of eight
 * images.
 */
#include "conv.h"

static bool applies(const ink_conv *conv)
{
  (void)conv;
  return true;
}

static void plan(ink_layer *layer, const ink_conv *c, ink_arena *arena, const ink_kernels *kernels,
                 size_t blocks)
{
  (void)blocks;
  layer->packed = INK_ALLOC(
      arena, float, INK_PRODUCT(ink_packed_count(kernels, c->filters, c->channels), c->taps));
}

typedef struct conv_job {
  ink_layer *layer;
  const ink_conv *conv;
  const ink_pass *pass;
  size_t rows;                     /* rows per job */
  size_t tap_stride, panel_stride; /* floats of packed weights, for the input gradient */
} conv_job;

/* Weights of all taps that a job multiplies: they stay in the second-level cache. */
enum { JOB_WEIGHT_BYTES = 256 << 10 };

/* ---- forward ---- */

/* Writes the result for a pixel for which no tap falls inside the picture: the bias, or 0. */
static void fill_rows(float *y, const float *bias, size_t rows)
{
  for (size_t i = 0; i < rows; i++)
    for (size_t lane = 0; lane < INK_LANES; lane++)
      y[i * INK_LANES + lane] = bias ? bias[i] : 0.0f;
}

static void run_forward(void *context, size_t index)
{
  const conv_job *job = context;
  const ink_conv *c = job->conv;
  const ink_layer *layer = job->layer;
  const size_t blocks = job->pass->blocks, block = index % blocks;
  const size_t row = index / blocks * job->rows, rows = ink_min_size(job->rows, c->filters - row);
  const size_t tap_size = ink_packed_count(job->pass->kernels, c->filters, c->channels);
  const float *bias = ink_conv_bias(layer) ? ink_conv_bias(layer) + row : NULL;
  for (size_t oy = 0; oy < c->out.height; oy++)
    for (size_t ox = 0; ox < c->out.width; ox++) {
      const size_t pixel = oy * c->out.width + ox;
      float *y = layer->y + ((pixel * blocks + block) * c->filters + row) * INK_LANES;
      ink_start start = bias ? INK_FROM_BIAS : INK_FROM_ZERO;
      for (size_t ky = 0; ky < c->kernel; ky++)
        for (size_t kx = 0; kx < c->kernel; kx++) {
          size_t iy, ix;
          if (!ink_conv_input_at(oy, ky, c->stride, c->pad, c->in.height, &iy) ||
              !ink_conv_input_at(ox, kx, c->stride, c->pad, c->in.width, &ix))
            continue;
          const float *x =
              layer->x + ((iy * c->in.width + ix) * blocks + block) * c->channels * INK_LANES;
          job->pass->kernels->product(rows, c->channels,
                                      layer->packed + (ky * c->kernel + kx) * tap_size +
                                          row * c->channels,
                                      bias, x, y, start);
          start = INK_FROM_Y;
        }
      if (start != INK_FROM_Y)
        fill_rows(y, bias, rows);
    }
}

static void forward(ink_layer *layer, const ink_conv *c, const ink_pass *pass)
{
  conv_job job = {.layer = layer,
                  .conv = c,
                  .pass = pass,
                  .rows = ink_rows_per_job(pass->kernels, c->channels * c->taps, JOB_WEIGHT_BYTES)};
  if (layer->packed_version != pass->version) {
    const ink_tensor *w = &layer->tensors[INK_CONV_WEIGHT_TENSOR];
    const ink_matrices matrices = {w->value,    c->taps, c->filters, c->channels,
                                   c->channels, 1,       w->dead};
    ink_pack_matrices(pass->kernels, &matrices, layer->packed);
    layer->packed_version = pass->version;
  }
  ink_parallel_for(ink_ceil_div(c->filters, job.rows) * pass->blocks, run_forward, &job);
}

/* ---- gradients ---- */

/*
 * Sets *out to the output row to which a tap row sends an input row. Returns false if the stride
 * skips it or it lies outside.
 */
static bool output_at(size_t in, size_t tap, size_t stride, size_t pad, size_t size, size_t *out)
{
  const size_t at = in + pad;
  if (at < tap || (at - tap) % stride != 0)
    return false;
  *out = (at - tap) / stride;
  return *out < size;
}

static void run_input_gradient(void *context, size_t index)
{
  const conv_job *job = context;
  const ink_conv *c = job->conv;
  const ink_layer *layer = job->layer;
  const size_t blocks = job->pass->blocks, block = index % blocks;
  const size_t row = index / blocks * job->rows, rows = ink_min_size(job->rows, c->channels - row);
  const float *packed = layer->packed + row * job->pass->kernels->panel_rows;
  for (size_t iy = 0; iy < c->in.height; iy++)
    for (size_t ix = 0; ix < c->in.width; ix++) {
      const size_t pixel = iy * c->in.width + ix;
      float *dx = layer->dx + ((pixel * blocks + block) * c->channels + row) * INK_LANES;
      bool add = layer->add_dx;
      for (size_t ky = 0; ky < c->kernel; ky++)
        for (size_t kx = 0; kx < c->kernel; kx++) {
          size_t oy, ox;
          if (!output_at(iy, ky, c->stride, c->pad, c->out.height, &oy) ||
              !output_at(ix, kx, c->stride, c->pad, c->out.width, &ox))
            continue;
          const float *dy =
              layer->dy + ((oy * c->out.width + ox) * blocks + block) * c->filters * INK_LANES;
          job->pass->kernels->product_transposed(rows, c->filters,
                                                 packed + (ky * c->kernel + kx) * job->tap_stride,
                                                 job->panel_stride, dy, dx, add);
          add = true;
        }
      if (!add)
        fill_rows(dx, NULL, rows);
    }
}

void ink_conv_taps_input_gradient(ink_layer *layer, const ink_conv *c, const ink_pass *pass,
                                  size_t tap_stride, size_t panel_stride)
{
  conv_job job = {.layer = layer,
                  .conv = c,
                  .pass = pass,
                  .rows = ink_rows_per_job(pass->kernels, c->filters * c->taps, JOB_WEIGHT_BYTES),
                  .tap_stride = tap_stride,
                  .panel_stride = panel_stride};
  ink_parallel_for(ink_ceil_div(c->channels, job.rows) * pass->blocks, run_input_gradient, &job);
}

/* Rows and columns of one tap's dW that a job computes. */
enum { JOB_ROWS = 32, JOB_COLUMNS = 64 };

typedef struct gradient_job {
  ink_layer *layer;
  const ink_conv *conv;
  const ink_pass *pass;
  size_t n;  /* listed pairs of rows */
  float *dw; /* gradient of the tap */
} gradient_job;

static void run_weight_gradient(void *context, size_t index)
{
  const gradient_job *job = context;
  const ink_conv *c = job->conv;
  const ink_layer *layer = job->layer;
  const size_t columns = ink_ceil_div(c->channels, JOB_COLUMNS);
  const size_t row = index / columns * JOB_ROWS, column = index % columns * JOB_COLUMNS;
  if (job->n > 0)
    job->pass->kernels->weight_gradient(
        ink_min_size(JOB_ROWS, c->filters - row), ink_min_size(JOB_COLUMNS, c->channels - column),
        job->n, layer->rows_dy, row * INK_LANES, layer->rows_x, column * INK_LANES,
        job->dw + row * c->channels + column, c->channels, false);
}

/*
 * Lists, for one tap, the pairs of an output row and the input row that it reads. Returns their
 * number.
 *
 * Example: 3 x 3 pixels, kernel 3, pad 1, tap (0, 1), which reads the pixel above. Outputs of the
 * first row have no pair; output (1, 0) pairs with input (0, 0), (1, 1) with (0, 1), and so on: 6
 * pairs a block.
 */
static size_t list_rows(ink_layer *layer, const ink_conv *c, size_t blocks, size_t ky, size_t kx)
{
  size_t n = 0;
  for (size_t oy = 0; oy < c->out.height; oy++)
    for (size_t ox = 0; ox < c->out.width; ox++) {
      size_t iy, ix;
      if (!ink_conv_input_at(oy, ky, c->stride, c->pad, c->in.height, &iy) ||
          !ink_conv_input_at(ox, kx, c->stride, c->pad, c->in.width, &ix))
        continue;
      const float *dy = layer->dy + (oy * c->out.width + ox) * blocks * c->filters * INK_LANES;
      const float *x = layer->x + (iy * c->in.width + ix) * blocks * c->channels * INK_LANES;
      for (size_t block = 0; block < blocks; block++, n++) {
        layer->rows_dy[n] = dy + block * c->filters * INK_LANES;
        layer->rows_x[n] = x + block * c->channels * INK_LANES;
      }
    }
  return n;
}

static void weight_gradient(ink_layer *layer, const ink_conv *c, const ink_pass *pass)
{
  gradient_job job = {layer, c, pass, 0, layer->tensors[INK_CONV_WEIGHT_TENSOR].gradient};
  for (size_t tap = 0; tap < c->taps; tap++, job.dw += c->filters * c->channels) {
    job.n = list_rows(layer, c, pass->blocks, tap / c->kernel, tap % c->kernel);
    ink_parallel_for(ink_ceil_div(c->filters, JOB_ROWS) * ink_ceil_div(c->channels, JOB_COLUMNS),
                     run_weight_gradient, &job);
  }
}

static void backward(ink_layer *layer, const ink_conv *c, const ink_pass *pass)
{
  if (!layer->tensors[INK_CONV_WEIGHT_TENSOR].frozen)
    weight_gradient(layer, c, pass);
  if (layer->dx)
    ink_conv_taps_input_gradient(layer, c, pass,
                                 ink_packed_count(pass->kernels, c->filters, c->channels),
                                 pass->kernels->panel_rows * c->channels);
}

const ink_conv_method ink_conv_taps = {applies, plan, forward, backward};
