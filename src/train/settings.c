/*
 * settings.c - the settings of a run: the one table of them, and their text, lines `name=value`.
 *
 * Every other list of settings (options of the command line, types of the JavaScript API, limits of
 * the page's form, tables in the documentation) is made from this table, by way of the schema.
 */
#include "ink_train.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *optimizer_name(size_t index)
{
  return index < INK_OPTIMIZERS ? ink_optimizer_rule_of(index)->name : NULL;
}

static const char *schedule_name(size_t index)
{
  return index < INK_SCHEDULES ? ink_schedule_rule_of(index)->name : NULL;
}

/* The members of a setting that is a field of ink_settings of the same name. */
#define FIELD(field) .name = #field, .offset = offsetof(ink_settings, field)
/* The default is the one that the optimiser's, or the schedule's, entry in its table has. */
#define OF_OPTIMIZER(field)                                                                        \
  .initial = NAN, .decided_by = INK_BY_OPTIMIZER,                                                  \
  .default_offset = offsetof(ink_optimizer_rule, defaults.field)
#define OF_SCHEDULE(field)                                                                         \
  .initial = NAN, .decided_by = INK_BY_SCHEDULE,                                                   \
  .default_offset = offsetof(ink_schedule_rule, defaults.field)

enum { EPOCHS_MAX = 10000 };

/* The numbers of a checkpoint's settings are written in this order. */
static const ink_setting table[] = {
    {.name = "preset",
     .kind = INK_SETTING_PRESET,
     .placeholder = "NAME",
     .meaning = "name of a model with all its settings; other settings that are given change them"},
    {.name = "model",
     .kind = INK_SETTING_MODEL,
     .placeholder = "LINE",
     .meaning = "name of a model, or a model line"},
    {FIELD(epochs), .kind = INK_SETTING_WHOLE, .placeholder = "N",
     .meaning = "passes over the training pictures", .initial = 20, .min = 1, .max = EPOCHS_MAX},
    {FIELD(batch), .kind = INK_SETTING_WHOLE, .placeholder = "N",
     .meaning = "pictures in a mini-batch", .initial = 256, .min = 1, .max = 65536},
    {FIELD(lr), .kind = INK_SETTING_RATES, .placeholder = "RATE",
     .meaning = "learning rate; first:last or :last gives each parameter group its own",
     .initial = 0.01, .min = 0, .above_min = true, .max = 1e6},
    {FIELD(optimizer), .kind = INK_SETTING_WORD, .placeholder = "NAME",
     .meaning = "rule by which the weights follow the gradients", .initial = INK_SGD,
     .word = optimizer_name},
    {FIELD(momentum), .kind = INK_SETTING_NUMBER, .placeholder = "N",
     .meaning = "momentum of SGD; beta1 of Adam", OF_OPTIMIZER(momentum), .min = 0, .max = 1,
     .below_max = true},
    {FIELD(beta2), .kind = INK_SETTING_NUMBER, .placeholder = "N",
     .meaning = "beta2 of Adam, the decay of the mean of squared gradients", OF_OPTIMIZER(beta2),
     .min = 0, .max = 1, .below_max = true},
    {FIELD(eps), .kind = INK_SETTING_NUMBER, .placeholder = "N",
     .meaning = "number that Adam adds to the denominator of a step", OF_OPTIMIZER(eps), .min = 0,
     .above_min = true, .max = 1},
    {FIELD(weight_decay), .kind = INK_SETTING_NUMBER, .placeholder = "N", .meaning = "weight decay",
     OF_OPTIMIZER(weight_decay), .min = 0, .max = 1e6},
    {FIELD(nesterov), .kind = INK_SETTING_FLAG, .placeholder = "0|1",
     .meaning = "1: SGD has Nesterov's momentum", .max = 1},
    {FIELD(label_smoothing), .kind = INK_SETTING_NUMBER, .placeholder = "N",
     .meaning = "share of the target that is spread over all classes", .min = 0, .max = 1,
     .below_max = true},
    {FIELD(clip), .kind = INK_SETTING_NUMBER, .placeholder = "NORM",
     .meaning = "largest norm of the gradients, to which longer ones are scaled down; 0: no limit",
     .min = 0, .max = 1e9},
    {FIELD(drop_last), .kind = INK_SETTING_FLAG, .placeholder = "0|1",
     .meaning = "1: an incomplete last mini-batch is left out", .max = 1},
    {FIELD(schedule), .kind = INK_SETTING_WORD, .placeholder = "NAME",
     .meaning = "course of the learning rate", .initial = INK_CONSTANT, .word = schedule_name},
    {FIELD(div), .kind = INK_SETTING_NUMBER, .placeholder = "N",
     .meaning = "divisor of the learning rate at the beginning of a cycle", OF_SCHEDULE(div),
     .min = 1, .max = 1e9},
    {FIELD(div_final), .kind = INK_SETTING_NUMBER, .placeholder = "N",
     .meaning = "divisor of the learning rate at the end of a cycle", .initial = 1e5, .min = 1,
     .max = 1e12},
    {FIELD(pct_start), .kind = INK_SETTING_NUMBER, .placeholder = "N",
     .meaning = "share of a cycle in which the learning rate rises", OF_SCHEDULE(pct_start),
     .min = 0, .above_min = true, .max = 1, .below_max = true},
    {FIELD(freeze_epochs), .kind = INK_SETTING_WHOLE, .placeholder = "N",
     .meaning = "first epochs of fine_tune, in which only the last parameter group trains",
     .initial = 1, .min = 1, .max = EPOCHS_MAX},
    {FIELD(augment), .kind = INK_SETTING_PARTS, .placeholder = "PARTS",
     .meaning = "random changes of the training pictures: none, or a set, without some of its "
                "parts as in fastai,-flip,-warp",
     .max = INK_AUGMENT_FASTAI | INK_AUGMENT_DIGITS},
    {FIELD(augment_strength), .kind = INK_SETTING_NUMBER, .placeholder = "N",
     .meaning = "size of the changes of the set digits; 1 is usual", .initial = 1, .min = 0,
     .max = 4},
    {FIELD(unaugmented_epochs), .kind = INK_SETTING_WHOLE, .placeholder = "N",
     .meaning = "last epochs of the run, which have no augmentation", .min = 0, .max = EPOCHS_MAX},
    {FIELD(ema), .kind = INK_SETTING_NUMBER, .placeholder = "N",
     .meaning =
         "decay of the averages of the weights, which are validated and saved; 0: no averages",
     .min = 0, .max = 1, .below_max = true},
    {FIELD(temperature), .kind = INK_SETTING_NUMBER, .placeholder = "N",
     .meaning = "probabilities are the softmax of logits / temperature", .initial = 1, .min = 0,
     .above_min = true, .max = 1000},
    {FIELD(seed), .kind = INK_SETTING_WHOLE, .placeholder = "N",
     .meaning = "seed of all random numbers", .min = 0,
     .max = 9007199254740991.0}, /* 2^53 - 1: a double holds every whole number up to it */
};
enum { SETTINGS = sizeof table / sizeof *table };

/* Every number of ink_settings is in the table but lr_first, which the text of lr holds too. */
_Static_assert(SETTINGS - 2 == (sizeof(ink_settings) - INK_LINE_MAX) / sizeof(double) - 1,
               "each field of ink_settings has its entry in the table");

const ink_setting *ink_setting_at(size_t index)
{
  return index < SETTINGS ? &table[index] : NULL;
}

/* Says whether ink_settings has a number for the setting: a preset and the model have none. */
static bool has_number(const ink_setting *setting)
{
  return setting->kind > INK_SETTING_MODEL;
}

static double *number_of(ink_settings *settings, const ink_setting *setting)
{
  return (double *)(void *)((char *)settings + setting->offset);
}

/* ---- read ---- */

static bool is_word(const char *value, size_t len, const char *word)
{
  return strlen(word) == len && memcmp(value, word, len) == 0;
}

static ink_status fail_words(const char *name, const char *words, const char *value, size_t len,
                             ink_error *err)
{
  return ink_fail(err, INK_E_ARGUMENT, "%s must be one of %s, not '%.*s'", name, words,
                  (int)ink_min_size(len, 40), value);
}

/* Appends a word to a list with commas. */
static void list_word(char *list, size_t size, const char *word)
{
  ink_append(list, size, *list ? ", " : "");
  ink_append(list, size, word);
}

static ink_status read_word(const ink_setting *setting, const char *value, size_t len, double *out,
                            ink_error *err)
{
  char list[128] = "";
  for (size_t i = 0; setting->word(i); i++) {
    if (is_word(value, len, setting->word(i))) {
      *out = (double)i;
      return INK_OK;
    }
    list_word(list, sizeof list, setting->word(i));
  }
  return fail_words(setting->name, list, value, len, err);
}

static ink_status read_number(const ink_setting *s, const char *value, size_t len, double *out,
                              ink_error *err)
{
  const bool whole = s->kind == INK_SETTING_WHOLE || s->kind == INK_SETTING_FLAG;
  char copy[64];
  double x = NAN;
  if (len > 0 && len < sizeof copy && strspn(value, "0123456789.eE+-") >= len) {
    memcpy(copy, value, len);
    copy[len] = 0;
    x = ink_read_decimal(copy);
  }
  /* NaN is in no range. */
  const bool good = x >= s->min && x <= s->max && !(s->above_min && x == s->min) &&
                    !(s->below_max && x == s->max) && !(whole && x != floor(x));
  if (!good)
    return ink_fail(err, INK_E_ARGUMENT, "%s must be a %snumber %s %.16g %s %.16g, not '%.*s'",
                    s->name, whole ? "whole " : "", s->above_min ? "above" : "from", s->min,
                    s->below_max   ? "to below"
                    : s->above_min ? "and up to"
                                   : "to",
                    s->max, (int)ink_min_size(len, 40), value);
  *out = x;
  return INK_OK;
}

/* The parts of the whole set that `set` was made of by leaving some out. */
static unsigned whole_set(unsigned set)
{
  return set & INK_AUGMENT_RESIZE ? INK_AUGMENT_FASTAI : INK_AUGMENT_DIGITS;
}

/* Reads ",-part". */
static bool read_part(const char *value, size_t len, unsigned *set)
{
  for (size_t i = 0; ink_augment_part_at(i) && len > 2 && value[0] == ',' && value[1] == '-'; i++) {
    const ink_augment_part *part = ink_augment_part_at(i);
    if ((whole_set(*set) & part->bit) && is_word(value + 2, len - 2, part->name)) {
      *set &= ~part->bit;
      return true;
    }
  }
  return false;
}

static void list_parts(char *list, size_t size, unsigned set)
{
  for (size_t i = 0; ink_augment_part_at(i); i++)
    if (set & ink_augment_part_at(i)->bit)
      list_word(list, size, ink_augment_part_at(i)->name);
}

static ink_status fail_augment(const char *value, size_t len, ink_error *err)
{
  char fastai[128] = "", digits[128] = "";
  list_parts(fastai, sizeof fastai, INK_AUGMENT_FASTAI);
  list_parts(digits, sizeof digits, INK_AUGMENT_DIGITS);
  return ink_fail(err, INK_E_ARGUMENT,
                  "augment must be none, or fastai without some of its parts, as in "
                  "fastai,-flip,-warp (there are %s), or digits, likewise (%s), not '%.*s'",
                  fastai, digits, (int)ink_min_size(len, 60), value);
}

/* Reads none, or <set>[,-part]... */
static ink_status read_augment(const char *value, size_t len, double *augment, ink_error *err)
{
  const char *comma = memchr(value, ',', len);
  size_t at = comma ? (size_t)(comma - value) : len;
  unsigned set = 0;
  for (size_t i = 0; ink_augment_set_at(i); i++)
    if (is_word(value, at, ink_augment_set_at(i)->name))
      set = ink_augment_set_at(i)->bits;
  bool good = set != 0 || is_word(value, len, "none");
  while (good && at < len) {
    const char *next = memchr(value + at + 1, ',', len - at - 1);
    const size_t end = next ? (size_t)(next - value) : len;
    good = read_part(value + at, end - at, &set);
    at = end;
  }
  if (!good)
    return fail_augment(value, len, err);
  *augment = set;
  return INK_OK;
}

/* Reads rate, first:last or :last. */
static ink_status read_rates(ink_settings *settings, const ink_setting *setting, const char *value,
                             size_t len, ink_error *err)
{
  const char *colon = memchr(value, ':', len);
  settings->lr_first = 0;
  if (!colon)
    return read_number(setting, value, len, &settings->lr, err);
  const size_t first_len = (size_t)(colon - value);
  settings->lr_first = -1;
  if (first_len > 0)
    INK_TRY(read_number(setting, value, first_len, &settings->lr_first, err));
  return read_number(setting, colon + 1, len - first_len - 1, &settings->lr, err);
}

static ink_status read_model(ink_settings *settings, const char *value, size_t len, ink_error *err)
{
  if (len >= sizeof settings->model)
    return ink_fail(err, INK_E_MODEL, "the model line has %zu bytes; %d is the limit", len,
                    INK_LINE_MAX - 1);
  memcpy(settings->model, value, len);
  settings->model[len] = 0;
  return INK_OK;
}

static ink_status read_lines(ink_settings *settings, const char *text, bool may_name,
                             ink_error *err);

static ink_status read_preset(ink_settings *settings, const char *value, size_t len, ink_error *err)
{
  char list[128] = "";
  for (size_t i = 0; ink_recipe_at(i); i++) {
    if (is_word(value, len, ink_recipe_at(i)->name))
      return read_lines(settings, ink_recipe_at(i)->lines, false, err);
    list_word(list, sizeof list, ink_recipe_at(i)->name);
  }
  return fail_words("preset", list, value, len, err);
}

static ink_status read_value(ink_settings *settings, const ink_setting *setting, const char *value,
                             size_t len, ink_error *err)
{
  double *number = number_of(settings, setting);
  switch (setting->kind) {
  case INK_SETTING_MODEL:
    return read_model(settings, value, len, err);
  case INK_SETTING_WORD:
    return read_word(setting, value, len, number, err);
  case INK_SETTING_RATES:
    return read_rates(settings, setting, value, len, err);
  case INK_SETTING_PARTS:
    return read_augment(value, len, number, err);
  default:
    return read_number(setting, value, len, number, err);
  }
}

static ink_status read_line(ink_settings *settings, const char *line, size_t len, ink_error *err)
{
  const char *equals = memchr(line, '=', len);
  const size_t name_len = equals ? (size_t)(equals - line) : len;
  const char *value = equals ? equals + 1 : line + len;
  const size_t value_len = equals ? len - name_len - 1 : 0;
  for (size_t i = 0; i < SETTINGS; i++)
    if (table[i].kind != INK_SETTING_PRESET && is_word(line, name_len, table[i].name))
      return read_value(settings, &table[i], value, value_len, err);
  return ink_fail(err, INK_E_ARGUMENT, "there is no setting '%.*s'",
                  (int)ink_min_size(name_len, 40), line);
}

/* `may_name`: the first line may name a preset. */
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

/* Gives settings that no line named the default of the optimiser or schedule that was chosen. */
static void fill_in(ink_settings *settings)
{
  const void *by[] = {[INK_BY_OPTIMIZER] = ink_optimizer_rule_of((size_t)settings->optimizer),
                      [INK_BY_SCHEDULE] = ink_schedule_rule_of((size_t)settings->schedule)};
  for (size_t i = 0; i < SETTINGS; i++) {
    const ink_setting *s = &table[i];
    if (s->decided_by != INK_BY_NONE && isnan(*number_of(settings, s)))
      *number_of(settings, s) =
          *(const double *)(const void *)((const char *)by[s->decided_by] + s->default_offset);
  }
}

ink_status ink_settings_parse(ink_settings *settings, const char *text, ink_error *err)
{
  *settings = (ink_settings){.model = "linear"};
  for (size_t i = 0; i < SETTINGS; i++)
    if (has_number(&table[i]))
      *number_of(settings, &table[i]) = table[i].initial;
  INK_TRY(read_lines(settings, text, true, err));
  fill_in(settings);
  return INK_OK;
}

/* ---- written ---- */

typedef struct writer {
  char *text;
  size_t size, used;
} writer;

/* A text that does not fit is cut, but counted whole. */
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
  for (size_t i = 0; set && ink_augment_part_at(i); i++)
    if (whole_set(set) & ~set & ink_augment_part_at(i)->bit)
      print(w, ",-%s", ink_augment_part_at(i)->name);
}

static void print_rates(writer *w, const ink_settings *settings)
{
  if (settings->lr_first > 0)
    print(w, "%.17g:", settings->lr_first);
  print(w, "%s%.17g", settings->lr_first < 0 ? ":" : "", settings->lr);
}

static void print_value(writer *w, const ink_settings *settings, const ink_setting *setting)
{
  const double value = *(const double *)(const void *)((const char *)settings + setting->offset);
  if (setting->kind == INK_SETTING_MODEL)
    print(w, "%s", settings->model);
  else if (setting->kind == INK_SETTING_WORD)
    print(w, "%s", setting->word((size_t)value));
  else if (setting->kind == INK_SETTING_RATES)
    print_rates(w, settings);
  else if (setting->kind == INK_SETTING_PARTS)
    print_augment(w, (unsigned)value);
  else
    print(w, "%.17g", value);
}

size_t ink_settings_write(const ink_settings *settings, char *text, size_t size)
{
  writer w = {text, size, 0};
  for (size_t i = 0; i < SETTINGS; i++) {
    if (table[i].kind == INK_SETTING_PRESET)
      continue;
    print(&w, "%s=", table[i].name);
    print_value(&w, settings, &table[i]);
    print(&w, "\n");
  }
  return w.used;
}
