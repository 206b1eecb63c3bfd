/*
 * layers.c - layers against central differences, model lines, first weights, and the learner:
 * same seed same bits, nothing allocated in a step, what happens when the loss is lost.
 */
#include "check.h"
#include "ink_learner.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- a model with memory of its own ---- */

typedef struct rig {
  ink_model *model;
  void *memory;
} rig;

/* A shortcut: the relu at `at` becomes the sum of the layer before it and of layer `other`. */
typedef struct shortcut {
  size_t at; /* 0: none */
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
  ink_arena arena = {0};
  ink_model_plan(r.model, &arena, kernels, batch, input_gradient);
  arena = (ink_arena){.base = r.memory = ink_alloc(arena.used), .capacity = arena.used};
  ink_model_plan(r.model, &arena, kernels, batch, input_gradient);
  CHECK(!arena.overflow && arena.used == arena.capacity, "%s: both plans take the same", line);
  ink_model_initialise(r.model, 1);
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
 * f is linear in each value alone except where a relu turns: there the second difference is not
 * zero, and the point says nothing.
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
  /* float32 forward passes: sums of about 1 are good to 1e-6, their difference over 2h to 1e-4. */
  CHECK(fabs(want - got) < 1e-3 * (1 + fabs(want)), "%s, n = %zu: gradient of %s[%zu]: want %g got %g",
        line, n, what, i, want, got);
}

/* Where nobody asks for the input's gradient, the parameters' are the same to the bit. */
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
    const size_t c = feature / (input.height * input.width), p = feature % (input.height * input.width);
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

/* ---- model lines ---- */

static void expect_refused(const char *line, const char *a, const char *b)
{
  ink_model *model = NULL;
  ink_error err = {0};
  const ink_shape input = {.channels = 1, .height = 28, .width = 28};
  const ink_status status = ink_model_create(&model, line, input, 10, &err);
  CHECK(status == INK_E_MODEL, "'%.60s' gives status %d", line, (int)status);
  CHECK(strstr(err.text, a) && strstr(err.text, b), "'%.60s' says: %s", line, err.text);
}

static void test_lines(void)
{
  expect_refused("", "is empty", "linear(30)");
  expect_refused("liner(10)", "column 1, 'liner': no such layer; there are linear, conv, bn, relu, ", "the shape there is 1 x 28 x 28");
  expect_refused("linear(30) rleu linear(10)", "column 12, 'rleu'", "30 values");
  expect_refused("conv(8,3) conv(8,99)", "kernel must be a whole number from 1 to 63", "8 x 26 x 26");
  expect_refused("conv(8,3) conv(8,40)", "a kernel of 40 x 40 is larger than the picture with its padding, 26 x 26", "");
  expect_refused("linear(30) conv(8,3)", "'conv': it needs pictures, but gets a vector", "30 values");
  expect_refused("maxpool(2,2,2) linear(10)", "pad must be at most half of the kernel", "");
  expect_refused("residual(conv(2,3,1,1) | ) linear(10)", "must end in the same shape", "");
  expect_refused("residual(conv(2,3,1,1)) linear(10)", "'|' was expected", "");
  expect_refused("sequence(linear(10)", "')' is missing", "");
  expect_refused("linear(10) | relu", "'|': a layer's name was expected", "");
  expect_refused("split linear(10)", "nothing to train before it", "");
  expect_refused("linear(10) split", "nothing to train after", "");
  expect_refused("rgb linear(10)", "after rgb a conv is expected", "3 x 28 x 28");
  expect_refused("sequence(sequence(sequence(sequence(sequence(sequence(sequence(sequence(relu))))))))", "too many sequences within each other", "");
  expect_refused("relu linear", "column 6, 'linear': outputs is missing", "");
  expect_refused("linear()", "outputs is missing", "");
  expect_refused("linear(0)", "outputs must be a whole number from 1 to 65536, not 0", "");
  expect_refused("linear(1.5)", "whole number", "not 1.5");
  expect_refused("linear(-3)", "from 1", "not -3");
  expect_refused("linear(1e9)", "to 65536", "");
  expect_refused("linear(nan)", "outputs is no number", "");
  expect_refused("linear(0x10)", "a comma or ')' was expected", "");
  expect_refused("linear(10, outputs=10)", "outputs is given twice", "");
  expect_refused("linear(10, 1, 2)", "no argument '2'; it takes outputs, bias", "");
  expect_refused("linear(10, size=3)", "no argument 'size'", "outputs, bias");
  expect_refused("linear(10", "a comma or ')' was expected", "");
  expect_refused("linear(10 20)", "a comma or ')' was expected", "");
  expect_refused("linear(10) )", "column 12, ')': a layer's name was expected", "10 values");
  expect_refused("relu(3)", "no argument '3'; it takes none", "");
  expect_refused("linear(30)", "must end in 10 values", "ends in 30 values");
  expect_refused("relu", "must end in 10 values", "1 x 28 x 28");
  expect_refused("linear(10)\nrelu", "column 11", "");
  expect_refused("<img src=x onerror=alert(1)>", "column 1, '<'", "");
  char many[INK_LINE_MAX + 10];
  memset(many, 'x', sizeof many - 1);
  many[sizeof many - 1] = 0;
  expect_refused(many, "4105 bytes; 4095 is the limit", "");
  memset(many, 0, sizeof many);
  for (int i = 0; i < 600; i++)
    strcat(many, "relu ");
  expect_refused(many, "too many layers", "");
}

static void expect_names(const char *line, const char *const *names, size_t count)
{
  ink_model *model;
  ink_error err;
  const ink_shape input = {.channels = 1, .height = 28, .width = 28};
  const ink_status status = ink_model_create(&model, line, input, 10, &err);
  CHECK(status == INK_OK, "%s: %s", line, status ? err.text : "");
  if (status != INK_OK)
    return;
  CHECK(model->n_tensors == count, "%s has %zu tensors", line, model->n_tensors);
  for (size_t t = 0; t < count && t < model->n_tensors; t++)
    CHECK(strcmp(model->tensors[t]->name, names[t]) == 0, "%s: tensor %zu is '%s', not '%s'", line, t, model->tensors[t]->name, names[t]);
  ink_model_free(model);
}

static void test_names(void)
{
  const char *linear[] = {"weight", "bias"}, *mlp[] = {"0.weight", "0.bias", "2.weight", "2.bias"};
  const char *no_bias[] = {"0.weight", "2.weight"}, *flattened[] = {"1.weight", "1.bias"};
  expect_names("linear", linear, 2);
  expect_names("  linear(classes)  ", linear, 2);
  expect_names("mlp", mlp, 4);
  expect_names("linear(outputs = 5, bias=no) relu linear(10, bias=no)", no_bias, 2);
  const char *cnn[] = {"0.weight", "0.bias", "3.weight", "3.bias", "7.weight", "7.bias", "9.weight", "9.bias"};
  const char *residual[] = {"0.0.0.weight", "0.0.0.bias", "0.1.0.weight", "0.1.0.bias", "2.weight", "2.bias"};
  expect_names("cnn", cnn, 8);
  expect_names("residual(conv(2,3,1,1) relu | conv(2,1)) linear(10)", residual, 6);
  expect_names("flatten linear(10)", flattened, 2); /* as in nn.Sequential(nn.Flatten(), nn.Linear(...)) */
}

/* PyTorch's default: U(-b, b) with b = 1 / sqrt(inputs), for weights and biases: variance b^2 / 3. */
static void test_initialisation(void)
{
  const ink_shape input = {.channels = 1, .height = 28, .width = 28};
  const rig r = rig_make("linear(300) relu linear(10)", (shortcut){0}, input, ink_kernels_at(0), 8, false);
  const double inputs[] = {784, 784, 300, 300};
  for (size_t t = 0; t < 4; t++) {
    const ink_tensor *tensor = r.model->tensors[t];
    const double b = 1 / sqrt(inputs[t]), n = (double)tensor->count;
    double sum = 0, squares = 0, most = 0;
    for (size_t i = 0; i < tensor->count; i++) {
      sum += tensor->value[i];
      squares += (double)tensor->value[i] * tensor->value[i];
      most = fmax(most, fabs(tensor->value[i]));
    }
    CHECK(most <= b, "%s: %g is beyond %g", tensor->name, most, b);
    /* five standard deviations of the mean, and of the mean square */
    CHECK(fabs(sum / n) < 5 * b / sqrt(3 * n), "%s: mean %g", tensor->name, sum / n);
    CHECK(fabs(squares / n - b * b / 3) < 5 * b * b * sqrt(4.0 / 45 / n), "%s: mean square %g, not %g", tensor->name, squares / n, b * b / 3);
  }
  rig_free(r);
}

/* ---- the learner ---- */

static ink_dataset *make_dataset(size_t train, size_t valid)
{
  ink_dataset *d = ink_alloc(sizeof *d);
  d->n_classes = 3;
  ink_items *splits[] = {&d->train, &d->valid};
  const size_t counts[] = {train, valid};
  for (size_t s = 0; s < 2; s++) {
    splits[s]->count = counts[s];
    splits[s]->pixels = ink_alloc(counts[s] * INK_PIXELS);
    splits[s]->labels = ink_alloc(counts[s]);
    for (size_t i = 0; i < counts[s]; i++) {
      splits[s]->labels[i] = (uint8_t)(i % 3);
      for (size_t p = 0; p < INK_PIXELS; p++)
        splits[s]->pixels[i * INK_PIXELS + p] = (uint8_t)(p / 262 == i % 3 ? 100 + (i * 31 + p * 7) % 156 : (i + p) % 60);
    }
  }
  return d;
}

static ink_learner *make_learner(const ink_dataset *dataset, const char *text, const ink_kernels *kernels)
{
  ink_settings settings;
  ink_learner *learner = NULL;
  ink_error err;
  ink_status status = ink_settings_parse(&settings, text, &err);
  if (status == INK_OK)
    status = ink_learner_create(&learner, dataset, &settings, kernels, &err);
  CHECK(status == INK_OK, "%s: %s", text, status ? err.text : "");
  if (status != INK_OK)
    exit(checks_end());
  return learner;
}

static double last_loss, last_accuracy;

/* To the end; a prediction after each step where asked. */
static ink_status run(ink_learner *learner, bool predict, ink_error *err)
{
  ink_event event = {0};
  while (event.kind != INK_EVENT_DONE) {
    INK_TRY(ink_learner_advance(learner, &event, err));
    if (event.kind == INK_EVENT_EPOCH) {
      last_loss = event.valid_loss;
      last_accuracy = event.accuracy;
    }
    float probabilities[INK_MAX_CLASSES];
    if (predict)
      ink_learner_predict(learner, learner->dataset->valid.pixels, probabilities);
  }
  return INK_OK;
}

static void test_learner(const ink_kernels *kernels)
{
  ink_dataset *data = make_dataset(37, 19);
  const char *texts[] = {"model=mlp\nepochs=4\nbatch=10\nlr=0.5\nmomentum=0.9\nseed=3\n",
                         "model=mlp\nepochs=4\nbatch=10\nlr=0.5\nmomentum=0.9\nseed=4\n"};
  ink_learner *a = make_learner(data, texts[0], kernels), *b = make_learner(data, texts[0], kernels);
  ink_learner *c = make_learner(data, texts[1], kernels);
  ink_error err;
  const size_t before = ink_total_allocations();
  run(a, false, &err);
  CHECK(ink_total_allocations() == before, "training allocated %zu times", ink_total_allocations() - before);
  CHECK(last_accuracy == 1, "three stripes are learnt: accuracy %g, loss %g", last_accuracy, last_loss);
  run(b, true, &err);
  run(c, false, &err);
  const size_t bytes = a->model->n_values * sizeof(float);
  CHECK(memcmp(a->model->values, b->model->values, bytes) == 0, "same seed, same bits, whatever is predicted in between");
  CHECK(memcmp(a->model->values, c->model->values, bytes) != 0, "another seed is another run");
  CHECK(a->step == 16 && a->epoch == 4, "4 epochs of 4 steps: %d steps", (int)a->step);
  size_t total = 0, right = 0;
  for (size_t i = 0; i < 9; i++) {
    total += a->confusion[i];
    right += i % 4 == 0 ? a->confusion[i] : 0;
  }
  CHECK(total == 19 && right == 19, "confusion counts %zu, %zu right", total, right);
  float p[3], sum = 0;
  ink_learner_predict(a, data->valid.pixels, p);
  for (int i = 0; i < 3; i++)
    sum += p[i];
  CHECK(fabsf(sum - 1) < 1e-6f && p[0] > 0.5f, "probabilities %g %g %g", (double)p[0], (double)p[1], (double)p[2]);
  ink_learner_free(a), ink_learner_free(b), ink_learner_free(c);
  ink_dataset_free(data);
}

/* fine_tune: frozen weights stay bit-equal, norm layers train; the finder leaves no trace. */
static void test_schedules(const ink_kernels *kernels)
{
  ink_dataset *data = make_dataset(40, 12);
  const char *text = "model=conv(4,5,3,bias=no) bn relu split linear(classes)\nbatch=8\nepochs=2\nlr=0.05\n"
                     "optimizer=fastai_adam\nschedule=fine_tune\naugment=fastai\nlabel_smoothing=0.1\nclip=5\nseed=9";
  ink_learner *a = make_learner(data, text, kernels), *b = make_learner(data, text, kernels);
  const ink_tensor *conv = a->model->tensors[0], *norm = a->model->tensors[1];
  const float conv_before = conv->value[7], norm_before = norm->value[2];
  ink_error err;
  ink_event event;
  for (int i = 0; i < 5; i++)
    ink_learner_advance(a, &event, &err);
  CHECK(event.kind == INK_EVENT_STEP && event.epochs == 3, "five steps of three epochs");
  CHECK(conv->value[7] == conv_before, "a frozen weight stays");
  CHECK(norm->value[2] != norm_before, "a frozen group's norm layer trains");
  const size_t before = ink_total_allocations();
  run(a, false, &err);
  CHECK(ink_total_allocations() == before, "no step allocates");
  CHECK(conv->value[7] != conv_before, "after unfreezing it trains");
  CHECK(a->epoch == 3, "%zu epochs", a->epoch);

  double lr = 0, smooth = 0, last = 0;
  bool done = false;
  size_t steps = 0;
  CHECK(ink_learner_find_begin(b, 1e-7, 10, 30, &err) == INK_OK, "the finder starts");
  for (; !done; steps++) {
    last = lr;
    ink_learner_find_step(b, &lr, &smooth, &done);
    CHECK(lr > last, "rates rise");
  }
  CHECK(steps > 6 && steps <= 30 && fabs(lr - 1e-7 * pow(1e8, (double)(steps - 1) / 30)) < 1e-9 * lr, "%zu steps to %g", steps, lr);
  ink_learner_find_end(b);
  run(b, false, &err);
  CHECK(memcmp(a->model->values, b->model->values, a->model->n_values * sizeof(float)) == 0,
        "a sweep before it changes no bit of the run");
  CHECK(ink_learner_find_begin(b, 1, 0.1, 30, &err) == INK_E_ARGUMENT, "start above end");
  ink_learner_free(a), ink_learner_free(b);

  ink_settings settings;
  ink_learner *one = NULL;
  ink_settings_parse(&settings, "model=linear(4) bn linear(classes)\nbatch=13", &err); /* 40 = 3 * 13 + 1 */
  CHECK(ink_learner_create(&one, data, &settings, kernels, &err) == INK_E_ARGUMENT && strstr(err.text, "single picture"), "batch of one: %s", err.text);
  ink_settings_parse(&settings, "model=linear(4) bn linear(classes)\nbatch=13\ndrop_last=1", &err);
  CHECK(ink_learner_create(&one, data, &settings, kernels, &err) == INK_OK, "drop_last: %s", err.text);
  ink_learner_free(one);
  ink_dataset_free(data);
}

/* With weight decay 1 each step multiplies the weights by 1 - lr: the loss is soon lost. */
static void test_divergence(const ink_kernels *kernels)
{
  ink_dataset *data = make_dataset(64, 16);
  ink_learner *learner = make_learner(data, "model=mlp\nbatch=8\nlr=1e6\nweight_decay=1", kernels);
  ink_error err = {0};
  CHECK(run(learner, false, &err) == INK_E_DIVERGED, "it diverges: %s", err.text);
  CHECK(strstr(err.text, "no longer a finite number at step") && strstr(err.text, "learning rate 1e+06") && strstr(err.text, "group 0"),
        "it says: %s", err.text);
  for (size_t i = 0; i < learner->model->n_values; i++)
    CHECK(isfinite(learner->model->values[i]), "kept value %zu is %g", i, (double)learner->model->values[i]);
  ink_event event;
  CHECK(ink_learner_advance(learner, &event, &err) == INK_E_STATE, "it goes no further");
  ink_learner_free(learner);
  ink_dataset_free(data);
}

static void test_settings(void)
{
  const struct {
    const char *text, *says;
  } wrong[] = {
      {"lr=0", "lr must be a number above 0 and up to 1000000, not '0'"}, {"lr=-1", "lr must"}, {"lr=", "not ''"},
      {"lr=nan", "not 'nan'"}, {"lr=1e400", "lr must"}, {"lr=0,1", "not '0,1'"}, {"epochs=0", "from 1 to 10000"},
      {"epochs=1.5", "whole number"}, {"batch=65537", "to 65536"}, {"momentum=1", "to below 1"},
      {"seed=9007199254740992", "to 9007199254740991"}, {"speed=3", "there is no setting 'speed'"}, {"lr", "not ''"}, {"lr=1:", "not ''"}, {"lr=0:1", "not '0'"}, {"optimizer=sdg", "optimizer must be one of sgd, adam, adamw, fastai_adam, not 'sdg'"},
      {"schedule=", "one of constant"},
      {"augment=", "fastai,-flip,-warp (there are flip, rotate, zoom, warp, crop, lighting), not ''"}, {"augment=fastai,flip", "not 'fastai,flip'"},
      {"augment=fastai,-flip,", "augment must"}, {"augment=fastai,-turn", "augment must"}, {"augment=none,-flip", "augment must"},
      {"augment=fastai ,-flip", "augment must"}, {"augment=fast", "augment must"}, {"augment=63", "augment must"}, {"pct_start=1", "to below 1"}, {"eps=0", "above 0"},
  };
  ink_settings s;
  ink_error err;
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    CHECK(ink_settings_parse(&s, wrong[i].text, &err) == INK_E_ARGUMENT, "'%s' is taken", wrong[i].text);
    CHECK(strstr(err.text, wrong[i].says), "'%s' says: %s", wrong[i].text, err.text);
  }
  CHECK(ink_settings_parse(&s, "model=linear(5) relu\n\nlr=1e-3\nseed=9007199254740991", &err) == INK_OK && s.lr == 1e-3 &&
            s.seed == 9007199254740991.0 && strcmp(s.model, "linear(5) relu") == 0 && s.batch == 256,
        "good settings");
}

/* What is written reads back as the same. */
static void test_settings_text(void)
{
  const struct {
    const char *given, *written;
  } augments[] = {{"none", "none"}, {"fastai", "fastai"}, {"fastai_no_flip", "fastai,-flip"}, {"fastai,-warp,-flip,-warp", "fastai,-flip,-warp"},
                  {"fastai_no_flip,-lighting", "fastai,-flip,-lighting"}, {"fastai,-flip,-rotate,-zoom,-warp,-crop,-lighting", "fastai,-flip,-rotate,-zoom,-warp,-crop,-lighting"}};
  const char *rates[][2] = {{"0.1", "lr=0.10000000000000001\n"}, {"1e-06:0.0001", "lr=9.9999999999999995e-07:0.0001\n"}, {":0.5", "lr=:0.5\n"}};
  for (size_t i = 0; i < sizeof augments / sizeof *augments; i++) {
    char text[512], first[4096], second[4096], line[128];
    ink_settings s, again;
    ink_error err;
    snprintf(text, sizeof text, "model=linear(3) relu linear(classes)\nlr=%s\noptimizer=adamw\nschedule=one_cycle\nseed=7\naugment=%s", rates[i % 3][0], augments[i].given);
    CHECK(ink_settings_parse(&s, text, &err) == INK_OK, "%s", text);
    const size_t len = ink_settings_write(&s, first, sizeof first);
    snprintf(line, sizeof line, "\naugment=%s\n", augments[i].written);
    CHECK(len == strlen(first) && strstr(first, line) && strstr(first, rates[i % 3][1]), "%s is written as %s", text, first);
    CHECK(ink_settings_parse(&again, first, &err) == INK_OK && ink_settings_write(&again, second, sizeof second) == len && strcmp(first, second) == 0,
          "%s reads back as %s", first, second);
    CHECK(ink_settings_write(&s, first, 10) == len && strlen(first) == 9, "it is cut where the room ends");
  }
}

/* Each allocation fails once: a message, no leak; what was there is not touched. */
static void test_memory(void)
{
  ink_dataset *data = make_dataset(9, 9);
  const size_t live = ink_live_allocations();
  ink_settings settings;
  ink_error err;
  ink_settings_parse(&settings, "model=mlp", &err);
  ink_learner *learner = NULL;
  long n = 0;
  for (ink_status status = INK_E_MEMORY; status != INK_OK; n++) {
    ink_fail_allocation_after = n;
    status = ink_learner_create(&learner, data, &settings, NULL, &err);
    ink_fail_allocation_after = -1;
    CHECK(status == INK_OK || (status == INK_E_MEMORY && strstr(err.text, "not enough memory")), "allocation %ld: %s", n, err.text);
    CHECK(status == INK_OK || ink_live_allocations() == live, "allocation %ld leaks", n);
  }
  CHECK(n > 4, "%ld allocations were tried", n);
  size_t bytes = 0;
  CHECK(ink_learner_bytes(data, &settings, NULL, &bytes, &err) == INK_OK && bytes > 23860 * 8, "bytes %zu", bytes);
  ink_learner_free(learner);
  ink_dataset_free(data);
  CHECK(ink_live_allocations() == 0, "%zu allocations are left", ink_live_allocations());
}

int main(void)
{
  const ink_shape picture = {.channels = 1, .height = 3, .width = 4}, three = {.channels = 3, .height = 2, .width = 2};
  const ink_shape vector = {.channels = 5, .height = 1, .width = 1, .flat = true};
  const ink_shape pixel = {.channels = 5, .height = 1, .width = 1};
  const shortcut none = {0};
  const size_t counts[] = {1, 7, 8, 9, 17};
  for (size_t v = 0; ink_kernels_at(v); v++) {
    for (size_t i = 0; i < 5; i++) {
      test_gradients("linear(6)", none, vector, counts[i], ink_kernels_at(v));
      test_gradients("linear(7, bias=no) relu linear(3)", none, picture, counts[i], ink_kernels_at(v));
      test_gradients("relu flatten relu linear(5)", none, three, counts[i], ink_kernels_at(v));
      test_gradients("relu", none, three, counts[i], ink_kernels_at(v));
      /* A gradient that a later layer has begun is added to: by relu, linear, flatten, the sum. */
      const char *residual = "linear(6) relu linear(6) relu linear(3)";
      test_gradients(residual, (shortcut){3, 0}, vector, counts[i], ink_kernels_at(v));
      test_gradients(residual, (shortcut){3, 1}, vector, counts[i], ink_kernels_at(v));
      test_gradients(residual, (shortcut){3, 2}, vector, counts[i], ink_kernels_at(v));
      test_gradients("linear(5) relu linear(3)", (shortcut){1, INK_FROM_INPUT}, vector, counts[i], ink_kernels_at(v));
      test_gradients("relu flatten linear(5) relu linear(3)", (shortcut){3, 0}, pixel, counts[i], ink_kernels_at(v));
      test_gradients("relu relu relu flatten linear(3)", (shortcut){2, 0}, three, counts[i], ink_kernels_at(v));
    }
    test_gradients("conv(4,3,1,1) relu conv(3,2,2)", none, (ink_shape){.channels = 2, .height = 5, .width = 4}, 9, ink_kernels_at(v));
    test_gradients("residual(conv(2,3,1,1) relu | ) avgpool(2,2,1) linear(3)", none, (ink_shape){.channels = 2, .height = 3, .width = 4}, 9, ink_kernels_at(v));
    test_gradients("residual(conv(3,1) | conv(3,3,1,1,bias=no)) adaptiveavgpool(2)", none, three, 17, ink_kernels_at(v));
    test_gradients("residual( | ) linear(2)", none, three, 3, ink_kernels_at(v));
    test_learner(ink_kernels_at(v));
    test_schedules(ink_kernels_at(v));
    test_divergence(ink_kernels_at(v));
  }
  CHECK(n_kinks * 4 < n_compared, "%zu of %zu points lie at a kink", n_kinks, n_compared);
  test_lines();
  test_names();
  test_initialisation();
  test_settings();
  test_settings_text();
  test_memory();
  return checks_end();
}
