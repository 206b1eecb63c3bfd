/*
 * decoder.h - PNG files of a load that wait to be decoded together, on all threads. Private to
 * src/data/load.
 */
#ifndef INK_DECODER_H
#define INK_DECODER_H

#include "paths.h"

/* A file that waits. What its pointers point to stays until the decoder is flushed. */
typedef struct ink_queued_file {
  const char *path, *class_name; /* class_name: class_len bytes within path */
  size_t class_len;
  ink_role role;
  ink_png png;
  uint8_t *memory, *grey; /* grey: [png.height][png.width] once it is decoded */
  ink_status status;      /* why there is no picture, or INK_OK */
  ink_error why;
} ink_queued_file;

/* What becomes of a picture. */
typedef ink_status ink_picture_callback(void *context, const ink_queued_file *file, ink_error *err);

/* All zero: empty. */
typedef struct ink_decoder {
  ink_queued_file *files;
  size_t count;
  ink_arena room; /* of all that waits */
} ink_decoder;

/*
 * One more file; those before it are decoded when there is no room beside them. `callback` gets all of
 * them in the order in which they were added, also those that are no picture, at the latest when
 * the decoder is flushed. The bytes and the path are copied.
 *
 * INK_E_MEMORY, or what `callback` returned.
 */
ink_status ink_decoder_add(ink_decoder *decoder, const char *path, ink_role role,
                           const char *class_name, size_t class_len, const uint8_t *bytes,
                           size_t len, ink_picture_callback *callback, void *context,
                           ink_error *err);
/* A file that is no picture, for a reason that is known already. */
ink_status ink_decoder_add_failed(ink_decoder *decoder, const char *path, const char *reason,
                                  ink_picture_callback *callback, void *context, ink_error *err);
ink_status ink_decoder_flush(ink_decoder *decoder, ink_picture_callback *callback, void *context,
                             ink_error *err);
void ink_decoder_free(ink_decoder *decoder);

#endif
