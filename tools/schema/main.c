/*
 * main.c - writes the core's schema to standard output, for build/schema.json.
 */
#include "ink_api.h"

#include <stdio.h>

int main(void)
{
  ink_api_schema();
  const ink_span text = ink_api_spans()[0];
  const bool written = fwrite(text.at, 1, text.len_bytes, stdout) == text.len_bytes;
  return !(written && putchar('\n') != EOF);
}
