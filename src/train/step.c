/*
 * step.c - one mini-batch: its pictures become the model's input, layers forward, loss, layers
 * backward, update. All of it can be done in parts, so that a page stays responsive while a large
 * model learns.
 */
#include "learner.h"

#include <math.h>

typedef struct augment_job {
  ink_learner *learner;
  size_t n;
  bool random;       /* training pictures; false: resized only */
  ink_random stream; /* split by item: each picture has draws of its own */
  ink_crop crop;
} augment_job;

/* Augments one block of eight pictures. No other job writes its lanes. */
static void run_augment(void *context, size_t block)
{
  const augment_job *job = context;
  ink_learner *learner = job->learner;
  float values[INK_PIXELS];
  for (size_t i = block * INK_LANES; i < ink_min_size((block + 1) * INK_LANES, job->n); i++) {
    const ink_random own = ink_random_split(job->stream, learner->items[i]);
    ink_augment(learner->augmenter, job->random ? &own : NULL, job->crop, learner->pictures[i],
                values);
    ink_model_set_image(learner->model, i, job->n, values);
  }
}

/* Makes learner->pictures the model's input, augmented if the settings say so. */
static void set_input(ink_learner *learner, size_t n, bool random)
{
  if (!learner->augmenter) {
    ink_model_set_pictures(learner->model, learner->pictures, n);
    return;
  }
  const uint64_t seed = (uint64_t)learner->settings.seed;
  augment_job job = {
      learner, n, random, ink_random_stream(seed, INK_FOR_AUGMENT, learner->epoch),
      random ? ink_augment_crop(learner->augmenter,
                                ink_random_stream(seed, INK_FOR_CROP, learner->model->pass.step))
             : ink_augment_whole()};
  ink_parallel_for(ink_ceil_div(n, INK_LANES), run_augment, &job);
}

/* Makes the n pictures from place `first` of the order (NULL: as they lie) the model's input. */
static void take_batch(ink_learner *learner, const ink_items *items, const uint32_t *order,
                       size_t first, size_t n)
{
  const size_t lanes = ink_ceil_div(n, INK_LANES) * INK_LANES;
  for (size_t i = 0; i < lanes; i++) {
    const size_t item = i >= n ? 0 : order ? order[first + i] : first + i;
    learner->targets[i] = i < n ? items->labels[item] : -1;
    if (i >= n)
      continue;
    learner->items[i] = (uint32_t)item;
    learner->pictures[i] = items->pixels + item * INK_PIXELS;
  }
  set_input(learner, n, order != NULL && !ink_is_unaugmented(learner));
}

void ink_forward_part(ink_learner *learner, const ink_items *items, const uint32_t *order,
                      size_t first, size_t n)
{
  ink_model *model = learner->model;
  const size_t part = learner->part++;
  const bool training = order != NULL;
  if (part == 0) {
    take_batch(learner, items, order, first, n);
    ink_model_begin(model, n, training);
  } else if (part <= model->n_layers) {
    ink_model_forward_layer(model, part - 1);
  } else {
    learner->loss = ink_cross_entropy(model, n, learner->targets, learner->settings.label_smoothing,
                                      learner->losses, training);
  }
}

/*
 * Does the next part of a training step. Returns true if it was the last one.
 *
 * Example: a model of 3 layers. A step then has 9 parts, counted by learner->part:
 *
 *   part     0        1        2        3        4      5        6        7        8
 *   does     input    layer 0  layer 1  layer 2  loss   layer 2  layer 1  layer 0  update
 *            |-------- forward = 5 parts --------|      |----- backward -----|
 *
 * The layer of a backward part is counted from the end: 5 + 3 - 1 - part, which is 2, 1, 0. If the
 * loss (part 4) or a value is not finite, the step ends there, before it has changed a weight.
 */
static bool learn_part(ink_learner *learner, size_t first, size_t n, const double *rates,
                       double momentum)
{
  ink_model *model = learner->model;
  const size_t forward = model->n_layers + 2;
  bool done = false;
  if (learner->part < forward) {
    ink_forward_part(learner, &learner->dataset->train, learner->order, first, n);
    /* The finder needs no copy of the values: it restores all of them when it ends. */
    done = learner->part == forward &&
           (!isfinite(learner->loss) || (!learner->finder.memory && !ink_keep_values(learner)));
    learner->broken = done;
  } else if (learner->part < forward + model->n_layers) {
    ink_model_backward_layer(model, forward + model->n_layers - 1 - learner->part++);
  } else {
    ink_optimizer_step(&learner->optimizer, model, rates, momentum);
    done = true;
  }
  if (done)
    learner->part = 0;
  return done;
}

double ink_learn_batch(ink_learner *learner, size_t first, size_t n, const double *rates,
                       double momentum)
{
  while (!learn_part(learner, first, n, rates, momentum)) {
  }
  return learner->loss;
}

/* Shuffles at the start of an epoch, and gives the model the weights that the optimiser steps. */
static void start_step(ink_learner *learner)
{
  if (learner->train_at == 0 || learner->ordered_epoch != learner->epoch)
    ink_random_permutation(
        ink_random_stream((uint64_t)learner->settings.seed, INK_FOR_SHUFFLE, learner->epoch),
        learner->order, learner->dataset->train.count);
  learner->ordered_epoch = learner->epoch;
  learner->model->pass.step = learner->step;
  ink_average_train(&learner->average, learner->model);
}

ink_status ink_train_part(ink_learner *learner, ink_event *event, ink_error *err)
{
  const size_t n = ink_min_size(learner->batch, learner->dataset->train.count - learner->train_at);
  double rates[INK_GROUPS_MAX];
  const double momentum = ink_schedule_step(learner, rates);
  if (learner->part == 0)
    start_step(learner);
  event->kind = INK_EVENT_PART;
  if (!learn_part(learner, learner->train_at, n, rates, momentum))
    return INK_OK;
  const double loss = learner->loss;
  if (learner->broken) /* the weights that caused it are still there, to be named */
    return ink_diverge(learner, isfinite(loss) ? ink_broken_part(learner) : INK_THE_LOSS, rates,
                       err);
  ink_average_follow(&learner->average, learner->model, learner->step);
  ink_average_show(&learner->average, learner->model);
  event->lr = rates[learner->model->n_groups - 1];
  event->momentum = learner->momentum = momentum;
  learner->fit_step++;
  learner->step++;
  learner->train_at += n;
  event->trained = (double)learner->train_at;
  learner->loss_sum += loss;
  event->kind = INK_EVENT_STEP;
  event->images = (double)n;
  event->loss = loss;
  event->smooth_loss = ink_smooth_add(&learner->smooth, loss);
  return INK_OK;
}
