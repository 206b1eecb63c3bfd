/*
 * api_look.c - exported: what the network sees in pictures of the data set and in the digit that
 * was read, and how its own tensors look.
 */
#include "api_session.h"

#include <string.h>

/* ---- pictures of the data set ---- */

typedef void look(ink_learner *learner, const uint8_t *const *pictures, size_t n, float *out);

/* Looks at the pictures whose indices the input holds, INK_PREVIEW_MAX at a time. */
static ink_status look_at(ink_learner *network, look *see, int split, size_t count,
                          size_t floats_each)
{
  float *floats;
  const size_t held = ink_session.input_len / sizeof(uint32_t);
  if (count > held)
    return ink_fail(&ink_session.error, INK_E_ARGUMENT,
                    "%zu indices are asked for, the input holds %zu", count, held);
  INK_TRY(ink_give_floats(count * floats_each, &floats));
  const uint8_t *pictures[INK_PREVIEW_MAX];
  for (size_t first = 0; first < count; first += INK_PREVIEW_MAX) {
    const size_t here = ink_min_size(INK_PREVIEW_MAX, count - first);
    for (size_t i = 0; i < here; i++) {
      uint32_t index;
      const ink_items *items;
      memcpy(&index, ink_session.input + (first + i) * sizeof index, sizeof index);
      INK_TRY(ink_need_picture(split, index, &items));
      pictures[i] = items->pixels + index * (size_t)INK_PIXELS;
    }
    see(network, pictures, here, floats + first * floats_each);
  }
  return INK_OK;
}

ink_status ink_api_predict(int split, size_t count)
{
  ink_learner *network;
  INK_TRY(ink_need_network(&network));
  return look_at(network, ink_learner_predict_many, split, count, ink_session_class_count());
}

ink_status ink_api_features(int split, size_t count)
{
  ink_learner *network;
  INK_TRY(ink_need_network(&network));
  return look_at(network, ink_learner_features, split, count, ink_learner_feature_count(network));
}

ink_status ink_api_feature_count(void)
{
  const ink_learner *network = ink_session_reader();
  ink_give_number(0, network ? (double)ink_learner_feature_count(network) : 0);
  return INK_OK;
}

/* ---- the digit that was read ---- */

ink_status ink_api_digit_features(void)
{
  ink_learner *network;
  float *floats;
  const uint8_t *picture = ink_session.digit;
  INK_TRY(ink_need_network(&network));
  INK_TRY(ink_give_floats(ink_learner_feature_count(network), &floats));
  ink_learner_features(network, &picture, 1, floats);
  return INK_OK;
}

ink_status ink_api_occlusion(size_t class_index)
{
  ink_learner *network;
  float *floats;
  INK_TRY(ink_need_network(&network));
  if (class_index >= ink_session_class_count())
    return ink_fail(&ink_session.error, INK_E_ARGUMENT, "there is no class %zu", class_index);
  INK_TRY(ink_give_floats(INK_PIXELS, &floats));
  ink_learner_occlusion(network, ink_session.digit, class_index, floats);
  return INK_OK;
}

ink_status ink_api_activations(size_t layer)
{
  float *floats;
  INK_TRY(ink_need_learner());
  if (layer >= ink_learner_layer_count(ink_session.learner))
    return ink_fail(&ink_session.error, INK_E_ARGUMENT, "there is no layer %zu", layer);
  INK_TRY(ink_give_floats(
      ink_shape_count(ink_learner_model(ink_session.learner)->layers[layer].out), &floats));
  ink_learner_activations(ink_session.learner, ink_session.digit, layer, floats);
  return INK_OK;
}

/* ---- tensors ---- */

/* The first weights, if they lie as pixels do; NULL: they do not, or there are none. */
static const ink_tensor *filter_tensor(void)
{
  if (!ink_session.learner || ink_learner_model(ink_session.learner)->n_tensors == 0)
    return NULL;
  const ink_tensor *weights = ink_learner_model(ink_session.learner)->tensors[0];
  const bool whole = weights->n_dims == 2 && weights->dims[1] == INK_PIXELS;
  return whole || weights->n_dims == 4 ? weights : NULL;
}

ink_status ink_api_filters(void)
{
  const ink_tensor *weights = filter_tensor();
  float *floats;
  INK_TRY(ink_give_floats(weights ? weights->count : 0, &floats));
  ink_give_number(0, 0);
  if (!weights)
    return INK_OK;
  ink_tensor_export(weights, weights->value, floats);
  const bool whole = weights->n_dims == 2; /* each filter looks at a whole picture */
  ink_give_number(0, (double)weights->dims[0]);
  ink_give_number(1, whole ? 1 : (double)weights->dims[1]);
  ink_give_number(2, whole ? INK_SIDE : (double)weights->dims[2]);
  ink_give_number(3, whole ? INK_SIDE : (double)weights->dims[3]);
  return INK_OK;
}

ink_status ink_api_tensor_count(void)
{
  ink_give_number(0, ink_session.learner ? (double)ink_learner_model(ink_session.learner)->n_tensors
                                         : 0);
  return INK_OK;
}

ink_status ink_api_spread(size_t tensor)
{
  INK_TRY(ink_need_learner());
  const ink_model *model = ink_learner_model(ink_session.learner);
  if (tensor >= model->n_tensors)
    return ink_fail(&ink_session.error, INK_E_ARGUMENT, "there is no tensor %zu", tensor);
  const ink_tensor *t = model->tensors[tensor];
  double *values = ink_session.histograms[0], *gradients = ink_session.histograms[1];
  ink_give_text(0, t->name);
  ink_give_span(1, NULL, 0);
  ink_give_span(2, NULL, 0);
  ink_histogram(t->value, t->count, INK_BINS, values, values + INK_BINS);
  ink_give_span(1, values, sizeof ink_session.histograms[0]);
  if (!t->gradient)
    return INK_OK;
  /* Taps that never fall inside the image have a gradient of exactly zero: they would hide the
   * others. */
  ink_histogram(t->gradient + t->gap_first, t->count - t->gap_first - t->gap_last, INK_BINS,
                gradients, gradients + INK_BINS);
  ink_give_span(2, gradients, sizeof ink_session.histograms[1]);
  return INK_OK;
}
