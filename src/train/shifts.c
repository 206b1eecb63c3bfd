/*
 * shifts.c - test-time averaging: each validation picture is predicted nine times, shifted by up to
 * a pixel each way, and the mean of the nine answers counts.
 */
#include "learner.h"

#include <math.h>
#include <string.h>

enum { VIEWS = 9, CHUNK = 64 };

typedef struct views {
  uint8_t shifted[CHUNK][INK_PIXELS];
  const uint8_t *pictures[CHUNK];
  float probabilities[CHUNK * INK_MAX_CLASSES];
  double mean[CHUNK][INK_MAX_CLASSES];
} views;

/* Shifts a picture; pixels from outside it are black. */
static void shift(const uint8_t picture[INK_PIXELS], int right, int down, uint8_t out[INK_PIXELS])
{
  for (int y = 0; y < INK_SIDE; y++)
    for (int x = 0; x < INK_SIDE; x++) {
      const int from_x = x - right, from_y = y - down;
      const bool inside = from_x >= 0 && from_x < INK_SIDE && from_y >= 0 && from_y < INK_SIDE;
      out[y * INK_SIDE + x] = inside ? picture[from_y * INK_SIDE + from_x] : 0;
    }
}

static void see(ink_learner *learner, size_t first, size_t n, views *v)
{
  const ink_items *items = &learner->dataset->valid;
  const size_t classes = learner->dataset->n_classes;
  memset(v->mean, 0, sizeof v->mean);
  for (int view = 0; view < VIEWS; view++) {
    for (size_t i = 0; i < n; i++) {
      shift(items->pixels + (first + i) * INK_PIXELS, view % 3 - 1, view / 3 - 1, v->shifted[i]);
      v->pictures[i] = v->shifted[i];
    }
    ink_learner_predict_many(learner, v->pictures, n, v->probabilities);
    for (size_t i = 0; i < n; i++)
      for (size_t j = 0; j < classes; j++)
        v->mean[i][j] += (double)v->probabilities[i * classes + j] / (double)VIEWS;
  }
}

/*
 * Stores the mean of a picture's answers as its result, with logits that give this mean at the
 * model's temperature. Returns the loss.
 */
static double record(ink_learner *learner, size_t item, const double *mean)
{
  const size_t classes = learner->dataset->n_classes, actual = learner->dataset->valid.labels[item];
  float *logits = learner->valid_logits + item * classes;
  size_t best = 0;
  for (size_t j = 0; j < classes; j++) {
    logits[j] = (float)(learner->settings.temperature * log(mean[j] > 1e-30 ? mean[j] : 1e-30));
    best = mean[j] > mean[best] ? j : best;
  }
  learner->valid_predicted[item] = (uint8_t)best;
  learner->confusion[actual * classes + best]++;
  const double loss = -log(mean[actual] > 1e-30 ? mean[actual] : 1e-30);
  learner->valid_losses[item] = (float)loss;
  return loss;
}

ink_status ink_learner_evaluate_shifted(ink_learner *learner, ink_event *event, ink_error *err)
{
  const size_t classes = learner->dataset->n_classes, count = learner->dataset->valid.count;
  INK_TRY(ink_learner_evaluate(learner, event, err));
  views *v = ink_alloc(sizeof *v);
  if (!v)
    return ink_fail(err, INK_E_MEMORY, "not enough memory for test-time averaging");
  memset(learner->confusion, 0, classes * classes * sizeof *learner->confusion);
  double loss = 0;
  for (size_t first = 0; first < count; first += CHUNK) {
    const size_t n = ink_min_size(CHUNK, count - first);
    see(learner, first, n, v);
    for (size_t i = 0; i < n; i++)
      loss += record(learner, first + i, v->mean[i]);
  }
  ink_free(v);
  size_t correct = 0;
  for (size_t j = 0; j < classes; j++)
    correct += learner->confusion[j * classes + j];
  event->valid_loss = loss / (double)count;
  event->accuracy = event->batch_accuracy = (double)correct / (double)count;
  return INK_OK;
}
