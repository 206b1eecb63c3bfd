/*
 * sound.c - saved runs can be loaded. With far too high rates, for each kind of model and
 * optimiser, the file of each run is read again, whether it ended, was stopped within an epoch, or
 * diverged. A run diverges if a buffer, a weight or a value of the state of the optimiser is not
 * finite.
 */
#include "../support/learning.h"

#include <math.h>

static bool is_sound(const float *values, size_t n)
{
  for (size_t i = 0; values && i < n; i++)
    if (!isfinite(values[i]))
      return false;
  return true;
}

/* Saves a run and opens it again, with the data and without. */
static void check_saved(const ink_learner *learner, const char *text, bool resumable)
{
  ink_learner *again = NULL;
  ink_dataset *classes = NULL;
  ink_error err = {0};
  const size_t len = ink_checkpoint_write(learner, resumable, NULL);
  uint8_t *bytes = malloc(len);
  ink_checkpoint_write(learner, resumable, bytes);
  const ink_status status =
      ink_checkpoint_read(&again, ink_learner_dataset(learner), bytes, len, NULL, &err);
  CHECK(status == INK_OK, "%s, step %d: %s", text, (int)ink_learner_progress(learner).step,
        err.text);
  if (status == INK_OK && ink_learner_is_sound(learner)) {
    const bool goes_on = resumable && ink_learner_numbers(learner).resumable;
    CHECK(ink_learner_progress(again).step == (goes_on ? ink_learner_progress(learner).step : 0),
          "%s: the position is another", text);
    CHECK(ink_model_digest(ink_learner_model(again)) ==
              ink_model_digest(ink_learner_model(learner)),
          "%s: other weights", text);
  }
  ink_learner_free(again), again = NULL;
  CHECK(ink_network_read(&again, &classes, bytes, len, NULL, &err) == INK_OK, "%s, alone: %s", text,
        err.text);
  ink_learner_free(again), ink_dataset_free(classes);
  free(bytes);
}

static const char *const MODELS[] = {"linear", "linear(6) relu linear(classes)",
                                     "linear(6) bn relu dropout(0.3) linear(classes)",
                                     "conv(4,5,2,bias=no) bn relu linear(classes)",
                                     "conv(3,5,4) relu split linear(5) bn linear(classes)"};
static const char *const WAYS[] = {
    "optimizer=sgd",
    "optimizer=sgd\nmomentum=0.9\nnesterov=1",
    "optimizer=sgd\nema=0.9\nweight_decay=0.1",
    "optimizer=adam",
    "optimizer=adamw\nema=0.99\nschedule=one_cycle",
    "optimizer=fastai_adam\nschedule=fine_tune",
    "optimizer=sgd\nclip=1\nlabel_smoothing=0.1\nschedule=one_cycle"};
static const double RATES[] = {1e-2, 1, 1e2, 1e4, 1e5, 1e6};
enum {
  N_MODELS = sizeof MODELS / sizeof *MODELS,
  N_WAYS = sizeof WAYS / sizeof *WAYS,
  N_RATES = sizeof RATES / sizeof *RATES
};

/* Runs once; counts the runs that diverge. */
static bool try_run(const ink_dataset *data, const char *text)
{
  ink_learner *learner = make_learner(data, text, NULL);
  ink_event event = {0};
  ink_error err = {0};
  ink_status status = INK_OK;
  size_t events = 0;
  while (status == INK_OK && event.kind != INK_EVENT_DONE) {
    status = ink_learner_advance(learner, &event, &err);
    if (status == INK_OK && event.kind != INK_EVENT_DONE && ++events % 3 == 0)
      check_saved(learner, text, true); /* within an epoch, like a stop, or a page that saves */
  }
  CHECK(status == INK_OK || status == INK_E_DIVERGED, "%s: %s", text, err.text);
  CHECK(status == INK_OK || strstr(err.text, "no longer a finite number at step"), "%s: %s", text,
        err.text);
  CHECK(ink_learner_is_sound(learner) || status == INK_E_DIVERGED,
        "%s: it ended well, and is not sound", text);
  const ink_model *model = ink_learner_model(learner);
  CHECK(is_sound(model->values, model->n_values), "%s: a value is not finite", text);
  if (status == INK_OK)
    CHECK(is_sound(ink_learner_numbers(learner).first, model->n_gradients) &&
              is_sound(ink_learner_numbers(learner).second, model->n_gradients) &&
              is_sound(ink_learner_numbers(learner).trained, model->n_values),
          "%s: what trains on is not finite", text);
  check_saved(learner, text, true);
  check_saved(learner, text, false);
  ink_learner_free(learner);
  return status == INK_E_DIVERGED;
}

static void test_sweep(void)
{
  ink_dataset *sets[] = {make_dataset(3, 30, 10), make_dataset(2, 9, 5)};
  size_t diverged = 0, runs = 0;
  for (size_t d = 0; d < 2; d++)
    for (size_t m = 0; m < N_MODELS; m++)
      for (size_t w = 0; w < N_WAYS; w++)
        for (size_t r = 0; r < N_RATES; r++) {
          char text[512];
          snprintf(text, sizeof text, "model=%s\n%s\nlr=%g\nbatch=%d\nepochs=4\nseed=%zu",
                   MODELS[m], WAYS[w], RATES[r], d ? 5 : 6, r);
          diverged += try_run(sets[d], text);
          runs++;
        }
  CHECK(diverged > runs / 20 && diverged < runs / 2, "%zu of %zu runs diverged", diverged, runs);
  ink_dataset_free(sets[0]), ink_dataset_free(sets[1]);
}

/* ---- one value that is not finite, while the loss is ---- */

typedef enum place { WEIGHT, BUFFER, FIRST, SECOND, AVERAGE, PLACES } place;
static const char *const says[] = {"a weight", "a running mean or variance",
                                   "a value of the optimiser's state",
                                   "a value of the optimiser's state", "an average of the weights"};

/*
 * The loss stays finite: the relu turns the value of the weight into 0, and training does not read
 * the others.
 */
static void spoil(ink_learner *learner, place where)
{
  const ink_model *model = ink_learner_model(learner);
  float *values =
      ink_learner_numbers(learner).trained ? ink_learner_numbers(learner).trained : model->values;
  size_t bias = 0;
  for (size_t t = 0; t < model->n_tensors; t++)
    if (strcmp(model->tensors[t]->name, "0.bias") == 0)
      bias = (size_t)(model->tensors[t]->value - model->values);
  if (where == WEIGHT)
    values[bias] = -INFINITY;
  else if (where == BUFFER)
    values[model->n_parameters + 6] = INFINITY; /* the running variance: the means come before it */
  else if (where == FIRST)
    ink_learner_numbers(learner).first[0] = NAN;
  else if (where == SECOND)
    ink_learner_numbers(learner).second[0] = INFINITY;
  else
    model->values[bias] = INFINITY;
}

static void test_spoilt(place where)
{
  ink_dataset *data = make_dataset(3, 30, 10);
  ink_learner *learner =
      make_learner(data,
                   "model=linear(5) relu linear(5) bn "
                   "linear(classes)\nbatch=6\nepochs=3\nlr=0.01\noptimizer=adam\nema=0.5",
                   NULL);
  ink_event event = {0};
  ink_error err = {0};
  for (size_t i = 0; i < 3; i++)
    CHECK(ink_learner_advance(learner, &event, &err) == INK_OK && event.kind == INK_EVENT_STEP,
          "%s", err.text);
  spoil(learner, where);
  CHECK(!ink_learner_is_sound(learner), "%s is seen", says[where]);
  check_saved(learner, says[where], true); /* the last good weights, instead of the wrong ones */
  CHECK(ink_learner_check(learner, &err) == INK_E_DIVERGED && strstr(err.text, says[where]),
        "%s: %s", says[where], err.text);
  CHECK(ink_learner_is_sound(learner) || where == FIRST || where == SECOND,
        "%s: the last good weights are back", says[where]);
  CHECK(ink_learner_check(learner, &err) == INK_OK, "it is said once");
  check_saved(learner, says[where], true);
  CHECK(ink_learner_advance(learner, &event, &err) == INK_E_DIVERGED &&
            strstr(err.text, says[where]),
        "the run says it too: %s", err.text);
  CHECK(ink_learner_advance(learner, &event, &err) == INK_E_STATE, "and goes no further");
  ink_learner_free(learner);
  ink_dataset_free(data);
}

/* The run finds it itself: at once if a step uses the value, otherwise at the end of the epoch. */
static void test_found(place where)
{
  ink_dataset *data = make_dataset(3, 30, 10);
  ink_learner *learner =
      make_learner(data,
                   "model=linear(5) relu linear(5) bn "
                   "linear(classes)\nbatch=6\nepochs=3\nlr=0.01\noptimizer=adam\nema=0.5",
                   NULL);
  ink_event event = {0};
  ink_error err = {0};
  for (size_t i = 0; i < 2; i++)
    ink_learner_advance(learner, &event, &err);
  spoil(learner, where);
  ink_status status = INK_OK;
  size_t more = 0;
  for (; status == INK_OK && event.kind != INK_EVENT_EPOCH; more++)
    status = ink_learner_advance(learner, &event, &err);
  CHECK(status == INK_E_DIVERGED && strstr(err.text, "no longer a finite number at step"), "%s: %s",
        says[where], err.text);
  if (where == WEIGHT || where == BUFFER)
    CHECK(more == 1 && strstr(err.text, "weights of step 1 are kept"), "%s: after %zu more: %s",
          says[where], more, err.text);
  check_saved(learner, says[where], true);
  ink_learner_free(learner);
  ink_dataset_free(data);
}

/* Rates that are changed during a run stay within the limits of settings. */
static void test_rates(void)
{
  ink_dataset *data = make_dataset(3, 30, 10);
  const double changes[] = {1e6, 1e-9, 1e6, 1e-300, 1e6};
  ink_learner *learner =
      make_learner(data, "model=linear(4) split linear(classes)\nbatch=6\nlr=1:1e-5", NULL);
  for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
    ink_learner_set_rate(learner, changes[i]);
    check_saved(learner, "a changed rate", true);
  }
  ink_learner_free(learner);
  ink_dataset_free(data);
}

static void test_finite(void)
{
  const float odd[] = {INFINITY, -INFINITY, NAN},
              fine[] = {0, -0.0f, 1e-45f, 3.4028234e38f, -3.4028234e38f};
  float values[40];
  for (size_t n = 0; n <= 40; n++) {
    for (size_t i = 0; i < n; i++)
      values[i] = fine[i % 5];
    CHECK(ink_all_finite(values, n), "%zu values are finite", n);
    for (size_t i = 0; i < n; i++)
      for (size_t k = 0; k < 3; k++) {
        const float before = values[i];
        values[i] = odd[k];
        CHECK(!ink_all_finite(values, n), "value %zu of %zu", i, n);
        values[i] = before;
      }
  }
}

int main(void)
{
  test_finite();
  test_sweep();
  for (place where = 0; where < PLACES; where++) {
    test_spoilt(where);
    test_found(where);
  }
  test_rates();
  CHECK(ink_live_allocations() == 0, "%zu allocations are left", ink_live_allocations());
  return checks_end();
}
