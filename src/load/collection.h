/*
 * collection.h - the pictures of one split while they are being loaded; private to src/load.
 */
#ifndef INK_COLLECTION_H
#define INK_COLLECTION_H

#include "ink_data.h"

/* Class names in the order in which they were met. */
typedef struct ink_class_names {
  size_t count; /* may be one more than can be kept: then there are too many */
  char names[INK_MAX_CLASSES][INK_CLASS_NAME_MAX];
} ink_class_names;

/* The index of a name, new or not; INK_MAX_CLASSES when there is no room left. */
size_t ink_class_index(ink_class_names *names, const char *name, size_t len);

typedef struct ink_collection {
  size_t count, capacity;
  uint8_t *pixels; /* [count][INK_PIXELS] */
  uint8_t *labels; /* index into `names` */
  size_t *path_at; /* where each path begins in `text`; SIZE_MAX: none */
  char *text;
  size_t text_len, text_capacity;
  ink_class_names names;
} ink_collection;

/* Room for one more picture, whose pixels are to be written where *pixels points. */
ink_status ink_collection_add(ink_collection *collection, const char *path, size_t label,
                              uint8_t **pixels, ink_error *err);
/* Takes the last one back. */
void ink_collection_undo(ink_collection *collection);
void ink_collection_free(ink_collection *collection);

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
