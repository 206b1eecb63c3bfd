/* variants.h - the kernel tables. Private to src/kernels. */
#ifndef INK_VARIANTS_H
#define INK_VARIANTS_H

#include "ink_kernels.h"

extern const ink_kernels ink_kernels_scalar;
extern const ink_kernels ink_kernels_simd128;
extern const ink_kernels ink_kernels_relaxed;

#endif
