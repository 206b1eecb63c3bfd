/* text.c - checks whether bytes from outside are UTF-8 text. */
#include "ink_base.h"

bool ink_is_utf8(const char *text, size_t len)
{
  size_t more = 0;
  uint32_t value = 0, least = 0;
  for (size_t i = 0; i < len; i++) {
    const uint8_t c = (uint8_t)text[i];
    if (more) {
      if ((c & 0xc0) != 0x80)
        return false;
      value = value << 6 | (c & 0x3f);
      if (--more == 0 && (value < least || value > 0x10ffff || (value >= 0xd800 && value < 0xe000)))
        return false;
    } else if (c >= 0x80) {
      more = c >= 0xf0 && c < 0xf8 ? 3 : c >= 0xe0 && c < 0xf0 ? 2 : c >= 0xc0 && c < 0xe0 ? 1 : 0;
      if (!more)
        return false;
      least = more == 3 ? 0x10000 : more == 2 ? 0x800 : 0x80;
      value = c & (0x3f >> more);
    }
  }
  return more == 0;
}
