/*
 * learner_memory.c - training allocates nothing, batches may have any size, and any allocation may
 * fail.
 */
#include "learner_tests.h"

/* Training, validation, a sweep and predictions allocate nothing after the learner was made. */
void test_no_allocations(const char *model, size_t steps)
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
void test_odd_sizes(void)
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

/*
 * Each allocation fails once: there is a message, nothing leaks, and existing data are unchanged.
 */
void test_memory(void)
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
