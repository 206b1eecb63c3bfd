/*
 * exif.h - what a camera wrote beside a picture. Private to src/data.
 */
#ifndef INK_EXIF_H
#define INK_EXIF_H

#include "ink_base.h"

/* How the picture is to be turned and mirrored, Exif's 1..8; 1 where the data do not say so, or cannot be read. */
unsigned ink_exif_orientation(const uint8_t *bytes, size_t len);

#endif
