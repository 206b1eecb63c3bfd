/*
 * loader.c - streams in, a data set out. The first bytes of a stream decide its kind. Pictures go
 * to the collection of their role at once, so an archive is never held whole.
 */
#include "loader.h"

#include <string.h>

ink_status ink_loader_create(ink_loader **loader, ink_error *err)
{
  *loader = ink_alloc(sizeof **loader);
  return *loader ? INK_OK : ink_fail(err, INK_E_MEMORY, "not enough memory to load a data set");
}

void ink_loader_free(ink_loader *loader)
{
  if (!loader)
    return;
  for (ink_role role = 0; role < INK_ROLES; role++) {
    ink_collection_free(&loader->pictures[role]);
    ink_collection_free(&loader->inner[role]);
  }
  ink_idx_files_free(&loader->idx);
  ink_tar_release(&loader->tar);
  ink_decoder_free(&loader->decoder);
  ink_free(loader->archives);
  ink_free(loader->buffer.bytes);
  ink_free(loader->large.bytes);
  ink_free(loader);
}

static ink_status fail(ink_loader *loader, ink_status status)
{
  if (status != INK_OK)
    loader->failed = true;
  return status;
}

ink_status ink_load_check_state(const ink_loader *loader, bool open, ink_error *err)
{
  if (loader->failed)
    return ink_fail(err, INK_E_STATE, "this load has failed; start a new one");
  if (open != (loader->kind != STREAM_NONE))
    return ink_fail(err, INK_E_STATE, open ? "no stream is open" : "a stream is still open");
  return INK_OK;
}

ink_status ink_loader_begin(ink_loader *loader, const char *name, ink_error *err)
{
  INK_TRY(ink_load_check_state(loader, false, err));
  loader->inside = strchr(name, '/') != NULL;
  name = ink_path_start(name);
  loader->name_too_long = strlen(name) >= sizeof loader->name;
  ink_copy_cut(loader->name, sizeof loader->name, name);
  loader->kind =
      loader->inside && ink_path_is_litter(loader->name) ? STREAM_LITTER : STREAM_UNKNOWN;
  loader->stream_bytes = loader->buffer.len = 0;
  return INK_OK;
}

bool ink_loader_wants(const ink_loader *loader)
{
  return loader->kind != STREAM_LITTER;
}

static ink_status check_idx_size(const ink_loader *loader, size_t more, ink_error *err)
{
  const size_t announced = loader->idx_head.file_bytes;
  if (loader->buffer.len <= announced && more <= announced - loader->buffer.len)
    return INK_OK;
  return ink_fail(err, INK_E_DATA, "%.100s: IDX: more bytes than the %zu that the header announces",
                  loader->name, announced);
}

static ink_status push_idx(ink_loader *loader, const uint8_t *bytes, size_t len, ink_error *err)
{
  INK_TRY(check_idx_size(loader, len, err));
  return ink_buffer_append(&loader->buffer, bytes, len, loader->idx_head.file_bytes, loader->name,
                           err);
}

/*
 * Appends to a picture, which is kept whole. Bytes beyond the size limit of a picture are dropped.
 */
static ink_status push_file(ink_loader *loader, const uint8_t *bytes, size_t len, ink_error *err)
{
  if (len > INK_FILE_MAX - ink_min_size(loader->buffer.len, INK_FILE_MAX))
    return INK_OK;
  return ink_buffer_append(&loader->buffer, bytes, len, 0, loader->name, err);
}

static ink_status push_known(ink_loader *loader, const uint8_t *bytes, size_t len, ink_error *err)
{
  switch (loader->kind) {
  case STREAM_TAR:
    return ink_tar_push(&loader->tar, bytes, len, err);
  case STREAM_IDX:
    return push_idx(loader, bytes, len, err);
  case STREAM_LITTER:
    return INK_OK;
  default:
    return push_file(loader, bytes, len, err);
  }
}

/*
 * Opens an archive in a folder. Its pictures are counted, so that the report can name it if they
 * are not used.
 */
static ink_status open_inner_archive(ink_loader *loader, ink_error *err)
{
  INK_TRY(ink_load_flush(loader, err));
  if (!ink_grow((void **)&loader->archives, loader->n_archives, loader->n_archives + 1,
                sizeof *loader->archives))
    return ink_fail(err, INK_E_MEMORY, "not enough memory for %.100s", loader->name);
  ink_inner_archive *archive = &loader->archives[loader->n_archives++];
  *archive = (ink_inner_archive){0};
  ink_copy_cut(archive->path, sizeof archive->path, loader->name);
  return INK_OK;
}

static ink_status begin_tar(ink_loader *loader, ink_error *err)
{
  if (loader->inside)
    INK_TRY(open_inner_archive(loader, err));
  loader->kind = STREAM_TAR;
  uint8_t first[INK_TAR_BLOCK];
  memcpy(first, loader->buffer.bytes, sizeof first);
  loader->buffer.len = 0;
  uint8_t *buffer = loader->tar.data;
  const size_t capacity = loader->tar.data_capacity;
  loader->tar = (ink_tar){
      .user = {.context = loader, .file = ink_load_add_file, .skipped = ink_load_skip_in_turn},
      .piece = ink_load_add_piece,
      .link = ink_load_add_link,
      .data = buffer,
      .data_capacity = capacity,
  };
  return ink_tar_push(&loader->tar, first, sizeof first, err);
}

/* Decides the kind of the stream and passes on the bytes that were buffered for that. */
static ink_status detect_kind(ink_loader *loader, ink_error *err)
{
  const uint8_t *bytes = loader->buffer.bytes;
  const size_t len = loader->buffer.len;
  if (ink_idx_is_idx(bytes, len)) {
    INK_TRY(ink_load_read_idx(loader->name, bytes, len, &loader->idx_head, err));
    loader->kind = STREAM_IDX;
    return check_idx_size(loader, 0, err);
  }
  if (len >= INK_TAR_BLOCK && ink_tar_is_header(bytes))
    return begin_tar(loader, err);
  loader->kind = STREAM_FILE;
  return INK_OK;
}

static ink_status push(ink_loader *loader, const uint8_t *bytes, size_t len, ink_error *err)
{
  if (loader->kind == STREAM_UNKNOWN) {
    const size_t part = ink_min_size(INK_TAR_BLOCK - loader->buffer.len, len);
    INK_TRY(ink_buffer_append(&loader->buffer, bytes, part, 0, loader->name, err));
    if (loader->buffer.len < INK_TAR_BLOCK)
      return INK_OK;
    INK_TRY(detect_kind(loader, err));
    bytes += part;
    len -= part;
  }
  return push_known(loader, bytes, len, err);
}

ink_status ink_loader_push(ink_loader *loader, const uint8_t *bytes, size_t len, ink_error *err)
{
  INK_TRY(ink_load_check_state(loader, true, err));
  loader->report.bytes += len;
  loader->stream_bytes += len;
  return fail(loader, push(loader, bytes, len, err));
}

static ink_status end_file(ink_loader *loader, ink_error *err)
{
  ink_error kind;
  const char *why =
      loader->name_too_long                  ? "its path is too long"
      : loader->stream_bytes <= INK_FILE_MAX ? NULL
      : ink_is_other_file(loader->name, loader->buffer.bytes, loader->buffer.len, &kind)
          ? kind.text
          : "the file is larger than 32 MB";
  if (why && !ink_path_is_litter(loader->name))
    return ink_load_skip_in_turn(loader, loader->name, why, err);
  return ink_load_add_file(loader, loader->name, loader->buffer.bytes, loader->buffer.len, err);
}

static ink_status end_tar(ink_loader *loader, ink_error *err)
{
  INK_TRY(ink_tar_end(&loader->tar, err));
  return loader->inside ? ink_load_flush(loader, err) : INK_OK;
}

static ink_status end(ink_loader *loader, ink_error *err)
{
  if (loader->kind == STREAM_UNKNOWN)
    INK_TRY(detect_kind(loader, err));
  switch (loader->kind) {
  case STREAM_TAR:
    return end_tar(loader, err);
  case STREAM_IDX:
    return ink_load_add_idx(loader, loader->name, loader->inside, &loader->idx_head,
                            &loader->buffer, err);
  case STREAM_LITTER:
    loader->report.litter++;
    return INK_OK;
  default:
    return end_file(loader, err);
  }
}

ink_status ink_loader_end(ink_loader *loader, ink_error *err)
{
  INK_TRY(ink_load_check_state(loader, true, err));
  const ink_status status = end(loader, err);
  loader->kind = STREAM_NONE;
  return fail(loader, status);
}

ink_status ink_loader_skip(ink_loader *loader, const char *reason, ink_error *err)
{
  INK_TRY(ink_load_check_state(loader, true, err));
  const stream_kind kind = loader->kind;
  loader->kind = STREAM_NONE;
  if (kind == STREAM_TAR || kind == STREAM_IDX)
    return fail(loader, ink_fail(err, INK_E_DATA, "%.100s: %s", loader->name, reason));
  if (kind == STREAM_LITTER || ink_path_is_litter(loader->name)) {
    loader->report.litter++;
    return INK_OK;
  }
  return fail(loader, ink_load_skip_in_turn(loader, loader->name, reason, err));
}

void ink_loader_number_classes(ink_loader *loader)
{
  loader->numbered = true;
}

const ink_load_report *ink_loader_report(const ink_loader *loader)
{
  return &loader->report;
}
