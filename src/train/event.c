/*
 * event.c - the fields of an event by name, the names of its kinds, and events of a learner.
 */
#include "learner.h"

#define FIELD(field, says) [offsetof(ink_event, field) / sizeof(double)] = {#field, says}

static const ink_event_field fields[] = {
    FIELD(kind, "which of the event kinds it is"),
    FIELD(epoch, "epoch, from 0"),
    FIELD(epochs, "all epochs, those before this run included"),
    FIELD(first_epoch,
          "first epoch of this run; above 0 where a trained network is trained further"),
    FIELD(fit, "fit of the run, from 0; fine_tune has two"),
    FIELD(fit_epoch, "epoch of the fit, from 0"),
    FIELD(step, "training steps done in the run"),
    FIELD(steps_per_epoch, "training steps of an epoch"),
    FIELD(valid_batches, "mini-batches of a validation"),
    FIELD(valid_batch, "validation mini-batches done in this epoch"),
    FIELD(images, "pictures in this mini-batch"),
    FIELD(train_count, "training pictures of an epoch"),
    FIELD(valid_count, "validation pictures"),
    FIELD(trained, "training pictures done in this epoch"),
    FIELD(validated, "validation pictures done in this epoch"),
    FIELD(loss, "loss of the mini-batch before its step, in nats"),
    FIELD(smooth_loss, "fastai's smoothed loss, in nats"),
    FIELD(lr, "learning rate of this step, of the last parameter group"),
    FIELD(momentum, "momentum of this step; of Adam beta1"),
    FIELD(train_loss, "mean loss over the mini-batches of the epoch, in nats"),
    FIELD(valid_loss, "mean loss over all validation pictures, in nats"),
    FIELD(accuracy, "share of validation pictures that were read right"),
    FIELD(batch_accuracy, "unweighted mean of the accuracies of the validation mini-batches"),
};
enum { FIELDS = sizeof fields / sizeof *fields };
_Static_assert(FIELDS == sizeof(ink_event) / sizeof(double),
               "each field of ink_event has its entry in the table");

static const char *const kinds[] = {
    [INK_EVENT_STEP] = "step", [INK_EVENT_VALID] = "valid", [INK_EVENT_EPOCH] = "epoch",
    [INK_EVENT_DONE] = "done", [INK_EVENT_PART] = "part",
};
_Static_assert(sizeof kinds / sizeof *kinds == INK_EVENT_KINDS,
               "each ink_event_kind has its entry in the table");

const ink_event_field *ink_event_field_at(size_t index)
{
  return index < FIELDS ? &fields[index] : NULL;
}

const char *ink_event_kind_name(size_t kind)
{
  return kind < INK_EVENT_KINDS ? kinds[kind] : NULL;
}

ink_event ink_make_event(const ink_learner *learner)
{
  ink_event event = {
      .kind = INK_EVENT_DONE,
      .epoch = (double)learner->epoch,
      .fit = (double)learner->fit,
      .fit_epoch = (double)learner->fit_epoch,
      .first_epoch = (double)learner->first_epoch,
      .epochs = (double)learner->first_epoch,
      .train_count = (double)ink_learner_train_count(learner),
      .valid_count = (double)learner->dataset->valid.count,
      .trained = (double)learner->train_at,
      .steps_per_epoch = (double)ink_steps_per_epoch(learner),
      .valid_batches = (double)ink_ceil_div(learner->dataset->valid.count, learner->batch),
  };
  for (size_t i = 0; i < learner->n_fits; i++)
    event.epochs += (double)learner->fits[i].epochs;
  return event;
}
