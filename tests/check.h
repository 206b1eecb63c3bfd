/*
 * check.h - CHECK and the end of a test program.
 */
#ifndef CHECK_H
#define CHECK_H

#include <stdio.h>

static int checks_passed, checks_failed;

/* One line for each failure: where, and what the message says. */
#define CHECK(condition, ...)                                                                      \
  do {                                                                                             \
    if (condition) {                                                                               \
      checks_passed++;                                                                             \
    } else {                                                                                       \
      checks_failed++;                                                                             \
      printf("%s:%d: %s: ", __FILE__, __LINE__, __func__);                                         \
      printf(__VA_ARGS__);                                                                         \
      printf("\n");                                                                                \
    }                                                                                              \
  } while (0)

static inline int checks_end(void)
{
  printf("%d passed, %d failed, 0 skipped\n", checks_passed, checks_failed);
  fflush(stdout); /* a sanitizer may end the program without it */
  return checks_failed > 0;
}

#endif
