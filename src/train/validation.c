/*
 * validation.c - one mini-batch of the validation pictures after the other, and the results of a
 * whole validation.
 */
#include "learner.h"

#include <math.h>
#include <string.h>

ink_status ink_learner_need_validation(const ink_learner *learner, ink_error *err)
{
  return learner->validated
             ? INK_OK
             : ink_fail(err, INK_E_STATE,
                        "nothing has been validated yet: evaluate the network first");
}

void ink_finish_validation(ink_learner *learner, ink_event *event)
{
  const size_t cells = learner->dataset->n_classes * learner->dataset->n_classes;
  const double valid_count = (double)learner->dataset->valid.count;
  event->kind = INK_EVENT_EPOCH;
  event->valid_loss = learner->valid_loss_sum / valid_count;
  event->accuracy = (double)learner->correct / valid_count;
  event->batch_accuracy = learner->batch_accuracy_sum / event->valid_batches;
  memcpy(learner->confusion, learner->next_confusion, cells * sizeof *learner->confusion);
  memset(learner->next_confusion, 0, cells * sizeof *learner->next_confusion);
  learner->valid_at = learner->correct = 0;
  learner->valid_loss_sum = learner->batch_accuracy_sum = 0;
  learner->validated = true;
}

ink_status ink_valid_part(ink_learner *learner, ink_event *event, ink_error *err)
{
  const ink_items *items = &learner->dataset->valid;
  const size_t first = learner->valid_at, n = ink_min_size(learner->batch, items->count - first);
  ink_forward_part(learner, items, NULL, first, n);
  event->kind = INK_EVENT_PART;
  if (learner->part < learner->model->n_layers + 2)
    return INK_OK;
  learner->part = 0;
  const double loss = learner->loss;
  if (!isfinite(loss))
    return ink_diverge_between(learner, INK_THE_LOSS, err);
  ink_predictions(learner->model, n, learner->predicted);
  size_t correct = 0;
  for (size_t i = 0; i < n; i++) {
    const size_t actual = items->labels[first + i], predicted = learner->predicted[i];
    correct += actual == predicted;
    learner->next_confusion[actual * learner->dataset->n_classes + predicted]++;
  }
  memcpy(learner->valid_losses + first, learner->losses, n * sizeof *learner->losses);
  memcpy(learner->valid_predicted + first, learner->predicted, n);
  for (size_t i = 0; i < n; i++)
    ink_logits(learner->model, i,
               learner->valid_logits + (first + i) * learner->dataset->n_classes);
  learner->valid_at += n;
  learner->valid_loss_sum += loss * (double)n;
  learner->correct += correct;
  learner->batch_accuracy_sum += (double)correct / (double)n;
  event->kind = INK_EVENT_VALID;
  event->images = (double)n;
  event->valid_batch = (double)ink_ceil_div(learner->valid_at, learner->batch);
  event->validated = (double)learner->valid_at;
  return INK_OK;
}

ink_status ink_learner_evaluate(ink_learner *learner, ink_event *event, ink_error *err)
{
  INK_TRY(ink_learner_need_pictures(learner, err));
  const size_t cells = learner->dataset->n_classes * learner->dataset->n_classes;
  memset(learner->next_confusion, 0, cells * sizeof *learner->next_confusion);
  learner->valid_at = learner->correct = 0;
  learner->valid_loss_sum = learner->batch_accuracy_sum = 0;
  *event = ink_make_event(learner);
  while (learner->valid_at < learner->dataset->valid.count)
    INK_TRY(ink_valid_part(learner, event, err));
  ink_finish_validation(learner, event);
  event->step = (double)learner->step;
  return INK_OK;
}

const uint32_t *ink_learner_confusion(const ink_learner *learner)
{
  return learner->confusion;
}

const float *ink_learner_valid_losses(const ink_learner *learner)
{
  return learner->valid_losses;
}

const uint8_t *ink_learner_valid_predicted(const ink_learner *learner)
{
  return learner->valid_predicted;
}

const float *ink_learner_valid_logits(const ink_learner *learner)
{
  return learner->valid_logits;
}

double ink_learner_valid_probability(const ink_learner *learner, size_t index)
{
  const size_t classes = learner->dataset->n_classes;
  const float *z = learner->valid_logits + index * classes;
  const float best = z[learner->valid_predicted[index]];
  double sum = 0;
  for (size_t j = 0; j < classes; j++)
    sum += exp(((double)z[j] - best) / learner->settings.temperature);
  return 1 / sum;
}
