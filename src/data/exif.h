/*
 * exif.h - reads the orientation from the Exif data of a picture. Private to src/data.
 */
#ifndef INK_EXIF_H
#define INK_EXIF_H

#include "ink_base.h"

/* Returns Exif's orientation, 1..8; 1 if the data have none or cannot be read. */
unsigned ink_exif_orientation(const uint8_t *bytes, size_t len);

#endif
