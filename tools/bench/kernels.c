/*
 * kernels.c - measured inside WebAssembly: a loop that only multiplies and adds in registers, and
 * the matrix products of the core.
 */
#include "ink_kernels.h"

#include <wasm_simd128.h>

#define EXPORT(name) __attribute__((export_name(#name))) name

const char *EXPORT(bench_variant)(void);
size_t EXPORT(bench_register_loops)(void);
/* Runs some rounds and returns the number of floating-point operations. */
double EXPORT(bench_registers)(size_t loop, size_t turns);
int EXPORT(bench_prepare)(size_t m, size_t k, size_t n);
void EXPORT(bench_product)(size_t repeats);
void EXPORT(bench_weight_gradient)(size_t repeats);

const char *bench_variant(void)
{
  return ink_kernels_at(0)->name;
}

/*
 * Measures the limit of the machine for multiply-adds of 128 bits: sums in registers, each of which
 * depends only on its own last value. How many sums hide the latency and still fit, and how far the
 * loop may be unrolled, differs between engines, so the caller takes the fastest.
 */
#if defined(__wasm_relaxed_simd__)
/* The sum is the operand that is added to, as in kernels: otherwise engines insert copies. */
#define MADD(sum) wasm_f32x4_relaxed_madd(half, one, sum)
#else
#define MADD(sum) wasm_f32x4_add(wasm_f32x4_mul(sum, half), one)
#endif

#define EACH(i, count) _Pragma("clang loop unroll(full)") for (int i = 0; i < count; i++)
#define REGISTERS(CHAINS, UNROLLED)                                                                \
  static double registers_##CHAINS##_##UNROLLED(size_t turns, float value)                         \
  {                                                                                                \
    v128_t sum[CHAINS];                                                                            \
    const v128_t half = wasm_f32x4_splat(value / 2), one = wasm_f32x4_splat(value);                \
    for (int i = 0; i < CHAINS; i++)                                                               \
      sum[i] = wasm_f32x4_splat((float)i);                                                         \
    for (size_t n = 0; n < turns; n++)                                                             \
      EACH(u, UNROLLED) EACH(i, CHAINS) sum[i] = MADD(sum[i]);                                     \
    for (int i = 1; i < CHAINS; i++)                                                               \
      sum[0] = wasm_f32x4_add(sum[0], sum[i]);                                                     \
    volatile float result =                                                                        \
        wasm_f32x4_extract_lane(sum[0], 0); /* uses the result, or the loop would be removed */    \
    (void)result;                                                                                  \
    return (double)turns * CHAINS * UNROLLED * 8;                                                  \
  }
REGISTERS(8, 4)
REGISTERS(10, 4)
REGISTERS(12, 1)
REGISTERS(12, 4)
REGISTERS(12, 16)
REGISTERS(13, 1)
REGISTERS(13, 4)

static double (*const register_loops[])(size_t turns, float value) = {
    registers_8_4,   registers_10_4, registers_12_1, registers_12_4,
    registers_12_16, registers_13_1, registers_13_4};

size_t bench_register_loops(void)
{
  return sizeof register_loops / sizeof *register_loops;
}

double bench_registers(size_t loop, size_t turns)
{
  return register_loops[loop](turns, 1);
}

/* ---- [m][k] times [k][n]: n images in blocks of 8 ---- */

static struct {
  const ink_kernels *kernels;
  size_t m, k, blocks;
  float *w, *packed, *x, *y;
  const float **rows_x, **rows_y;
} gemm;

int bench_prepare(size_t m, size_t k, size_t n)
{
  void *before[] = {gemm.w, gemm.packed, gemm.x, gemm.y, gemm.rows_x, gemm.rows_y};
  for (size_t i = 0; i < sizeof before / sizeof *before; i++)
    ink_free(before[i]);
  gemm.kernels = ink_kernels_at(0);
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

/* Multiplies as a linear layer does: with packing, 64 kB of weights at a time for all images. */
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
