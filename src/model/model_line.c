/*
 * model_line.c - reads a model line word by word; each layer infers its shape as it is read, so
 * that an error can point at the word and tell the shape there.
 */
#include "model_line.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

typedef struct parser {
  ink_model *model;
  const char *text;
  size_t at;         /* next byte to read */
  size_t word_start; /* of the item being read, for messages */
  size_t word_len;
  size_t capacity; /* layers allocated */
  ink_error *err;

  /* where the next layer will stand */
  int source;              /* the layer it reads */
  ink_shape shape;         /* that layer's output */
  char path[INK_NAME_MAX]; /* of the sequence it is in, with a dot at the end; "" at the top */
  size_t items;            /* of that sequence so far: the next PyTorch index */
  int depth;
  ink_initialisation initialisation;
  size_t group;
  bool group_has_parameters;
  double parameters; /* so far */
} parser;

/* ---- messages ---- */

enum { SHAPE_TEXT = 80, WHAT_TEXT = 400 };

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
    snprintf(text, SHAPE_TEXT, "%zu x %zu x %zu (channels, height, width)",
             shape.channels * (shape.copies ? shape.copies : 1), shape.height, shape.width);
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
    ink_layer *grown =
        ink_realloc(model->layers, p->capacity * sizeof *grown, capacity * sizeof *grown);
    if (!grown)
      return ink_fail(p->err, INK_E_MEMORY, "not enough memory for a model of %zu layers",
                      capacity);
    model->layers = grown;
    p->capacity = capacity;
  }
  *layer = &model->layers[model->n_layers];
  **layer = (ink_layer){.type = type, .input = p->source, .input2 = INK_NOTHING};
  (*layer)->in = p->shape;
  (*layer)->initialisation = p->initialisation;
  (*layer)->group = p->group;
  (*layer)->word_start = p->word_start;
  (*layer)->word_end = p->word_start + p->word_len;
  for (size_t i = 0; type->arguments[i].name; i++)
    (*layer)->argument[i] = type->arguments[i].initial;
  return INK_OK;
}

/*
 * Limits that every product of sizes can be computed within, 32 bits or not: values that a layer puts
 * out for one picture, and parameters of the whole model (1 GB of them).
 */
static const double OUTPUT_MAX = 1 << 24, PARAMETERS_MAX = 1 << 28;

static ink_status check_size(parser *p, const ink_layer *layer)
{
  const ink_shape out = layer->out;
  char text[WHAT_TEXT] = "";
  if ((double)out.channels * (double)out.height * (double)out.width > OUTPUT_MAX) {
    append(text, "it puts out more than %.0f values for each picture", OUTPUT_MAX);
    return fail(p, text);
  }
  for (size_t t = 0; t < layer->n_tensors; t++) {
    double count = 1;
    for (size_t i = 0; i < layer->tensors[t].n_dims; i++)
      count *= (double)layer->tensors[t].dims[i];
    p->parameters += count;
  }
  if (p->parameters > PARAMETERS_MAX) {
    append(text, "with it the model has more than %.0f parameters", PARAMETERS_MAX);
    return fail(p, text);
  }
  return INK_OK;
}

/* The layer is complete: it joins the model, and the next one reads it. */
static ink_status join(parser *p, ink_layer *layer)
{
  ink_error why;
  if (p->shape.copies > 1 && layer->type != &ink_layer_conv)
    return fail(p, "after rgb a conv is expected");
  if (layer->type->infer(layer, &why) != INK_OK)
    return fail(p, why.text);
  INK_TRY(check_size(p, layer));
  p->shape = layer->out;
  p->source = (int)p->model->n_layers++;
  p->group_has_parameters |= layer->n_tensors > 0;
  return INK_OK;
}

/* "0.4." and "conv1" make the path "0.4.conv1". */
static void set_path(const parser *p, ink_layer *layer, const char *name)
{
  memcpy(layer->path, p->path, sizeof p->path);
  ink_append(layer->path, sizeof layer->path, name);
}

static void take_index(parser *p, ink_layer *layer)
{
  char index[24];
  snprintf(index, sizeof index, "%zu", p->items++);
  set_path(p, layer, index);
}

/* A layer that the line does not name: with its arguments and its own name in the state dict. */
static ink_status put(parser *p, const ink_layer_type *type, const double *arguments, size_t n,
                      const char *name)
{
  ink_layer *layer;
  INK_TRY(new_layer(p, type, &layer));
  for (size_t i = 0; i < n; i++)
    layer->argument[i] = arguments[i];
  if (name)
    set_path(p, layer, name);
  return join(p, layer);
}

/* A flatten of the data themselves is no item: in PyTorch they come flat. */
static ink_status put_flatten(parser *p)
{
  const bool first = p->model->n_layers == 0;
  char index[24];
  snprintf(index, sizeof index, "%zu", p->items);
  p->items += !first;
  return put(p, &ink_layer_flatten, NULL, 0, first ? NULL : index);
}

/* ---- items that are more than a layer ---- */

static ink_status read_sequence(parser *p);

/* Goes into a sequence of its own, named by the next index of the one around it. */
typedef struct outer {
  char path[INK_NAME_MAX];
  size_t items;
} outer;

static outer go_in(parser *p, const char *name)
{
  outer around;
  memcpy(around.path, p->path, sizeof around.path);
  around.items = p->items;
  ink_append(p->path, sizeof p->path, name);
  ink_append(p->path, sizeof p->path, ".");
  p->items = 0;
  return around;
}

static void come_out(parser *p, const outer *around)
{
  memcpy(p->path, around->path, sizeof p->path);
  p->items = around->items;
}

static ink_status expect(parser *p, char c, const char *what)
{
  skip_blanks(p);
  if (p->text[p->at] != c)
    return fail(p, what);
  p->at++;
  return INK_OK;
}

/* (item...), as nn.Sequential; `body` and `head` say how first values are drawn. */
static ink_status read_nested(parser *p, ink_initialisation initialisation)
{
  char index[24];
  snprintf(index, sizeof index, "%zu", p->items++);
  const ink_initialisation before = p->initialisation;
  p->initialisation = initialisation;
  INK_TRY(expect(p, '(', "'(' was expected"));
  const outer around = go_in(p, index);
  INK_TRY(read_sequence(p));
  come_out(p, &around);
  p->initialisation = before;
  return expect(p, ')', "')' is missing at its end");
}

/* The sum of what layers `a` and `b` put out. */
static ink_status put_sum(parser *p, int a, ink_shape a_shape, int b, ink_shape b_shape)
{
  ink_layer *layer;
  p->source = a;
  p->shape = a_shape;
  INK_TRY(new_layer(p, &ink_layer_add, &layer));
  layer->input2 = b;
  layer->in2 = b_shape;
  return join(p, layer);
}

/* residual(branch | shortcut): their sum. An empty shortcut passes on what comes in. */
static ink_status read_residual(parser *p)
{
  const int from = p->source;
  const ink_shape shape = p->shape;
  char index[24];
  snprintf(index, sizeof index, "%zu", p->items++);
  INK_TRY(expect(p, '(', "'(' was expected"));
  const outer around = go_in(p, index), inner = go_in(p, "0");
  INK_TRY(read_sequence(p));
  come_out(p, &inner);
  const int branch = p->source;
  const ink_shape branch_shape = p->shape;
  INK_TRY(expect(p, '|', "'|' was expected between the branch and the shortcut"));
  p->source = from;
  p->shape = shape;
  const outer second = go_in(p, "1");
  INK_TRY(read_sequence(p));
  come_out(p, &second);
  come_out(p, &around);
  INK_TRY(expect(p, ')', "')' is missing at its end"));
  return put_sum(p, branch, branch_shape, p->source, p->shape);
}

/* torchvision's BasicBlock, with its names. */
static ink_status put_basic_block(parser *p, double filters, double stride)
{
  const int from = p->source;
  const ink_shape shape = p->shape;
  const double first[] = {filters, 3, stride, 1, 0}, second[] = {filters, 3, 1, 1, 0};
  const double shortcut[] = {filters, 1, stride, 0, 0};
  INK_TRY(put(p, &ink_layer_conv, first, 5, "conv1"));
  INK_TRY(put(p, &ink_layer_bn, NULL, 0, "bn1"));
  INK_TRY(put(p, &ink_layer_relu, NULL, 0, NULL));
  INK_TRY(put(p, &ink_layer_conv, second, 5, "conv2"));
  INK_TRY(put(p, &ink_layer_bn, NULL, 0, "bn2"));
  const int branch = p->source;
  const ink_shape branch_shape = p->shape;
  p->source = from;
  p->shape = shape;
  if (stride != 1 || (double)shape.channels != filters) {
    INK_TRY(put(p, &ink_layer_conv, shortcut, 5, "downsample.0"));
    INK_TRY(put(p, &ink_layer_bn, NULL, 0, "downsample.1"));
  }
  INK_TRY(put_sum(p, branch, branch_shape, p->source, p->shape));
  return put(p, &ink_layer_relu, NULL, 0, NULL);
}

static const ink_layer_type block_arguments = {
    .word = "block",
    .wants = INK_WANTS_PICTURE,
    .arguments = {{"filters", NAN, 1, 1 << 14, true}, {"stride", 1, 1, 63, true}},
};

static ink_status read_block(parser *p)
{
  ink_layer settings = {.type = &block_arguments};
  char index[24];
  if (p->shape.flat)
    return fail(p, "it needs pictures, but gets a vector");
  INK_TRY(read_arguments(p, &settings));
  snprintf(index, sizeof index, "%zu", p->items++);
  const outer around = go_in(p, index);
  INK_TRY(put_basic_block(p, settings.argument[0], settings.argument[1]));
  come_out(p, &around);
  return INK_OK;
}

/* What follows is the next parameter group. */
static ink_status read_split(parser *p)
{
  if (!p->group_has_parameters)
    return fail(p, "there is nothing to train before it");
  p->group++;
  p->group_has_parameters = false;
  return INK_OK;
}

static ink_status read_sequence_word(parser *p)
{
  return read_nested(p, p->initialisation);
}

static ink_status read_body(parser *p)
{
  return read_nested(p, INK_INIT_BODY);
}

static ink_status read_head(parser *p)
{
  return read_nested(p, INK_INIT_HEAD);
}

static const struct {
  const char *word;
  ink_status (*read)(parser *p);
} composites[] = {
    {"block", read_block}, {"residual", read_residual}, {"sequence", read_sequence_word},
    {"body", read_body},   {"head", read_head},         {"split", read_split}};
enum { COMPOSITES = sizeof composites / sizeof *composites };

/* ---- items ---- */

static ink_status unknown_word(parser *p)
{
  char text[WHAT_TEXT] = "";
  append(text, "no such layer; there are");
  for (size_t i = 0; ink_layer_type_at(i); i++)
    append(text, "%s %s", i ? "," : "", ink_layer_type_at(i)->word);
  for (size_t i = 0; i < COMPOSITES; i++)
    append(text, ", %s", composites[i].word);
  return fail(p, text);
}

static const ink_layer_type *type_named(const char *word, size_t len)
{
  size_t i = 0;
  while (ink_layer_type_at(i) && !is_word(word, len, ink_layer_type_at(i)->word))
    i++;
  return ink_layer_type_at(i);
}

static ink_status read_layer(parser *p, const ink_layer_type *type)
{
  if (type->wants == INK_WANTS_FLAT && !p->shape.flat)
    INK_TRY(put_flatten(p));
  if (type->wants == INK_WANTS_PICTURE && p->shape.flat)
    return fail(p, "it needs pictures, but gets a vector");
  ink_layer *layer;
  INK_TRY(new_layer(p, type, &layer));
  INK_TRY(read_arguments(p, layer));
  /* The colours of a grey picture are no module of PyTorch's. */
  if (type != &ink_layer_rgb)
    take_index(p, layer);
  return join(p, layer);
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
  const char *word = p->text + p->word_start;
  for (size_t i = 0; i < COMPOSITES; i++)
    if (is_word(word, p->word_len, composites[i].word))
      return composites[i].read(p);
  const ink_layer_type *type = type_named(word, p->word_len);
  return type ? read_layer(p, type) : unknown_word(p);
}

enum { DEEPEST = 8 }; /* sequences within sequences: paths and the stack stay short */

/* Items up to what closes the sequence, which is left to be read. */
static ink_status read_sequence(parser *p)
{
  if (p->depth == DEEPEST)
    return fail(p, "too many sequences within each other");
  p->depth++;
  for (skip_blanks(p); p->text[p->at] && p->text[p->at] != ')' && p->text[p->at] != '|';
       skip_blanks(p))
    INK_TRY(read_item(p));
  p->depth--;
  return INK_OK;
}

/* One layer alone is nn.Linear, not nn.Sequential(nn.Linear): its tensors have no prefix. */
static void drop_index_of_one(ink_model *model)
{
  ink_layer *only = NULL;
  for (size_t i = 0; i < model->n_layers; i++) {
    const char *path = model->layers[i].path;
    if (!path[0])
      continue;
    if (strcmp(path, "0") != 0)
      return;
    only = &model->layers[i];
  }
  if (only)
    only->path[0] = 0;
}

ink_status ink_model_line_parse(ink_model *model, ink_error *err)
{
  parser p = {.model = model,
              .text = model->line,
              .shape = model->input,
              .err = err,
              .source = INK_FROM_INPUT};
  INK_TRY(read_sequence(&p));
  if (p.text[p.at]) {
    p.word_start = p.at;
    p.word_len = 1;
    return fail(&p, "a layer's name was expected");
  }
  if (model->n_layers == 0)
    return ink_fail(err, INK_E_MODEL,
                    "the model line is empty; for example: linear(30) relu linear(classes)");
  drop_index_of_one(model);
  model->output = p.shape;
  model->n_groups = p.group + 1;
  if (!p.group_has_parameters && p.group > 0)
    return fail(&p, "there is nothing to train after the last split");
  if (model->classes && (!p.shape.flat || p.shape.channels != model->classes)) {
    char shape[SHAPE_TEXT];
    return ink_fail(err, INK_E_MODEL,
                    "the model must end in %zu values, one for each class, but ends in %s: end it "
                    "with linear(classes)",
                    model->classes, shape_text(p.shape, shape));
  }
  return INK_OK;
}
