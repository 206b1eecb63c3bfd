/*
 * idx_files.h - the IDX files of a load: their roles, which images belong to which labels, and EMNIST's list that
 * names their classes. Private to src/data/load.
 */
#ifndef INK_IDX_FILES_H
#define INK_IDX_FILES_H

#include "collection.h"
#include "idx.h"
#include "paths.h"

typedef struct ink_idx_file {
  uint8_t *bytes; /* NULL: there is none */
  ink_idx head;
  bool inside; /* in a folder or an archive: nobody named it as a source */
  char path[INK_PATH_MAX];
} ink_idx_file;

/* `<set>-mapping.txt`: lines of a label and the code of its character. */
typedef struct ink_idx_mapping {
  bool used;
  char name[INK_MAX_CLASSES]; /* the character of each label; 0: the list does not have it */
  char path[INK_PATH_MAX];
} ink_idx_mapping;

/* All zero: there are no files. */
typedef struct ink_idx_files {
  ink_idx_file file[INK_ROLES][2]; /* labels, images */
  ink_idx_mapping *mappings;       /* [n_mappings] */
  size_t n_mappings;
} ink_idx_files;

/*
 * Takes a whole file: the list then owns its bytes, and *bytes is NULL. Two files of a role with the same bytes
 * count as one.
 * INK_E_DATA: its path says no role, or there is a different file of that role.
 */
ink_status ink_idx_files_add(ink_idx_files *files, const char *path, bool inside,
                             const ink_idx *head, uint8_t **bytes, ink_error *err);

bool ink_idx_is_mapping(const char *path);
/* INK_E_DATA: the text is not such a list. */
ink_status ink_idx_files_add_mapping(ink_idx_files *files, const char *path, const uint8_t *text,
                                     size_t len, ink_error *err);

/* Adds the pictures of a role, if there are any, to the collection; their classes have numbers. */
ink_status ink_idx_files_merge(ink_idx_files *files, ink_role role, ink_collection *collection,
                               ink_error *err);

/* Frees the files of a role, or of all. */
void ink_idx_files_drop(ink_idx_files *files, ink_role role);
void ink_idx_files_free(ink_idx_files *files);

#endif
