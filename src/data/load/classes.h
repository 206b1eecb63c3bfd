/*
 * classes.h - the names of classes while a data set is loaded, and their order. Private to
 * src/data/load.
 */
#ifndef INK_CLASSES_H
#define INK_CLASSES_H

#include "ink_data.h"

/*
 * Room for INK_MAX_CLASSES classes in two spellings each, with composed and with decomposed
 * accents.
 */
enum { INK_CLASSES_SEEN_MAX = 2 * INK_MAX_CLASSES };

typedef struct ink_seen_class {
  char name[INK_CLASS_NAME_MAX];
  int number; /* its label in IDX files; -1: the name is that of a folder */
} ink_seen_class;

/* The classes of one role, in the order in which they were first seen. */
typedef struct ink_class_names {
  size_t count; /* INK_CLASSES_SEEN_MAX + 1: there were too many */
  ink_seen_class seen[INK_CLASSES_SEEN_MAX];
} ink_class_names;

/*
 * Returns the index of a class; adds it if it is new. INK_CLASSES_SEEN_MAX: there is no room left.
 */
size_t ink_class_index(ink_class_names *names, const char *name, size_t len, int number);

/* Makes the folder names the labels if all of them are whole numbers. */
void ink_classes_number(ink_class_names *names);

/*
 * Puts the classes of the training pictures into the data set: sorted by label if all have one,
 * otherwise as byte strings. index_of[i] becomes the index of the i-th class that was seen; classes
 * of the same name get the same index. INK_E_DATA: too many or too few classes.
 *
 * Example: the folders "seven", "one", "two" were seen in that order. Sorted: one, seven, two;
 * index_of = 1, 0, 2.
 */
ink_status ink_classes_sort(const ink_class_names *train, ink_dataset *dataset,
                            uint8_t index_of[INK_CLASSES_SEEN_MAX], ink_error *err);

/* Finds the classes of other pictures in the data set. INK_E_DATA: one is missing, or too many. */
ink_status ink_classes_find(const ink_class_names *names, const ink_dataset *dataset,
                            uint8_t index_of[INK_CLASSES_SEEN_MAX], ink_error *err);

#endif
