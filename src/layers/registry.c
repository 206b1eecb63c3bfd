/*
 * registry.c - the table of layer types: the words that a model line may use.
 */
#include "ink_layers.h"

static const ink_layer_type *const types[] = {
    &ink_layer_linear,
    &ink_layer_conv,
    &ink_layer_bn,
    &ink_layer_relu,
    &ink_layer_maxpool,
    &ink_layer_avgpool,
    &ink_layer_concatpool,
    &ink_layer_adaptivemaxpool,
    &ink_layer_adaptiveavgpool,
    &ink_layer_dropout,
    &ink_layer_flatten,
    &ink_layer_rgb,
};

const ink_layer_type *ink_layer_type_at(size_t index)
{
  return index < sizeof types / sizeof *types ? types[index] : NULL;
}
