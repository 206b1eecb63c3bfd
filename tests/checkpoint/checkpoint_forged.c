/*
 * checkpoint_forged.c - files with false statements and a right checksum are refused.
 */
#include "checkpoint_tests.h"

void expect_change(const ink_dataset *data, const char *from, const char *to, const char *says)
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

void test_sealed(const ink_dataset *data)
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

static void test_wrong_metadata(const ink_dataset *data)
{
  expect(data, "{\"__metadata__\":{\"a\":\"1\",\"b\":\"2\",\"a\":\"3\"}," WEIGHT "," BIAS "}", 9420,
         "metadata of the same name twice");
  expect(data, "{\"__metadata__\":{\"\":\"\"}," WEIGHT "," BIAS "}", 9420, NULL);
  expect(data, "{\"__metadata__\":{},\"__metadata__\":{}," WEIGHT "," BIAS "}", 9420,
         "metadata twice");
  expect(data, "{\"__metadata__\":{\"a\":1}," WEIGHT "," BIAS "}", 9420, "'\"' was expected");
  expect(data, "{\"__metadata__\":{\"a\":{\"b\":\"c\"}}," WEIGHT "," BIAS "}", 9420,
         "'\"' was expected");
}

static void test_wrong_names(const ink_dataset *data)
{
  expect(data, "{\"\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]}}", 4,
         "a tensor without a name");
  expect(data, "{\"weight\\u0000\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]}}", 4,
         "U+0000");
  expect(data,
         "{\"w\\u0065ight\":{\"dtype\":\"F32\",\"shape\":[3,784],\"data_offsets\":[0,9408]}," BIAS
         "}",
         9420, NULL);
}

void test_wrong_tensors(const ink_dataset *data)
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
  expect(data, "{\"weight\":{\"dtype\":\"F32\",\"shape\":[1,1,1,1,1],\"data_offsets\":[0,4]}}", 4,
         "a list that is too long");
  expect(data, "{\"weight\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4]}}", 4,
         "must have two numbers");
  expect(data,
         "{\"weight\":{\"dtype\":\"F32\",\"shape\":[99999999999999999999],\"data_offsets\":[0,4]}}",
         4, "too large");
  expect(data, "{} {}", 0, "more than one value");
  expect(data, "", 0, "'{' was expected");
  test_wrong_metadata(data);
  test_wrong_names(data);
}

void test_many(const ink_dataset *data)
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

void test_longest_header(const ink_dataset *data)
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

void test_messages(const ink_dataset *data)
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

void test_escapes(const ink_dataset *data)
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
