/*
 * decoder.c - see decoder.h. Files are small and many: some hundreds of them make a loop that is
 * worth waking threads for, and fit their cache.
 */
#include "decoder.h"

#include <string.h>

enum {
  FILES = 256,
  ROOM = 1024 << 10,
  PER_JOB = 4, /* files of a job */
};

/* Neither the copy of a file nor its picture fits the room: it has one of its own, as long as it is
 * decoded. */
static ink_status decode_alone(const ink_waiting *file, const uint8_t *bytes, size_t len,
                               ink_take_picture *take, void *context, ink_error *err)
{
  ink_waiting alone = *file;
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
  const ink_status status = take(context, &alone, err);
  ink_free(room);
  return status;
}

static void *take_room(ink_decoder *decoder, size_t len)
{
  return ink_arena_alloc(&decoder->room, len, 1);
}

/* False where there is no room for the path. */
static bool copy_path(ink_decoder *decoder, ink_waiting *file)
{
  const size_t len = strlen(file->path) + 1;
  char *path = take_room(decoder, len);
  if (!path)
    return false;
  memcpy(path, file->path, len);
  file->class_name = path + (file->class_name - file->path);
  file->path = path;
  return true;
}

/* False where there is no room for the file or its picture. */
static bool copy_file(ink_decoder *decoder, ink_waiting *file, const uint8_t *bytes, size_t len)
{
  uint8_t *own = take_room(decoder, len);
  if (!own)
    return false;
  if (len > 0) /* perhaps there is no memory of it at all */
    memcpy(own, bytes, len);
  file->status = ink_png_read(&file->png, own, len, &file->why);
  if (file->status != INK_OK)
    return true;
  file->grey = take_room(decoder, file->png.width * file->png.height);
  file->memory = take_room(decoder, ink_png_memory(&file->png));
  return file->grey && file->memory;
}

static ink_status prepare(ink_decoder *decoder, ink_error *err)
{
  if (decoder->files)
    return INK_OK;
  ink_waiting *files = ink_alloc(FILES * sizeof *files);
  uint8_t *room = ink_alloc(ROOM);
  if (!files || !room) {
    ink_free(files);
    ink_free(room);
    return ink_fail(err, INK_E_MEMORY, "not enough memory to decode pictures");
  }
  decoder->files = files;
  decoder->room = (ink_arena){.base = room, .capacity = ROOM};
  return INK_OK;
}

/* A place for a file that has a path of its own there, or NULL where there is no room beside the
 * others. */
static ink_waiting *place_for(ink_decoder *decoder, const ink_waiting *file)
{
  if (decoder->count == FILES)
    return NULL;
  ink_waiting *place = &decoder->files[decoder->count];
  *place = *file;
  return copy_path(decoder, place) ? place : NULL;
}

ink_status ink_decoder_add(ink_decoder *decoder, const char *path, ink_role role,
                           const char *class_name, size_t class_len, const uint8_t *bytes,
                           size_t len, ink_take_picture *take, void *context, ink_error *err)
{
  INK_TRY(prepare(decoder, err));
  const ink_waiting file = {
      .path = path, .class_name = class_name, .class_len = class_len, .role = role};
  for (int attempt = 0; attempt < 2; attempt++) {
    ink_waiting *place = place_for(decoder, &file);
    if (place && copy_file(decoder, place, bytes, len)) {
      decoder->count++;
      return INK_OK;
    }
    INK_TRY(ink_decoder_flush(decoder, take, context, err));
  }
  return decode_alone(&file, bytes, len, take, context, err);
}

ink_status ink_decoder_note(ink_decoder *decoder, const char *path, const char *reason,
                            ink_take_picture *take, void *context, ink_error *err)
{
  INK_TRY(prepare(decoder, err));
  ink_waiting file = {.path = path, .class_name = path};
  file.status = ink_fail(&file.why, INK_E_DATA, "%s", reason);
  ink_waiting *place = place_for(decoder, &file);
  if (place) {
    decoder->count++;
    return INK_OK;
  }
  INK_TRY(ink_decoder_flush(decoder, take, context, err));
  return take(context, &file, err);
}

static void decode(void *context, size_t index)
{
  ink_decoder *decoder = context;
  const size_t end = ink_min_size((index + 1) * PER_JOB, decoder->count);
  for (size_t i = index * PER_JOB; i < end; i++) {
    ink_waiting *file = &decoder->files[i];
    if (file->status == INK_OK)
      file->status = ink_png_decode(&file->png, file->memory, file->grey, &file->why);
  }
}

ink_status ink_decoder_flush(ink_decoder *decoder, ink_take_picture *take, void *context,
                             ink_error *err)
{
  const size_t count = decoder->count;
  ink_parallel_for((count + PER_JOB - 1) / PER_JOB, decode, decoder);
  decoder->count = 0;
  decoder->room.used = 0;
  decoder->room.overflow = false;
  for (size_t i = 0; i < count; i++)
    INK_TRY(take(context, &decoder->files[i], err));
  return INK_OK;
}

void ink_decoder_free(ink_decoder *decoder)
{
  ink_free(decoder->files);
  ink_free(decoder->room.base);
  *decoder = (ink_decoder){0};
}
