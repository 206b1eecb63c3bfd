/*
 * api_digit.c - reading a person's digits: the steps, and which of them the network is asked about.
 */
#include "api_session.h"

#include <string.h>

static struct {
  ink_digits digits; /* of the last picture that could be read */
  int chosen;        /* -1: the raw picture */
  double places[6];
} read;

/* With what certainty the network reads the digit of which it is least certain; 0 without a network. */
static float least_certainty(void)
{
  float least = 1;
  for (int i = 0; i < (int)read.digits.n; i++) {
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
  ink_digits cut, whole = read.digits;
  INK_TRY(ink_digits_read(rgba, width, height, true, &cut, ink_session_error()));
  const float before = least_certainty();
  read.digits = cut;
  if (cut.n > whole.n && least_certainty() > before) {
    ink_digits_free(&whole);
    return INK_OK;
  }
  read.digits = whole;
  ink_digits_free(&cut);
  return INK_OK;
}

int ink_api_read_digit(size_t width, size_t height)
{
  size_t len;
  const uint8_t *rgba = ink_session_input(&len);
  if (width < 1 || height < 1 || width > INK_IMAGE_SIDE_MAX || height > INK_IMAGE_SIDE_MAX)
    return (int)ink_fail(ink_session_error(), INK_E_ARGUMENT,
                         "the picture is %zu x %zu pixels; each side must be from 1 to %d", width,
                         height, INK_IMAGE_SIDE_MAX);
  if (len != width * height * 4)
    return (int)ink_fail(ink_session_error(), INK_E_ARGUMENT,
                         "a picture of %zu x %zu needs %zu bytes; %zu were given", width, height,
                         width * height * 4, len);
  ink_digits digits;
  INK_TRY_INT(ink_digits_read(rgba, width, height, false, &digits, ink_session_error()));
  ink_digits_free(&read.digits);
  read.digits = digits;
  if (ink_digits_may_touch(&digits))
    INK_TRY_INT(try_to_cut(rgba, width, height));
  return ink_api_digit_choose(0);
}

size_t ink_api_digit_count(void)
{
  return read.digits.n;
}

int ink_api_digit_choose(int index)
{
  if (index < -1 || index >= (int)read.digits.n)
    return (int)ink_fail(ink_session_error(), INK_E_ARGUMENT,
                         "the picture has %zu digits, not digit %d", read.digits.n, index);
  read.chosen = index;
  memcpy(ink_session_digit(), index < 0 ? read.digits.raw : read.digits.digit[index].picture,
         INK_PIXELS);
  return INK_OK;
}

const double *ink_api_digit_places(void)
{
  const ink_digits *d = &read.digits;
  const struct ink_digit *one = &d->digit[read.chosen < 0 ? 0 : read.chosen];
  const double places[6] = {(double)d->width, (double)d->height,  (double)one->left,
                            (double)one->top, (double)one->right, (double)one->bottom};
  memcpy(read.places, places, sizeof places);
  return read.places;
}

const uint8_t *ink_api_digit_grey(void)
{
  return read.digits.grey;
}

const uint8_t *ink_api_digit_scaled(void)
{
  return read.chosen < 0 || !read.digits.n ? NULL : read.digits.digit[read.chosen].scaled;
}
