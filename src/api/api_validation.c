/*
 * api_validation.c - exported: what the last validation says, and whether probabilities are right
 * as often as they claim.
 */
#include "api_session.h"

ink_status ink_api_confusion(void)
{
  INK_TRY(ink_need_learner());
  const size_t n = ink_session.dataset->n_classes;
  ink_give_span(0, ink_learner_confusion(ink_session.learner), n * n * sizeof(uint32_t));
  return INK_OK;
}

ink_status ink_api_most_confused(uint32_t least)
{
  ink_give_span(0, NULL, 0);
  if (!ink_session.learner)
    return INK_OK;
  const size_t count = ink_most_confused(ink_learner_confusion(ink_session.learner),
                                         ink_session.dataset->n_classes, least, ink_session.pairs);
  ink_give_span(0, ink_session.pairs, count * sizeof *ink_session.pairs);
  return INK_OK;
}
_Static_assert(sizeof(ink_pair) == 3 * sizeof(uint32_t), "pairs are given as three u32 each");

/* ---- top losses ---- */

/* The loss of a validation picture; below 0, which no loss is, where it is of another cell. */
static float loss_in_cell(const ink_learner *learner, size_t index, int actual, int predicted)
{
  const bool in = actual < 0 || (ink_session.dataset->valid.labels[index] == actual &&
                                 ink_learner_valid_predicted(learner)[index] == predicted);
  return in ? ink_learner_valid_losses(learner)[index] : -1;
}

ink_status ink_api_top_losses(size_t most, int actual, int predicted)
{
  ink_give_span(0, NULL, 0);
  if (!ink_session.learner)
    return INK_OK;
  const ink_learner *learner = ink_session.learner;
  const size_t count = ink_session.dataset->valid.count;
  float *losses = ink_alloc(count * sizeof *losses);
  uint32_t *indices = ink_alloc(count * sizeof *indices);
  if (!losses || !indices) {
    ink_free(losses);
    ink_free(indices);
    return ink_fail(&ink_session.error, INK_E_MEMORY, "not enough memory to sort %zu losses",
                    count);
  }
  size_t found = 0;
  for (size_t i = 0; i < count; i++) {
    losses[i] = loss_in_cell(learner, i, actual, predicted);
    found += losses[i] >= 0;
  }
  found = ink_min_size(found, most);
  ink_top_losses(losses, count, found, indices);
  ink_free(losses);
  ink_free(ink_session.indices);
  ink_session.indices = indices;
  ink_give_span(0, indices, found * sizeof *indices);
  return INK_OK;
}

ink_status ink_api_valid_picture(size_t index)
{
  INK_TRY(ink_need_learner());
  const ink_learner *learner = ink_session.learner;
  const ink_items *items = &ink_session.dataset->valid;
  if (index >= items->count)
    return ink_fail(&ink_session.error, INK_E_ARGUMENT, "there is no picture %zu in that split",
                    index);
  ink_learner_see(learner, items->pixels + index * INK_PIXELS, ink_session.seen);
  ink_give_span(0, ink_session.seen, INK_PIXELS);
  ink_give_text(1, items->paths ? items->paths[index] : NULL);
  ink_give_number(0, items->labels[index]);
  ink_give_number(1, ink_learner_valid_predicted(learner)[index]);
  ink_give_number(2, (double)ink_learner_valid_losses(learner)[index]);
  ink_give_number(3, ink_learner_valid_probability(learner, index));
  return INK_OK;
}

/* ---- calibration ---- */

ink_status ink_api_calibrate(void)
{
  double losses[2];
  INK_TRY(ink_need_learner());
  INK_TRY(ink_learner_calibrate(ink_session.learner, losses, &ink_session.error));
  ink_give_number(0, ink_learner_settings(ink_session.learner)->temperature);
  ink_give_number(1, losses[0]);
  ink_give_number(2, losses[1]);
  return INK_OK;
}

ink_status ink_api_reliability(void)
{
  INK_TRY(ink_need_learner());
  INK_TRY(
      ink_learner_reliability(ink_session.learner, &ink_session.reliability, &ink_session.error));
  ink_give_number(0, ink_session.reliability.error);
  ink_give_span(0, ink_session.reliability.bins, sizeof ink_session.reliability.bins);
  return INK_OK;
}
