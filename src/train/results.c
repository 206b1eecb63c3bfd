/*
 * results.c - what the last validation found.
 */
#include "ink_learner.h"

#include <math.h>

ink_status ink_learner_need_validation(const ink_learner *learner, ink_error *err)
{
  return learner->validated
             ? INK_OK
             : ink_fail(err, INK_E_STATE,
                        "nothing has been validated yet: evaluate the network first");
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
