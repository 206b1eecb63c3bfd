/*
 * finder.c - the learning-rate finder: trains with rising rates, then restores everything.
 */
#include "learner.h"

#include <math.h>
#include <string.h>

/* Copies the model's values and the optimiser's state to the finder's memory, or back. */
static void copy_state(ink_learner *learner, bool back)
{
  const ink_model *model = learner->model;
  float *live[] = {model->values, learner->optimizer.first, learner->optimizer.second};
  const size_t counts[] = {model->n_values, model->n_gradients, model->n_gradients};
  float *saved = learner->finder.memory;
  for (int i = 0; i < 3; i++) {
    if (!live[i])
      continue;
    memcpy(back ? live[i] : saved, back ? saved : live[i], counts[i] * sizeof(float));
    saved += counts[i];
  }
}

ink_status ink_learner_find_begin(ink_learner *learner, double start, double end, size_t n,
                                  ink_error *err)
{
  INK_TRY(ink_learner_need_pictures(learner, err));
  if (!(start > 0 && end > start && end <= 1e6) || n < 6 || n > INK_FINDER_STEPS_MAX)
    return ink_fail(err, INK_E_ARGUMENT,
                    "the finder needs 0 < start < end <= 1000000 and 6 to 1000 steps, not %g, %g "
                    "and %zu",
                    start, end, n);
  ink_average_train(&learner->average, learner->model);
  const size_t floats = learner->model->n_values + 2 * learner->model->n_gradients;
  float *memory = ink_alloc(floats * sizeof *memory);
  if (!memory) {
    ink_average_show(&learner->average, learner->model);
    return ink_fail(err, INK_E_MEMORY, "not enough memory for the learning-rate finder (%zu MB)",
                    floats * sizeof *memory >> 20);
  }
  ink_free(learner->finder.memory);
  learner->finder = (struct ink_finder){.memory = memory,
                                        .optimizer_steps = learner->optimizer.steps,
                                        .start = start,
                                        .end = end,
                                        .best = INFINITY,
                                        .n = n,
                                        .smooth = {.beta = 0.98}};
  copy_state(learner, false);
  /* fastai's fine_tune freezes only when it begins, so a sweep before that trains all groups. */
  if (learner->fit == 0 && learner->fit_epoch == 0 && learner->fit_step == 0)
    ink_model_freeze(learner->model, 0);
  return INK_OK;
}

void ink_learner_find_step(ink_learner *learner, double *lr, double *smooth_loss, bool *done)
{
  struct ink_finder *f = &learner->finder;
  /* An epoch number that no run reaches: the sweep makes other random draws than the run. */
  const uint64_t sweep = (uint64_t)1 << 40;
  const size_t count = learner->dataset->train.count;
  double rates[INK_GROUPS_MAX];
  *lr = ink_finder_lr(f->start, f->end, f->n, f->i);
  ink_group_rates(0, *lr, learner->model->n_groups, rates);
  if (f->at >= ink_learner_train_count(learner))
    f->at = 0;
  if (f->at == 0)
    ink_random_permutation(
        ink_random_stream((uint64_t)learner->settings.seed, INK_FOR_SHUFFLE, sweep + f->i),
        learner->order, count);
  const size_t n = ink_min_size(learner->batch, count - f->at);
  learner->model->pass.step = sweep + f->i;
  const double loss = ink_learn_batch(learner, f->at, n, rates, learner->momentum);
  f->at += n;
  f->i++;
  *smooth_loss = ink_smooth_add(&f->smooth, loss);
  f->best = *smooth_loss < f->best ? *smooth_loss : f->best;
  *done = f->i == f->n || !isfinite(loss) || *smooth_loss > 4 * f->best;
}

bool ink_learner_is_finding(const ink_learner *learner)
{
  return learner->finder.memory != NULL;
}

void ink_learner_find_end(ink_learner *learner)
{
  if (!learner->finder.memory)
    return;
  copy_state(learner, true);
  learner->optimizer.steps = learner->finder.optimizer_steps;
  ink_freeze_fit(learner);
  ink_model_touch(learner->model);
  if (ink_all_finite(learner->model->values, learner->model->n_values)) {
    memcpy(learner->kept, learner->model->values, learner->model->n_values * sizeof *learner->kept);
    learner->kept_step = learner->step;
  }
  ink_average_show(&learner->average, learner->model);
  ink_free(learner->finder.memory);
  learner->finder = (struct ink_finder){0};
  learner->ordered_epoch = SIZE_MAX; /* the sweep has overwritten the order */
}
