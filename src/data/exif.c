/* exif.c - reads a TIFF header and the first directory after it (Exif 2.32, 4.6). */
#include "exif.h"

#include <string.h>

typedef struct tiff {
  const uint8_t *bytes;
  bool little;
} tiff;

static uint32_t tiff_number(const tiff *t, size_t at, size_t bytes)
{
  uint32_t value = 0;
  for (size_t i = 0; i < bytes; i++)
    value = value << 8 | t->bytes[at + (t->little ? bytes - 1 - i : i)];
  return value;
}

unsigned ink_exif_orientation(const uint8_t *bytes, size_t len)
{
  enum { HEAD = 8, ENTRY = 12, ORIENTATION = 0x0112, SHORT = 3 };
  const tiff t = {bytes, len >= 2 && bytes[0] == 'I'};
  if (len < HEAD || memcmp(bytes, t.little ? "II*\0" : "MM\0*", 4) != 0)
    return 1;
  const size_t directory = tiff_number(&t, 4, 4);
  if (directory > len - 2)
    return 1;
  const size_t entries = ink_min_size(tiff_number(&t, directory, 2), (len - directory - 2) / ENTRY);
  for (size_t i = 0; i < entries; i++) {
    const size_t at = directory + 2 + i * ENTRY;
    const uint32_t value = tiff_number(&t, at + 8, 2);
    if (tiff_number(&t, at, 2) == ORIENTATION && tiff_number(&t, at + 2, 2) == SHORT)
      return value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}
