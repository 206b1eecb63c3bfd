/*
 * registry.c - the table of layer types: the words that a model line may use. A type is defined in
 * the file of its layer, and its name in this list makes it a word.
 */
#include "ink_layers.h"

/* clang-format off */
#define LAYERS(X)                                                                                  \
  X(linear) X(conv) X(bn) X(relu) X(maxpool) X(avgpool) X(concatpool)                              \
  X(adaptivemaxpool) X(adaptiveavgpool) X(dropout) X(flatten) X(rgb)
/* clang-format on */

#define DECLARE(name) extern const ink_layer_type ink_layer_##name;
LAYERS(DECLARE)

#define ADDRESS(name) &ink_layer_##name,
static const ink_layer_type *const types[] = {LAYERS(ADDRESS)};

const ink_layer_type *ink_layer_type_at(size_t index)
{
  return index < sizeof types / sizeof *types ? types[index] : NULL;
}
