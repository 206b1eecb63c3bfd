/*
 * api_look.c - exported: what is inside the network of the session.
 */
#include "api_session.h"

#include <string.h>

static ink_status make_numbers(size_t count)
{
  if (count <= ink_session.seen.numbers_capacity)
    return INK_OK;
  float *grown = count <= SIZE_MAX / sizeof *grown ? ink_alloc(count * sizeof *grown) : NULL;
  if (!grown)
    return ink_fail(&ink_session.error, INK_E_MEMORY, "there is no memory for %zu more numbers",
                    count);
  ink_free(ink_session.seen.numbers);
  ink_session.seen.numbers = grown;
  ink_session.seen.numbers_capacity = count;
  return INK_OK;
}

const float *ink_api_numbers(void)
{
  return ink_session.seen.numbers;
}

typedef void look(ink_learner *learner, const uint8_t *const *pictures, size_t n, float *out);

/* The input's indices, looked at INK_PREVIEW_MAX at a time. */
static ink_status look_at(look *see, int split, size_t count, size_t numbers_each)
{
  const uint8_t *input = ink_session.input;
  const size_t len = ink_session.input_len;
  if (count > len / sizeof(uint32_t))
    return ink_fail(&ink_session.error, INK_E_ARGUMENT,
                    "%zu indices are asked for, the input holds %zu", count,
                    len / sizeof(uint32_t));
  INK_TRY(make_numbers(count * numbers_each));
  const uint8_t *pictures[INK_PREVIEW_MAX];
  for (size_t first = 0; first < count; first += INK_PREVIEW_MAX) {
    const size_t here = ink_min_size(INK_PREVIEW_MAX, count - first);
    for (size_t i = 0; i < here; i++) {
      uint32_t index;
      memcpy(&index, input + (first + i) * sizeof index, sizeof index);
      pictures[i] = ink_api_picture(split, index);
      if (!pictures[i])
        return ink_fail(&ink_session.error, INK_E_ARGUMENT, "there is no picture %u in that split",
                        index);
    }
    see(ink_session_reader(), pictures, here, ink_session.seen.numbers + first * numbers_each);
  }
  return INK_OK;
}

int ink_api_predict(int split, size_t count)
{
  return ink_session_reader()
             ? (int)look_at(ink_learner_predict_many, split, count, ink_api_class_count())
             : ink_session_no_learner();
}

size_t ink_api_feature_count(void)
{
  return ink_session_reader() ? ink_learner_feature_count(ink_session_reader()) : 0;
}

int ink_api_features(int split, size_t count)
{
  return ink_session_reader()
             ? (int)look_at(ink_learner_features, split, count, ink_api_feature_count())
             : ink_session_no_learner();
}

int ink_api_digit_features(void)
{
  if (!ink_session_reader())
    return ink_session_no_learner();
  const uint8_t *picture = ink_session.digit;
  INK_TRY_INT(make_numbers(ink_api_feature_count()));
  ink_learner_features(ink_session_reader(), &picture, 1, ink_session.seen.numbers);
  return INK_OK;
}

int ink_api_occlusion(size_t class_index)
{
  if (!ink_session_reader())
    return ink_session_no_learner();
  if (class_index >= ink_api_class_count())
    return (int)ink_fail(&ink_session.error, INK_E_ARGUMENT, "there is no class %zu", class_index);
  INK_TRY_INT(make_numbers(INK_PIXELS));
  ink_learner_occlusion(ink_session_reader(), ink_session.digit, class_index,
                        ink_session.seen.numbers);
  return INK_OK;
}

int ink_api_activations(size_t layer)
{
  if (!ink_session.learner)
    return ink_session_no_learner();
  if (layer >= ink_learner_layer_count(ink_session.learner))
    return (int)ink_fail(&ink_session.error, INK_E_ARGUMENT, "there is no layer %zu", layer);
  INK_TRY_INT(
      make_numbers(ink_shape_count(ink_learner_model(ink_session.learner)->layers[layer].out)));
  ink_learner_activations(ink_session.learner, ink_session.digit, layer, ink_session.seen.numbers);
  return INK_OK;
}

size_t ink_api_tensor_count(void)
{
  return ink_session.learner ? ink_learner_model(ink_session.learner)->n_tensors : 0;
}

int ink_api_spread(size_t tensor, int what)
{
  if (!ink_session.learner)
    return ink_session_no_learner();
  const ink_tensor *t = tensor < ink_api_tensor_count()
                            ? ink_learner_model(ink_session.learner)->tensors[tensor]
                            : NULL;
  const bool whole = what == 0;
  const float *values = !t ? NULL : whole ? t->value : t->gradient;
  if (!values)
    return (int)ink_fail(&ink_session.error, INK_E_ARGUMENT,
                         "there is no tensor %zu with such values", tensor);
  ink_session.seen.name = t->name;
  const size_t first = whole ? 0 : t->gap_first, last = whole ? 0 : t->gap_last;
  ink_histogram(values + first, t->count - first - last, INK_BINS, ink_session.seen.histogram,
                ink_session.seen.histogram + INK_BINS);
  return INK_OK;
}

const char *ink_api_tensor_name(void)
{
  return ink_session.seen.name;
}

const double *ink_api_histogram(void)
{
  return ink_session.seen.histogram;
}

/* NULL where the first weights do not lie as pixels do. */
static const ink_tensor *filter_tensor(void)
{
  if (!ink_session.learner || ink_learner_model(ink_session.learner)->n_tensors == 0)
    return NULL;
  const ink_tensor *weights = ink_learner_model(ink_session.learner)->tensors[0];
  const bool whole = weights->n_dims == 2 && weights->dims[1] == INK_PIXELS;
  return whole || weights->n_dims == 4 ? weights : NULL;
}

const double *ink_api_filter_shape(void)
{
  const ink_tensor *weights = filter_tensor();
  for (size_t i = 0; i < 4; i++)
    ink_session.seen.filter_shape[i] = !weights               ? 0
                                       : weights->n_dims == 4 ? (double)weights->dims[i]
                                       : i == 0               ? (double)weights->dims[0]
                                       : i == 1               ? 1
                                                              : INK_SIDE;
  return ink_session.seen.filter_shape;
}

const float *ink_api_filters(void)
{
  const ink_tensor *weights = filter_tensor();
  ink_free(ink_session.seen.filters);
  ink_session.seen.filters = weights ? ink_alloc(weights->count * sizeof(float)) : NULL;
  if (ink_session.seen.filters)
    ink_tensor_export(weights, weights->value, ink_session.seen.filters);
  else
    ink_fail(&ink_session.error, INK_E_MEMORY, "not enough memory to look at the first layer");
  return ink_session.seen.filters;
}
