/*
 * allocator.c - stands before the core's heap (linked with --wrap): counts what is held, and gives
 * no more than a limit at a time, so that an input that makes a parser ask for much is seen as a
 * refusal, and one that makes it keep much ends the program. The core rounds to whole lines: what
 * lies between the asked for and those is the sanitizer's, or reads behind an end would not be
 * seen.
 */
#include "target.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if __has_include(                                                                                 \
    <sanitizer/asan_interface.h>) /* some compilers of `make lint` have no header of their own */
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(from, len) ((void)(from), (void)(len))
#endif

enum { HEAD = 64 }; /* one cache line, so that the alignment stays */

size_t allocator_limit = 64 << 20;

void *__real_ink_alloc(size_t len);
void __real_ink_free(void *memory);
void *__wrap_ink_alloc(size_t len);
void __wrap_ink_free(void *memory);
void *__wrap_ink_realloc(void *memory, size_t old_len, size_t len);

static size_t held;

void *__wrap_ink_alloc(size_t len)
{
  if (len > allocator_limit - held)
    return NULL;
  uint8_t *memory = __real_ink_alloc(len + HEAD);
  if (!memory)
    return NULL;
  memcpy(memory, &len, sizeof len);
  ASAN_POISON_MEMORY_REGION(memory + HEAD + len, HEAD - len % HEAD);
  held += len;
  return memory + HEAD;
}

void __wrap_ink_free(void *memory)
{
  if (!memory)
    return;
  size_t len;
  memcpy(&len, (uint8_t *)memory - HEAD, sizeof len);
  if (len > held) {
    fprintf(stderr, "allocator: more is freed than was taken\n");
    abort();
  }
  held -= len;
  __real_ink_free((uint8_t *)memory - HEAD);
}

void *__wrap_ink_realloc(void *memory, size_t old_len, size_t len)
{
  void *grown = __wrap_ink_alloc(len);
  if (!grown)
    return NULL;
  if (memory)
    memcpy(grown, memory, ink_min_size(old_len, len));
  __wrap_ink_free(memory);
  return grown;
}
