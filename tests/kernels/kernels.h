/*
 * kernels.h - random values and error bounds for the tests of kernels, which several files hold.
 */
#ifndef KERNELS_TESTS_H
#define KERNELS_TESTS_H

#include "../support/check.h"
#include "ink_kernels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CANARY = 16 }; /* values behind an output that must stay NaN */

static inline float canary(void)
{
  return nanf("");
}

static inline double uniform(uint64_t stream, size_t i)
{
  return 2 * ink_random_uniform(ink_random_stream(stream, INK_FOR_TEST, 0), i) - 1;
}

static inline float *fresh(size_t count, uint64_t stream)
{
  float *values = aligned_alloc(64, (count * sizeof(float) + 63) / 64 * 64 + 64);
  for (size_t i = 0; i < count; i++)
    values[i] = (float)uniform(stream, i);
  return values;
}

/*
 * The error bound: a float32 sum of n products differs from the exact one by at most n * eps *
 * sum|a||b|.
 */
static inline bool near_sum(double want, double got, double magnitude, size_t n)
{
  return fabs(want - got) <= (double)(n + 4) * 0x1p-23 * magnitude + 1e-30;
}

/* ---- kernels_values.c ---- */
void test_largest(const ink_kernels *k);
void test_pointwise(const ink_kernels *k);
void test_not_finite(const ink_kernels *k);

/* ---- kernels_pixels.c ---- */
void test_gather(const ink_kernels *k);
void test_transpose(const ink_kernels *k);
void test_columns_u8(const ink_kernels *k);
void test_product_u8(const ink_kernels *k);

/* ---- kernels_training.c ---- */
void test_cross_entropy(const ink_kernels *k);
void test_sgd(const ink_kernels *k);
void test_adam(const ink_kernels *k);

#endif
