/*
 * linear.h - what the two methods of computing a linear layer share; linear.c chooses one of them.
 */
#ifndef INK_LINEAR_H
#define INK_LINEAR_H

#include "ink_layers.h"

enum { INK_LINEAR_WEIGHT, INK_LINEAR_BIAS };

/* Returns the bias [outputs], or NULL if the layer has none. */
static inline const float *ink_linear_bias(const ink_layer *layer)
{
  return layer->n_tensors > INK_LINEAR_BIAS ? layer->tensors[INK_LINEAR_BIAS].value : NULL;
}

/*
 * The method of a first layer that reads pass->pictures itself (linear_pixels.c): it computes y,
 * and the gradient of the weight.
 */
void ink_linear_pixels_plan(ink_layer *layer, ink_arena *arena, size_t blocks);
void ink_linear_pixels_forward(ink_layer *layer, const ink_pass *pass);
void ink_linear_pixels_gradient(ink_layer *layer, const ink_pass *pass);

#endif
