/*
 * replay.c - reads inputs from standard input, each after its length in four bytes (little endian),
 * and prints for each its status, its digest, and the message if it is refused.
 */
#include "target.h"

/* Each input is an exact copy on the heap, so that a sanitizer detects reads behind its end. */
static uint8_t *read_input(size_t *len)
{
  uint8_t head[4];
  if (fread(head, 1, 4, stdin) != 4)
    return NULL;
  *len = (size_t)head[0] | (size_t)head[1] << 8 | (size_t)head[2] << 16 | (size_t)head[3] << 24;
  uint8_t *bytes = malloc(*len ? *len : 1);
  if (bytes && fread(bytes, 1, *len, stdin) == *len)
    return bytes;
  free(bytes);
  return NULL;
}

int main(void)
{
  size_t len;
  uint8_t *bytes;
  while ((bytes = read_input(&len))) {
    ink_error err;
    uint32_t digest;
    const ink_status status = run_target(bytes, len, &digest, &err);
    free(bytes);
    for (char *c = err.text; *c; c++)
      if (*c == '\n')
        *c = ' ';
    printf("%d %08x %s\n", (int)status, (unsigned)digest, err.text);
  }
  fflush(stdout);
  return 0;
}
