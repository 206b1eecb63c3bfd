/*
 * tar.h - a tar archive as a machine that is fed bytes, cut anywhere; private to src/data/load.
 *
 * POSIX ustar, GNU long names, PAX path, linkpath and size. The end is two blocks of zeros, or the end of the bytes
 * between two entries: some programs write no zeros. An archive that stops within an entry has been cut short.
 */
#ifndef INK_TAR_H
#define INK_TAR_H

#include "ink_data.h"

enum { INK_TAR_BLOCK = 512 };

/* Whom the machine tells. */
typedef struct ink_tar_callbacks {
  void *context;
  /* A regular file, whole. The bytes are valid during the call. */
  ink_status (*file)(void *context, const char *path, const uint8_t *bytes, size_t len,
                     ink_error *err);
  /* A file that had to be passed over, and why. */
  ink_status (*skipped)(void *context, const char *path, const char *reason, ink_error *err);
} ink_tar_callbacks;

/* The kinds after INK_TAR_SKIP describe the entry that follows them. */
typedef enum ink_tar_kind {
  INK_TAR_FILE,
  INK_TAR_LARGE, /* a file that is passed on in pieces */
  INK_TAR_LINK,  /* a hard link */
  INK_TAR_SKIP,
  INK_TAR_LONG_NAME,
  INK_TAR_LONG_LINK,
  INK_TAR_PAX
} ink_tar_kind;

typedef enum ink_tar_from {
  INK_TAR_FROM_HEADER,
  INK_TAR_FROM_LONG_NAME,
  INK_TAR_FROM_PAX
} ink_tar_from;

/* A path that stands before the entry that it belongs to. */
typedef struct ink_tar_name {
  char text[INK_PATH_MAX];
  ink_tar_from from;
  bool too_long;
} ink_tar_name;

typedef struct ink_tar {
  ink_tar_callbacks user;
  /* The next piece of a file of `size` bytes that is larger than INK_FILE_MAX, from byte `at` on; context as above.
   * NULL: such files are passed over. */
  ink_status (*piece)(void *context, const char *path, uint64_t size, uint64_t at,
                      const uint8_t *bytes, size_t len, ink_error *err);
  /* A hard link: `path` has the bytes of the file `target`, which came before. NULL: links are passed over. */
  ink_status (*link)(void *context, const char *path, const char *target, ink_error *err);
  enum { INK_TAR_HEADER, INK_TAR_DATA, INK_TAR_ENDED } state;
  uint64_t at; /* bytes read, for messages */
  uint8_t head[INK_TAR_BLOCK];
  size_t head_len;
  bool zero_block;

  /* the entry whose data are being read */
  ink_tar_kind kind;
  uint64_t entries; /* so far, with those that describe others */
  char path[INK_PATH_MAX];
  uint64_t left, padding; /* bytes of it to come */
  uint64_t size;
  uint8_t *data; /* what of it has come, when it was cut by a push */
  size_t data_len, data_capacity;

  /* from L, K and x entries; they apply to the next entry */
  ink_tar_name next_path, next_link;
  bool described; /* the last entry was of such a kind */
  bool has_size, sparse;
  uint64_t next_size;
} ink_tar;

/* True when a block looks like the header of an entry, or (empty archive) like the end. */
bool ink_tar_is_header(const uint8_t block[INK_TAR_BLOCK]);
ink_status ink_tar_push(ink_tar *tar, const uint8_t *bytes, size_t len, ink_error *err);
ink_status ink_tar_end(ink_tar *tar, ink_error *err);
void ink_tar_release(ink_tar *tar);

#endif
