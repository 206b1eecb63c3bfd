/*
 * look.c - what is inside a network: which pixels speak for an answer, the activations of a layer,
 * the features, how values are spread.
 *
 * Nothing here draws random numbers or moves the position in the run.
 */
#include "ink_look.h"

#include <math.h>
#include <string.h>

/* ---- occlusion ---- */

enum { PATCH = 5, STRIDE = 2, PLACES = (INK_SIDE - PATCH) / STRIDE + 2 };

/* Copies the picture with black under the patch, which may reach over the right and bottom edge. */
static void cover(const uint8_t *picture, size_t top, size_t left, uint8_t out[INK_PIXELS])
{
  memcpy(out, picture, INK_PIXELS);
  for (size_t y = top; y < ink_min_size(top + PATCH, INK_SIDE); y++)
    for (size_t x = left; x < ink_min_size(left + PATCH, INK_SIDE); x++)
      out[y * INK_SIDE + x] = 0;
}

void ink_learner_occlusion(ink_learner *learner, const uint8_t picture[INK_PIXELS],
                           size_t class_index, float heat[INK_PIXELS])
{
  uint8_t covered[INK_LANES][INK_PIXELS];
  const uint8_t *pictures[INK_LANES];
  float probabilities[INK_LANES * INK_MAX_CLASSES], whole[INK_MAX_CLASSES];
  float seen[INK_PIXELS] = {0};
  const size_t lanes = ink_min_size(INK_LANES, ink_learner_batch(learner)),
               classes = ink_learner_dataset(learner)->n_classes;
  memset(heat, 0, INK_PIXELS * sizeof *heat);
  ink_learner_predict_many(learner, &picture, 1, whole);
  for (size_t first = 0; first < PLACES * PLACES; first += lanes) {
    const size_t count = ink_min_size(lanes, PLACES * PLACES - first);
    for (size_t i = 0; i < count; i++) {
      cover(picture, (first + i) / PLACES * STRIDE, (first + i) % PLACES * STRIDE, covered[i]);
      pictures[i] = covered[i];
    }
    ink_learner_predict_many(learner, pictures, count, probabilities);
    for (size_t i = 0; i < count; i++) {
      const float fall = whole[class_index] - probabilities[i * classes + class_index];
      const size_t top = (first + i) / PLACES * STRIDE, left = (first + i) % PLACES * STRIDE;
      for (size_t y = top; y < ink_min_size(top + PATCH, INK_SIDE); y++)
        for (size_t x = left; x < ink_min_size(left + PATCH, INK_SIDE); x++) {
          heat[y * INK_SIDE + x] += fall;
          seen[y * INK_SIDE + x] += 1;
        }
    }
  }
  for (size_t p = 0; p < INK_PIXELS; p++)
    heat[p] /= seen[p] > 0 ? seen[p] : 1;
}

/* ---- activations and features ---- */

size_t ink_learner_layer_count(const ink_learner *learner)
{
  return ink_learner_model(learner)->n_layers;
}

void ink_learner_activations(ink_learner *learner, const uint8_t picture[INK_PIXELS], size_t layer,
                             float *out)
{
  ink_learner_forward(learner, &picture, 1);
  ink_model_fill_x(ink_learner_model(learner));
  const ink_layer *l = &ink_learner_model(learner)->layers[layer];
  const ink_shape shape = l->out;
  const size_t pixels = shape.height * shape.width;
  /* One picture is lane 0 of one block: y[H][W][1][C][8]. A flatten layer keeps this order. */
  for (size_t p = 0; p < pixels; p++)
    for (size_t c = 0; c < shape.channels; c++)
      out[c * pixels + p] = l->y[(p * shape.channels + c) * INK_LANES];
}

size_t ink_learner_feature_count(const ink_learner *learner)
{
  const ink_layer *last = ink_model_last_trained(ink_learner_model(learner));
  return last ? ink_shape_count(last->in) : 0;
}

void ink_learner_features(ink_learner *learner, const uint8_t *const *pictures, size_t n,
                          float *out)
{
  const ink_layer *last = ink_model_last_trained(ink_learner_model(learner));
  const size_t count = ink_learner_feature_count(learner);
  for (size_t first = 0; first < n; first += ink_learner_batch(learner)) {
    const size_t here = ink_min_size(ink_learner_batch(learner), n - first);
    ink_learner_forward(learner, pictures + first, here);
    ink_model_fill_x(ink_learner_model(learner));
    const size_t blocks = ink_ceil_div(here, INK_LANES), channels = last->in.channels;
    for (size_t i = 0; i < here; i++)
      for (size_t f = 0; f < count; f++) {
        const size_t p = f / channels, c = f % channels;
        out[(first + i) * count + f] =
            last->x[((p * blocks + i / INK_LANES) * channels + c) * INK_LANES + i % INK_LANES];
      }
  }
}

/* ---- histograms ---- */

void ink_histogram(const float *values, size_t n, size_t bins, double *counts, double range[2])
{
  double least = INFINITY, most = -INFINITY;
  memset(counts, 0, bins * sizeof *counts);
  for (size_t i = 0; i < n; i++)
    if (isfinite(values[i])) {
      least = fmin(least, (double)values[i]);
      most = fmax(most, (double)values[i]);
    }
  range[0] = least <= most ? least : 0;
  range[1] = least <= most ? most : 0;
  const double width = range[1] - range[0];
  for (size_t i = 0; i < n; i++)
    if (isfinite(values[i])) {
      const double place = width > 0 ? ((double)values[i] - range[0]) / width * (double)bins : 0;
      counts[ink_min_size((size_t)place, bins - 1)]++;
    }
}
