/*
 * resolved.c - writes a model's resolved layers as JSON, for programs that do not read model lines.
 */
#include "model_line.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct writer {
  const ink_model *model;
  ink_put put;
  void *context;
} writer;

enum { PIECE = 160 }; /* bytes of a formatted piece: a name, or a few numbers */

static void print(const writer *w, const char *format, ...) INK_PRINTF(2, 3);
static void print(const writer *w, const char *format, ...)
{
  char text[PIECE];
  va_list args;
  va_start(args, format);
  const int len = vsnprintf(text, sizeof text, format, args);
  va_end(args);
  w->put(w->context, text, ink_min_size((size_t)len, sizeof text - 1));
}

/* Writes the fewest digits that are read as the same number: 0.1, not 0.10000000000000001. */
static void put_number(const writer *w, double value)
{
  enum { DIGITS_ENOUGH = 17 }; /* for any double */
  char text[32];
  if (value == floor(value)) {
    print(w, "%.0f", value); /* an argument is at most 65536 */
    return;
  }
  for (int digits = 1; digits <= DIGITS_ENOUGH; digits++) {
    snprintf(text, sizeof text, "%.*g", digits, value);
    if (strtod(text, NULL) == value)
      break;
  }
  print(w, "%s", text);
}

/* [channels, height, width], or [values] of a vector. */
static void put_shape(const writer *w, const char *name, ink_shape shape)
{
  const size_t channels = shape.channels * (shape.copies ? shape.copies : 1);
  if (shape.flat)
    print(w, ",\"%s\":[%zu]", name, channels);
  else
    print(w, ",\"%s\":[%zu,%zu,%zu]", name, channels, shape.height, shape.width);
}

static void put_arguments(const writer *w, const ink_argument *arguments, const double *values)
{
  print(w, ",\"arguments\":{");
  for (size_t i = 0; arguments[i].name; i++) {
    print(w, "%s\"%s\":", i ? "," : "", arguments[i].name);
    put_number(w, values[i]);
  }
  print(w, "}");
}

static void put_tensors(const writer *w, const ink_layer *layer)
{
  print(w, ",\"tensors\":{");
  for (size_t t = 0; t < layer->n_tensors; t++) {
    const ink_tensor *tensor = &layer->tensors[t];
    print(w, "%s\"%s\":[", t ? "," : "", tensor->name);
    for (size_t i = 0; i < tensor->n_dims; i++)
      print(w, "%s%zu", i ? "," : "", tensor->dims[i]);
    print(w, "]");
  }
  print(w, "}");
}

static void put_layer(const writer *w, const ink_layer *layer)
{
  print(w, ",\"group\":%zu", layer->group);
  put_arguments(w, layer->type->arguments, layer->argument);
  put_tensors(w, layer);
}

static const char *type_of(const writer *w, const ink_item *item)
{
  static const char *const words[] = {[INK_ITEM_SEQUENCE] = "sequence",
                                      [INK_ITEM_RESIDUAL] = "residual",
                                      [INK_ITEM_BLOCK] = "block"};
  return item->kind == INK_ITEM_LAYER ? w->model->layers[item->layer].type->word
                                      : words[item->kind];
}

static void put_items(const writer *w, size_t index, size_t end);

/*
 * A model has at most as many sequences inside each other as the parser allows, so the recursion is
 * short.
 */
static void put_item(const writer *w, size_t index)
{
  const ink_item *item = &w->model->items[index];
  const ink_layer *layer = item->kind == INK_ITEM_LAYER ? &w->model->layers[item->layer] : NULL;
  print(w, "{\"type\":\"%s\"", type_of(w, item));
  if (item->has_module)
    print(w, ",\"path\":\"%s\"", layer ? layer->path : item->path);
  put_shape(w, "input", item->in);
  put_shape(w, "output", item->out);
  if (layer)
    put_layer(w, layer);
  if (item->kind == INK_ITEM_BLOCK)
    put_arguments(w, ink_block_arguments.arguments, item->argument);
  if (!layer) {
    print(w, ",\"layers\":");
    put_items(w, index + 1, item->end);
  }
  print(w, "}");
}

static void put_items(const writer *w, size_t index, size_t end)
{
  print(w, "[");
  for (size_t i = index; i < end; i = w->model->items[i].end) {
    if (i > index)
      print(w, ",");
    put_item(w, i);
  }
  print(w, "]");
}

void ink_model_write_layers(const ink_model *model, ink_put put, void *context)
{
  const writer w = {model, put, context};
  put_items(&w, 0, model->n_items);
}
