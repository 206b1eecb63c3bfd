/*
 * finish.c - the end of a load: one source for each role, validation or test, the classes, the data
 * set.
 */
#include "loader.h"

#include <stdio.h>
#include <string.h>

static void skip_duplicate(void *context, const char *path)
{
  ink_load_skip(context, path, "there is a picture of the same path already");
}

static ink_status check_pictures(const ink_loader *loader, ink_error *err)
{
  const ink_load_report *report = &loader->report;
  if (report->train > 0 && report->valid > 0)
    return INK_OK;
  const char *what = report->train == 0 && report->valid == 0 ? "no pictures"
                     : report->train == 0                     ? "no training pictures"
                                                              : "no test pictures";
  if (report->n_problems > 0)
    return ink_fail(err, INK_E_DATA, "%s were found; files skipped: %zu, the first %s: %s", what,
                    report->skipped, report->problems[0].path, report->problems[0].reason);
  if (report->litter > 0)
    return ink_fail(
        err, INK_E_DATA,
        "%s were found, but %zu hidden files: those whose path has a name that begins with a "
        "dot or is __MACOSX are never read",
        what, report->litter);
  return ink_fail(err, INK_E_DATA,
                  "%s were found; PNG files are looked for in folders training/<class> and "
                  "testing/<class>",
                  what);
}

static void relabel(ink_collection *collection, const uint8_t index_of[INK_CLASSES_SEEN_MAX])
{
  for (size_t i = 0; i < collection->count; i++)
    collection->labels[i] = index_of[collection->labels[i]];
}

static ink_status set_classes(ink_loader *loader, ink_dataset *dataset, ink_error *err)
{
  ink_collection *train = &loader->pictures[INK_TRAIN], *valid = &loader->pictures[INK_VALID];
  uint8_t index_of[INK_CLASSES_SEEN_MAX] = {0};
  if (loader->numbered)
    ink_classes_number(&train->names);
  INK_TRY(ink_classes_sort(&train->names, dataset, index_of, err));
  relabel(train, index_of);
  INK_TRY(ink_classes_find(&valid->names, dataset, index_of, err));
  relabel(valid, index_of);
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

/* Moves the memory of the collection to the data set. */
static void move_memory(ink_collection *collection, ink_items *items)
{
  items->count = collection->count;
  items->pixels = collection->pixels;
  items->labels = collection->labels;
  items->path_text = collection->text;
  collection->pixels = NULL;
  collection->labels = NULL;
  collection->text = NULL;
}

/* Skips the IDX files of a folder or an archive, because their role has pictures already. */
static void skip_idx(ink_loader *loader, ink_role role)
{
  for (int kind = 0; kind < 2; kind++) {
    const ink_idx_file *file = &loader->idx.file[role][kind];
    if (file->bytes)
      ink_load_skip(
          loader, file->path,
          "it is left out: the pictures of the folders beside it are taken; open it by itself");
  }
  ink_idx_files_drop(&loader->idx, role);
}

/* Chooses the source of a role: pictures in folders, else IDX files, else archives in folders. */
static ink_status choose_source(ink_loader *loader, ink_role role, ink_error *err)
{
  ink_collection *pictures = &loader->pictures[role], *inner = &loader->inner[role];
  const ink_idx_file *idx = loader->idx.file[role];
  if (pictures->count > 0 && ((idx[0].bytes && idx[0].inside) || (idx[1].bytes && idx[1].inside)))
    skip_idx(loader, role);
  INK_TRY(ink_idx_files_merge(&loader->idx, role, pictures, err));
  if (pictures->count > 0) {
    ink_collection_free(inner);
    return INK_OK;
  }
  for (size_t i = 0; i < loader->n_archives; i++)
    loader->archives[i].used[role] = 0;
  ink_collection_free(pictures);
  *pictures = *inner;
  *inner = (ink_collection){0};
  return INK_OK;
}

/* Reports archives whose pictures were not used: `used` still counts those pictures. */
static void report_unused(ink_loader *loader)
{
  for (size_t i = 0; i < loader->n_archives; i++) {
    const ink_inner_archive *archive = &loader->archives[i];
    size_t count = 0;
    for (ink_role role = 0; role < INK_ROLES; role++)
      count += archive->used[role];
    char reason[sizeof loader->report.problems->reason];
    snprintf(reason, sizeof reason,
             "%zu pictures in it are left out: those of the folders beside it are taken; open it "
             "by itself",
             count);
    if (count > 0)
      ink_load_skip(loader, archive->path, reason);
  }
  for (size_t i = 0; i < loader->idx.n_mappings; i++)
    if (!loader->idx.mappings[i].used)
      ink_load_skip(loader, loader->idx.mappings[i].path,
                    "it names the classes of IDX files that are not here");
}

/*
 * Makes the test pictures the validation pictures if there are no others; otherwise only counts
 * them.
 */
static void choose_validation(ink_loader *loader)
{
  ink_collection *valid = &loader->pictures[INK_VALID], *test = &loader->pictures[INK_TEST];
  if (valid->count > 0) {
    loader->report.unused_test = test->count;
    ink_collection_free(test);
  } else {
    ink_collection_free(valid);
    *valid = *test;
    *test = (ink_collection){0};
  }
}

static ink_status settle(ink_loader *loader, ink_error *err)
{
  loader->settled = true;
  INK_TRY(ink_load_flush(loader, err));
  for (ink_role role = 0; role < INK_ROLES; role++)
    INK_TRY(choose_source(loader, role, err));
  report_unused(loader);
  choose_validation(loader);
  for (ink_role role = 0; role < INK_TEST; role++)
    INK_TRY(ink_collection_sort(&loader->pictures[role], skip_duplicate, loader, err));
  loader->report.train = loader->pictures[INK_TRAIN].count;
  loader->report.valid = loader->pictures[INK_VALID].count;
  return check_pictures(loader, err);
}

ink_status ink_loader_settle(ink_loader *loader, ink_error *err)
{
  INK_TRY(ink_load_check_state(loader, false, err));
  if (loader->settled)
    return INK_OK;
  const ink_status status = settle(loader, err);
  loader->failed = status != INK_OK;
  return status;
}

/* Returns a class by its index, as ink_loader_class numbers them, or NULL. */
static ink_seen_class *seen_class(ink_loader *loader, size_t index)
{
  for (ink_role role = 0; role < INK_TEST && loader->settled; role++) {
    ink_class_names *names = &loader->pictures[role].names;
    const size_t count = ink_min_size(names->count, INK_CLASSES_SEEN_MAX);
    if (index < count)
      return &names->seen[index];
    index -= count;
  }
  return NULL;
}

const char *ink_loader_class(ink_loader *loader, size_t index)
{
  const ink_seen_class *seen = seen_class(loader, index);
  return seen ? seen->name : NULL;
}

ink_status ink_loader_rename_class(ink_loader *loader, size_t index, const char *name,
                                   ink_error *err)
{
  ink_seen_class *seen = seen_class(loader, index);
  const size_t len = strlen(name);
  if (!seen || !ink_is_class_name(name, len))
    return ink_fail(err, INK_E_ARGUMENT, "class %zu cannot be called '%.64s'", index, name);
  memcpy(seen->name, name, len + 1);
  return INK_OK;
}

static ink_status finish(ink_loader *loader, ink_dataset *dataset, ink_error *err)
{
  INK_TRY(ink_loader_settle(loader, err));
  ink_collection *train = &loader->pictures[INK_TRAIN], *valid = &loader->pictures[INK_VALID];
  INK_TRY(set_classes(loader, dataset, err));
  INK_TRY(make_paths(train, &dataset->train, err));
  INK_TRY(make_paths(valid, &dataset->valid, err));
  move_memory(train, &dataset->train);
  move_memory(valid, &dataset->valid);
  return INK_OK;
}

ink_status ink_loader_finish(ink_loader *loader, ink_dataset **out, ink_error *err)
{
  INK_TRY(ink_load_check_state(loader, false, err));
  ink_dataset *dataset = ink_alloc(sizeof *dataset);
  if (!dataset)
    return ink_fail(err, INK_E_MEMORY, "not enough memory for a data set");
  const ink_status status = finish(loader, dataset, err);
  loader->failed = true; /* its pictures were moved or are not usable */
  if (status != INK_OK) {
    ink_dataset_free(dataset);
    return status;
  }
  *out = dataset;
  return INK_OK;
}
