/* table.c - the kernel variants of this binary. */
#include "variants.h"

#include <string.h>

static const ink_kernels *const variants[] = {
#if defined(__wasm_relaxed_simd__)
    &ink_kernels_relaxed,
#elif defined(__wasm_simd128__)
    &ink_kernels_simd128,
#endif
#if !defined(INK_NO_SCALAR)
    &ink_kernels_scalar,
#endif
};

const ink_kernels *ink_kernels_at(size_t index)
{
  return index < sizeof variants / sizeof *variants ? variants[index] : NULL;
}

const ink_kernels *ink_kernels_named(const char *name)
{
  for (size_t i = 0; i < sizeof variants / sizeof *variants; i++)
    if (strcmp(variants[i]->name, name) == 0)
      return variants[i];
  return NULL;
}
