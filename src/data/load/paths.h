/*
 * paths.h - reads the role and the class of a file from its path, and whether it is litter. Private
 * to src/data/load.
 */
#ifndef INK_PATHS_H
#define INK_PATHS_H

#include "ink_data.h"

/* The role of a folder's pictures. */
typedef enum ink_role {
  INK_TRAIN, /* training, train */
  INK_VALID, /* validation, valid, val */
  INK_TEST,  /* testing, test: used as validation pictures if there are no others */
  INK_ROLES  /* the number of roles; also: no role */
} ink_role;

typedef struct ink_component {
  const char *text; /* not terminated */
  size_t len;
} ink_component;

/* Returns the path without the "./" that some programs put in front of each path. */
const char *ink_path_start(const char *path);

/*
 * Splits off the last three components of a path: grandparent, parent, file. Missing ones are
 * empty.
 */
void ink_path_last(const char *path, ink_component last[3]);

/*
 * Returns whether a file was left behind by a system or program: a component of its path begins
 * with a dot (other than `.` and `..`) or is __MACOSX, or the file is Thumbs.db or desktop.ini.
 */
bool ink_path_is_litter(const char *path);

/* Returns the role of a folder by its name, in upper or lower case; INK_ROLES if it has none. */
ink_role ink_role_of_folder(ink_component name);

/*
 * Returns the role of an IDX file. A word in its own name states it, or else in the name of the
 * nearest folder that has such a word. Returns INK_ROLES if no name states a role.
 */
ink_role ink_role_of_idx(const char *path);

#endif
