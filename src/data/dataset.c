/* dataset.c - frees a data set, measures how many of its pixels are ink, and holds pictures out. */
#include "ink_data.h"

#include <string.h>

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

bool ink_is_class_name(const char *name, size_t len)
{
  bool printable = len > 0 && len < INK_CLASS_NAME_MAX;
  for (size_t i = 0; i < len && printable; i++)
    printable = (uint8_t)name[i] >= 0x20 && name[i] != 0x7f;
  return printable && ink_is_utf8(name, len);
}

double ink_items_density(const ink_items *items)
{
  const size_t sampled = items->pixels ? ink_min_size(items->count, 1024)
                                       : 0; /* no pixels: the data set is only planned */
  size_t nonzero = 0;
  for (size_t i = 0; i < sampled; i++) {
    const uint8_t *picture =
        items->pixels + (size_t)((uint64_t)i * items->count / sampled) * INK_PIXELS;
    for (size_t p = 0; p < INK_PIXELS; p++)
      nonzero += picture[p] != 0;
  }
  return sampled ? (double)nonzero / (double)(sampled * INK_PIXELS) : 0;
}

static void move_item(const ink_items *from, size_t i, ink_items *to, size_t j)
{
  memmove(to->pixels + j * INK_PIXELS, from->pixels + i * INK_PIXELS, INK_PIXELS);
  to->labels[j] = from->labels[i];
  if (to->paths)
    to->paths[j] = from->paths[i];
}

ink_status ink_dataset_hold_out(ink_dataset *dataset, size_t count, uint64_t seed, ink_error *err)
{
  ink_items *train = &dataset->train;
  if (count == 0 || count >= train->count)
    return ink_fail(err, INK_E_ARGUMENT,
                    "of %zu training pictures 1 to %zu can be held out, not %zu", train->count,
                    train->count ? train->count - 1 : 0, count);
  ink_items held = {.count = count};
  uint32_t *order = ink_alloc(train->count * sizeof *order);
  uint8_t *is_held = ink_alloc(train->count);
  held.pixels = ink_alloc(count * INK_PIXELS);
  held.labels = ink_alloc(count);
  held.paths = train->paths ? ink_alloc(count * sizeof *held.paths) : NULL;
  if (!order || !is_held || !held.pixels || !held.labels || (train->paths && !held.paths)) {
    ink_free(order);
    ink_free(is_held);
    free_items(&held);
    return ink_fail(err, INK_E_MEMORY, "not enough memory to hold %zu pictures out", count);
  }
  ink_random_permutation(ink_random_stream(seed, INK_FOR_HOLD_OUT, 0), order, train->count);
  for (size_t i = train->count - count; i < train->count; i++)
    is_held[order[i]] = 1;
  size_t kept = 0, out = 0;
  for (size_t i = 0; i < train->count; i++)
    if (is_held[i])
      move_item(train, i, &held, out++);
    else
      move_item(train, i, train, kept++);
  train->count = kept;
  ink_free(order);
  ink_free(is_held);
  free_items(&dataset->valid);
  dataset->valid = held; /* its paths point into the text of the training split */
  return INK_OK;
}
