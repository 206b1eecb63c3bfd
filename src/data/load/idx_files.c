/*
 * idx_files.c - see idx_files.h.
 */
#include "idx_files.h"

#include <stdio.h>
#include <string.h>

static const char *const role_names[INK_ROLES] = {"training", "validation", "test"};
static const char *const kind_names[] = {"labels", "images"};

/* ---- files ---- */

void ink_idx_files_drop(ink_idx_files *files, ink_role role)
{
  for (int kind = 0; kind < 2; kind++) {
    ink_free(files->file[role][kind].bytes);
    files->file[role][kind].bytes = NULL;
  }
}

void ink_idx_files_free(ink_idx_files *files)
{
  for (ink_role role = 0; role < INK_ROLES; role++)
    ink_idx_files_drop(files, role);
  ink_free(files->mappings);
}

ink_status ink_idx_files_add(ink_idx_files *files, const char *path, bool inside,
                             const ink_idx *head, uint8_t **bytes, ink_error *err)
{
  const ink_role role = ink_role_of_idx(path);
  if (role == INK_ROLES)
    return ink_fail(err, INK_E_DATA,
                    "%.100s: IDX files are told apart by their names: 'train', 't10k', 'test' or "
                    "'val' must be in it",
                    path);
  ink_idx_file *file = &files->file[role][head->images];
  if (!file->bytes) {
    *file = (ink_idx_file){.bytes = *bytes, .head = *head, .inside = inside};
    memcpy(file->path, path, ink_min_size(strlen(path), sizeof file->path - 1));
    *bytes = NULL;
    return INK_OK;
  }
  if (file->head.file_bytes != head->file_bytes ||
      memcmp(file->bytes, *bytes, head->file_bytes) != 0)
    return ink_fail(
        err, INK_E_DATA,
        "two different IDX files of %s %s: %.160s and %.160s; open the files of one data set only",
        role_names[role], kind_names[head->images], file->path, path);
  file->inside &= inside;
  ink_free(*bytes);
  *bytes = NULL;
  return INK_OK;
}

/* ---- names of classes ---- */

static const char mapping_end[] = "-mapping.txt";

bool ink_idx_is_mapping(const char *path)
{
  const size_t len = strlen(path), end = sizeof mapping_end - 1;
  return len > end && strcmp(path + len - end, mapping_end) == 0;
}

/* Reads a number and moves *text behind it. Returns false if there is none. */
static bool read_number(const uint8_t **text, const uint8_t *end, size_t *number)
{
  const uint8_t *at = *text;
  while (at < end && (*at == ' ' || *at == '\t'))
    at++;
  const uint8_t *first = at;
  for (*number = 0; at < end && *at >= '0' && *at <= '9' && at - first < 4; at++)
    *number = 10 * *number + (size_t)(*at - '0');
  *text = at;
  return at > first;
}

/*
 * Reads lines such as "1 65 97": a label, the code of its character, and optionally that of its
 * small letter.
 */
static bool read_mapping(ink_idx_mapping *mapping, const uint8_t *text, size_t len)
{
  const uint8_t *end = text + len;
  while (text < end) {
    size_t label, code;
    if (read_number(&text, end, &label)) {
      if (!read_number(&text, end, &code) || label >= INK_MAX_CLASSES || code <= ' ' ||
          code >= 0x7f || mapping->name[label] ||
          memchr(mapping->name, (int)code, sizeof mapping->name))
        return false;
      mapping->name[label] = (char)code;
    }
    while (text < end && *text != '\n') {
      if (*text != ' ' && *text != '\t' && *text != '\r' && !(*text >= '0' && *text <= '9'))
        return false;
      text++;
    }
    text += text < end;
  }
  return true;
}

ink_status ink_idx_files_add_mapping(ink_idx_files *files, const char *path, const uint8_t *text,
                                     size_t len, ink_error *err)
{
  if (!ink_grow((void **)&files->mappings, files->n_mappings, files->n_mappings + 1,
                sizeof *files->mappings))
    return ink_fail(err, INK_E_MEMORY, "not enough memory for %.100s", path);
  ink_idx_mapping *mapping = &files->mappings[files->n_mappings];
  *mapping = (ink_idx_mapping){0};
  if (!read_mapping(mapping, text, len))
    return ink_fail(err, INK_E_DATA, "it is not a list of labels and characters");
  memcpy(mapping->path, path, ink_min_size(strlen(path), sizeof mapping->path - 1));
  files->n_mappings++;
  return INK_OK;
}

/*
 * Returns the list that names the labels of a file, or NULL: `emnist-letters-mapping.txt` belongs
 * to `emnist-letters-train-labels-idx1-ubyte`.
 */
static ink_idx_mapping *mapping_of(const ink_idx_files *files, const char *path)
{
  ink_component labels[3], list[3];
  ink_path_last(path, labels);
  for (size_t i = 0; i < files->n_mappings; i++) {
    ink_idx_mapping *mapping = &files->mappings[i];
    ink_path_last(mapping->path, list);
    const size_t len = list[2].len - (sizeof mapping_end - 1) + 1; /* including the dash */
    if (labels[2].len > len && memcmp(labels[2].text, list[2].text, len) == 0)
      return mapping;
  }
  return NULL;
}

/* ---- pictures ---- */

/*
 * Turns labels into class indices. A class is named by EMNIST's list, or by its number if there is
 * none.
 */
static ink_status name_labels(ink_class_names *names, uint8_t *labels, size_t count,
                              ink_idx_mapping *mapping, const char *role, ink_error *err)
{
  bool seen[INK_MAX_CLASSES] = {false};
  for (size_t i = 0; i < count; i++) {
    if (labels[i] >= INK_MAX_CLASSES)
      return ink_fail(err, INK_E_DATA, "IDX: %s label %zu is %u; %d classes are the limit", role, i,
                      labels[i], INK_MAX_CLASSES);
    seen[labels[i]] = true;
  }
  size_t classes[INK_MAX_CLASSES];
  for (int label = 0; label < INK_MAX_CLASSES; label++) {
    char name[12] = "";
    if (!seen[label])
      continue;
    if (mapping && mapping->name[label])
      name[0] = mapping->name[label];
    else
      snprintf(name, sizeof name, "%d", label);
    classes[label] = ink_class_index(names, name, strlen(name), label);
  }
  if (mapping)
    mapping->used = true;
  for (size_t i = 0; i < count; i++)
    labels[i] = (uint8_t)classes[labels[i]];
  return INK_OK;
}

static ink_status add_pictures(ink_collection *collection, ink_idx_file *images,
                               const uint8_t *labels, ink_error *err)
{
  const ink_idx *head = &images->head;
  uint8_t *picture = images->bytes + head->head_bytes;
  if (collection->count == 0 && head->width == INK_SIDE && head->height == INK_SIDE) {
    uint8_t *pixels =
        images->bytes; /* the pictures have the right size, so they stay in this memory */
    images->bytes = NULL;
    memmove(pixels, picture, head->count * INK_PIXELS);
    return ink_collection_adopt(collection, pixels, labels, head->count, err);
  }
  for (size_t i = 0; i < head->count; i++) {
    uint8_t *pixels;
    INK_TRY(ink_collection_add(collection, NULL, labels[i], &pixels, err));
    INK_TRY(ink_fit_to_square(picture, head->width, head->height, pixels, err));
    picture += head->height * head->width;
  }
  return INK_OK;
}

ink_status ink_idx_files_merge(ink_idx_files *files, ink_role role, ink_collection *collection,
                               ink_error *err)
{
  ink_idx_file *labels = &files->file[role][0], *images = &files->file[role][1];
  if (!labels->bytes && !images->bytes)
    return INK_OK;
  if (!labels->bytes || !images->bytes)
    return ink_fail(err, INK_E_DATA, "the IDX file of the %s %s is missing", role_names[role],
                    kind_names[labels->bytes != NULL]);
  if (labels->head.count != images->head.count)
    return ink_fail(err, INK_E_DATA, "IDX: %zu %s images, but %zu labels", images->head.count,
                    role_names[role], labels->head.count);
  uint8_t *label = labels->bytes + labels->head.head_bytes;
  INK_TRY(name_labels(&collection->names, label, labels->head.count,
                      mapping_of(files, labels->path), role_names[role], err));
  INK_TRY(add_pictures(collection, images, label, err));
  ink_idx_files_drop(files, role);
  return INK_OK;
}
