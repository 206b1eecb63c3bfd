/*
 * idx.c - fuzz target: MNIST's four files through the loader. The input is up to four files, each
 * after its length in two bytes. Their names are those of training images, training labels, test
 * images and test labels, in this order.
 */
#include "ink_data.h"
#include "target.h"

#include <string.h>

static ink_status load(ink_loader *loader, const uint8_t *bytes, size_t len, ink_dataset **dataset,
                       ink_error *err)
{
  static const char *const names[] = {"train-images", "train-labels", "t10k-images", "t10k-labels"};
  for (size_t i = 0; i < 4 && len >= 2; i++) {
    const size_t size = ink_min_size((size_t)bytes[0] << 8 | bytes[1], len - 2);
    INK_TRY(ink_loader_begin(loader, names[i], err));
    /* Pushed in two pieces; the first may be too short to decide the kind. */
    INK_TRY(ink_loader_push(loader, bytes + 2, size / 2, err));
    INK_TRY(ink_loader_push(loader, bytes + 2 + size / 2, size - size / 2, err));
    INK_TRY(ink_loader_end(loader, err));
    bytes += 2 + size;
    len -= 2 + size;
  }
  return ink_loader_finish(loader, dataset, err);
}

static void check_items(const ink_dataset *dataset, const ink_items *items, uint32_t *digest)
{
  PROMISE(items->count > 0 && items->count <= INK_ITEMS_MAX);
  for (size_t i = 0; i < items->count; i++)
    PROMISE(items->labels[i] < dataset->n_classes);
  *digest = ink_crc32(*digest, items->labels, items->count);
  *digest = ink_crc32(*digest, items->pixels, items->count * INK_PIXELS);
}

ink_status target(const uint8_t *bytes, size_t len, uint32_t *digest, ink_error *err)
{
  ink_loader *loader = NULL;
  ink_dataset *dataset = NULL;
  ink_status status = ink_loader_create(&loader, err);
  if (status == INK_OK)
    status = load(loader, bytes, len, &dataset, err);
  PROMISE((status == INK_OK) == (dataset != NULL));
  if (dataset) {
    PROMISE(dataset->n_classes >= INK_MIN_CLASSES && dataset->n_classes <= INK_MAX_CLASSES);
    check_items(dataset, &dataset->train, digest);
    check_items(dataset, &dataset->valid, digest);
  }
  ink_dataset_free(dataset);
  ink_loader_free(loader);
  return status;
}
