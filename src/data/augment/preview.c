/*
 * preview.c - augmented pictures to look at.
 */
#include "ink_data.h"

#include <math.h>
#include <string.h>

/* The draw that chooses a picture; augmentation makes draws with lower numbers. */
enum { PREVIEW_ITEM = 1 << 20 };

void ink_augment_pixels(const ink_augmenter *augmenter, const ink_random *stream, ink_crop crop,
                        const uint8_t *picture, uint8_t out[INK_PIXELS])
{
  float values[INK_PIXELS];
  ink_augment(augmenter, stream, crop, picture, values);
  for (size_t p = 0; p < INK_PIXELS; p++)
    out[p] = (uint8_t)(fminf(fmaxf(values[p], 0), 1) * 255.0f);
}

ink_status ink_augment_preview(const ink_items *items, unsigned parts, double strength,
                               ink_random stream, size_t count, uint8_t (*pictures)[INK_PIXELS],
                               uint8_t *labels, ink_error *err)
{
  ink_augmenter *augmenter = NULL;
  if (parts != 0)
    INK_TRY(ink_augmenter_create(&augmenter, parts, strength, err));
  const ink_crop crop = augmenter ? ink_augment_crop(augmenter, ink_random_split(stream, count))
                                  : ink_augment_whole();
  for (size_t i = 0; i < count; i++) {
    const ink_random own = ink_random_split(stream, i);
    const size_t item = ink_random_u64(own, PREVIEW_ITEM) % items->count;
    const uint8_t *picture = items->pixels + item * INK_PIXELS;
    labels[i] = items->labels[item];
    if (augmenter)
      ink_augment_pixels(augmenter, &own, crop, picture, pictures[i]);
    else
      memcpy(pictures[i], picture, INK_PIXELS);
  }
  ink_augmenter_free(augmenter);
  return INK_OK;
}
