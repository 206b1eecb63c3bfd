/*
 * api_network.c - the network as something to use: opened without data, what goes into it and comes out, and what
 * its last validation says.
 */
#include "api_session.h"

#include <math.h>
#include <string.h>

static struct {
  char settings[INK_LINE_MAX + 2048];
  uint32_t *indices; /* of the last ink_api_top_losses */
  ink_pair pairs[INK_MAX_CLASSES * INK_MAX_CLASSES];
  float input[INK_PIXELS], logits[INK_MAX_CLASSES];
  uint8_t seen[INK_PIXELS];
} last;

/* ---- a checkpoint without data ---- */

int ink_api_open(size_t len, int keep_data)
{
  ink_dataset *dataset = keep_data ? ink_session_dataset() : NULL;
  ink_learner *learner;
  INK_TRY_INT(ink_session_check_input(len));
  if (keep_data && !dataset)
    return (int)ink_fail(ink_session_error(), INK_E_STATE, "no data set is loaded yet");
  INK_TRY_INT(ink_network_read(&learner, &dataset, ink_session_input(&len), len, NULL,
                               ink_session_error()));
  ink_session_replace(dataset, learner);
  return INK_OK;
}

const char *ink_api_settings(void)
{
  const ink_learner *learner = ink_session_learner();
  if (!learner)
    return NULL;
  ink_settings_write(&learner->settings, last.settings, sizeof last.settings);
  return last.settings;
}

/* ---- what it makes of a picture ---- */

const float *ink_api_network_input(void)
{
  const ink_learner *learner = ink_session_learner();
  if (!learner)
    return NULL;
  ink_model_fill_x(learner->model);
  /* One channel of one image: its pixels are a block of eight lanes apart, flat or not. */
  for (size_t p = 0; p < INK_PIXELS; p++)
    last.input[p] = learner->model->x[p * INK_LANES];
  return last.input;
}

const float *ink_api_logits(void)
{
  const ink_learner *learner = ink_session_learner();
  if (!learner)
    return NULL;
  ink_logits(learner->model, 0, last.logits);
  return last.logits;
}

/* ---- the last validation ---- */

size_t ink_api_most_confused(uint32_t least)
{
  const ink_learner *learner = ink_session_learner();
  return learner
             ? ink_most_confused(learner->confusion, learner->dataset->n_classes, least, last.pairs)
             : 0;
}

const uint32_t *ink_api_pairs(void)
{
  return &last.pairs[0].actual;
}

/* As it was, where nothing is resized; else as fastai shows it: cut to 0..1, times 255, cut to whole numbers. */
const uint8_t *ink_api_valid_seen(size_t index)
{
  const ink_learner *learner = ink_session_learner();
  if (!learner || index >= learner->dataset->valid.count)
    return NULL;
  const uint8_t *picture = learner->dataset->valid.pixels + index * INK_PIXELS;
  if (!learner->augmenter)
    return picture;
  float values[INK_PIXELS];
  ink_augment(learner->augmenter, NULL, ink_augment_whole(), picture, values);
  for (size_t p = 0; p < INK_PIXELS; p++)
    last.seen[p] = (uint8_t)(fminf(fmaxf(values[p], 0), 1) * 255.0f);
  return last.seen;
}

/* Losses are 0 or more: below, a picture is of another cell. */
static float loss_in_cell(const ink_learner *learner, size_t index, int actual, int predicted)
{
  const bool in = actual < 0 || (learner->dataset->valid.labels[index] == actual &&
                                 learner->valid_predicted[index] == predicted);
  return in ? learner->valid_losses[index] : -1;
}

static ink_status top_losses(const ink_learner *learner, size_t most, int actual, int predicted,
                             size_t *found, ink_error *err)
{
  const size_t count = learner->dataset->valid.count;
  float *losses = ink_alloc(count * sizeof *losses);
  uint32_t *indices = ink_alloc(count * sizeof *indices);
  *found = 0;
  if (!losses || !indices) {
    ink_free(losses);
    ink_free(indices);
    return ink_fail(err, INK_E_MEMORY, "not enough memory to sort %zu losses", count);
  }
  for (size_t i = 0; i < count; i++) {
    losses[i] = loss_in_cell(learner, i, actual, predicted);
    *found += losses[i] >= 0;
  }
  *found = ink_min_size(*found, most);
  ink_top_losses(losses, count, *found, indices);
  ink_free(losses);
  ink_free(last.indices);
  last.indices = indices;
  return INK_OK;
}

double ink_api_top_losses(size_t most, int actual, int predicted)
{
  const ink_learner *learner = ink_session_learner();
  size_t found;
  if (!learner)
    return 0;
  return top_losses(learner, most, actual, predicted, &found, ink_session_error()) == INK_OK
             ? (double)found
             : -1;
}

const uint32_t *ink_api_top_indices(void)
{
  return last.indices;
}
