/*
 * learner.c - training: the same seed gives the same bits, also when a mini-batch is computed in
 * parts, and the last epochs may be without augmentation.
 */
#include "learner_tests.h"

static double last_loss, last_accuracy;

/* Runs to the end, with a prediction after each step if wanted. */
ink_status run(ink_learner *learner, bool predict, ink_error *err)
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
