/*
 * api_data.c - exported: the data set that is loaded: its classes, its pictures, a preview of augmentation.
 */
#include "api_session.h"

int ink_api_hold_out(size_t count, double seed)
{
  if (!ink_session.dataset)
    return ink_session_no_data();
  if (!(seed >= 0 && seed <= 9007199254740991.0))
    return (int)ink_fail(&ink_session.error, INK_E_ARGUMENT, "no seed can be %g", seed);
  INK_TRY_INT(ink_dataset_hold_out(ink_session.dataset, count, (uint64_t)seed, &ink_session.error));
  ink_api_reset(); /* it learnt from pictures that are now held out */
  return INK_OK;
}

size_t ink_api_class_count(void)
{
  return ink_session.dataset ? ink_session.dataset->n_classes : 0;
}

const char *ink_api_class_name(size_t index)
{
  return index < ink_api_class_count() ? ink_session.dataset->class_names[index] : NULL;
}

/* NULL where there is no such picture. */
static const ink_items *items_with(int split, size_t index)
{
  if (!ink_session.dataset || split < 0 || split > 1)
    return NULL;
  const ink_items *items = split == 0 ? &ink_session.dataset->train : &ink_session.dataset->valid;
  return index < items->count ? items : NULL;
}

size_t ink_api_picture_count(int split)
{
  const ink_items *items = items_with(split, 0);
  return items ? items->count : 0;
}

const uint8_t *ink_api_picture(int split, size_t index)
{
  const ink_items *items = items_with(split, index);
  return items ? items->pixels + index * INK_PIXELS : NULL;
}

int ink_api_label(int split, size_t index)
{
  const ink_items *items = items_with(split, index);
  return items ? items->labels[index] : -1;
}

const char *ink_api_path(int split, size_t index)
{
  const ink_items *items = items_with(split, index);
  return items && items->paths ? items->paths[index] : NULL;
}

static ink_status preview(size_t count, double draw)
{
  ink_settings settings;
  INK_TRY(ink_settings_parse(&settings, ink_session_text(), &ink_session.error));
  if (count < 1 || count > INK_PREVIEW_MAX || !(draw >= 0 && draw < 1e15))
    return ink_fail(&ink_session.error, INK_E_ARGUMENT, "a preview has 1 to %d pictures, not %zu",
                    INK_PREVIEW_MAX, count);
  const ink_random stream =
      ink_random_stream((uint64_t)settings.seed, INK_FOR_PREVIEW, (uint64_t)draw);
  return ink_augment_preview(&ink_session.dataset->train, (unsigned)settings.augment,
                             settings.augment_strength, stream, count, ink_session.preview.pictures,
                             ink_session.preview.labels, &ink_session.error);
}

int ink_api_preview(size_t count, double draw)
{
  return ink_session.dataset ? (int)preview(count, draw) : ink_session_no_data();
}

const uint8_t *ink_api_preview_pixels(void)
{
  return ink_session.preview.pictures[0];
}

const uint8_t *ink_api_preview_labels(void)
{
  return ink_session.preview.labels;
}
