/*
 * slots.c - walks through the layers as the backward pass does, and gives each gradient a slot of
 * memory.
 */
#include "slots.h"

#include <string.h>

/*
 * Takes the smallest free slot that is large enough; else the largest, which then grows; else a new
 * one.
 */
static uint16_t take_slot(ink_slots *slots, bool free_now[INK_LAYERS_MAX], size_t floats)
{
  size_t best = slots->n;
  for (size_t s = 0; s < slots->n; s++) {
    if (!free_now[s])
      continue;
    const size_t size = slots->floats[s], best_size = best < slots->n ? slots->floats[best] : 0;
    const bool better = best == slots->n ||
                        (size >= floats && (best_size < floats || size < best_size)) ||
                        (best_size < floats && size > best_size);
    if (better)
      best = s;
  }
  if (best == slots->n)
    slots->floats[slots->n++] = 0;
  if (slots->floats[best] < floats)
    slots->floats[best] = floats;
  free_now[best] = false;
  return (uint16_t)best;
}

void ink_slots_assign(ink_slots *slots, const ink_model *model, size_t first, size_t lanes)
{
  bool free_now[INK_LAYERS_MAX] = {false};
  slots->n = 0;
  memset(slots->of, 0xff, sizeof slots->of);
  for (size_t i = model->n_layers; i-- > first;) {
    const ink_layer *layer = &model->layers[i];
    const int sources[] = {(int)i, layer->input, layer->input2};
    for (int k = 0; k < 3; k++) {
      const int source = sources[k];
      if (source < (int)first || slots->of[source] != INK_NO_SLOT)
        continue;
      slots->of[source] =
          layer->in_place && k == 1
              ? slots->of[i]
              : take_slot(slots, free_now,
                          INK_PRODUCT(ink_shape_count(model->layers[source].out), lanes));
    }
    if (!layer->in_place) /* else its input's gradient still needs the slot */
      free_now[slots->of[i]] = true;
  }
}
