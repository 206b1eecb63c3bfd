/*
 * semantics_traps.c - the ten traps of section 15 of fastai-semantics.md. Traps 3 and 4 (flips are
 * on; lighting in logit space, in training only) are in augment.c and the goldens, trap 5 in
 * models_values.c.
 */
#include "semantics.h"

static ink_event step(ink_learner *learner)
{
  ink_event event;
  ink_error err = {0};
  CHECK(ink_learner_advance(learner, &event, &err) == INK_OK, "%s", err.text);
  return event;
}

static void run_to_end(ink_learner *learner)
{
  while (step(learner).kind != INK_EVENT_DONE)
    ;
}

void trap_validation_path(void)
{
  ink_dataset *data = make_dataset(3, 16, 11);
  ink_learner *learner = make_learner(
      data, "model=linear(5) relu linear(classes)\nbatch=8\nepochs=1\nlr=0.1\naugment=fastai",
      NULL);
  ink_augmenter *augmenter;
  ink_error err;
  CHECK(ink_augmenter_create(&augmenter, INK_AUGMENT_FASTAI, 1, &err) == INK_OK, "an augmenter");
  run_to_end(learner);
  for (size_t i = 0; i < data->valid.count; i++) {
    const uint8_t *picture = data->valid.pixels + i * INK_PIXELS;
    float seen[INK_PIXELS], logits[3], p[3];
    ink_augment(augmenter, NULL, ink_augment_whole(), picture, seen);
    ink_model_set_image(ink_learner_model(learner), 0, 1, seen);
    ink_model_forward(ink_learner_model(learner), 1, false);
    ink_logits(ink_learner_model(learner), 0, logits);
    ink_probabilities(ink_learner_model(learner), 0, p);
    CHECK(memcmp(logits, ink_learner_valid_logits(learner) + 3 * i, sizeof logits) == 0,
          "picture %zu: validation saw another picture", i);
    float told[3];
    ink_learner_predict(learner, picture, told);
    CHECK(memcmp(p, told, sizeof p) == 0, "picture %zu: a prediction saw another picture", i);
    float plain[INK_PIXELS];
    for (size_t k = 0; k < INK_PIXELS; k++)
      plain[k] = (float)picture[k] / 255.0f;
    CHECK(memcmp(plain, seen, sizeof plain) != 0, "picture %zu is not as it was", i);
  }
  ink_augmenter_free(augmenter);
  ink_learner_free(learner);
  ink_dataset_free(data);
}

/* Returns how many pictures of the batch differ from its first one, in a model with flat input. */
static size_t different(const ink_learner *learner, size_t n)
{
  const float *x = ink_learner_model(learner)->x;
  size_t count = 0;
  for (size_t i = 1; i < n; i++) {
    bool differs = false;
    for (size_t p = 0; p < INK_PIXELS; p++)
      differs = differs ||
                x[(i / INK_LANES * INK_PIXELS + p) * INK_LANES + i % INK_LANES] != x[p * INK_LANES];
    count += differs;
  }
  return count;
}

void trap_crop_of_the_batch(void)
{
  ink_dataset *data = make_dataset(2, 64, 8);
  for (size_t i = 1; i < 64; i++)
    memcpy(data->train.pixels + i * INK_PIXELS, data->train.pixels, INK_PIXELS);
  ink_learner *cut = make_learner(
      data, "model=linear\nbatch=16\nepochs=1\naugment=fastai,-flip,-rotate,-zoom,-warp,-lighting",
      NULL);
  float last[INK_PIXELS] = {0};
  for (int i = 0; i < 4; i++) {
    step(cut);
    CHECK(different(cut, 16) == 0, "step %d: %zu pictures are cut otherwise", i,
          different(cut, 16));
    float now[INK_PIXELS];
    for (size_t p = 0; p < INK_PIXELS; p++)
      now[p] = ink_learner_model(cut)->x[p * INK_LANES];
    CHECK(memcmp(now, last, sizeof now) != 0, "step %d is cut as the one before", i);
    memcpy(last, now, sizeof now);
  }
  const char *const own[] = {
      "-rotate,-zoom,-warp,-lighting,-crop", "-flip,-zoom,-warp,-lighting,-crop",
      "-flip,-rotate,-warp,-lighting,-crop", "-flip,-rotate,-zoom,-lighting,-crop",
      "-flip,-rotate,-zoom,-warp,-crop"};
  for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
    char text[256];
    snprintf(text, sizeof text, "model=linear\nbatch=64\nepochs=1\naugment=fastai,%s", own[i]);
    ink_learner *learner = make_learner(data, text, NULL);
    step(learner);
    CHECK(different(learner, 64) > 10, "fastai,%s: %zu of 63 pictures differ", own[i],
          different(learner, 64));
    ink_learner_free(learner);
  }
  ink_learner_free(cut);
  ink_dataset_free(data);
}

void trap_not_normalised(void)
{
  ink_dataset *data = make_dataset(2, 8, 8);
  ink_learner *learner =
      make_learner(data, "model=conv(2,3) bn linear(classes)\nbatch=8\nepochs=1", NULL);
  uint32_t order[8];
  ink_random_permutation(ink_random_stream(0, INK_FOR_SHUFFLE, 0), order, 8);
  step(learner);
  for (size_t lane = 0; lane < 8; lane++) {
    const uint8_t *picture = data->train.pixels + order[lane] * INK_PIXELS;
    for (size_t p = 0; p < INK_PIXELS; p++)
      CHECK(ink_learner_model(learner)->x[p * INK_LANES + lane] == (float)picture[p] / 255.0f,
            "pixel %zu of picture %zu", p, lane);
  }
  ink_learner_free(learner);
  ink_dataset_free(data);
}

void trap_decay_and_momentum(void)
{
  ink_dataset *data = make_dataset(2, 32, 8);
  ink_learner *learner =
      make_learner(data,
                   "model=conv(2,3) bn "
                   "linear(classes)\nbatch=8\noptimizer=fastai_adam\nlr=0.5\nweight_decay=0.1",
                   NULL);
  ink_model *model = ink_learner_model(learner);
  const double lr = 0.5;
  for (size_t i = 0; i < model->n_values; i++)
    model->values[i] = 1;
  memset(model->gradients, 0, model->n_parameters * sizeof *model->gradients);
  ink_optimizer optimizer = make_optimizer(model, (ink_optimizer){.kind = INK_FASTAI_ADAM,
                                                                  .momentum = 0.9,
                                                                  .beta2 = 0.99,
                                                                  .eps = 1e-5,
                                                                  .weight_decay = 0.1});
  ink_optimizer_step(&optimizer, model, &lr, 0.9);
  free_optimizer(&optimizer);
  for (size_t t = 0; t < model->n_tensors; t++) {
    const float want = model->tensors[t]->role == INK_ROLE_WEIGHT ? (float)(1 - 0.5 * 0.1) : 1;
    for (size_t i = 0; i < model->tensors[t]->count; i++)
      CHECK(model->tensors[t]->value[i] == want, "%s[%zu] decays to %g", model->tensors[t]->name, i,
            (double)model->tensors[t]->value[i]);
  }
  ink_learner_free(learner);

  const struct {
    const char *text;
    bool scheduled;
    double constant;
  } cases[] = {{"optimizer=fastai_adam\nschedule=one_cycle", true, 0},
               {"optimizer=sgd\nmomentum=0.5\nschedule=one_cycle", true, 0},
               {"optimizer=sgd\nschedule=one_cycle", false, 0},
               {"optimizer=adamw\nmomentum=0.7", false, 0.7}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char text[256];
    snprintf(text, sizeof text, "model=linear\nbatch=8\nepochs=2\nlr=0.001\n%s", cases[i].text);
    learner = make_learner(data, text, NULL);
    const ink_cycle cycle = {
        .div = 25, .div_final = 1e5, .pct_start = 0.25, .momenta = {0.95, 0.85, 0.95}};
    for (size_t k = 0; k < 8;) {
      const ink_event event = step(learner);
      if (event.kind != INK_EVENT_STEP)
        continue;
      const double want = cases[i].scheduled ? ink_cycle_momentum(&cycle, k, 8) : cases[i].constant;
      CHECK(event.momentum == want, "%s: momentum of step %zu is %g, not %g", cases[i].text, k,
            event.momentum, want);
      k++;
    }
    ink_learner_free(learner);
  }
  ink_dataset_free(data);
}

/* Returns which training picture image `i` of the batch is, by its values in x. */
static size_t picture_of(const ink_dataset *data, const ink_model *model, size_t i)
{
  const float *x = model->x + i / INK_LANES * INK_PIXELS * INK_LANES + i % INK_LANES;
  for (size_t t = 0; t < data->train.count; t++) {
    const uint8_t *pixels = data->train.pixels + t * INK_PIXELS;
    size_t p = 0;
    while (p < INK_PIXELS && x[p * INK_LANES] == (float)pixels[p] / 255.0f)
      p++;
    if (p == INK_PIXELS)
      return t;
  }
  return SIZE_MAX;
}

void trap_steps_and_slices(void)
{
  ink_dataset *data = make_dataset(2, 37, 8);
  ink_learner *learner = make_learner(data,
                                      "model=linear(4) split linear(4) split "
                                      "linear(classes)\nbatch=8\nepochs=3\nlr=:0.5\nschedule=one_"
                                      "cycle\ndrop_last=1\noptimizer=fastai_adam",
                                      NULL);
  const ink_cycle cycle = {
      .div = 25, .div_final = 1e5, .pct_start = 0.25, .momenta = {0.95, 0.85, 0.95}};
  bool used[3][37] = {{false}};
  for (size_t k = 0; k < 12;) {
    const ink_event event = step(learner);
    if (event.kind != INK_EVENT_STEP)
      continue;
    CHECK(event.steps_per_epoch == 4 && event.train_count == 32, "%g steps, %g pictures",
          event.steps_per_epoch, event.train_count);
    CHECK(event.lr == ink_cycle_lr(&cycle, 0.5, k, 12), "learning rate of step %zu: %g", k,
          event.lr);
    CHECK((size_t)event.epoch == k / 4, "step %zu is of epoch %g", k, event.epoch);
    for (size_t i = 0; i < 8; i++) {
      const size_t picture = picture_of(data, ink_learner_model(learner), i);
      CHECK(picture < 37, "image %zu of step %zu is no training picture", i, k);
      used[k / 4][picture < 37 ? picture : 0] = true;
    }
    k++;
  }
  for (size_t epoch = 0; epoch < 3; epoch++) {
    size_t n = 0;
    for (size_t i = 0; i < 37; i++)
      n += used[epoch][i];
    CHECK(n == 32, "epoch %zu learns %zu pictures", epoch, n);
  }
  CHECK(memcmp(used[0], used[1], sizeof used[0]) != 0 &&
            memcmp(used[1], used[2], sizeof used[0]) != 0,
        "the same pictures are left out");
  ink_learner_free(learner);
  ink_dataset_free(data);

  const double want[][5] = {
      {0, 0.5, 0.5, 0.5, 0.5}, {-1, 3e-3, 3e-4, 3e-4, 3e-3}, {1e-6, 1e-4, 1e-6, 1e-5, 1e-4}};
  for (int i = 0; i < 3; i++) {
    double rates[INK_GROUPS_MAX];
    ink_group_rates(want[i][0], want[i][1], 3, rates);
    for (int g = 0; g < 3; g++)
      CHECK(near_to(rates[g], want[i][2 + g], 1e-12), "slice %d, group %d: %g", i, g, rates[g]);
    ink_group_rates(want[i][0], want[i][1], 1, rates);
    CHECK(rates[0] == want[i][1], "slice %d of one group: %g", i, rates[0]);
  }
}

void trap_fine_tune_rates(void)
{
  ink_dataset *data = make_dataset(2, 32, 8);
  ink_learner *learner = make_learner(
      data,
      "model=linear(4) split linear(4) split "
      "linear(classes)\nbatch=8\nepochs=5\nlr=3e-3\nschedule=fine_tune\noptimizer=fastai_adam",
      NULL);
  const double frozen[] = {3e-4, 3e-4, 3e-3}, unfrozen[] = {1.5e-5, 1.5e-4, 1.5e-3};
  CHECK(!ink_learner_fit_at(learner, 2) && ink_learner_fit_at(learner, 0)->epochs == 1 &&
            ink_learner_fit_at(learner, 1)->epochs == 5 && ink_learner_fit_at(learner, 0)->frozen &&
            !ink_learner_fit_at(learner, 1)->frozen,
        "two fits");
  CHECK(ink_learner_fit_at(learner, 0)->cycle.div == 25 &&
            ink_learner_fit_at(learner, 0)->cycle.pct_start == 0.99 &&
            ink_learner_fit_at(learner, 1)->cycle.div == 5 &&
            ink_learner_fit_at(learner, 1)->cycle.pct_start == 0.3,
        "their cycles");
  for (int g = 0; g < 3; g++)
    CHECK(near_to(ink_learner_fit_at(learner, 0)->rates[g], frozen[g], 1e-12) &&
              near_to(ink_learner_fit_at(learner, 1)->rates[g], unfrozen[g], 1e-12),
          "group %d: %g, then %g", g, ink_learner_fit_at(learner, 0)->rates[g],
          ink_learner_fit_at(learner, 1)->rates[g]);
  for (ink_event event = {0}; event.kind != INK_EVENT_EPOCH;)
    event = step(learner);
  CHECK(ink_learner_progress(learner).optimizer_steps == 0 &&
            ink_learner_numbers(learner).first[0] == 0,
        "unfreezing forgets the optimiser's state");
  CHECK(step(learner).lr == 1.5e-3 / 5, "the second fit begins anew");
  ink_learner_free(learner);
  ink_dataset_free(data);
}

void trap_frozen_is_not_still(void)
{
  ink_dataset *data = make_dataset(3, 40, 12);
  ink_learner *learner = make_learner(
      data,
      "model=conv(4,5,3,bias=no) bn relu split "
      "linear(classes)\nbatch=8\nepochs=1\nlr=0.05\noptimizer=fastai_adam\nschedule=fine_tune",
      NULL);
  const ink_tensor *const *t = (const ink_tensor *const *)ink_learner_model(learner)->tensors;
  float before[4 * 25], swept = 0, mean = t[3]->value[1], norm = t[1]->value[1],
                        variance = t[4]->value[1];
  memcpy(before, t[0]->value, sizeof before);
  ink_error err;
  CHECK(ink_learner_find_begin(learner, 1e-3, 1, 12, &err) == INK_OK, "a sweep");
  for (bool done = false; !done;) {
    double lr, smooth;
    ink_learner_find_step(learner, &lr, &smooth, &done);
  }
  swept = t[0]->value[3];
  ink_learner_find_end(learner);
  CHECK(swept != before[3], "a sweep before the run trains all groups");
  for (int i = 0; i < 5; i++)
    step(learner);
  CHECK(memcmp(before, t[0]->value, sizeof before) == 0, "frozen weights stay to the bit");
  CHECK(t[1]->value[1] != norm, "the frozen group's norm layer trains");
  CHECK(t[3]->value[1] != mean && t[4]->value[1] != variance, "its statistics move");
  CHECK(t[5]->role == INK_ROLE_COUNTER && t[5]->value[0] == 5, "%g batches are counted",
        (double)t[5]->value[0]);
  ink_learner_free(learner);
  ink_dataset_free(data);
}

void trap_recorder(void)
{
  ink_dataset *data = make_dataset(3, 37, 21);
  ink_learner *learner =
      make_learner(data, "model=linear\nbatch=8\nepochs=3\nlr=0.0005\nseed=2", NULL);
  ink_smooth smooth = {.beta = 0.98};
  double sum = 0, shown = 0;
  size_t epochs = 0, differ = 0;
  for (;;) {
    const ink_event event = step(learner);
    if (event.kind == INK_EVENT_DONE)
      break;
    if (event.kind == INK_EVENT_STEP) {
      sum += event.loss;
      shown = ink_smooth_add(&smooth, event.loss);
      CHECK(event.smooth_loss == shown, "smoothed loss %g, not %g", event.smooth_loss, shown);
    }
    if (event.kind != INK_EVENT_EPOCH)
      continue;
    CHECK(near_to(event.train_loss, sum / 5, 1e-12), "the epoch's mean of 5 batches: %g, not %g",
          event.train_loss, sum / 5);
    double loss = 0, right = 0, batches = 0;
    for (size_t i = 0; i < 21; i++) {
      const bool good = ink_learner_valid_predicted(learner)[i] == data->valid.labels[i];
      loss += (double)ink_learner_valid_losses(learner)[i] / 21;
      right += good;
      batches += good / (i < 16 ? 8.0 : 5.0) / 3; /* two batches of 8 and one of 5 */
    }
    CHECK(near_to(event.valid_loss, loss, 1e-6), "valid_loss %g, not %g", event.valid_loss, loss);
    CHECK(event.accuracy == right / 21 && near_to(event.batch_accuracy, batches, 1e-12),
          "accuracy %g, by batches %g, not %g", event.accuracy, event.batch_accuracy, batches);
    differ += fabs(event.accuracy - event.batch_accuracy) > 1e-3;
    epochs++;
    sum = 0;
  }
  CHECK(epochs == 3 && smooth.count == 15 && differ > 0, "%zu epochs, in %zu the accuracies differ",
        epochs, differ);
  ink_learner_free(learner);
  ink_dataset_free(data);
}

void test_clipping(void)
{
  ink_dataset *data = make_dataset(3, 24, 3);
  const char *const text = "model=linear(5) relu linear(classes)\nbatch=24\nlr=1\nseed=4\nclip=";
  float before[4000], gradients[4000];
  double norm = 0;
  for (int run = 0; run < 4; run++) {
    const double clips[] = {0, 1e6, 0.5, 0.01};
    char settings[128];
    snprintf(settings, sizeof settings, "%s%g", text, clips[run]);
    ink_learner *learner = make_learner(data, settings, NULL);
    const size_t n = ink_learner_model(learner)->n_parameters;
    const float *values = ink_learner_model(learner)->values;
    memcpy(before, values, n * sizeof *values);
    step(learner);
    for (size_t i = 0; i < n && run == 0; i++) {
      gradients[i] = ink_learner_model(learner)->gradients[i];
      norm += (double)gradients[i] * gradients[i];
    }
    if (run == 0)
      norm = sqrt(norm);
    const double scale = clips[run] == 0 || clips[run] > norm ? 1 : clips[run] / (norm + 1e-6);
    for (size_t i = 0; i < n; i++)
      CHECK(fabs((double)before[i] - values[i] - scale * gradients[i]) < 1e-7,
            "clip %g, value %zu: a step of %g, gradient %g", clips[run], i,
            (double)(before[i] - values[i]), (double)gradients[i]);
    ink_learner_free(learner);
  }
  CHECK(norm > 0.5, "the norm is %g: two of the runs are clipped", norm);
  ink_dataset_free(data);
}
