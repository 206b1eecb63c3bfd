/* conv.c - two-dimensional convolution: its shape, its parameters, and the choice of a method. */
#include "conv.h"

#include <math.h>

/*
 * Returns whether a tap of one axis meets the picture for some output. Example: with in = out = 1,
 * pad = 1 and kernel = 3, taps 0 and 2 only ever meet padding; they are dead.
 */
static bool tap_lives(size_t tap, size_t in, size_t out, const ink_conv *c)
{
  for (size_t o = 0; o < out; o++) {
    size_t at;
    if (ink_conv_input_at(o, tap, c->stride, c->pad, in, &at))
      return true;
  }
  return false;
}

static bool is_dead(const ink_conv *c, size_t tap)
{
  return !tap_lives(tap / c->kernel, c->in.height, c->out.height, c) ||
         !tap_lives(tap % c->kernel, c->in.width, c->out.width, c);
}

static void count_dead_ends(ink_tensor *weight, const ink_conv *c)
{
  weight->dead_first = weight->dead_last = 0;
  while (weight->dead_first < c->taps && is_dead(c, weight->dead_first))
    weight->dead_first++;
  while (weight->dead_first + weight->dead_last < c->taps &&
         is_dead(c, c->taps - 1 - weight->dead_last))
    weight->dead_last++;
}

static ink_status infer(ink_layer *layer, ink_error *err)
{
  const ink_conv c = ink_conv_of(layer);
  const size_t filters = (size_t)layer->argument[INK_CONV_FILTERS];
  const ink_shape in = layer->in;
  if (in.height + 2 * c.pad < c.kernel || in.width + 2 * c.pad < c.kernel)
    return ink_fail(err, INK_E_MODEL,
                    "a kernel of %zu x %zu is larger than the picture with its padding, %zu x %zu",
                    c.kernel, c.kernel, in.height + 2 * c.pad, in.width + 2 * c.pad);
  layer->out = (ink_shape){.channels = filters,
                           .height = (in.height + 2 * c.pad - c.kernel) / c.stride + 1,
                           .width = (in.width + 2 * c.pad - c.kernel) / c.stride + 1};
  ink_layer_declare(layer, "weight", INK_ROLE_WEIGHT, 4,
                    (const size_t[]){filters, c.channels * c.copies, c.kernel, c.kernel});
  const ink_conv whole = ink_conv_of(layer);
  count_dead_ends(&layer->tensors[INK_CONV_WEIGHT_TENSOR], &whole);
  if (layer->argument[INK_CONV_BIAS] != 0)
    ink_layer_declare(layer, "bias", INK_ROLE_BIAS, 1, (const size_t[]){filters});
  return INK_OK;
}

/*
 * PyTorch: kaiming_uniform(a = sqrt 5) with the fan in, the same bound for the bias.
 * torchvision's ResNet: N(0, sqrt(2 / fan_out)). fastai's head: N(0, sqrt(2 / fan_in)), bias 0.
 */
static void initialise(ink_layer *layer, ink_random stream)
{
  const ink_conv c = ink_conv_of(layer);
  const double area = (double)c.taps;
  const double fan_in = (double)(c.channels * c.copies) * area, fan_out = (double)c.filters * area;
  const ink_initialisation how = layer->initialisation;
  for (size_t t = 0; t < layer->n_tensors; t++) {
    ink_tensor *tensor = &layer->tensors[t];
    const ink_random draws = ink_random_split(stream, t);
    if (how == INK_INIT_PYTORCH)
      ink_draw_uniform(tensor, draws, 1 / sqrt(fan_in));
    else if (t == INK_CONV_WEIGHT_TENSOR)
      ink_draw_normal(tensor, draws, sqrt(2 / (how == INK_INIT_BODY ? fan_out : fan_in)));
    else
      ink_fill(tensor, 0);
  }
}

static const ink_conv_method *method_of(const ink_conv *conv)
{
  return ink_conv_thin.applies(conv)   ? &ink_conv_thin
         : ink_conv_toom.applies(conv) ? &ink_conv_toom
                                       : &ink_conv_taps;
}

static void mark_dead(ink_tensor *weight, uint8_t *dead, const ink_conv *c)
{
  size_t n = 0;
  for (size_t tap = 0; tap < c->taps; tap++) {
    dead[tap] = is_dead(c, tap);
    n += dead[tap];
  }
  weight->dead = n > 0 ? dead : NULL;
}

static void plan(ink_layer *layer, ink_arena *arena, const ink_kernels *kernels, size_t blocks)
{
  const ink_conv conv = ink_conv_of(layer);
  const size_t rows = INK_PRODUCT(conv.out.height, conv.out.width, blocks);
  uint8_t *dead = INK_ALLOC(arena, uint8_t, conv.taps);
  if (dead && !arena->overflow)
    mark_dead(&layer->tensors[INK_CONV_WEIGHT_TENSOR], dead, &conv);
  layer->rows_x = INK_ALLOC(arena, const float *, rows);
  layer->rows_dy = INK_ALLOC(arena, const float *, rows);
  method_of(&conv)->plan(layer, &conv, arena, kernels, blocks);
}

static void forward(ink_layer *layer, const ink_pass *pass)
{
  const ink_conv conv = ink_conv_of(layer);
  method_of(&conv)->forward(layer, &conv, pass);
}

/* ---- the bias ---- */

enum { JOB_FILTERS = 8 };

typedef struct bias_job {
  ink_layer *layer;
  const ink_pass *pass;
  size_t filters, rows;
} bias_job;

static void run_bias(void *context, size_t index)
{
  const bias_job *job = context;
  const size_t first = index * JOB_FILTERS;
  job->pass->kernels->row_sums(ink_min_size(JOB_FILTERS, job->filters - first), job->rows,
                               job->layer->rows_dy, first * INK_LANES,
                               job->layer->tensors[INK_CONV_BIAS_TENSOR].gradient + first);
}

static void bias_gradient(ink_layer *layer, const ink_conv *conv, const ink_pass *pass)
{
  bias_job job = {layer, pass, conv->filters, conv->out.height * conv->out.width * pass->blocks};
  for (size_t i = 0; i < job.rows; i++)
    layer->rows_dy[i] = layer->dy + i * conv->filters * INK_LANES;
  ink_parallel_for(ink_ceil_div(conv->filters, JOB_FILTERS), run_bias, &job);
}

static void backward(ink_layer *layer, const ink_pass *pass)
{
  const ink_conv conv = ink_conv_of(layer);
  if (ink_conv_bias(layer) && !layer->tensors[INK_CONV_BIAS_TENSOR].frozen)
    bias_gradient(layer, &conv, pass);
  method_of(&conv)->backward(layer, &conv, pass);
}

const ink_layer_type ink_layer_conv = {
    .word = "conv",
    .meaning = "a convolution with square kernels",
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
