/*
 * model_line.c - reads a model line word by word; each layer infers its shape as it is read, so
 * that an error can point at the word and tell the shape there.
 */
#include "model_line.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct parser {
  ink_model *model;
  const char *text;
  size_t at;         /* next byte to read */
  size_t word_start; /* of the item being read, for messages */
  size_t word_len;
  size_t capacity; /* layers allocated */
  ink_shape shape; /* after the last layer */
  size_t items;    /* of the top sequence: the next PyTorch index */
  ink_error *err;
} parser;

/* ---- messages ---- */

enum { SHAPE_TEXT = 80, WHAT_TEXT = 320 };

/* Appends to a text of WHAT_TEXT bytes, cut where it is full. */
static void append(char *text, const char *format, ...) INK_PRINTF(2, 3);
static void append(char *text, const char *format, ...)
{
  const size_t used = strlen(text);
  va_list args;
  va_start(args, format);
  vsnprintf(text + used, WHAT_TEXT - used, format, args);
  va_end(args);
}

static const char *shape_text(ink_shape shape, char text[SHAPE_TEXT])
{
  if (shape.flat)
    snprintf(text, SHAPE_TEXT, "%zu values", shape.channels);
  else
    snprintf(text, SHAPE_TEXT, "%zu x %zu x %zu (channels, height, width)", shape.channels,
             shape.height, shape.width);
  return text;
}

/* Column, word and shape, then `what`. */
static ink_status fail(parser *p, const char *what)
{
  char shape[SHAPE_TEXT];
  return ink_fail(p->err, INK_E_MODEL, "model line, column %zu, '%.*s': %s; the shape there is %s",
                  p->word_start + 1, (int)ink_min_size(p->word_len, 40), p->text + p->word_start,
                  what, shape_text(p->shape, shape));
}

/* ---- tokens ---- */

static bool is_word_byte(char c)
{
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static void skip_blanks(parser *p)
{
  while (p->text[p->at] == ' ' || p->text[p->at] == '\t')
    p->at++;
}

static size_t word_length(const parser *p)
{
  size_t len = 0;
  while (is_word_byte(p->text[p->at + len]))
    len++;
  return len;
}

static bool is_word(const char *text, size_t len, const char *word)
{
  return strlen(word) == len && memcmp(text, word, len) == 0;
}

/* A number, yes, no or classes. */
static bool read_value(parser *p, double *value)
{
  const size_t len = word_length(p);
  const char *from = p->text + p->at;
  const struct {
    const char *word;
    double value;
  } words[] = {{"yes", 1}, {"no", 0}, {"classes", (double)p->model->classes}};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (is_word(from, len, words[i].word)) {
      *value = words[i].value;
      p->at += len;
      return true;
    }
  /* strtod also reads hexadecimal, inf and nan: those are no numbers here. */
  const size_t digits = strspn(from, "0123456789.eE+-");
  char copy[32];
  if (digits == 0 || digits >= sizeof copy)
    return false;
  memcpy(copy, from, digits);
  copy[digits] = 0;
  char *end;
  *value = strtod(copy, &end);
  p->at += digits;
  return *end == 0 && isfinite(*value);
}

/* ---- arguments ---- */

static size_t argument_count(const ink_layer_type *type)
{
  size_t count = 0;
  while (type->arguments[count].name)
    count++;
  return count;
}

static ink_status fail_argument(parser *p, const ink_argument *argument, const char *what)
{
  char text[WHAT_TEXT] = "";
  append(text, "%s %s", argument->name, what);
  return fail(p, text);
}

static ink_status unknown_argument(parser *p, const ink_layer_type *type, size_t len)
{
  char text[WHAT_TEXT] = "";
  append(text, "no argument '%.*s'; it takes", (int)ink_min_size(len, 40), p->text + p->at);
  for (size_t i = 0; type->arguments[i].name; i++)
    append(text, "%s %s", i ? "," : "", type->arguments[i].name);
  if (!type->arguments[0].name)
    append(text, " none");
  return fail(p, text);
}

static ink_status check_argument(parser *p, const ink_argument *argument, double value)
{
  if (isnan(value))
    return fail_argument(p, argument, "is missing");
  if (value >= argument->min && value <= argument->max &&
      (!argument->whole || value == floor(value)))
    return INK_OK;
  char text[WHAT_TEXT] = "";
  append(text, "%s must be a %snumber from %g to %g, not %g", argument->name,
         argument->whole ? "whole " : "", argument->min, argument->max, value);
  return fail(p, text);
}

/* `name=` before a value; otherwise the next argument in order. */
static ink_status find_argument(parser *p, const ink_layer_type *type, size_t *next)
{
  const size_t len = word_length(p), start = p->at;
  p->at += len;
  skip_blanks(p);
  if (len == 0 || p->text[p->at] != '=') {
    p->at = start;
    return *next < argument_count(type) ? INK_OK : unknown_argument(p, type, len ? len : 1);
  }
  p->at++;
  skip_blanks(p);
  for (*next = 0; *next < argument_count(type); ++*next)
    if (is_word(p->text + start, len, type->arguments[*next].name))
      return INK_OK;
  p->at = start;
  return unknown_argument(p, type, len);
}

static ink_status read_arguments(parser *p, ink_layer *layer)
{
  const ink_layer_type *type = layer->type;
  bool given[INK_ARGUMENTS_MAX] = {false};
  for (size_t i = 0; type->arguments[i].name; i++)
    layer->argument[i] = type->arguments[i].initial;
  skip_blanks(p);
  if (p->text[p->at] == '(') {
    p->at++;
    size_t next = 0;
    for (skip_blanks(p); p->text[p->at] != ')'; skip_blanks(p)) {
      INK_TRY(find_argument(p, type, &next));
      const ink_argument *argument = &type->arguments[next];
      if (!read_value(p, &layer->argument[next]))
        return fail_argument(p, argument, "is no number, yes, no or classes");
      if (given[next])
        return fail_argument(p, argument, "is given twice");
      given[next++] = true;
      skip_blanks(p);
      if (p->text[p->at] == ',')
        p->at++;
      else if (p->text[p->at] != ')')
        return fail(p, "a comma or ')' was expected after the last argument");
    }
    p->at++;
  }
  for (size_t i = 0; type->arguments[i].name; i++)
    INK_TRY(check_argument(p, &type->arguments[i], layer->argument[i]));
  return INK_OK;
}

/* ---- layers ---- */

static ink_status new_layer(parser *p, const ink_layer_type *type, ink_layer **layer)
{
  ink_model *model = p->model;
  if (model->n_layers == INK_LAYERS_MAX)
    return fail(p, "too many layers");
  if (model->n_layers == p->capacity) {
    const size_t capacity = p->capacity ? 2 * p->capacity : 8;
    ink_layer *grown = ink_realloc(model->layers, p->capacity * sizeof *grown,
                                   capacity * sizeof *grown);
    if (!grown)
      return ink_fail(p->err, INK_E_MEMORY, "not enough memory for a model of %zu layers",
                      capacity);
    model->layers = grown;
    p->capacity = capacity;
  }
  *layer = &model->layers[model->n_layers];
  **layer = (ink_layer){.type = type, .input2 = INK_NOTHING};
  (*layer)->input = (int)model->n_layers - 1; /* INK_FROM_INPUT for the first */
  (*layer)->word_start = p->word_start;
  (*layer)->word_end = p->word_start + p->word_len;
  (*layer)->in = p->shape;
  return INK_OK;
}

/* The layer is complete: it joins the model. */
static ink_status join(parser *p, ink_layer *layer)
{
  ink_error why;
  if (layer->type->infer(layer, &why) != INK_OK)
    return fail(p, why.text);
  p->shape = layer->out;
  p->model->n_layers++;
  return INK_OK;
}

static void take_index(parser *p, ink_layer *layer)
{
  snprintf(layer->path, sizeof layer->path, "%zu", p->items++);
}

static ink_status put_flatten(parser *p)
{
  ink_layer *layer;
  INK_TRY(new_layer(p, &ink_layer_flatten, &layer));
  if (p->model->n_layers > 0)
    take_index(p, layer);
  return join(p, layer);
}

static ink_status unknown_word(parser *p)
{
  char text[WHAT_TEXT] = "";
  append(text, "no such layer; there are");
  for (size_t i = 0; ink_layer_type_at(i); i++)
    append(text, "%s %s", i ? "," : "", ink_layer_type_at(i)->word);
  return fail(p, text);
}

static const ink_layer_type *type_named(const char *word, size_t len)
{
  size_t i = 0;
  while (ink_layer_type_at(i) && !is_word(word, len, ink_layer_type_at(i)->word))
    i++;
  return ink_layer_type_at(i);
}

static ink_status read_item(parser *p)
{
  p->word_start = p->at;
  p->word_len = word_length(p);
  if (p->word_len == 0) {
    p->word_len = 1;
    return fail(p, "a layer's name was expected");
  }
  p->at += p->word_len;
  const ink_layer_type *type = type_named(p->text + p->word_start, p->word_len);
  if (!type)
    return unknown_word(p);
  if (type->wants == INK_WANTS_FLAT && !p->shape.flat)
    INK_TRY(put_flatten(p));
  if (type->wants == INK_WANTS_PICTURE && p->shape.flat)
    return fail(p, "it needs pictures, but gets a vector");
  ink_layer *layer;
  INK_TRY(new_layer(p, type, &layer));
  INK_TRY(read_arguments(p, layer));
  take_index(p, layer);
  return join(p, layer);
}

ink_status ink_model_line_parse(ink_model *model, ink_error *err)
{
  parser p = {.model = model, .text = model->line, .shape = model->input, .err = err};
  for (skip_blanks(&p); p.text[p.at]; skip_blanks(&p))
    INK_TRY(read_item(&p));
  if (model->n_layers == 0)
    return ink_fail(err, INK_E_MODEL,
                    "the model line is empty; for example: linear(30) relu linear(classes)");
  if (p.items == 1) /* nn.Linear, not nn.Sequential(nn.Linear) */
    for (size_t i = 0; i < model->n_layers; i++)
      model->layers[i].path[0] = 0;
  model->output = p.shape;
  model->n_groups = 1;
  if (model->classes && (!p.shape.flat || p.shape.channels != model->classes)) {
    char shape[SHAPE_TEXT];
    return ink_fail(err, INK_E_MODEL,
                    "the model must end in %zu values, one for each class, but ends in %s: end it "
                    "with linear(classes)",
                    model->classes, shape_text(p.shape, shape));
  }
  return INK_OK;
}
