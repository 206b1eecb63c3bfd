/*
 * predict.c - pictures that are not learnt from: the network's answers to them.
 *
 * Nothing here draws random numbers or moves the position in the run.
 */
#include "learner.h"

#include <string.h>

void ink_learner_forward(ink_learner *learner, const uint8_t *const *pictures, size_t n)
{
  if (!learner->augmenter) {
    ink_model_set_pictures(learner->model, pictures, n);
  } else {
    float values[INK_PIXELS];
    for (size_t i = 0; i < n; i++) {
      ink_augment(learner->augmenter, NULL, ink_augment_whole(), pictures[i], values);
      ink_model_set_image(learner->model, i, n, values);
    }
  }
  ink_model_forward(learner->model, n, false);
}

void ink_learner_predict_many(ink_learner *learner, const uint8_t *const *pictures, size_t n,
                              float *probabilities)
{
  const size_t classes = learner->dataset->n_classes;
  for (size_t first = 0; first < n; first += learner->batch) {
    const size_t count = ink_min_size(learner->batch, n - first);
    ink_learner_forward(learner, pictures + first, count);
    for (size_t i = 0; i < count; i++)
      ink_probabilities(learner->model, i, probabilities + (first + i) * classes);
  }
}

void ink_learner_predict(ink_learner *learner, const uint8_t picture[INK_PIXELS],
                         float *probabilities)
{
  ink_learner_forward(learner, &picture, 1);
  ink_probabilities(learner->model, 0, probabilities);
}

void ink_learner_see(const ink_learner *learner, const uint8_t picture[INK_PIXELS],
                     uint8_t out[INK_PIXELS])
{
  if (learner->augmenter)
    ink_augment_pixels(learner->augmenter, NULL, ink_augment_whole(), picture, out);
  else
    memcpy(out, picture, INK_PIXELS);
}
