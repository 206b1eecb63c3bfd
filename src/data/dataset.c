/*
 * dataset.c - the life of a data set, and how full its pictures are.
 */
#include "ink_data.h"

static void free_items(ink_items *items)
{
  ink_free(items->pixels);
  ink_free(items->labels);
  ink_free(items->paths);
  ink_free(items->path_text);
}

void ink_dataset_free(ink_dataset *dataset)
{
  if (!dataset)
    return;
  free_items(&dataset->train);
  free_items(&dataset->valid);
  ink_free(dataset);
}

double ink_items_density(const ink_items *items)
{
  const size_t seen = items->pixels ? ink_min_size(items->count, 1024) : 0; /* none: it is only planned */
  size_t full = 0;
  for (size_t i = 0; i < seen; i++) {
    const uint8_t *picture = items->pixels + (size_t)((uint64_t)i * items->count / seen) * INK_PIXELS;
    for (size_t p = 0; p < INK_PIXELS; p++)
      full += picture[p] != 0;
  }
  return seen ? (double)full / (double)(seen * INK_PIXELS) : 0;
}
