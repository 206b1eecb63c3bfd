/*
 * calibration.c - measures how far the probabilities can be trusted, and finds the temperature that
 * corrects them.
 */
#include "learner.h"

#include <math.h>

/* Returns the mean loss of the validation pictures at a temperature; *slope: its derivative by log
 * temperature. */
static double loss_at(const ink_learner *learner, double temperature, double *slope)
{
  const ink_items *items = &learner->dataset->valid;
  const size_t classes = learner->dataset->n_classes;
  double loss = 0, sum_slope = 0;
  for (size_t i = 0; i < items->count; i++) {
    const float *z = learner->valid_logits + i * classes;
    const double best = z[learner->valid_predicted[i]];
    double sum = 0, mean = 0;
    for (size_t j = 0; j < classes; j++) {
      const double e = exp(((double)z[j] - best) / temperature);
      sum += e;
      mean += e * ((double)z[j] - best);
    }
    const double own = ((double)z[items->labels[i]] - best) / temperature;
    /* cppcheck-suppress invalidFunctionArg ; the best class adds 1 to the sum */
    loss += log(sum) - own;
    sum_slope += own - mean / sum / temperature;
  }
  *slope = sum_slope / (double)items->count;
  return loss / (double)items->count;
}

/*
 * The loss as a function of 1 / temperature is convex, so its slope has one zero: bisection finds
 * it.
 */
ink_status ink_learner_calibrate(ink_learner *learner, double losses[2], ink_error *err)
{
  INK_TRY(ink_learner_need_validation(learner, err));
  double low = log(0.05), high = log(20), slope;
  losses[0] = loss_at(learner, learner->settings.temperature, &slope);
  for (int i = 0; i < 40; i++) {
    const double middle = (low + high) / 2;
    loss_at(learner, exp(middle), &slope);
    if (slope > 0)
      high = middle;
    else
      low = middle;
  }
  learner->settings.temperature = learner->model->temperature = exp((low + high) / 2);
  losses[1] = loss_at(learner, learner->settings.temperature, &slope);
  return INK_OK;
}

ink_status ink_learner_reliability(const ink_learner *learner, ink_reliability *out, ink_error *err)
{
  INK_TRY(ink_learner_need_validation(learner, err));
  const ink_items *items = &learner->dataset->valid;
  *out = (ink_reliability){.error = 0};
  for (size_t i = 0; i < items->count; i++) {
    const double p = ink_learner_valid_probability(learner, i);
    const size_t bin =
        ink_min_size((size_t)(p * (double)INK_RELIABILITY_BINS), INK_RELIABILITY_BINS - 1);
    out->bins[bin].count++;
    out->bins[bin].confidence += p;
    out->bins[bin].accuracy += learner->valid_predicted[i] == items->labels[i];
  }
  for (size_t b = 0; b < INK_RELIABILITY_BINS; b++) {
    if (out->bins[b].count == 0)
      continue;
    out->error += fabs(out->bins[b].confidence - out->bins[b].accuracy) / (double)items->count;
    out->bins[b].confidence /= out->bins[b].count;
    out->bins[b].accuracy /= out->bins[b].count;
  }
  return INK_OK;
}
