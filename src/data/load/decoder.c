/*
 * decoder.c - see decoder.h. Files are small and many: some hundreds of them make a loop long
 * enough to use all threads, and fit the cache.
 */
#include "decoder.h"

#include <string.h>

enum {
  FILES_MAX = 256,
  ROOM_BYTES = 1024 << 10,
  FILES_PER_JOB = 4, /* files that a job decodes */
};

/* Decodes a file that does not fit the buffer, in memory of its own that is freed afterwards. */
static ink_status decode_alone(const ink_queued_file *file, const uint8_t *bytes, size_t len,
                               ink_picture_callback *callback, void *context, ink_error *err)
{
  ink_queued_file alone = *file;
  uint8_t *room = NULL;
  alone.status = ink_png_read(&alone.png, bytes, len, &alone.why);
  if (alone.status == INK_OK) {
    const size_t pixels = alone.png.width * alone.png.height;
    room = ink_alloc(pixels + ink_png_memory(&alone.png));
    if (!room)
      return ink_fail(err, INK_E_MEMORY, "not enough memory to decode a picture of %zu x %zu",
                      alone.png.width, alone.png.height);
    alone.grey = room;
    alone.status = ink_png_decode(&alone.png, room + pixels, room, &alone.why);
  }
  const ink_status status = callback(context, &alone, err);
  ink_free(room);
  return status;
}

static void *alloc_room(ink_decoder *decoder, size_t len)
{
  return ink_arena_alloc(&decoder->room, len, 1);
}

/* Copies the path into the buffer. Returns false if there is no room. */
static bool copy_path(ink_decoder *decoder, ink_queued_file *file)
{
  const size_t len = strlen(file->path) + 1;
  char *path = alloc_room(decoder, len);
  if (!path)
    return false;
  memcpy(path, file->path, len);
  file->class_name = path + (file->class_name - file->path);
  file->path = path;
  return true;
}

/* Copies the file and allocates its picture in the buffer. Returns false if there is no room. */
static bool copy_file(ink_decoder *decoder, ink_queued_file *file, const uint8_t *bytes, size_t len)
{
  uint8_t *own = alloc_room(decoder, len);
  if (!own)
    return false;
  if (len > 0) /* `bytes` may be NULL for an empty file */
    memcpy(own, bytes, len);
  file->status = ink_png_read(&file->png, own, len, &file->why);
  if (file->status != INK_OK)
    return true;
  file->grey = alloc_room(decoder, file->png.width * file->png.height);
  file->memory = alloc_room(decoder, ink_png_memory(&file->png));
  return file->grey && file->memory;
}

static ink_status allocate(ink_decoder *decoder, ink_error *err)
{
  if (decoder->files)
    return INK_OK;
  ink_queued_file *files = ink_alloc(FILES_MAX * sizeof *files);
  uint8_t *room = ink_alloc(ROOM_BYTES);
  if (!files || !room) {
    ink_free(files);
    ink_free(room);
    return ink_fail(err, INK_E_MEMORY, "not enough memory to decode pictures");
  }
  decoder->files = files;
  decoder->room = (ink_arena){.base = room, .capacity = ROOM_BYTES};
  return INK_OK;
}

/*
 * Returns a slot for a file, with the path copied, or NULL if there is no room beside the others.
 */
static ink_queued_file *queue_slot(ink_decoder *decoder, const ink_queued_file *file)
{
  if (decoder->count == FILES_MAX)
    return NULL;
  ink_queued_file *slot = &decoder->files[decoder->count];
  *slot = *file;
  return copy_path(decoder, slot) ? slot : NULL;
}

ink_status ink_decoder_add(ink_decoder *decoder, const char *path, ink_role role,
                           const char *class_name, size_t class_len, const uint8_t *bytes,
                           size_t len, ink_picture_callback *callback, void *context,
                           ink_error *err)
{
  INK_TRY(allocate(decoder, err));
  const ink_queued_file file = {
      .path = path, .class_name = class_name, .class_len = class_len, .role = role};
  for (int attempt = 0; attempt < 2; attempt++) {
    ink_queued_file *slot = queue_slot(decoder, &file);
    if (slot && copy_file(decoder, slot, bytes, len)) {
      decoder->count++;
      return INK_OK;
    }
    INK_TRY(ink_decoder_flush(decoder, callback, context, err));
  }
  return decode_alone(&file, bytes, len, callback, context, err);
}

ink_status ink_decoder_add_failed(ink_decoder *decoder, const char *path, const char *reason,
                                  ink_picture_callback *callback, void *context, ink_error *err)
{
  INK_TRY(allocate(decoder, err));
  ink_queued_file file = {.path = path, .class_name = path};
  file.status = ink_fail(&file.why, INK_E_DATA, "%s", reason);
  ink_queued_file *slot = queue_slot(decoder, &file);
  if (slot) {
    decoder->count++;
    return INK_OK;
  }
  INK_TRY(ink_decoder_flush(decoder, callback, context, err));
  return callback(context, &file, err);
}

static void decode(void *context, size_t index)
{
  ink_decoder *decoder = context;
  const size_t end = ink_min_size((index + 1) * FILES_PER_JOB, decoder->count);
  for (size_t i = index * FILES_PER_JOB; i < end; i++) {
    ink_queued_file *file = &decoder->files[i];
    if (file->status == INK_OK)
      file->status = ink_png_decode(&file->png, file->memory, file->grey, &file->why);
  }
}

ink_status ink_decoder_flush(ink_decoder *decoder, ink_picture_callback *callback, void *context,
                             ink_error *err)
{
  const size_t count = decoder->count;
  ink_parallel_for((count + FILES_PER_JOB - 1) / FILES_PER_JOB, decode, decoder);
  decoder->count = 0;
  decoder->room.used = 0;
  decoder->room.overflow = false;
  for (size_t i = 0; i < count; i++)
    INK_TRY(callback(context, &decoder->files[i], err));
  return INK_OK;
}

void ink_decoder_free(ink_decoder *decoder)
{
  ink_free(decoder->files);
  ink_free(decoder->room.base);
  *decoder = (ink_decoder){0};
}
