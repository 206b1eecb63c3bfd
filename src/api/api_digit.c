/*
 * api_digit.c - exported: reading a drawn digit in steps, and the network's answer to it.
 */
#include "api_session.h"

#include <string.h>

/* With what certainty the network reads the digit of which it is least certain; 0 without a network. */
static float least_certainty(void)
{
  float least = 1;
  for (int i = 0; i < (int)ink_session.read.digits.n; i++) {
    float most = 0;
    ink_api_digit_choose(i);
    const float *probabilities = ink_api_probabilities();
    for (size_t c = 0; probabilities && c < ink_api_class_count(); c++)
      most = probabilities[c] > most ? probabilities[c] : most;
    least = most < least ? most : least;
  }
  return least;
}

/* Where digits may touch, the network is asked: whole or cut, whatever it reads with more certainty. */
static ink_status try_to_cut(const uint8_t *rgba, size_t width, size_t height)
{
  ink_digits cut, whole = ink_session.read.digits;
  INK_TRY(ink_digits_read(rgba, width, height, true, &cut, &ink_session.error));
  const float before = least_certainty();
  ink_session.read.digits = cut;
  if (cut.n > whole.n && least_certainty() > before) {
    ink_digits_free(&whole);
    return INK_OK;
  }
  ink_session.read.digits = whole;
  ink_digits_free(&cut);
  return INK_OK;
}

int ink_api_read_digit(size_t width, size_t height)
{
  const uint8_t *rgba = ink_session.input;
  const size_t len = ink_session.input_len;
  if (width < 1 || height < 1 || width > INK_IMAGE_SIDE_MAX || height > INK_IMAGE_SIDE_MAX)
    return (int)ink_fail(&ink_session.error, INK_E_ARGUMENT,
                         "the picture is %zu x %zu pixels; each side must be from 1 to %d", width,
                         height, INK_IMAGE_SIDE_MAX);
  if (len != width * height * 4)
    return (int)ink_fail(&ink_session.error, INK_E_ARGUMENT,
                         "a picture of %zu x %zu needs %zu bytes; %zu were given", width, height,
                         width * height * 4, len);
  ink_digits digits;
  INK_TRY_INT(ink_digits_read(rgba, width, height, false, &digits, &ink_session.error));
  ink_digits_free(&ink_session.read.digits);
  ink_session.read.digits = digits;
  if (ink_digits_may_touch(&digits))
    INK_TRY_INT(try_to_cut(rgba, width, height));
  return ink_api_digit_choose(0);
}

size_t ink_api_digit_count(void)
{
  return ink_session.read.digits.n;
}

int ink_api_digit_choose(int index)
{
  if (index < -1 || index >= (int)ink_session.read.digits.n)
    return (int)ink_fail(&ink_session.error, INK_E_ARGUMENT,
                         "the picture has %zu digits, not digit %d", ink_session.read.digits.n,
                         index);
  ink_session.read.chosen = index;
  memcpy(ink_session.digit,
         index < 0 ? ink_session.read.digits.raw : ink_session.read.digits.digit[index].picture,
         INK_PIXELS);
  return INK_OK;
}

const double *ink_api_digit_places(void)
{
  const ink_digits *d = &ink_session.read.digits;
  const struct ink_digit *one =
      &d->digit[ink_session.read.chosen < 0 ? 0 : ink_session.read.chosen];
  const double places[6] = {(double)d->width, (double)d->height,  (double)one->left,
                            (double)one->top, (double)one->right, (double)one->bottom};
  memcpy(ink_session.read.places, places, sizeof places);
  return ink_session.read.places;
}

const uint8_t *ink_api_digit_grey(void)
{
  return ink_session.read.digits.grey;
}

const uint8_t *ink_api_digit_scaled(void)
{
  return ink_session.read.chosen < 0 || !ink_session.read.digits.n
             ? NULL
             : ink_session.read.digits.digit[ink_session.read.chosen].scaled;
}

const uint8_t *ink_api_digit(void)
{
  return ink_session.digit;
}

const float *ink_api_probabilities(void)
{
  ink_learner *reader = ink_session_reader();
  if (!reader)
    return NULL;
  ink_learner_predict(reader, ink_session.digit, ink_session.probabilities);
  return ink_session.probabilities;
}

const float *ink_api_network_input(void)
{
  const ink_learner *learner = ink_session.learner;
  if (!learner)
    return NULL;
  ink_model *model = ink_learner_model(learner);
  ink_model_fill_x(model);
  /* One channel of one image: its pixels are a block of eight lanes apart, flat or not. */
  for (size_t p = 0; p < INK_PIXELS; p++)
    ink_session.network_input[p] = model->x[p * INK_LANES];
  return ink_session.network_input;
}

const float *ink_api_logits(void)
{
  const ink_learner *learner = ink_session.learner;
  if (!learner)
    return NULL;
  ink_logits(ink_learner_model(learner), 0, ink_session.logits);
  return ink_session.logits;
}
