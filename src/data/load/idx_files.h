/*
 * idx_files.h - the IDX files of a load: their roles, which labels belong to which images, and
 * EMNIST's lists of class names. Private to src/data/load.
 */
#ifndef INK_IDX_FILES_H
#define INK_IDX_FILES_H

#include "collection.h"
#include "idx.h"
#include "paths.h"

typedef struct ink_idx_file {
  uint8_t *bytes; /* NULL: there is none */
  ink_idx head;
  bool inside; /* in a folder or an archive, so no person chose it */
  char path[INK_PATH_MAX];
} ink_idx_file;

/* `<set>-mapping.txt`: lines with a label and the code of its character. */
typedef struct ink_idx_mapping {
  bool used;
  char name[INK_MAX_CLASSES]; /* the character of each label; 0: not in the list */
  char path[INK_PATH_MAX];
} ink_idx_mapping;

/* The IDX files; all zero: there are none. */
typedef struct ink_idx_files {
  ink_idx_file file[INK_ROLES][2]; /* labels, images */
  ink_idx_mapping *mappings;       /* [n_mappings] */
  size_t n_mappings;
} ink_idx_files;

/*
 * Adds a whole file and owns its bytes from then on; *bytes becomes NULL. Two files of a role with
 * the same bytes count as one. INK_E_DATA: its path names no role, or the role has a different file
 * already.
 */
ink_status ink_idx_files_add(ink_idx_files *files, const char *path, bool inside,
                             const ink_idx *head, uint8_t **bytes, ink_error *err);

/* Returns whether the path is that of an EMNIST list. */
bool ink_idx_is_mapping(const char *path);
/* Adds an EMNIST list. INK_E_DATA: the text is not such a list. */
ink_status ink_idx_files_add_mapping(ink_idx_files *files, const char *path, const uint8_t *text,
                                     size_t len, ink_error *err);

/* Adds the pictures of a role, if there are any, to the collection. Their classes have numbers. */
ink_status ink_idx_files_merge(ink_idx_files *files, ink_role role, ink_collection *collection,
                               ink_error *err);

/* Free the files of one role; of all roles. */
void ink_idx_files_drop(ink_idx_files *files, ink_role role);
void ink_idx_files_free(ink_idx_files *files);

#endif
