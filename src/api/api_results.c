/*
 * api_results.c - exported: the results of the last validation, and whether its probabilities can be trusted.
 */
#include "api_session.h"

#include <math.h>

const uint32_t *ink_api_confusion(void)
{
  return ink_session.learner ? ink_learner_confusion(ink_session.learner) : NULL;
}

const float *ink_api_valid_losses(void)
{
  return ink_session.learner ? ink_learner_valid_losses(ink_session.learner) : NULL;
}

const uint8_t *ink_api_valid_predicted(void)
{
  return ink_session.learner ? ink_learner_valid_predicted(ink_session.learner) : NULL;
}

double ink_api_valid_probability(size_t index)
{
  return ink_session.learner && index < ink_session.dataset->valid.count
             ? ink_learner_valid_probability(ink_session.learner, index)
             : NAN;
}

size_t ink_api_most_confused(uint32_t least)
{
  const ink_learner *learner = ink_session.learner;
  return learner ? ink_most_confused(ink_learner_confusion(learner), ink_session.dataset->n_classes,
                                     least, ink_session.pairs)
                 : 0;
}

const uint32_t *ink_api_pairs(void)
{
  return &ink_session.pairs[0].actual;
}

const uint8_t *ink_api_valid_seen(size_t index)
{
  const ink_learner *learner = ink_session.learner;
  if (!learner || index >= ink_session.dataset->valid.count)
    return NULL;
  ink_learner_see(learner, ink_session.dataset->valid.pixels + index * INK_PIXELS,
                  ink_session.valid_seen);
  return ink_session.valid_seen;
}

/* Losses are 0 or more: below, a picture is of another cell. */
static float loss_in_cell(const ink_learner *learner, size_t index, int actual, int predicted)
{
  const bool in = actual < 0 || (ink_session.dataset->valid.labels[index] == actual &&
                                 ink_learner_valid_predicted(learner)[index] == predicted);
  return in ? ink_learner_valid_losses(learner)[index] : -1;
}

static ink_status top_losses(const ink_learner *learner, size_t most, int actual, int predicted,
                             size_t *found, ink_error *err)
{
  const size_t count = ink_session.dataset->valid.count;
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
  ink_free(ink_session.top_indices);
  ink_session.top_indices = indices;
  return INK_OK;
}

double ink_api_top_losses(size_t most, int actual, int predicted)
{
  const ink_learner *learner = ink_session.learner;
  size_t found;
  if (!learner)
    return 0;
  return top_losses(learner, most, actual, predicted, &found, &ink_session.error) == INK_OK
             ? (double)found
             : -1;
}

const uint32_t *ink_api_top_indices(void)
{
  return ink_session.top_indices;
}

int ink_api_calibrate(void)
{
  if (!ink_session.learner)
    return ink_session_no_learner();
  INK_TRY_INT(ink_learner_calibrate(ink_session.learner, ink_session.calibration_losses,
                                    &ink_session.error));
  ink_session.calibrated = true;
  return INK_OK;
}

const double *ink_api_calibration(void)
{
  const ink_learner *learner = ink_session.learner;
  double *calibration = ink_session.calibration;
  calibration[0] = learner ? ink_learner_settings(learner)->temperature : NAN;
  for (int i = 0; i < 2; i++)
    calibration[1 + i] = ink_session.calibrated ? ink_session.calibration_losses[i] : NAN;
  calibration[3] = INK_RELIABILITY_BINS;
  return calibration;
}

const double *ink_api_reliability(void)
{
  const ink_learner *learner = ink_session.learner;
  if (!learner) {
    ink_session_no_learner();
    return NULL;
  }
  return ink_learner_reliability(learner, &ink_session.reliability, &ink_session.error) == INK_OK
             ? &ink_session.reliability.error
             : NULL;
}
