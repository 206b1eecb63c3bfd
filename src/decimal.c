/*
 * decimal.c - numbers as people write them. Few digits and a small exponent are two doubles that are exact, so
 * one multiplication or division rounds as strtod does (W. Clinger, "How to read floating point numbers
 * accurately", 1990); the others are left to strtod, which is large: a visitor seldom waits for it.
 */
#include "ink_base.h"

#include <math.h>
#include <stdlib.h>

enum { EXACT_POWER = 22 }; /* 10^22 is the last that a double holds exactly */
static const uint64_t EXACT = (uint64_t)1 << 53;

static double read_any(const char *text)
{
  char *end;
  const double value = strtod(text, &end);
  return end == text || *end ? NAN : value;
}

double ink_read_decimal(const char *text)
{
  const char *p = text;
  const bool negative = *p == '-';
  p += negative || *p == '+';
  uint64_t digits = 0;
  int places = 0, exponent = 0;
  bool point = false, any = false;
  for (; (*p >= '0' && *p <= '9') || (*p == '.' && !point); p++) {
    if (*p == '.') {
      point = true;
    } else if (digits >= EXACT / 10) {
      return read_any(text);
    } else {
      digits = 10 * digits + (uint64_t)(*p - '0');
      places += point;
      any = true;
    }
  }
  if (any && *p == 'e') {
    const bool below = *++p == '-';
    p += below || *p == '+';
    if (!*p)
      return NAN;
    for (; *p >= '0' && *p <= '9' && exponent < 100; p++)
      exponent = 10 * exponent + (*p - '0');
    if (below)
      exponent = -exponent;
  }
  if (*p || !any)
    return read_any(text);
  exponent -= places;
  if (exponent < -EXACT_POWER || exponent > EXACT_POWER)
    return read_any(text);
  double value = (double)digits, scale = 1;
  for (int i = abs(exponent); i > 0; i--)
    scale *= 10;
  value = exponent < 0 ? value / scale : value * scale;
  return negative ? -value : value;
}
