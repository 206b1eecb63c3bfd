/*
 * line_layers.c - the parser puts layers into the model: it infers their shapes, names their
 * places, and records which item of the line holds which.
 */
#include "line_parser.h"

#include <stdio.h>
#include <string.h>

enum { INDEX_TEXT = 24 }; /* bytes of an index in decimal */

/* ---- items ---- */

/* Appends an item that begins at the parser's place. */
static ink_status new_item(ink_line_parser *p, ink_item_kind kind, size_t *index)
{
  ink_model *model = p->model;
  if (model->n_items == p->item_capacity) {
    const size_t capacity = p->item_capacity ? 2 * p->item_capacity : 8;
    ink_item *grown =
        ink_realloc(model->items, p->item_capacity * sizeof *grown, capacity * sizeof *grown);
    if (!grown)
      return ink_fail(p->err, INK_E_MEMORY, "not enough memory for a model of %zu items", capacity);
    model->items = grown;
    p->item_capacity = capacity;
  }
  *index = model->n_items++;
  model->items[*index] = (ink_item){.kind = kind, .end = *index + 1, .in = p->shape};
  return INK_OK;
}

ink_status ink_line_enter(ink_line_parser *p, ink_item_kind kind, const char *name,
                          ink_line_outer *outer)
{
  memcpy(outer->path, p->path, sizeof outer->path);
  outer->next_index = p->next_index;
  INK_TRY(new_item(p, kind, &outer->item));
  p->next_index = 0;
  if (!name)
    return INK_OK;
  ink_item *item = &p->model->items[outer->item];
  item->has_module = true;
  ink_append(p->path, sizeof p->path, name);
  memcpy(item->path, p->path, sizeof item->path);
  ink_append(p->path, sizeof p->path, ".");
  return INK_OK;
}

ink_status ink_line_enter_next(ink_line_parser *p, ink_item_kind kind, ink_line_outer *outer)
{
  char index[INDEX_TEXT];
  snprintf(index, sizeof index, "%zu", p->next_index++);
  return ink_line_enter(p, kind, index, outer);
}

void ink_line_leave(ink_line_parser *p, const ink_line_outer *outer)
{
  ink_item *item = &p->model->items[outer->item];
  item->end = p->model->n_items;
  item->out = p->shape;
  memcpy(p->path, outer->path, sizeof p->path);
  p->next_index = outer->next_index;
}

/* ---- layers ---- */

ink_status ink_line_new_layer(ink_line_parser *p, const ink_layer_type *type, ink_layer **layer)
{
  ink_model *model = p->model;
  if (model->n_layers == INK_LAYERS_MAX)
    return ink_line_fail(p, "too many layers");
  if (model->n_layers == p->layer_capacity) {
    const size_t capacity = p->layer_capacity ? 2 * p->layer_capacity : 8;
    ink_layer *grown =
        ink_realloc(model->layers, p->layer_capacity * sizeof *grown, capacity * sizeof *grown);
    if (!grown)
      return ink_fail(p->err, INK_E_MEMORY, "not enough memory for a model of %zu layers",
                      capacity);
    model->layers = grown;
    p->layer_capacity = capacity;
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
 * Limits within which every product of sizes can be computed with 32 bits: values that a layer puts
 * out for one picture, and parameters of the whole model (1 GB).
 */
static const double OUTPUT_MAX = 1 << 24, PARAMETERS_MAX = 1 << 28;

static ink_status check_size(ink_line_parser *p, const ink_layer *layer)
{
  const ink_shape out = layer->out;
  char text[INK_LINE_TEXT] = "";
  if ((double)out.channels * (double)out.height * (double)out.width > OUTPUT_MAX) {
    ink_line_append(text, "it puts out more than %.0f values for each picture", OUTPUT_MAX);
    return ink_line_fail(p, text);
  }
  for (size_t t = 0; t < layer->n_tensors; t++) {
    double count = 1;
    for (size_t i = 0; i < layer->tensors[t].n_dims; i++)
      count *= (double)layer->tensors[t].dims[i];
    p->parameters += count;
  }
  if (p->parameters > PARAMETERS_MAX) {
    ink_line_append(text, "with it the model has more than %.0f parameters", PARAMETERS_MAX);
    return ink_line_fail(p, text);
  }
  return INK_OK;
}

/* Infers the layer's output and counts it; the next layer reads it. */
static ink_status complete(ink_line_parser *p, ink_layer *layer)
{
  ink_error why;
  if (p->shape.copies > 1 && layer->type != &ink_layer_conv)
    return ink_line_fail(p, "after rgb a conv is expected");
  if (layer->type->infer(layer, &why) != INK_OK)
    return ink_line_fail(p, why.text);
  INK_TRY(check_size(p, layer));
  p->shape = layer->out;
  p->source = (int)p->model->n_layers++;
  p->group_has_parameters |= layer->n_tensors > 0;
  return INK_OK;
}

ink_status ink_line_join(ink_line_parser *p, ink_layer *layer, bool has_module)
{
  size_t index;
  INK_TRY(new_item(p, INK_ITEM_LAYER, &index));
  INK_TRY(complete(p, layer));
  ink_item *item = &p->model->items[index];
  item->layer = (size_t)p->source;
  item->has_module = has_module;
  item->out = layer->out;
  return INK_OK;
}

/* "0.4." and "conv1" make the path "0.4.conv1". */
static void set_path(const ink_line_parser *p, ink_layer *layer, const char *name)
{
  memcpy(layer->path, p->path, sizeof p->path);
  ink_append(layer->path, sizeof layer->path, name);
}

void ink_line_take_index(ink_line_parser *p, ink_layer *layer)
{
  char index[INDEX_TEXT];
  snprintf(index, sizeof index, "%zu", p->next_index++);
  set_path(p, layer, index);
}

ink_status ink_line_put(ink_line_parser *p, const ink_layer_type *type, const double *arguments,
                        size_t n, const char *name)
{
  ink_layer *layer;
  INK_TRY(ink_line_new_layer(p, type, &layer));
  for (size_t i = 0; i < n; i++)
    layer->argument[i] = arguments[i];
  if (name)
    set_path(p, layer, name);
  return ink_line_join(p, layer, name != NULL);
}

ink_status ink_line_put_flatten(ink_line_parser *p)
{
  const bool first = p->model->n_layers == 0;
  char index[INDEX_TEXT];
  snprintf(index, sizeof index, "%zu", p->next_index);
  p->next_index += !first;
  return ink_line_put(p, &ink_layer_flatten, NULL, 0, first ? NULL : index);
}

ink_status ink_line_put_sum(ink_line_parser *p, ink_line_end a, ink_line_end b)
{
  ink_layer *layer;
  ink_line_go_to(p, a);
  INK_TRY(ink_line_new_layer(p, &ink_layer_add, &layer));
  layer->input2 = b.source;
  layer->in2 = b.shape;
  return complete(p, layer);
}

ink_status ink_line_put_activation(ink_line_parser *p, const ink_layer_type *type)
{
  ink_layer *layer;
  INK_TRY(ink_line_new_layer(p, type, &layer));
  return complete(p, layer);
}
