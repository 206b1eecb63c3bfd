/*
 * conv_toom.c - a convolution of stride 1 or 2 with few multiplications, along both axes (toom.h).
 *
 * A product of toom.h is a number along one axis. In two dimensions a product is a pair of a
 * product along the columns (y) and one along the rows (x), and it is a product of matrices: a
 * factor [filters][channels] times rows [channels][8]. With P = products and F = factors of both
 * axes:
 *
 *   X [pixels in][blocks][channels][8]  --input-->   V [P][blocks][channels][8]
 *   w [taps][filters][channels]         --weight-->  U [F][filters][channels]
 *                                  V [p] times U [factor of p]  =  M [P][blocks][filters][8]
 *   M                                   --output-->  Y [pixels out][blocks][filters][8]
 *
 * Tiles of one size share their factors, so several products use the same factor. Backward, each
 * arrow is its transpose, with ' for the transpose of a matrix:
 *
 *   dY -> dM         dV = U' dM -> dX         dU = dM V' -> dW
 *
 * The blocks are processed in groups, so that V and M of a group stay in the second-level cache
 * from one arrow to the next, as far as the factors leave room. All loops cut the blocks of a group
 * into the same halves: a thread reads mostly what it has written itself, which matters if threads
 * do not share a cache.
 */
#include "conv.h"
#include "toom.h"

enum {
  CHANNELS_MIN = 16,        /* with fewer, combining costs more than it saves */
  JOB_WEIGHT_FLOATS = 6144, /* combined weights on the stack of a job */
  GROUP_BYTES = 1 << 21     /* V and M of a group: the second-level caches of two cores */
};

typedef struct ink_conv_toom_tables {
  ink_toom y, x; /* along the columns; along the rows */
  /*
   * The products that use each factor: a factor's list starts at products_of_factor[first[factor]]
   * and ends before products_of_factor[first[factor + 1]], with first = first_product_of_factor.
   */
  uint16_t *products_of_factor, *first_product_of_factor;
} toom_tables;

/* Returns how many floats of a line of combined weights one filter needs (see combine_grid). */
static size_t weight_line(size_t factors, const ink_conv *c)
{
  return (factors > c->kernel ? factors : c->kernel) * c->channels;
}

static ink_toom_axis axis_y(const ink_conv *c)
{
  return (ink_toom_axis){c->in.height, c->kernel, c->stride, c->pad};
}

static ink_toom_axis axis_x(const ink_conv *c)
{
  return (ink_toom_axis){c->in.width, c->kernel, c->stride, c->pad};
}

/*
 * Returns how many pairs of an output and a tap meet along one axis: the products of the
 * definition.
 */
static size_t direct_products(ink_toom_axis axis)
{
  size_t n = 0, at;
  for (size_t o = 0; o < ink_toom_axis_out(axis); o++)
    for (size_t tap = 0; tap < axis.kernel; tap++)
      n += ink_conv_input_at(o, tap, axis.stride, axis.pad, axis.in, &at);
  return n;
}

/* With stride 2 the method may save little, and combining has a cost: it must save a fifth. */
static bool is_cheaper(const ink_conv *c)
{
  return 5 * ink_toom_products(axis_y(c)) * ink_toom_products(axis_x(c)) <=
         4 * direct_products(axis_y(c)) * direct_products(axis_x(c));
}

static bool applies(const ink_conv *c)
{
  const size_t x = ink_toom_factors(axis_x(c));
  return x > 0 && ink_toom_factors(axis_y(c)) > 0 && c->channels >= CHANNELS_MIN &&
         c->filters >= CHANNELS_MIN && c->channels % 8 == 0 &&
         weight_line(x, c) <= JOB_WEIGHT_FLOATS && (c->stride == 1 || is_cheaper(c));
}

static size_t n_products(const ink_layer *layer)
{
  return layer->toom->y.products * layer->toom->x.products;
}

static size_t n_factors(const ink_layer *layer)
{
  return layer->toom->y.factors * layer->toom->x.factors;
}

/* Returns how many products use a factor, and sets *products to their list, in ascending order. */
static size_t products_with_factor(const ink_layer *layer, size_t factor, const uint16_t **products)
{
  const uint16_t *first = layer->toom->first_product_of_factor + factor;
  *products = layer->toom->products_of_factor + first[0];
  return (size_t)(first[1] - first[0]);
}

static void list_products_of_factors(toom_tables *s)
{
  uint16_t n = 0;
  for (size_t factor = 0; factor < s->y.factors * s->x.factors; factor++) {
    s->first_product_of_factor[factor] = n;
    for (size_t y = 0; y < s->y.products; y++)
      for (size_t x = 0; x < s->x.products; x++)
        if (s->y.factor[y] * s->x.factors + s->x.factor[x] == factor)
          s->products_of_factor[n++] = (uint16_t)(y * s->x.products + x);
    s->first_product_of_factor[factor + 1] = n;
  }
}

/* Upper bounds of the numbers of products and factors, known before the matrices are made. */
static size_t n_products_max(const ink_conv *c)
{
  return ink_toom_products(axis_y(c)) * ink_toom_products(axis_x(c));
}

static size_t n_factors_max(const ink_conv *c)
{
  return ink_toom_factors(axis_y(c)) * ink_toom_factors(axis_x(c));
}

/*
 * Returns the largest number of blocks of a group. It is large enough that each group reads at
 * least twice as many bytes of V and M as of factors, which every group reads again.
 */
static size_t group_blocks_max(const ink_conv *c)
{
  const size_t twice = INK_PRODUCT(2, n_factors_max(c), c->filters, c->channels, sizeof(float));
  const size_t block =
      INK_PRODUCT(n_products_max(c), c->filters + c->channels, INK_LANES, sizeof(float));
  const size_t bytes = twice > GROUP_BYTES ? twice : GROUP_BYTES;
  return bytes / block + (bytes % block != 0);
}

/* While the arena only counts, the matrices are not made. */
static void plan(ink_layer *layer, const ink_conv *c, ink_arena *arena, const ink_kernels *kernels,
                 size_t blocks)
{
  toom_tables *own = INK_ALLOC(arena, toom_tables, 1);
  const size_t products = n_products_max(c), factors = n_factors_max(c);
  uint16_t *products_of_factor = INK_ALLOC(arena, uint16_t, products),
           *first_product_of_factor = INK_ALLOC(arena, uint16_t, factors + 1);
  if (own && !arena->overflow) {
    ink_toom_make(&own->y, axis_y(c));
    ink_toom_make(&own->x, axis_x(c));
    own->products_of_factor = products_of_factor;
    own->first_product_of_factor = first_product_of_factor;
    list_products_of_factors(own);
  }
  layer->toom = own;
  layer->packed = INK_ALLOC(
      arena, float, INK_PRODUCT(factors, ink_packed_count(kernels, c->filters, c->channels)));
  layer->gathered = INK_ALLOC(arena, float, INK_PRODUCT(products, blocks, c->channels, INK_LANES));
  /* forward M; backward dM, dV and dU */
  layer->shared_floats = ink_sum(INK_PRODUCT(products, ink_min_size(blocks, group_blocks_max(c)),
                                             c->filters + c->channels, INK_LANES),
                                 INK_PRODUCT(factors, c->filters, c->channels));
}

typedef struct conv_job {
  ink_layer *layer;
  const ink_conv *conv;
  const ink_pass *pass;
  size_t first, blocks;                  /* the blocks of the group */
  float *inputs;                         /* V of the group */
  float *results, *d_inputs, *d_weights; /* M or dM, dV, dU: in the shared scratch */
} conv_job;

static conv_job make_job(ink_layer *layer, const ink_conv *c, const ink_pass *pass)
{
  return (conv_job){.layer = layer, .conv = c, .pass = pass, .d_weights = pass->shared};
}

/*
 * Moves on to the next group, of about as many blocks as the others. Returns false if there is
 * none.
 */
static bool next_group(conv_job *job)
{
  const ink_conv *c = job->conv;
  const size_t products = n_products(job->layer), factors = n_factors(job->layer);
  const size_t blocks = job->pass->blocks;
  const size_t groups = ink_ceil_div(blocks, group_blocks_max(c));
  job->first += job->blocks;
  job->blocks = ink_min_size(ink_ceil_div(blocks, groups), blocks - job->first);
  job->inputs = job->layer->gathered + job->first * products * c->channels * INK_LANES;
  job->results = job->d_weights + factors * c->filters * c->channels;
  job->d_inputs = job->results + products * job->blocks * c->filters * INK_LANES;
  return job->blocks > 0;
}

/* ---- combining ---- */

/* A grid of rows of values: row (i, j) lies at first + i * down + j * across. */
typedef struct grid {
  float *first;
  size_t down, across;
} grid;

/*
 * Applies one matrix along each axis: to = y from x', each value of which is a row of `count`
 * floats.
 *
 *   from [y columns][columns]  --y, into a line-->  line [columns]  --x-->  to [y rows][x rows]
 *
 * For row i of y, the line holds y's combination of each column of `from`; each row j of x combines
 * values of the line to to(i, j). Rows without terms, which are gradients of dead taps, are not
 * written. The results are added to `to` if `add` is set.
 */
static void combine_grid(const ink_kernels *kernels, const ink_sparse *y, const ink_sparse *x,
                         size_t columns, grid from, grid to, size_t count, bool add, float *line)
{
  const float *rows[INK_TOOM_PRODUCTS_MAX];
  for (size_t i = 0; i < y->rows; i++) {
    const size_t y_first = y->start[i], y_terms = y->start[i + 1] - y_first;
    if (y_terms == 0)
      continue;
    for (size_t j = 0; j < columns; j++) {
      for (size_t t = 0; t < y_terms; t++)
        rows[t] = from.first + y->index[y_first + t] * from.down + j * from.across;
      kernels->combine(count, y_terms, y->coefficient + y_first, rows, line + j * count, false);
    }
    for (size_t j = 0; j < x->rows; j++) {
      const size_t x_first = x->start[j], x_terms = x->start[j + 1] - x_first;
      for (size_t t = 0; t < x_terms; t++)
        rows[t] = line + x->index[x_first + t] * count;
      if (x_terms > 0)
        kernels->combine(count, x_terms, x->coefficient + x_first, rows,
                         to.first + i * to.down + j * to.across, add);
    }
  }
}

/* Returns the rows of block `block` of pixels, or of products, from channel `channel` on. */
static grid rows_of(float *values, size_t width, size_t blocks, size_t block, size_t channels,
                    size_t channel)
{
  const size_t across = blocks * channels * INK_LANES;
  return (grid){values + (block * channels + channel) * INK_LANES, width * across, across};
}

/* Floats of a line, so that it stays in the first-level cache, and mostly its rows too. */
enum { LINE_FLOATS = 3072 };

/* Returns how many channels of one block a job combines. */
static size_t channels_per_job(const conv_job *job)
{
  const size_t channels = LINE_FLOATS / (job->layer->toom->x.products * INK_LANES);
  return channels < 16 ? channels : channels / 16 * 16;
}

/* ---- weights ---- */

/* Returns how many filters a job combines: a panel, or fewer if the combined weights are large. */
static size_t filters_per_job(const conv_job *job)
{
  return ink_min_size(job->pass->kernels->panel_rows,
                      JOB_WEIGHT_FLOATS / weight_line(job->layer->toom->x.factors, job->conv));
}

/* Packs the rows first .. first + filters - 1 of one factor. */
static void pack_rows(const conv_job *job, size_t factor, size_t first, size_t filters,
                      const float *u)
{
  const ink_conv *c = job->conv;
  const ink_kernels *kernels = job->pass->kernels;
  const size_t panel = kernels->panel_rows, k = c->channels;
  float *to = job->layer->packed + factor * ink_packed_count(kernels, c->filters, k) +
              first / panel * panel * k + first % panel;
  if (first % panel == 0 && (filters == panel || first + filters == c->filters))
    kernels->pack(filters, k, u, k, 1, to);
  else
    for (size_t j = 0; j < k; j++)
      for (size_t i = 0; i < filters; i++)
        to[j * panel + i] = u[i * k + j];
}

static void run_weights(void *context, size_t index)
{
  const conv_job *job = context;
  const ink_conv *c = job->conv;
  const toom_tables *s = job->layer->toom;
  const size_t per_job = filters_per_job(job), first = index * per_job;
  const size_t filters = ink_min_size(per_job, c->filters - first), count = filters * c->channels;
  float line[JOB_WEIGHT_FLOATS], u[JOB_WEIGHT_FLOATS];
  const float *rows[INK_TOOM_PRODUCTS_MAX];
  const float *w = job->layer->tensors[INK_CONV_WEIGHT_TENSOR].value + first * c->channels;
  for (size_t y = 0; y < s->y.factors; y++) {
    const size_t y_first = s->y.weight.start[y], y_terms = s->y.weight.start[y + 1] - y_first;
    for (size_t kx = 0; kx < c->kernel; kx++) {
      if (s->x.weight_transposed.start[kx] == s->x.weight_transposed.start[kx + 1])
        continue; /* the tap column is dead */
      for (size_t t = 0; t < y_terms; t++)
        rows[t] = w + (s->y.weight.index[y_first + t] * c->kernel + kx) * c->filters * c->channels;
      job->pass->kernels->combine(count, y_terms, s->y.weight.coefficient + y_first, rows,
                                  line + kx * count, false);
    }
    for (size_t x = 0; x < s->x.factors; x++) {
      const size_t x_first = s->x.weight.start[x], x_terms = s->x.weight.start[x + 1] - x_first;
      for (size_t t = 0; t < x_terms; t++)
        rows[t] = line + s->x.weight.index[x_first + t] * count;
      job->pass->kernels->combine(count, x_terms, s->x.weight.coefficient + x_first, rows, u,
                                  false);
      pack_rows(job, y * s->x.factors + x, first, filters, u);
    }
  }
}

static void run_weight_gradient(void *context, size_t index)
{
  const conv_job *job = context;
  const ink_conv *c = job->conv;
  const toom_tables *s = job->layer->toom;
  const size_t per_job = filters_per_job(job), first = index * per_job;
  const size_t filters = ink_min_size(per_job, c->filters - first), count = filters * c->channels;
  const size_t matrix = c->filters * c->channels;
  float line[JOB_WEIGHT_FLOATS];
  float *dw = job->layer->tensors[INK_CONV_WEIGHT_TENSOR].gradient + first * c->channels;
  const grid from = {job->d_weights + first * c->channels, s->x.factors * matrix, matrix};
  combine_grid(job->pass->kernels, &s->y.weight_transposed, &s->x.weight_transposed, s->x.factors,
               from, (grid){dw, c->kernel * matrix, matrix}, count, false, line);
}

/* ---- forward ---- */

static void run_input(void *context, size_t index)
{
  const conv_job *job = context;
  const ink_conv *c = job->conv;
  const toom_tables *s = job->layer->toom;
  const size_t per_job = channels_per_job(job);
  const size_t parts = ink_ceil_div(c->channels, per_job);
  const size_t block = index / parts, channel = index % parts * per_job;
  float line[LINE_FLOATS];
  combine_grid(job->pass->kernels, &s->y.input, &s->x.input, c->in.width,
               rows_of((float *)job->layer->x, c->in.width, job->pass->blocks, job->first + block,
                       c->channels, channel),
               rows_of(job->inputs, s->x.products, job->blocks, block, c->channels, channel),
               ink_min_size(per_job, c->channels - channel) * INK_LANES, false, line);
}

/*
 * Computes `to` [products][blocks][m][8] from `from` [products][blocks][k][8] for the products of
 * one factor, half of the blocks and some of the rows: U [factors][m][k] times `from`, or, if
 * `transposed`, the transpose of U [factors][k][m] times `from`.
 */
static void multiply(const conv_job *job, size_t half, size_t index, size_t m, size_t k,
                     bool transposed, const float *from, float *to)
{
  const ink_conv *c = job->conv;
  const ink_kernels *kernels = job->pass->kernels;
  const size_t per_job = ink_rows_per_job(kernels, k, INK_JOB_WEIGHT_BYTES),
               jobs = ink_ceil_div(m, per_job);
  const size_t factor = index / jobs, row = index % jobs * per_job, panel = kernels->panel_rows;
  const size_t rows = ink_min_size(per_job, m - row);
  const float *u = job->layer->packed +
                   factor * ink_packed_count(kernels, c->filters, c->channels) +
                   row * (transposed ? panel : k);
  const uint16_t *products;
  const size_t n = products_with_factor(job->layer, factor, &products);
  const size_t first = ink_half_start(job->blocks, half),
               end = ink_half_start(job->blocks, half + 1);
  for (size_t p = 0; p < n; p++)
    for (size_t i = products[p] * job->blocks + first; i < products[p] * job->blocks + end; i++) {
      const float *x = from + i * k * INK_LANES;
      float *y = to + (i * m + row) * INK_LANES;
      if (transposed)
        kernels->product_transposed(rows, k, u, panel * m, x, y, false);
      else
        kernels->product(rows, k, u, NULL, x, y, INK_FROM_ZERO);
    }
}

/* Returns the number of jobs of one half of the blocks. */
static size_t products_jobs(const conv_job *job)
{
  const ink_conv *c = job->conv;
  return n_factors(job->layer) *
         ink_ceil_div(c->filters,
                      ink_rows_per_job(job->pass->kernels, c->channels, INK_JOB_WEIGHT_BYTES));
}

static void run_products(void *context, size_t index)
{
  const conv_job *job = context;
  const size_t jobs = products_jobs(job);
  multiply(job, index / jobs, index % jobs, job->conv->filters, job->conv->channels, false,
           job->inputs, job->results);
}

static void run_output(void *context, size_t index)
{
  const conv_job *job = context;
  const ink_conv *c = job->conv;
  const toom_tables *s = job->layer->toom;
  const size_t per_job = channels_per_job(job);
  const size_t parts = ink_ceil_div(c->filters, per_job);
  const size_t block = index / parts, filter = index % parts * per_job;
  const size_t filters = ink_min_size(per_job, c->filters - filter);
  const grid to = rows_of(job->layer->y, c->out.width, job->pass->blocks, job->first + block,
                          c->filters, filter);
  float line[LINE_FLOATS];
  combine_grid(job->pass->kernels, &s->y.output, &s->x.output, s->x.products,
               rows_of(job->results, s->x.products, job->blocks, block, c->filters, filter), to,
               filters * INK_LANES, false, line);
  const float *bias = ink_conv_bias(job->layer);
  for (size_t pixel = 0; bias && pixel < c->out.height * c->out.width; pixel++)
    for (size_t f = 0; f < filters; f++)
      for (size_t lane = 0; lane < INK_LANES; lane++)
        to.first[pixel * to.across + f * INK_LANES + lane] += bias[filter + f];
}

static void forward(ink_layer *layer, const ink_conv *c, const ink_pass *pass)
{
  conv_job job = make_job(layer, c, pass);
  if (layer->packed_version != pass->version) {
    ink_parallel_for(ink_ceil_div(c->filters, filters_per_job(&job)), run_weights, &job);
    layer->packed_version = pass->version;
  }
  while (next_group(&job)) {
    ink_parallel_for(ink_ceil_div(c->channels, channels_per_job(&job)) * job.blocks, run_input,
                     &job);
    ink_parallel_for(2 * products_jobs(&job), run_products, &job);
    ink_parallel_for(ink_ceil_div(c->filters, channels_per_job(&job)) * job.blocks, run_output,
                     &job);
  }
}

/* ---- gradients ---- */

static void run_d_products(void *context, size_t index)
{
  const conv_job *job = context;
  const ink_conv *c = job->conv;
  const toom_tables *s = job->layer->toom;
  const size_t per_job = channels_per_job(job);
  const size_t parts = ink_ceil_div(c->filters, per_job);
  const size_t block = index / parts, filter = index % parts * per_job;
  float line[LINE_FLOATS];
  combine_grid(job->pass->kernels, &s->y.output_transposed, &s->x.output_transposed, c->out.width,
               rows_of(job->layer->dy, c->out.width, job->pass->blocks, job->first + block,
                       c->filters, filter),
               rows_of(job->results, s->x.products, job->blocks, block, c->filters, filter),
               ink_min_size(per_job, c->filters - filter) * INK_LANES, false, line);
}

static void run_d_inputs(const conv_job *job, size_t half, size_t index)
{
  multiply(job, half, index, job->conv->channels, job->conv->filters, true, job->results,
           job->d_inputs);
}

static void run_dx(void *context, size_t index)
{
  const conv_job *job = context;
  const ink_conv *c = job->conv;
  const toom_tables *s = job->layer->toom;
  const size_t per_job = channels_per_job(job);
  const size_t parts = ink_ceil_div(c->channels, per_job);
  const size_t block = index / parts, channel = index % parts * per_job;
  float line[LINE_FLOATS];
  combine_grid(job->pass->kernels, &s->y.input_transposed, &s->x.input_transposed, s->x.products,
               rows_of(job->d_inputs, s->x.products, job->blocks, block, c->channels, channel),
               rows_of(job->layer->dx, c->in.width, job->pass->blocks, job->first + block,
                       c->channels, channel),
               ink_min_size(per_job, c->channels - channel) * INK_LANES, job->layer->add_dx, line);
}

/*
 * Rows of dU that a job computes; pairs of rows that it lists at once, or a few less, so that all
 * lists are about equally long.
 */
enum { JOB_ROWS = 64, JOB_PAIRS = 16 };

static void run_d_weights(const conv_job *job, size_t factor, size_t part_of_rows)
{
  const ink_conv *c = job->conv;
  const size_t row = part_of_rows * JOB_ROWS, blocks = job->blocks;
  const float *dy[JOB_PAIRS], *x[JOB_PAIRS];
  const uint16_t *products;
  const size_t pairs = products_with_factor(job->layer, factor, &products) * blocks;
  const size_t part = ink_ceil_div(pairs, ink_ceil_div(pairs, JOB_PAIRS));
  for (size_t done = 0, n; done < pairs; done += n) {
    n = ink_min_size(part, pairs - done);
    for (size_t p = 0; p < n; p++) {
      const size_t i = products[(done + p) / blocks] * blocks + (done + p) % blocks;
      dy[p] = job->results + i * c->filters * INK_LANES;
      x[p] = job->inputs + i * c->channels * INK_LANES;
    }
    job->pass->kernels->weight_gradient(ink_min_size(JOB_ROWS, c->filters - row), c->channels, n,
                                        dy, row * INK_LANES, x, 0,
                                        job->d_weights + (factor * c->filters + row) * c->channels,
                                        c->channels, job->first > 0 || done > 0);
  }
}

/* Return the number of jobs of one factor; of dV, for one half of the blocks. */
static size_t d_weights_jobs(const conv_job *job)
{
  const bool learns = !job->layer->tensors[INK_CONV_WEIGHT_TENSOR].frozen;
  return learns ? ink_ceil_div(job->conv->filters, JOB_ROWS) : 0;
}

static size_t d_inputs_jobs(const conv_job *job)
{
  const ink_conv *c = job->conv;
  const size_t per_job = ink_rows_per_job(job->pass->kernels, c->filters, INK_JOB_WEIGHT_BYTES);
  return job->layer->dx ? ink_ceil_div(c->channels, per_job) : 0;
}

/*
 * Runs job `index` of the gradients dU and dV. Both read dM, so the jobs go factor by factor, while
 * dM of the factor is in the cache. ink_parallel_for gives each half of the indices to half of the
 * threads: half 0 computes dV of the first half of the blocks and dU of the first half of the
 * factors, half 1 the others. In each half the factors whose dU it computes come first.
 *
 * Example: 3 factors, 2 jobs of dU and 1 job of dV (for one half of the blocks) each, so 12 jobs.
 * U1.0 is job 0 of dU of factor 1; V1a and V1b are dV of factor 1 for both halves of the blocks:
 *
 *   half 0   index   0     1     2     3     4     5     6
 *            job     U0.0  U0.1  V0a   U1.0  U1.1  V1a   V2a
 *
 *   half 1   index   7     8     9     10    11
 *            job     U2.0  U2.1  V2b   V0b   V1b
 */
static void run_factors(void *context, size_t index)
{
  const conv_job *job = context;
  const size_t weights = d_weights_jobs(job), inputs = d_inputs_jobs(job);
  const size_t factors = n_factors(job->layer), middle = ink_half_start(factors, 1);
  const size_t before = middle * weights + factors * inputs; /* jobs of half 0 */
  const size_t half = index >= before;
  const size_t i = half ? index - before : index;
  const size_t own = half ? factors - middle : middle, both = weights + inputs;
  if (i >= own * both)
    run_d_inputs(job, half, (half ? 0 : middle * inputs) + i - own * both);
  else if (i % both < weights)
    run_d_weights(job, half * middle + i / both, i % both);
  else
    run_d_inputs(job, half, (half * middle + i / both) * inputs + i % both - weights);
}

static void backward(ink_layer *layer, const ink_conv *c, const ink_pass *pass)
{
  conv_job job = make_job(layer, c, pass);
  const size_t weights = d_weights_jobs(&job), inputs = d_inputs_jobs(&job);
  while (next_group(&job)) {
    ink_parallel_for(ink_ceil_div(c->filters, channels_per_job(&job)) * job.blocks, run_d_products,
                     &job);
    ink_parallel_for(n_factors(layer) * (weights + 2 * inputs), run_factors, &job);
    if (inputs)
      ink_parallel_for(ink_ceil_div(c->channels, channels_per_job(&job)) * job.blocks, run_dx,
                       &job);
  }
  if (weights)
    ink_parallel_for(ink_ceil_div(c->filters, filters_per_job(&job)), run_weight_gradient, &job);
}

const ink_conv_method ink_conv_toom = {applies, plan, forward, backward};
