/*
 * advance.c - the training loop, a call at a time: each call learns or validates one mini-batch, or
 * a part of it. The caller decides when to pause, stop or look.
 */
#include "learner.h"

static void finish_epoch(ink_learner *learner, ink_event *event)
{
  ink_finish_validation(learner, event);
  event->train_loss = learner->loss_sum / (double)ink_steps_per_epoch(learner);
  learner->epoch++;
  if (++learner->fit_epoch == learner->fits[learner->fit].epochs &&
      learner->fit + 1 < learner->n_fits) {
    learner->fit++;
    ink_start_fit(learner);
  }
  learner->train_at = 0;
  learner->loss_sum = 0;
}

ink_status ink_learner_advance_part(ink_learner *learner, ink_event *event, ink_error *err)
{
  *event = ink_make_event(learner);
  INK_TRY(ink_learner_need_pictures(learner, err));
  double rates[INK_GROUPS_MAX];
  event->momentum = ink_schedule_step(learner, rates);
  event->lr = rates[learner->model->n_groups - 1];
  ink_status status = INK_OK;
  if (learner->diverged)
    status = learner->unreported
                 ? ink_fail(err, INK_E_DIVERGED, "%s", learner->why.text)
                 : ink_fail(err, INK_E_STATE, "this run has diverged; start a new one");
  else if (learner->fit_epoch < learner->fits[learner->fit].epochs)
    status = learner->train_at < ink_learner_train_count(learner)
                 ? ink_train_part(learner, event, err)
                 : ink_valid_part(learner, event, err);
  if (status == INK_OK && learner->valid_at == learner->dataset->valid.count)
    status = ink_learner_check(learner, err);
  if (status == INK_OK && learner->valid_at == learner->dataset->valid.count)
    finish_epoch(learner, event);
  if (status == INK_E_DIVERGED)
    learner->unreported = false;
  event->step = (double)learner->step;
  return status;
}

ink_status ink_learner_advance(ink_learner *learner, ink_event *event, ink_error *err)
{
  do
    INK_TRY(ink_learner_advance_part(learner, event, err));
  while (event->kind == (double)INK_EVENT_PART);
  return INK_OK;
}
