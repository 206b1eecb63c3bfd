/*
 * table.c - which variants this binary holds, and the packing that they share.
 */
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

void ink_pack_weights(const ink_kernels *kernels, size_t m, size_t k, const float *w,
                      size_t row_stride, size_t column_stride, float *packed)
{
  const size_t rows = kernels->panel_rows;
  for (size_t first = 0; first < m; first += rows) {
    const size_t present = ink_min_size(rows, m - first);
    const float *from = w + first * row_stride;
    for (size_t j = 0; j < k; j++, packed += rows) {
      for (size_t i = 0; i < present; i++)
        packed[i] = from[i * row_stride + j * column_stride];
      for (size_t i = present; i < rows; i++)
        packed[i] = 0.0f;
    }
  }
}
