/*
 * learner.c - the loop, turned inside out: each call learns or validates one mini-batch, so that
 * whoever drives it can pause, stop or ask in between.
 */
#include "ink_learner.h"

#include <math.h>
#include <string.h>

/* ---- life ---- */

static void plan(ink_learner *learner, ink_arena *arena, const ink_kernels *kernels)
{
  const ink_dataset *dataset = learner->dataset;
  const size_t lanes = ink_ceil_div(learner->batch, INK_LANES) * INK_LANES;
  const size_t cells = dataset->n_classes * dataset->n_classes;
  ink_model_plan(learner->model, arena, kernels, learner->batch, false);
  ink_optimizer_plan(&learner->optimizer, learner->model, arena);
  learner->order = INK_ALLOC(arena, uint32_t, dataset->train.count);
  learner->pictures = INK_ALLOC(arena, const uint8_t *, learner->batch);
  learner->items = INK_ALLOC(arena, uint32_t, learner->batch);
  learner->targets = INK_ALLOC(arena, int32_t, lanes);
  learner->losses = INK_ALLOC(arena, float, lanes);
  learner->predicted = INK_ALLOC(arena, uint8_t, learner->batch);
  learner->valid_losses = INK_ALLOC(arena, float, dataset->valid.count);
  learner->valid_predicted = INK_ALLOC(arena, uint8_t, dataset->valid.count);
  learner->valid_logits =
      INK_ALLOC(arena, float, INK_PRODUCT(dataset->valid.count, dataset->n_classes));
  learner->confusion = INK_ALLOC(arena, uint32_t, cells);
  learner->next_confusion = INK_ALLOC(arena, uint32_t, cells);
  learner->kept = INK_ALLOC(arena, float, learner->model->n_values);
  learner->trained =
      learner->settings.ema != 0 ? INK_ALLOC(arena, float, learner->model->n_values) : NULL;
}

size_t ink_learner_train_count(const ink_learner *learner)
{
  const size_t count = learner->dataset->train.count;
  return learner->settings.drop_last != 0 ? count / learner->batch * learner->batch : count;
}

/* Batch normalisation learns nothing from a single value. */
static ink_status check_batches(const ink_learner *learner, ink_error *err)
{
  const ink_model *model = learner->model;
  if (model->n_groups > INK_GROUPS_MAX)
    return ink_fail(err, INK_E_MODEL, "the model has %zu parameter groups; %d are the limit",
                    model->n_groups, INK_GROUPS_MAX);
  const size_t count = ink_learner_train_count(learner), rest = count % learner->batch;
  for (size_t i = 0; i < model->n_layers && count > 0; i++)
    if (model->layers[i].type == &ink_layer_bn &&
        model->layers[i].in.height * model->layers[i].in.width == 1 &&
        (learner->batch == 1 || rest == 1))
      return ink_fail(err, INK_E_ARGUMENT,
                      "with mini-batches of %zu, one holds a single picture, from which batch "
                      "normalisation cannot learn: choose another batch, or drop_last",
                      learner->batch);
  return INK_OK;
}

/* ---- the fits that make up a run ---- */

static const ink_schedule_rule *schedule_of(const ink_learner *learner)
{
  return ink_schedule_rule_of((size_t)learner->settings.schedule);
}

static struct ink_fit make_fit(const ink_learner *learner, size_t epochs, double lr_first,
                               double lr)
{
  const ink_settings *s = &learner->settings;
  struct ink_fit fit = {
      .epochs = epochs,
      .cycles = schedule_of(learner)->cycles,
      .cycle = {.div = s->div,
                .div_final = s->div_final,
                .pct_start = s->pct_start,
                .momenta = {0.95, 0.85, 0.95}},
  };
  ink_group_rates(lr_first, lr, learner->model->n_groups, fit.rates);
  return fit;
}

/* fastai's fine_tune: frozen with slice(lr), then unfrozen with slice(lr / 200, lr / 2). */
static void plan_fits(ink_learner *learner)
{
  const ink_settings *s = &learner->settings;
  learner->n_fits = 0;
  if (schedule_of(learner)->frozen_first) {
    struct ink_fit frozen = make_fit(learner, (size_t)s->freeze_epochs, -1, s->lr);
    frozen.frozen = true;
    frozen.cycle.div = 25;
    frozen.cycle.pct_start = 0.99;
    learner->fits[learner->n_fits++] = frozen;
    learner->fits[learner->n_fits++] = make_fit(learner, (size_t)s->epochs, s->lr / 200, s->lr / 2);
  } else {
    learner->fits[learner->n_fits++] = make_fit(learner, (size_t)s->epochs, s->lr_first, s->lr);
  }
}

void ink_learner_freeze(ink_learner *learner)
{
  ink_model_freeze(learner->model,
                   learner->fits[learner->fit].frozen ? learner->model->n_groups - 1 : 0);
}

/* As fastai does: a smoothed loss of its own; freezing and unfreezing forget the optimiser's state. */
static void start_fit(ink_learner *learner)
{
  learner->fit_epoch = learner->fit_step = 0;
  learner->smooth = (ink_smooth){.beta = 0.98};
  if (!schedule_of(learner)->frozen_first)
    return;
  ink_learner_freeze(learner);
  ink_optimizer_clear(&learner->optimizer, learner->model);
}

void ink_learner_resume_fit(ink_learner *learner)
{
  start_fit(learner);
}

/*
 * Above it, linear layers are faster with all pixels than with a list of those that are not 0. The choice
 * changes the order of sums, so it hangs on the data set alone: a resumed run makes the same.
 */
static const double SPARSE_DENSITY = 0.4;

/* Everything but the memory: enough to count it. */
static ink_status prepare(ink_learner *learner, const ink_dataset *dataset,
                          const ink_settings *settings, ink_error *err)
{
  learner->dataset = dataset;
  learner->settings = *settings;
  /* Without pictures there is still one to predict. */
  learner->batch =
      ink_min_size((size_t)settings->batch, dataset->train.count ? dataset->train.count : 1);
  learner->optimizer = (ink_optimizer){
      .kind = (ink_optimizer_kind)settings->optimizer,
      .momentum = settings->momentum,
      .beta2 = settings->beta2,
      .eps = settings->eps,
      .weight_decay = settings->weight_decay,
      .clip = settings->clip,
      .nesterov = settings->nesterov != 0,
  };
  const ink_shape input = {.channels = 1, .height = INK_SIDE, .width = INK_SIDE};
  INK_TRY(ink_model_create(&learner->model, settings->model, input, dataset->n_classes, err));
  learner->model->drops_dead = ink_optimizer_drops_dead(&learner->optimizer);
  learner->model->temperature = settings->temperature;
  learner->model->dense_pictures = ink_items_density(&dataset->train) > SPARSE_DENSITY;
  const ink_status status = check_batches(learner, err);
  if (status != INK_OK) {
    ink_model_free(learner->model);
    learner->model = NULL;
  }
  return status;
}

static ink_status count(ink_learner *learner, const ink_kernels *kernels, ink_arena *arena,
                        ink_error *err)
{
  plan(learner, arena, kernels);
  return arena->overflow ? ink_fail(err, INK_E_MEMORY,
                                    "this model and batch need more memory than can be addressed; "
                                    "try a smaller batch")
                         : INK_OK;
}

ink_status ink_learner_bytes(const ink_dataset *dataset, const ink_settings *settings,
                             const ink_kernels *kernels, size_t *bytes, ink_error *err)
{
  ink_learner learner = {0};
  INK_TRY(prepare(&learner, dataset, settings, err));
  ink_arena arena = {0};
  const ink_status status = count(&learner, kernels ? kernels : ink_kernels_at(0), &arena, err);
  *bytes = arena.used;
  ink_model_free(learner.model);
  return status;
}

/*
 * Steps between two copies of the values: one copy costs less than a hundredth of a step for any
 * model, since a step touches every value many times more.
 */
static uint64_t keep_interval(const ink_model *model)
{
  return 1 + model->n_values / (1 << 18);
}

static ink_status start(ink_learner *learner, const ink_kernels *kernels, ink_error *err)
{
  ink_arena arena = {0};
  INK_TRY(count(learner, kernels, &arena, err));
  learner->memory = ink_alloc(arena.used);
  if (!learner->memory)
    return ink_fail(err, INK_E_MEMORY,
                    "not enough memory: training this model takes %zu MB; try a smaller batch",
                    arena.used >> 20);
  arena = (ink_arena){.base = learner->memory, .capacity = arena.used};
  plan(learner, &arena, kernels);
  ink_model_initialise(learner->model, (uint64_t)learner->settings.seed);
  learner->keep_every = keep_interval(learner->model);
  memcpy(learner->kept, learner->model->values, learner->model->n_values * sizeof *learner->kept);
  ink_average_begin(learner);
  learner->model->pass.seed = (uint64_t)learner->settings.seed;
  if (learner->settings.augment != 0)
    INK_TRY(ink_augmenter_create(&learner->augmenter, (unsigned)learner->settings.augment,
                                 learner->settings.augment_strength, err));
  learner->ordered_epoch = SIZE_MAX;
  learner->momentum = learner->settings.momentum;
  plan_fits(learner);
  start_fit(learner);
  return INK_OK;
}

ink_status ink_learner_create(ink_learner **out, const ink_dataset *dataset,
                              const ink_settings *settings, const ink_kernels *kernels,
                              ink_error *err)
{
  ink_learner *learner = ink_alloc(sizeof *learner);
  if (!learner)
    return ink_fail(err, INK_E_MEMORY, "not enough memory for a learner");
  ink_status status = prepare(learner, dataset, settings, err);
  if (status == INK_OK)
    status = start(learner, kernels ? kernels : ink_kernels_at(0), err);
  if (status != INK_OK) {
    ink_learner_free(learner);
    return status;
  }
  *out = learner;
  return INK_OK;
}

static ink_status check_same_model(const ink_model *model, const ink_model *other, ink_error *err)
{
  if (strcmp(model->line, other->line) == 0 && model->classes == other->classes)
    return INK_OK;
  return ink_fail(err, INK_E_MODEL,
                  "the trained network is '%.120s': to go on with it, leave the model as it is",
                  other->line);
}

ink_status ink_learner_continue(ink_learner **out, const ink_learner *from,
                                const ink_settings *settings, const ink_kernels *kernels,
                                ink_error *err)
{
  ink_learner *learner;
  INK_TRY(ink_learner_create(&learner, from->dataset, settings, kernels, err));
  const ink_status status = check_same_model(learner->model, from->model, err);
  if (status != INK_OK) {
    ink_learner_free(learner);
    return status;
  }
  const float *values = from->trained ? from->trained : from->model->values;
  memcpy(learner->model->values, values, from->model->n_values * sizeof(float));
  memcpy(learner->kept, values, from->model->n_values * sizeof(float));
  ink_model_touch(learner->model);
  ink_average_begin(learner);
  if (learner->trained && from->trained)
    memcpy(learner->average, from->model->values, from->model->n_values * sizeof(float));
  if (learner->optimizer.kind == from->optimizer.kind && !schedule_of(learner)->frozen_first &&
      !from->diverged)
    ink_optimizer_copy(&learner->optimizer, learner->model, &from->optimizer, from->model);
  learner->momentum = from->momentum;
  learner->first_epoch = learner->epoch = from->epoch;
  learner->step = learner->kept_step = from->step;
  *out = learner;
  return INK_OK;
}

void ink_learner_free(ink_learner *learner)
{
  if (!learner)
    return;
  ink_model_free(learner->model);
  ink_augmenter_free(learner->augmenter);
  ink_free(learner->finder.memory);
  ink_free(learner->memory);
  ink_free(learner);
}

const ink_dataset *ink_learner_dataset(const ink_learner *learner)
{
  return learner->dataset;
}

const ink_settings *ink_learner_settings(const ink_learner *learner)
{
  return &learner->settings;
}

size_t ink_learner_batch(const ink_learner *learner)
{
  return learner->batch;
}

ink_model *ink_learner_model(const ink_learner *learner)
{
  return learner->model;
}

/* ---- one mini-batch ---- */

typedef struct augment_job {
  ink_learner *learner;
  size_t n;
  bool random;
  ink_random stream; /* of this epoch's items */
  ink_crop crop;
} augment_job;

/* One block of eight: its lanes are written by nobody else. */
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

/* The pictures of the batch become the model's input: as they are, or augmented. */
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

/* Is it one of the last epochs, which see pictures as they are? */
static bool is_unaugmented(const ink_learner *learner)
{
  const struct ink_fit *fit = &learner->fits[learner->fit];
  const size_t left =
      fit->epochs - learner->fit_epoch; /* 0: it is over, and the finder may be at work */
  return learner->fit + 1 == learner->n_fits && left > 0 &&
         (double)left <= learner->settings.unaugmented_epochs;
}

/* Pictures `first`.. of the split in `order` (NULL: as they lie) become the model's input. */
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
  set_input(learner, n, order != NULL && !is_unaugmented(learner));
}

/* Buffers lie behind the trained values. */
static bool has_sound_buffers(const ink_model *model, const float *values)
{
  return ink_all_finite(values + model->n_parameters, model->n_values - model->n_parameters);
}

/* Keeps a copy of the values where one is due. Returns false if not all are finite; the older copy then stays. */
static bool keep_values(ink_learner *learner)
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
  return learner->trained ? learner->trained : learner->model->values;
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
         (!learner->trained || ink_all_finite(learner->average, n));
}

/* The group of the first value that is no number, or else, where only the logits overflow, of the largest. */
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

static const char LOSS[] = "the loss";

/* Names the part that holds a value that is not finite, which no checkpoint may hold. */
static const char *broken_part(const ink_learner *learner)
{
  const ink_model *model = learner->model;
  const float *values = stepped_values(learner);
  return !has_sound_buffers(model, values)          ? "a running mean or variance"
         : !ink_all_finite(values, model->n_values) ? "a weight"
         : !has_sound_state(learner)                ? "a value of the optimiser's state"
                                                    : "an average of the weights";
}

static ink_status diverge(ink_learner *learner, const char *what, const double *rates,
                          ink_error *err)
{
  ink_model *model = learner->model;
  const size_t group = broken_group(model);
  ink_average_show(learner);
  memcpy(model->values, learner->kept, model->n_values * sizeof *model->values);
  ink_model_touch(model);
  ink_average_begin(learner);
  learner->diverged = true;
  ink_fail(&learner->why, INK_E_DIVERGED,
           "%s is no longer a finite number at step %llu of epoch %zu (parameter group %zu, "
           "learning rate %g); the "
           "weights of step %llu are kept; try a smaller learning rate",
           what, (unsigned long long)learner->step, learner->epoch, group, rates[group],
           (unsigned long long)learner->kept_step);
  return ink_fail(err, INK_E_DIVERGED, "%s", learner->why.text);
}

static size_t steps_per_epoch(const ink_learner *learner)
{
  return ink_ceil_div(ink_learner_train_count(learner), learner->batch);
}

/*
 * The next part of a pass over a mini-batch to its loss: the pictures become the input, then each
 * layer in turn, then the loss. With an order it is of the training, and the loss has a gradient.
 * n_layers + 2 parts.
 */
static void forward_part(ink_learner *learner, const ink_items *items, const uint32_t *order,
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

/* The same of a step, which goes on with each layer backwards, and the update. True: that was the last. */
static bool learn_part(ink_learner *learner, size_t first, size_t n, const double *rates,
                       double momentum)
{
  ink_model *model = learner->model;
  const size_t forward = model->n_layers + 2;
  bool done = false;
  if (learner->part < forward) {
    forward_part(learner, &learner->dataset->train, learner->order, first, n);
    /* A sweep of the finder keeps no copy: everything is restored after it. */
    done = learner->part == forward &&
           (!isfinite(learner->loss) || (!learner->finder.memory && !keep_values(learner)));
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

double ink_learner_learn(ink_learner *learner, size_t first, size_t n, const double *rates,
                         double momentum)
{
  while (!learn_part(learner, first, n, rates, momentum)) {
  }
  return learner->loss;
}

/* Of the step that comes next: each group's rate, and the momentum. */
static double scheduled(const ink_learner *learner, double rates[INK_GROUPS_MAX])
{
  const struct ink_fit *fit = &learner->fits[learner->fit];
  const size_t total = fit->epochs * steps_per_epoch(learner);
  for (size_t g = 0; g < learner->model->n_groups; g++)
    rates[g] = fit->cycles ? ink_cycle_lr(&fit->cycle, fit->rates[g], learner->fit_step, total)
                           : fit->rates[g];
  /* SGD without momentum has no buffer for it: a cycle changes nothing. */
  return fit->cycles && learner->optimizer.first
             ? ink_cycle_momentum(&fit->cycle, learner->fit_step, total)
             : learner->settings.momentum;
}

/* A permutation of the training pictures for this epoch, and the weights that are stepped. */
static void start_step(ink_learner *learner)
{
  if (learner->train_at == 0 || learner->ordered_epoch != learner->epoch)
    ink_random_permutation(
        ink_random_stream((uint64_t)learner->settings.seed, INK_FOR_SHUFFLE, learner->epoch),
        learner->order, learner->dataset->train.count);
  learner->ordered_epoch = learner->epoch;
  learner->model->pass.step = learner->step;
  ink_average_train(learner);
}

static ink_status train_part(ink_learner *learner, ink_event *event, ink_error *err)
{
  const size_t n = ink_min_size(learner->batch, learner->dataset->train.count - learner->train_at);
  double rates[INK_GROUPS_MAX];
  const double momentum = scheduled(learner, rates);
  if (learner->part == 0)
    start_step(learner);
  event->kind = INK_EVENT_PART;
  if (!learn_part(learner, learner->train_at, n, rates, momentum))
    return INK_OK;
  const double loss = learner->loss;
  if (learner->broken) /* the weights that caused it are still in place */
    return diverge(learner, isfinite(loss) ? broken_part(learner) : LOSS, rates, err);
  ink_average_follow(learner);
  ink_average_show(learner);
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

/* The validation's results go to the event, and its sums back to 0. */
static void finish_validation(ink_learner *learner, ink_event *event)
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

static void finish_epoch(ink_learner *learner, ink_event *event)
{
  finish_validation(learner, event);
  event->train_loss = learner->loss_sum / (double)steps_per_epoch(learner);
  learner->epoch++;
  if (++learner->fit_epoch == learner->fits[learner->fit].epochs &&
      learner->fit + 1 < learner->n_fits) {
    learner->fit++;
    start_fit(learner);
  }
  learner->train_at = 0;
  learner->loss_sum = 0;
}

/* Between two steps: the rates of the next step are close to those of the step that diverged. */
static ink_status diverge_here(ink_learner *learner, const char *what, ink_error *err)
{
  double rates[INK_GROUPS_MAX];
  scheduled(learner, rates);
  return diverge(learner, what, rates, err);
}

ink_status ink_learner_check(ink_learner *learner, ink_error *err)
{
  if (learner->diverged || ink_learner_is_sound(learner))
    return INK_OK;
  learner->untold = true;
  return diverge_here(learner, broken_part(learner), err);
}

static ink_status valid_part(ink_learner *learner, ink_event *event, ink_error *err)
{
  const ink_items *items = &learner->dataset->valid;
  const size_t first = learner->valid_at, n = ink_min_size(learner->batch, items->count - first);
  forward_part(learner, items, NULL, first, n);
  event->kind = INK_EVENT_PART;
  if (learner->part < learner->model->n_layers + 2)
    return INK_OK;
  learner->part = 0;
  const double loss = learner->loss;
  if (!isfinite(loss)) {
    return diverge_here(learner, LOSS, err);
  }
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

/* What is the same for every event of this moment. */
static ink_event make_event(const ink_learner *learner)
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
      .steps_per_epoch = (double)steps_per_epoch(learner),
      .valid_batches = (double)ink_ceil_div(learner->dataset->valid.count, learner->batch),
  };
  for (size_t i = 0; i < learner->n_fits; i++)
    event.epochs += (double)learner->fits[i].epochs;
  return event;
}

ink_status ink_learner_need_pictures(const ink_learner *learner, ink_error *err)
{
  return learner->dataset->train.count > 0 && learner->dataset->valid.count > 0
             ? INK_OK
             : ink_fail(err, INK_E_STATE,
                        "there are no pictures to learn from or be tested on: load data first");
}

ink_status ink_learner_evaluate(ink_learner *learner, ink_event *event, ink_error *err)
{
  INK_TRY(ink_learner_need_pictures(learner, err));
  const size_t cells = learner->dataset->n_classes * learner->dataset->n_classes;
  memset(learner->next_confusion, 0, cells * sizeof *learner->next_confusion);
  learner->valid_at = learner->correct = 0;
  learner->valid_loss_sum = learner->batch_accuracy_sum = 0;
  *event = make_event(learner);
  while (learner->valid_at < learner->dataset->valid.count)
    INK_TRY(valid_part(learner, event, err));
  finish_validation(learner, event);
  event->step = (double)learner->step;
  return INK_OK;
}

ink_status ink_learner_advance_part(ink_learner *learner, ink_event *event, ink_error *err)
{
  *event = make_event(learner);
  INK_TRY(ink_learner_need_pictures(learner, err));
  double rates[INK_GROUPS_MAX];
  event->momentum = scheduled(learner, rates);
  event->lr = rates[learner->model->n_groups - 1];
  ink_status status = INK_OK;
  if (learner->diverged)
    status = learner->untold ? ink_fail(err, INK_E_DIVERGED, "%s", learner->why.text)
                             : ink_fail(err, INK_E_STATE, "this run has diverged; start a new one");
  else if (learner->fit_epoch < learner->fits[learner->fit].epochs)
    status = learner->train_at < ink_learner_train_count(learner) ? train_part(learner, event, err)
                                                                  : valid_part(learner, event, err);
  if (status == INK_OK && learner->valid_at == learner->dataset->valid.count)
    status = ink_learner_check(learner, err);
  if (status == INK_OK && learner->valid_at == learner->dataset->valid.count)
    finish_epoch(learner, event);
  if (status == INK_E_DIVERGED)
    learner->untold = false;
  event->step = (double)learner->step;
  return status;
}

ink_status ink_learner_advance(ink_learner *learner, ink_event *event, ink_error *err)
{
  do
    INK_TRY(ink_learner_advance_part(learner, event, err));
  while (event->kind == INK_EVENT_PART);
  return INK_OK;
}
