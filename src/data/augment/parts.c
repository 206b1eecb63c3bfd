/*
 * parts.c - the parts of augmentation by name, and the sets of them that a setting may name.
 */
#include "ink_data.h"

static const ink_augment_part parts[] = {
    {"flip", "mirrors left and right, one picture in two", INK_AUGMENT_FLIP},
    {"rotate", "turns the picture", INK_AUGMENT_ROTATE},
    {"zoom", "makes the picture larger or smaller", INK_AUGMENT_ZOOM},
    {"warp", "looks at the picture from an angle", INK_AUGMENT_WARP},
    {"crop", "cuts one part out of all pictures of a mini-batch", INK_AUGMENT_CROP},
    {"lighting", "changes brightness and contrast", INK_AUGMENT_LIGHTING},
    {"shift", "moves the picture", INK_AUGMENT_SHIFT},
    {"shear", "slants the picture", INK_AUGMENT_SHEAR},
    {"elastic", "bends lines smoothly", INK_AUGMENT_ELASTIC},
};
enum { PARTS = sizeof parts / sizeof *parts };

/* Bit 0 is the resizing that every set of fastai's has: it cannot be left out, and has no name. */
_Static_assert((INK_AUGMENT_FASTAI | INK_AUGMENT_DIGITS) == (1 << (PARTS + 1)) - 1,
               "each bit of INK_AUGMENT_ but the resizing has its entry in the table");

static const ink_augment_set sets[] = {
    {"fastai", INK_AUGMENT_FASTAI},
    {"fastai_no_flip", INK_AUGMENT_FASTAI & ~INK_AUGMENT_FLIP},
    {"digits", INK_AUGMENT_DIGITS},
};

const ink_augment_part *ink_augment_part_at(size_t index)
{
  return index < PARTS ? &parts[index] : NULL;
}

const ink_augment_set *ink_augment_set_at(size_t index)
{
  return index < sizeof sets / sizeof *sets ? &sets[index] : NULL;
}
