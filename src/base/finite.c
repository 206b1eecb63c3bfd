/* finite.c - checks many numbers at once for infinities and NaNs, without a branch for each. */
#include "ink_base.h"

#include <string.h>

enum { QUAD = 4 };
typedef uint32_t quad __attribute__((vector_size(QUAD * sizeof(uint32_t))));

/* The bits of the exponent. Infinities and NaNs have all of them set, and no other number has. */
static const uint32_t EXPONENT = 0x7f800000;

bool ink_all_finite(const float *values, size_t n)
{
  const quad exponent = {EXPONENT, EXPONENT, EXPONENT, EXPONENT};
  quad bad[2] = {{0}, {0}};
  size_t i = 0;
  for (; i + 2 * QUAD <= n; i += 2 * QUAD) {
    quad bits[2];
    memcpy(bits, values + i, sizeof bits);
    bad[0] |= (quad)((bits[0] & exponent) == exponent);
    bad[1] |= (quad)((bits[1] & exponent) == exponent);
  }
  bad[0] |= bad[1];
  uint32_t any = bad[0][0] | bad[0][1] | bad[0][2] | bad[0][3];
  for (; i < n; i++) {
    uint32_t bits;
    memcpy(&bits, values + i, sizeof bits);
    any |= (bits & EXPONENT) == EXPONENT;
  }
  return any == 0;
}
