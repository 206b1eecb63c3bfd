/* files.c - adds one file of a load: its path and its bytes decide its kind and its role. */
#include "loader.h"

#include <string.h>

/* ---- the report ---- */

/* Copies at most `max` - 1 bytes, and never a part of a UTF-8 character. */
void ink_copy_cut(char *to, size_t max, const char *from)
{
  size_t len = strlen(from);
  if (len >= max) {
    len = max - 1;
    while (len > 0 && ((uint8_t)from[len] & 0xc0) == 0x80)
      len--;
  }
  memcpy(to, from, len);
  to[len] = 0;
}

void ink_load_skip(ink_loader *loader, const char *path, const char *reason)
{
  ink_load_report *report = &loader->report;
  report->skipped++;
  if (report->n_problems == INK_PROBLEMS_NAMED)
    return;
  ink_problem *problem = &report->problems[report->n_problems++];
  ink_copy_cut(problem->path, sizeof problem->path, path);
  ink_copy_cut(problem->reason, sizeof problem->reason, reason);
}

/* ---- bytes that are kept ---- */

/* The most memory that is reserved at once for an IDX file: its header may state a wrong size. */
enum { RESERVE_MAX_BYTES = 32 << 20 };

/* announced: the size in bytes that the header of an IDX file states; 0: unknown */
ink_status ink_buffer_append(ink_buffer *buffer, const uint8_t *bytes, size_t len, size_t announced,
                             const char *name, ink_error *err)
{
  if (len == 0) /* the buffer may have no memory yet */
    return INK_OK;
  if (len > buffer->capacity - buffer->len) {
    size_t capacity = buffer->capacity ? buffer->capacity : 4096;
    if (announced && capacity < RESERVE_MAX_BYTES) /* growing means copying */
      capacity = RESERVE_MAX_BYTES;
    while (capacity - buffer->len < len)
      capacity *= 2;
    if (announced && capacity > announced)
      capacity = announced;
    uint8_t *grown = ink_realloc(buffer->bytes, buffer->len, capacity);
    if (!grown)
      return ink_fail(err, INK_E_MEMORY, "not enough memory for %.100s", name);
    buffer->bytes = grown;
    buffer->capacity = capacity;
  }
  memcpy(buffer->bytes + buffer->len, bytes, len);
  buffer->len += len;
  return INK_OK;
}

/* ---- one file ---- */

static ink_status add_picture(ink_collection *collection, const ink_queued_file *file,
                              ink_error *err)
{
  uint8_t *pixels;
  const size_t label = ink_class_index(&collection->names, file->class_name, file->class_len, -1);
  INK_TRY(ink_collection_add(collection, file->path, label, &pixels, err));
  const ink_status status =
      ink_fit_to_square(file->grey, file->png.width, file->png.height, pixels, err);
  if (status != INK_OK)
    ink_collection_remove_last(collection);
  return status;
}

/*
 * Returns whether the open stream is an archive in a folder. The queue then holds files of this
 * stream only.
 */
static bool is_inner_archive(const ink_loader *loader)
{
  return loader->kind == STREAM_TAR && loader->inside;
}

static void count_added(ink_loader *loader, ink_role role)
{
  *(role == INK_TRAIN ? &loader->report.train : &loader->report.valid) += 1;
  if (is_inner_archive(loader))
    loader->archives[loader->n_archives - 1].used[role]++;
}

/*
 * Adds a decoded picture. A file without a picture, or one picture too many, is skipped.
 * INK_E_MEMORY only.
 */
static ink_status add_decoded(void *context, const ink_queued_file *file, ink_error *err)
{
  ink_loader *loader = context;
  if (file->status != INK_OK) {
    ink_load_skip(loader, file->path, file->why.text);
    return INK_OK;
  }
  ink_error why;
  const ink_status status = add_picture(
      &(is_inner_archive(loader) ? loader->inner : loader->pictures)[file->role], file, &why);
  if (status == INK_E_MEMORY)
    return ink_fail(err, status, "%s", why.text);
  if (status != INK_OK) {
    ink_load_skip(loader, file->path, why.text);
    return INK_OK;
  }
  count_added(loader, file->role);
  return INK_OK;
}

/* Skips a file, but after the queued files that came before it. */
ink_status ink_load_skip_in_turn(void *context, const char *path, const char *reason,
                                 ink_error *err)
{
  ink_loader *loader = context;
  return ink_decoder_add_failed(&loader->decoder, path, reason, add_decoded, loader, err);
}

/*
 * Returns a clause that names the kind of a file that is not a picture; NULL for a picture or an
 * unknown kind.
 */
static const char *non_picture_kind(const uint8_t *bytes, size_t len, bool in_tar)
{
  const struct {
    const char *start;
    size_t len;
    const char *what;
  } kinds[] = {
      {"\x1f\x8b", 2,
       in_tar ? "it is gzip inside an archive; unpack the archive and open its folder"
              : "it is gzip inside gzip"},
      {"PK\x03\x04", 4, "it is a zip archive inside a folder or an archive; open it by itself"},
      {"<", 1, "it is a page or text, not an archive or a picture"},
  };
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
    if (len >= kinds[i].len && memcmp(bytes, kinds[i].start, kinds[i].len) == 0)
      return kinds[i].what;
  if (len >= INK_TAR_BLOCK && bytes[0] != 0 && ink_tar_is_header(bytes))
    return "it is an archive inside an archive; unpack that and open what comes out";
  return NULL;
}

static ink_status add_mapping(ink_loader *loader, const char *path, const uint8_t *bytes,
                              size_t len, ink_error *err)
{
  ink_error why;
  const ink_status status = ink_idx_files_add_mapping(&loader->idx, path, bytes, len, &why);
  if (status == INK_E_MEMORY)
    return ink_fail(err, status, "%s", why.text);
  return status == INK_OK ? INK_OK : ink_load_skip_in_turn(loader, path, why.text, err);
}

ink_status ink_load_read_idx(const char *path, const uint8_t *bytes, size_t len, ink_idx *head,
                             ink_error *err)
{
  ink_error why;
  const ink_status status = ink_idx_read(bytes, len, head, &why);
  return status == INK_OK ? INK_OK : ink_fail(err, status, "%.100s: %s", path, why.text);
}

ink_status ink_load_add_idx(ink_loader *loader, const char *path, bool inside, const ink_idx *head,
                            ink_buffer *buffer, ink_error *err)
{
  if (buffer->len != head->file_bytes)
    return ink_fail(err, INK_E_DATA,
                    "%.100s: IDX: the header announces %zu bytes, the file has %zu", path,
                    head->file_bytes, buffer->len);
  INK_TRY(ink_idx_files_add(&loader->idx, path, inside, head, &buffer->bytes, err));
  buffer->len = buffer->capacity = 0;
  if (head->images)
    *(ink_role_of_idx(path) == INK_TRAIN ? &loader->report.train : &loader->report.valid) +=
        head->count;
  return INK_OK;
}

/* Adds an IDX file from a copy of its bytes. */
static ink_status copy_idx(ink_loader *loader, const char *path, const uint8_t *bytes, size_t len,
                           ink_error *err)
{
  ink_idx head;
  INK_TRY(ink_load_read_idx(path, bytes, len, &head, err));
  ink_buffer copy = {0};
  INK_TRY(ink_buffer_append(&copy, bytes, len, len, path, err));
  const ink_status status = ink_load_add_idx(loader, path, true, &head, &copy, err);
  ink_free(copy.bytes);
  return status;
}

/* Decides what a large file in a tar archive is, from its first bytes. It may be an IDX file. */
static ink_status detect_large(ink_loader *loader, const char *path, uint64_t size, ink_error *err)
{
  const ink_buffer *buffer = &loader->large;
  loader->large_is_idx = !ink_path_is_litter(path) && ink_idx_is_idx(buffer->bytes, buffer->len);
  if (ink_path_is_litter(path)) {
    loader->report.litter++;
    return INK_OK;
  }
  if (!loader->large_is_idx)
    return ink_load_skip_in_turn(loader, path, "the file is larger than 32 MB", err);
  INK_TRY(ink_load_read_idx(path, buffer->bytes, buffer->len, &loader->large_head, err));
  if (loader->large_head.file_bytes != size)
    return ink_fail(err, INK_E_DATA,
                    "%.100s: IDX: the header announces %zu bytes, the file has %llu", path,
                    loader->large_head.file_bytes, (unsigned long long)size);
  return INK_OK;
}

/* Adds a piece of a file in a tar archive that is too large for a picture. */
ink_status ink_load_add_piece(void *context, const char *path, uint64_t size, uint64_t at,
                              const uint8_t *bytes, size_t len, ink_error *err)
{
  ink_loader *loader = context;
  ink_buffer *buffer = &loader->large;
  path = ink_path_start(path);
  if (at == 0)
    buffer->len = 0;
  if (at < INK_IDX_HEAD) {
    const size_t part = ink_min_size(INK_IDX_HEAD - (size_t)at, len);
    INK_TRY(ink_buffer_append(buffer, bytes, part, 0, path, err));
    if (buffer->len < INK_IDX_HEAD)
      return INK_OK;
    INK_TRY(detect_large(loader, path, size, err));
    at += part;
    bytes += part;
    len -= part;
  }
  if (!loader->large_is_idx)
    return INK_OK;
  INK_TRY(ink_buffer_append(buffer, bytes, len, loader->large_head.file_bytes, path, err));
  return at + len == size ? ink_load_add_idx(loader, path, true, &loader->large_head, buffer, err)
                          : INK_OK;
}

/*
 * Reads the role and the class of a picture from its path. Returns NULL, or a clause that says why
 * there is none.
 */
static const char *find_class(const char *path, ink_role *role, ink_component *class_name)
{
  ink_component last[3];
  ink_path_last(path, last);
  *role = ink_role_of_folder(last[0]);
  *class_name = last[1];
  if (*role == INK_ROLES)
    return "it is in no folder <training or testing>/<class>";
  if (!ink_is_class_name(last[1].text, last[1].len))
    return "the name of its folder cannot be a class: it is too long or no text";
  return NULL;
}

/* Adds a file of an archive or a folder. A file that cannot be used is skipped. */
ink_status ink_load_add_file(void *context, const char *path, const uint8_t *bytes, size_t len,
                             ink_error *err)
{
  ink_loader *loader = context;
  path = ink_path_start(path);
  if (ink_path_is_litter(path)) {
    loader->report.litter++;
    return INK_OK;
  }
  if (ink_idx_is_idx(bytes, len))
    return copy_idx(loader, path, bytes, len, err);
  if (ink_idx_is_mapping(path))
    return add_mapping(loader, path, bytes, len, err);
  const char *other = non_picture_kind(bytes, len, loader->kind == STREAM_TAR);
  if (other)
    return ink_load_skip_in_turn(loader, path, other, err);
  ink_role role;
  ink_component class_name;
  ink_error kind;
  const char *why = find_class(path, &role, &class_name);
  if (why)
    return ink_load_skip_in_turn(loader, path,
                                 ink_is_other_file(path, bytes, len, &kind) ? kind.text : why, err);
  return ink_decoder_add(&loader->decoder, path, role, class_name.text, class_name.len, bytes, len,
                         add_decoded, loader, err);
}

/* Finds the picture that a hard link points to. *index is SIZE_MAX if there is none. */
static ink_status find_target(ink_loader *loader, const char *target,
                              const ink_collection **collection, size_t *index, ink_error *err)
{
  ink_collection *all = is_inner_archive(loader) ? loader->inner : loader->pictures;
  *index = SIZE_MAX;
  for (ink_role role = 0; role < INK_ROLES && *index == SIZE_MAX; role++) {
    INK_TRY(ink_collection_find(&all[role], target, index, err));
    *collection = &all[role];
  }
  return INK_OK;
}

static ink_status copy_picture(ink_loader *loader, const char *path, ink_role role,
                               ink_component class_name, const ink_collection *from, size_t index,
                               ink_error *err)
{
  ink_collection *to = &(is_inner_archive(loader) ? loader->inner : loader->pictures)[role];
  uint8_t *pixels;
  const size_t label = ink_class_index(&to->names, class_name.text, class_name.len, -1);
  INK_TRY(ink_collection_add(to, path, label, &pixels, err));
  memcpy(pixels, from->pixels + index * INK_PIXELS,
         INK_PIXELS); /* `from` may have been moved by the addition */
  count_added(loader, role);
  return INK_OK;
}

ink_status ink_load_add_link(void *context, const char *path, const char *target, ink_error *err)
{
  ink_loader *loader = context;
  path = ink_path_start(path);
  target = ink_path_start(target);
  if (ink_path_is_litter(path)) {
    loader->report.litter++;
    return INK_OK;
  }
  ink_role role;
  ink_component class_name;
  const char *why = find_class(path, &role, &class_name);
  if (why)
    return ink_load_skip_in_turn(loader, path, why, err);
  INK_TRY(ink_load_flush(loader, err)); /* the file may be queued */
  const ink_collection *from = NULL;
  size_t index;
  INK_TRY(find_target(loader, target, &from, &index, err));
  if (index == SIZE_MAX) {
    ink_error reason;
    ink_fail(&reason, INK_E_DATA, "a link to %.80s, which is not a picture earlier in the archive",
             target);
    return ink_load_skip_in_turn(loader, path, reason.text, err);
  }
  ink_error full;
  const ink_status status = copy_picture(loader, path, role, class_name, from, index, &full);
  if (status == INK_E_MEMORY)
    return ink_fail(err, status, "%s", full.text);
  return status == INK_OK ? INK_OK : ink_load_skip_in_turn(loader, path, full.text, err);
}

ink_status ink_load_flush(ink_loader *loader, ink_error *err)
{
  return ink_decoder_flush(&loader->decoder, add_decoded, loader, err);
}
