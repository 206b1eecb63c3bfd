/*
 * api_data.c - exported: the data set, and its pictures as settings augment them.
 */
#include "api_session.h"

ink_status ink_api_data(void)
{
  const ink_dataset *dataset = ink_session.dataset;
  ink_give_number(0, (double)ink_session_class_count());
  ink_give_number(1, dataset ? (double)dataset->train.count : 0);
  ink_give_number(2, dataset ? (double)dataset->valid.count : 0);
  return INK_OK;
}

ink_status ink_api_class_name(size_t index)
{
  if (index >= ink_session_class_count())
    return ink_fail(&ink_session.error, INK_E_ARGUMENT, "there is no class %zu", index);
  ink_give_text(0, ink_session.dataset->class_names[index]);
  return INK_OK;
}

ink_status ink_need_picture(int split, size_t index, const ink_items **items)
{
  INK_TRY(ink_need_data());
  *items = split == 0 ? &ink_session.dataset->train : &ink_session.dataset->valid;
  if (split < 0 || split > 1 || index >= (*items)->count)
    return ink_fail(&ink_session.error, INK_E_ARGUMENT, "there is no picture %zu in that split",
                    index);
  return INK_OK;
}

ink_status ink_api_picture(int split, size_t index)
{
  const ink_items *items;
  INK_TRY(ink_need_picture(split, index, &items));
  ink_give_span(0, items->pixels + index * INK_PIXELS, INK_PIXELS);
  ink_give_text(1, items->paths ? items->paths[index] : NULL);
  ink_give_number(0, items->labels[index]);
  return INK_OK;
}

ink_status ink_api_hold_out(size_t count, double seed)
{
  INK_TRY(ink_need_data());
  if (!(seed >= 0 && seed <= 9007199254740991.0))
    return ink_fail(&ink_session.error, INK_E_ARGUMENT, "no seed can be %g", seed);
  INK_TRY(ink_dataset_hold_out(ink_session.dataset, count, (uint64_t)seed, &ink_session.error));
  ink_session_use(NULL); /* it learnt from pictures that are now held out */
  return INK_OK;
}

ink_status ink_api_preview(size_t count, double draw)
{
  ink_settings settings;
  INK_TRY(ink_need_data());
  INK_TRY(ink_settings_parse(&settings, ink_session_text(), &ink_session.error));
  if (count < 1 || count > INK_PREVIEW_MAX || !(draw >= 0 && draw < 1e15))
    return ink_fail(&ink_session.error, INK_E_ARGUMENT, "a preview has 1 to %d pictures, not %zu",
                    INK_PREVIEW_MAX, count);
  const ink_random stream =
      ink_random_stream((uint64_t)settings.seed, INK_FOR_PREVIEW, (uint64_t)draw);
  INK_TRY(ink_augment_preview(&ink_session.dataset->train, (unsigned)settings.augment,
                              settings.augment_strength, stream, count, ink_session.preview,
                              ink_session.preview_labels, &ink_session.error));
  ink_give_span(0, ink_session.preview, count * INK_PIXELS);
  ink_give_span(1, ink_session.preview_labels, count);
  return INK_OK;
}
