/*
 * settings.c - the settings of a run, read from lines `name=value`.
 */
#include "ink_train.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

typedef struct number {
  const char *name;
  size_t offset;
  double initial; /* NAN: depends on the optimiser or the schedule */
  double min, max;
  bool whole;
  bool above_min, below_max; /* the limit itself is excluded */
  const char *const *words;  /* names of the values, ended by NULL; or NULL */
} number;

static const char *const optimizers[] = {"sgd", "adam", "adamw", "fastai_adam", NULL};
/* Parts of augmentation, and the bit of each (ink_data.h). */
static const struct {
  const char *name;
  unsigned part;
} parts[] = {{"flip", INK_AUGMENT_FLIP},      {"rotate", INK_AUGMENT_ROTATE},
             {"zoom", INK_AUGMENT_ZOOM},      {"warp", INK_AUGMENT_WARP},
             {"crop", INK_AUGMENT_CROP},      {"lighting", INK_AUGMENT_LIGHTING},
             {"shift", INK_AUGMENT_SHIFT},    {"shear", INK_AUGMENT_SHEAR},
             {"elastic", INK_AUGMENT_ELASTIC}};
enum { PARTS = sizeof parts / sizeof *parts };
static const char *const schedules[] = {"constant", "one_cycle", "fine_tune", NULL};

#define NUMBER(name, initial, min, max, ...)                                                       \
  {                                                                                                \
#name, offsetof(ink_settings, name), initial, min, max, __VA_ARGS__                            \
  }

static const number numbers[] = {
    NUMBER(epochs, 20, 1, 10000, .whole = true),
    NUMBER(batch, 256, 1, 65536, .whole = true),
    NUMBER(lr, 0.01, 0, 1e6, .above_min = true),
    NUMBER(optimizer, INK_SGD, 0, INK_OPTIMIZERS - 1, .words = optimizers),
    NUMBER(momentum, NAN, 0, 1, .below_max = true),
    NUMBER(beta2, NAN, 0, 1, .below_max = true),
    NUMBER(eps, NAN, 0, 1, .above_min = true),
    NUMBER(weight_decay, NAN, 0, 1e6, .whole = false),
    NUMBER(nesterov, 0, 0, 1, .whole = true),
    NUMBER(label_smoothing, 0, 0, 1, .below_max = true),
    NUMBER(clip, 0, 0, 1e9, .whole = false),
    NUMBER(drop_last, 0, 0, 1, .whole = true),
    NUMBER(schedule, INK_CONSTANT, 0, INK_SCHEDULES - 1, .words = schedules),
    NUMBER(div, NAN, 1, 1e9, .whole = false),
    NUMBER(div_final, 1e5, 1, 1e12, .whole = false),
    NUMBER(pct_start, NAN, 0, 1, .above_min = true, .below_max = true),
    NUMBER(freeze_epochs, 1, 1, 10000, .whole = true),
    NUMBER(augment, 0, 0, INK_AUGMENT_FASTAI | INK_AUGMENT_DIGITS, .whole = true),
    NUMBER(augment_strength, 1, 0, 4, .whole = false),
    NUMBER(unaugmented_epochs, 0, 0, 10000, .whole = true),
    NUMBER(ema, 0, 0, 1, .below_max = true),
    NUMBER(temperature, 1, 0, 1000, .above_min = true),
    NUMBER(seed, 0, 0, 9007199254740991.0, .whole = true),
};
enum { NUMBERS = sizeof numbers / sizeof *numbers };

static double *field(ink_settings *settings, const number *n)
{
  return (double *)(void *)((char *)settings + n->offset);
}

static bool is_word(const char *value, size_t len, const char *word)
{
  return strlen(word) == len && memcmp(value, word, len) == 0;
}

static ink_status fail_words(const number *n, const char *value, size_t len, ink_error *err)
{
  char list[128] = "";
  for (size_t i = 0; n->words[i]; i++)
    snprintf(list + strlen(list), sizeof list - strlen(list), "%s%s", i ? ", " : "", n->words[i]);
  return ink_fail(err, INK_E_ARGUMENT, "%s must be one of %s, not '%.*s'", n->name, list,
                  (int)ink_min_size(len, 40), value);
}

static ink_status read_word(ink_settings *settings, const number *n, const char *value, size_t len,
                            ink_error *err)
{
  for (size_t i = 0; n->words[i]; i++)
    if (is_word(value, len, n->words[i])) {
      *field(settings, n) = (double)i;
      return INK_OK;
    }
  return fail_words(n, value, len, err);
}

static ink_status read_number(const number *n, const char *value, size_t len, double *out,
                              ink_error *err)
{
  char copy[64];
  double x = NAN;
  if (len > 0 && len < sizeof copy && strspn(value, "0123456789.eE+-") >= len) {
    memcpy(copy, value, len);
    copy[len] = 0;
    x = ink_read_decimal(copy);
  }
  /* NaN is in no range. */
  const bool good = x >= n->min && x <= n->max && !(n->above_min && x == n->min) &&
                    !(n->below_max && x == n->max) && !(n->whole && x != floor(x));
  if (!good)
    return ink_fail(err, INK_E_ARGUMENT, "%s must be a %snumber %s %.16g %s %.16g, not '%.*s'",
                    n->name, n->whole ? "whole " : "", n->above_min ? "above" : "from", n->min,
                    n->below_max   ? "to below"
                    : n->above_min ? "and up to"
                                   : "to",
                    n->max, (int)ink_min_size(len, 40), value);
  *out = x;
  return INK_OK;
}

/* Of which all sets of this kind are made. */
static unsigned whole_set(unsigned set)
{
  return set & INK_AUGMENT_RESIZE ? INK_AUGMENT_FASTAI : INK_AUGMENT_DIGITS;
}

/* ",-part" */
static bool read_part(const char *value, size_t len, unsigned *set)
{
  for (size_t i = 0; i < PARTS && len > 2 && value[0] == ',' && value[1] == '-'; i++)
    if ((whole_set(*set) & parts[i].part) && is_word(value + 2, len - 2, parts[i].name)) {
      *set &= ~parts[i].part;
      return true;
    }
  return false;
}

/* none | fastai[,-part]... | fastai_no_flip[,-part]... | digits[,-part]... */
static ink_status read_augment(const char *value, size_t len, double *augment, ink_error *err)
{
  const char *comma = memchr(value, ',', len);
  size_t at = comma ? (size_t)(comma - value) : len;
  unsigned set = is_word(value, at, "fastai")           ? INK_AUGMENT_FASTAI
                 : is_word(value, at, "fastai_no_flip") ? INK_AUGMENT_FASTAI & ~INK_AUGMENT_FLIP
                 : is_word(value, at, "digits")         ? INK_AUGMENT_DIGITS
                                                        : 0;
  bool good = set != 0 || is_word(value, len, "none");
  while (good && at < len) {
    const char *next = memchr(value + at + 1, ',', len - at - 1);
    const size_t end = next ? (size_t)(next - value) : len;
    good = read_part(value + at, end - at, &set);
    at = end;
  }
  if (!good)
    return ink_fail(
        err, INK_E_ARGUMENT,
        "augment must be none, or fastai without some of its parts, as in "
        "fastai,-flip,-warp (there are flip, rotate, zoom, warp, crop, lighting), or digits, "
        "likewise (rotate, zoom, shift, shear, elastic), not '%.*s'",
        (int)ink_min_size(len, 60), value);
  *augment = set;
  return INK_OK;
}

/* number | first:last | :last */
static ink_status read_rates(ink_settings *settings, const number *n, const char *value, size_t len,
                             ink_error *err)
{
  const char *colon = memchr(value, ':', len);
  settings->lr_first = 0;
  if (!colon)
    return read_number(n, value, len, &settings->lr, err);
  const size_t first_len = (size_t)(colon - value);
  settings->lr_first = -1;
  if (first_len > 0)
    INK_TRY(read_number(n, value, first_len, &settings->lr_first, err));
  return read_number(n, colon + 1, len - first_len - 1, &settings->lr, err);
}

static ink_status read_lines(ink_settings *settings, const char *text, bool may_name,
                             ink_error *err);

static ink_status read_preset(ink_settings *settings, const char *value, size_t len, ink_error *err)
{
  char list[128] = "";
  for (size_t i = 0; ink_recipe_at(i); i++) {
    if (is_word(value, len, ink_recipe_at(i)->name))
      return read_lines(settings, ink_recipe_at(i)->lines, false, err);
    snprintf(list + strlen(list), sizeof list - strlen(list), "%s%s", i ? ", " : "",
             ink_recipe_at(i)->name);
  }
  return ink_fail(err, INK_E_ARGUMENT, "preset must be one of %s, not '%.*s'", list,
                  (int)ink_min_size(len, 40), value);
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
  for (size_t i = 0; i < NUMBERS; i++) {
    const number *n = &numbers[i];
    if (strlen(n->name) != name_len || memcmp(line, n->name, name_len) != 0)
      continue;
    double *to = field(settings, n);
    return n->words                   ? read_word(settings, n, value, value_len, err)
           : to == &settings->lr      ? read_rates(settings, n, value, value_len, err)
           : to == &settings->augment ? read_augment(value, value_len, to, err)
                                      : read_number(n, value, value_len, to, err);
  }
  return ink_fail(err, INK_E_ARGUMENT, "there is no setting '%.*s'",
                  (int)ink_min_size(name_len, 40), line);
}

static void set_default(double *value, double otherwise)
{
  if (isnan(*value))
    *value = otherwise;
}

/* What was not given, and depends on what was: PyTorch's and fastai's own defaults. */
static void fill_in(ink_settings *s)
{
  const int optimizer = (int)s->optimizer; /* settings are doubles, all of them */
  const bool sgd = optimizer == INK_SGD, fastai = optimizer == INK_FASTAI_ADAM;
  const bool fine_tune = (int)s->schedule == INK_FINE_TUNE;
  set_default(&s->momentum, sgd ? 0 : 0.9);
  set_default(&s->beta2, fastai ? 0.99 : 0.999);
  set_default(&s->eps, fastai ? 1e-5 : 1e-8);
  set_default(&s->weight_decay, fastai || optimizer == INK_ADAMW ? 0.01 : 0);
  set_default(&s->div, fine_tune ? 5 : 25);
  set_default(&s->pct_start, fine_tune ? 0.3 : 0.25);
}

/* `may_name`: the first may be a preset's name. */
static ink_status read_lines(ink_settings *settings, const char *text, bool may_name,
                             ink_error *err)
{
  while (*text) {
    const size_t len = strcspn(text, "\n");
    if (may_name && len >= 7 && memcmp(text, "preset=", 7) == 0)
      INK_TRY(read_preset(settings, text + 7, len - 7, err));
    else if (len > 0)
      INK_TRY(read_line(settings, text, len, err));
    may_name = may_name && len == 0;
    text += len;
    text += *text == '\n';
  }
  return INK_OK;
}

ink_status ink_settings_parse(ink_settings *settings, const char *text, ink_error *err)
{
  *settings = (ink_settings){.model = "linear"};
  for (size_t i = 0; i < NUMBERS; i++)
    *field(settings, &numbers[i]) = numbers[i].initial;
  INK_TRY(read_lines(settings, text, true, err));
  fill_in(settings);
  return INK_OK;
}

/* ---- and written ---- */

typedef struct writer {
  char *text;
  size_t size, used;
} writer;

/* What does not fit is cut, and counted. */
static void print(writer *w, const char *format, ...) INK_PRINTF(2, 3);
static void print(writer *w, const char *format, ...)
{
  va_list args;
  va_start(args, format);
  const bool room = w->used < w->size;
  w->used += (size_t)vsnprintf(room ? w->text + w->used : NULL, room ? w->size - w->used : 0,
                               format, args);
  va_end(args);
}

static void print_augment(writer *w, unsigned set)
{
  print(w, "%s", !set ? "none" : set & INK_AUGMENT_RESIZE ? "fastai" : "digits");
  for (size_t i = 0; set && i < PARTS; i++)
    if (whole_set(set) & ~set & parts[i].part)
      print(w, ",-%s", parts[i].name);
}

static void print_rates(writer *w, const ink_settings *s)
{
  if (s->lr_first > 0)
    print(w, "%.17g:", s->lr_first);
  print(w, "%s%.17g", s->lr_first < 0 ? ":" : "", s->lr);
}

size_t ink_settings_write(const ink_settings *settings, char *text, size_t size)
{
  writer w = {text, size, 0};
  print(&w, "model=%s\n", settings->model);
  for (size_t i = 0; i < NUMBERS; i++) {
    const number *n = &numbers[i];
    const double *value = (const double *)(const void *)((const char *)settings + n->offset);
    print(&w, "%s=", n->name);
    if (n->words)
      print(&w, "%s", n->words[(int)*value]);
    else if (value == &settings->lr)
      print_rates(&w, settings);
    else if (value == &settings->augment)
      print_augment(&w, (unsigned)*value);
    else
      print(&w, "%.17g", *value);
    print(&w, "\n");
  }
  return w.used;
}
