/*
 * crc32.c - zlib's CRC-32, eight bytes a round ("slicing by 8").
 *
 * The tables are computed before main, so any number of threads may use them at once, and the
 * module does not carry 8 kB of tables, which hardly compress.
 */
#include "ink_base.h"

/* table[n][byte]: the remainder of the byte followed by n zero bytes. */
static uint32_t table[8][256];

__attribute__((constructor)) static void make_tables(void)
{
  for (uint32_t byte = 0; byte < 256; byte++) {
    uint32_t c = byte;
    for (int bit = 0; bit < 8; bit++)
      c = c & 1 ? 0xedb88320 ^ c >> 1 : c >> 1;
    table[0][byte] = c;
  }
  for (int n = 1; n < 8; n++)
    for (int byte = 0; byte < 256; byte++)
      table[n][byte] = table[n - 1][byte] >> 8 ^ table[0][table[n - 1][byte] & 255];
}

uint32_t ink_crc32(uint32_t before, const uint8_t *bytes, size_t len)
{
  uint32_t c = ~before;
  for (; len >= 8; len -= 8, bytes += 8) {
    const uint32_t low = c ^ ((uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 |
                              (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24);
    c = table[7][low & 255] ^ table[6][low >> 8 & 255] ^ table[5][low >> 16 & 255] ^
        table[4][low >> 24] ^ table[3][bytes[4]] ^ table[2][bytes[5]] ^ table[1][bytes[6]] ^
        table[0][bytes[7]];
  }
  for (; len > 0; len--, bytes++)
    c = (c >> 8) ^ table[0][(c ^ *bytes) & 255];
  return ~c;
}
