/*
 * learner_rates.c - schedules, the rate finder, and the message when the loss is no longer finite.
 */
#include "learner_tests.h"

/* fine_tune: frozen weights are bit-identical, norm layers train; the finder changes nothing. */
void test_schedules(const ink_kernels *kernels)
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
void test_divergence(const ink_kernels *kernels)
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
void test_divergence_group(void)
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
