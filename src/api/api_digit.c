/*
 * api_digit.c - exported: reading a person's digits: the steps, and which of them the network is
 * asked about.
 */
#include "api_session.h"

#include <string.h>

/* Makes digit `index` the one that the network is asked about; -1: the whole picture. */
static void choose(int index)
{
  memcpy(ink_session.digit,
         index < 0 ? ink_session.digits.raw : ink_session.digits.digit[index].picture, INK_PIXELS);
}

/* Returns the certainty of the digit that the network is least certain of; 0 without a network. */
static float least_certainty(void)
{
  ink_learner *network = ink_session_reader();
  float least = 1;
  for (int i = 0; i < (int)ink_session.digits.n; i++) {
    float most = 0;
    choose(i);
    if (network)
      ink_learner_predict(network, ink_session.digit, ink_session.probabilities);
    for (size_t c = 0; network && c < ink_session_class_count(); c++)
      most = ink_session.probabilities[c] > most ? ink_session.probabilities[c] : most;
    least = most < least ? most : least;
  }
  return least;
}

/*
 * Reads the ink again, with digits that touch cut apart. That reading replaces the one without cuts
 * if it has more digits and the network is more certain of them.
 */
static ink_status try_to_cut(const uint8_t *rgba, size_t width, size_t height)
{
  ink_digits cut, whole = ink_session.digits;
  INK_TRY(ink_digits_read(rgba, width, height, true, &cut, &ink_session.error));
  const float before = least_certainty();
  ink_session.digits = cut;
  if (cut.n > whole.n && least_certainty() > before) {
    ink_digits_free(&whole);
    return INK_OK;
  }
  ink_session.digits = whole;
  ink_digits_free(&cut);
  return INK_OK;
}

ink_status ink_api_read_digit(size_t width, size_t height)
{
  const uint8_t *rgba = ink_session.input;
  if (width < 1 || height < 1 || width > INK_IMAGE_SIDE_MAX || height > INK_IMAGE_SIDE_MAX)
    return ink_fail(&ink_session.error, INK_E_ARGUMENT,
                    "the picture is %zu x %zu pixels; each side must be from 1 to %d", width,
                    height, INK_IMAGE_SIDE_MAX);
  if (ink_session.input_len != width * height * 4)
    return ink_fail(&ink_session.error, INK_E_ARGUMENT,
                    "a picture of %zu x %zu needs %zu bytes; %zu were given", width, height,
                    width * height * 4, ink_session.input_len);
  ink_digits digits;
  INK_TRY(ink_digits_read(rgba, width, height, false, &digits, &ink_session.error));
  ink_digits_free(&ink_session.digits);
  ink_session.digits = digits;
  if (ink_digits_may_touch(&digits))
    INK_TRY(try_to_cut(rgba, width, height));
  INK_TRY(ink_api_digit_choose(0));
  ink_give_number(0, (double)ink_session.digits.n);
  return INK_OK;
}

ink_status ink_api_digit_choose(int index)
{
  const ink_digits *d = &ink_session.digits;
  if (index < -1 || index >= (int)d->n)
    return ink_fail(&ink_session.error, INK_E_ARGUMENT, "the picture has %zu digits, not digit %d",
                    d->n, index);
  choose(index);
  const struct ink_digit *one = &d->digit[index < 0 ? 0 : index];
  const size_t places[] = {d->width, d->height, one->left, one->top, one->right, one->bottom};
  for (size_t i = 0; i < sizeof places / sizeof *places; i++)
    ink_give_number(i, (double)places[i]);
  ink_give_span(0, ink_session.digit, INK_PIXELS);
  ink_give_span(1, index < 0 ? NULL : one->scaled, sizeof one->scaled);
  ink_give_span(2, d->grey, d->width * d->height);
  return INK_OK;
}

ink_status ink_api_probabilities(void)
{
  ink_learner *network = ink_session_reader();
  ink_give_span(0, ink_session.digit, INK_PIXELS);
  ink_give_span(1, NULL, 0);
  if (!network)
    return INK_OK;
  ink_learner_predict(network, ink_session.digit, ink_session.probabilities);
  ink_give_span(1, ink_session.probabilities, ink_session_class_count() * sizeof(float));
  return INK_OK;
}

ink_status ink_api_logits(void)
{
  INK_TRY(ink_need_learner());
  ink_model *model = ink_learner_model(ink_session.learner);
  ink_model_fill_x(model);
  /* One channel of one image: its pixels are a block of eight lanes apart, flat or not. */
  for (size_t p = 0; p < INK_PIXELS; p++)
    ink_session.network_input[p] = model->x[p * INK_LANES];
  ink_logits(model, 0, ink_session.logits);
  ink_give_span(0, ink_session.network_input, sizeof ink_session.network_input);
  ink_give_span(1, ink_session.logits, ink_session.dataset->n_classes * sizeof(float));
  return INK_OK;
}
