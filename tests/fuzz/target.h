/*
 * target.h - one parser and bytes that anybody may have made. Each of png.c, tar.c, idx.c,
 * safetensors.c and model_line.c defines `target`; fuzzer.c feeds it from libFuzzer, replay.c what
 * the tests and the stored corpus hold.
 */
#ifndef TARGET_H
#define TARGET_H

#include "ink_base.h"

#include <stdio.h>
#include <stdlib.h>

/*
 * Parses, and checks what the parser promises of what it made.
 *   digest  CRC-32 of what was made; native and WebAssembly builds must agree on it
 */
ink_status target(const uint8_t *bytes, size_t len, uint32_t *digest, ink_error *err);

/* Bytes that the heap gives at a time (allocator.c). */
extern size_t allocator_limit;

/* A promise that does not hold ends the program, as a sanitizer's finding does. */
#define PROMISE(condition)                                                                         \
  do {                                                                                             \
    if (!(condition)) {                                                                            \
      fprintf(stderr, "%s:%d: broken promise: %s\n", __FILE__, __LINE__, #condition);              \
      abort();                                                                                     \
    }                                                                                              \
  } while (0)

/* A number into a digest. */
static inline uint32_t digest_number(uint32_t digest, uint64_t value)
{
  uint8_t bytes[8];
  for (size_t i = 0; i < 8; i++)
    bytes[i] = (uint8_t)(value >> (8 * i));
  return ink_crc32(digest, bytes, sizeof bytes);
}

/* `target`, and what holds for all of them: a refusal has a text, nothing stays on the heap. */
static inline ink_status run_target(const uint8_t *bytes, size_t len, uint32_t *digest,
                                    ink_error *err)
{
  const size_t live = ink_live_allocations();
  *err = (ink_error){0};
  *digest = 0;
  const ink_status status = target(bytes, len, digest, err);
  PROMISE(status == INK_OK || (err->text[0] && err->status == status));
  if (status == INK_OK)
    err->text[0] = 0;
  PROMISE(ink_live_allocations() == live);
  return status;
}

#endif
