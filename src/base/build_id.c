/*
 * build_id.c - which build this is: of all sources of core and page, so that parts of two builds can be
 * told apart. Compiled by hand, without the Makefile, it has none.
 */
#include "ink_base.h"

#if defined(__has_include)
#if __has_include("build_id.h")
#include "build_id.h"
#endif
#endif
#ifndef INK_BUILD
#define INK_BUILD "unbuilt"
#endif

const char *ink_build(void)
{
  return INK_BUILD;
}
