/*
 * api_look.c - looking at the network of the session, and changing things in the middle of a run.
 */
#include "api_session.h"

#include <stdio.h>
#include <string.h>

static struct {
  float *numbers; /* what the last look saw */
  size_t numbers_capacity;
  double histogram[INK_BINS + 2];
  const char *name; /* of the tensor that it is of */
  char digest[17];
} seen;

static ink_status make_numbers(size_t count)
{
  if (count <= seen.numbers_capacity)
    return INK_OK;
  float *grown = count <= SIZE_MAX / sizeof *grown ? ink_alloc(count * sizeof *grown) : NULL;
  if (!grown)
    return ink_fail(ink_session_error(), INK_E_MEMORY, "there is no memory for %zu more numbers",
                    count);
  ink_free(seen.numbers);
  seen.numbers = grown;
  seen.numbers_capacity = count;
  return INK_OK;
}

const float *ink_api_numbers(void)
{
  return seen.numbers;
}

typedef void look(ink_learner *learner, const uint8_t *const *pictures, size_t n, float *out);

/* The input's indices, looked at INK_PREVIEW_MAX at a time. */
static ink_status look_at(look *see, int split, size_t count, size_t numbers_each)
{
  size_t len;
  const uint8_t *input = ink_session_input(&len);
  if (count > len / sizeof(uint32_t))
    return ink_fail(ink_session_error(), INK_E_ARGUMENT,
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
        return ink_fail(ink_session_error(), INK_E_ARGUMENT, "there is no picture %u in that split",
                        index);
    }
    see(ink_session_reader(), pictures, here, seen.numbers + first * numbers_each);
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
  const uint8_t *picture = ink_session_digit();
  INK_TRY_INT(make_numbers(ink_api_feature_count()));
  ink_learner_features(ink_session_reader(), &picture, 1, seen.numbers);
  return INK_OK;
}

int ink_api_occlusion(size_t class_index)
{
  if (!ink_session_reader())
    return ink_session_no_learner();
  if (class_index >= ink_api_class_count())
    return (int)ink_fail(ink_session_error(), INK_E_ARGUMENT, "there is no class %zu", class_index);
  INK_TRY_INT(make_numbers(INK_PIXELS));
  ink_learner_occlusion(ink_session_reader(), ink_session_digit(), class_index, seen.numbers);
  return INK_OK;
}

int ink_api_activations(size_t layer)
{
  if (!ink_session_learner())
    return ink_session_no_learner();
  if (layer >= ink_learner_layer_count(ink_session_learner()))
    return (int)ink_fail(ink_session_error(), INK_E_ARGUMENT, "there is no layer %zu", layer);
  INK_TRY_INT(make_numbers(ink_shape_count(ink_session_learner()->model->layers[layer].out)));
  ink_learner_activations(ink_session_learner(), ink_session_digit(), layer, seen.numbers);
  return INK_OK;
}

size_t ink_api_tensor_count(void)
{
  return ink_session_learner() ? ink_session_learner()->model->n_tensors : 0;
}

int ink_api_spread(size_t tensor, int what)
{
  if (!ink_session_learner())
    return ink_session_no_learner();
  const ink_tensor *t =
      tensor < ink_api_tensor_count() ? ink_session_learner()->model->tensors[tensor] : NULL;
  const bool whole = what == 0;
  const float *values = !t ? NULL : whole ? t->value : t->gradient;
  if (!values)
    return (int)ink_fail(ink_session_error(), INK_E_ARGUMENT,
                         "there is no tensor %zu with such values", tensor);
  seen.name = t->name;
  const size_t first = whole ? 0 : t->gap_first, last = whole ? 0 : t->gap_last;
  ink_histogram(values + first, t->count - first - last, INK_BINS, seen.histogram,
                seen.histogram + INK_BINS);
  return INK_OK;
}

const char *ink_api_tensor_name(void)
{
  return seen.name;
}

const double *ink_api_histogram(void)
{
  return seen.histogram;
}

int ink_api_set_rate(double lr)
{
  if (!ink_session_learner())
    return ink_session_no_learner();
  if (!(lr > 0 && lr <= 1e6))
    return (int)ink_fail(ink_session_error(), INK_E_ARGUMENT,
                         "lr must be a number above 0 and up to 1000000, not %g", lr);
  ink_learner_set_rate(ink_session_learner(), lr);
  return INK_OK;
}

int ink_api_freeze(int frozen)
{
  if (!ink_session_learner())
    return ink_session_no_learner();
  ink_learner_hold(ink_session_learner(), frozen != 0);
  return INK_OK;
}

const char *ink_api_digest(void)
{
  if (!ink_session_learner())
    return NULL;
  snprintf(seen.digest, sizeof seen.digest, "%016llx",
           (unsigned long long)ink_learner_digest(ink_session_learner()));
  return seen.digest;
}
