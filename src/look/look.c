/*
 * look.c - looking at a network without teaching it: what it makes of many pictures at once, which
 * pixels spoke for an answer, what its layers hold, and how its weights are spread.
 *
 * Nothing here draws random numbers or moves the position in the run: training goes on with the
 * same bits whether somebody looked or not.
 */
#include "ink_look.h"

#include <math.h>
#include <string.h>

/* At most a mini-batch: the learner's memory holds no more. Nothing random. */
static void forward(ink_learner *learner, const uint8_t *const *pictures, size_t n)
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
    forward(learner, pictures + first, count);
    for (size_t i = 0; i < count; i++)
      ink_probabilities(learner->model, i, probabilities + (first + i) * classes);
  }
}

/* ---- which pixels spoke for it ---- */

enum { PATCH = 5, STRIDE = 2, PLACES = (INK_SIDE - PATCH) / STRIDE + 2 };

/* The picture without what lies under a patch, which may stick out at the right and the bottom. */
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
  const size_t lanes = ink_min_size(INK_LANES, learner->batch),
               classes = learner->dataset->n_classes;
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

/* ---- what the layers hold ---- */

size_t ink_learner_layer_count(const ink_learner *learner)
{
  return learner->model->n_layers;
}

void ink_learner_activations(ink_learner *learner, const uint8_t picture[INK_PIXELS], size_t layer,
                             float *out)
{
  forward(learner, &picture, 1);
  ink_model_fill_x(learner->model);
  const ink_layer *l = &learner->model->layers[layer];
  const ink_shape shape = l->out;
  const size_t pixels = shape.height * shape.width;
  /* [H][W][1 block][C][8], image 0: lane 0. A flat first layer passes the input on as it lies. */
  for (size_t p = 0; p < pixels; p++)
    for (size_t c = 0; c < shape.channels; c++)
      out[c * pixels + p] = l->y[(p * shape.channels + c) * INK_LANES];
}

/* The last layer with weights looks at the features. */
static const ink_layer *last_trained(const ink_model *model)
{
  for (size_t i = model->n_layers; i-- > 0;)
    if (model->layers[i].n_tensors > 0)
      return &model->layers[i];
  return NULL;
}

size_t ink_learner_feature_count(const ink_learner *learner)
{
  const ink_layer *last = last_trained(learner->model);
  return last ? ink_shape_count(last->in) : 0;
}

void ink_learner_features(ink_learner *learner, const uint8_t *const *pictures, size_t n,
                          float *out)
{
  const ink_layer *last = last_trained(learner->model);
  const size_t count = ink_learner_feature_count(learner);
  for (size_t first = 0; first < n; first += learner->batch) {
    const size_t here = ink_min_size(learner->batch, n - first);
    forward(learner, pictures + first, here);
    ink_model_fill_x(learner->model);
    const size_t blocks = ink_ceil_div(here, INK_LANES), channels = last->in.channels;
    for (size_t i = 0; i < here; i++)
      for (size_t f = 0; f < count; f++) {
        const size_t p = f / channels, c = f % channels;
        out[(first + i) * count + f] =
            last->x[((p * blocks + i / INK_LANES) * channels + c) * INK_LANES + i % INK_LANES];
      }
  }
}

/* ---- how weights and gradients are spread ---- */

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

/* ---- changes in the middle of a run ---- */

void ink_learner_set_rate(ink_learner *learner, double lr)
{
  const double factor = lr / learner->settings.lr;
  for (size_t f = learner->fit; f < learner->n_fits; f++)
    for (size_t g = 0; g < learner->model->n_groups; g++)
      learner->fits[f].rates[g] *= factor;
  if (learner->settings.lr_first >
      0) /* within what a setting may be: a checkpoint of it must be read again */
    learner->settings.lr_first = fmin(fmax(learner->settings.lr_first * factor, 1e-300), 1e6);
  learner->settings.lr = lr;
}

void ink_learner_hold(ink_learner *learner, bool held)
{
  const ink_layer *last = last_trained(learner->model);
  for (size_t t = 0; t < learner->model->n_tensors; t++) {
    ink_tensor *tensor = learner->model->tensors[t];
    const bool is_last =
        last && tensor >= last->tensors && tensor < last->tensors + last->n_tensors;
    tensor->frozen = held && !is_last && tensor->role != INK_ROLE_NORM_WEIGHT &&
                     tensor->role != INK_ROLE_NORM_BIAS;
  }
}

uint64_t ink_learner_digest(const ink_learner *learner)
{
  const uint8_t *bytes = (const uint8_t *)learner->model->values;
  uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a */
  for (size_t i = 0; i < learner->model->n_values * sizeof(float); i++)
    hash = (hash ^ bytes[i]) * 0x100000001b3u;
  return hash;
}
