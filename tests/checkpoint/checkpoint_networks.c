/*
 * checkpoint_networks.c - the network of a file: its classes, its line and its resolved layers.
 */
#include "checkpoint_tests.h"

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

void test_network_of_run(const ink_dataset *data)
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

void test_classes(void)
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

void test_lines(void)
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

void test_layers(const ink_dataset *data)
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
