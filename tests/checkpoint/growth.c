/*
 * growth.c - the work grows linearly with the size of hostile input. The readers are built so that
 * each block of their code counts when it runs (-fsanitize-coverage=trace-pc): twice the input may
 * need little more than twice the blocks. No time is measured.
 */
#include "../support/learning.h"

#include <stdarg.h>

static unsigned long blocks;

void __sanitizer_cov_trace_pc(void);
void __sanitizer_cov_trace_pc(void)
{
  blocks++;
}

/* A text that grows. */
static char *made;
static size_t made_len;

static void add(const char *format, ...) INK_PRINTF(1, 2);
static void add(const char *format, ...)
{
  va_list args;
  va_start(args, format);
  made_len += (size_t)vsprintf(made + made_len, format, args);
  va_end(args);
}

/* ---- headers of n parts ---- */

static void many_metadata(size_t n)
{
  add("{\"__metadata__\":{");
  for (size_t i = 0; i < n; i++)
    add("%s\"m%zu\":\"\"", i ? "," : "", i);
  add("}}");
}

static void many_tensors(size_t n)
{
  add("{");
  for (size_t i = 0; i < n; i++)
    add("%s\"t%zu\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}", i ? "," : "", i);
  add("}");
}

static void one_name_often(size_t n)
{
  add("{");
  for (size_t i = 0; i < n; i++)
    add("%s\"t\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}", i ? "," : "");
  add("}");
}

static void long_text(size_t n)
{
  add("{\"__metadata__\":{\"a\":\"");
  for (size_t i = 0; i < n; i++)
    add("\\u00e9");
  add("\"}}");
}

static void blanks(size_t n)
{
  add("{");
  for (size_t i = 0; i < n; i++)
    add(" \n");
  add("}");
}

static void brackets(size_t n)
{
  add("{\"a\":{\"shape\":");
  for (size_t i = 0; i < n; i++)
    add("[");
}

static void read_file(const ink_dataset *data)
{
  ink_learner *learner = NULL;
  ink_error err;
  uint8_t *bytes = malloc(8 + made_len);
  for (size_t i = 0; i < 8; i++)
    bytes[i] = (uint8_t)((uint64_t)made_len >> (8 * i));
  memcpy(bytes + 8, made, made_len);
  blocks = 0;
  CHECK(ink_checkpoint_read(&learner, data, bytes, 8 + made_len, NULL, &err) != INK_OK,
        "%.40s is refused", made);
  free(bytes);
}

/* ---- a model of n layers, found in a file of its own ---- */

static void read_model(const ink_dataset *data, size_t n)
{
  ink_learner *read = NULL;
  ink_error err;
  made_len = 0;
  add("batch=4\nmodel=");
  for (size_t i = 0; i < n; i++)
    add("linear(2) ");
  add("linear(classes)");
  ink_learner *learner = make_learner(data, made, NULL);
  const size_t len = ink_checkpoint_write(learner, false, NULL);
  uint8_t *bytes = malloc(len);
  ink_checkpoint_write(learner, false, bytes);
  blocks = 0;
  CHECK(ink_checkpoint_read(&read, data, bytes, len, NULL, &err) == INK_OK, "%s", err.text);
  free(bytes);
  ink_learner_free(learner), ink_learner_free(read);
}

/* ---- settings and model lines of n parts ---- */

static void one_setting_often(size_t n)
{
  for (size_t i = 0; i < n; i++)
    add("epochs=1\n");
}

static void long_number(size_t n)
{
  add("epochs=");
  for (size_t i = 0; i < n; i++)
    add("1");
}

static void many_parts(size_t n)
{
  add("augment=fastai");
  for (size_t i = 0; i < n; i++)
    add(",-flip");
}

static void long_name(size_t n)
{
  for (size_t i = 0; i < n; i++)
    add("x");
}

static void parse_settings(void)
{
  ink_settings settings;
  ink_error err;
  blocks = 0;
  ink_settings_parse(&settings, made, &err);
}

static const struct {
  const char *what;
  void (*make)(size_t n);
  size_t n;
  bool settings;
} cases[] = {
    {"metadata", many_metadata, 500, false},
    {"tensors", many_tensors, 4000, false},
    {"one name often", one_name_often, 4000, false},
    {"a long text", long_text, 100000, false},
    {"blanks", blanks, 100000, false},
    {"brackets", brackets, 100000, false},
    {"one setting often", one_setting_often, 4000, true},
    {"a long number", long_number, 100000, true},
    {"parts of augment", many_parts, 10000, true},
    {"a long name", long_name, 100000, true},
};

int main(void)
{
  ink_dataset *data = make_dataset(3, 20, 10);
  made = malloc(8000000);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    unsigned long cost[2];
    for (size_t k = 0; k < 2; k++) {
      made_len = 0;
      made[0] = 0;
      cases[i].make((k + 1) * cases[i].n);
      if (cases[i].settings)
        parse_settings();
      else
        read_file(data);
      cost[k] = blocks;
    }
    CHECK(cost[0] > 0 && (double)cost[1] < 2.4 * (double)cost[0],
          "%s: %zu cost %lu blocks, twice as many %lu", cases[i].what, cases[i].n, cost[0],
          cost[1]);
  }
  read_model(data, 200);
  const unsigned long once = blocks;
  read_model(data, 400);
  CHECK(once > 0 && (double)blocks < 2.4 * (double)once, "200 layers cost %lu blocks, 400 %lu",
        once, blocks);
  free(made);
  ink_dataset_free(data);
  return checks_end();
}
