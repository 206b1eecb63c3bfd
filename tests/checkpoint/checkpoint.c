/*
 * checkpoint.c - a saved run resumes with the same bits, and wrong files are refused: cut at every
 * byte, each byte changed, and each kind of false statement about a tensor.
 */
#include "../support/learning.h"
#include "checkpoint_tests.h"

ink_dataset *make_named_dataset(void)
{
  ink_dataset *d = make_dataset(3, 30, 10);
  strcpy(d->class_names[1], "b \"quoted\"");
  return d;
}

void advance(ink_learner *learner, size_t batches)
{
  ink_event event = {0};
  ink_error err;
  for (size_t i = 0; i < batches && event.kind != INK_EVENT_DONE; i++)
    CHECK(ink_learner_advance(learner, &event, &err) == INK_OK, "advance: %s", err.text);
}

uint8_t *save(const ink_learner *learner, bool resumable, size_t *len)
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

void expect(const ink_dataset *data, const char *header, size_t n_data, const char *says)
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

uint8_t *find_bytes(uint8_t *bytes, size_t len, const char *text)
{
  const size_t n = strlen(text);
  for (size_t i = 0; i + n <= len; i++)
    if (memcmp(bytes + i, text, n) == 0)
      return bytes + i;
  CHECK(false, "'%s' is not in the file", text);
  exit(checks_end());
}

void seal(uint8_t *bytes, size_t len)
{
  uint8_t *digits = find_bytes(bytes, len, "\"checksum\":\"") + 12;
  char text[9];
  memcpy(digits, "00000000", 8);
  snprintf(text, sizeof text, "%08x", (unsigned)ink_crc32(0, bytes, len));
  memcpy(digits, text, 8);
}

size_t header_end(const uint8_t *bytes)
{
  uint64_t header = 0;
  for (size_t i = 8; i-- > 0;)
    header = header << 8 | bytes[i];
  return 8 + (size_t)header;
}

float *data_of(uint8_t *bytes, size_t len, const char *name)
{
  char key[80];
  snprintf(key, sizeof key, "\"%s\":{", name);
  uint8_t *entry = find_bytes(bytes, len, key);
  const size_t at = strtoul(
      (char *)find_bytes(entry, len - (size_t)(entry - bytes), "offsets\":[") + 10, NULL, 10);
  return (float *)(void *)(bytes + header_end(bytes) + at);
}

uint8_t *replace(uint8_t *bytes, size_t *len, const char *from, const char *to)
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
  test_wrong_tensors(data);
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
