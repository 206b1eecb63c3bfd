/*
 * layers.c - the words that a model line may use, and what all layers share.
 */
#include "ink_layers.h"

#include <stdio.h>
#include <string.h>

static const ink_layer_type *const types[] = {
    &ink_layer_linear,
    &ink_layer_relu,
    &ink_layer_flatten,
};

const ink_layer_type *ink_layer_type_at(size_t index)
{
  return index < sizeof types / sizeof *types ? types[index] : NULL;
}

void ink_layer_declare(ink_layer *layer, const char *name, ink_role role, size_t n_dims,
                       const size_t *dims)
{
  ink_tensor *tensor = &layer->tensors[layer->n_tensors++];
  snprintf(tensor->name, sizeof tensor->name, "%s", name);
  tensor->role = role;
  tensor->group = layer->group;
  tensor->n_dims = n_dims;
  tensor->count = 1;
  for (size_t i = 0; i < n_dims; i++) {
    tensor->dims[i] = dims[i];
    tensor->count *= dims[i];
  }
}
