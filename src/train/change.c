/*
 * change.c - changes in the middle of a run: another learning rate, frozen layers.
 */
#include "ink_learner.h"

#include <math.h>

void ink_learner_set_rate(ink_learner *learner, double lr)
{
  ink_settings *settings = &learner->settings;
  const double factor = lr / settings->lr;
  for (size_t f = learner->fit; f < learner->n_fits; f++)
    for (size_t g = 0; g < learner->model->n_groups; g++)
      learner->fits[f].rates[g] *= factor;
  /* lr_first stays within its limits, so that a checkpoint of these settings can be read. */
  if (settings->lr_first > 0)
    settings->lr_first = fmin(fmax(settings->lr_first * factor, 1e-300), 1e6);
  settings->lr = lr;
}

void ink_learner_hold(ink_learner *learner, bool held)
{
  const ink_model *model = learner->model;
  const ink_layer *last = ink_model_last_trained(model);
  for (size_t t = 0; t < model->n_tensors; t++) {
    ink_tensor *tensor = model->tensors[t];
    const bool is_last =
        last && tensor >= last->tensors && tensor < last->tensors + last->n_tensors;
    tensor->frozen = held && !is_last && tensor->role != INK_ROLE_NORM_WEIGHT &&
                     tensor->role != INK_ROLE_NORM_BIAS;
  }
}
