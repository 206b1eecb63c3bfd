/*
 * line_words.c - the words of a model line: blanks, names, values, arguments, and messages that
 * quote them.
 */
#include "line_parser.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { WORD_SHOWN = 40 }; /* bytes of a word that a message quotes at most */

/* ---- messages ---- */

void ink_line_append(char *text, const char *format, ...)
{
  const size_t used = strlen(text);
  va_list args;
  va_start(args, format);
  vsnprintf(text + used, INK_LINE_TEXT - used, format, args);
  va_end(args);
}

const char *ink_line_shape_text(ink_shape shape, char text[INK_SHAPE_TEXT])
{
  if (shape.flat)
    snprintf(text, INK_SHAPE_TEXT, "%zu values", shape.channels);
  else
    snprintf(text, INK_SHAPE_TEXT, "%zu x %zu x %zu (channels, height, width)",
             shape.channels * (shape.copies ? shape.copies : 1), shape.height, shape.width);
  return text;
}

ink_status ink_line_fail(ink_line_parser *p, const char *what)
{
  char shape[INK_SHAPE_TEXT];
  return ink_fail(p->err, INK_E_MODEL, "model line, column %zu, '%.*s': %s; the shape there is %s",
                  p->word_start + 1, (int)ink_min_size(p->word_len, WORD_SHOWN),
                  p->text + p->word_start, what, ink_line_shape_text(p->shape, shape));
}

/* ---- words ---- */

static bool is_word_byte(char c)
{
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

void ink_line_skip_blanks(ink_line_parser *p)
{
  while (p->text[p->at] == ' ' || p->text[p->at] == '\t')
    p->at++;
}

size_t ink_line_word_length(const ink_line_parser *p)
{
  size_t len = 0;
  while (is_word_byte(p->text[p->at + len]))
    len++;
  return len;
}

bool ink_line_is_word(const char *text, size_t len, const char *word)
{
  return strlen(word) == len && memcmp(text, word, len) == 0;
}

ink_status ink_line_expect(ink_line_parser *p, char c, const char *what)
{
  ink_line_skip_blanks(p);
  if (p->text[p->at] != c)
    return ink_line_fail(p, what);
  p->at++;
  return INK_OK;
}

/* ---- values ---- */

/* Reads a finite number, yes, no or classes. Returns false where there is none. */
static bool read_value(ink_line_parser *p, double *value)
{
  const size_t len = ink_line_word_length(p);
  const char *from = p->text + p->at;
  const struct {
    const char *word;
    double value;
  } words[] = {{"yes", 1}, {"no", 0}, {"classes", (double)p->model->classes}};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (ink_line_is_word(from, len, words[i].word)) {
      *value = words[i].value;
      p->at += len;
      return true;
    }
  const size_t digits = strspn(from, "0123456789.eE+-");
  char copy[32];
  if (digits == 0 || digits >= sizeof copy)
    return false;
  memcpy(copy, from, digits);
  copy[digits] = 0;
  *value = ink_read_decimal(copy);
  p->at += digits;
  return isfinite(*value);
}

/* ---- arguments ---- */

static size_t argument_count(const ink_layer_type *type)
{
  size_t count = 0;
  while (type->arguments[count].name)
    count++;
  return count;
}

static ink_status fail_argument(ink_line_parser *p, const ink_argument *argument, const char *what)
{
  char text[INK_LINE_TEXT] = "";
  ink_line_append(text, "%s %s", argument->name, what);
  return ink_line_fail(p, text);
}

/* The next `len` bytes name no argument of the type. */
static ink_status fail_unknown(ink_line_parser *p, const ink_layer_type *type, size_t len)
{
  char text[INK_LINE_TEXT] = "";
  ink_line_append(text, "no argument '%.*s'; it takes", (int)ink_min_size(len, WORD_SHOWN),
                  p->text + p->at);
  for (size_t i = 0; type->arguments[i].name; i++)
    ink_line_append(text, "%s %s", i ? "," : "", type->arguments[i].name);
  if (!type->arguments[0].name)
    ink_line_append(text, " none");
  return ink_line_fail(p, text);
}

static ink_status check_argument(ink_line_parser *p, const ink_argument *argument, double value)
{
  if (isnan(value))
    return fail_argument(p, argument, "is missing");
  if (value >= argument->min && value <= argument->max &&
      (!argument->whole || value == floor(value)))
    return INK_OK;
  char text[INK_LINE_TEXT] = "";
  ink_line_append(text, "%s must be a %snumber from %g to %g, not %g", argument->name,
                  argument->whole ? "whole " : "", argument->min, argument->max, value);
  return ink_line_fail(p, text);
}

/*
 * Sets *next to the argument that `name=` names, and passes that; without a name the next in order
 * is meant.
 */
static ink_status find_argument(ink_line_parser *p, const ink_layer_type *type, size_t *next)
{
  const size_t len = ink_line_word_length(p), start = p->at;
  p->at += len;
  ink_line_skip_blanks(p);
  if (len == 0 || p->text[p->at] != '=') {
    p->at = start;
    return *next < argument_count(type) ? INK_OK : fail_unknown(p, type, len ? len : 1);
  }
  p->at++;
  ink_line_skip_blanks(p);
  for (*next = 0; *next < argument_count(type); ++*next)
    if (ink_line_is_word(p->text + start, len, type->arguments[*next].name))
      return INK_OK;
  p->at = start;
  return fail_unknown(p, type, len);
}

/* Reads `value, name=value, ...)`, after the opening bracket. */
static ink_status read_list(ink_line_parser *p, ink_layer *layer)
{
  bool given[INK_ARGUMENTS_MAX] = {false};
  size_t next = 0;
  for (ink_line_skip_blanks(p); p->text[p->at] != ')'; ink_line_skip_blanks(p)) {
    INK_TRY(find_argument(p, layer->type, &next));
    const ink_argument *argument = &layer->type->arguments[next];
    if (!read_value(p, &layer->argument[next]))
      return fail_argument(p, argument, "is no number, yes, no or classes");
    if (given[next])
      return fail_argument(p, argument, "is given twice");
    given[next++] = true;
    ink_line_skip_blanks(p);
    if (p->text[p->at] == ',')
      p->at++;
    else if (p->text[p->at] != ')')
      return ink_line_fail(p, "a comma or ')' was expected after the last argument");
  }
  p->at++;
  return INK_OK;
}

ink_status ink_line_read_arguments(ink_line_parser *p, ink_layer *layer)
{
  const ink_layer_type *type = layer->type;
  for (size_t i = 0; type->arguments[i].name; i++)
    layer->argument[i] = type->arguments[i].initial;
  ink_line_skip_blanks(p);
  if (p->text[p->at] == '(') {
    p->at++;
    INK_TRY(read_list(p, layer));
  }
  for (size_t i = 0; type->arguments[i].name; i++)
    INK_TRY(check_argument(p, &type->arguments[i], layer->argument[i]));
  return INK_OK;
}
