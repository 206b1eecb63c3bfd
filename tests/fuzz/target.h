/*
 * target.h - the interface of a fuzz target: one parser, and bytes from an attacker. Each of png.c,
 * tar.c, idx.c, safetensors.c and model_line.c defines `target`. fuzzer.c calls it from libFuzzer,
 * replay.c with the inputs of the tests and of the stored corpus.
 */
#ifndef TARGET_H
#define TARGET_H

#include "ink_base.h"

#include <stdio.h>
#include <stdlib.h>

/*
 * Parses the bytes and checks the promises of the parser.
 *   digest  CRC-32 of the result, which must be equal in native and WebAssembly builds
 */
ink_status target(const uint8_t *bytes, size_t len, uint32_t *digest, ink_error *err);

/* The largest size in bytes that the heap gives at a time (allocator.c). */
extern size_t allocator_limit;

/* A broken promise ends the program, as a finding of a sanitizer does. */
#define PROMISE(condition)                                                                         \
  do {                                                                                             \
    if (!(condition)) {                                                                            \
      fprintf(stderr, "%s:%d: broken promise: %s\n", __FILE__, __LINE__, #condition);              \
      abort();                                                                                     \
    }                                                                                              \
  } while (0)

/* Adds a number to a digest. */
static inline uint32_t digest_number(uint32_t digest, uint64_t value)
{
  uint8_t bytes[8];
  for (size_t i = 0; i < 8; i++)
    bytes[i] = (uint8_t)(value >> (8 * i));
  return ink_crc32(digest, bytes, sizeof bytes);
}

/*
 * Calls `target` and checks what holds for all targets: a refusal has a text, and nothing stays on
 * the heap.
 */
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
