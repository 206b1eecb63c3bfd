/*
 * checkpoint.c - a saved run resumes with the same bits, and wrong files are refused: cut at every
 * byte, each byte changed, and each kind of false statement about a tensor.
 */
#include "../support/learning.h"

#include <math.h>

/* Names may contain any characters. */
static ink_dataset *make_named_dataset(void)
{
  ink_dataset *d = make_dataset(3, 30, 10);
  strcpy(d->class_names[1], "b \"quoted\"");
  return d;
}

static void advance(ink_learner *learner, size_t batches)
{
  ink_event event = {0};
  ink_error err;
  for (size_t i = 0; i < batches && event.kind != INK_EVENT_DONE; i++)
    CHECK(ink_learner_advance(learner, &event, &err) == INK_OK, "advance: %s", err.text);
}

static uint8_t *save(const ink_learner *learner, bool resumable, size_t *len)
{
  *len = ink_checkpoint_write(learner, resumable, NULL);
  uint8_t *bytes = malloc(*len);
  CHECK(ink_checkpoint_write(learner, resumable, bytes) == *len,
        "both passes write the same length");
  return bytes;
}

static const char *const TEXTS[] = {
    "model=linear(4) bn relu dropout(0.3) "
    "linear(classes)\nbatch=7\nepochs=3\nlr=0.1\noptimizer=fastai_adam\n"
    "schedule=one_cycle\naugment=fastai\nlabel_smoothing=0.1\nseed=5",
    "model=conv(3,5,4,bias=no) bn relu split "
    "linear(classes)\nbatch=10\nepochs=2\nlr=0.01\noptimizer=adam\nschedule=fine_tune",
    "model=mlp\nbatch=30\nepochs=3\nlr=0.001:0.1\nmomentum=0.9\nnesterov=1\nclip=2",
    "model=linear\nbatch=8\nepochs=2\nlr=:0.5",
    "model=linear(4) bn linear(classes)\nbatch=7\nepochs=3\nlr=0.01\noptimizer=adam\nema=0.9",
};

/*
 * A run that is stopped after any number of batches and resumed from the file ends with the same
 * bits.
 */
static void test_resume(const ink_dataset *data)
{
  for (size_t t = 0; t < sizeof TEXTS / sizeof *TEXTS; t++)
    for (size_t stop = 0; stop < 14; stop++) {
      ink_learner *a = make_learner(data, TEXTS[t], NULL), *b = NULL;
      ink_error err = {0};
      size_t len;
      advance(a, stop);
      uint8_t *bytes = save(a, true, &len);
      CHECK(ink_checkpoint_read(&b, data, bytes, len, NULL, &err) == INK_OK,
            "case %zu after %zu: %s", t, stop, err.text);
      const size_t epochs = ink_learner_progress(a).epoch;
      advance(a, 1000);
      if (b) {
        advance(b, 1000);
        CHECK(ink_learner_progress(a).step == ink_learner_progress(b).step &&
                  ink_learner_progress(a).epoch == ink_learner_progress(b).epoch,
              "case %zu after %zu: step %d and %d", t, stop, (int)ink_learner_progress(a).step,
              (int)ink_learner_progress(b).step);
        CHECK(memcmp(ink_learner_model(a)->values, ink_learner_model(b)->values,
                     ink_learner_model(a)->n_values * sizeof(float)) == 0,
              "case %zu after %zu: other bits", t, stop);
        /* A run that had ended is not validated again. */
        CHECK(ink_learner_progress(a).epoch == epochs ||
                  memcmp(ink_learner_confusion(a), ink_learner_confusion(b),
                         9 * sizeof *ink_learner_confusion(a)) == 0,
              "case %zu after %zu: another confusion matrix", t, stop);
      }
      free(bytes);
      ink_learner_free(a), ink_learner_free(b);
    }
}

/* Damage is refused with a message, and nothing leaks. */
static void try_bytes(const ink_dataset *data, const uint8_t *bytes, size_t len, const char *what,
                      size_t at)
{
  const size_t live = ink_live_allocations();
  ink_learner *learner = NULL;
  ink_error err = {0};
  uint8_t *exact = malloc(len + !len); /* so that a sanitizer detects reads behind the end */
  memcpy(exact, bytes, len);
  const ink_status status = ink_checkpoint_read(&learner, data, exact, len, NULL, &err);
  CHECK(status == INK_E_DATA && !learner, "%s %zu: status %d", what, at, (int)status);
  CHECK(err.text[0], "%s %zu: no message", what, at);
  ink_learner_free(learner);
  free(exact);
  CHECK(ink_live_allocations() == live, "%s %zu leaks", what, at);
}

/* A file is cut at each byte, and one bit of each byte is changed; of the weights only some. */
static void test_damage(const ink_dataset *data)
{
  ink_learner *learner = make_learner(
      data,
      "model=conv(1,20,9) bn flatten linear(classes)\nbatch=10\nlr=0.01\noptimizer=adam\nepochs=1",
      NULL);
  size_t len;
  advance(learner, 2);
  uint8_t *bytes = save(learner, true, &len);
  for (size_t n = 0; n < len; n += n < 2000 ? 1 : 97)
    try_bytes(data, bytes, n, "cut at", n);
  for (size_t i = 0; i < len; i += i < 3000 ? 1 : 61) {
    const uint8_t bit = (uint8_t)(1 << 5 * i % 8);
    bytes[i] ^= bit;
    try_bytes(data, bytes, len, "flipped at", i);
    bytes[i] ^= bit;
  }
  free(bytes);
  ink_learner_free(learner);
}

/*
 * Loads a file with this header and so many zero bytes of data into a linear model (weight [3,784],
 * bias [3]).
 */
static void expect(const ink_dataset *data, const char *header, size_t n_data, const char *says)
{
  ink_learner *learner = make_learner(data, "model=linear", NULL);
  const size_t n_values = ink_learner_model(learner)->n_values * sizeof(float);
  float *before = malloc(n_values);
  memcpy(before, ink_learner_model(learner)->values, n_values);
  const size_t header_len = strlen(header), len = 8 + header_len + n_data;
  uint8_t *bytes = calloc(len, 1);
  for (size_t i = 0; i < 8; i++)
    bytes[i] = (uint8_t)((uint64_t)header_len >> (8 * i));
  memcpy(bytes + 8, header, header_len);
  ink_error err = {0};
  const ink_status status = ink_weights_read(learner, bytes, len, &err);
  CHECK(says ? status == INK_E_DATA && strstr(err.text, says) : status == INK_OK, "%.120s: %s",
        header, err.text);
  CHECK(says ? memcmp(ink_learner_model(learner)->values, before, n_values) == 0
             : ink_learner_model(learner)->values[5] == 0,
        "%.120s: the learner is %s", header, says ? "touched" : "not changed");
  free(bytes), free(before);
  ink_learner_free(learner);
}

/* ---- files with false statements and a right checksum ---- */

static uint8_t *find_bytes(uint8_t *bytes, size_t len, const char *text)
{
  const size_t n = strlen(text);
  for (size_t i = 0; i + n <= len; i++)
    if (memcmp(bytes + i, text, n) == 0)
      return bytes + i;
  CHECK(false, "'%s' is not in the file", text);
  exit(checks_end());
}

/* Writes the right checksum, as src/checkpoint/checkpoint.h describes it. */
static void seal(uint8_t *bytes, size_t len)
{
  uint8_t *digits = find_bytes(bytes, len, "\"checksum\":\"") + 12;
  char text[9];
  memcpy(digits, "00000000", 8);
  snprintf(text, sizeof text, "%08x", (unsigned)ink_crc32(0, bytes, len));
  memcpy(digits, text, 8);
}

static size_t header_end(const uint8_t *bytes)
{
  uint64_t header = 0;
  for (size_t i = 8; i-- > 0;)
    header = header << 8 | bytes[i];
  return 8 + (size_t)header;
}

/* Returns where the data of a tensor begin. */
static float *data_of(uint8_t *bytes, size_t len, const char *name)
{
  char key[80];
  snprintf(key, sizeof key, "\"%s\":{", name);
  uint8_t *entry = find_bytes(bytes, len, key);
  const size_t at = strtoul(
      (char *)find_bytes(entry, len - (size_t)(entry - bytes), "offsets\":[") + 10, NULL, 10);
  return (float *)(void *)(bytes + header_end(bytes) + at);
}

/*
 * Replaces `from` by `to` in the header, which is filled up with blanks to whole words, and
 * corrects the checksum. Frees `bytes` and returns the new file.
 */
static uint8_t *replace(uint8_t *bytes, size_t *len, const char *from, const char *to)
{
  const size_t end = header_end(bytes), start = (size_t)(find_bytes(bytes, *len, from) - bytes),
               behind = start + strlen(from), rest = end - behind;
  const size_t header = (start + strlen(to) + rest - 8 + 7) / 8 * 8;
  const size_t new_len = 8 + header + *len - end;
  uint8_t *out = malloc(new_len);
  memset(out, ' ', new_len);
  for (size_t i = 0; i < 8; i++)
    out[i] = (uint8_t)((uint64_t)header >> (8 * i));
  memcpy(out + 8, bytes + 8, start - 8);
  memcpy(out + start, to, strlen(to));
  memcpy(out + start + strlen(to), bytes + behind, rest);
  memcpy(out + 8 + header, bytes + end, *len - end);
  free(bytes);
  *len = new_len;
  seal(out, new_len);
  return out;
}

/*
 * Replaces `from` by `to` in a checkpoint and corrects the checksum; `says`: the refusal, or NULL
 * if it is read.
 */
static void expect_change(const ink_dataset *data, const char *from, const char *to,
                          const char *says)
{
  ink_learner *learner = make_learner(
                  data,
                  "model=linear(4) bn linear(classes)\nbatch=7\nepochs=2\noptimizer=adam\nlr=0.01",
                  NULL),
              *read = NULL;
  size_t len;
  ink_error err = {0};
  advance(learner, 3);
  uint8_t *bytes = save(learner, true, &len);
  bytes = replace(bytes, &len, from, to);
  const ink_status status = ink_checkpoint_read(&read, data, bytes, len, NULL, &err);
  CHECK(says ? status != INK_OK && !read && strstr(err.text, says) : status == INK_OK && read,
        "%s -> %s: %s", from, to, err.text);
  free(bytes);
  ink_learner_free(read), ink_learner_free(learner);
}

static void expect_value(const ink_dataset *data, const char *tensor, float value, const char *says)
{
  ink_learner *learner = make_learner(
                  data,
                  "model=linear(4) bn linear(classes)\nbatch=7\nepochs=2\noptimizer=adam\nlr=0.01",
                  NULL),
              *read = NULL;
  size_t len;
  ink_error err = {0};
  advance(learner, 3);
  uint8_t *bytes = save(learner, true, &len);
  memcpy(data_of(bytes, len, tensor), &value, sizeof value);
  seal(bytes, len);
  const ink_status status = ink_checkpoint_read(&read, data, bytes, len, NULL, &err);
  CHECK(says ? status == INK_E_DATA && !read && strstr(err.text, says) : status == INK_OK && read,
        "%s = %g: %s", tensor, (double)value, err.text);
  free(bytes);
  ink_learner_free(read), ink_learner_free(learner);
}

static void test_sealed(const ink_dataset *data)
{
  const char *nowhere = "position in its run makes no sense";
  expect_change(data, "\"version\":\"1\"", "\"version\":\"1\"", NULL);
  expect_change(data, "\"version\":\"1\"", "\"version\":\"2\"",
                "of version 2; this Inklearn reads version 1");
  expect_change(data, "\"version\":\"1\"", "\"varsion\":\"1\"", "of version none");
  expect_change(data, "\"format\":\"inklearn\"", "\"format\":\"somebody\"", NULL);
  expect_change(data, "\"settings\":", "\"settangs\":", "does not say its model");
  expect_change(data, "\"version\":", "\"classes\":", "metadata of the same name twice");
  expect_change(data, "fit_step=3", "fit_step=4", nowhere);
  expect_change(data, "fit_step=3", "fit_step=x", "does not say its fit_step");
  expect_change(data, "\\nepoch=0", "\\nepoch=1", nowhere);
  expect_change(data, "train_at=21", "train_at=22", nowhere);
  expect_change(data, "train_at=21", "train_at=28", nowhere);
  expect_change(data, "train_at=21", "train_at=-7", nowhere);
  expect_change(data, "fit=0", "fit=1", nowhere);
  expect_change(data, "fit=0", "fit=-", "does not say its fit");
  expect_change(data, "train_count=30", "train_count=31",
                "is of a run on 31 and 10 pictures; 30 and 10 are loaded");
  expect_change(data, "smooth_count=3", "smooth_count=9", nowhere);
  expect_change(data, "optimizer_steps=3", "optimizer_steps=.", "does not say its optimizer_steps");
  expect_change(data, "\\nfirst_epoch=0", "\\nfirst_epoch=7", nowhere);
  /*
   * Older files: fields with a default may be missing, others may not, and unknown fields are
   * refused.
   */
  expect_change(data, "first_epoch=0\\n", "", NULL);
  for (size_t i = 0; ink_progress_field_at(i); i++) {
    char line[80], says[80];
    const ink_progress_field *field = ink_progress_field_at(i);
    const ink_progress none = {0};
    snprintf(line, sizeof line, "\\n%s=", field->name);
    snprintf(says, sizeof says, "does not say its %s", field->name);
    if (i > 0 && strcmp(field->name, "momentum") != 0) /* also a setting, which comes first */
      expect_change(data, line,
                    "\\nx=", isnan(field->initial) ? says : "does not say its momentum");
    CHECK(isnan(field->initial) || field->is_valid(field->initial), "the default of %s",
          field->name);
    CHECK(field->is_valid(*ink_progress_value((ink_progress *)&none, field)), "%s = 0",
          field->name);
  }
  expect_change(data, "=0\\nmomentum=0.90000000000000002\\n", "=0\\nmomentum=0.9\\n", NULL);
  expect_change(data, "=0\\nmomentum=0.90000000000000002\\n", "=0\\nmomentum=0.9\\nmore=1\\n",
                "has more than its 14 numbers");
  expect_change(data, "first_epoch=0\\n", "more=1\\n", "does not say its momentum");
  expect_change(data,
                "first_epoch=0\\nmomentum=", "first_epoch=0\\nm=", "does not say its momentum");
  expect_change(data, "momentum=0.9", "momentum=1.9", "momentum must be a number");
  expect_change(data, "epochs=2", "epochs=0", "epochs must be a whole number");
  expect_change(data, "model=linear(4)", "model=lineal(4)", "lineal");
  expect_change(data, "\"0.weight\"", "\"9.weight\"", "no tensor 0.weight");
  expect_value(data, "0.weight", -1, NULL);
  expect_value(data, "1.running_var", -1, "tensor 1.running_var has a value below 0");
  expect_value(data, "1.running_mean", -1, NULL);
  expect_value(data, "1.num_batches_tracked", 3e9f, NULL); /* a whole number above 0 */
  expect_value(data, "optimizer.second.0.weight", -1,
               "tensor optimizer.second.0.weight has a value below 0");
  expect_value(data, "optimizer.first.0.weight", -1, NULL);
  expect_value(data, "optimizer.first.0.weight", INFINITY, "not a finite number");
}

/* A file without a checksum or with a wrong one is refused, also as weights. */
static void test_checksum(const ink_dataset *data)
{
  ink_learner *learner = make_learner(data, "model=linear", NULL), *read = NULL;
  size_t len;
  ink_error err = {0};
  uint8_t *bytes = save(learner, false, &len);
  CHECK(ink_weights_read(learner, bytes, len, &err) == INK_OK, "as it is: %s", err.text);
  bytes[len - 20] ^= 1; /* one bit of a weight */
  CHECK(ink_weights_read(learner, bytes, len, &err) == INK_E_DATA &&
            strstr(err.text, "its checksum is wrong"),
        "weights: %s", err.text);
  CHECK(ink_checkpoint_read(&read, data, bytes, len, NULL, &err) == INK_E_DATA &&
            strstr(err.text, "its checksum is wrong"),
        "checkpoint: %s", err.text);
  bytes[len - 20] ^= 1;
  memcpy(find_bytes(bytes, len, "checksum"), "chocksum", 8);
  CHECK(ink_weights_read(learner, bytes, len, &err) == INK_E_DATA &&
            strstr(err.text, "its checksum is wrong"),
        "none: %s", err.text);
  free(bytes);
  ink_learner_free(learner);
}

#define WEIGHT "\"weight\":{\"dtype\":\"F32\",\"shape\":[3,784],\"data_offsets\":[0,9408]}"
#define BIAS   "\"bias\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[9408,9420]}"

static void test_lies(const ink_dataset *data)
{
  expect(data, "{" WEIGHT "," BIAS "}", 9420, NULL);
  expect(data, " { \"__metadata__\" : {\"format\":\"pt\"} ,\n" BIAS " , " WEIGHT " } ", 9420, NULL);
  expect(data, "{" WEIGHT "}", 9408, "no tensor bias");
  expect(data,
         "{" WEIGHT "," BIAS
         ",\"more\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[9420,9424]}}",
         9424, "has a tensor more");
  expect(data, "{" WEIGHT "," WEIGHT "," BIAS "}", 9420, "weight");
  expect(data, "{" WEIGHT "," BIAS "}", 9424, "4 bytes belong to no tensor");
  expect(data, "{" WEIGHT "," BIAS "}", 9416, "bias: bytes 9408 to 9420");
  expect(data,
         "{\"weight\":{\"dtype\":\"F32\",\"shape\":[784,3],\"data_offsets\":[0,9408]}," BIAS "}",
         9420, "tensor weight has another shape");
  expect(data,
         "{\"weight\":{\"dtype\":\"F16\",\"shape\":[3,784],\"data_offsets\":[0,9408]}," BIAS "}",
         9420, "weight: only F32");
  expect(data,
         "{\"weight\":{\"dtype\":\"F32\",\"shape\":[3,784],\"data_offsets\":[0,9404]}," BIAS "}",
         9420, "weight: its shape needs 9408 bytes, it has 9404");
  expect(data, "{\"weight\":{\"dtype\":\"F32\",\"shape\":[3,784],\"data_offsets\":[8,0]}," BIAS "}",
         9420, "weight");
  expect(data,
         "{\"weight\":{\"dtype\":\"F32\",\"shape\":[4294967295,4294967295,4294967295],\"data_"
         "offsets\":[0,9408]}," BIAS "}",
         9420, "a number that is too large");
  expect(data, "{\"weight\":{\"dtype\":\"F32\",\"shape\":[-3],\"data_offsets\":[0,9408]}}", 9408,
         "a whole number was expected");
  expect(data, "{\"weight\":{\"dtype\":\"F32\",\"data_offsets\":[0,9408]}}", 9408,
         "without dtype, shape or data_offsets");
  expect(data,
         "{\"weight\":{\"dtype\":\"F32\",\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}",
         4, "twice");
  expect(data, "{\"weight\":[[[[[[[[[[1]]]]]]]]]]}", 0, "'{' was expected");
  expect(data, "{\"__proto__\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]}," WEIGHT "}",
         9408, "");
  expect(data,
         "{\"weight\":{\"dtype\":\"F32\",\"shape\":[3,784],\"data_offsets\":[0,9408]},\"bias\":{"
         "\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[9404,9416]}}",
         9416, "bias: bytes 9404 to 9416; it should begin at 9408");
  expect(data,
         "{\"weight\":{\"dtype\":\"F32\",\"shape\":[3,784],\"data_offsets\":[0,9408]},\"bias\":{"
         "\"dtype\":\"I64\",\"shape\":[3],\"data_offsets\":[9408,9432]}}",
         9432, "tensor bias is of another type");
  expect(data, "{\"__metadata__\":{\"a\":\"1\",\"b\":\"2\",\"a\":\"3\"}," WEIGHT "," BIAS "}", 9420,
         "metadata of the same name twice");
  expect(data, "{\"__metadata__\":{\"\":\"\"}," WEIGHT "," BIAS "}", 9420, NULL);
  expect(data, "{\"__metadata__\":{},\"__metadata__\":{}," WEIGHT "," BIAS "}", 9420,
         "metadata twice");
  expect(data, "{\"__metadata__\":{\"a\":1}," WEIGHT "," BIAS "}", 9420, "'\"' was expected");
  expect(data, "{\"__metadata__\":{\"a\":{\"b\":\"c\"}}," WEIGHT "," BIAS "}", 9420,
         "'\"' was expected");
  expect(data, "{\"\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]}}", 4,
         "a tensor without a name");
  expect(data, "{\"weight\\u0000\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]}}", 4,
         "U+0000");
  expect(data,
         "{\"w\\u0065ight\":{\"dtype\":\"F32\",\"shape\":[3,784],\"data_offsets\":[0,9408]}," BIAS
         "}",
         9420, NULL);
  expect(data, "{\"weight\":{\"dtype\":\"F32\",\"shape\":[1,1,1,1,1],\"data_offsets\":[0,4]}}", 4,
         "a list that is too long");
  expect(data, "{\"weight\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4]}}", 4,
         "must have two numbers");
  expect(data,
         "{\"weight\":{\"dtype\":\"F32\",\"shape\":[99999999999999999999],\"data_offsets\":[0,4]}}",
         4, "too large");
  expect(data, "{} {}", 0, "more than one value");
  expect(data, "", 0, "'{' was expected");
}

/* More tensors and metadata than are allowed: refused, and quickly. */
static void test_many(const ink_dataset *data)
{
  enum { MANY = 9000 };
  char *header = malloc(MANY * 80);
  size_t at = (size_t)sprintf(header, "{");
  for (size_t i = 0; i < MANY; i++)
    at += (size_t)sprintf(header + at,
                          "%s\"t%zu\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}",
                          i ? "," : "", i);
  sprintf(header + at, "}");
  expect(data, header, 0, "too many tensors");
  at = (size_t)sprintf(header, "{\"__metadata__\":{");
  for (size_t i = 0; i < MANY; i++)
    at += (size_t)sprintf(header + at, "%s\"m%zu\":\"\"", i ? "," : "", i);
  sprintf(header + at, "}}");
  expect(data, header, 0, "too many metadata");
  free(header);
}

/* The longest allowed header is read, and one that is a byte longer is refused. */
static void test_longest_header(const ink_dataset *data)
{
  enum { LONGEST = 16 << 20 };
  char *header = malloc(LONGEST + 2);
  memset(header, ' ', LONGEST + 1);
  header[LONGEST + 1] = 0;
  expect(data, header, 0, "a header of 16777217 bytes");
  header[LONGEST] = 0;
  expect(data, header, 0, "'{' was expected");
  free(header);
}

static void test_messages(const ink_dataset *data)
{
  ink_learner *linear = make_learner(data, "model=linear", NULL);
  const uint8_t long_header[] = {200, 0, 0, 0, 0, 0, 0, 0, '{', '}'},
                huge[] = {0, 0, 0, 0, 0, 0, 0, 0x80, '{', '}'};
  ink_error short_err;
  CHECK(ink_weights_read(linear, long_header, 10, &short_err) == INK_E_DATA &&
            strstr(short_err.text, "a header of 200 bytes in a file of 10"),
        "%s", short_err.text);
  CHECK(ink_weights_read(linear, huge, 10, &short_err) == INK_E_DATA &&
            strstr(short_err.text, "a header of 9223372036854775808 bytes"),
        "%s", short_err.text);
  CHECK(ink_weights_read(linear, huge, 3, &short_err) == INK_E_DATA &&
            strstr(short_err.text, "not a safetensors file: it has 3 bytes"),
        "%s", short_err.text);
  ink_learner_free(linear);
  ink_learner *learner = make_learner(data, "model=mlp\nbatch=8\nlr=0.1", NULL), *none = NULL;
  ink_error err;
  size_t len;
  uint8_t *bytes = save(learner, true, &len);
  float nan_value = NAN;
  memcpy(bytes + len - 4, &nan_value, 4);
  CHECK(ink_checkpoint_read(&none, data, bytes, len, NULL, &err) == INK_E_DATA &&
            strstr(err.text, "is not a finite number"),
        "NaN: %s", err.text);
  free(bytes);
  bytes = save(learner, false, &len);
  ink_dataset *other = make_named_dataset();
  strcpy(other->class_names[2], "z");
  CHECK(ink_checkpoint_read(&none, other, bytes, len, NULL, &err) == INK_E_DATA &&
            strstr(err.text, "class 2 is 'c'"),
        "classes: %s", err.text);
  ink_learner *second = make_learner(data, "model=mlp\nseed=2", NULL);
  CHECK(ink_weights_read(second, bytes, len, &err) == INK_OK, "weights: %s", err.text);
  CHECK(memcmp(ink_learner_model(second)->values, ink_learner_model(learner)->values,
               ink_learner_model(second)->n_values * sizeof(float)) == 0,
        "weights are the file's");
  ink_learner_free(second);
  second = make_learner(data, "model=linear(31) relu linear(classes)", NULL);
  CHECK(ink_weights_read(second, bytes, len, &err) == INK_E_DATA &&
            strstr(err.text, "tensor 0.weight has another shape"),
        "another model: %s", err.text);
  ink_learner_free(second), ink_learner_free(learner);
  free(bytes);
  ink_dataset_free(other);
}

/*
 * Reads a network with the classes of the file; in their names `from` is replaced by `to` of the
 * same length.
 */
static void expect_classes(const ink_dataset *data, const char *from, const char *to,
                           const char *says)
{
  ink_learner *learner = make_learner(data, "model=linear", NULL), *read = NULL;
  ink_dataset *made = NULL;
  ink_error err = {0};
  size_t len;
  uint8_t *bytes = save(learner, false, &len);
  bytes = replace(bytes, &len, from, to);
  const ink_status status = ink_network_read(&read, &made, bytes, len, NULL, &err);
  CHECK(says ? status == INK_E_DATA && !read && !made && strstr(err.text, says)
             : status == INK_OK && made->n_classes == data->n_classes,
        "%s -> %s: %s", from, to, err.text);
  ink_learner_free(read), read = NULL;
  CHECK(ink_checkpoint_read(&read, data, bytes, len, NULL, &err) == (says ? INK_E_DATA : INK_OK),
        "%s -> %s, with the data: %s", from, to, err.text);
  free(bytes);
  ink_learner_free(read), ink_learner_free(learner), ink_dataset_free(made);
}

/* If the data are not there, only the network of a run that was stopped in the middle is read. */
static void test_network_of_run(const ink_dataset *data)
{
  ink_learner *learner = make_learner(data, "model=linear\nbatch=8\nepochs=2", NULL), *read = NULL;
  ink_dataset *made = NULL;
  ink_error err = {0};
  size_t len;
  advance(learner, 3);
  uint8_t *bytes = save(learner, true, &len);
  CHECK(ink_network_read(&read, &made, bytes, len, NULL, &err) == INK_OK &&
            ink_learner_progress(read).step == 0,
        "%s", err.text);
  free(bytes);
  ink_learner_free(read), ink_learner_free(learner), ink_dataset_free(made);
}

static void test_classes(void)
{
  ink_dataset *two = make_dataset(2, 4, 2), *three = make_dataset(3, 6, 3),
              *most = make_dataset(INK_MAX_CLASSES, 64, 64);
  expect_classes(two, "a\\nb", "a\\nb", NULL);
  expect_classes(two, "a\\nb", "axxb", "has 1 classes; 2 are the least");
  memset(three->class_names[0], 'n', 60);
  expect_classes(three, "n\\nb", "nxxb",
                 "another shape"); /* a name of 63 bytes, and one class fewer */
  memset(three->class_names[0], 'n', 61);
  expect_classes(three, "n\\nb", "nxxb", "name of the checkpoint's class 0 is empty, too long");
  for (size_t i = 0; i < INK_MAX_CLASSES; i++)
    snprintf(most->class_names[i], INK_CLASS_NAME_MAX, "%zu__b", i);
  expect_classes(two, "a\\nb", "a\\na", "classes 0 and 1 have one name, 'a'");
  expect_classes(two, "a\\nb\\n", "\\na\\nb", "class 0 is empty");
  memset(three->class_names[0], 'n', 6), three->class_names[0][6] = 0;
  expect_classes(three, "nnnnnn", "\\u001b",
                 "class 0 is empty, too long, or has control characters");
  expect_classes(most, "63__b", "63__b", NULL);
  expect_classes(most, "63__b", "63\\nb", "class 64 is one too many");
  ink_dataset_free(two), ink_dataset_free(three), ink_dataset_free(most);
}

/* Missing memory for the contents of the header, and for the classes of a network without data. */
static void test_no_memory(const ink_dataset *data)
{
  ink_learner *learner = make_learner(data, "model=linear", NULL), *read = NULL;
  ink_dataset *made = NULL;
  ink_error err = {0};
  size_t len;
  uint8_t *bytes = save(learner, false, &len);
  ink_fail_allocation_once = true;
  for (long n = 0; n < 4; n++) {
    ink_fail_allocation_after = n;
    CHECK(ink_network_read(&read, &made, bytes, len, NULL, &err) == INK_E_MEMORY &&
              strcmp(err.text, "not enough memory to read a checkpoint") == 0,
          "%ld: %s", n, err.text);
    CHECK(!read && !made && ink_fail_allocation_after == -1, "%ld: nothing is made", n);
  }
  ink_fail_allocation_once = false;
  free(bytes);
  ink_learner_free(learner);
}

/*
 * Writes a text as it stands in the header: ':' becomes \":\" or the last quote; tabs, line breaks
 * and quotes are escaped.
 */
static void in_header(char out[512], const char *format, const char *text)
{
  char plain[256];
  snprintf(plain, sizeof plain, format, text);
  size_t n = 0;
  for (const char *at = plain; *at; at++) {
    const char *as = *at == '\t' ? "\\t" : *at == '\n' ? "\\n" : *at == '"' ? "\\\"" : NULL;
    if (*at == ':')
      as = at[1] ? "\":\"" : "\"";
    n += (size_t)snprintf(out + n, 512 - n, as ? "%s" : "%.1s", as ? as : at);
  }
}

/*
 * Other programs build a network from the line in the file, so it must be the core's own. `line`
 * replaces the core's line in a file of the model `made` whose settings name the model `set`.
 */
static void expect_line(const char *made, const char *set, const char *line, const char *says)
{
  ink_dataset *data = make_dataset(3, 20, 10), *classes = NULL;
  ink_learner *learner = make_learner(data, made, NULL), *read = NULL;
  ink_error err = {0};
  size_t len;
  uint8_t *bytes = save(learner, true, &len);
  char was[512], is[512];
  in_header(was, "model=%s\n", ink_learner_settings(learner)->model);
  in_header(is, "model=%s\n", set);
  bytes = replace(bytes, &len, was, is);
  in_header(was, "line:%s:", ink_learner_model(learner)->line);
  in_header(is, "line:%s:", line);
  bytes = replace(bytes, &len, was, is);
  const ink_status want = says ? INK_E_DATA : INK_OK;
  CHECK(ink_checkpoint_read(&read, data, bytes, len, NULL, &err) == want, "%s, %s: %s", set, line,
        err.text);
  CHECK(!says || strstr(err.text, says), "%s, %s: %s", set, line, err.text);
  ink_learner_free(read), read = NULL;
  CHECK(ink_network_read(&read, &classes, bytes, len, NULL, &err) == want,
        "%s, %s, as a network: %s", set, line, err.text);
  free(bytes);
  ink_learner_free(read), ink_learner_free(learner), ink_dataset_free(data),
      ink_dataset_free(classes);
}

static void test_lines(void)
{
  const char *both = "says two things of its model";
  expect_line("model=linear(classes)", "linear(classes)", "linear(classes)", NULL);
  expect_line("model=linear(classes)", " \tlinear(classes) ", "linear(classes)", NULL);
  expect_line("model=linear(4)\trelu\tlinear(classes)", "linear(4)\trelu\tlinear(classes)",
              "linear(4)\trelu\tlinear(classes)", NULL);
  expect_line("model=relu\trelu linear(classes)", "relu\trelu linear(classes)",
              "relu\trelu linear(classes)", NULL);
  expect_line("model=linear", " linear\t", "linear(classes)", NULL);
  expect_line("model=linear", "linear", "linear(3)",
              NULL); /* the line of the preset in another version */
  expect_line("model=linear", " linear ", "linear(3)", NULL);
  expect_line("model=linear(classes)", "linear(classes)", "linear(3)", both);
  expect_line("model=linear(classes)", "linear(classes)", "linear(classes) ", both);
  expect_line("model=linear(classes)", "linear(classes)", "linear", both);
  expect_line("model=linear", "linear", "linear", both);
  expect_line("model=linear", "linear(classes)", "linear(2) )\"\"\"\nimport os", both);
  expect_line("model=linear(classes)", "linear(classes)", "", both);
}

/* The resolved layers of a file must be exactly those that the core writes for its model. */
static void test_layers(const ink_dataset *data)
{
  static const char both[] = "its layers are not those of 'linear(4) bn linear(classes)'";
  char build[80];
  snprintf(build, sizeof build, "\"build\":\"%s\"", ink_build());
  expect_change(data, build, "\"build\":\"\"", NULL);
  expect_change(data, "\\\"type\\\":\\\"bn\\\"", "\\\"type\\\":\\\"by\\\"", both);
  expect_change(data, "\"layers\":\"[", "\"layers\":\"", both);
  expect_change(data, "}]\",\"classes", "}\",\"classes", both);
  expect_change(data, "\"layers\":", "\"layer\":", NULL); /* as in files of an earlier version */

  ink_learner *learner = make_learner(data, "model=linear", NULL), *read = NULL;
  size_t len;
  ink_error err = {0};
  uint8_t *bytes = save(learner, false, &len);
  bytes = replace(bytes, &len, build, "\"build\":\"\"");
  if (bytes[header_end(bytes) - 1] != ' ') /* a longer header ends with blanks */
    bytes = replace(bytes, &len, "\"build\":\"\"", "\"build\": \"\"");
  uint8_t *close = find_bytes(bytes, len, "]\",\"classes");
  memmove(close + 2, close + 1, header_end(bytes) - 2 - (size_t)(close - bytes));
  close[1] = ' ';
  seal(bytes, len);
  CHECK(ink_checkpoint_read(&read, data, bytes, len, NULL, &err) == INK_E_DATA && !read &&
            strstr(err.text, "its layers are not those of 'linear(classes)'"),
        "a blank behind the layers: %s", err.text);
  free(bytes);
  ink_learner_free(learner);
}

/* A tensor or metadata is found by every spelling of its name that JSON allows, and by no other. */
static void test_escapes(const ink_dataset *data)
{
  expect(data,
         "{\"__metadata__\":{\"author\":\"Jos\\u00e9\",\"\\u6F22\":\"\\uD83D\\uDE00 "
         "\\u00FF\\uffff\"}," WEIGHT "," BIAS "}",
         9420, NULL);
  expect(data, "{\"__metadata__\":{\"\\u00e9\":\"\",\"\xc3\xa9\":\"\"}," WEIGHT "," BIAS "}", 9420,
         "metadata of the same name twice");
  expect(data,
         "{\"__metadata__\":{\"\\ud83d\\ude00\":\"\",\"\xf0\x9f\x98\x80\":\"\"}," WEIGHT "," BIAS
         "}",
         9420, "metadata of the same name twice");
  expect(data,
         "{\"\\u5B57\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[9420,9424]}," WEIGHT
         "," BIAS "}",
         9424, "has a tensor \xe5\xad\x97,");
  static const struct {
    const char *text, *says;
  } bad[] = {
      {"\\ud83d", "first half of a surrogate pair without the second"},
      {"\\ud83dx", "first half of a surrogate pair without the second"},
      {"\\ud83d\\n", "first half of a surrogate pair without the second"},
      {"\\ud83d\\u0041", "first half of a surrogate pair without the second"},
      {"\\ud83d\\ud83d", "first half of a surrogate pair without the second"},
      {"\\ude00\\ud83d", "second half of a surrogate pair without the first"},
      {"\\ud83d\\u00", "four hexadecimal digits"},
      {"\\u00g0", "four hexadecimal digits"},
      {"\\u 123", "four hexadecimal digits"},
      {"\\u-123", "four hexadecimal digits"},
      {"\\u0000", "U+0000"},
      {"\\x41", "an escape that JSON does not have"},
      {"\\U0041", "an escape that JSON does not have"},
      {"\xe9", "no UTF-8"},
      {"\xc3", "no UTF-8"},
      {"\xa9", "no UTF-8"},
      {"\xc0\xaf", "no UTF-8"},
      {"\xe0\x80\xaf", "no UTF-8"},
      {"\xed\xa0\xbd", "no UTF-8"},
      {"\xf4\x90\x80\x80", "no UTF-8"},
      {"\xf8\x88\x80\x80\x80", "no UTF-8"},
      {"\xc3\\u00a9", "no UTF-8"},
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    char header[512];
    snprintf(header, sizeof header, "{\"__metadata__\":{\"author\":\"%s\"}," WEIGHT "," BIAS "}",
             bad[i].text);
    expect(data, header, 9420, bad[i].says);
    snprintf(header, sizeof header,
             "{\"%s\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}," WEIGHT "," BIAS
             "}",
             bad[i].text);
    expect(data, header, 9420, bad[i].says);
  }
}

/* A file of a version in which `mlp` was another model: the line in the file counts. */
static void test_preset_that_changed(void)
{
  ink_dataset *data = make_dataset(3, 20, 10);
  ink_learner *old = make_learner(data, "model=linear(5) relu linear(classes)", NULL),
              *again = NULL;
  ink_error err;
  size_t len;
  uint8_t *bytes = save(old, true, &len);
  bytes = replace(bytes, &len, "model=linear(5) relu linear(classes)\\n", "model=mlp\\n");
  const ink_status status = ink_checkpoint_read(&again, data, bytes, len, NULL, &err);
  CHECK(status == INK_OK &&
            ink_model_digest(ink_learner_model(again)) == ink_model_digest(ink_learner_model(old)),
        "%s", status ? err.text : "other weights");
  free(bytes);
  ink_learner_free(old), ink_learner_free(again), ink_dataset_free(data);
}

int main(void)
{
  ink_dataset *data = make_named_dataset();
  test_resume(data);
  test_damage(data);
  test_lies(data);
  test_sealed(data);
  test_checksum(data);
  test_many(data);
  test_layers(data);
  test_escapes(data);
  test_longest_header(data);
  test_no_memory(data);
  test_network_of_run(data);
  test_messages(data);
  ink_dataset_free(data);
  test_classes();
  test_lines();
  test_preset_that_changed();
  CHECK(ink_live_allocations() == 0, "%zu allocations are left", ink_live_allocations());
  return checks_end();
}
