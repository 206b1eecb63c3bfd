/*
 * limits.c - settings, model lines and archives at their limits and beyond: each is accepted, or
 * refused with a message that names the fault.
 */
#include "../../src/data/png.h"
#include "../../src/data/load/tar.h"
#include "../support/check.h"
#include "ink_learner.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- settings ---- */

static void check_refused(const char *text, const char *says)
{
  ink_settings settings;
  ink_error err = {0};
  CHECK(ink_settings_parse(&settings, text, &err) == INK_E_ARGUMENT && strstr(err.text, says),
        "'%s': %s", text, err.text);
}

static void check_accepted(const char *text)
{
  ink_settings settings;
  ink_error err = {0};
  CHECK(ink_settings_parse(&settings, text, &err) == INK_OK, "'%s': %s", text, err.text);
}

/* Numbers are read as the compiler reads them, bit for bit. */
static void test_decimals(void)
{
#define DECIMAL(number)                                                                            \
  {                                                                                                \
#number, number                                                                                \
  }
  static const struct {
    const char *text;
    double value;
  } right[] = {DECIMAL(0),
               DECIMAL(-0.),
               DECIMAL(1),
               DECIMAL(0.1),
               DECIMAL(.5),
               DECIMAL(5.),
               DECIMAL(1e22),
               DECIMAL(1e23),
               DECIMAL(1e-22),
               DECIMAL(1e-23),
               DECIMAL(123456789012345),
               DECIMAL(900719925474099),
               DECIMAL(9007199254740993.),
               DECIMAL(0.30000000000000004),
               DECIMAL(2.2250738585072014e-308),
               DECIMAL(4.9e-324),
               DECIMAL(1.7976931348623157e308),
               DECIMAL(1e308),
               DECIMAL(+3.5e+2),
               DECIMAL(-7.25e-3),
               DECIMAL(000012.500),
               DECIMAL(0.000001),
               DECIMAL(1E5),
               DECIMAL(1e05),
               DECIMAL(123e-5),
               DECIMAL(99999999999999999999.),
               DECIMAL(0.1e1),
               DECIMAL(1e0),
               DECIMAL(1e-0)};
#undef DECIMAL
  for (size_t i = 0; i < sizeof right / sizeof *right; i++) {
    const double read = ink_read_decimal(right[i].text);
    CHECK(memcmp(&read, &right[i].value, sizeof read) == 0, "'%s': %.17g, not %.17g", right[i].text,
          read, right[i].value);
  }
  static const char *const wrong[] = {"",    "+",     "-",   ".",   "e",  "e5", "1e",
                                      "1e+", "1.2.3", "--1", "1,5", "1 ", "0x"};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    CHECK(isnan(ink_read_decimal(wrong[i])), "'%s' is a number: %g", wrong[i],
          ink_read_decimal(wrong[i]));
}

/* A text that is no number is refused for every setting, with its name. */
static void test_no_numbers(void)
{
  static const char *const names[] = {"epochs",
                                      "batch",
                                      "lr",
                                      "momentum",
                                      "beta2",
                                      "eps",
                                      "weight_decay",
                                      "nesterov",
                                      "label_smoothing",
                                      "clip",
                                      "drop_last",
                                      "div",
                                      "div_final",
                                      "pct_start",
                                      "freeze_epochs",
                                      "unaugmented_epochs",
                                      "seed"};
  static const char *const values[] = {
      "",
      " ",
      "NaN",
      "nan",
      "Infinity",
      "inf",
      "-inf",
      "1e999",
      "-1",
      "-0.5",
      "1,5",
      "1 ",
      " 1",
      "1.2.3",
      "0x10",
      "1e",
      "e5",
      "+",
      "--1",
      "1;2",
      "undefined",
      "null",
      "[object Object]",
      "1_000",
      "\xef\xbc\x91",
      "<img src=x onerror=alert(1)>",
      "0000000000000000000000000000000000000000000000000000000000000000000001"};
  for (size_t n = 0; n < sizeof names / sizeof *names; n++)
    for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
      char text[160], says[64];
      snprintf(text, sizeof text, "%s=%s", names[n], values[v]);
      snprintf(says, sizeof says, "%s must be a ", names[n]);
      check_refused(text, says);
    }
}

static void test_settings(void)
{
  check_refused("epochs=0", "epochs must be a whole number from 1 to 10000, not '0'");
  check_refused("epochs=10001", "epochs must be");
  check_refused("epochs=1.5", "epochs must be a whole number");
  check_refused("epochs=1e308", "epochs must be");
  check_accepted("epochs=1e4");
  check_refused("batch=65537", "batch must be");
  check_refused("lr=0", "lr must be a number above 0 and up to 1000000");
  check_accepted("lr=1e-300");
  check_refused("lr=1e308", "lr must be");
  check_refused("lr=:", "lr must be");
  check_refused("lr=1:", "lr must be");
  check_refused("lr=1:2:3", "lr must be");
  check_refused("lr=0:1", "lr must be");
  check_refused("momentum=1", "momentum must be a number from 0 to below 1");
  check_accepted("momentum=0.999999");
  check_refused("seed=9007199254740992", "seed must be");
  check_accepted("seed=9007199254740991");
  check_refused("pct_start=1", "pct_start must be");
  check_refused("optimizer=SGD", "optimizer must be one of sgd, adam, adamw, fastai_adam, not 'SGD'");
  check_refused("optimizer=", "optimizer must be one of");
  check_refused("optimizer=0", "optimizer must be one of");
  check_refused("schedule=cosine", "schedule must be one of");
  check_refused("augment=yes", "augment must be");
  check_refused("__proto__=1", "there is no setting '__proto__'");
  check_refused("constructor", "there is no setting 'constructor'");
  check_refused("=1", "there is no setting ''");
  check_refused("Epochs=1", "there is no setting 'Epochs'");
  check_refused("epochs =1", "there is no setting 'epochs '");
  check_accepted("");
  check_accepted("\n\n\nepochs=3\n\n");
  check_accepted("epochs=3\nepochs=4");
}

/* Settings that are written are read again as the same. */
static void test_settings_text(void)
{
  static const char *const texts[] = {
      "",
      ("model=mlp\nlr=0.1:0.3\noptimizer=adamw\nschedule=fine_tune\naugment=fastai\nseed="
       "9007199254740991"),
      "lr=:1e-7\nclip=0.333333333333333333\nnesterov=1\ndrop_last=1"};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    ink_settings a, b;
    ink_error err = {0};
    char first[8192], second[8192];
    CHECK(ink_settings_parse(&a, texts[i], &err) == INK_OK, "%s", err.text);
    CHECK(ink_settings_write(&a, first, sizeof first) < sizeof first, "its length");
    CHECK(ink_settings_parse(&b, first, &err) == INK_OK, "%s", err.text);
    ink_settings_write(&b, second, sizeof second);
    CHECK(strcmp(first, second) == 0, "%s became %s", first, second);
    for (size_t size = 1; size < 64; size++) {
      char cut[64];
      memset(cut, 'x', sizeof cut);
      CHECK(ink_settings_write(&a, cut, size) == strlen(first), "the whole length is told");
      CHECK(strlen(cut) == size - 1 && (size == 64 || cut[size] == 'x'),
            "nothing is written behind %zu bytes", size);
    }
  }
}

/* ---- model lines ---- */

static const ink_shape PICTURE = {.channels = 1, .height = INK_SIDE, .width = INK_SIDE};

static void line(const char *text, const char *says)
{
  ink_model *model = NULL;
  ink_error err = {0};
  const ink_status status = ink_model_create(&model, text, PICTURE, 10, &err);
  if (says)
    CHECK(status == INK_E_MODEL && !model && strstr(err.text, says), "%.80s: %s", text, err.text);
  else
    CHECK(status == INK_OK && model, "%.80s: %s", text, err.text);
  ink_model_free(model);
}

/* Returns `item` repeated, followed by `end`. */
static void repeated(const char *item, size_t n, const char *end, const char *says)
{
  char *text = malloc(strlen(item) * n + strlen(end) + 1);
  text[0] = 0;
  char *to = text;
  for (size_t i = 0; i < n; i++)
    to += sprintf(to, "%s", item);
  sprintf(to, "%s", end);
  line(text, says);
  free(text);
}

static void test_lines(void)
{
  line("", "the model line is empty");
  line(" \t ", "the model line is empty");
  line("linear(1e9)", "outputs must be a whole number from 1 to 65536");
  line("linear(-1)", "outputs must be");
  line("linear(0)", "outputs must be");
  line("linear(1.5)", "outputs must be");
  line("linear(nan)", "outputs is no number");
  line("linear(1e999)", "outputs is no number");
  line("linear(0000000000000000000000000000010)", NULL);
  line("linear(00000000000000000000000000000010)",
       "outputs is no number"); /* 32 digits: one more than fits */
  line("linear()", "outputs is missing");
  line("linear(10", "a comma or ')' was expected");
  line("linear(10))", "column 11, ')': a layer's name was expected");
  line("linear(10 10)", "a comma or ')' was expected");
  line("linear(10,2)", "bias must be a whole number from 0 to 1");
  line("linear(10,1,1)", "no argument '1'; it takes outputs, bias");
  line("linear(outputs=10,outputs=10)", "outputs is given twice");
  line("linear(width=10)", "no argument 'width'; it takes outputs, bias");
  line("__proto__(10)", "column 1, '__proto__': no such layer");
  line("<img src=x onerror=alert(1)>", "column 1, '<': a layer's name was expected");
  line("linear(10)\nlr=5", "column 11, '\n': a layer's name was expected");
  line("conv(3,63)", "a kernel of 63 x 63 is larger than the picture");
  line("conv(0,3)", "filters must be");
  line("conv(3,3,0)", "stride must be");
  line("maxpool(3,1,2)", "pad must be at most half of the kernel");
  line("linear(10) conv(3,3)", "it needs pictures, but gets a vector");
  line("linear(11)", "must end in 10 values, one for each class, but ends in 11 values");
  line("residual(linear(5) | linear(6)) linear(10)", "");
  line("residual(relu linear(10)", "'|' was expected");
  line("split linear(10)", "there is nothing to train before it");
  line("linear(10) split", "there is nothing to train after the last split");
  line("rgb relu", "after rgb a conv is expected");
  repeated("relu ", 510, "linear(10)", NULL);
  repeated("relu ", 600, "linear(10)", "too many layers");
  repeated("relu ", 900, "linear(10)", "4510 bytes; 4095 is the limit");
  repeated("sequence(", 9, "relu", "too many sequences within each other");
  repeated("sequence(", 4000, "", "limit");
  repeated("residual(", 100, "", "too many sequences within each other");
}

/* Products that do not fit 32 bits; in WebAssembly they would wrap to a small number. */
static void test_sizes(void)
{
  line("conv(16384,1) conv(16384,63,pad=31) linear(10)", "more than 268435456 parameters");
  line("linear(65536) linear(65536) linear(10)", "more than 268435456 parameters");
  repeated("conv(1,1,1,63) ", 40, "linear(10)", "puts out more than 16777216 values");
  line("conv(16384,1,pad=63) linear(10)", "puts out more than 16777216 values");
  repeated("concatpool ", 30, "linear(10)", "puts out more than 16777216 values");
  line("conv(4096,1) adaptiveavgpool linear(10)", NULL);
}

/*
 * Batch times layer: a size that cannot be addressed is refused, and never wraps to a small number
 * in 32 bits. `bytes`: the least size, in every build.
 */
static void planned(const char *model, size_t batch, double bytes)
{
  static const ink_dataset dataset = {
      .n_classes = 10, .train = {.count = 65536}, .valid = {.count = 10}};
  ink_settings settings;
  ink_error err = {0};
  char text[256];
  snprintf(text, sizeof text, "model=%s\nbatch=%zu", model, batch);
  CHECK(ink_settings_parse(&settings, text, &err) == INK_OK, "%s", err.text);
  size_t counted = 0;
  const ink_status status = ink_learner_bytes(&dataset, &settings, NULL, &counted, &err);
  if (status == INK_OK)
    CHECK((double)counted >= bytes, "%s at batch %zu: %.0f bytes are needed, %zu are planned",
          model, batch, bytes, counted);
  else
    CHECK(status == INK_E_MEMORY && strstr(err.text, "more memory than can be addressed"), "%s: %s",
          model, err.text);
  CHECK(status == INK_OK || bytes > 0x1p30, "%s at batch %zu was refused", model, batch);
}

static void test_plans(void)
{
  planned("linear(65536) linear(10)", 65536, 65536. * 65536 * 4); /* 2^32 values: 0 in 32 bits */
  planned("conv(1024,1) relu maxpool(2) linear(10)", 65536, 1024. * 784 * 65536 * 4);
  planned("conv(16,5,pad=2) dropout linear(10)", 65536, 16. * 784 * 65536 * 9);
  planned("conv(1,63,pad=31) linear(10)", 65536, 784. * 65536 * 4);
  planned("conv(16,1) conv(16,3,pad=1) avgpool(28) linear(10)", 65536, 32. * 784 * 65536 * 4);
  planned("conv(8,1) bn conv(8,7,7) linear(10)", 65536, 8. * 784 * 65536 * 4);
  planned("conv(64,1) adaptivemaxpool(28) avgpool(28) linear(10)", 65536, 128. * 784 * 65536 * 4);
  planned("residual(conv(8,1) | conv(8,1)) linear(10)", 65536, 16. * 784 * 65536 * 4);
  planned("linear(10)", 65536, 794. * 4 + 65536 * 10 * 4);
  for (size_t batch = 1; batch <= 65536; batch *= 2)
    for (size_t filters = 1; filters <= 16384; filters *= 4) {
      char model[64];
      snprintf(model, sizeof model, "conv(%zu,1) concatpool linear(10)", filters);
      planned(model, batch, (double)filters * 784 * (double)batch * 4);
    }
  CHECK(INK_PRODUCT(SIZE_MAX / 2, 2) == SIZE_MAX - 1 &&
            INK_PRODUCT(SIZE_MAX / 2 + 1, 2) == SIZE_MAX,
        "products");
  CHECK(INK_PRODUCT(SIZE_MAX, SIZE_MAX, 1) == SIZE_MAX && INK_PRODUCT(0, 5) == 0, "products");
  CHECK(ink_sum(SIZE_MAX - 1, 1) == SIZE_MAX && ink_sum(SIZE_MAX, 1) == SIZE_MAX, "sums");
  ink_arena arena = {0};
  ink_arena_alloc(&arena, SIZE_MAX / 2 - 3, 1);
  CHECK(!arena.overflow && arena.used == SIZE_MAX / 2 + 1, "half of what can be addressed");
  ink_arena_alloc(&arena, 1, 1);
  CHECK(arena.overflow, "and no byte more");
}

/* ---- archives ---- */

static ink_status take(void *context, const char *path, const uint8_t *bytes, size_t len,
                       ink_error *err)
{
  (void)context, (void)path, (void)bytes, (void)len, (void)err;
  return INK_OK;
}

static ink_status pass(void *context, const char *path, const char *reason, ink_error *err)
{
  (void)context, (void)path, (void)reason, (void)err;
  return INK_OK;
}

/* Writes a header of a file with so many bytes, in 11 octal digits. */
static void make_header(uint8_t head[INK_TAR_BLOCK], const char *size)
{
  memset(head, 0, INK_TAR_BLOCK);
  memcpy(head, "a", 1);
  memcpy(head + 124, size, 11);
  memset(head + 148, ' ', 8);
  head[156] = '0';
  unsigned sum = 0;
  for (size_t i = 0; i < INK_TAR_BLOCK; i++)
    sum += head[i];
  snprintf((char *)head + 148, 8, "%06o", sum);
}

static void test_entries(void)
{
  uint8_t head[INK_TAR_BLOCK];
  make_header(head, "00000000000");
  ink_tar *tar = calloc(1, sizeof *tar);
  tar->user = (ink_tar_callbacks){NULL, take, pass};
  ink_error err = {0};
  tar->entries = 2 * (uint64_t)INK_ITEMS_MAX - 1;
  CHECK(ink_tar_push(tar, head, sizeof head, &err) == INK_OK, "the last one: %s", err.text);
  CHECK(ink_tar_push(tar, head, sizeof head, &err) == INK_E_DATA &&
            strstr(err.text, "more than 8000000 entries"),
        "one more: %s", err.text);
  ink_tar_release(tar);
  free(tar);
}

/* A model without memory for its layers, at every allocation. */
static void test_no_memory(void)
{
  static const char text[] = "relu relu relu relu relu relu relu relu relu relu linear(10)";
  ink_status status = INK_E_MEMORY;
  long n = 0;
  for (; status == INK_E_MEMORY && n < 20; n++) {
    ink_model *model;
    ink_error err = {0};
    ink_fail_allocation_after = n;
    status = ink_model_create(&model, text, PICTURE, 10, &err);
    ink_fail_allocation_after = -1;
    if (status == INK_OK)
      ink_model_free(model);
    CHECK(status == INK_OK || (status == INK_E_MEMORY && strstr(err.text, "not enough memory")),
          "%ld: %s", n, err.text);
  }
  CHECK(status == INK_OK && n > 3, "the model, the layers twice, the values: %ld allocations",
        n - 1);
}

/* A file that comes in two pieces is collected, if there is memory. */
static void test_collected(void)
{
  uint8_t head[INK_TAR_BLOCK];
  make_header(head, "00000000002");
  ink_tar *tar = calloc(1, sizeof *tar);
  tar->user = (ink_tar_callbacks){NULL, take, pass};
  ink_error err = {0};
  CHECK(ink_tar_push(tar, head, sizeof head, &err) == INK_OK, "%s", err.text);
  ink_fail_allocation_after = 0;
  CHECK(ink_tar_push(tar, (const uint8_t *)"x", 1, &err) == INK_E_MEMORY &&
            strstr(err.text, "not enough memory for a (2 bytes)"),
        "%s", err.text);
  ink_fail_allocation_after = -1;
  ink_tar_release(tar);
  free(tar);
}

/* More bytes than the limit of a picture are refused before they are parsed. */
static void test_png_size(void)
{
  const uint8_t none[16] = {0}; /* enough to decide the kind of a file */
  ink_png png;
  ink_error err = {0};
  CHECK(ink_png_read(&png, none, (size_t)INK_FILE_MAX + 1, &err) == INK_E_DATA &&
            strstr(err.text, "is the limit"),
        "%s", err.text);
  CHECK(ink_png_read(&png, none, INK_FILE_MAX, &err) == INK_E_DATA && strstr(err.text, "not a PNG"),
        "%s", err.text);
}

int main(void)
{
  test_decimals();
  test_no_numbers();
  test_settings();
  test_settings_text();
  test_lines();
  test_sizes();
  test_plans();
  test_no_memory();
  test_entries();
  test_collected();
  test_png_size();
  CHECK(ink_live_allocations() == 0, "%zu allocations are left", ink_live_allocations());
  return checks_end();
}
