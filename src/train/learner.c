/*
 * learner.c - the life of a learner: its memory, its first state, the next learner of the same
 * network.
 */
#include "learner.h"

#include <string.h>

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
  learner->average.decay = learner->settings.ema;
  learner->average.trained =
      learner->settings.ema != 0 ? INK_ALLOC(arena, float, learner->model->n_values) : NULL;
}

/* Refuses mini-batches of one picture where batch normalisation would see a single value. */
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

/*
 * If a larger part of the pixels is not 0, linear layers are faster with all pixels than with a
 * list of those that are not 0. The choice changes the order of sums. It depends on the data set
 * alone, so a resumed run makes the same choice.
 */
static const double SPARSE_DENSITY = 0.4;

/* Sets all that does not need memory: enough to count the bytes. */
static ink_status prepare(ink_learner *learner, const ink_dataset *dataset,
                          const ink_settings *settings, ink_error *err)
{
  learner->dataset = dataset;
  learner->settings = *settings;
  /* Room for one picture to predict even if the data set has none. */
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
 * Returns the steps between two copies of the values. A copy then costs less than a hundredth of
 * the steps between for any model: a step reads and writes every value many more times.
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
  ink_average_begin(&learner->average, learner->model);
  learner->model->pass.seed = (uint64_t)learner->settings.seed;
  if (learner->settings.augment != 0)
    INK_TRY(ink_augmenter_create(&learner->augmenter, (unsigned)learner->settings.augment,
                                 learner->settings.augment_strength, err));
  learner->ordered_epoch = SIZE_MAX;
  learner->momentum = learner->settings.momentum;
  ink_plan_fits(learner);
  ink_start_fit(learner);
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
  const float *values = from->average.trained ? from->average.trained : from->model->values;
  memcpy(learner->model->values, values, from->model->n_values * sizeof(float));
  memcpy(learner->kept, values, from->model->n_values * sizeof(float));
  ink_model_touch(learner->model);
  ink_average_begin(&learner->average, learner->model);
  if (learner->average.trained && from->average.trained)
    memcpy(learner->average.shown, from->model->values, from->model->n_values * sizeof(float));
  if (learner->optimizer.kind == from->optimizer.kind && !ink_schedule_of(learner)->frozen_first &&
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

ink_status ink_learner_need_pictures(const ink_learner *learner, ink_error *err)
{
  return learner->dataset->train.count > 0 && learner->dataset->valid.count > 0
             ? INK_OK
             : ink_fail(err, INK_E_STATE,
                        "there are no pictures to learn from or be tested on: load data first");
}
