/* linear.c - y = W x + b on flattened images, [blocks][features][8]. */
#include "linear.h"

#include <math.h>

enum { OUTPUTS, BIAS };

static bool has_bias(const ink_layer *layer)
{
  return layer->argument[BIAS] != 0;
}

static ink_status infer(ink_layer *layer, ink_error *err)
{
  (void)err; /* the model inserts a flatten before it if one is needed */
  const size_t inputs = ink_shape_count(layer->in), outputs = (size_t)layer->argument[OUTPUTS];
  layer->out = (ink_shape){.channels = outputs, .height = 1, .width = 1, .flat = true};
  ink_layer_declare(layer, "weight", INK_ROLE_WEIGHT, 2, (const size_t[]){outputs, inputs});
  if (has_bias(layer))
    ink_layer_declare(layer, "bias", INK_ROLE_BIAS, 1, (const size_t[]){outputs});
  return INK_OK;
}

/*
 * PyTorch: kaiming_uniform(a = sqrt 5), which is U(-b, b) with b = 1 / sqrt(inputs); the bias too.
 * fastai's head: N(0, sqrt(2 / inputs)), bias 0.
 */
static void initialise(ink_layer *layer, ink_random stream)
{
  const double inputs = (double)layer->in.channels;
  for (size_t t = 0; t < layer->n_tensors; t++) {
    ink_tensor *tensor = &layer->tensors[t];
    const ink_random draws = ink_random_split(stream, t);
    if (layer->initialisation != INK_INIT_HEAD)
      ink_draw_uniform(tensor, draws, 1 / sqrt(inputs));
    else if (t == INK_LINEAR_WEIGHT)
      ink_draw_normal(tensor, draws, sqrt(2 / inputs));
    else
      ink_fill(tensor, 0);
  }
}

static void plan(ink_layer *layer, ink_arena *arena, const ink_kernels *kernels, size_t blocks)
{
  const size_t m = layer->out.channels, k = layer->in.channels;
  layer->packed = INK_ALLOC(arena, float, ink_packed_count(kernels, m, k));
  if (layer->reads_pixels)
    ink_linear_pixels_plan(layer, arena, blocks);
  layer->rows_x = INK_ALLOC(arena, const float *, blocks);
  layer->rows_dy = INK_ALLOC(arena, const float *, blocks);
}

/* Computes y [blocks][m][8] from x [blocks][k][8]; a job computes `rows` rows of one block of y. */
typedef struct product_job {
  const ink_pass *pass;
  size_t m, k, rows; /* rows: rows of y per job */
  const float *packed, *bias, *x;
  float *y;
  bool add;
} product_job;

static void run_product(void *context, size_t index)
{
  const product_job *job = context;
  const size_t blocks = job->pass->blocks, block = index % blocks, row = index / blocks * job->rows;
  job->pass->kernels->product(
      ink_min_size(job->rows, job->m - row), job->k, job->packed + row * job->k,
      job->bias ? job->bias + row : NULL, job->x + block * job->k * INK_LANES,
      job->y + (block * job->m + row) * INK_LANES, job->bias ? INK_FROM_BIAS : INK_FROM_ZERO);
}

static void run_product_transposed(void *context, size_t index)
{
  const product_job *job = context;
  const ink_kernels *kernels = job->pass->kernels;
  const size_t blocks = job->pass->blocks, block = index % blocks, row = index / blocks * job->rows;
  kernels->product_transposed(ink_min_size(job->rows, job->m - row), job->k,
                              job->packed + row * kernels->panel_rows, kernels->panel_rows * job->m,
                              job->x + block * job->k * INK_LANES,
                              job->y + (block * job->m + row) * INK_LANES, job->add);
}

static bool is_given_pixels(const ink_layer *layer, const ink_pass *pass)
{
  return layer->reads_pixels && pass->pictures;
}

static void forward(ink_layer *layer, const ink_pass *pass)
{
  const size_t m = layer->out.channels, k = layer->in.channels;
  if (is_given_pixels(layer, pass)) {
    ink_linear_pixels_forward(layer, pass);
    return;
  }
  if (layer->packed_version != pass->version) {
    const ink_matrices w = {layer->tensors[INK_LINEAR_WEIGHT].value, 1, m, k, k, 1, NULL};
    ink_pack_matrices(pass->kernels, &w, layer->packed);
    layer->packed_version = pass->version;
  }
  product_job job = {.pass = pass,
                     .m = m,
                     .k = k,
                     .rows = ink_rows_per_job(pass->kernels, k, INK_JOB_WEIGHT_BYTES),
                     .packed = layer->packed,
                     .bias = ink_linear_bias(layer),
                     .x = layer->x,
                     .y = layer->y};
  ink_parallel_for(ink_ceil_div(m, job.rows) * pass->blocks, run_product, &job);
}

/* Rows and columns of dW that a job computes. */
enum { JOB_ROWS = 24, JOB_COLUMNS = 128 };

typedef struct gradient_job {
  ink_layer *layer;
  const ink_pass *pass;
} gradient_job;

static void run_gradient(void *context, size_t index)
{
  const gradient_job *job = context;
  ink_layer *layer = job->layer;
  const size_t m = layer->out.channels, k = layer->in.channels;
  const size_t columns = ink_ceil_div(k, JOB_COLUMNS);
  const size_t row = index / columns * JOB_ROWS, column = index % columns * JOB_COLUMNS;
  job->pass->kernels->weight_gradient(
      ink_min_size(JOB_ROWS, m - row), ink_min_size(JOB_COLUMNS, k - column), job->pass->blocks,
      layer->rows_dy, row * INK_LANES, layer->rows_x, column * INK_LANES,
      layer->tensors[INK_LINEAR_WEIGHT].gradient + row * k + column, k, false);
}

static void backward(ink_layer *layer, const ink_pass *pass)
{
  const size_t m = layer->out.channels, k = layer->in.channels;
  for (size_t block = 0; block < pass->blocks; block++) {
    layer->rows_x[block] = layer->x + block * k * INK_LANES;
    layer->rows_dy[block] = layer->dy + block * m * INK_LANES;
  }
  gradient_job job = {layer, pass};
  if (is_given_pixels(layer, pass))
    ink_linear_pixels_gradient(layer, pass);
  else
    ink_parallel_for(ink_ceil_div(m, JOB_ROWS) * ink_ceil_div(k, JOB_COLUMNS), run_gradient, &job);
  if (has_bias(layer))
    pass->kernels->row_sums(m, pass->blocks, layer->rows_dy, 0,
                            layer->tensors[INK_LINEAR_BIAS].gradient);
  if (!layer->dx)
    return;
  product_job product = {.pass = pass,
                         .m = k,
                         .k = m,
                         .rows = ink_rows_per_job(pass->kernels, m, INK_JOB_WEIGHT_BYTES),
                         .packed = layer->packed,
                         .x = layer->dy,
                         .y = layer->dx,
                         .add = layer->add_dx};
  ink_parallel_for(ink_ceil_div(k, product.rows) * pass->blocks, run_product_transposed, &product);
}

const ink_layer_type ink_layer_linear = {
    .word = "linear",
    .meaning = "every output is a weighted sum of all inputs",
    .wants = INK_WANTS_FLAT,
    .can_read_pixels = true,
    .arguments = {{"outputs", NAN, 1, 1 << 16, true}, {"bias", 1, 0, 1, true}},
    .infer = infer,
    .initialise = initialise,
    .plan = plan,
    .forward = forward,
    .backward = backward,
};
