/*
 * settings.c - the settings of a run, read from lines `name=value`.
 */
#include "ink_learner.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct number {
  const char *name;
  size_t offset;
  double initial, min, max;
  bool whole;
  bool above_min, below_max; /* the limit itself is excluded */
} number;

static const number numbers[] = {
    {"epochs", offsetof(ink_settings, epochs), 20, 1, 10000, .whole = true},
    {"batch", offsetof(ink_settings, batch), 256, 1, 65536, .whole = true},
    {"lr", offsetof(ink_settings, lr), 0.01, 0, 1e6, .above_min = true},
    {"momentum", offsetof(ink_settings, momentum), 0, 0, 1, .below_max = true},
    {"weight_decay", offsetof(ink_settings, weight_decay), 0, 0, 1e6, .whole = false},
    {"seed", offsetof(ink_settings, seed), 0, 0, 9007199254740991.0, .whole = true},
};
enum { NUMBERS = sizeof numbers / sizeof *numbers };

static double *field(ink_settings *settings, const number *n)
{
  return (double *)(void *)((char *)settings + n->offset);
}

static ink_status read_number(ink_settings *settings, const number *n, const char *value,
                              size_t len, ink_error *err)
{
  char copy[64];
  double x = NAN;
  if (len > 0 && len < sizeof copy && strspn(value, "0123456789.eE+-") >= len) {
    memcpy(copy, value, len);
    copy[len] = 0;
    char *end;
    x = strtod(copy, &end);
    if (*end)
      x = NAN;
  }
  const bool good = isfinite(x) && x >= n->min && x <= n->max && !(n->above_min && x == n->min) &&
                    !(n->below_max && x == n->max) && !(n->whole && x != floor(x));
  if (!good)
    return ink_fail(err, INK_E_ARGUMENT, "%s must be a %snumber %s %.16g %s %.16g, not '%.*s'",
                    n->name, n->whole ? "whole " : "", n->above_min ? "above" : "from", n->min,
                    n->below_max ? "to below" : n->above_min ? "and up to" : "to", n->max,
                    (int)ink_min_size(len, 40), value);
  *field(settings, n) = x;
  return INK_OK;
}

static ink_status read_line(ink_settings *settings, const char *line, size_t len, ink_error *err)
{
  const char *equals = memchr(line, '=', len);
  const size_t name_len = equals ? (size_t)(equals - line) : len;
  const char *value = equals ? equals + 1 : line + len;
  const size_t value_len = equals ? len - name_len - 1 : 0;
  if (name_len == 5 && memcmp(line, "model", 5) == 0) {
    if (value_len >= sizeof settings->model)
      return ink_fail(err, INK_E_MODEL, "the model line has %zu bytes; %d is the limit", value_len,
                      INK_LINE_MAX - 1);
    memcpy(settings->model, value, value_len);
    settings->model[value_len] = 0;
    return INK_OK;
  }
  for (size_t i = 0; i < NUMBERS; i++)
    if (strlen(numbers[i].name) == name_len && memcmp(line, numbers[i].name, name_len) == 0)
      return read_number(settings, &numbers[i], value, value_len, err);
  return ink_fail(err, INK_E_ARGUMENT, "there is no setting '%.*s'",
                  (int)ink_min_size(name_len, 40), line);
}

ink_status ink_settings_parse(ink_settings *settings, const char *text, ink_error *err)
{
  *settings = (ink_settings){.model = "linear"};
  for (size_t i = 0; i < NUMBERS; i++)
    *field(settings, &numbers[i]) = numbers[i].initial;
  while (*text) {
    const size_t len = strcspn(text, "\n");
    if (len > 0)
      INK_TRY(read_line(settings, text, len, err));
    text += len;
    text += *text == '\n';
  }
  return INK_OK;
}
