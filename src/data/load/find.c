/*
 * find.c - finds pictures of a collection by path, in a hash table that each search brings up to
 * date.
 */
#include "collection.h"

#include <string.h>

/*
 * Makes a table of at least twice as many slots as pictures, a power of two. A slot holds the index
 * of a picture + 1, or 0 if it is empty.
 */
static bool make_slots(ink_collection *c)
{
  size_t n_slots = 1024;
  while (n_slots < 2 * c->capacity)
    n_slots *= 2;
  if (n_slots == c->n_slots)
    return true;
  uint32_t *slots = ink_alloc(n_slots * sizeof *slots);
  if (!slots)
    return false;
  ink_free(c->slots);
  c->slots = slots;
  c->n_slots = n_slots;
  c->found = 0;
  return true;
}

/* Returns the slot of that path, or the empty slot where it belongs (linear probing). */
static uint32_t *slot_of(const ink_collection *c, const char *path)
{
  size_t at = ink_crc32(0, (const uint8_t *)path, strlen(path)) & (c->n_slots - 1);
  while (c->slots[at] && strcmp(c->text + c->path_at[c->slots[at] - 1], path) != 0)
    at = (at + 1) & (c->n_slots - 1);
  return &c->slots[at];
}

ink_status ink_collection_find(ink_collection *c, const char *path, size_t *index, ink_error *err)
{
  *index = SIZE_MAX;
  if (c->count == 0)
    return INK_OK;
  if (!make_slots(c))
    return ink_fail(err, INK_E_MEMORY, "not enough memory to find one of %zu pictures", c->count);
  for (; c->found < c->count; c->found++) {
    if (c->path_at[c->found] == SIZE_MAX)
      continue;
    uint32_t *slot = slot_of(c, c->text + c->path_at[c->found]);
    if (!*slot)
      *slot = (uint32_t)c->found + 1;
  }
  *index = (size_t)*slot_of(c, path) - 1; /* SIZE_MAX for an empty slot */
  return INK_OK;
}
