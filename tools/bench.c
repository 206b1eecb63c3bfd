/*
 * bench.c - what bench.mjs times inside WebAssembly: a loop that only multiplies and adds in
 * registers, and the core's matrix products.
 */
#include "ink_kernels.h"

#include <wasm_simd128.h>

#define EXPORT(name) __attribute__((export_name(#name))) name

const char *EXPORT(bench_variant)(size_t index);
float EXPORT(bench_registers)(size_t iterations);
int EXPORT(bench_prepare)(size_t variant, size_t m, size_t k, size_t n);
void EXPORT(bench_product)(size_t repeats);
void EXPORT(bench_weight_gradient)(size_t repeats);

const char *bench_variant(size_t index)
{
  return ink_kernels_at(index) ? ink_kernels_at(index)->name : NULL;
}

enum { CHAINS = 12 }; /* two operations of 3 cycles each keep four units busy: 12 chains */

/* iterations * CHAINS * 8 floating-point operations */
float bench_registers(size_t iterations)
{
  v128_t sum[CHAINS];
  for (int i = 0; i < CHAINS; i++)
    sum[i] = wasm_f32x4_splat((float)i);
  const v128_t a = wasm_f32x4_splat(0.5f), b = wasm_f32x4_splat(1.0f);
  for (size_t n = 0; n < iterations; n++)
    for (int i = 0; i < CHAINS; i++)
#if defined(__wasm_relaxed_simd__)
      sum[i] = wasm_f32x4_relaxed_madd(sum[i], a, b);
#else
      sum[i] = wasm_f32x4_add(wasm_f32x4_mul(sum[i], a), b);
#endif
  for (int i = 1; i < CHAINS; i++)
    sum[0] = wasm_f32x4_add(sum[0], sum[i]);
  return wasm_f32x4_extract_lane(sum[0], 0);
}

/* ---- [m][k] times [k][n]: n images in blocks of 8 ---- */

static struct {
  const ink_kernels *kernels;
  size_t m, k, blocks;
  float *w, *packed, *x, *y;
  const float **rows_x, **rows_y;
} gemm;

int bench_prepare(size_t variant, size_t m, size_t k, size_t n)
{
  gemm.kernels = ink_kernels_at(variant);
  gemm.m = m;
  gemm.k = k;
  gemm.blocks = n / INK_LANES;
  gemm.w = ink_alloc(m * k * sizeof(float));
  gemm.packed = ink_alloc(ink_packed_count(gemm.kernels, m, k) * sizeof(float));
  gemm.x = ink_alloc(k * n * sizeof(float));
  gemm.y = ink_alloc(m * n * sizeof(float));
  gemm.rows_x = ink_alloc(gemm.blocks * sizeof *gemm.rows_x);
  gemm.rows_y = ink_alloc(gemm.blocks * sizeof *gemm.rows_y);
  if (!gemm.w || !gemm.packed || !gemm.x || !gemm.y || !gemm.rows_x || !gemm.rows_y)
    return 1;
  const ink_random stream = ink_random_stream(0, INK_FOR_TEST, 0);
  for (size_t i = 0; i < m * k; i++)
    gemm.w[i] = (float)ink_random_uniform(stream, i);
  for (size_t i = 0; i < k * n; i++)
    gemm.x[i] = (float)ink_random_uniform(stream, i);
  for (size_t b = 0; b < gemm.blocks; b++) {
    gemm.rows_x[b] = gemm.x + b * k * INK_LANES;
    gemm.rows_y[b] = gemm.y + b * m * INK_LANES;
  }
  return 0;
}

/* As a linear layer does it: packing included, 64 kB of weights at a time for all images. */
void bench_product(size_t repeats)
{
  const size_t panel = gemm.kernels->panel_rows, panels = 65536 / (panel * gemm.k * sizeof(float));
  const size_t rows = (panels ? panels : 1) * panel;
  for (size_t r = 0; r < repeats; r++) {
    gemm.kernels->pack(gemm.m, gemm.k, gemm.w, gemm.k, 1, gemm.packed);
    for (size_t i = 0; i < gemm.m; i += rows)
      for (size_t b = 0; b < gemm.blocks; b++)
        gemm.kernels->product(ink_min_size(rows, gemm.m - i), gemm.k, gemm.packed + i * gemm.k,
                              NULL, gemm.rows_x[b], gemm.y + (b * gemm.m + i) * INK_LANES,
                              INK_FROM_ZERO);
  }
}

void bench_weight_gradient(size_t repeats)
{
  for (size_t r = 0; r < repeats; r++)
    gemm.kernels->weight_gradient(gemm.m, gemm.k, gemm.blocks, gemm.rows_y, 0, gemm.rows_x, 0,
                                  gemm.w, gemm.k, false);
}
