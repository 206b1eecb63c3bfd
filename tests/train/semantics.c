/*
 * semantics.c - the meaning of fastai's words (fastai-semantics.md): the check values of its
 * section 14 and the ten traps of its section 15. What the goldens check is not repeated here.
 */
#include "../support/learning.h"

#include <math.h>

static bool near_to(double got, double want, double tolerance)
{
  return fabs(got - want) <= tolerance * fabs(want);
}

/* ---- section 14 ---- */

/* The table was computed from fastai's float32 breakpoints: they differ by at most 3e-5. */
static void test_schedule_values(void)
{
  const struct run {
    size_t total;
    double lr, div, pct_start;
    struct {
      size_t k;
      double lr, momentum;
    } at[7];
  } runs[] = {
      {937,
       3e-3,
       25,
       0.99,
       {{0, 1.2e-04, 0.95},
        {1, 1.200082581e-04, 0.949999713},
        {100, 2.017951750e-04, 0.947159890},
        {464, 1.560902232e-03, 0.899968672},
        {927, 2.999996722e-03, 0.850000114},
        {928, 2.988472798e-03, 0.850384251},
        {936, 8.355284252e-05, 0.947215947}}},
      {4685,
       1.5e-3,
       5,
       0.3,
       {{0, 3e-04, 0.95},
        {937, 1.2e-03, 0.875000005},
        {1405, 1.499999625e-03, 0.850000031},
        {2342, 1.217901020e-03, 0.868806787},
        {4684, 1.534415011e-08, 0.949999977}}},
      {4685,
       1e-4,
       25,
       0.25,
       {{0, 4e-06, 0.95},
        {1171, 9.999998921e-05, 0.850000011},
        {2342, 7.501960456e-05, 0.874980645},
        {4684, 1.019986757e-09, 0.949999980}}},
  };
  for (size_t r = 0; r < sizeof runs / sizeof *runs; r++) {
    const ink_cycle cycle = {.div = runs[r].div,
                             .div_final = 1e5,
                             .pct_start = runs[r].pct_start,
                             .momenta = {0.95, 0.85, 0.95}};
    for (size_t i = 0; i < 7 && (i == 0 || runs[r].at[i].k > 0); i++) {
      const size_t k = runs[r].at[i].k, total = runs[r].total;
      const double lr = ink_cycle_lr(&cycle, runs[r].lr, k, total),
                   momentum = ink_cycle_momentum(&cycle, k, total);
      CHECK(near_to(lr, runs[r].at[i].lr, 3e-5), "run %zu, step %zu: learning rate %.9e, not %.9e",
            r, k, lr, runs[r].at[i].lr);
      CHECK(near_to(momentum, runs[r].at[i].momentum, 3e-5),
            "run %zu, step %zu: momentum %.9f, not %.9f", r, k, momentum, runs[r].at[i].momentum);
    }
  }
}

static void test_finder_grid(void)
{
  const struct {
    size_t i;
    double lr;
  } grid[] = {{0, 1e-7},         {10, 6.309573e-7}, {13, 1.096478e-6},
              {26, 1.202264e-5}, {50, 1e-3},        {54, 2.089296e-3},
              {77, 1.445440e-1}, {94, 3.311311},    {99, 8.317638}};
  for (size_t i = 0; i < sizeof grid / sizeof *grid; i++)
    CHECK(near_to(ink_finder_lr(1e-7, 10, 100, grid[i].i), grid[i].lr, 1e-6), "point %zu is %.7e",
          grid[i].i, ink_finder_lr(1e-7, 10, 100, grid[i].i));
}

/* A model of one weight, and a step of Adam with a given gradient. */
static void test_adam_values(void)
{
  ink_model *model;
  ink_error err;
  const ink_shape input = {.channels = 1, .height = 1, .width = 1, .flat = true};
  CHECK(ink_model_create(&model, "linear(1, bias=no)", input, 0, &err) == INK_OK, "one weight");
  ink_optimizer adam = {
      .kind = INK_FASTAI_ADAM, .momentum = 0.9, .beta2 = 0.99, .eps = 1e-5, .weight_decay = 0.01};
  ink_arena arena = {0};
  void *memory = NULL;
  for (int pass = 0; pass < 2; pass++) {
    ink_model_plan(model, &arena, ink_kernels_at(0), 1, false);
    ink_optimizer_plan(&adam, model, &arena);
    if (pass == 0)
      arena = (ink_arena){.base = memory = ink_alloc(arena.used), .capacity = arena.used};
  }
  const double lr = 0.1, want[3][3] = {{0.899002000, 0.05, 0.0025},
                                       {0.871433731, 0.02, 0.0031},
                                       {0.838932248, 0.028, 0.003169}};
  const float gradients[] = {0.5f, -0.25f, 0.1f};
  model->values[0] = 1;
  for (int t = 0; t < 3; t++) {
    model->gradients[0] = gradients[t];
    ink_optimizer_step(&adam, model, &lr, adam.momentum);
    const double got[] = {(double)model->values[0], (double)adam.first[0], (double)adam.second[0]};
    for (int i = 0; i < 3; i++)
      CHECK(near_to(got[i], want[t][i], 3e-7), "step %d, value %d: %.9f, not %.9f", t + 1, i,
            got[i], want[t][i]);
  }
  ink_model_free(model);
  ink_free(memory);
}

static void test_smoothed_loss(void)
{
  const double losses[] = {2.3, 1.9, 2.0, 1.5},
               want[] = {2.300000000, 2.097979798, 2.064657870, 1.919187179};
  ink_smooth smooth = {.beta = 0.98};
  for (int i = 0; i < 4; i++) {
    const double got = ink_smooth_add(&smooth, losses[i]);
    CHECK(near_to(got, want[i], 1e-9), "after %d: %.9f, not %.9f", i + 1, got, want[i]);
  }
}

static void test_geometry(void)
{
  const double want_m[] = {-0.89527977, -0.15786198, 0.03687089,
                           -0.15786198, 0.89527977,  0.05265709};
  const double want_c[] = {1, -0.0310077519, -0.1046511628, -0.0310077519,
                           1, 0.1531007752,  -0.1046511628, 0.1531007752};
  const double points[][6] = {{-1, -1, 1.09001265, -0.68476071, 1.28870222, -0.72393409},
                              {1, -1, -0.70054691, -1.00048467, -0.84136861, -0.89732349},
                              {0, 0, 0.03687089, 0.05265709, -0.06912251, 0.20375813},
                              {0.5, 0.25, -0.45023449, 0.19754604, -0.52072665, 0.33842624}};
  double m[6], c[8];
  ink_affine_map(true, 10, 1.1, 0.25, 0.75, m);
  ink_warp_map(0.1, -0.15, c);
  /* the values are given with eight or ten decimals */
  for (int i = 0; i < 6; i++)
    CHECK(fabs(m[i] - want_m[i]) < 1e-8, "M[%d] is %.9f", i, m[i]);
  for (int i = 0; i < 8; i++)
    CHECK(fabs(c[i] - want_c[i]) < 1e-9, "c%d is %.10f", i, c[i]);
  for (int i = 0; i < 4; i++) {
    const double *p = points[i], x = m[0] * p[0] + m[1] * p[1] + m[2],
                 y = m[3] * p[0] + m[4] * p[1] + m[5];
    const double d = c[6] * x + c[7] * y + 1, u = (c[0] * x + c[1] * y + c[2]) / d,
                 v = (c[3] * x + c[4] * y + c[5]) / d;
    CHECK(fabs(x - p[2]) < 1e-8 && fabs(y - p[3]) < 1e-8, "point %d after M: %.8f, %.8f", i, x, y);
    CHECK(fabs(u - p[4]) < 1e-8 && fabs(v - p[5]) < 1e-8, "point %d after the warp: %.8f, %.8f", i,
          u, v);
  }
  ink_warp_map(0, 0, c);
  for (int i = 0; i < 8; i++)
    CHECK(fabs(c[i] - (i == 0 || i == 4)) < 1e-15, "no tilt is the identity: c%d is %g", i, c[i]);
}

static size_t valley_of(const double *losses, size_t n)
{
  double lr[64];
  for (size_t i = 0; i < n; i++)
    lr[i] = ink_finder_lr(1e-7, 10, n, i);
  return ink_suggest(lr, losses, n, 0, 0).valley;
}

static void test_valley(void)
{
  double falling[15], late[24];
  size_t n = 0;
  for (int i = 0; i < 10; i++)
    falling[n++] = 5.0 - 0.1 * i;
  for (int i = 0; i < 5; i++)
    falling[n++] = 4.1 + i;
  CHECK(valley_of(falling, n) == 3, "falling from the start: %zu", valley_of(falling, n));
  n = 0;
  for (int i = 0; i < 5; i++)
    late[n++] = 2.3;
  for (int i = 0; i < 14; i++)
    late[n++] = 2.2 - 0.1 * i;
  for (int i = 1; i <= 3; i++)
    late[n++] = i;
  CHECK(valley_of(late, n) == 10, "falling late: %zu", valley_of(late, n));
}

/* The parameters of ResNet-18 in its three groups, and those without weight decay. */
static void test_counts(void)
{
  ink_model *model;
  ink_error err;
  const ink_shape input = {.channels = 1, .height = 28, .width = 28};
  CHECK(ink_model_create(&model, "resnet18", input, 10, &err) == INK_OK, "resnet18");
  size_t groups[3] = {0}, kept = 0, kept_tensors = 0;
  for (size_t t = 0; t < model->n_tensors; t++) {
    const ink_tensor *tensor = model->tensors[t];
    if (!ink_tensor_is_trained(tensor))
      continue;
    groups[tensor->group] += tensor->count;
    kept += tensor->role == INK_ROLE_WEIGHT ? 0 : tensor->count;
    kept_tensors += tensor->role != INK_ROLE_WEIGHT;
  }
  CHECK(model->n_parameters == 11708992 && model->n_groups == 3, "%zu parameters in %zu groups",
        model->n_parameters, model->n_groups);
  CHECK(groups[0] == 683072 && groups[1] == 10493440 && groups[2] == 532480,
        "groups of %zu, %zu, %zu", groups[0], groups[1], groups[2]);
  CHECK(kept == 12672 && kept_tensors == 44, "%zu values in %zu tensors have no decay", kept,
        kept_tensors);
  const size_t outputs[][3] = {{64, 14, 14}, {64, 7, 7},  {64, 7, 7},
                               {128, 4, 4},  {256, 2, 2}, {512, 1, 1}};
  size_t stage = 0; /* conv1, max pool, then the last relu of each stage */
  for (size_t i = 0; i < model->n_layers && stage < 6; i++) {
    const ink_shape out = model->layers[i].out;
    stage += out.channels == outputs[stage][0] && out.height == outputs[stage][1] &&
             out.width == outputs[stage][2];
  }
  CHECK(stage == 6, "the stages have the sizes that they should: %zu of 6", stage);
  ink_model_free(model);
}

/* ---- section 15 ---- */

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

/* 1: validation pictures are resized to 32 and back, and so are those of a prediction. */
static void trap_validation_path(void)
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

/*
 * 2: all pictures of a batch have the same crop, the next batch has another; all else differs by
 * picture.
 */
static void trap_crop_of_the_batch(void)
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

/*
 * 3 and 4 (flips are on; lighting in logit space, in training only) are in augment.c and the
 * goldens; 5 in models.c.
 */

/* 6: the input is pixel / 255, without any other normalisation. */
static void trap_not_normalised(void)
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

/* 7: biases and norm layers do not decay; momentum is scheduled, for SGD only if it has any. */
static void trap_decay_and_momentum(void)
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

/*
 * 8: an incomplete batch is dropped, each epoch drops other pictures; the schedule counts batches;
 * slices.
 */
static void trap_steps_and_slices(void)
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
    const ink_model *model = ink_learner_model(learner);
    for (size_t i = 0; i < 8; i++)
      used[k / 4][(size_t)(model->pictures[i] - data->train.pixels) / INK_PIXELS] = true;
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

/*
 * Computes the learning rates of the two fits of fine_tune from the decay of the weights, which
 * shows the rate of each group.
 */
static void trap_fine_tune_rates(void)
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

/*
 * 9: while frozen, norm layers train and gather statistics; other weights are bit-identical, also
 * after a sweep.
 */
static void trap_frozen_is_not_still(void)
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

/*
 * 10: the smoothed loss continues over epochs; exact accuracy beside the unweighted one; which
 * means are over what.
 */
static void trap_recorder(void)
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

/* PyTorch's clip_grad_norm_: all gradients times clip / (norm + 1e-6), where that is below 1. */
static void test_clipping(void)
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

int main(void)
{
  test_schedule_values();
  test_finder_grid();
  test_adam_values();
  test_smoothed_loss();
  test_geometry();
  test_valley();
  test_counts();
  trap_validation_path();
  trap_crop_of_the_batch();
  trap_not_normalised();
  trap_decay_and_momentum();
  trap_steps_and_slices();
  trap_fine_tune_rates();
  trap_frozen_is_not_still();
  trap_recorder();
  test_clipping();
  CHECK(ink_live_allocations() == 0, "%zu allocations are left", ink_live_allocations());
  return checks_end();
}
