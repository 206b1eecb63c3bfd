/* fuzzer.c - the entry point of libFuzzer, which calls the target. */
#include "target.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

/*
 * INK_FUZZ_HEAP is the size of the heap. Clearing memory that an input claims to need takes time,
 * so with megabytes fuzzing is slow.
 */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
  (void)argc, (void)argv;
  const char *heap = getenv("INK_FUZZ_HEAP");
  if (heap)
    allocator_limit = (size_t)strtoul(heap, NULL, 10);
  return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
  ink_error err;
  uint32_t digest;
  run_target(bytes, len, &digest, &err);
  return 0;
}
