/*
 * check.h - CHECK and the end of a test program.
 */
#ifndef CHECK_H
#define CHECK_H

#include <stdio.h>

/* Weak, so that the files of one program share them. */
__attribute__((weak)) int checks_passed, checks_failed;

#if defined(__wasm_atomics__)
/* A module with threads has no standard output, so the text of the first failure is kept. */
__attribute__((weak)) char check_text[256];
#define CHECK_SAY(...)                                                                             \
  (checks_failed == 1 ? (void)snprintf(check_text, sizeof check_text, __VA_ARGS__) : (void)0)
#else
#define CHECK_SAY(...)                                                                             \
  (printf("%s:%d: %s: ", __FILE__, __LINE__, __func__), printf(__VA_ARGS__), printf("\n"))
#endif

/* Prints one line for each failure: its place and its message. */
#define CHECK(condition, ...)                                                                      \
  do {                                                                                             \
    if (condition) {                                                                               \
      checks_passed++;                                                                             \
    } else {                                                                                       \
      checks_failed++;                                                                             \
      CHECK_SAY(__VA_ARGS__);                                                                      \
    }                                                                                              \
  } while (0)

#if !defined(__wasm_atomics__)
static inline int checks_end(void)
{
  printf("%d passed, %d failed, 0 skipped\n", checks_passed, checks_failed);
  fflush(stdout); /* a sanitizer may end the program without flushing */
  return checks_failed > 0;
}
#endif

#endif
