/*
 * models.c - model lines: the networks they make, the messages if they are wrong, and the names of
 * tensors.
 */
#include "models_tests.h"

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
