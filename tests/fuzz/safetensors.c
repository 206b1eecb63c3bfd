/*
 * safetensors.c - fuzz target: a file as weights for a small model, and as a checkpoint. The
 * checksum of a file that has one is corrected first, since otherwise every change would be refused
 * there.
 */
#include "ink_checkpoint.h"
#include "target.h"

#include <math.h>
#include <string.h>

static uint8_t pixels[4 * INK_PIXELS], labels[4] = {0, 1, 0, 1};

static const ink_dataset dataset = {
    .n_classes = 2,
    .class_names = {"a", "b"},
    .train = {.count = 4, .pixels = pixels, .labels = labels},
    .valid = {.count = 2, .pixels = pixels, .labels = labels},
};

static void seal(uint8_t *bytes, size_t len)
{
  static const char before[] = "{\"__metadata__\":{\"checksum\":\"";
  const size_t at = 8 + sizeof before - 1;
  if (len < at + 8 || memcmp(bytes + 8, before, sizeof before - 1) != 0)
    return;
  char text[9];
  memcpy(bytes + at, "00000000", 8);
  snprintf(text, sizeof text, "%08x", (unsigned)ink_crc32(0, bytes, len));
  memcpy(bytes + at, text, 8);
}

static uint32_t digest_learner(uint32_t digest, const ink_learner *learner)
{
  const ink_model *model = ink_learner_model(learner);
  for (size_t i = 0; i < model->n_values; i++)
    PROMISE(isfinite(model->values[i]));
  const ink_progress at = ink_learner_progress(learner);
  PROMISE(at.train_at <= (double)dataset.train.count &&
          ink_learner_fit_at(learner, (size_t)at.fit));
  return ink_crc32(digest_number(digest, (size_t)at.step), (const uint8_t *)model->values,
                   model->n_values * sizeof *model->values);
}

/* Loads into an existing model, which must change as a whole or not at all. */
static ink_status read_weights(const uint8_t *bytes, size_t len, uint32_t *digest, ink_error *err)
{
  ink_settings settings;
  ink_learner *learner;
  INK_TRY(ink_settings_parse(&settings, "model=avgpool(28) bn linear(classes)\nbatch=2", err));
  INK_TRY(ink_learner_create(&learner, &dataset, &settings, NULL, err));
  const uint32_t before = digest_learner(0, learner);
  const ink_status status = ink_weights_read(learner, bytes, len, err);
  *digest = digest_learner(0, learner);
  PROMISE(status == INK_OK || *digest == before);
  ink_learner_free(learner);
  return status;
}

/* The checkpoint that is written from it is read again and written as the same bytes. */
static void check_round_trip(const ink_learner *learner, bool resumable)
{
  const size_t len = ink_checkpoint_write(learner, resumable, NULL);
  uint8_t *first = malloc(len), *second = malloc(len);
  PROMISE(first && second);
  PROMISE(ink_checkpoint_write(learner, resumable, first) == len);
  ink_learner *again = NULL;
  ink_error err;
  if (ink_checkpoint_read(&again, &dataset, first, len, NULL, &err) == INK_OK) {
    PROMISE(ink_checkpoint_write(again, resumable, second) == len);
    PROMISE(memcmp(first, second, len) == 0);
  } else {
    PROMISE(err.status == INK_E_MEMORY);
  }
  ink_learner_free(again);
  free(first), free(second);
}

static ink_status read_checkpoint(const uint8_t *bytes, size_t len, uint32_t *digest,
                                  ink_error *err)
{
  ink_learner *learner = NULL;
  const ink_status status = ink_checkpoint_read(&learner, &dataset, bytes, len, NULL, err);
  PROMISE((status == INK_OK) == (learner != NULL));
  if (learner) {
    *digest = digest_learner(*digest, learner);
    check_round_trip(learner, true);
    check_round_trip(learner, false);
  }
  ink_learner_free(learner);
  return status;
}

/* Opens it without data; the classes are those of the file. */
static void read_network(const uint8_t *bytes, size_t len)
{
  ink_learner *learner = NULL;
  ink_dataset *made = NULL;
  ink_error err = {0};
  const ink_status status = ink_network_read(&learner, &made, bytes, len, NULL, &err);
  PROMISE((status == INK_OK) == (learner != NULL && made != NULL));
  if (learner) {
    float probabilities[INK_MAX_CLASSES];
    PROMISE(made->n_classes >= INK_MIN_CLASSES && made->n_classes <= INK_MAX_CLASSES);
    ink_learner_predict(learner, pixels, probabilities);
  } else {
    PROMISE(err.text[0]);
  }
  ink_learner_free(learner);
  ink_dataset_free(made);
}

ink_status target(const uint8_t *bytes, size_t len, uint32_t *digest, ink_error *err)
{
  uint8_t *sealed = malloc(len ? len : 1);
  PROMISE(sealed);
  memcpy(sealed, bytes, len);
  seal(sealed, len);
  ink_error ignored;
  read_weights(sealed, len, digest, &ignored);
  read_network(sealed, len);
  const ink_status status = read_checkpoint(sealed, len, digest, err);
  free(sealed);
  return status;
}
