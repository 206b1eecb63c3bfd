/*
 * progress.c - what a checkpoint holds of a learner: its position in the run, and its numbers.
 */
#include "learner.h"

#include <math.h>
#include <string.h>

/* ---- the fields of a position ---- */

enum { COUNT_MAX = 1 << 30 }; /* epochs and steps: far above any run, and it fits size_t */

static bool is_count(double x)
{
  return x >= 0 && x <= (double)COUNT_MAX && x == floor(x);
}

static bool is_finite(double x)
{
  return isfinite(x);
}

static bool is_fraction(double x)
{
  return x >= 0 && x < 1;
}

static const ink_progress_field fields[] = {
#define FIELD(name, check, initial) {#name, offsetof(ink_progress, name), is_##check, initial},
    INK_PROGRESS(FIELD)
#undef FIELD
};

const ink_progress_field *ink_progress_field_at(size_t index)
{
  return index < sizeof fields / sizeof *fields ? &fields[index] : NULL;
}

static bool are_fields_valid(const ink_progress *progress)
{
  for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
    if (!fields[i].is_valid(*ink_progress_value((ink_progress *)progress, &fields[i])))
      return false;
  return true;
}

/* ---- the position of a learner ---- */

ink_progress ink_learner_progress(const ink_learner *learner)
{
  return (ink_progress){
      .fit = (double)learner->fit,
      .fit_epoch = (double)learner->fit_epoch,
      .fit_step = (double)learner->fit_step,
      .step = (double)learner->step,
      .epoch = (double)learner->epoch,
      .train_at = (double)learner->train_at,
      .loss_sum = learner->loss_sum,
      .smooth_value = learner->smooth.value,
      .smooth_count = (double)learner->smooth.count,
      .optimizer_steps = (double)learner->optimizer.steps,
      .train_count = (double)learner->dataset->train.count,
      .valid_count = (double)learner->dataset->valid.count,
      .first_epoch = (double)learner->first_epoch,
      .momentum = learner->momentum,
  };
}

bool ink_progress_is_on(const ink_progress *progress, const ink_dataset *dataset)
{
  return progress->train_count == (double)dataset->train.count &&
         progress->valid_count == (double)dataset->valid.count;
}

/*
 * Returns true if a run with the learner's settings can be at this position.
 *
 * The counts of a position depend on each other. Example: fine_tune with one frozen epoch and two
 * more, on 10 training pictures in batches of 4 (so 3 steps an epoch), continued from a network
 * that had learnt for 5 epochs (first_epoch = 5). The columns are the moments before each step:
 *
 *   fit         0           1
 *   fit_epoch   0           0           1
 *   epoch       5           6           7
 *   train_at    0   4   8   0   4   8   0   4   8
 *   fit_step    0   1   2   0   1   2   3   4   5
 *                                           ^
 * At the mark:  epoch    = first_epoch + epochs of the fits before + fit_epoch = 5 + 1 + 1 = 7
 *               fit_step = fit_epoch * 3 + ceil(train_at / 4)                  = 3 + 1     = 4
 *
 * While an epoch is validated, train_at is 10 and fit_step counts the whole epoch.
 */
static bool is_possible(const ink_learner *learner, const ink_progress *p)
{
  const double train_count = (double)ink_learner_train_count(learner);
  const double batch = (double)learner->batch, steps_per_epoch = ceil(train_count / batch);
  if (!are_fields_valid(p) || p->fit >= (double)learner->n_fits)
    return false;
  const double epochs_before = p->fit > 0 ? (double)learner->fits[0].epochs : 0;
  const bool between_batches = fmod(p->train_at, batch) == 0 || p->train_at == train_count;
  return p->fit_epoch <= (double)learner->fits[(size_t)p->fit].epochs &&
         p->train_at <= train_count && between_batches &&
         p->fit_step == p->fit_epoch * steps_per_epoch + ceil(p->train_at / batch) &&
         p->step >= p->fit_step && p->epoch == p->first_epoch + epochs_before + p->fit_epoch &&
         p->smooth_count <= p->step;
}

ink_status ink_learner_resume_at(ink_learner *learner, const ink_progress *p, ink_error *err)
{
  if (!ink_progress_is_on(p, learner->dataset))
    return ink_fail(err, INK_E_DATA,
                    "the checkpoint is of a run on %.0f and %.0f pictures; %zu and %zu are loaded",
                    p->train_count, p->valid_count, learner->dataset->train.count,
                    learner->dataset->valid.count);
  if (!is_possible(learner, p))
    return ink_fail(err, INK_E_DATA, "the checkpoint's position in its run makes no sense");
  learner->fit = (size_t)p->fit;
  ink_start_fit(learner);
  learner->fit_epoch = (size_t)p->fit_epoch;
  learner->fit_step = (size_t)p->fit_step;
  learner->step = learner->kept_step = (uint64_t)p->step;
  learner->epoch = (size_t)p->epoch;
  learner->train_at = (size_t)p->train_at;
  learner->loss_sum = p->loss_sum;
  learner->smooth.value = p->smooth_value;
  learner->smooth.count = (uint64_t)p->smooth_count;
  learner->optimizer.steps = (uint64_t)p->optimizer_steps;
  learner->first_epoch = (size_t)p->first_epoch;
  learner->momentum = p->momentum;
  return INK_OK;
}

/* ---- the numbers of a learner ---- */

ink_numbers ink_learner_numbers(const ink_learner *learner)
{
  const bool sound = ink_learner_is_sound(learner);
  return (ink_numbers){
      .values = sound ? learner->model->values : learner->kept,
      .trained = learner->average.trained,
      .first = learner->optimizer.first,
      .second = learner->optimizer.second,
      .resumable = sound && !learner->diverged && learner->dataset->train.count > 0,
  };
}

void ink_learner_adopt_values(ink_learner *learner)
{
  ink_average_begin(&learner->average, learner->model);
  memcpy(learner->kept, learner->model->values, learner->model->n_values * sizeof *learner->kept);
  ink_model_touch(learner->model);
}

void ink_learner_adopt_trained(ink_learner *learner)
{
  if (learner->average.trained)
    memcpy(learner->kept, learner->average.trained,
           learner->model->n_values * sizeof *learner->kept);
}
