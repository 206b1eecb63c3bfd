/*
 * sound.c - whether a learner's numbers are finite, and what happens when they are not: the run
 * ends, and the last good weights come back.
 */
#include "learner.h"

#include <math.h>
#include <string.h>

/* Buffers come after the parameters. */
static bool has_sound_buffers(const ink_model *model, const float *values)
{
  return ink_all_finite(values + model->n_parameters, model->n_values - model->n_parameters);
}

bool ink_keep_values(ink_learner *learner)
{
  const ink_model *model = learner->model;
  if (learner->step < learner->kept_step + learner->keep_every)
    return has_sound_buffers(model, model->values);
  if (!ink_all_finite(model->values, model->n_values))
    return false;
  memcpy(learner->kept, model->values, model->n_values * sizeof *learner->kept);
  learner->kept_step = learner->step;
  return true;
}

/* Returns the values that the optimiser steps. */
static const float *stepped_values(const ink_learner *learner)
{
  return learner->average.trained ? learner->average.trained : learner->model->values;
}

static bool has_sound_state(const ink_learner *learner)
{
  const size_t n = learner->model->n_gradients;
  const float *first = learner->optimizer.first, *second = learner->optimizer.second;
  return (!first || ink_all_finite(first, n)) && (!second || ink_all_finite(second, n));
}

bool ink_learner_is_sound(const ink_learner *learner)
{
  const size_t n = learner->model->n_values;
  return ink_all_finite(stepped_values(learner), n) && has_sound_state(learner) &&
         (!learner->average.trained || ink_all_finite(learner->average.shown, n));
}

/*
 * Returns the parameter group to name in the message: that of the first value which is not finite.
 * If all are finite, the logits overflowed: then the group of the largest parameter.
 */
static size_t broken_group(const ink_model *model)
{
  size_t group = 0;
  float largest = 0;
  for (size_t t = 0; t < model->n_tensors; t++) {
    const ink_tensor *tensor = model->tensors[t];
    for (size_t i = 0; i < tensor->count; i++) {
      if (!isfinite(tensor->value[i]))
        return tensor->group;
      if (ink_tensor_is_trained(tensor) && fabsf(tensor->value[i]) > largest) {
        largest = fabsf(tensor->value[i]);
        group = tensor->group;
      }
    }
  }
  return group;
}

const char *ink_broken_part(const ink_learner *learner)
{
  const ink_model *model = learner->model;
  const float *values = stepped_values(learner);
  return !has_sound_buffers(model, values)          ? "a running mean or variance"
         : !ink_all_finite(values, model->n_values) ? "a weight"
         : !has_sound_state(learner)                ? "a value of the optimiser's state"
                                                    : "an average of the weights";
}

ink_status ink_diverge(ink_learner *learner, const char *what, const double *rates, ink_error *err)
{
  ink_model *model = learner->model;
  const size_t group = broken_group(model);
  ink_average_show(&learner->average, learner->model);
  memcpy(model->values, learner->kept, model->n_values * sizeof *model->values);
  ink_model_touch(model);
  ink_average_begin(&learner->average, learner->model);
  learner->diverged = true;
  ink_fail(&learner->why, INK_E_DIVERGED,
           "%s is no longer a finite number at step %llu of epoch %zu (parameter group %zu, "
           "learning rate %g); the "
           "weights of step %llu are kept; try a smaller learning rate",
           what, (unsigned long long)learner->step, learner->epoch, group, rates[group],
           (unsigned long long)learner->kept_step);
  return ink_fail(err, INK_E_DIVERGED, "%s", learner->why.text);
}

ink_status ink_diverge_between(ink_learner *learner, const char *what, ink_error *err)
{
  double rates[INK_GROUPS_MAX];
  ink_schedule_step(learner, rates);
  return ink_diverge(learner, what, rates, err);
}

ink_status ink_learner_check(ink_learner *learner, ink_error *err)
{
  if (learner->diverged || ink_learner_is_sound(learner))
    return INK_OK;
  learner->unreported = true;
  return ink_diverge_between(learner, ink_broken_part(learner), err);
}
