/*
 * loader.h - the state of a load, which loader.c (streams), files.c (single files) and finish.c
 * (the data set) share. Private to src/data/load.
 */
#ifndef INK_LOADER_H
#define INK_LOADER_H

#include "decoder.h"
#include "idx_files.h"
#include "tar.h"

typedef enum stream_kind {
  STREAM_NONE,
  STREAM_UNKNOWN, /* there are too few bytes yet */
  STREAM_TAR,
  STREAM_IDX,
  STREAM_FILE,  /* a picture, or anything else that is not an archive */
  STREAM_LITTER /* its bytes are not read */
} stream_kind;

/* A growing array of bytes. */
typedef struct ink_buffer {
  uint8_t *bytes;
  size_t len, capacity;
} ink_buffer;

/* An archive in a folder. Its pictures are not used if files beside it have the same role. */
typedef struct ink_inner_archive {
  char path[sizeof((ink_problem *)NULL)->path];
  size_t used[INK_ROLES];
} ink_inner_archive;

struct ink_loader {
  ink_load_report report;
  ink_collection pictures[INK_ROLES];
  ink_collection inner[INK_ROLES]; /* pictures of archives in folders */
  ink_idx_files idx;
  bool failed, settled, numbered;
  ink_decoder decoder;
  ink_inner_archive *archives;
  size_t n_archives;

  /* the stream that is open */
  stream_kind kind;
  char name[INK_PATH_MAX];
  bool name_too_long;
  bool inside; /* the stream is a file of a folder or of a zip archive */
  size_t stream_bytes;
  ink_buffer buffer; /* the first bytes of the stream, or all of an IDX file or a picture */
  ink_idx idx_head;
  ink_tar tar;

  /* A file in a tar archive that is too large for a picture and may be an IDX file. */
  ink_buffer large;
  ink_idx large_head;
  bool large_is_idx;
};

/* Copies at most `max` - 1 bytes, and never a part of a UTF-8 character. */
void ink_copy_cut(char *to, size_t max, const char *from);

/*
 * Fails with INK_E_STATE if the load has failed, or if a stream is open and should not be, or the
 * reverse.
 */
ink_status ink_load_check_state(const ink_loader *loader, bool open, ink_error *err);

/* ---- files.c ---- */

/* Counts and names a file that is not used. */
void ink_load_skip(ink_loader *loader, const char *path, const char *reason);
/* Does the same after the queued files that came before. `context` is the loader. */
ink_status ink_load_skip_in_turn(void *context, const char *path, const char *reason,
                                 ink_error *err);

/*
 * Appends bytes to a buffer.
 *   announced  the final size according to the header of an IDX file; 0: unknown
 *   name       for the message if there is no memory
 */
ink_status ink_buffer_append(ink_buffer *buffer, const uint8_t *bytes, size_t len, size_t announced,
                             const char *name, ink_error *err);

/*
 * Adds a file of an archive or a folder. An unusable file is skipped; lack of memory or a bad IDX
 * file fails.
 */
ink_status ink_load_add_file(void *context, const char *path, const uint8_t *bytes, size_t len,
                             ink_error *err);
/* Adds a hard link of a tar archive: a picture with the bytes of the earlier file `target`. */
ink_status ink_load_add_link(void *context, const char *path, const char *target, ink_error *err);
/* Adds a piece of a file in a tar archive that is larger than a picture may be (tar.h). */
ink_status ink_load_add_piece(void *context, const char *path, uint64_t size, uint64_t at,
                              const uint8_t *bytes, size_t len, ink_error *err);

/* Reads the header of an IDX file. The error names the file. */
ink_status ink_load_read_idx(const char *path, const uint8_t *bytes, size_t len, ink_idx *head,
                             ink_error *err);
/* Adds a whole IDX file and owns its bytes from then on. */
ink_status ink_load_add_idx(ink_loader *loader, const char *path, bool inside, const ink_idx *head,
                            ink_buffer *buffer, ink_error *err);

/* Decodes and adds all queued files. */
ink_status ink_load_flush(ink_loader *loader, ink_error *err);

#endif
