/*
 * build_id.c - a hash of all sources of core and page, with which programs tell parts of different
 * builds apart. The Makefile sets it; a compiler called by hand does not.
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
