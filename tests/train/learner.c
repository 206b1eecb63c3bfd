/*
 * learner.c - training: the same seed gives the same bits, a step allocates nothing, schedules and
 * the rate finder, a loss that becomes NaN or infinite, and settings.
 */
#include "../support/learning.h"

#include <math.h>

static double last_loss, last_accuracy;

/* Runs to the end, with a prediction after each step if wanted. */
static ink_status run(ink_learner *learner, bool predict, ink_error *err)
{
  ink_event event = {0};
  while (event.kind != INK_EVENT_DONE) {
    INK_TRY(ink_learner_advance(learner, &event, err));
    if (event.kind == INK_EVENT_EPOCH) {
      last_loss = event.valid_loss;
      last_accuracy = event.accuracy;
    }
    float probabilities[INK_MAX_CLASSES];
    if (predict)
      ink_learner_predict(learner, ink_learner_dataset(learner)->valid.pixels, probabilities);
  }
  return INK_OK;
}

static void test_learner(const ink_kernels *kernels)
{
  ink_dataset *data = make_dataset(3, 37, 19);
  const char *texts[] = {"model=mlp\nepochs=4\nbatch=10\nlr=0.5\nmomentum=0.9\nseed=3\n",
                         "model=mlp\nepochs=4\nbatch=10\nlr=0.5\nmomentum=0.9\nseed=4\n"};
  ink_learner *a = make_learner(data, texts[0], kernels),
              *b = make_learner(data, texts[0], kernels);
  ink_learner *c = make_learner(data, texts[1], kernels);
  ink_error err;
  const size_t before = ink_total_allocations();
  run(a, false, &err);
  CHECK(ink_total_allocations() == before, "training allocated %zu times",
        ink_total_allocations() - before);
  CHECK(last_accuracy == 1, "three stripes are learnt: accuracy %g, loss %g", last_accuracy,
        last_loss);
  run(b, true, &err);
  run(c, false, &err);
  const size_t bytes = ink_learner_model(a)->n_values * sizeof(float);
  CHECK(memcmp(ink_learner_model(a)->values, ink_learner_model(b)->values, bytes) == 0,
        "same seed, same bits, whatever is predicted in between");
  CHECK(memcmp(ink_learner_model(a)->values, ink_learner_model(c)->values, bytes) != 0,
        "another seed is another run");
  CHECK(ink_learner_progress(a).step == 16 && ink_learner_progress(a).epoch == 4,
        "4 epochs of 4 steps: %d steps", (int)ink_learner_progress(a).step);
  size_t total = 0, right = 0;
  for (size_t i = 0; i < 9; i++) {
    total += ink_learner_confusion(a)[i];
    right += i % 4 == 0 ? ink_learner_confusion(a)[i] : 0;
  }
  CHECK(total == 19 && right == 19, "confusion counts %zu, %zu right", total, right);
  float p[3], sum = 0;
  ink_learner_predict(a, data->valid.pixels, p);
  for (int i = 0; i < 3; i++)
    sum += p[i];
  CHECK(fabsf(sum - 1) < 1e-6f && p[0] > 0.5f, "probabilities %g %g %g", (double)p[0], (double)p[1],
        (double)p[2]);
  ink_learner_free(a), ink_learner_free(b), ink_learner_free(c);
  ink_dataset_free(data);
}

/*
 * The steps of the first epoch, in parts, and by hand from whole passes over the model, give
 * bit-identical weights.
 */
static void test_parts_by_hand(const ink_kernels *kernels)
{
  enum { BATCH = 10, COUNT = 37 };
  ink_dataset *data = make_dataset(3, COUNT, 19);
  const char *text = "model=conv(4,5,3,bias=no) bn relu dropout(0.2) conv(4,3) relu "
                     "linear(classes)\nbatch=10\nepochs=2\n"
                     "lr=0.05\nmomentum=0.9\nseed=5";
  ink_learner *parted = make_learner(data, text, kernels),
              *hand = make_learner(data, text, kernels);
  ink_model *model = ink_learner_model(hand);
  ink_optimizer optimizer =
      make_optimizer(model, (ink_optimizer){.kind = INK_SGD, .momentum = 0.9});
  const ink_items *items = &data->train;
  uint32_t order[COUNT];
  ink_random_permutation(ink_random_stream(5, INK_FOR_SHUFFLE, 0), order, items->count);
  const double rates[] = {0.05};
  ink_error err;
  for (size_t first = 0, step = 0; first < items->count; first += BATCH, step++) {
    const uint8_t *pictures[BATCH];
    int32_t targets[2 * INK_LANES];
    float losses[2 * INK_LANES];
    const size_t n = ink_min_size(BATCH, items->count - first);
    for (size_t i = 0; i < 2 * INK_LANES; i++)
      targets[i] = i < n ? items->labels[order[first + i]] : -1;
    for (size_t i = 0; i < n; i++)
      pictures[i] = items->pixels + order[first + i] * INK_PIXELS;
    model->pass.step = step;
    ink_model_set_pictures(model, pictures, n);
    ink_model_forward(model, n, true);
    const double loss = ink_cross_entropy(model, n, targets, 0, losses, true);
    ink_model_backward(model);
    ink_optimizer_step(&optimizer, model, rates, 0.9);
    ink_event event;
    do
      ink_learner_advance_part(parted, &event, &err);
    while (event.kind == INK_EVENT_PART);
    CHECK(event.kind == INK_EVENT_STEP && event.loss == loss,
          "step %zu: loss %g in parts, %g by hand", step, event.loss, loss);
    CHECK(memcmp(model->values, ink_learner_model(parted)->values,
                 model->n_values * sizeof(float)) == 0,
          "weights after step %zu", step);
  }
  free_optimizer(&optimizer);
  ink_learner_free(parted), ink_learner_free(hand);
  ink_dataset_free(data);
}

/*
 * A mini-batch in parts gives bit-identical results, with batch norm, dropout, averages and random
 * pictures; advance finishes one that has begun.
 */
static void test_parts(const ink_kernels *kernels)
{
  ink_dataset *data = make_dataset(3, 37, 19);
  const char *text = "model=conv(4,5,3,bias=no) bn relu dropout(0.2) conv(4,3) relu "
                     "linear(classes)\nbatch=10\nepochs=2\n"
                     "lr=0.01\noptimizer=adam\nschedule=one_cycle\nema=0.9\naugment=digits\nseed=5";
  ink_learner *whole = make_learner(data, text, kernels),
              *parted = make_learner(data, text, kernels);
  ink_learner *mixed = make_learner(data, text, kernels);
  const size_t layers = ink_learner_model(whole)->n_layers;
  size_t calls = 0, steps = 0, validated = 0;
  ink_event event = {0}, expected;
  ink_error err;
  while (event.kind != INK_EVENT_DONE) {
    ink_learner_advance(whole, &expected, &err);
    do {
      CHECK(ink_learner_advance_part(parted, &event, &err) == INK_OK, "%s", err.text);
      calls++;
    } while (event.kind == INK_EVENT_PART);
    CHECK(memcmp(&event, &expected, sizeof event) == 0, "the same event, of kind %g and %g",
          event.kind, expected.kind);
    steps += event.kind == INK_EVENT_STEP;
    validated += event.kind == INK_EVENT_VALID || event.kind == INK_EVENT_EPOCH;
    for (size_t i = 0; i < steps % (layers + 1); i++)
      ink_learner_advance_part(mixed, &event, &err);
    ink_learner_advance(mixed, &event, &err);
    CHECK(memcmp(&event, &expected, sizeof event) == 0, "begun in parts, the same event");
  }
  CHECK(steps == 8 && validated == 4, "two epochs: %zu steps, %zu batches validated", steps,
        validated);
  CHECK(calls == 8 * (2 * layers + 3) + 4 * (layers + 2) + 1,
        "a call for each layer each way: %zu for %zu layers", calls, layers);
  const size_t bytes = ink_learner_model(whole)->n_values * sizeof(float);
  CHECK(memcmp(ink_learner_model(whole)->values, ink_learner_model(parted)->values, bytes) == 0,
        "averages in parts are the same to the bit");
  CHECK(memcmp(ink_learner_numbers(whole).trained, ink_learner_numbers(parted).trained, bytes) == 0,
        "weights in parts are the same to the bit");
  CHECK(memcmp(ink_learner_numbers(whole).trained, ink_learner_numbers(mixed).trained, bytes) == 0,
        "begun in parts, they are");
  ink_learner_free(whole), ink_learner_free(parted), ink_learner_free(mixed);
  ink_dataset_free(data);
}

/*
 * The last epochs without augmentation are those of a run that continues with unchanged pictures.
 */
static void test_unaugmented(const ink_kernels *kernels)
{
  static const char common[] =
      "model=conv(4,5,3) relu "
      "linear(classes)\nbatch=10\nlr=0.01\noptimizer=adam\nema=0.9\naugment=digits\nseed=5\n";
  ink_dataset *data = make_dataset(3, 37, 19);
  char text[256];
  snprintf(text, sizeof text, "%sepochs=3\nunaugmented_epochs=1", common);
  ink_learner *whole = make_learner(data, text, kernels), *goes_on = NULL;
  snprintf(text, sizeof text, "%sepochs=2", common);
  ink_learner *begun = make_learner(data, text, kernels);
  snprintf(text, sizeof text, "%sepochs=3", common);
  ink_learner *augmented = make_learner(data, text, kernels);
  ink_settings settings;
  ink_error err;
  run(whole, false, &err), run(begun, false, &err), run(augmented, false, &err);
  snprintf(text, sizeof text, "%sepochs=1\naugment_strength=0", common);
  ink_settings_parse(&settings, text, &err);
  CHECK(ink_learner_continue(&goes_on, begun, &settings, kernels, &err) == INK_OK, "%s", err.text);
  run(goes_on, false, &err);
  const size_t bytes = ink_learner_model(whole)->n_values * sizeof(float);
  CHECK(memcmp(ink_learner_numbers(whole).trained, ink_learner_numbers(goes_on).trained, bytes) ==
            0,
        "the last epoch saw pictures as they are");
  CHECK(memcmp(ink_learner_numbers(whole).trained, ink_learner_numbers(augmented).trained, bytes) !=
            0,
        "not augmented ones");
  ink_learner_free(whole), ink_learner_free(begun), ink_learner_free(augmented),
      ink_learner_free(goes_on);
  ink_dataset_free(data);
}

/* fine_tune: frozen weights are bit-identical, norm layers train; the finder changes nothing. */
static void test_schedules(const ink_kernels *kernels)
{
  ink_dataset *data = make_dataset(3, 40, 12);
  const char *text =
      "model=conv(4,5,3,bias=no) bn relu split linear(classes)\nbatch=8\nepochs=2\nlr=0.05\n"
      "optimizer=fastai_adam\nschedule=fine_tune\naugment=fastai\nlabel_smoothing=0.1\nclip="
      "5\nseed=9";
  ink_learner *a = make_learner(data, text, kernels), *b = make_learner(data, text, kernels);
  const ink_tensor *conv = ink_learner_model(a)->tensors[0],
                   *norm = ink_learner_model(a)->tensors[1];
  const float conv_before = conv->value[7], norm_before = norm->value[2];
  ink_error err;
  ink_event event;
  for (int i = 0; i < 5; i++)
    ink_learner_advance(a, &event, &err);
  CHECK(event.kind == INK_EVENT_STEP && event.epochs == 3, "five steps of three epochs");
  CHECK(conv->value[7] == conv_before, "a frozen weight stays");
  CHECK(norm->value[2] != norm_before, "a frozen group's norm layer trains");
  const size_t before = ink_total_allocations();
  run(a, false, &err);
  CHECK(ink_total_allocations() == before, "no step allocates");
  CHECK(conv->value[7] != conv_before, "after unfreezing it trains");
  CHECK(ink_learner_progress(a).epoch == 3, "%g epochs", ink_learner_progress(a).epoch);

  double lr = 0, smooth = 0, last = 0;
  bool done = false;
  size_t steps = 0;
  CHECK(ink_learner_find_begin(b, 1e-7, 10, 30, &err) == INK_OK, "the finder starts");
  for (; !done; steps++) {
    last = lr;
    ink_learner_find_step(b, &lr, &smooth, &done);
    CHECK(lr > last, "rates rise");
  }
  CHECK(steps > 6 && steps <= 30 &&
            fabs(lr - 1e-7 * pow(1e8, (double)(steps - 1) / 30)) < 1e-9 * lr,
        "%zu steps to %g", steps, lr);
  ink_learner_find_end(b);
  run(b, false, &err);
  CHECK(memcmp(ink_learner_model(a)->values, ink_learner_model(b)->values,
               ink_learner_model(a)->n_values * sizeof(float)) == 0,
        "a sweep before it changes no bit of the run");
  CHECK(ink_learner_find_begin(b, 1, 0.1, 30, &err) == INK_E_ARGUMENT, "start above end");
  ink_learner_free(a), ink_learner_free(b);

  ink_settings settings;
  ink_learner *one = NULL;
  ink_settings_parse(&settings, "model=linear(4) bn linear(classes)\nbatch=13",
                     &err); /* 40 = 3 * 13 + 1 */
  CHECK(ink_learner_create(&one, data, &settings, kernels, &err) == INK_E_ARGUMENT &&
            strstr(err.text, "single picture"),
        "batch of one: %s", err.text);
  ink_settings_parse(&settings, "model=linear(4) bn linear(classes)\nbatch=13\ndrop_last=1", &err);
  CHECK(ink_learner_create(&one, data, &settings, kernels, &err) == INK_OK, "drop_last: %s",
        err.text);
  ink_learner_free(one);
  ink_dataset_free(data);
}

/*
 * With weight decay 1 each step multiplies the weights by 1 - lr: the loss soon becomes infinite.
 */
static void test_divergence(const ink_kernels *kernels)
{
  ink_dataset *data = make_dataset(3, 64, 16);
  ink_learner *learner = make_learner(data, "model=mlp\nbatch=8\nlr=1e6\nweight_decay=1", kernels);
  ink_error err = {0};
  CHECK(run(learner, false, &err) == INK_E_DIVERGED, "it diverges: %s", err.text);
  CHECK(strstr(err.text, "no longer a finite number at step") &&
            strstr(err.text, "learning rate 1e+06") && strstr(err.text, "group 0"),
        "it says: %s", err.text);
  for (size_t i = 0; i < ink_learner_model(learner)->n_values; i++)
    CHECK(isfinite(ink_learner_model(learner)->values[i]), "kept value %zu is %g", i,
          (double)ink_learner_model(learner)->values[i]);
  /*
   * A checkpoint is available: the last good weights, without the position of a run that has ended.
   */
  size_t len = ink_checkpoint_write(learner, true, NULL);
  uint8_t *bytes = malloc(len);
  ink_checkpoint_write(learner, true, bytes);
  ink_learner *again = NULL;
  CHECK(ink_checkpoint_read(&again, data, bytes, len, kernels, &err) == INK_OK,
        "the checkpoint is refused: %s", err.text);
  if (again) {
    CHECK(memcmp(ink_learner_model(again)->values, ink_learner_model(learner)->values,
                 ink_learner_model(learner)->n_values * sizeof(float)) == 0,
          "it holds the kept weights");
    CHECK(ink_learner_progress(again).step == 0, "it begins anew");
  }
  free(bytes);
  ink_learner_free(again);
  ink_event event;
  CHECK(ink_learner_advance(learner, &event, &err) == INK_E_STATE, "it goes no further");
  ink_learner_free(learner);
  ink_dataset_free(data);
}

/* The message names the rate of the group that failed. */
static void test_divergence_group(void)
{
  ink_dataset *data = make_dataset(3, 64, 16);
  ink_learner *learner = make_learner(
      data, "model=linear(8) relu split linear(classes)\nbatch=8\nlr=1e5:2e-5\nweight_decay=1",
      NULL);
  ink_error err = {0};
  CHECK(run(learner, false, &err) == INK_E_DIVERGED &&
            strstr(err.text, "group 0, learning rate 100000)"),
        "it says: %s", err.text);
  ink_learner_free(learner);
  ink_dataset_free(data);
}

static void test_settings(void)
{
  const struct {
    const char *text, *says;
  } wrong[] = {
      {"lr=0", "lr must be a number above 0 and up to 1000000, not '0'"},
      {"lr=-1", "lr must"},
      {"lr=", "not ''"},
      {"lr=nan", "not 'nan'"},
      {"lr=1e400", "lr must"},
      {"lr=0,1", "not '0,1'"},
      {"epochs=0", "from 1 to 10000"},
      {"epochs=1.5", "whole number"},
      {"batch=65537", "to 65536"},
      {"momentum=1", "to below 1"},
      {"seed=9007199254740992", "to 9007199254740991"},
      {"speed=3", "there is no setting 'speed'"},
      {"lr", "not ''"},
      {"lr=1:", "not ''"},
      {"lr=0:1", "not '0'"},
      {"optimizer=sdg", "optimizer must be one of sgd, adam, adamw, fastai_adam, not 'sdg'"},
      {"schedule=", "one of constant"},
      {"augment=", "elastic), not ''"},
      {"augment=fastai,flip", "not 'fastai,flip'"},
      {"augment=fastai,-flip,", "augment must"},
      {"augment=fastai,-turn", "augment must"},
      {"augment=none,-flip", "augment must"},
      {"augment=fastai ,-flip", "augment must"},
      {"augment=fast", "augment must"},
      {"augment=63", "augment must"},
      {"pct_start=1", "to below 1"},
      {"eps=0", "above 0"},
  };
  ink_settings s;
  ink_error err;
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    CHECK(ink_settings_parse(&s, wrong[i].text, &err) == INK_E_ARGUMENT, "'%s' is taken",
          wrong[i].text);
    CHECK(strstr(err.text, wrong[i].says), "'%s' says: %s", wrong[i].text, err.text);
  }
  CHECK(ink_settings_parse(&s, "model=linear(5) relu\n\nlr=1e-3\nseed=9007199254740991", &err) ==
                INK_OK &&
            s.lr == 1e-3 && s.seed == 9007199254740991.0 &&
            strcmp(s.model, "linear(5) relu") == 0 && s.batch == 256,
        "good settings");
}

/* Settings that are written are read as the same. */
static void test_settings_text(void)
{
  const struct {
    const char *given, *written;
  } augments[] = {{"none", "none"},
                  {"fastai", "fastai"},
                  {"fastai_no_flip", "fastai,-flip"},
                  {"fastai,-warp,-flip,-warp", "fastai,-flip,-warp"},
                  {"fastai_no_flip,-lighting", "fastai,-flip,-lighting"},
                  {"fastai,-flip,-rotate,-zoom,-warp,-crop,-lighting",
                   "fastai,-flip,-rotate,-zoom,-warp,-crop,-lighting"}};
  const char *rates[][2] = {{"0.1", "lr=0.10000000000000001\n"},
                            {"1e-06:0.0001", "lr=9.9999999999999995e-07:0.0001\n"},
                            {":0.5", "lr=:0.5\n"}};
  for (size_t i = 0; i < sizeof augments / sizeof *augments; i++) {
    char text[512], first[4096], second[4096], line[128];
    ink_settings s, again;
    ink_error err;
    snprintf(text, sizeof text,
             "model=linear(3) relu "
             "linear(classes)\nlr=%s\noptimizer=adamw\nschedule=one_cycle\nseed=7\naugment=%s",
             rates[i % 3][0], augments[i].given);
    CHECK(ink_settings_parse(&s, text, &err) == INK_OK, "%s", text);
    const size_t len = ink_settings_write(&s, first, sizeof first);
    snprintf(line, sizeof line, "\naugment=%s\n", augments[i].written);
    CHECK(len == strlen(first) && strstr(first, line) && strstr(first, rates[i % 3][1]),
          "%s is written as %s", text, first);
    CHECK(ink_settings_parse(&again, first, &err) == INK_OK &&
              ink_settings_write(&again, second, sizeof second) == len &&
              strcmp(first, second) == 0,
          "%s reads back as %s", first, second);
    CHECK(ink_settings_write(&s, first, 10) == len && strlen(first) == 9,
          "it is cut where the room ends");
  }
}

/* Training, validation, a sweep and predictions allocate nothing after the learner was made. */
static void test_no_allocations(const char *model, size_t steps)
{
  ink_dataset *data = make_dataset(3, 16, 9);
  char text[256];
  snprintf(text, sizeof text,
           "model=%s\nbatch=8\nepochs=1\nlr=0.001\noptimizer=fastai_adam\nschedule=fine_"
           "tune\naugment=fastai\nclip=1\nlabel_smoothing=0.1",
           model);
  ink_learner *learner = make_learner(data, text, NULL);
  ink_error err = {0};
  ink_event event;
  float p[3];
  double lr, smooth;
  bool done;
  CHECK(ink_learner_find_begin(learner, 1e-6, 1, 10, &err) == INK_OK, "%s", err.text);
  size_t before = ink_total_allocations();
  for (size_t i = 0; i < steps; i++)
    ink_learner_find_step(learner, &lr, &smooth, &done);
  ink_learner_find_end(learner);
  CHECK(ink_total_allocations() == before, "%s: a sweep's steps allocate", model);
  before = ink_total_allocations();
  for (size_t i = 0; i < steps + 2; i++) { /* two steps, then two batches of validation */
    CHECK(ink_learner_advance(learner, &event, &err) == INK_OK, "%s: %s", model, err.text);
    CHECK(ink_total_allocations() == before, "%s: batch %zu allocates", model, i);
  }
  CHECK(event.kind == INK_EVENT_EPOCH, "%s: both were seen", model);
  CHECK(ink_learner_evaluate(learner, &event, &err) == INK_OK && ink_total_allocations() == before,
        "%s: a whole validation allocates", model);
  ink_learner_predict(learner, data->valid.pixels, p);
  CHECK(ink_total_allocations() == before, "%s: a prediction allocates", model);
  ink_learner_free(learner);
  ink_dataset_free(data);
}

/* Mini-batches of one picture, batches larger than the data, and classes of one picture. */
static void test_odd_sizes(void)
{
  const struct {
    size_t train, valid;
    const char *text;
    double steps, images;
  } cases[] = {
      {7, 3, "model=mlp\nbatch=1", 7, 1},
      {7, 3, "model=mlp\nbatch=65536", 1, 7},
      {7, 3, "model=conv(2,3) bn relu linear(classes)\nbatch=65536\noptimizer=adam\nlr=0.001", 1,
       7},
      {7, 3, "model=mlp\nbatch=65536\ndrop_last=1", 1, 7},
      {3, 3, "model=cnn\nbatch=2\noptimizer=fastai_adam\nschedule=one_cycle\nlr=0.001", 2, 2},
      {3, 3, "model=linear(4) bn linear(classes)\nbatch=3\naugment=fastai", 1, 3},
      {3, 3, "model=conv(2,3) bn linear(classes)\nbatch=1", 3,
       1}, /* 2-d: 26 x 26 values, not one */
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    ink_dataset *data = make_dataset(3, cases[i].train, cases[i].valid);
    ink_learner *learner = make_learner(data, cases[i].text, NULL);
    ink_event event;
    ink_error err = {0};
    CHECK(ink_learner_advance(learner, &event, &err) == INK_OK && event.kind == INK_EVENT_STEP,
          "%s: %s", cases[i].text, err.text);
    CHECK(event.steps_per_epoch == cases[i].steps && event.images == cases[i].images,
          "%s: %g steps of %g", cases[i].text, event.steps_per_epoch, event.images);
    while (event.kind != INK_EVENT_EPOCH && ink_learner_advance(learner, &event, &err) == INK_OK)
      ;
    CHECK(event.kind == INK_EVENT_EPOCH && isfinite(event.valid_loss) &&
              event.validated == (double)cases[i].valid,
          "%s: %s", cases[i].text, err.text);
    ink_learner_free(learner);
    ink_dataset_free(data);
  }
}

/* Impossible settings are refused before anything is trained, and nothing leaks. */
static void test_refused(void)
{
  ink_dataset *data = make_dataset(3, 8, 3);
  const struct {
    const char *text, *says;
    ink_status status;
  } cases[] = {
      {"model=linear(2)",
       "the model must end in 3 values, one for each class, but ends in 2 values", INK_E_MODEL},
      {"model=linear(4)", "but ends in 4 values: end it with linear(classes)", INK_E_MODEL},
      {"model=linear(4) bn linear(classes)\nbatch=1",
       "mini-batches of 1, one holds a single picture", INK_E_ARGUMENT},
      {"model=linear(4) bn linear(classes)\nbatch=7", "choose another batch, or drop_last",
       INK_E_ARGUMENT},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    ink_settings settings;
    ink_error err = {0};
    size_t bytes;
    const size_t live = ink_live_allocations();
    ink_learner *learner = NULL;
    CHECK(ink_settings_parse(&settings, cases[i].text, &err) == INK_OK, "%s", err.text);
    const ink_status status = ink_learner_bytes(data, &settings, NULL, &bytes, &err);
    CHECK(status == cases[i].status && strstr(err.text, cases[i].says), "%s: status %d: %s",
          cases[i].text, (int)status, err.text);
    CHECK(ink_learner_create(&learner, data, &settings, NULL, &err) == cases[i].status && !learner,
          "%s is made", cases[i].text);
    CHECK(ink_live_allocations() == live, "%s leaks", cases[i].text);
  }
  ink_dataset_free(data);
}

/*
 * Each allocation fails once: there is a message, nothing leaks, and existing data are unchanged.
 */
static void test_memory(void)
{
  ink_dataset *data = make_dataset(3, 9, 9);
  const size_t live = ink_live_allocations();
  ink_settings settings;
  ink_error err;
  ink_settings_parse(&settings, "model=mlp", &err);
  ink_learner *learner = NULL;
  long n = 0;
  for (ink_status status = INK_E_MEMORY; status != INK_OK; n++) {
    ink_fail_allocation_after = n;
    status = ink_learner_create(&learner, data, &settings, NULL, &err);
    ink_fail_allocation_after = -1;
    CHECK(status == INK_OK || (status == INK_E_MEMORY && strstr(err.text, "not enough memory")),
          "allocation %ld: %s", n, err.text);
    CHECK(status == INK_OK || ink_live_allocations() == live, "allocation %ld leaks", n);
  }
  CHECK(n > 4, "%ld allocations were tried", n);
  size_t bytes = 0;
  CHECK(ink_learner_bytes(data, &settings, NULL, &bytes, &err) == INK_OK && bytes > 23860 * 8,
        "bytes %zu", bytes);
  ink_learner_free(learner);
  ink_dataset_free(data);
  CHECK(ink_live_allocations() == 0, "%zu allocations are left", ink_live_allocations());
}

int main(void)
{
  for (size_t v = 0; ink_kernels_at(v); v++) {
    test_learner(ink_kernels_at(v));
    test_parts_by_hand(ink_kernels_at(v));
    test_parts(ink_kernels_at(v));
    test_unaugmented(ink_kernels_at(v));
    test_schedules(ink_kernels_at(v));
    test_divergence(ink_kernels_at(v));
  }
  test_divergence_group();
  test_no_allocations("cnn", 2);
  test_no_allocations("resnet18", 2);
  test_odd_sizes();
  test_refused();
  test_settings();
  test_settings_text();
  test_memory();
  return checks_end();
}
