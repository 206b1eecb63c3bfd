/*
 * paths.h - what the path of a file says: its role, its class, and whether it is litter. Private to src/load.
 */
#ifndef INK_PATHS_H
#define INK_PATHS_H

#include "ink_data.h"

/* What the pictures of a folder are for. */
typedef enum ink_role {
  INK_TRAIN, /* training, train */
  INK_VALID, /* validation, valid, val */
  INK_TEST,  /* testing, test: takes the place of validation pictures where there are none */
  INK_ROLES  /* how many roles there are; also: none of them */
} ink_role;

typedef struct ink_component {
  const char *text; /* not terminated */
  size_t len;
} ink_component;

/* Behind the "./" that some programs put in front of each path. */
const char *ink_path_start(const char *path);

/* The last three components of a path: grandparent, parent, file. Missing ones are empty. */
void ink_path_last(const char *path, ink_component last[3]);

/*
 * Files and folders that systems and programs leave behind: a component of the path begins with a dot (`.` and `..`
 * apart) or is __MACOSX, or the file is Thumbs.db or desktop.ini.
 */
bool ink_path_is_litter(const char *path);

/* The role of the folder of that name, in upper or lower case; INK_ROLES: it has none. */
ink_role ink_role_of_folder(ink_component name);

/*
 * The role of an IDX file: of the words in its own name, or where that says nothing in the name of the nearest folder
 * that does. INK_ROLES: nothing says it.
 */
ink_role ink_role_of_idx(const char *path);

#endif
