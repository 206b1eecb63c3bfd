/*
 * checksum.c - the checksum that our files begin with.
 */
#include "checkpoint.h"

#include <stdio.h>

void ink_checksum_text(const uint8_t *bytes, size_t len, char text[INK_CHECKSUM_LEN + 1])
{
  static const uint8_t zeros[INK_CHECKSUM_LEN] = {'0', '0', '0', '0', '0', '0', '0', '0'};
  const uint8_t *rest = bytes + INK_CHECKSUM_AT + INK_CHECKSUM_LEN;
  uint32_t sum = ink_crc32(0, bytes, INK_CHECKSUM_AT);
  sum = ink_crc32(sum, zeros, INK_CHECKSUM_LEN);
  sum = ink_crc32(sum, rest, len - INK_CHECKSUM_AT - INK_CHECKSUM_LEN);
  snprintf(text, INK_CHECKSUM_LEN + 1, "%08x", (unsigned)sum);
}
