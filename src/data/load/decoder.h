/*
 * decoder.h - a queue of the PNG files of a load, which are decoded together on all threads.
 * Private to src/data/load.
 */
#ifndef INK_DECODER_H
#define INK_DECODER_H

#include "paths.h"

/* A queued file. Its pointers are valid until the queue is flushed. */
typedef struct ink_queued_file {
  const char *path, *class_name; /* class_name: class_len bytes inside path */
  size_t class_len;
  ink_role role;
  ink_png png;
  uint8_t *memory, *grey; /* grey: [png.height][png.width] after decoding */
  ink_status status;      /* INK_OK, or the reason why there is no picture */
  ink_error why;
} ink_queued_file;

/* Receives a picture, or a file that has none. */
typedef ink_status ink_picture_callback(void *context, const ink_queued_file *file, ink_error *err);

/* A queue; all zero: empty. */
typedef struct ink_decoder {
  ink_queued_file *files;
  size_t count;
  ink_arena room; /* memory of all queued files */
} ink_decoder;

/*
 * Adds a file. If there is no room beside the queued ones, those are decoded first. `callback` gets
 * all files in the order in which they were added, with or without a picture, at the latest when
 * the queue is flushed. The bytes and the path are copied.
 *
 * INK_E_MEMORY, or the error of `callback`.
 */
ink_status ink_decoder_add(ink_decoder *decoder, const char *path, ink_role role,
                           const char *class_name, size_t class_len, const uint8_t *bytes,
                           size_t len, ink_picture_callback *callback, void *context,
                           ink_error *err);
/* Adds a file that has no picture, for a reason that is already known. */
ink_status ink_decoder_add_failed(ink_decoder *decoder, const char *path, const char *reason,
                                  ink_picture_callback *callback, void *context, ink_error *err);
/* Decodes all queued files and passes them to `callback`. */
ink_status ink_decoder_flush(ink_decoder *decoder, ink_picture_callback *callback, void *context,
                             ink_error *err);
void ink_decoder_free(ink_decoder *decoder);

#endif
