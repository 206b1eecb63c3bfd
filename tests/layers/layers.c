/*
 * layers.c - compares the gradients of each layer with central differences.
 */
#include "layers_tests.h"

/* ---- a model with memory of its own ---- */

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

void rig_plan(rig *r, const ink_kernels *kernels, size_t batch, bool input_gradient)
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

rig rig_make(const char *line, shortcut s, ink_shape input, const ink_kernels *kernels,
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

void rig_free(rig r)
{
  ink_model_free(r.model);
  ink_free(r.memory);
}

double uniform(uint64_t stream, size_t i)
{
  return 2 * ink_random_uniform(ink_random_stream(stream, INK_FOR_TEST, 0), i) - 1;
}

/* ---- gradients: (f(v + h) - f(v - h)) / 2h, with f = sum of output * weight ---- */

double value_of(const rig *r, size_t n, const float *x)
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

void backward(const rig *r, size_t n)
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

/* Networks of linear and relu, and sums of two branches, for batches of any size. */
static void test_vectors(size_t n, const ink_kernels *k)
{
  const ink_shape picture = {.channels = 1, .height = 3, .width = 4},
                  three = {.channels = 3, .height = 2, .width = 2};
  const ink_shape vector = {.channels = 5, .height = 1, .width = 1, .flat = true};
  const ink_shape pixel = {.channels = 5, .height = 1, .width = 1};
  const shortcut none = {0};
  test_gradients("linear(6)", none, vector, n, k);
  test_gradients("linear(7, bias=no) relu linear(3)", none, picture, n, k);
  test_gradients("relu flatten relu linear(5)", none, three, n, k);
  test_gradients("relu", none, three, n, k);
  /* relu, linear, flatten and the sum add to a gradient that a later layer has written. */
  const char *residual = "linear(6) relu linear(6) relu linear(3)";
  test_gradients(residual, (shortcut){3, 0}, vector, n, k);
  test_gradients(residual, (shortcut){3, 1}, vector, n, k);
  test_gradients(residual, (shortcut){3, 2}, vector, n, k);
  test_gradients("linear(5) relu linear(3)", (shortcut){1, INK_FROM_INPUT}, vector, n, k);
  test_gradients("relu flatten linear(5) relu linear(3)", (shortcut){3, 0}, pixel, n, k);
  test_gradients("relu relu relu flatten linear(3)", (shortcut){2, 0}, three, n, k);
}

static void test_pictures(const ink_kernels *k)
{
  const ink_shape two = {.channels = 2, .height = 5, .width = 4},
                  low = {.channels = 2, .height = 3, .width = 4},
                  three = {.channels = 3, .height = 2, .width = 2},
                  many = {.channels = 16, .height = 3, .width = 2};
  const shortcut none = {0};
  test_gradients("conv(4,3,1,1) relu conv(3,2,2)", none, two, 9, k);
  /*
   * Here the last conv has more filters than a panel holds, and needs the gradient of its input:
   * once with few channels, once with more.
   */
  test_gradients("conv(4,3,1,1) relu conv(9,2,2)", none, two, 9, k);
  test_gradients("conv(6,1) relu conv(9,3,2,1)", none, two, 9, k);
  test_gradients("residual(conv(2,3,1,1) relu | ) avgpool(2,2,1) linear(3)", none, low, 9, k);
  test_gradients("residual(conv(3,1) | conv(3,3,1,1,bias=no)) adaptiveavgpool(2)", none, three, 17,
                 k);
  test_gradients("conv(16,3,1,1)", none, many, 9, k);
  test_gradients("residual( | ) linear(2)", none, three, 3, k);
}

static void test_large(const ink_kernels *k)
{
  for (int turned = 0; turned < 2; turned++) {
    test_packed(k, 70, 1024, turned);
    test_packed(k, 500, 70, turned);
  }
  test_pieces("conv(32,3,1,1)", (ink_shape){.channels = 32, .height = 12, .width = 12}, k);
  test_pieces("conv(16,5)", (ink_shape){.channels = 16, .height = 12, .width = 9}, k);
  test_pieces("conv(8,3,2,1)", (ink_shape){.channels = 2, .height = 9, .width = 8}, k);
}

int main(void)
{
  const size_t counts[] = {1, 7, 8, 9, 17}, many[] = {1, 8, 9, 17, 300};
  const char *const readers[] = {"linear(10)", "linear(30) relu linear(10)",
                                 "linear(70, bias=no) linear(3)", "linear(1)",
                                 "flatten residual(linear(6) | linear(6, bias=no)) linear(3)"};
  for (size_t v = 0; ink_kernels_at(v); v++) {
    for (size_t i = 0; i < 5; i++)
      test_vectors(counts[i], ink_kernels_at(v));
    test_pictures(ink_kernels_at(v));
    test_large(ink_kernels_at(v));
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++)
      for (size_t c = 0; c < 5; c++)
        test_pixels(readers[i], many[c], ink_kernels_at(v));
  }
  test_no_pixels();
  test_dead_taps();
  CHECK(n_kinks * 4 < n_compared, "%zu of %zu points lie at a kink", n_kinks, n_compared);
  return checks_end();
}
