/*
 * main.c - writes the core's schema to standard output, for build/schema.json.
 */
#include "ink_api.h"

#include <stdio.h>

int main(void)
{
  return puts(ink_api_schema()) < 0;
}
