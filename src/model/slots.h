/*
 * slots.h - memory for the gradients of the layers' outputs: gradients that are never needed at the
 * same time share a slot.
 */
#ifndef SLOTS_H
#define SLOTS_H

#include "ink_model.h"

typedef struct ink_slots {
  size_t n;
  size_t floats[INK_LAYERS_MAX]; /* size of each slot */
  uint16_t of[INK_LAYERS_MAX];   /* slot of each layer's dy, or INK_NO_SLOT */
} ink_slots;

enum { INK_NO_SLOT = UINT16_MAX };

/*
 * Assigns a slot to the dy of each layer from `first` on. In the backward pass the gradient of an
 * output is needed from the step of the layer behind it that writes it first, to the step of the
 * layer itself. A layer that works in place shares its input's slot. `lanes`: images for which
 * there must be room.
 */
void ink_slots_assign(ink_slots *slots, const ink_model *model, size_t first, size_t lanes);

#endif
