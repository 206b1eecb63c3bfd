/*
 * layers.c - compares the gradients of each layer with central differences, and large batches with
 * small ones.
 */
#include "../support/check.h"
#include "ink_train.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- a model with memory of its own ---- */

typedef struct rig {
  ink_model *model;
  void *memory;
} rig;

/*
 * A shortcut: the relu at index `at` becomes the sum of the layer before it and of layer `other`.
 */
typedef struct shortcut {
  size_t at; /* 0: no shortcut */
  int other;
} shortcut;

static void put_shortcut(ink_model *model, shortcut s)
{
  if (s.at == 0)
    return;
  ink_layer *layer = &model->layers[s.at];
  layer->type = &ink_layer_add;
  layer->input2 = s.other;
  layer->in2 = s.other == INK_FROM_INPUT ? model->input : model->layers[s.other].out;
  ink_error err;
  CHECK(layer->type->infer(layer, &err) == INK_OK, "the sum of two branches");
}

static void rig_plan(rig *r, const ink_kernels *kernels, size_t batch, bool input_gradient)
{
  ink_arena arena = {0};
  ink_model_plan(r->model, &arena, kernels, batch, input_gradient);
  ink_free(r->memory);
  arena = (ink_arena){.base = r->memory = ink_alloc(arena.used), .capacity = arena.used};
  ink_model_plan(r->model, &arena, kernels, batch, input_gradient);
  CHECK(!arena.overflow && arena.used == arena.capacity, "%s: both plans take the same",
        r->model->line);
  ink_model_initialise(r->model, 1);
}

static rig rig_make(const char *line, shortcut s, ink_shape input, const ink_kernels *kernels,
                    size_t batch, bool input_gradient)
{
  rig r = {0};
  ink_error err;
  const ink_status status = ink_model_create(&r.model, line, input, 0, &err);
  CHECK(status == INK_OK, "%s: %s", line, status ? err.text : "");
  if (status != INK_OK)
    exit(checks_end());
  put_shortcut(r.model, s);
  rig_plan(&r, kernels, batch, input_gradient);
  return r;
}

static void rig_free(rig r)
{
  ink_model_free(r.model);
  ink_free(r.memory);
}

static double uniform(uint64_t stream, size_t i)
{
  return 2 * ink_random_uniform(ink_random_stream(stream, INK_FOR_TEST, 0), i) - 1;
}

/* ---- gradients: (f(v + h) - f(v - h)) / 2h, with f = sum of output * weight ---- */

static double value_of(const rig *r, size_t n, const float *x)
{
  const ink_model *m = r->model;
  const size_t in = ink_shape_count(m->input), blocks = ink_ceil_div(n, INK_LANES);
  for (size_t i = 0; i < n; i++)
    ink_model_set_image(r->model, i, n, x + i * in);
  ink_model_touch(r->model);
  ink_model_forward(r->model, n, true);
  const float *y = ink_model_logits(m);
  const size_t out = ink_shape_count(m->output);
  double sum = 0;
  for (size_t i = 0; i < out * blocks * INK_LANES; i++)
    if (i / INK_LANES / m->output.channels % blocks * INK_LANES + i % INK_LANES < n)
      sum += y[i] * uniform(50, i);
  return sum;
}

static void backward(const rig *r, size_t n)
{
  const ink_model *m = r->model;
  const size_t blocks = ink_ceil_div(n, INK_LANES);
  float *dy = ink_model_d_logits(m);
  for (size_t i = 0; i < ink_shape_count(m->output) * blocks * INK_LANES; i++) {
    const bool idle = i / INK_LANES / m->output.channels % blocks * INK_LANES + i % INK_LANES >= n;
    dy[i] = idle ? 0 : (float)uniform(50, i);
  }
  ink_model_backward(r->model);
}

static size_t n_compared, n_kinks;

/*
 * f is linear in each value except where a relu changes sign: there the second difference is not
 * zero, and the point is skipped.
 */
static void compare(const char *line, size_t n, const char *what, size_t i, const double f[3],
                    double h, double got)
{
  const double want = (f[2] - f[0]) / (2 * h);
  n_compared++;
  if (fabs(f[2] - 2 * f[1] + f[0]) > 1e-3 * h * (1 + fabs(want))) {
    n_kinks++;
    return;
  }
  /*
   * The tolerance: float32 sums of about 1 are exact to 1e-6, so their difference over 2 h is exact
   * to 1e-4.
   */
  CHECK(fabs(want - got) < 1e-3 * (1 + fabs(want)),
        "%s, n = %zu: gradient of %s[%zu]: want %g got %g", line, n, what, i, want, got);
}

/* Without the gradient of the input, the gradients of the parameters are bit-identical. */
static void check_without_dx(const char *line, shortcut s, ink_shape input, size_t n,
                             const ink_kernels *kernels, const float *x, const float *want)
{
  const rig r = rig_make(line, s, input, kernels, n, false);
  CHECK(!r.model->dx, "%s: the input's gradient was not asked for", line);
  value_of(&r, n, x);
  backward(&r, n);
  CHECK(memcmp(r.model->gradients, want, r.model->n_parameters * sizeof *want) == 0,
        "%s, n = %zu: gradients differ without the input's", line, n);
  rig_free(r);
}

static void test_gradients(const char *line, shortcut s, ink_shape input, size_t n,
                           const ink_kernels *kernels)
{
  const rig r = rig_make(line, s, input, kernels, n, true);
  const size_t in = ink_shape_count(input);
  const double h = 1.0 / 64;
  float *x = malloc(n * in * sizeof *x);
  for (size_t i = 0; i < n * in; i++)
    x[i] = (float)(uniform(60, i) + (uniform(60, i) > 0 ? 0.1 : -0.1));
  value_of(&r, n, x);
  backward(&r, n);
  float *gradients = malloc(r.model->n_parameters * sizeof(float) + 1);
  memcpy(gradients, r.model->gradients, r.model->n_parameters * sizeof(float));
  if (r.model->n_parameters > 0)
    check_without_dx(line, s, input, n, kernels, x, gradients);
  float *dx = malloc(n * in * sizeof *dx);
  for (size_t i = 0; i < n * in; i++) {
    const size_t image = i / in, feature = i % in, blocks = ink_ceil_div(n, INK_LANES);
    const size_t c = feature / (input.height * input.width),
                 p = feature % (input.height * input.width);
    dx[i] = r.model->flat_input
                ? r.model->dx[(image / 8 * in + feature) * 8 + image % 8]
                : r.model->dx[((p * blocks + image / 8) * input.channels + c) * 8 + image % 8];
  }
  for (size_t i = 0; i < r.model->n_parameters; i++) {
    const float kept = r.model->values[i];
    double f[3];
    for (int side = -1; side <= 1; side++) {
      r.model->values[i] = kept + (float)(side * h);
      f[side + 1] = value_of(&r, n, x);
    }
    compare(line, n, "parameters", i, f, h, gradients[i]);
    r.model->values[i] = kept;
  }
  for (size_t i = 0; i < n * in; i += 3) {
    const float kept = x[i];
    double f[3];
    for (int side = -1; side <= 1; side++) {
      x[i] = kept + (float)(side * h);
      f[side + 1] = value_of(&r, n, x);
    }
    compare(line, n, "x", i, f, h, dx[i]);
    x[i] = kept;
  }
  free(x), free(gradients), free(dx);
  rig_free(r);
}

/* ---- pictures whose pixels the first layer reads itself ---- */

static void check_near(const char *line, size_t n, const char *what, const float *want,
                       const float *got, size_t count)
{
  size_t worst = 0;
  for (size_t i = 0; i < count; i++)
    if (!(fabsf(got[i] - want[i]) <= fabsf(got[worst] - want[worst])))
      worst = i;
  CHECK(fabsf(got[worst] - want[worst]) < 1e-5f * (1 + fabsf(want[worst])),
        "%s, n = %zu: %s[%zu] of pixels: want %g got %g", line, n, what, worst, (double)want[worst],
        (double)got[worst]);
}

/* Pixels give the same results as floats, to rounding, and x is not written. */
static void test_pixels(const char *line, size_t n, const ink_kernels *kernels)
{
  const ink_shape input = {.channels = 1, .height = 9, .width = 7};
  enum { SIZE = 63 };
  const rig a = rig_make(line, (shortcut){0}, input, kernels, n, false),
            b = rig_make(line, (shortcut){0}, input, kernels, n, false);
  const size_t lanes = ink_ceil_div(n, INK_LANES) * INK_LANES;
  uint8_t *pixels = malloc(n * SIZE);
  const uint8_t **pictures = malloc(n * sizeof *pictures);
  float *x = malloc(n * SIZE * sizeof *x);
  for (size_t i = 0; i < n * SIZE; i++) {
    pixels[i] = uniform(70, i / 3) < 0.5 ? 0 : (uint8_t)(128 + 128 * uniform(71, i));
    x[i] = (float)pixels[i] / 255.0f;
    pictures[i / SIZE] = pixels + i / SIZE * SIZE;
  }
  CHECK(a.model->pictures, "%s does not read pixels", line);
  for (size_t i = 0; i < SIZE * lanes; i++)
    a.model->x[i] = NAN;
  for (int round = 0; round < 2; round++) { /* with other weights in the second round */
    ink_model_set_pictures(a.model, pictures, n);
    ink_model_touch(a.model);
    ink_model_forward(a.model, n, true);
    backward(&a, n);
    value_of(&b, n, x);
    backward(&b, n);
    for (size_t i = 0; i < n; i++) {
      float *got = malloc(a.model->output.channels * sizeof *got),
            *want = malloc(a.model->output.channels * sizeof *want);
      ink_logits(a.model, i, got);
      ink_logits(b.model, i, want);
      check_near(line, n, "y", want, got, a.model->output.channels);
      free(got), free(want);
    }
    check_near(line, n, "gradients", b.model->gradients, a.model->gradients, a.model->n_parameters);
    for (size_t i = 0; i < a.model->n_parameters; i++)
      a.model->values[i] = b.model->values[i] *= 0.5f;
  }
  for (size_t i = 0; i < SIZE * lanes; i++)
    CHECK(isnan(a.model->x[i]), "%s: x[%zu] was written", line, i);
  ink_model_fill_x(a.model);
  for (size_t i = 0; i < lanes; i++)
    for (size_t p = 0; p < SIZE; p++)
      CHECK(a.model->x[(i / 8 * SIZE + p) * 8 + i % 8] == (i < n ? x[i * SIZE + p] : 0.0f),
            "%s: x of image %zu at %zu", line, i, p);
  /* Back to floats: bit-identical. */
  value_of(&a, n, x);
  value_of(&b, n, x);
  backward(&a, n);
  backward(&b, n);
  CHECK(memcmp(a.model->gradients, b.model->gradients, a.model->n_parameters * sizeof(float)) == 0,
        "%s: floats after pixels", line);
  free(pixels), free(pictures), free(x);
  rig_free(a), rig_free(b);
}

/* If another layer needs x, or its gradient is wanted, or the pictures are dense, x is used. */
static void test_no_pixels(void)
{
  const ink_shape input = {.channels = 1, .height = 9, .width = 7},
                  three = {.channels = 3, .height = 3, .width = 3};
  const char *const lines[] = {"flatten relu linear(3)", "conv(2,3) linear(3)", "relu linear(3)",
                               "flatten residual(linear(63) | )", "flatten dropout linear(3)"};
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
    const rig r = rig_make(lines[i], (shortcut){0}, input, ink_kernels_at(0), 8, false);
    CHECK(!r.model->pictures, "%s reads pixels", lines[i]);
    rig_free(r);
  }
  const rig with_dx = rig_make("linear(3)", (shortcut){0}, input, ink_kernels_at(0), 8, true);
  const rig colour = rig_make("linear(3)", (shortcut){0}, three, ink_kernels_at(0), 8, false);
  CHECK(!with_dx.model->pictures && !colour.model->pictures,
        "pixels are read where they cannot be");
  rig_free(with_dx), rig_free(colour);
}

/*
 * At 2 x 2 and 1 x 1 some taps never meet the picture. Skipping them gives bit-identical results to
 * stepping all elements, for every optimiser.
 */
static void test_dead_taps(void)
{
  const ink_shape input = {.channels = 1, .height = 28, .width = 28};
  for (int kind = 0; kind < INK_OPTIMIZERS; kind++)
    for (int decay = 0; decay <= 1; decay++) {
      float *after[2],
          *state[2]; /* the first state, momentum or mean, in the layout of a checkpoint */
      size_t n = 0, n_state = 0, dead = 0;
      for (int all = 0; all <= 1; all++) {
        rig r =
            rig_make("conv(16,5,14,2) relu conv(24,3,1,1) relu conv(16,5,2,2) flatten linear(5)",
                     (shortcut){0}, input, ink_kernels_at(0), 8, false);
        ink_optimizer o = {.kind = (ink_optimizer_kind)kind,
                           .momentum = 0.9,
                           .beta2 = 0.99,
                           .eps = 1e-5,
                           .weight_decay = decay ? 0.1 : 0};
        r.model->drops_dead = !all && ink_optimizer_drops_dead(&o);
        rig_plan(&r, ink_kernels_at(0), 8, false);
        CHECK(!r.model->drops_dead || r.model->n_gradients < r.model->n_parameters,
              "%zu gradients of %zu parameters have memory", r.model->n_gradients,
              r.model->n_parameters);
        ink_arena arena = {0};
        ink_optimizer_plan(&o, r.model, &arena);
        arena = (ink_arena){.base = ink_alloc(arena.used), .capacity = arena.used};
        ink_optimizer_plan(&o, r.model, &arena);
        for (size_t t = 0; t < r.model->n_tensors; t++) {
          ink_tensor *tensor = r.model->tensors[t];
          for (size_t tap = 0; tensor->dead && tap < tensor->taps; tap++)
            dead += tensor->dead[tap];
          if (all)
            tensor->dead = NULL;
        }
        for (int step = 0; step < 3; step++) {
          float x[8 * 784];
          for (size_t i = 0; i < 8 * 784; i++)
            x[i] = (float)uniform(60 + (uint64_t)step, i);
          value_of(&r, 8, x);
          backward(&r, 8);
          const double rate = 0.01;
          ink_optimizer_step(&o, r.model, &rate, o.momentum);
        }
        n = r.model->n_values;
        after[all] = malloc(n * sizeof(float));
        memcpy(after[all], r.model->values, n * sizeof(float));
        n_state = r.model->n_parameters;
        state[all] = malloc(n_state * sizeof(float));
        for (size_t t = 0, at = 0; t < r.model->n_tensors; t++) {
          const ink_tensor *tensor = r.model->tensors[t];
          ink_tensor_export_gradient(tensor, o.first + (tensor->gradient - r.model->gradients),
                                     state[all] + at);
          at += tensor->count;
        }
        ink_free(arena.base);
        rig_free(r);
      }
      CHECK(dead > 10, "only %zu taps are dead", dead);
      CHECK(memcmp(after[0], after[1], n * sizeof(float)) == 0,
            "optimiser %d, decay %d: skipping dead taps changes what is left", kind, decay);
      CHECK(memcmp(state[0], state[1], n_state * sizeof(float)) == 0,
            "optimiser %d, decay %d: without memory for dead taps another state is told", kind,
            decay);
      free(after[0]), free(after[1]), free(state[0]), free(state[1]);
    }
}

/* Returns a value of an image in [pixels][blocks][channels][8]. */
static size_t value_at(ink_shape shape, size_t blocks, size_t image, size_t pixel, size_t channel)
{
  return ((pixel * blocks + image / INK_LANES) * shape.channels + channel) * INK_LANES +
         image % INK_LANES;
}

/*
 * Runs images first .. first + n - 1 through a layer and back. y and dx are compared image by
 * image; gradients of parameters are added up.
 */
static void pass_images(const rig *r, size_t first, size_t n, float *y, float *dx, double *dw)
{
  ink_model *m = r->model;
  const ink_shape in = m->input, out = m->output;
  const size_t blocks = ink_ceil_div(n, INK_LANES), values = ink_shape_count(in),
               results = ink_shape_count(out);
  float *x = malloc(values * sizeof *x);
  for (size_t i = 0; i < n; i++) {
    for (size_t j = 0; j < values; j++)
      x[j] = (float)uniform(70, (first + i) * values + j);
    ink_model_set_image(m, i, n, x);
  }
  free(x);
  ink_model_touch(m);
  ink_model_forward(m, n, true);
  memset(ink_model_d_logits(m), 0, results * blocks * INK_LANES * sizeof(float));
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < results; j++) {
      const size_t at = value_at(out, blocks, i, j / out.channels, j % out.channels);
      y[(first + i) * results + j] = ink_model_logits(m)[at];
      ink_model_d_logits(m)[at] = (float)uniform(71, (first + i) * results + j);
    }
  ink_model_backward(m);
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < values; j++)
      dx[(first + i) * values + j] =
          m->dx[value_at(in, blocks, i, j / in.channels, j % in.channels)];
  for (size_t i = 0; i < m->n_parameters; i++)
    dw[i] += m->gradients[i];
}

/*
 * However a layer cuts a batch, each image has the results that it has in a batch of its own block.
 */
static void test_pieces(const char *line, ink_shape input, const ink_kernels *kernels)
{
  enum { MOST = 128 };
  const rig whole = rig_make(line, (shortcut){0}, input, kernels, MOST, true);
  const rig eight = rig_make(line, (shortcut){0}, input, kernels, INK_LANES, true);
  const size_t results = MOST * ink_shape_count(whole.model->output),
               values = MOST * ink_shape_count(input);
  const size_t count = whole.model->n_parameters;
  float *y = calloc(2 * results, sizeof *y), *dx = calloc(2 * values, sizeof *dx);
  double *dw = calloc(2 * count, sizeof *dw);
  for (size_t n = MOST; n > 64; n -= 20) { /* 16, 14, 11 and 9 blocks */
    memset(dw, 0, 2 * count * sizeof *dw);
    pass_images(&whole, 0, n, y, dx, dw);
    for (size_t first = 0; first < n; first += INK_LANES)
      pass_images(&eight, first, ink_min_size(INK_LANES, n - first), y + results, dx + values,
                  dw + count);
    CHECK(memcmp(y, y + results, n * (results / MOST) * sizeof *y) == 0,
          "%s, n = %zu: y differs from that of eights", line, n);
    CHECK(memcmp(dx, dx + values, n * (values / MOST) * sizeof *dx) == 0,
          "%s, n = %zu: dx differs from that of eights", line, n);
    size_t worst = 0;
    for (size_t i = 0; i < count; i++)
      worst = fabs(dw[i] - dw[count + i]) > fabs(dw[worst] - dw[count + worst]) ? i : worst;
    /* The tolerance: float32 sums of some 10,000 terms below 1. */
    CHECK(fabs(dw[worst] - dw[count + worst]) < 1e-3,
          "%s, n = %zu: gradient %zu is %g, of eights %g", line, n, worst, dw[worst],
          dw[count + worst]);
  }
  free(y), free(dx), free(dw);
  rig_free(whole);
  rig_free(eight);
}

/* Matrices of several jobs are packed as `pack` packs one; dead ones are not written. */
static void test_packed(const ink_kernels *kernels, size_t m, size_t k, bool turned)
{
  enum { COUNT = 3 };
  const uint8_t dead[COUNT] = {0, 1, 0};
  const size_t row = turned ? 1 : k, column = turned ? m : 1,
               floats = ink_packed_count(kernels, m, k);
  float *w = ink_alloc(COUNT * m * k * sizeof *w),
        *packed = ink_alloc(COUNT * floats * sizeof *packed),
        *one = ink_alloc(floats * sizeof *one);
  for (size_t i = 0; i < COUNT * m * k; i++)
    w[i] = (float)(i + 1);
  const ink_matrices matrices = {w, COUNT, m, k, row, column, dead};
  CHECK(ink_rows_per_job(kernels, k, INK_JOB_WEIGHT_BYTES) < m, "%zu x %zu is one job", m, k);
  ink_pack_matrices(kernels, &matrices, packed);
  for (size_t i = 0; i < COUNT; i++) {
    memset(one, 0, floats * sizeof *one);
    if (!dead[i])
      kernels->pack(m, k, w + i * m * k, row, column, one);
    CHECK(memcmp(one, packed + i * floats, floats * sizeof *one) == 0,
          "matrix %zu of %zu x %zu, %s, turned %d", i, m, k, kernels->name, turned);
  }
  ink_free(w);
  ink_free(packed);
  ink_free(one);
}

int main(void)
{
  const ink_shape picture = {.channels = 1, .height = 3, .width = 4},
                  three = {.channels = 3, .height = 2, .width = 2};
  const ink_shape vector = {.channels = 5, .height = 1, .width = 1, .flat = true};
  const ink_shape pixel = {.channels = 5, .height = 1, .width = 1};
  const shortcut none = {0};
  const size_t counts[] = {1, 7, 8, 9, 17};
  for (size_t v = 0; ink_kernels_at(v); v++) {
    for (size_t i = 0; i < 5; i++) {
      test_gradients("linear(6)", none, vector, counts[i], ink_kernels_at(v));
      test_gradients("linear(7, bias=no) relu linear(3)", none, picture, counts[i],
                     ink_kernels_at(v));
      test_gradients("relu flatten relu linear(5)", none, three, counts[i], ink_kernels_at(v));
      test_gradients("relu", none, three, counts[i], ink_kernels_at(v));
      /* relu, linear, flatten and the sum add to a gradient that a later layer has written. */
      const char *residual = "linear(6) relu linear(6) relu linear(3)";
      test_gradients(residual, (shortcut){3, 0}, vector, counts[i], ink_kernels_at(v));
      test_gradients(residual, (shortcut){3, 1}, vector, counts[i], ink_kernels_at(v));
      test_gradients(residual, (shortcut){3, 2}, vector, counts[i], ink_kernels_at(v));
      test_gradients("linear(5) relu linear(3)", (shortcut){1, INK_FROM_INPUT}, vector, counts[i],
                     ink_kernels_at(v));
      test_gradients("relu flatten linear(5) relu linear(3)", (shortcut){3, 0}, pixel, counts[i],
                     ink_kernels_at(v));
      test_gradients("relu relu relu flatten linear(3)", (shortcut){2, 0}, three, counts[i],
                     ink_kernels_at(v));
    }
    test_gradients("conv(4,3,1,1) relu conv(3,2,2)", none,
                   (ink_shape){.channels = 2, .height = 5, .width = 4}, 9, ink_kernels_at(v));
    /*
     * More filters than a panel has, before a gradient of the input: of few channels, and of more.
     */
    test_gradients("conv(4,3,1,1) relu conv(9,2,2)", none,
                   (ink_shape){.channels = 2, .height = 5, .width = 4}, 9, ink_kernels_at(v));
    test_gradients("conv(6,1) relu conv(9,3,2,1)", none,
                   (ink_shape){.channels = 2, .height = 5, .width = 4}, 9, ink_kernels_at(v));
    test_gradients("residual(conv(2,3,1,1) relu | ) avgpool(2,2,1) linear(3)", none,
                   (ink_shape){.channels = 2, .height = 3, .width = 4}, 9, ink_kernels_at(v));
    test_gradients("residual(conv(3,1) | conv(3,3,1,1,bias=no)) adaptiveavgpool(2)", none, three,
                   17, ink_kernels_at(v));
    test_gradients("conv(16,3,1,1)", none, (ink_shape){.channels = 16, .height = 3, .width = 2}, 9,
                   ink_kernels_at(v));
    test_gradients("residual( | ) linear(2)", none, three, 3, ink_kernels_at(v));
    for (int turned = 0; turned < 2; turned++) {
      test_packed(ink_kernels_at(v), 70, 1024, turned);
      test_packed(ink_kernels_at(v), 500, 70, turned);
    }
    test_pieces("conv(32,3,1,1)", (ink_shape){.channels = 32, .height = 12, .width = 12},
                ink_kernels_at(v));
    test_pieces("conv(16,5)", (ink_shape){.channels = 16, .height = 12, .width = 9},
                ink_kernels_at(v));
    test_pieces("conv(8,3,2,1)", (ink_shape){.channels = 2, .height = 9, .width = 8},
                ink_kernels_at(v));
  }
  const char *const readers[] = {"linear(10)", "linear(30) relu linear(10)",
                                 "linear(70, bias=no) linear(3)", "linear(1)",
                                 "flatten residual(linear(6) | linear(6, bias=no)) linear(3)"};
  const size_t many[] = {1, 8, 9, 17, 300};
  for (size_t v = 0; ink_kernels_at(v); v++)
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++)
      for (size_t c = 0; c < 5; c++)
        test_pixels(readers[i], many[c], ink_kernels_at(v));
  test_no_pixels();
  test_dead_taps();
  CHECK(n_kinks * 4 < n_compared, "%zu of %zu points lie at a kink", n_kinks, n_compared);
  return checks_end();
}
