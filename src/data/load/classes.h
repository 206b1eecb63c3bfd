/*
 * classes.h - names of classes while a data set is loaded, and the order that they get. Private to src/data/load.
 */
#ifndef INK_CLASSES_H
#define INK_CLASSES_H

#include "ink_data.h"

/* The most classes, each spelt in two ways: composed and decomposed accents (see ink_loader_rename). */
enum { INK_CLASSES_SEEN_MAX = 2 * INK_MAX_CLASSES };

typedef struct ink_seen_class {
  char name[INK_CLASS_NAME_MAX];
  int number; /* the label that it has in IDX files; -1: it is the name of a folder */
} ink_seen_class;

/* The classes of one role in the order in which they were seen. */
typedef struct ink_class_names {
  size_t count; /* may be one more than can be kept: then there are too many */
  ink_seen_class seen[INK_CLASSES_SEEN_MAX];
} ink_class_names;

/* Returns the index of a class, which is added if it is new; INK_CLASSES_SEEN_MAX if there is no room left. */
size_t ink_class_index(ink_class_names *names, const char *name, size_t len, int number);

/* Takes folder names as labels if all names are whole numbers. */
void ink_classes_number(ink_class_names *names);

/*
 * Puts the classes of the training pictures into the data set: by their labels where all have one, else as byte
 * strings. index_of[i] is the index that the i-th one seen gets; classes of the same name get the same.
 * INK_E_DATA: too many or too few.
 */
ink_status ink_classes_sort(const ink_class_names *train, ink_dataset *dataset,
                            uint8_t index_of[INK_CLASSES_SEEN_MAX], ink_error *err);

/* Finds the places of the classes of other pictures. INK_E_DATA: a class is not in the data set, or too many. */
ink_status ink_classes_find(const ink_class_names *names, const ink_dataset *dataset,
                            uint8_t index_of[INK_CLASSES_SEEN_MAX], ink_error *err);

#endif
