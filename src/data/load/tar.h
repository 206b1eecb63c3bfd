/*
 * tar.h - reads a tar archive from bytes that may be cut anywhere. Private to src/data/load.
 *
 * POSIX ustar, GNU long names, PAX path, linkpath and size. The archive ends with two blocks of
 * zeros, or between two entries: some programs write no zeros. An archive that stops within an
 * entry is cut short.
 *
 *   block of 512 bytes: header    (an L, K or x entry describes the entry that follows it)
 *   blocks: data, padded to 512
 *   ...
 *   two blocks of zeros
 *
 * state:  HEADER --512 bytes--> DATA --data and padding read--> HEADER
 *         HEADER --second block of zeros--> ENDED
 */
#ifndef INK_TAR_H
#define INK_TAR_H

#include "ink_data.h"

enum { INK_TAR_BLOCK = 512 };

/* The functions that are called for files. */
typedef struct ink_tar_callbacks {
  void *context;
  /* Called with a whole regular file. The bytes are valid during the call. */
  ink_status (*file)(void *context, const char *path, const uint8_t *bytes, size_t len,
                     ink_error *err);
  /* Called for a file that is skipped, with the reason. */
  ink_status (*skipped)(void *context, const char *path, const char *reason, ink_error *err);
} ink_tar_callbacks;

/* The kinds after INK_TAR_SKIP describe the entry that follows. */
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

/* A path for the next entry. */
typedef struct ink_tar_name {
  char text[INK_PATH_MAX];
  ink_tar_from from;
  bool too_long;
} ink_tar_name;

typedef struct ink_tar {
  ink_tar_callbacks user;
  /*
   * Called with the next piece, from byte `at` on, of a file of `size` bytes that is larger than
   * INK_FILE_MAX. NULL: such files are skipped.
   */
  ink_status (*piece)(void *context, const char *path, uint64_t size, uint64_t at,
                      const uint8_t *bytes, size_t len, ink_error *err);
  /*
   * Called for a hard link: `path` has the bytes of the earlier file `target`. NULL: links are
   * skipped.
   */
  ink_status (*link)(void *context, const char *path, const char *target, ink_error *err);
  enum { INK_TAR_HEADER, INK_TAR_DATA, INK_TAR_ENDED } state;
  uint64_t at; /* bytes read so far, for messages */
  uint8_t head[INK_TAR_BLOCK];
  size_t head_len;
  bool zero_block;

  /* The entry whose data are being read. */
  ink_tar_kind kind;
  uint64_t entries; /* so far, including those that describe others */
  char path[INK_PATH_MAX];
  uint64_t left, padding; /* bytes of it that are missing */
  uint64_t size;
  uint8_t *data; /* its bytes so far, if a push cut it */
  size_t data_len, data_capacity;

  /* From L, K and x entries, for the next entry. */
  ink_tar_name next_path, next_link;
  bool described; /* the last entry described the next one */
  bool has_size, sparse;
  uint64_t next_size;
} ink_tar;

/*
 * Returns whether a block looks like the header of an entry, or like the end of an empty archive.
 */
bool ink_tar_is_header(const uint8_t block[INK_TAR_BLOCK]);
ink_status ink_tar_push(ink_tar *tar, const uint8_t *bytes, size_t len, ink_error *err);
ink_status ink_tar_end(ink_tar *tar, ink_error *err);
void ink_tar_release(ink_tar *tar);

#endif
