/*
 * schema.c - everything that the core can list, as JSON: settings, optimisers, schedules, parts of
 * augmentation, words of model lines, models, presets, fields of events, status codes, sizes.
 *
 * The lists are the core's own tables; here they are only written down. The build keeps the text as
 * build/schema.json, from which every other list is made (tools/schema).
 */
#include "api_session.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- JSON ---- */

enum { SCHEMA_BYTES = 1 << 15 }; /* the text has about 13,000 */

/* A text that grows at its end. After an opening bracket no comma is due. */
typedef struct writer {
  char text[SCHEMA_BYTES];
  size_t used;
  bool comma;
} writer;

static void put(writer *w, const char *format, ...) INK_PRINTF(2, 3);
static void put(writer *w, const char *format, ...)
{
  va_list args;
  va_start(args, format);
  const int len = vsnprintf(w->text + w->used, sizeof w->text - w->used, format, args);
  va_end(args);
  w->used = ink_min_size(w->used + (size_t)len, sizeof w->text - 1);
}

static void put_string(writer *w, const char *text)
{
  put(w, "\"");
  for (; *text; text++)
    if ((unsigned char)*text < 0x20)
      put(w, "\\u%04x", (unsigned)*text);
    else
      put(w, *text == '"' || *text == '\\' ? "\\%c" : "%c", *text);
  put(w, "\"");
}

/* With the fewest digits that are read as the same number. */
static void put_double(writer *w, double value)
{
  char text[32];
  for (int digits = 15; digits <= 17; digits++) {
    snprintf(text, sizeof text, "%.*g", digits, value);
    if (ink_read_decimal(text) == value)
      break;
  }
  put(w, "%s", text);
}

/* Writes the separator before a value: a comma where one is due, in an object its name too. */
static void begin_value(writer *w, const char *name)
{
  if (w->comma)
    put(w, ",");
  if (name) {
    put_string(w, name);
    put(w, ":");
  }
  w->comma = true;
}

static void open(writer *w, const char *name, char bracket)
{
  begin_value(w, name);
  put(w, "%c", bracket);
  w->comma = false;
}

static void close(writer *w, char bracket)
{
  put(w, "%c", bracket);
  w->comma = true;
}

static void string(writer *w, const char *name, const char *value)
{
  begin_value(w, name);
  put_string(w, value);
}

static void number(writer *w, const char *name, double value)
{
  begin_value(w, name);
  put_double(w, value);
}

static void boolean(writer *w, const char *name, bool value)
{
  begin_value(w, name);
  put(w, value ? "true" : "false");
}

/* ---- the lists ---- */

static const char *const setting_kinds[] = {
    [INK_SETTING_PRESET] = "preset", [INK_SETTING_MODEL] = "model", [INK_SETTING_NUMBER] = "number",
    [INK_SETTING_WHOLE] = "whole",   [INK_SETTING_FLAG] = "flag",   [INK_SETTING_WORD] = "word",
    [INK_SETTING_RATES] = "rates",   [INK_SETTING_PARTS] = "parts",
};
_Static_assert(sizeof setting_kinds / sizeof *setting_kinds == INK_SETTING_KINDS,
               "each ink_setting_kind has a name");

static void setting_default(writer *w, const ink_setting *s)
{
  if (s->decided_by != INK_BY_NONE)
    string(w, "decidedBy", s->decided_by == INK_BY_OPTIMIZER ? "optimizer" : "schedule");
  else if (s->kind == INK_SETTING_MODEL)
    string(w, "default", "linear");
  else if (s->kind == INK_SETTING_WORD)
    string(w, "default", s->word((size_t)s->initial));
  else if (s->kind == INK_SETTING_PARTS)
    string(w, "default", "none");
  else if (s->kind != INK_SETTING_PRESET)
    number(w, "default", s->initial);
}

static void setting(writer *w, const ink_setting *s)
{
  open(w, NULL, '{');
  string(w, "name", s->name);
  string(w, "kind", setting_kinds[s->kind]);
  string(w, "placeholder", s->placeholder);
  string(w, "meaning", s->meaning);
  setting_default(w, s);
  if (s->kind >= INK_SETTING_NUMBER && s->kind != INK_SETTING_WORD &&
      s->kind != INK_SETTING_PARTS) {
    number(w, "min", s->min);
    number(w, "max", s->max);
    if (s->above_min)
      boolean(w, "aboveMin", true);
    if (s->below_max)
      boolean(w, "belowMax", true);
  }
  if (s->word) {
    open(w, "words", '[');
    for (size_t i = 0; s->word(i); i++)
      string(w, NULL, s->word(i));
    close(w, ']');
  }
  close(w, '}');
}

/* The defaults that an optimiser's or a schedule's rule has. */
static void rule_defaults(writer *w, ink_setting_decider decider, const void *rule)
{
  open(w, "defaults", '{');
  for (size_t i = 0; ink_setting_at(i); i++) {
    const ink_setting *s = ink_setting_at(i);
    if (s->decided_by == decider)
      number(w, s->name, *(const double *)(const void *)((const char *)rule + s->default_offset));
  }
  close(w, '}');
}

static void optimizer(writer *w, const ink_optimizer_rule *rule)
{
  static const char *const when[] = {
      [INK_BUFFER_NEVER] = "never",
      [INK_BUFFER_WITH_MOMENTUM] = "momentum",
      [INK_BUFFER_ALWAYS] = "always",
  };
  open(w, NULL, '{');
  string(w, "name", rule->name);
  string(w, "meaning", rule->meaning);
  string(w, "first", when[rule->first]);
  string(w, "second", when[rule->second ? INK_BUFFER_ALWAYS : INK_BUFFER_NEVER]);
  boolean(w, "decoupled", rule->decoupled);
  boolean(w, "decaysAll", rule->decays_all);
  rule_defaults(w, INK_BY_OPTIMIZER, rule);
  close(w, '}');
}

static void schedule(writer *w, const ink_schedule_rule *rule)
{
  open(w, NULL, '{');
  string(w, "name", rule->name);
  string(w, "meaning", rule->meaning);
  boolean(w, "cycles", rule->cycles);
  boolean(w, "frozenFirst", rule->frozen_first);
  rule_defaults(w, INK_BY_SCHEDULE, rule);
  close(w, '}');
}

static void augmentation(writer *w)
{
  open(w, "augmentation", '{');
  open(w, "parts", '[');
  for (size_t i = 0; ink_augment_part_at(i); i++) {
    open(w, NULL, '{');
    string(w, "name", ink_augment_part_at(i)->name);
    string(w, "meaning", ink_augment_part_at(i)->meaning);
    close(w, '}');
  }
  close(w, ']');
  open(w, "sets", '[');
  for (size_t i = 0; ink_augment_set_at(i); i++) {
    open(w, NULL, '{');
    string(w, "name", ink_augment_set_at(i)->name);
    open(w, "parts", '[');
    for (size_t part = 0; ink_augment_part_at(part); part++)
      if (ink_augment_set_at(i)->bits & ink_augment_part_at(part)->bit)
        string(w, NULL, ink_augment_part_at(part)->name);
    close(w, ']');
    close(w, '}');
  }
  close(w, ']');
  close(w, '}');
}

static void word(writer *w, const ink_model_word *of)
{
  open(w, NULL, '{');
  string(w, "word", of->word);
  string(w, "meaning", of->meaning);
  if (of->contents)
    string(w, "contents", of->contents);
  open(w, "arguments", '[');
  for (const ink_argument *argument = of->arguments; argument->name; argument++) {
    open(w, NULL, '{');
    string(w, "name", argument->name);
    if (!isnan(argument->initial))
      number(w, "default", argument->initial);
    number(w, "min", argument->min);
    number(w, "max", argument->max);
    if (argument->whole)
      boolean(w, "whole", true);
    close(w, '}');
  }
  close(w, ']');
  close(w, '}');
}

/* A recipe's lines `name=value` become {"name": "value"}. */
static void preset(writer *w, const ink_recipe *recipe)
{
  open(w, NULL, '{');
  string(w, "name", recipe->name);
  open(w, "settings", '{');
  for (const char *line = recipe->lines; *line;) {
    const size_t name_len = strcspn(line, "="), len = strcspn(line, "\n");
    char name[64], value[INK_LINE_MAX];
    snprintf(name, sizeof name, "%.*s", (int)name_len, line);
    snprintf(value, sizeof value, "%.*s", (int)(len - name_len - 1), line + name_len + 1);
    string(w, name, value);
    line += len + (line[len] == '\n');
  }
  close(w, '}');
  close(w, '}');
}

static void event(writer *w)
{
  open(w, "event", '{');
  open(w, "fields", '[');
  for (size_t i = 0; ink_event_field_at(i); i++) {
    open(w, NULL, '{');
    string(w, "name", ink_event_field_at(i)->name);
    string(w, "meaning", ink_event_field_at(i)->meaning);
    close(w, '}');
  }
  close(w, ']');
  open(w, "kinds", '{');
  for (size_t kind = 0; kind < INK_EVENT_KINDS; kind++)
    if (ink_event_kind_name(kind))
      number(w, ink_event_kind_name(kind), (double)kind);
  close(w, '}');
  close(w, '}');
}

static void sizes(writer *w)
{
  const struct {
    const char *name;
    int value;
  } list[] = {
      {"side", INK_SIDE},                         /* pixels of a picture, each way */
      {"pixels", INK_PIXELS},                     /* of a picture */
      {"classes", INK_MAX_CLASSES},               /* of a data set, at most */
      {"classNameBytes", INK_CLASS_NAME_MAX - 1}, /* of UTF-8, at most */
      {"imageSide", INK_IMAGE_SIDE_MAX},          /* pixels of a file's picture each way, at most */
      {"problems", INK_PROBLEMS_NAMED},           /* of a load that are named, at most */
      {"modelLineBytes", INK_LINE_MAX - 1},       /* at most */
      {"layers", INK_LAYERS_MAX},                 /* of a model, at most */
      {"parameterGroups", INK_GROUPS_MAX},        /* of a model, at most */
      {"finderSteps", INK_FINDER_STEPS_MAX},      /* of a sweep, at most */
      {"reliabilityBins", INK_RELIABILITY_BINS},  /* of 0..1 */
      {"histogramBins", INK_BINS},                /* of a tensor's values */
      {"previews", INK_PREVIEW_MAX},              /* augmented pictures at a time, at most */
      {"digits", INK_DIGITS_MAX},                 /* read in one picture, at most */
      {"digitBox", INK_DIGIT_BOX},                /* pixels of a digit in its picture, each way */
  };
  open(w, "sizes", '{');
  for (size_t i = 0; i < sizeof list / sizeof *list; i++)
    number(w, list[i].name, list[i].value);
  close(w, '}');
}

static void models(writer *w)
{
  ink_model_word of;
  open(w, "words", '[');
  for (size_t i = 0; ink_model_word_at(i, &of); i++)
    word(w, &of);
  close(w, ']');
  open(w, "models", '[');
  for (size_t i = 0; ink_preset_at(i); i++) {
    open(w, NULL, '{');
    string(w, "name", ink_preset_at(i)->name);
    string(w, "line", ink_preset_at(i)->line);
    close(w, '}');
  }
  close(w, ']');
}

static void statuses(writer *w)
{
  open(w, "statuses", '[');
  for (int i = 0; i < INK_STATUSES; i++) {
    open(w, NULL, '{');
    string(w, "name", ink_status_name((ink_status)i));
    string(w, "meaning", ink_status_meaning((ink_status)i));
    close(w, '}');
  }
  close(w, ']');
}

ink_status ink_api_schema(void)
{
  static writer w;
  w.used = 0;
  w.comma = false;
  open(&w, NULL, '{');
  open(&w, "settings", '[');
  for (size_t i = 0; ink_setting_at(i); i++)
    setting(&w, ink_setting_at(i));
  close(&w, ']');
  open(&w, "optimizers", '[');
  for (size_t i = 0; i < INK_OPTIMIZERS; i++)
    optimizer(&w, ink_optimizer_rule_of(i));
  close(&w, ']');
  open(&w, "schedules", '[');
  for (size_t i = 0; i < INK_SCHEDULES; i++)
    schedule(&w, ink_schedule_rule_of(i));
  close(&w, ']');
  augmentation(&w);
  models(&w);
  open(&w, "presets", '[');
  for (size_t i = 0; ink_recipe_at(i); i++)
    preset(&w, ink_recipe_at(i));
  close(&w, ']');
  event(&w);
  statuses(&w);
  sizes(&w);
  close(&w, '}');
  ink_give_text(0, w.text);
  return INK_OK;
}
