/*
 * slots.h - which layers' outputs have their gradients in the same memory.
 */
#ifndef SLOTS_H
#define SLOTS_H

#include "ink_model.h"

typedef struct ink_slots {
  size_t n;
  size_t floats[INK_LAYERS_MAX]; /* of each slot */
  uint16_t of[INK_LAYERS_MAX];   /* the slot of each layer's dy; INK_NO_SLOT: it has none */
} ink_slots;

enum { INK_NO_SLOT = UINT16_MAX };

/*
 * The gradient of an output lives from the layer behind it that writes it first, in the backward pass,
 * to the layer itself: those whose lives do not meet share a slot. A layer that works in place has its
 * input's. `first`: layers below it have none.
 */
void ink_slots_assign(ink_slots *slots, const ink_model *model, size_t first, size_t lanes);

#endif
