/* collection.h - the pictures of one role while they are loaded. Private to src/data/load. */
#ifndef INK_COLLECTION_H
#define INK_COLLECTION_H

#include "classes.h"

typedef struct ink_collection {
  size_t count, capacity;
  uint8_t *pixels; /* [count][INK_PIXELS] */
  uint8_t *labels; /* indices into `names` */
  size_t *path_at; /* where each path begins in `text`; SIZE_MAX: no path */
  char *text;
  size_t text_len, text_capacity;
  ink_class_names names;
  /* A hash table of pictures by path; the first search fills it (find.c). */
  uint32_t *slots;
  size_t n_slots, found; /* found: how many pictures are in it */
} ink_collection;

/*
 * Moves `old_count` elements to new memory for `count`. Returns false if there is none; the old
 * memory remains.
 */
bool ink_grow(void **memory, size_t old_count, size_t count, size_t element_bytes);

/*
 * Adds a picture; the caller writes its pixels to *pixels [INK_PIXELS]. path may be NULL.
 * INK_E_DATA: too many; INK_E_MEMORY.
 */
ink_status ink_collection_add(ink_collection *collection, const char *path, size_t label,
                              uint8_t **pixels, ink_error *err);
/* Removes the last picture. */
void ink_collection_remove_last(ink_collection *collection);
void ink_collection_free(ink_collection *collection);
/*
 * Finds the first picture with that path; *index is SIZE_MAX if there is none. Fails with
 * INK_E_MEMORY only.
 */
ink_status ink_collection_find(ink_collection *collection, const char *path, size_t *index,
                               ink_error *err);

/*
 * Makes `pixels` [count][INK_PIXELS] the pictures of an empty collection, which owns it from now
 * on. They have no paths.
 */
ink_status ink_collection_adopt(ink_collection *collection, uint8_t *pixels, const uint8_t *labels,
                                size_t count, ink_error *err);

/*
 * Sorts by path and drops pictures whose path came before; calls `duplicate` for each. If a picture
 * has no path, nothing is changed.
 */
ink_status ink_collection_sort(ink_collection *collection,
                               void (*duplicate)(void *context, const char *path), void *context,
                               ink_error *err);

#endif
