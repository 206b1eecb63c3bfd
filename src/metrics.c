/*
 * metrics.c - what is told about a run: smoothed loss, predictions, probabilities.
 */
#include "ink_learner.h"

#include <math.h>

double ink_smooth_add(ink_smooth *smooth, double loss)
{
  smooth->count++;
  smooth->value = smooth->beta * smooth->value + (1.0 - smooth->beta) * loss;
  return smooth->value / (1.0 - pow(smooth->beta, (double)smooth->count));
}

static const float *logits_of(const ink_model *model, size_t index)
{
  return ink_model_logits(model) + index / INK_LANES * model->output.channels * INK_LANES +
         index % INK_LANES;
}

void ink_predictions(const ink_model *model, size_t n, uint8_t *predicted)
{
  for (size_t i = 0; i < n; i++) {
    const float *z = logits_of(model, i);
    size_t best = 0;
    for (size_t j = 1; j < model->output.channels; j++)
      if (z[j * INK_LANES] > z[best * INK_LANES])
        best = j;
    predicted[i] = (uint8_t)best;
  }
}

void ink_probabilities(const ink_model *model, size_t index, float *probabilities)
{
  const float *z = logits_of(model, index);
  const size_t classes = model->output.channels;
  double max = z[0], sum = 0;
  for (size_t j = 1; j < classes; j++)
    max = z[j * INK_LANES] > max ? (double)z[j * INK_LANES] : max;
  for (size_t j = 0; j < classes; j++)
    sum += exp(z[j * INK_LANES] - max);
  for (size_t j = 0; j < classes; j++)
    probabilities[j] = (float)(exp(z[j * INK_LANES] - max) / sum);
}
