/*
 * collection.h - the pictures of one role while they are being loaded; private to src/data/load.
 */
#ifndef INK_COLLECTION_H
#define INK_COLLECTION_H

#include "classes.h"

typedef struct ink_collection {
  size_t count, capacity;
  uint8_t *pixels; /* [count][INK_PIXELS] */
  uint8_t *labels; /* index into `names` */
  size_t *path_at; /* where each path begins in `text`; SIZE_MAX: none */
  char *text;
  size_t text_len, text_capacity;
  ink_class_names names;
  /* pictures by their paths; filled at the first search (find.c) */
  uint32_t *slots;
  size_t n_slots, found; /* found: pictures that are in it */
} ink_collection;

/* Moves `old_count` elements to new memory for `count`. Returns false if there is none; the old memory stays. */
bool ink_grow(void **memory, size_t old_count, size_t count, size_t element_bytes);

/* Room for one more picture, whose pixels are to be written where *pixels points. */
ink_status ink_collection_add(ink_collection *collection, const char *path, size_t label,
                              uint8_t **pixels, ink_error *err);
/* Takes the last one back. */
void ink_collection_remove_last(ink_collection *collection);
void ink_collection_free(ink_collection *collection);
/* Finds the first picture with that path; SIZE_MAX if there is none. Fails with INK_E_MEMORY only. */
ink_status ink_collection_find(ink_collection *collection, const char *path, size_t *index,
                               ink_error *err);

/* Pictures without paths that lie one behind the other already; `pixels` is the empty collection's from now on. */
ink_status ink_collection_adopt(ink_collection *collection, uint8_t *pixels, const uint8_t *labels,
                                size_t count, ink_error *err);

/*
 * Sorts by path and drops pictures whose path came before; tells of each.
 * Pictures without a path stay as they are.
 */
ink_status ink_collection_sort(ink_collection *collection,
                               void (*duplicate)(void *context, const char *path), void *context,
                               ink_error *err);

#endif
