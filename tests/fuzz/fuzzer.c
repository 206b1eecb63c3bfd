/* fuzzer.c - libFuzzer's door to the target. */
#include "target.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
  ink_error err;
  uint32_t digest;
  run_target(bytes, len, &digest, &err);
  return 0;
}
