/*
 * metrics.c - the numbers that describe a run: smoothed loss, predictions, probabilities,
 * confusions.
 */
#include "ink_train.h"

#include <math.h>

/*
 * Computes x^n by squaring. Products of doubles have the same bits everywhere, while each C library
 * rounds pow in its own way. Events hold smoothed losses to the last bit, and should not depend on
 * the machine.
 */
static double power(double x, uint64_t n)
{
  double result = 1;
  for (; n; n >>= 1) {
    if (n & 1)
      result *= x;
    x *= x;
  }
  return result;
}

double ink_smooth_add(ink_smooth *smooth, double loss)
{
  smooth->count++;
  smooth->value = smooth->beta * smooth->value + (1.0 - smooth->beta) * loss;
  return smooth->value / (1.0 - power(smooth->beta, smooth->count));
}

static const float *logits_of(const ink_model *model, size_t index)
{
  return ink_model_logits(model) + index / INK_LANES * model->output.channels * INK_LANES +
         index % INK_LANES;
}

void ink_logits(const ink_model *model, size_t index, float *logits)
{
  const float *z = logits_of(model, index);
  for (size_t j = 0; j < model->output.channels; j++)
    logits[j] = z[j * INK_LANES];
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
  const double temperature = model->temperature > 0 ? model->temperature : 1;
  double max = z[0], sum = 0;
  for (size_t j = 1; j < classes; j++)
    max = z[j * INK_LANES] > max ? (double)z[j * INK_LANES] : max;
  for (size_t j = 0; j < classes; j++)
    sum += exp((z[j * INK_LANES] - max) / temperature);
  for (size_t j = 0; j < classes; j++)
    probabilities[j] = (float)(exp((z[j * INK_LANES] - max) / temperature) / sum);
}

size_t ink_most_confused(const uint32_t *confusion, size_t classes, uint32_t least, ink_pair *pairs)
{
  size_t n = 0;
  for (uint32_t i = 0; i < classes; i++)
    for (uint32_t j = 0; j < classes; j++) {
      const uint32_t count = confusion[i * classes + j];
      if (i == j || count < least)
        continue;
      size_t place = n++; /* insertion keeps equal counts in order */
      for (; place > 0 && pairs[place - 1].count < count; place--)
        pairs[place] = pairs[place - 1];
      pairs[place] = (ink_pair){i, j, count};
    }
  return n;
}

void ink_top_losses(const float *losses, size_t n, size_t k, uint32_t *indices)
{
  size_t kept = 0;
  for (size_t i = 0; i < n && k > 0; i++) {
    if (kept == k && !(losses[i] > losses[indices[k - 1]]))
      continue;
    size_t place = kept < k ? kept++ : k - 1;
    for (; place > 0 && losses[indices[place - 1]] < losses[i]; place--)
      indices[place] = indices[place - 1];
    indices[place] = (uint32_t)i;
  }
}
