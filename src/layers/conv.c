/*
 * conv.c - two-dimensional convolution as a sum over the taps that fall inside the picture, and
 * only those: each tap is a product of one [filters][channels] matrix with rows of eight images.
 */
#include "ink_layers.h"

#include <math.h>
#include <string.h>

enum { FILTERS, KERNEL, STRIDE, PAD, BIAS };
enum { WEIGHT_TENSOR, BIAS_TENSOR };

typedef struct geometry {
  size_t filters, channels, copies; /* channels that are stored; how often each counts */
  size_t kernel, stride, pad;
  ink_shape in, out;
} geometry;

static geometry geometry_of(const ink_layer *layer)
{
  return (geometry){
      .filters = layer->out.channels,
      .channels = layer->in.channels,
      .copies = layer->in.copies ? layer->in.copies : 1,
      .kernel = (size_t)layer->argument[KERNEL],
      .stride = (size_t)layer->argument[STRIDE],
      .pad = (size_t)layer->argument[PAD],
      .in = layer->in,
      .out = layer->out,
  };
}

static bool has_bias(const ink_layer *layer)
{
  return layer->argument[BIAS] != 0;
}

static ink_status infer(ink_layer *layer, ink_error *err)
{
  const size_t kernel = (size_t)layer->argument[KERNEL], stride = (size_t)layer->argument[STRIDE];
  const size_t pad = (size_t)layer->argument[PAD], filters = (size_t)layer->argument[FILTERS];
  const ink_shape in = layer->in;
  if (in.height + 2 * pad < kernel || in.width + 2 * pad < kernel)
    return ink_fail(err, INK_E_MODEL,
                    "a kernel of %zu x %zu is larger than the picture with its padding, %zu x %zu",
                    kernel, kernel, in.height + 2 * pad, in.width + 2 * pad);
  layer->out = (ink_shape){.channels = filters,
                           .height = (in.height + 2 * pad - kernel) / stride + 1,
                           .width = (in.width + 2 * pad - kernel) / stride + 1};
  const size_t channels = in.channels * (in.copies ? in.copies : 1);
  ink_layer_declare(layer, "weight", INK_ROLE_WEIGHT, 4,
                    (const size_t[]){filters, channels, kernel, kernel});
  if (has_bias(layer))
    ink_layer_declare(layer, "bias", INK_ROLE_BIAS, 1, (const size_t[]){filters});
  return INK_OK;
}

/*
 * PyTorch: kaiming_uniform(a = sqrt 5) over the fan in, the same bound for the bias. torchvision's
 * ResNet: N(0, sqrt(2 / fan_out)). fastai's head: N(0, sqrt(2 / fan_in)), bias 0.
 */
static void initialise(ink_layer *layer, ink_random stream)
{
  const geometry g = geometry_of(layer);
  const double area = (double)(g.kernel * g.kernel);
  const double fan_in = (double)(g.channels * g.copies) * area, fan_out = (double)g.filters * area;
  const ink_initialisation how = layer->initialisation;
  for (size_t t = 0; t < layer->n_tensors; t++) {
    ink_tensor *tensor = &layer->tensors[t];
    const ink_random draws = ink_random_split(stream, t);
    if (how == INK_INIT_PYTORCH)
      ink_draw_uniform(tensor, draws, 1 / sqrt(fan_in));
    else if (t == WEIGHT_TENSOR)
      ink_draw_normal(tensor, draws, sqrt(2 / (how == INK_INIT_BODY ? fan_out : fan_in)));
    else
      ink_fill(tensor, 0);
  }
}

/*
 * With few channels a product for each tap would mostly load and store y. There the taps of each
 * output pixel are gathered into rows of their own first, [pixels][blocks][channels * taps][8], and
 * one product takes them all.
 */
enum { FEW_CHANNELS = 4 };

static bool is_thin(const geometry *g)
{
  return g->channels <= FEW_CHANNELS;
}

/* ---- taps ---- */

/* Rows of W (or of its transpose) whose taps take about this much stay in the second cache. */
enum { JOB_BYTES = 256 * 1024 };

static size_t rows_per_job(const ink_kernels *kernels, size_t k, size_t taps)
{
  const size_t panel_bytes = kernels->panel_rows * k * taps * sizeof(float);
  const size_t panels = panel_bytes < JOB_BYTES ? JOB_BYTES / panel_bytes : 1;
  return panels * kernels->panel_rows;
}

static void plan(ink_layer *layer, ink_arena *arena, const ink_kernels *kernels, size_t blocks)
{
  const geometry g = geometry_of(layer);
  const size_t taps = g.kernel * g.kernel, pixels = g.out.height * g.out.width;
  layer->packed = INK_TAKE(arena, float, taps * ink_packed_count(kernels, g.filters, g.channels));
  layer->packed_transposed =
      INK_TAKE(arena, float, taps * ink_packed_count(kernels, g.channels, g.filters));
  layer->rows_x = INK_TAKE(arena, const float *, pixels * blocks);
  layer->rows_dy = INK_TAKE(arena, const float *, pixels * blocks);
  layer->gathered = is_thin(&g) ? INK_TAKE(arena, float, pixels * blocks * g.channels * taps * INK_LANES)
                                : NULL;
  /* Equal channels: the sum of their weights, [filters][stored channels][taps]. */
  layer->scratch =
      g.copies > 1 ? INK_TAKE(arena, float, g.filters * g.channels * taps) : NULL;
}

/* The weights as they act: where channels are equal, summed. [filters][channels][taps] */
static const float *acting_weights(ink_layer *layer, const geometry *g)
{
  const float *w = layer->tensors[WEIGHT_TENSOR].value;
  if (g->copies == 1)
    return w;
  const size_t run = g->channels * g->kernel * g->kernel;
  for (size_t f = 0; f < g->filters; f++)
    for (size_t i = 0; i < run; i++) {
      float sum = 0;
      for (size_t copy = 0; copy < g->copies; copy++)
        sum += w[(f * g->copies + copy) * run + i];
      layer->scratch[f * run + i] = sum;
    }
  return layer->scratch;
}

/* ---- forward ---- */

typedef struct conv_job {
  ink_layer *layer;
  const ink_pass *pass;
  geometry g;
  size_t rows; /* per job */
} conv_job;

/* Output row and tap row to input row; false outside the picture. */
static bool input_at(size_t out, size_t tap, size_t stride, size_t pad, size_t size, size_t *in)
{
  const size_t at = out * stride + tap;
  *in = at - pad;
  return at >= pad && *in < size;
}

/* Input row and tap row to output row; false where the stride passes it by, or outside. */
static bool output_at(size_t in, size_t tap, size_t stride, size_t pad, size_t size, size_t *out)
{
  const size_t at = in + pad;
  if (at < tap || (at - tap) % stride != 0)
    return false;
  *out = (at - tap) / stride;
  return *out < size;
}

/* What is left where no tap falls inside. */
static void fill_rows(float *y, const float *bias, size_t rows)
{
  for (size_t i = 0; i < rows; i++)
    for (size_t lane = 0; lane < INK_LANES; lane++)
      y[i * INK_LANES + lane] = bias ? bias[i] : 0.0f;
}

static void run_forward(void *context, size_t index)
{
  const conv_job *job = context;
  const geometry *g = &job->g;
  const ink_layer *layer = job->layer;
  const size_t blocks = job->pass->blocks, block = index % blocks;
  const size_t row = index / blocks * job->rows, rows = ink_min_size(job->rows, g->filters - row);
  const size_t tap_size = ink_packed_count(job->pass->kernels, g->filters, g->channels);
  const float *bias = has_bias(layer) ? layer->tensors[BIAS_TENSOR].value + row : NULL;
  for (size_t oy = 0; oy < g->out.height; oy++)
    for (size_t ox = 0; ox < g->out.width; ox++) {
      const size_t pixel = oy * g->out.width + ox;
      float *y = layer->y + ((pixel * blocks + block) * g->filters + row) * INK_LANES;
      ink_start start = bias ? INK_FROM_BIAS : INK_FROM_ZERO;
      for (size_t ky = 0; ky < g->kernel; ky++)
        for (size_t kx = 0; kx < g->kernel; kx++) {
          size_t iy, ix;
          if (!input_at(oy, ky, g->stride, g->pad, g->in.height, &iy) ||
              !input_at(ox, kx, g->stride, g->pad, g->in.width, &ix))
            continue;
          const float *x = layer->x + ((iy * g->in.width + ix) * blocks + block) * g->channels * INK_LANES;
          job->pass->kernels->product(rows, g->channels,
                                      layer->packed + (ky * g->kernel + kx) * tap_size +
                                          row * g->channels,
                                      bias, x, y, start);
          start = INK_FROM_Y;
        }
      if (start != INK_FROM_Y)
        fill_rows(y, bias, rows);
    }
}

/* Zeros stand where a tap falls outside. */
static void gather(const conv_job *job, size_t oy, size_t ox, size_t block, float *to)
{
  const geometry *g = &job->g;
  for (size_t c = 0; c < g->channels; c++)
    for (size_t ky = 0; ky < g->kernel; ky++)
      for (size_t kx = 0; kx < g->kernel; kx++, to += INK_LANES) {
        size_t iy, ix;
        const bool inside = input_at(oy, ky, g->stride, g->pad, g->in.height, &iy) &&
                            input_at(ox, kx, g->stride, g->pad, g->in.width, &ix);
        if (inside)
          memcpy(to, job->layer->x + (((iy * g->in.width + ix) * job->pass->blocks + block) * g->channels + c) * INK_LANES,
                 INK_LANES * sizeof *to);
        else
          memset(to, 0, INK_LANES * sizeof *to);
      }
}

static void run_thin_forward(void *context, size_t index)
{
  const conv_job *job = context;
  const geometry *g = &job->g;
  const ink_layer *layer = job->layer;
  const size_t k = g->channels * g->kernel * g->kernel, blocks = job->pass->blocks;
  const size_t oy = index / blocks, block = index % blocks;
  const float *bias = has_bias(layer) ? layer->tensors[BIAS_TENSOR].value : NULL;
  for (size_t ox = 0; ox < g->out.width; ox++) {
    const size_t place = (oy * g->out.width + ox) * blocks + block;
    float *rows = layer->gathered + place * k * INK_LANES;
    gather(job, oy, ox, block, rows);
    job->pass->kernels->product(g->filters, k, layer->packed, bias, rows,
                                layer->y + place * g->filters * INK_LANES,
                                bias ? INK_FROM_BIAS : INK_FROM_ZERO);
  }
}

static void thin_forward(conv_job *job)
{
  ink_layer *layer = job->layer;
  const geometry *g = &job->g;
  const size_t k = g->channels * g->kernel * g->kernel;
  if (layer->packed_version != job->pass->version) {
    job->pass->kernels->pack(g->filters, k, acting_weights(layer, g), k, 1, layer->packed);
    layer->packed_version = job->pass->version;
  }
  ink_parallel_for(g->out.height * job->pass->blocks, run_thin_forward, job);
}

static void forward(ink_layer *layer, const ink_pass *pass)
{
  conv_job job = {layer, pass, geometry_of(layer), 0};
  const geometry *g = &job.g;
  const size_t taps = g->kernel * g->kernel;
  if (is_thin(g)) {
    thin_forward(&job);
    return;
  }
  if (layer->packed_version != pass->version) {
    const float *w = acting_weights(layer, g);
    const size_t tap_size = ink_packed_count(pass->kernels, g->filters, g->channels);
    for (size_t tap = 0; tap < taps; tap++)
      pass->kernels->pack(g->filters, g->channels, w + tap, g->channels * taps, taps,
                          layer->packed + tap * tap_size);
    layer->packed_version = pass->version;
  }
  job.rows = rows_per_job(pass->kernels, g->channels, taps);
  ink_parallel_for(ink_ceil_div(g->filters, job.rows) * pass->blocks, run_forward, &job);
}

/* ---- gradients ---- */

static void run_input_gradient(void *context, size_t index)
{
  const conv_job *job = context;
  const geometry *g = &job->g;
  const ink_layer *layer = job->layer;
  const size_t blocks = job->pass->blocks, block = index % blocks;
  const size_t row = index / blocks * job->rows, rows = ink_min_size(job->rows, g->channels - row);
  const size_t tap_size = ink_packed_count(job->pass->kernels, g->channels, g->filters);
  for (size_t iy = 0; iy < g->in.height; iy++)
    for (size_t ix = 0; ix < g->in.width; ix++) {
      const size_t pixel = iy * g->in.width + ix;
      float *dx = layer->dx + ((pixel * blocks + block) * g->channels + row) * INK_LANES;
      ink_start start = layer->add_dx ? INK_FROM_Y : INK_FROM_ZERO;
      for (size_t ky = 0; ky < g->kernel; ky++)
        for (size_t kx = 0; kx < g->kernel; kx++) {
          size_t oy, ox;
          if (!output_at(iy, ky, g->stride, g->pad, g->out.height, &oy) ||
              !output_at(ix, kx, g->stride, g->pad, g->out.width, &ox))
            continue;
          const float *dy = layer->dy + ((oy * g->out.width + ox) * blocks + block) * g->filters * INK_LANES;
          job->pass->kernels->product(rows, g->filters,
                                      layer->packed_transposed +
                                          (ky * g->kernel + kx) * tap_size + row * g->filters,
                                      NULL, dy, dx, start);
          start = INK_FROM_Y;
        }
      if (start == INK_FROM_ZERO)
        fill_rows(dx, NULL, rows);
    }
}

static void input_gradient(ink_layer *layer, const ink_pass *pass)
{
  conv_job job = {layer, pass, geometry_of(layer), 0};
  const geometry *g = &job.g;
  const size_t taps = g->kernel * g->kernel;
  if (layer->packed_transposed_version != pass->version) {
    const float *w = acting_weights(layer, g);
    const size_t tap_size = ink_packed_count(pass->kernels, g->channels, g->filters);
    for (size_t tap = 0; tap < taps; tap++)
      pass->kernels->pack(g->channels, g->filters, w + tap, taps, g->channels * taps,
                          layer->packed_transposed + tap * tap_size);
    layer->packed_transposed_version = pass->version;
  }
  job.rows = rows_per_job(pass->kernels, g->filters, taps);
  ink_parallel_for(ink_ceil_div(g->channels, job.rows) * pass->blocks, run_input_gradient, &job);
}

/*
 * A job of the weight gradient takes this many rows and columns of dW, and this many pixels at a
 * time, so that what it reads again and again stays in the second cache.
 */
enum { JOB_ROWS = 32, JOB_COLUMNS = 64, JOB_PIXELS = 64 };

typedef struct gradient_job {
  const geometry *g;
  ink_layer *layer;
  const ink_pass *pass;
  size_t n;              /* pairs of rows that are listed */
  size_t k;              /* values in a row of x */
  float *dw;             /* of the first filter and value */
  size_t column_stride;  /* from one value's weight to the next */
} gradient_job;

static void run_weight_gradient(void *context, size_t index)
{
  const gradient_job *job = context;
  const geometry *g = job->g;
  const ink_layer *layer = job->layer;
  const size_t columns = ink_ceil_div(job->k, JOB_COLUMNS);
  const size_t row = index / columns * JOB_ROWS, column = index % columns * JOB_COLUMNS;
  const size_t stride = g->channels * g->copies * g->kernel * g->kernel;
  float *dw = job->dw + row * stride + column * job->column_stride;
  for (size_t p = 0; p < job->n || p == 0; p += JOB_PIXELS)
    job->pass->kernels->weight_gradient(
        ink_min_size(JOB_ROWS, g->filters - row), ink_min_size(JOB_COLUMNS, job->k - column),
        ink_min_size(JOB_PIXELS, job->n - p), layer->rows_dy + p, row * INK_LANES,
        layer->rows_x + p, column * INK_LANES, dw, stride, job->column_stride, p > 0);
}

static void listed_gradient(gradient_job *job)
{
  ink_parallel_for(ink_ceil_div(job->g->filters, JOB_ROWS) * ink_ceil_div(job->k, JOB_COLUMNS),
                   run_weight_gradient, job);
}

/* All output rows, and what the forward pass gathered for each. */
static size_t list_gathered(ink_layer *layer, const geometry *g, size_t blocks)
{
  const size_t rows = g->out.height * g->out.width * blocks, taps = g->kernel * g->kernel;
  for (size_t i = 0; i < rows; i++) {
    layer->rows_dy[i] = layer->dy + i * g->filters * INK_LANES;
    layer->rows_x[i] = layer->gathered + i * g->channels * taps * INK_LANES;
  }
  return rows;
}

/* Lists the pairs of an output and an input row that the tap joins. */
static size_t list_rows(ink_layer *layer, const geometry *g, size_t blocks, size_t ky, size_t kx)
{
  size_t n = 0;
  for (size_t oy = 0; oy < g->out.height; oy++)
    for (size_t ox = 0; ox < g->out.width; ox++) {
      size_t iy, ix;
      if (!input_at(oy, ky, g->stride, g->pad, g->in.height, &iy) ||
          !input_at(ox, kx, g->stride, g->pad, g->in.width, &ix))
        continue;
      for (size_t block = 0; block < blocks; block++, n++) {
        layer->rows_dy[n] = layer->dy + ((oy * g->out.width + ox) * blocks + block) * g->filters * INK_LANES;
        layer->rows_x[n] = layer->x + ((iy * g->in.width + ix) * blocks + block) * g->channels * INK_LANES;
      }
    }
  return n;
}

/* Equal channels have equal gradients. */
static void copy_gradient(ink_layer *layer, const geometry *g)
{
  const size_t run = g->channels * g->kernel * g->kernel;
  float *dw = layer->tensors[WEIGHT_TENSOR].gradient;
  for (size_t f = 0; f < g->filters; f++)
    for (size_t copy = 1; copy < g->copies; copy++)
      memcpy(dw + (f * g->copies + copy) * run, dw + f * g->copies * run, run * sizeof *dw);
}

static void parameter_gradients(ink_layer *layer, const ink_pass *pass)
{
  const geometry g = geometry_of(layer);
  const size_t taps = g.kernel * g.kernel;
  gradient_job job = {.g = &g, .layer = layer, .pass = pass};
  job.dw = layer->tensors[WEIGHT_TENSOR].gradient;
  if (is_thin(&g)) {
    job.n = list_gathered(layer, &g, pass->blocks);
    job.k = g.channels * taps;
    job.column_stride = 1;
    listed_gradient(&job);
  } else {
    job.k = g.channels;
    job.column_stride = taps;
    for (size_t tap = 0; tap < taps; tap++, job.dw++) {
      job.n = list_rows(layer, &g, pass->blocks, tap / g.kernel, tap % g.kernel);
      listed_gradient(&job);
    }
  }
  copy_gradient(layer, &g);
  if (has_bias(layer)) {
    const size_t rows = g.out.height * g.out.width * pass->blocks;
    for (size_t i = 0; i < rows; i++)
      layer->rows_dy[i] = layer->dy + i * g.filters * INK_LANES;
    pass->kernels->row_sums(g.filters, rows, layer->rows_dy, layer->tensors[BIAS_TENSOR].gradient,
                            false);
  }
}

static void backward(ink_layer *layer, const ink_pass *pass)
{
  if (!layer->tensors[WEIGHT_TENSOR].frozen)
    parameter_gradients(layer, pass);
  if (layer->dx)
    input_gradient(layer, pass);
}

const ink_layer_type ink_layer_conv = {
    .word = "conv",
    .wants = INK_WANTS_PICTURE,
    .arguments = {{"filters", NAN, 1, 1 << 14, true},
                  {"kernel", NAN, 1, 63, true},
                  {"stride", 1, 1, 63, true},
                  {"pad", 0, 0, 63, true},
                  {"bias", 1, 0, 1, true}},
    .infer = infer,
    .initialise = initialise,
    .plan = plan,
    .forward = forward,
    .backward = backward,
};
