/*
 * models.c - model lines: the networks they make, the messages if they are wrong, names and initial
 * weights.
 */
#include "../support/learning.h"
#include "ink_look.h"

#include <math.h>

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
  expect_refused("liner(10)",
                 "column 1, 'liner': no such layer; there are linear, conv, bn, relu, ",
                 "the shape there is 1 x 28 x 28");
  expect_refused("linear(30) rleu linear(10)", "column 12, 'rleu'", "30 values");
  expect_refused("conv(8,3) conv(8,99)", "kernel must be a whole number from 1 to 63",
                 "8 x 26 x 26");
  expect_refused("conv(8,3) conv(8,40)",
                 "a kernel of 40 x 40 is larger than the picture with its padding, 26 x 26", "");
  expect_refused("linear(30) conv(8,3)", "'conv': it needs pictures, but gets a vector",
                 "30 values");
  expect_refused("maxpool(2,2,2) linear(10)", "pad must be at most half of the kernel", "");
  expect_refused("residual(conv(2,3,1,1) | ) linear(10)", "must end in the same shape", "");
  expect_refused("residual(conv(2,3,1,1)) linear(10)", "'|' was expected", "");
  expect_refused("sequence(linear(10)", "')' is missing", "");
  expect_refused("linear(10) | relu", "'|': a layer's name was expected", "");
  expect_refused("split linear(10)", "nothing to train before it", "");
  expect_refused("linear(10) split", "nothing to train after", "");
  expect_refused("rgb linear(10)", "after rgb a conv is expected", "3 x 28 x 28");
  expect_refused(
      "sequence(sequence(sequence(sequence(sequence(sequence(sequence(sequence(relu))))))))",
      "too many sequences within each other", "");
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
    CHECK(strcmp(model->tensors[t]->name, names[t]) == 0, "%s: tensor %zu is '%s', not '%s'", line,
          t, model->tensors[t]->name, names[t]);
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
  const char *cnn[] = {"0.weight", "0.bias", "3.weight", "3.bias",
                       "7.weight", "7.bias", "9.weight", "9.bias"};
  const char *residual[] = {"0.0.0.weight", "0.0.0.bias", "0.1.0.weight",
                            "0.1.0.bias",   "2.weight",   "2.bias"};
  expect_names("cnn", cnn, 8);
  expect_names("residual(conv(2,3,1,1) relu | conv(2,1)) linear(10)", residual, 6);
  expect_names("flatten linear(10)", flattened,
               2); /* as in nn.Sequential(nn.Flatten(), nn.Linear(...)) */
}

/* torchvision's names in the body, fastai's in the head: 132 entries in PyTorch's order. */
static void test_resnet_names(void)
{
  static const char *const norm[] = {"weight", "bias", "running_mean", "running_var",
                                     "num_batches_tracked"};
  char text[132][INK_NAME_MAX];
  const char *names[132];
  size_t n = 0;
#define NORM(path)                                                                                 \
  for (int norm_i = 0; norm_i < 5; norm_i++)                                                       \
  snprintf(text[n++], INK_NAME_MAX, "%s.%s", path, norm[norm_i])
  snprintf(text[n++], INK_NAME_MAX, "0.0.weight");
  NORM("0.1");
  for (int stage = 4; stage < 8; stage++)
    for (int block = 0; block < 2; block++) {
      const char *const parts[] = {"conv1", "bn1", "conv2", "bn2", "downsample.0", "downsample.1"};
      for (int part = 0; part < (stage > 4 && block == 0 ? 6 : 4); part++) {
        char path[INK_NAME_MAX / 2];
        snprintf(path, sizeof path, "0.%d.%d.%s", stage, block, parts[part]);
        if (part % 2)
          NORM(path);
        else
          snprintf(text[n++], INK_NAME_MAX, "%s.weight", path);
      }
    }
  NORM("1.2");
  snprintf(text[n++], INK_NAME_MAX, "1.4.weight");
  NORM("1.6");
  snprintf(text[n++], INK_NAME_MAX, "1.8.weight");
#undef NORM
  CHECK(n == 132, "%zu names", n);
  for (size_t i = 0; i < n; i++)
    names[i] = text[i];
  expect_names("resnet18", names, n);
}

/* ---- resolved layers ---- */

typedef struct layers_text {
  char bytes[4096];
  size_t len;
} layers_text;

static void keep_text(void *context, const char *bytes, size_t len)
{
  layers_text *t = context;
  const size_t fits = ink_min_size(len, sizeof t->bytes - 1 - t->len);
  memcpy(t->bytes + t->len, bytes, fits);
  t->len += fits;
}

static void expect_layers(const char *line, const char *expected)
{
  ink_model *model;
  ink_error err;
  const ink_shape input = {.channels = 1, .height = 28, .width = 28};
  const ink_status status = ink_model_create(&model, line, input, 10, &err);
  CHECK(status == INK_OK, "%s: %s", line, status ? err.text : "");
  if (status != INK_OK)
    return;
  layers_text t = {{0}, 0};
  ink_model_write_layers(model, keep_text, &t);
  CHECK(strcmp(t.bytes, expected) == 0, "%s gives the layers\n%s\nnot\n%s", line, t.bytes,
        expected);
  ink_model_free(model);
}

#define FLATTEN                                                                                    \
  "[{\"type\":\"flatten\",\"input\":[1,28,28],\"output\":[784],\"group\":0,\"arguments\":{},"      \
  "\"tensors\":{}},"

static void test_resolved_layers(void)
{
  const char linear[] =
      FLATTEN "{\"type\":\"linear\",\"path\":\"\",\"input\":[784],\"output\":[10],\"group\":0,"
              "\"arguments\":{\"outputs\":10,\"bias\":1},"
              "\"tensors\":{\"weight\":[10,784],\"bias\":[10]}}]";
  expect_layers("linear", linear);
  expect_layers(" linear( bias = yes , outputs=classes ) ", linear);
  expect_layers(
      "linear(4,no) split sequence() bn(1e-3) linear(10,no)", FLATTEN
      "{\"type\":\"linear\",\"path\":\"0\",\"input\":[784],\"output\":[4],\"group\":0,"
      "\"arguments\":{\"outputs\":4,\"bias\":0},\"tensors\":{\"0.weight\":[4,784]}},"
      "{\"type\":\"sequence\",\"path\":\"1\",\"input\":[4],\"output\":[4],\"layers\":[]},"
      "{\"type\":\"bn\",\"path\":\"2\",\"input\":[4],\"output\":[4],\"group\":1,"
      "\"arguments\":{\"eps\":0.001,\"momentum\":0.1},\"tensors\":{\"2.weight\":[4],\"2.bias\":[4],"
      "\"2.running_mean\":[4],\"2.running_var\":[4],\"2.num_batches_tracked\":[]}},"
      "{\"type\":\"linear\",\"path\":\"3\",\"input\":[4],\"output\":[10],\"group\":1,"
      "\"arguments\":{\"outputs\":10,\"bias\":0},\"tensors\":{\"3.weight\":[10,4]}}]");
  expect_layers(
      "residual(maxpool(28) | avgpool(28)) conv(10,1) flatten",
      "[{\"type\":\"residual\",\"path\":\"0\",\"input\":[1,28,28],\"output\":[1,1,1],\"layers\":["
      "{\"type\":\"sequence\",\"path\":\"0.0\",\"input\":[1,28,28],\"output\":[1,1,1],\"layers\":["
      "{\"type\":\"maxpool\",\"path\":\"0.0.0\",\"input\":[1,28,28],\"output\":[1,1,1],\"group\":0,"
      "\"arguments\":{\"kernel\":28,\"stride\":28,\"pad\":0},\"tensors\":{}}]},"
      "{\"type\":\"sequence\",\"path\":\"0.1\",\"input\":[1,28,28],\"output\":[1,1,1],\"layers\":["
      "{\"type\":\"avgpool\",\"path\":\"0.1.0\",\"input\":[1,28,28],\"output\":[1,1,1],\"group\":0,"
      "\"arguments\":{\"kernel\":28,\"stride\":28,\"pad\":0},\"tensors\":{}}]}]},"
      "{\"type\":\"conv\",\"path\":\"1\",\"input\":[1,1,1],\"output\":[10,1,1],\"group\":0,"
      "\"arguments\":{\"filters\":10,\"kernel\":1,\"stride\":1,\"pad\":0,\"bias\":1},"
      "\"tensors\":{\"1.weight\":[10,1,1,1],\"1.bias\":[10]}},"
      "{\"type\":\"flatten\",\"path\":\"2\",\"input\":[10,1,1],\"output\":[10],\"group\":0,"
      "\"arguments\":{},\"tensors\":{}}]");
  expect_layers(
      "rgb conv(1,28) block(1) linear(classes,no)",
      "[{\"type\":\"rgb\",\"input\":[1,28,28],\"output\":[3,28,28],\"group\":0,\"arguments\":{},"
      "\"tensors\":{}},{\"type\":\"conv\",\"path\":\"0\",\"input\":[3,28,28],\"output\":[1,1,1]"
      ",\"group\":0,\"arguments\":{\"filters\":1,\"kernel\":28,\"stride\":1,\"pad\":0,\"bias\":1},"
      "\"tensors\":{\"0.weight\":[1,3,28,28],\"0.bias\":[1]}},{\"type\":\"block\",\"path\":\"1\""
      ",\"input\":[1,1,1],\"output\":[1,1,1],\"arguments\":{\"filters\":1,\"stride\":1},"
      "\"layers\":[{\"type\":\"sequence\",\"input\":[1,1,1],\"output\":[1,1,1]"
      ",\"layers\":[{\"type\":\"conv\",\"path\":\"1.conv1\",\"input\":[1,1,1],\"output\":[1,1,1]"
      ",\"group\":0,\"arguments\":{\"filters\":1,\"kernel\":3,\"stride\":1,\"pad\":1,\"bias\":0},"
      "\"tensors\":{\"1.conv1.weight\":[1,1,3,3]}},{\"type\":\"bn\",\"path\":\"1.bn1\""
      ",\"input\":[1,1,1],\"output\":[1,1,1],\"group\":0,\"arguments\":{\"eps\":1e-05"
      ",\"momentum\":0.1},\"tensors\":{\"1.bn1.weight\":[1],\"1.bn1.bias\":[1]"
      ",\"1.bn1.running_mean\":[1],\"1.bn1.running_var\":[1]"
      ",\"1.bn1.num_batches_tracked\":[]}},{\"type\":\"relu\",\"input\":[1,1,1]"
      ",\"output\":[1,1,1],\"group\":0,\"arguments\":{},\"tensors\":{}},{\"type\":\"conv\""
      ",\"path\":\"1.conv2\",\"input\":[1,1,1],\"output\":[1,1,1],\"group\":0"
      ",\"arguments\":{\"filters\":1,\"kernel\":3,\"stride\":1,\"pad\":1,\"bias\":0},"
      "\"tensors\":{\"1.conv2.weight\":[1,1,3,3]}},{\"type\":\"bn\",\"path\":\"1.bn2\""
      ",\"input\":[1,1,1],\"output\":[1,1,1],\"group\":0,\"arguments\":{\"eps\":1e-05"
      ",\"momentum\":0.1},\"tensors\":{\"1.bn2.weight\":[1],\"1.bn2.bias\":[1]"
      ",\"1.bn2.running_mean\":[1],\"1.bn2.running_var\":[1]"
      ",\"1.bn2.num_batches_tracked\":[]}}]},{\"type\":\"sequence\",\"input\":[1,1,1]"
      ",\"output\":[1,1,1],\"layers\":[]}]},{\"type\":\"flatten\",\"path\":\"2\",\"input\":[1,1,1]"
      ",\"output\":[1],\"group\":0,\"arguments\":{},\"tensors\":{}},{\"type\":\"linear\""
      ",\"path\":\"3\",\"input\":[1],\"output\":[10],\"group\":0,\"arguments\":{\"outputs\":10"
      ",\"bias\":0},\"tensors\":{\"3.weight\":[10,1]}}]");
}

/* ---- first values ---- */

typedef struct moments {
  double n, mean, square, most;
} moments;

static moments moments_of(const ink_tensor *tensor)
{
  moments m = {.n = (double)tensor->count};
  for (size_t i = 0; i < tensor->count; i++) {
    m.mean += tensor->value[i] / m.n;
    m.square += (double)tensor->value[i] * tensor->value[i] / m.n;
    m.most = fmax(m.most, fabs((double)tensor->value[i]));
  }
  return m;
}

/* A mean of n draws may differ by five of its standard deviations, deviation / sqrt(n). */
static void expect_uniform(const ink_tensor *t, double bound)
{
  const moments m = moments_of(t);
  CHECK(m.most <= bound && m.most > bound * (1 - 20 / m.n), "%s: the largest is %g, the bound %g",
        t->name, m.most, bound);
  CHECK(fabs(m.mean) < 5 * bound / sqrt(3 * m.n), "%s: mean %g", t->name, m.mean);
  CHECK(fabs(m.square - bound * bound / 3) < 5 * bound * bound * sqrt(4.0 / 45 / m.n),
        "%s: mean square %g, not %g", t->name, m.square, bound * bound / 3);
}

static void expect_normal(const ink_tensor *t, double deviation)
{
  const moments m = moments_of(t);
  double beyond =
      0; /* the share outside one deviation: .3173 of a normal, .4226 of a uniform distribution */
  for (size_t i = 0; i < t->count; i++)
    beyond += fabs((double)t->value[i]) > deviation;
  CHECK(fabs(m.mean) < 5 * deviation / sqrt(m.n), "%s: mean %g", t->name, m.mean);
  CHECK(fabs(m.square / deviation / deviation - 1) < 5 * sqrt(2 / m.n), "%s: deviation %g, not %g",
        t->name, sqrt(m.square), deviation);
  CHECK(fabs(beyond / m.n - 0.3173) < 5 * sqrt(0.3173 * 0.6827 / m.n),
        "%s: %g lie outside one deviation", t->name, beyond / m.n);
}

static void expect_all(const ink_tensor *t, float value)
{
  for (size_t i = 0; i < t->count; i++)
    CHECK(t->value[i] == value, "%s[%zu] is %g, not %g", t->name, i, (double)t->value[i],
          (double)value);
}

/* All norm layers have the same initial values, except the bias of a head. */
static void expect_norm(const ink_tensor *t, float bias)
{
  const bool variance = strstr(t->name, "running_var") != NULL;
  expect_all(t, t->role == INK_ROLE_NORM_WEIGHT || variance ? 1
                : t->role == INK_ROLE_NORM_BIAS             ? bias
                                                            : 0);
}

static size_t fan_in(const ink_tensor *t)
{
  return t->count / t->dims[0];
}

/*
 * PyTorch's initialisation: U(-b, b), b = 1 / sqrt(fan_in), for weights and biases, also in a
 * branch.
 */
static void test_pytorch_initialisation(const ink_dataset *data)
{
  ink_learner *learner =
      make_learner(data,
                   "model=conv(40,5,2) bn residual(conv(40,3,1,1) bn | conv(40,1,bias=no)) "
                   "linear(300) relu linear(classes)\nbatch=8\nseed=1",
                   NULL);
  const ink_model *model = ink_learner_model(learner);
  for (size_t i = 0; i < model->n_layers; i++)
    for (size_t t = 0; t < model->layers[i].n_tensors; t++) {
      const ink_tensor *tensor = &model->layers[i].tensors[t];
      if (tensor->role <= INK_ROLE_BIAS)
        expect_uniform(tensor, 1 / sqrt((double)fan_in(&model->layers[i].tensors[0])));
      else
        expect_norm(tensor, 0);
    }
  ink_learner_free(learner);
}

/*
 * torchvision's body: N(0, sqrt(2 / fan_out)); fastai's head: N(0, sqrt(2 / fan_in)), norm bias
 * .001.
 */
static void test_resnet_initialisation(const ink_dataset *data)
{
  ink_learner *learner = make_learner(data, "model=resnet18\nbatch=8\nseed=2", NULL);
  size_t normal = 0;
  for (size_t i = 0; i < ink_learner_model(learner)->n_tensors; i++) {
    const ink_tensor *t = ink_learner_model(learner)->tensors[i];
    const bool head = t->name[0] == '1';
    CHECK(t->role != INK_ROLE_BIAS, "%s: no conv or linear has a bias", t->name);
    if (t->role == INK_ROLE_WEIGHT) {
      const double fan_out = (double)(t->dims[0] * fan_in(t) / (t->n_dims > 1 ? t->dims[1] : 1));
      expect_normal(t, sqrt(2 / (head ? (double)fan_in(t) : fan_out)));
      normal++;
    } else {
      expect_norm(t, head ? 0.001f : 0);
    }
  }
  CHECK(normal == 22, "20 convs and 2 linears: %zu", normal);
  ink_learner_free(learner);
}

/* ---- three equal channels ---- */

/*
 * `rgb` on one channel gives the results of three equal channels, to rounding, and each third gets
 * the gradient.
 */
static void test_equal_channels(void)
{
  const ink_shape shapes[] = {{.channels = 1, .height = 6, .width = 6},
                              {.channels = 3, .height = 6, .width = 6}};
  enum { N = 9, OUT = 4 * 3 * 3, ALL = 2 * OUT * INK_LANES, PIXELS = 36 }; /* two blocks */
  float y[2][ALL], gradient[2][4 * 3 * 9];
  size_t inputs[2];
  for (int k = 0; k < 2; k++) {
    ink_model *model;
    ink_error err;
    CHECK(ink_model_create(&model, k ? "conv(4,3,2,1)" : "rgb conv(4,3,2,1)", shapes[k], 0, &err) ==
              INK_OK,
          "%s", err.text);
    ink_arena arena = {0};
    ink_model_plan(model, &arena, ink_kernels_at(0), N, false);
    void *memory = ink_alloc(arena.used);
    arena = (ink_arena){.base = memory, .capacity = arena.used};
    ink_model_plan(model, &arena, ink_kernels_at(0), N, false);
    float values[4 * 3 * 9 + 4];
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
      values[i] = (float)ink_random_normal(ink_random_stream(4, INK_FOR_TEST, 0), i);
    ink_tensor_import(model->tensors[0], values, model->tensors[0]->value);
    memcpy(model->tensors[1]->value, values + 108, 4 * sizeof *values);
    ink_model_touch(model);
    for (size_t i = 0; i < N; i++) {
      float x[3 * PIXELS];
      for (size_t p = 0; p < 3 * PIXELS; p++)
        x[p] = (float)ink_random_uniform(ink_random_stream(5, INK_FOR_TEST, i), p % PIXELS);
      ink_model_set_image(model, i, N, x);
    }
    ink_model_forward(model, N, true);
    for (size_t i = 0; i < ALL; i++) {
      const bool idle = i / (4 * INK_LANES) % 2 == 1 && i % INK_LANES > 0;
      y[k][i] = idle ? 0 : ink_model_logits(model)[i];
      ink_model_d_logits(model)[i] =
          idle ? 0 : (float)ink_random_normal(ink_random_stream(6, INK_FOR_TEST, 0), i);
    }
    ink_model_backward(model);
    ink_tensor_export(model->tensors[0], model->gradients, gradient[k]);
    inputs[k] = ink_shape_count(model->input);
    for (size_t f = 0; k == 0 && f < 4; f++)
      for (size_t c = 1; c < 3; c++)
        CHECK(memcmp(gradient[k] + 27 * f, gradient[k] + 27 * f + 9 * c, 9 * sizeof(float)) == 0,
              "filter %zu: slices 0 and %zu have the same gradient", f, c);
    ink_model_free(model);
    ink_free(memory);
  }
  for (size_t i = 0; i < ALL; i++)
    CHECK(fabsf(y[0][i] - y[1][i]) < 1e-5f * (1 + fabsf(y[1][i])), "output %zu: %g and %g", i,
          (double)y[0][i], (double)y[1][i]);
  for (size_t i = 0; i < 108; i++)
    CHECK(fabsf(gradient[0][i] - gradient[1][i]) < 1e-4f * (1 + fabsf(gradient[1][i])),
          "gradient %zu: %g and %g", i, (double)gradient[0][i], (double)gradient[1][i]);
  CHECK(3 * inputs[0] == inputs[1], "one channel is stored: %zu values", inputs[0]);
}

/*
 * With many sums of two branches, the work grows with the layers, not with the paths through them.
 */
static void test_many_sums(const ink_dataset *data)
{
  char text[2048] = "batch=2\nmodel=";
  for (int i = 0; i < 100; i++)
    strcat(text, "residual( | ) ");
  strcat(text, "linear(classes)");
  ink_learner *learner = make_learner(data, text, NULL);
  CHECK(ink_learner_model(learner)->n_layers == 102, "100 sums, a flatten and a linear: %zu layers",
        ink_learner_model(learner)->n_layers);
  ink_learner_free(learner);
}

static void fill(float *values, size_t count, uint64_t stream)
{
  for (size_t i = 0; values && i < count; i++)
    values[i] = (float)(1000 * ink_random_uniform(ink_random_stream(stream, INK_FOR_TEST, 9), i));
}

/* Every pass writes all that the next one reads, whatever activations and gradients held before. */
static void test_dirty_memory(const ink_dataset *data, const char *model)
{
  char text[512];
  snprintf(text, sizeof text, "batch=13\nepochs=1\nlr=0.01\nseed=6\noptimizer=adam\nmodel=%s",
           model);
  ink_learner *clean = make_learner(data, text, NULL), *dirty = make_learner(data, text, NULL);
  ink_event event;
  ink_error err;
  for (int i = 0; i < 3; i++) {
    const size_t lanes = ink_learner_model(dirty)->max_blocks * INK_LANES;
    for (size_t k = 0; k < ink_learner_model(dirty)->n_layers; k++) {
      const ink_layer *layer = &ink_learner_model(dirty)->layers[k];
      fill(layer->y, ink_shape_count(layer->out) * lanes, 2 * k);
      fill(layer->dy, ink_shape_count(layer->out) * lanes, 2 * k + 1);
    }
    ink_learner_advance(clean, &event, &err);
    ink_learner_advance(dirty, &event, &err);
    CHECK(memcmp(ink_learner_model(clean)->values, ink_learner_model(dirty)->values,
                 ink_learner_model(clean)->n_values * sizeof(float)) == 0,
          "%s: step %d reads what it has not written", model, i);
  }
  ink_learner_free(clean), ink_learner_free(dirty);
}

/*
 * Pictures of few pixels above 0 are read without filling x, and ink_model_fill_x fills it; dense
 * pictures are read from x.
 */
static void test_pixels(const ink_dataset *data)
{
  const char *text = "model=mlp\nbatch=16\nepochs=2\nlr=0.1";
  ink_learner *learner = make_learner(data, text, NULL);
  ink_event event;
  ink_error err;
  CHECK(ink_learner_model(learner)->pictures, "density %g is too much",
        ink_items_density(&data->train));
  const size_t lanes = ink_learner_model(learner)->max_blocks * INK_LANES;
  fill(ink_learner_model(learner)->x, INK_PIXELS * lanes, 0);
  do
    CHECK(ink_learner_advance(learner, &event, &err) == INK_OK, "%s", err.text);
  while (event.kind != INK_EVENT_DONE && event.kind != INK_EVENT_EPOCH);
  for (size_t i = 0; i < data->valid.count; i++) {
    const uint8_t *picture = data->valid.pixels + i * INK_PIXELS;
    float told[10], many[10], seen[INK_PIXELS];
    double want = exp((double)ink_learner_valid_logits(learner)[i * 10]), sum = 0;
    for (size_t c = 0; c < 10; c++)
      sum += exp((double)ink_learner_valid_logits(learner)[i * 10 + c]);
    ink_learner_predict(learner, picture, told);
    ink_model_fill_x(ink_learner_model(learner));
    CHECK(fabs(told[0] - want / sum) < 1e-6, "picture %zu: predicted %g, validated %g", i,
          (double)told[0], want / sum);
    for (size_t p = 0; p < INK_PIXELS; p++)
      CHECK(ink_learner_model(learner)->x[p * INK_LANES] == (float)picture[p] / 255.0f,
            "picture %zu: what it saw at %zu", i, p);
    ink_learner_predict_many(learner, &picture, 1, many);
    CHECK(memcmp(told, many, sizeof told) == 0, "picture %zu: one and many", i);
    fill(ink_learner_model(learner)->x, INK_PIXELS * lanes, 0);
    ink_learner_activations(learner, picture, 0, seen);
    for (size_t p = 0; p < INK_PIXELS; p++)
      CHECK(seen[p] == (float)picture[p] / 255.0f, "picture %zu: the first activations at %zu", i,
            p);
  }
  ink_learner_free(learner);
  ink_learner *single = make_learner(data, "model=linear\nbatch=16\nepochs=1", NULL);
  const uint8_t *pictures[20];
  static float features[20][INK_PIXELS];
  for (size_t i = 0; i < 20; i++)
    pictures[i] = data->train.pixels + i * INK_PIXELS;
  ink_learner_features(single, pictures, 20, features[0]);
  for (size_t i = 0; i < 20 * INK_PIXELS; i++)
    CHECK(features[i / INK_PIXELS][i % INK_PIXELS] == (float)data->train.pixels[i] / 255.0f,
          "feature %zu", i);
  ink_learner_free(single);

  ink_dataset *full = make_dataset(10, 20, 10);
  for (size_t i = 0; i < 20 * INK_PIXELS; i++)
    full->train.pixels[i] |= 1;
  CHECK(ink_items_density(&full->train) == 1 && ink_items_density(&data->train) < 0.4, "densities");
  ink_learner *dense = make_learner(full, text, NULL);
  CHECK(!ink_learner_model(dense)->pictures, "full pictures' pixels are read one by one");
  ink_learner_free(dense);
  ink_dataset_free(full);
}

int main(void)
{
  ink_dataset *data = make_dataset(10, 39, 10);
  test_lines();
  test_names();
  test_resnet_names();
  test_resolved_layers();
  test_pytorch_initialisation(data);
  test_resnet_initialisation(data);
  test_equal_channels();
  test_many_sums(data);
  test_dirty_memory(data, "rgb conv(16,7,2,3,bias=no) bn relu maxpool(3,2,1) block(16) block(32,2) "
                          "block(32) concatpool flatten bn dropout linear(classes)");
  test_dirty_memory(data, "conv(3,3,2) relu avgpool(3,2,1) residual(conv(5,1,2) | conv(5,3,2,1)) "
                          "adaptivemaxpool(2) relu linear(6) relu linear(classes)");
  test_dirty_memory(data, "mlp");
  test_pixels(data);
  test_dirty_memory(data, "cnn");
  ink_dataset_free(data);
  CHECK(ink_live_allocations() == 0, "%zu allocations are left", ink_live_allocations());
  return checks_end();
}
