/*
 * fits.c - the fits that make up a run, and what a step gets from them: whether layers are frozen,
 * the learning rates, the momentum. A run is one fit; fine_tune is two, of which the first is
 * frozen.
 */
#include "learner.h"

#include <math.h>

size_t ink_learner_train_count(const ink_learner *learner)
{
  const size_t count = learner->dataset->train.count;
  return learner->settings.drop_last != 0 ? count / learner->batch * learner->batch : count;
}

size_t ink_steps_per_epoch(const ink_learner *learner)
{
  return ink_ceil_div(ink_learner_train_count(learner), learner->batch);
}

const ink_schedule_rule *ink_schedule_of(const ink_learner *learner)
{
  return ink_schedule_rule_of((size_t)learner->settings.schedule);
}

static ink_fit make_fit(const ink_learner *learner, size_t epochs, double lr_first, double lr)
{
  const ink_settings *s = &learner->settings;
  ink_fit fit = {
      .epochs = epochs,
      .cycles = ink_schedule_of(learner)->cycles,
      .cycle = {.div = s->div,
                .div_final = s->div_final,
                .pct_start = s->pct_start,
                .momenta = {0.95, 0.85, 0.95}},
  };
  ink_group_rates(lr_first, lr, learner->model->n_groups, fit.rates);
  return fit;
}

/* fastai's fine_tune fits frozen with slice(lr), then unfrozen with slice(lr / 200, lr / 2). */
void ink_plan_fits(ink_learner *learner)
{
  const ink_settings *s = &learner->settings;
  learner->n_fits = 0;
  if (ink_schedule_of(learner)->frozen_first) {
    ink_fit frozen = make_fit(learner, (size_t)s->freeze_epochs, -1, s->lr);
    frozen.frozen = true;
    frozen.cycle.div = 25;
    frozen.cycle.pct_start = 0.99;
    learner->fits[learner->n_fits++] = frozen;
    learner->fits[learner->n_fits++] = make_fit(learner, (size_t)s->epochs, s->lr / 200, s->lr / 2);
  } else {
    learner->fits[learner->n_fits++] = make_fit(learner, (size_t)s->epochs, s->lr_first, s->lr);
  }
}

void ink_freeze_fit(ink_learner *learner)
{
  ink_model_freeze(learner->model,
                   learner->fits[learner->fit].frozen ? learner->model->n_groups - 1 : 0);
}

/* As in fastai: each fit has its own smoothed loss, and freezing empties the optimiser's state. */
void ink_start_fit(ink_learner *learner)
{
  learner->fit_epoch = learner->fit_step = 0;
  learner->smooth = (ink_smooth){.beta = 0.98};
  if (!ink_schedule_of(learner)->frozen_first)
    return;
  ink_freeze_fit(learner);
  ink_optimizer_clear(&learner->optimizer, learner->model);
}

double ink_schedule_step(const ink_learner *learner, double rates[INK_GROUPS_MAX])
{
  const ink_fit *fit = &learner->fits[learner->fit];
  const size_t total = fit->epochs * ink_steps_per_epoch(learner);
  for (size_t g = 0; g < learner->model->n_groups; g++)
    rates[g] = fit->cycles ? ink_cycle_lr(&fit->cycle, fit->rates[g], learner->fit_step, total)
                           : fit->rates[g];
  /* SGD without momentum has no buffer for momentum, so a cycle does not change it. */
  return fit->cycles && learner->optimizer.first
             ? ink_cycle_momentum(&fit->cycle, learner->fit_step, total)
             : learner->settings.momentum;
}

bool ink_is_unaugmented(const ink_learner *learner)
{
  const ink_fit *fit = &learner->fits[learner->fit];
  const size_t left = fit->epochs - learner->fit_epoch; /* 0: only the finder still trains */
  return learner->fit + 1 == learner->n_fits && left > 0 &&
         (double)left <= learner->settings.unaugmented_epochs;
}

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

const ink_fit *ink_learner_fit_at(const ink_learner *learner, size_t index)
{
  return index < learner->n_fits ? &learner->fits[index] : NULL;
}
