/*
 * loader.c - streams in, a data set out. What a stream is is told by its first bytes; pictures go
 * to the collection of their split at once, so no archive is ever held whole.
 */
#include "collection.h"
#include "decoder.h"
#include "idx.h"
#include "tar.h"

#include <stdio.h>
#include <string.h>

enum { TRAIN, VALID, SPLITS };
typedef enum stream_kind {
  STREAM_NONE,
  STREAM_UNKNOWN, /* too few bytes yet */
  STREAM_TAR,
  STREAM_IDX,
  STREAM_FILE /* a picture, or anything else that is not an archive */
} stream_kind;

typedef struct idx_file {
  uint8_t *bytes;
  ink_idx head;
} idx_file;

struct ink_loader {
  ink_load_report report;
  ink_collection split[SPLITS];
  idx_file idx[SPLITS][2]; /* labels, images */
  bool failed;
  ink_decoder decoder;

  /* the stream that is open */
  stream_kind kind;
  char name[INK_PATH_MAX];
  bool name_too_long;
  size_t stream_bytes;
  uint8_t *held; /* its first bytes, or all of an IDX file or a picture */
  size_t held_len, held_capacity;
  ink_idx idx_head;
  ink_tar tar;
};

/* ---- the report ---- */

/* At most `max` - 1 bytes, not ending inside a UTF-8 character. */
static void copy_cut(char *to, size_t max, const char *from)
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

static void skip(ink_loader *loader, const char *path, const char *reason)
{
  ink_load_report *report = &loader->report;
  report->skipped++;
  if (report->n_problems == INK_PROBLEMS_NAMED)
    return;
  ink_problem *problem = &report->problems[report->n_problems++];
  copy_cut(problem->path, sizeof problem->path, path);
  copy_cut(problem->reason, sizeof problem->reason, reason);
}

static void skip_duplicate(void *context, const char *path)
{
  skip(context, path, "there is a picture of the same path already");
}

/* ---- one picture ---- */

static bool same_word(const char *text, size_t len, const char *word)
{
  if (strlen(word) != len)
    return false;
  for (size_t i = 0; i < len; i++) {
    const char c = text[i];
    if ((c >= 'A' && c <= 'Z' ? c + 'a' - 'A' : c) != word[i])
      return false;
  }
  return true;
}

/* SPLITS when the folder's name is no split's. */
static int split_named(const char *name, size_t len)
{
  static const struct {
    const char *name;
    int split;
  } names[] = {{"training", TRAIN}, {"train", TRAIN},      {"testing", VALID}, {"test", VALID},
               {"valid", VALID},    {"validation", VALID}, {"val", VALID}};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (same_word(name, len, names[i].name))
      return names[i].split;
  return SPLITS;
}

typedef struct component {
  const char *text;
  size_t len;
} component;

/* The last three components of a path: grandparent, parent, file. Missing ones are empty. */
static void last_components(const char *path, component last[3])
{
  size_t end = strlen(path);
  for (int i = 2; i >= 0; i--) {
    size_t start = end;
    while (start > 0 && path[start - 1] != '/')
      start--;
    last[i] = (component){path + start, end - start};
    end = start > 0 ? start - 1 : 0;
  }
}

/* Folders and files that operating systems leave behind; nobody needs to hear of them. */
static bool is_litter(const char *path, component file)
{
  return file.len == 0 || file.text[0] == '.' || strstr(path, "__MACOSX/") != NULL ||
         same_word(file.text, file.len, "thumbs.db");
}

static ink_status add_picture(ink_collection *collection, const ink_waiting *file, ink_error *err)
{
  uint8_t *pixels;
  const size_t label = ink_class_index(&collection->names, file->class_name, file->class_len);
  INK_TRY(ink_collection_add(collection, file->path, label, &pixels, err));
  const ink_status status =
      ink_fit_to_square(file->grey, file->png.width, file->png.height, pixels, err);
  if (status != INK_OK)
    ink_collection_undo(collection);
  return status;
}

/* What is no picture, or one too many, is noted; only a lack of memory fails. */
static ink_status take_picture(void *context, const ink_waiting *file, ink_error *err)
{
  ink_loader *loader = context;
  if (file->status != INK_OK) {
    skip(loader, file->path, file->why.text);
    return INK_OK;
  }
  ink_error why;
  const ink_status status = add_picture(&loader->split[file->split], file, &why);
  if (status == INK_E_MEMORY)
    return ink_fail(err, status, "%s", why.text);
  if (status != INK_OK)
    skip(loader, file->path, why.text);
  else
    *(file->split == TRAIN ? &loader->report.train : &loader->report.valid) += 1;
  return INK_OK;
}

/* In its turn, as if it had been decoded. */
static ink_status pass_over(void *context, const char *path, const char *reason, ink_error *err)
{
  ink_loader *loader = context;
  return ink_decoder_note(&loader->decoder, path, reason, take_picture, loader, err);
}

/* A file of an archive or a folder. What cannot be used is noted. */
static ink_status take_file(void *context, const char *path, const uint8_t *bytes, size_t len,
                            ink_error *err)
{
  ink_loader *loader = context;
  while (path[0] == '.' && path[1] == '/')
    path += 2;
  component last[3];
  last_components(path, last);
  if (is_litter(path, last[2]))
    return INK_OK;
  const int split = split_named(last[0].text, last[0].len);
  if (split == SPLITS)
    return pass_over(loader, path, "it is in no folder <training or testing>/<class>", err);
  if (!ink_is_class_name(last[1].text, last[1].len))
    return pass_over(loader, path,
                     "the name of its folder cannot be a class: it is too long or no text", err);
  return ink_decoder_add(&loader->decoder, path, split, last[1].text, last[1].len, bytes, len,
                         take_picture, loader, err);
}

/* ---- IDX ---- */

static bool name_contains(const char *name, const char *word)
{
  const size_t len = strlen(word);
  for (; *name; name++)
    if (strlen(name) >= len && same_word(name, len, word))
      return true;
  return false;
}

static ink_status end_idx(ink_loader *loader, ink_error *err)
{
  const ink_idx *head = &loader->idx_head;
  const char *name = loader->name;
  if (loader->held_len < INK_IDX_HEAD)
    INK_TRY(ink_idx_read(loader->held, loader->held_len, &loader->idx_head, err));
  if (loader->held_len != head->file_bytes)
    return ink_fail(err, INK_E_DATA,
                    "%.100s: IDX: the header announces %zu bytes, the file has %zu", name,
                    head->file_bytes, loader->held_len);
  const int split = name_contains(name, "train")                                 ? TRAIN
                    : name_contains(name, "t10k") || name_contains(name, "test") ? VALID
                                                                                 : SPLITS;
  if (split == SPLITS)
    return ink_fail(
        err, INK_E_DATA,
        "%.100s: IDX files are told apart by their names: 'train' or 't10k' must be in it", name);
  idx_file *file = &loader->idx[split][head->images];
  if (file->bytes)
    return ink_fail(err, INK_E_DATA, "%.100s: a second IDX file of the same kind", name);
  *file = (idx_file){loader->held, *head};
  loader->held = NULL;
  loader->held_capacity = 0;
  *(split == TRAIN ? &loader->report.train : &loader->report.valid) +=
      head->images ? head->count : 0;
  return INK_OK;
}

/* Labels, which are numbers, become the indices of the classes that have them as names. */
static ink_status name_labels(ink_class_names *names, uint8_t *labels, size_t count,
                              const char *which, ink_error *err)
{
  size_t classes[INK_MAX_CLASSES]; /* of each label, once it was met */
  memset(classes, 0xff, sizeof classes);
  for (size_t i = 0; i < count; i++) {
    const uint8_t label = labels[i];
    if (label >= INK_MAX_CLASSES)
      return ink_fail(err, INK_E_DATA, "IDX: %s label %zu is %u; %d classes are the limit", which,
                      i, label, INK_MAX_CLASSES);
    if (classes[label] == SIZE_MAX) {
      char name[4];
      const int len = snprintf(name, sizeof name, "%u", label);
      classes[label] = ink_class_index(names, name, (size_t)len);
    }
    labels[i] = (uint8_t)classes[label];
  }
  return INK_OK;
}

static ink_status add_idx_pictures(ink_collection *collection, idx_file *images,
                                   const uint8_t *labels, ink_error *err)
{
  const ink_idx *head = &images->head;
  uint8_t *picture = images->bytes + head->head_bytes;
  if (collection->count == 0 && head->width == INK_SIDE && head->height == INK_SIDE) {
    uint8_t *pixels = images->bytes; /* all of them are as they should be: they stay where they are */
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

static ink_status merge_idx(ink_loader *loader, int split, ink_error *err)
{
  const char *which = split == TRAIN ? "training" : "test";
  idx_file *labels = &loader->idx[split][0], *images = &loader->idx[split][1];
  if (!labels->bytes && !images->bytes)
    return INK_OK;
  if (!labels->bytes || !images->bytes)
    return ink_fail(err, INK_E_DATA, "the IDX file of the %s %s is missing", which,
                    labels->bytes ? "images" : "labels");
  if (labels->head.count != images->head.count)
    return ink_fail(err, INK_E_DATA, "IDX: %zu %s images, but %zu labels", images->head.count,
                    which, labels->head.count);
  ink_collection *collection = &loader->split[split];
  uint8_t *label = labels->bytes + labels->head.head_bytes;
  INK_TRY(name_labels(&collection->names, label, labels->head.count, which, err));
  INK_TRY(add_idx_pictures(collection, images, label, err));
  for (int i = 0; i < 2; i++) {
    ink_free(loader->idx[split][i].bytes);
    loader->idx[split][i].bytes = NULL;
  }
  return INK_OK;
}

/* ---- streams ---- */

ink_status ink_loader_create(ink_loader **loader, ink_error *err)
{
  *loader = ink_alloc(sizeof **loader);
  return *loader ? INK_OK : ink_fail(err, INK_E_MEMORY, "not enough memory to load a data set");
}

void ink_loader_free(ink_loader *loader)
{
  if (!loader)
    return;
  for (int split = 0; split < SPLITS; split++) {
    ink_collection_free(&loader->split[split]);
    ink_free(loader->idx[split][0].bytes);
    ink_free(loader->idx[split][1].bytes);
  }
  ink_tar_release(&loader->tar);
  ink_decoder_free(&loader->decoder);
  ink_free(loader->held);
  ink_free(loader);
}

static ink_status fail(ink_loader *loader, ink_status status)
{
  if (status != INK_OK)
    loader->failed = true;
  return status;
}

static ink_status check_usable(const ink_loader *loader, bool open, ink_error *err)
{
  if (loader->failed)
    return ink_fail(err, INK_E_STATE, "this load has failed; start a new one");
  if (open != (loader->kind != STREAM_NONE))
    return ink_fail(err, INK_E_STATE, open ? "no stream is open" : "a stream is still open");
  return INK_OK;
}

ink_status ink_loader_begin(ink_loader *loader, const char *name, ink_error *err)
{
  INK_TRY(check_usable(loader, false, err));
  loader->kind = STREAM_UNKNOWN;
  loader->name_too_long = strlen(name) >= sizeof loader->name;
  copy_cut(loader->name, sizeof loader->name, name);
  loader->stream_bytes = loader->held_len = 0;
  return INK_OK;
}

/* As much of an IDX file as its header, which may lie, is believed for at once. */
enum { HELD_AT_ONCE = 32 << 20 };

static ink_status hold(ink_loader *loader, const uint8_t *bytes, size_t len, ink_error *err)
{
  if (len == 0) /* perhaps before there is any memory */
    return INK_OK;
  if (len > loader->held_capacity - loader->held_len) {
    size_t capacity = loader->held_capacity ? loader->held_capacity : 4096;
    if (loader->kind == STREAM_IDX && capacity < HELD_AT_ONCE) /* growing is copying */
      capacity = HELD_AT_ONCE;
    while (capacity - loader->held_len < len)
      capacity *= 2;
    if (loader->kind == STREAM_IDX && capacity > loader->idx_head.file_bytes)
      capacity = loader->idx_head.file_bytes;
    uint8_t *grown = ink_realloc(loader->held, loader->held_len, capacity);
    if (!grown)
      return ink_fail(err, INK_E_MEMORY, "not enough memory for %.100s", loader->name);
    loader->held = grown;
    loader->held_capacity = capacity;
  }
  memcpy(loader->held + loader->held_len, bytes, len);
  loader->held_len += len;
  return INK_OK;
}

static ink_status push_idx(ink_loader *loader, const uint8_t *bytes, size_t len, ink_error *err)
{
  if (len > loader->idx_head.file_bytes - loader->held_len)
    return ink_fail(err, INK_E_DATA,
                    "%.100s: IDX: more bytes than the %zu that the header announces", loader->name,
                    loader->idx_head.file_bytes);
  return hold(loader, bytes, len, err);
}

/* A picture is kept whole; of anything longer than one may be, only the length matters. */
static ink_status push_file(ink_loader *loader, const uint8_t *bytes, size_t len, ink_error *err)
{
  if (len > INK_FILE_MAX - ink_min_size(loader->held_len, INK_FILE_MAX))
    return INK_OK;
  return hold(loader, bytes, len, err);
}

static ink_status push_known(ink_loader *loader, const uint8_t *bytes, size_t len, ink_error *err)
{
  return loader->kind == STREAM_TAR   ? ink_tar_push(&loader->tar, bytes, len, err)
         : loader->kind == STREAM_IDX ? push_idx(loader, bytes, len, err)
                                      : push_file(loader, bytes, len, err);
}

/* The bytes that were held while they were too few go on to where they belong. */
static ink_status tell_kind(ink_loader *loader, ink_error *err)
{
  const uint8_t *bytes = loader->held;
  const size_t len = loader->held_len;
  if (ink_idx_is_idx(bytes, len)) {
    INK_TRY(ink_idx_read(bytes, len, &loader->idx_head, err));
    loader->kind = STREAM_IDX;
    if (len > loader->idx_head.file_bytes)
      return ink_fail(err, INK_E_DATA,
                      "%.100s: IDX: more bytes than the %zu that the header announces",
                      loader->name, loader->idx_head.file_bytes);
    return INK_OK;
  }
  if (len >= INK_TAR_BLOCK && ink_tar_is_header(bytes)) {
    loader->kind = STREAM_TAR;
    uint8_t first[INK_TAR_BLOCK];
    memcpy(first, bytes, sizeof first);
    loader->held_len = 0;
    uint8_t *buffer = loader->tar.data;
    const size_t capacity = loader->tar.data_capacity;
    loader->tar = (ink_tar){
        .user = {.context = loader, .file = take_file, .skipped = pass_over},
        .data = buffer,
        .data_capacity = capacity,
    };
    return ink_tar_push(&loader->tar, first, sizeof first, err);
  }
  loader->kind = STREAM_FILE;
  return INK_OK;
}

static ink_status push(ink_loader *loader, const uint8_t *bytes, size_t len, ink_error *err)
{
  if (loader->kind == STREAM_UNKNOWN) {
    const size_t part = ink_min_size(INK_TAR_BLOCK - loader->held_len, len);
    INK_TRY(hold(loader, bytes, part, err));
    if (loader->held_len < INK_TAR_BLOCK)
      return INK_OK;
    INK_TRY(tell_kind(loader, err));
    bytes += part;
    len -= part;
  }
  return push_known(loader, bytes, len, err);
}

ink_status ink_loader_push(ink_loader *loader, const uint8_t *bytes, size_t len, ink_error *err)
{
  INK_TRY(check_usable(loader, true, err));
  loader->report.bytes += len;
  loader->stream_bytes += len;
  return fail(loader, push(loader, bytes, len, err));
}

/* What a file that is no picture looks like, for people. NULL: a picture, or who knows. */
static const char *other_kind(const uint8_t *bytes, size_t len)
{
  static const struct {
    const char *start;
    size_t len;
    const char *what;
  } kinds[] = {
      {"\x1f\x8b", 2, "it is gzip inside gzip"},
      {"PK\x03\x04", 4, "it is a zip archive; make it a .tar.gz"},
      {"<", 1, "it is a page or text, not an archive or a picture"},
  };
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
    if (len >= kinds[i].len && memcmp(bytes, kinds[i].start, kinds[i].len) == 0)
      return kinds[i].what;
  return NULL;
}

static ink_status end_file(ink_loader *loader, ink_error *err)
{
  component last[3];
  last_components(loader->name, last);
  if (is_litter(loader->name, last[2]))
    return INK_OK;
  const char *other = other_kind(loader->held, loader->held_len);
  if (loader->name_too_long)
    return pass_over(loader, loader->name, "its path is too long", err);
  if (loader->stream_bytes > INK_FILE_MAX)
    return pass_over(loader, loader->name, "the file is larger than 32 MB", err);
  if (other)
    return pass_over(loader, loader->name, other, err);
  return take_file(loader, loader->name, loader->held, loader->held_len, err);
}

static ink_status end(ink_loader *loader, ink_error *err)
{
  if (loader->kind == STREAM_UNKNOWN)
    INK_TRY(tell_kind(loader, err));
  switch (loader->kind) {
  case STREAM_TAR:
    return ink_tar_end(&loader->tar, err);
  case STREAM_IDX:
    return end_idx(loader, err);
  default:
    return end_file(loader, err);
  }
}

ink_status ink_loader_end(ink_loader *loader, ink_error *err)
{
  INK_TRY(check_usable(loader, true, err));
  const ink_status status = end(loader, err);
  loader->kind = STREAM_NONE;
  return fail(loader, status);
}

ink_status ink_loader_skip(ink_loader *loader, const char *reason, ink_error *err)
{
  INK_TRY(check_usable(loader, true, err));
  const bool partly_read = loader->kind == STREAM_TAR || loader->kind == STREAM_IDX;
  loader->kind = STREAM_NONE;
  if (partly_read)
    return fail(loader, ink_fail(err, INK_E_DATA, "%.100s: %s", loader->name, reason));
  component last[3];
  last_components(loader->name, last);
  if (is_litter(loader->name, last[2]))
    return INK_OK;
  return fail(loader, pass_over(loader, loader->name, reason, err));
}

const ink_load_report *ink_loader_report(const ink_loader *loader)
{
  return &loader->report;
}

/* ---- the data set ---- */

static ink_status check_pictures(const ink_loader *loader, ink_error *err)
{
  const ink_load_report *report = &loader->report;
  const size_t train = loader->split[TRAIN].count, valid = loader->split[VALID].count;
  if (train > 0 && valid > 0)
    return INK_OK;
  const char *what = train == 0 && valid == 0 ? "no pictures"
                     : train == 0             ? "no training pictures"
                                              : "no test pictures";
  if (report->n_problems > 0)
    return ink_fail(err, INK_E_DATA, "%s were found; files skipped: %zu, the first %s: %s", what,
                    report->skipped, report->problems[0].path, report->problems[0].reason);
  return ink_fail(err, INK_E_DATA,
                  "%s were found; PNG files are looked for in folders training/<class> and "
                  "testing/<class>",
                  what);
}

/* Class names sorted as byte strings; where[i] is the place of the i-th name met. */
static void sort_classes(const ink_class_names *met, ink_dataset *dataset,
                         uint8_t where[INK_MAX_CLASSES])
{
  for (size_t i = 0; i < met->count; i++) {
    size_t place = 0;
    for (size_t j = 0; j < met->count; j++)
      place += strcmp(met->names[j], met->names[i]) < 0;
    where[i] = (uint8_t)place;
    memcpy(dataset->class_names[place], met->names[i], INK_CLASS_NAME_MAX);
  }
  dataset->n_classes = met->count;
}

static ink_status set_classes(ink_loader *loader, ink_dataset *dataset, ink_error *err)
{
  const ink_class_names *train = &loader->split[TRAIN].names, *valid = &loader->split[VALID].names;
  if (train->count > INK_MAX_CLASSES || valid->count > INK_MAX_CLASSES)
    return ink_fail(err, INK_E_DATA, "more than %d classes (folders of pictures)", INK_MAX_CLASSES);
  if (train->count < INK_MIN_CLASSES)
    return ink_fail(err, INK_E_DATA,
                    "only one class, '%.64s', was found; at least %d are needed to tell apart",
                    train->names[0], INK_MIN_CLASSES);
  uint8_t where[INK_MAX_CLASSES];
  sort_classes(train, dataset, where);
  for (size_t i = 0; i < loader->split[TRAIN].count; i++)
    loader->split[TRAIN].labels[i] = where[loader->split[TRAIN].labels[i]];
  for (size_t i = 0; i < valid->count; i++) {
    size_t place = 0;
    while (place < dataset->n_classes && strcmp(dataset->class_names[place], valid->names[i]) != 0)
      place++;
    if (place == dataset->n_classes)
      return ink_fail(err, INK_E_DATA, "class '%.64s' has test pictures but no training pictures",
                      valid->names[i]);
    where[i] = (uint8_t)place;
  }
  for (size_t i = 0; i < loader->split[VALID].count; i++)
    loader->split[VALID].labels[i] = where[loader->split[VALID].labels[i]];
  return INK_OK;
}

static ink_status make_paths(const ink_collection *collection, ink_items *items, ink_error *err)
{
  if (collection->path_at[0] == SIZE_MAX)
    return INK_OK;
  items->paths = ink_alloc(collection->count * sizeof *items->paths);
  if (!items->paths)
    return ink_fail(err, INK_E_MEMORY, "not enough memory for the paths of %zu pictures",
                    collection->count);
  for (size_t i = 0; i < collection->count; i++)
    items->paths[i] =
        collection->path_at[i] == SIZE_MAX ? NULL : collection->text + collection->path_at[i];
  return INK_OK;
}

/* The collection's memory becomes the data set's. */
static void hand_over(ink_collection *collection, ink_items *items)
{
  items->count = collection->count;
  items->pixels = collection->pixels;
  items->labels = collection->labels;
  items->path_text = collection->text;
  collection->pixels = NULL;
  collection->labels = NULL;
  collection->text = NULL;
}

static ink_status finish(ink_loader *loader, ink_dataset *dataset, ink_error *err)
{
  INK_TRY(ink_decoder_flush(&loader->decoder, take_picture, loader, err));
  for (int split = 0; split < SPLITS; split++) {
    INK_TRY(merge_idx(loader, split, err));
    INK_TRY(ink_collection_sort(&loader->split[split], skip_duplicate, loader, err));
  }
  loader->report.train = loader->split[TRAIN].count;
  loader->report.valid = loader->split[VALID].count;
  INK_TRY(check_pictures(loader, err));
  INK_TRY(set_classes(loader, dataset, err));
  INK_TRY(make_paths(&loader->split[TRAIN], &dataset->train, err));
  INK_TRY(make_paths(&loader->split[VALID], &dataset->valid, err));
  hand_over(&loader->split[TRAIN], &dataset->train);
  hand_over(&loader->split[VALID], &dataset->valid);
  return INK_OK;
}

ink_status ink_loader_finish(ink_loader *loader, ink_dataset **out, ink_error *err)
{
  INK_TRY(check_usable(loader, false, err));
  ink_dataset *dataset = ink_alloc(sizeof *dataset);
  if (!dataset)
    return ink_fail(err, INK_E_MEMORY, "not enough memory for a data set");
  const ink_status status = finish(loader, dataset, err);
  loader->failed = true; /* its pictures are gone, or not good */
  if (status != INK_OK) {
    ink_dataset_free(dataset);
    return status;
  }
  *out = dataset;
  return INK_OK;
}
