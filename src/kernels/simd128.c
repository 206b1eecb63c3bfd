/*
 * simd128.c - every kernel in 128-bit SIMD. The same file compiled with -mrelaxed-simd is the
 * variant `relaxed`, in which a multiplication and an addition may be rounded once instead of
 * twice.
 */
#if defined(__wasm_simd128__)

#include "variants.h"

#include <math.h>
#include <wasm_simd128.h>

#if defined(__wasm_relaxed_simd__)
#define VARIANT      ink_kernels_relaxed
#define VARIANT_NAME "relaxed"
static inline v128_t madd(v128_t a, v128_t b, v128_t sum)
{
  return wasm_f32x4_relaxed_madd(a, b, sum);
}
#else
#define VARIANT      ink_kernels_simd128
#define VARIANT_NAME "simd128"
static inline v128_t madd(v128_t a, v128_t b, v128_t sum)
{
  return wasm_f32x4_add(wasm_f32x4_mul(a, b), sum);
}
#endif

#define ALWAYS_INLINE static inline __attribute__((always_inline))

/*
 * A tile of 4 rows x 8 images needs 15 registers: 8 accumulators, 2 vectors of x, 4 splats and 1
 * product. V8 moves all loads of a loop's body to its front, and 15 registers are all it has: with
 * 5 rows it spills (Node 20).
 */
enum { PANEL = 4 };

/* `rows` is a constant at every call, so the loops unroll and `sum` stays in registers. */
ALWAYS_INLINE void product_tile(int rows, size_t k, const float *w, const float *bias,
                                const float *x, float *y, ink_start start)
{
  v128_t sum[PANEL][2];
  for (int i = 0; i < rows; i++) {
    if (start == INK_FROM_Y) {
      sum[i][0] = wasm_v128_load(y + i * INK_LANES);
      sum[i][1] = wasm_v128_load(y + i * INK_LANES + 4);
    } else {
      sum[i][0] = sum[i][1] =
          start == INK_FROM_BIAS ? wasm_v128_load32_splat(bias + i) : wasm_f32x4_splat(0.0f);
    }
  }
  /*
   * If this loop were unrolled twice, twice as many values would be live; V8 spills and is half as
   * fast.
   */
#pragma clang loop unroll(disable)
  for (size_t j = 0; j < k; j++, x += INK_LANES, w += PANEL) {
    const v128_t x0 = wasm_v128_load(x), x1 = wasm_v128_load(x + 4);
    for (int i = 0; i < rows; i++) {
      const v128_t splat = wasm_v128_load32_splat(w + i);
      sum[i][0] = madd(splat, x0, sum[i][0]);
      sum[i][1] = madd(splat, x1, sum[i][1]);
    }
  }
  for (int i = 0; i < rows; i++) {
    wasm_v128_store(y + i * INK_LANES, sum[i][0]);
    wasm_v128_store(y + i * INK_LANES + 4, sum[i][1]);
  }
}

static void product(size_t m, size_t k, const float *weights, const float *bias, const float *x,
                    float *y, ink_start start)
{
  size_t i = 0;
  for (; i + PANEL <= m; i += PANEL, weights += PANEL * k, y += PANEL * INK_LANES)
    product_tile(PANEL, k, weights, bias ? bias + i : NULL, x, y, start);
  const float *last_bias = bias ? bias + i : NULL;
  switch (m - i) {
  case 1:
    product_tile(1, k, weights, last_bias, x, y, start);
    break;
  case 2:
    product_tile(2, k, weights, last_bias, x, y, start);
    break;
  case 3:
    product_tile(3, k, weights, last_bias, x, y, start);
    break;
  case 4:
    product_tile(4, k, weights, last_bias, x, y, start);
    break;
  default:
    break;
  }
}

/*
 * y = (add ? y : 0) + n columns of W' times n rows of x; n is a constant at every call.
 *
 *   w  packed panel [m][PANEL]: the n weights of row i are w[i * PANEL] to w[i * PANEL + n - 1]
 *
 * The rows of x stay in registers while y streams by, so no sum waits for the one before it, and
 * the weights are read in the order in which they are packed. More than one row of y in a turn of
 * the loop is slower (Node 20).
 */
ALWAYS_INLINE void add_columns(int n, size_t m, const float *w, const float *x, float *y, bool add)
{
  v128_t row[PANEL][2];
  for (int j = 0; j < n; j++) {
    row[j][0] = wasm_v128_load(x + j * INK_LANES);
    row[j][1] = wasm_v128_load(x + j * INK_LANES + 4);
  }
#pragma clang loop unroll(disable)
  for (size_t i = 0; i < m; i++, w += PANEL, y += INK_LANES) {
    v128_t low = add ? wasm_v128_load(y) : wasm_f32x4_splat(0.0f);
    v128_t high = add ? wasm_v128_load(y + 4) : wasm_f32x4_splat(0.0f);
    for (int j = 0; j < n; j++) {
      const v128_t splat = wasm_v128_load32_splat(w + j);
      low = madd(splat, row[j][0], low);
      high = madd(splat, row[j][1], high);
    }
    wasm_v128_store(y, low);
    wasm_v128_store(y + 4, high);
  }
}

static void product_transposed(size_t m, size_t k, const float *packed, size_t panel_stride,
                               const float *x, float *y, bool add)
{
  size_t j = 0;
  for (; j + PANEL <= k; j += PANEL, packed += panel_stride, x += PANEL * INK_LANES)
    if (add || j > 0)
      add_columns(PANEL, m, packed, x, y, true);
    else
      add_columns(PANEL, m, packed, x, y, false);
  for (; j < k; j++, packed++, x += INK_LANES)
    add_columns(1, m, packed, x, y, add || j > 0);
}

/* Writes the transpose of a 4 x 4 block. */
static inline void transpose_4x4(const v128_t row[4], float *to, size_t stride)
{
  const v128_t a = wasm_i32x4_shuffle(row[0], row[1], 0, 4, 1, 5);
  const v128_t b = wasm_i32x4_shuffle(row[2], row[3], 0, 4, 1, 5);
  const v128_t c = wasm_i32x4_shuffle(row[0], row[1], 2, 6, 3, 7);
  const v128_t d = wasm_i32x4_shuffle(row[2], row[3], 2, 6, 3, 7);
  wasm_v128_store(to, wasm_i64x2_shuffle(a, b, 0, 2));
  wasm_v128_store(to + stride, wasm_i64x2_shuffle(a, b, 1, 3));
  wasm_v128_store(to + 2 * stride, wasm_i64x2_shuffle(c, d, 0, 2));
  wasm_v128_store(to + 3 * stride, wasm_i64x2_shuffle(c, d, 1, 3));
}

/* Packs one panel in which all PANEL rows exist. */
static void pack_panel(size_t k, const float *w, size_t row_stride, size_t column_stride,
                       float *packed)
{
  size_t j = 0;
  if (row_stride == 1) {
    for (; j < k; j++)
      wasm_v128_store(packed + j * PANEL, wasm_v128_load(w + j * column_stride));
  } else if (column_stride == 1) {
    for (; j + 4 <= k; j += 4) {
      v128_t row[4];
      for (size_t i = 0; i < 4; i++)
        row[i] = wasm_v128_load(w + i * row_stride + j);
      transpose_4x4(row, packed + j * PANEL, PANEL);
    }
  }
  for (; j < k; j++)
    for (size_t i = 0; i < PANEL; i++)
      packed[j * PANEL + i] = w[i * row_stride + j * column_stride];
}

static void pack(size_t m, size_t k, const float *w, size_t row_stride, size_t column_stride,
                 float *packed)
{
  for (; m >= PANEL; m -= PANEL, w += PANEL * row_stride, packed += PANEL * k)
    pack_panel(k, w, row_stride, column_stride, packed);
  for (size_t j = 0; m > 0 && j < k; j++)
    for (size_t i = 0; i < PANEL; i++)
      packed[j * PANEL + i] = i < m ? w[i * row_stride + j * column_stride] : 0.0f;
}

static inline float lane_sum(v128_t v)
{
  const v128_t pairs = wasm_f32x4_add(v, wasm_i32x4_shuffle(v, v, 2, 3, 0, 1));
  return wasm_f32x4_extract_lane(pairs, 0) + wasm_f32x4_extract_lane(pairs, 1);
}

/* Returns (sum of a, sum of b, sum of c, sum of d). */
static inline v128_t lane_sums(v128_t a, v128_t b, v128_t c, v128_t d)
{
  const v128_t ab =
      wasm_f32x4_add(wasm_i32x4_shuffle(a, b, 0, 4, 1, 5), wasm_i32x4_shuffle(a, b, 2, 6, 3, 7));
  const v128_t cd =
      wasm_f32x4_add(wasm_i32x4_shuffle(c, d, 0, 4, 1, 5), wasm_i32x4_shuffle(c, d, 2, 6, 3, 7));
  return wasm_f32x4_add(wasm_i32x4_shuffle(ab, cd, 0, 1, 4, 5),
                        wasm_i32x4_shuffle(ab, cd, 2, 3, 6, 7));
}

/*
 * Size of the blocks of the weight gradient: rows of dy, pairs (dy[p], x[p]), rows of x. Each block
 * is copied into consecutive memory first: the addresses of the pairs are mostly a power of two
 * apart, and would share a few sets of the first-level cache. With at most half as many pairs, a
 * block has twice as many rows.
 */
enum { GRADIENT_ROWS = 32, GRADIENT_PAIRS = 16, GRADIENT_COLUMNS = 4 };

/*
 * Copies `width` rows of each of n pairs to [2 n][width][4]: lanes 0..3 of all pairs, then lanes
 * 4..7.
 *
 *   from[0]  row 0  a0 a1 a2 a3 a4 a5 a6 a7      to  a0 a1 a2 a3  b0 b1 b2 b3    pair 0, lanes 0..3
 *            row 1  b0 b1 b2 b3 b4 b5 b6 b7          c0 c1 c2 c3  d0 d1 d2 d3    pair 1, lanes 0..3
 *   from[1]  row 0  c0 c1 ...                        a4 a5 a6 a7  b4 b5 b6 b7    pair 0, lanes 4..7
 *            row 1  d0 d1 ...                        c4 c5 c6 c7  d4 d5 d6 d7    pair 1, lanes 4..7
 */
ALWAYS_INLINE void copy_rows(int width, size_t n, const float *const *from, size_t offset,
                             float *to)
{
  for (size_t half = 0; half < INK_LANES; half += 4)
    for (size_t p = 0; p < n; p++, to += 4 * width)
      for (int i = 0; i < width; i++)
        wasm_v128_store(to + 4 * i,
                        wasm_v128_load(from[p] + offset + half + (size_t)i * INK_LANES));
}

/*
 * Computes a tile of dw, [rows][columns], with rows <= 2 and columns <= 4. It needs 15 registers: 8
 * accumulators, 2 vectors of dy, 4 of x and 1 product. dy [n][rows][4] and x [n][columns][4] are
 * copies by copy_rows; each is read once, from front to end:
 *
 *              x row 0     x row 1     x row 2     x row 3
 *   dy row 0   sum[0][0]   sum[0][1]   sum[0][2]   sum[0][3]   += dy row i * x row j, four lanes
 *   dy row 1   sum[1][0]   sum[1][1]   sum[1][2]   sum[1][3]
 *
 * At the end the four lanes of each sum are added up to one element of dw.
 */
ALWAYS_INLINE void gradient_tile(int rows, int columns, size_t n, const float *dy, const float *x,
                                 float *dw, size_t dw_stride, bool add)
{
  v128_t sum[2][GRADIENT_COLUMNS];
  for (int i = 0; i < rows; i++)
    for (int j = 0; j < columns; j++)
      sum[i][j] = wasm_f32x4_splat(0.0f);
#pragma clang loop unroll(disable)
  for (size_t p = 0; p < n; p++, dy += 4 * rows, x += 4 * columns) {
    v128_t a[2];
    for (int i = 0; i < rows; i++)
      a[i] = wasm_v128_load(dy + 4 * i);
    for (int j = 0; j < columns; j++) {
      const v128_t b = wasm_v128_load(x + 4 * j);
      for (int i = 0; i < rows; i++)
        sum[i][j] = madd(a[i], b, sum[i][j]);
    }
  }
  for (int i = 0; i < rows; i++) {
    float *to = dw + (size_t)i * dw_stride;
    if (columns == 4) {
      const v128_t sums = lane_sums(sum[i][0], sum[i][1], sum[i][2], sum[i][3]);
      wasm_v128_store(to, add ? wasm_f32x4_add(wasm_v128_load(to), sums) : sums);
    } else {
      for (int j = 0; j < columns; j++)
        to[j] = (add ? to[j] : 0.0f) + lane_sum(sum[i][j]);
    }
  }
}

/*
 * Computes `columns` columns of m rows of dw. dy holds the copies of rows 0 and 1, then 2 and 3,
 * and so on, and of the last row alone if m is odd.
 */
ALWAYS_INLINE void gradient_columns(int columns, size_t m, size_t n, const float *dy,
                                    const float *x, float *dw, size_t dw_stride, bool add)
{
  size_t i = 0;
  for (; i + 2 <= m; i += 2, dy += 2 * n * INK_LANES)
    gradient_tile(2, columns, 2 * n, dy, x, dw + i * dw_stride, dw_stride, add);
  if (i < m)
    gradient_tile(1, columns, 2 * n, dy, x, dw + i * dw_stride, dw_stride, add);
}

static void gradient_rows(size_t m, size_t k, size_t n, const float *const *dy, size_t dy_offset,
                          const float *const *x, size_t x_offset, float *dw, size_t dw_stride,
                          bool add)
{
  float own_dy[GRADIENT_ROWS * GRADIENT_PAIRS * INK_LANES];
  float own_x[GRADIENT_COLUMNS * GRADIENT_PAIRS * INK_LANES];
  for (size_t i = 0; i + 2 <= m; i += 2)
    copy_rows(2, n, dy, dy_offset + i * INK_LANES, own_dy + i * n * INK_LANES);
  if (m % 2)
    copy_rows(1, n, dy, dy_offset + (m - 1) * INK_LANES, own_dy + (m - 1) * n * INK_LANES);
  for (; k >= 4; k -= 4, x_offset += 4 * INK_LANES, dw += 4) {
    copy_rows(4, n, x, x_offset, own_x);
    gradient_columns(4, m, n, own_dy, own_x, dw, dw_stride, add);
  }
  for (; k >= 1; k -= 1, x_offset += INK_LANES, dw += 1) {
    copy_rows(1, n, x, x_offset, own_x);
    gradient_columns(1, m, n, own_dy, own_x, dw, dw_stride, add);
  }
}

static void weight_gradient(size_t m, size_t k, size_t n, const float *const *dy, size_t dy_offset,
                            const float *const *x, size_t x_offset, float *dw, size_t dw_stride,
                            bool add)
{
  for (size_t p = 0; p < n || p == 0; p += GRADIENT_PAIRS) { /* if n is 0, one turn writes zeros */
    const size_t pairs = ink_min_size(GRADIENT_PAIRS, n - p);
    const size_t rows = 2 * pairs <= GRADIENT_PAIRS ? 2 * GRADIENT_ROWS : GRADIENT_ROWS;
    for (size_t i = 0; i < m; i += rows)
      gradient_rows(ink_min_size(rows, m - i), k, pairs, dy + p, dy_offset + i * INK_LANES, x + p,
                    x_offset, dw + i * dw_stride, dw_stride, add || p > 0);
  }
}

static void row_sums(size_t m, size_t n, const float *const *rows, size_t offset, float *sums)
{
  for (size_t i = 0; i < m; i++) {
    v128_t sum = wasm_f32x4_splat(0.0f);
    for (size_t p = 0; p < n; p++) {
      const float *row = rows[p] + offset + i * INK_LANES;
      sum = wasm_f32x4_add(sum, wasm_f32x4_add(wasm_v128_load(row), wasm_v128_load(row + 4)));
    }
    sums[i] = lane_sum(sum);
  }
}

/* Rows that are combined at once: registers hold their coefficients and two sums. */
enum { COMBINED = 5 };

/* `n` is a constant at every call, so coefficients and addresses stay in registers. */
ALWAYS_INLINE void combine_some(size_t n, size_t count, const float *coefficients,
                                const float *const *rows, float *y, bool add)
{
  v128_t coefficient[COMBINED];
  const float *row[COMBINED];
  for (size_t t = 0; t < n; t++) {
    coefficient[t] = wasm_v128_load32_splat(coefficients + t);
    row[t] = rows[t];
  }
#pragma clang loop unroll(disable)
  for (size_t i = 0; i < count; i += 8) {
    v128_t low = wasm_f32x4_splat(0.0f), high = low;
    if (add) {
      low = wasm_v128_load(y + i);
      high = wasm_v128_load(y + i + 4);
    }
    for (size_t t = 0; t < n; t++) {
      low = madd(coefficient[t], wasm_v128_load(row[t] + i), low);
      high = madd(coefficient[t], wasm_v128_load(row[t] + i + 4), high);
    }
    wasm_v128_store(y + i, low);
    wasm_v128_store(y + i + 4, high);
  }
}

static void combine(size_t count, size_t n, const float *coefficients, const float *const *rows,
                    float *y, bool add)
{
  for (; n > COMBINED; n -= 4, coefficients += 4, rows += 4, add = true)
    combine_some(4, count, coefficients, rows, y, add);
  switch (n) {
  case 0:
    combine_some(0, count, coefficients, rows, y, add);
    break;
  case 1:
    combine_some(1, count, coefficients, rows, y, add);
    break;
  case 2:
    combine_some(2, count, coefficients, rows, y, add);
    break;
  case 3:
    combine_some(3, count, coefficients, rows, y, add);
    break;
  case 4:
    combine_some(4, count, coefficients, rows, y, add);
    break;
  default:
    combine_some(COMBINED, count, coefficients, rows, y, add);
    break;
  }
}

static void largest(size_t count, size_t n, const float *const *rows, const int32_t *indices,
                    float *y, int32_t *argmax)
{
  for (size_t i = 0; i < count; i += 4) {
    v128_t most = wasm_v128_load(y + i), place = wasm_v128_load(argmax + i);
    for (size_t t = 0; t < n; t++) {
      const v128_t x = wasm_v128_load(rows[t] + i);
      const v128_t wins = wasm_v128_or(wasm_f32x4_gt(x, most), wasm_f32x4_ne(x, x));
      most = wasm_v128_bitselect(x, most, wins);
      place = wasm_v128_bitselect(wasm_v128_load32_splat(indices + t), place, wins);
    }
    wasm_v128_store(y + i, most);
    wasm_v128_store(argmax + i, place);
  }
}

static void relu(size_t count, const float *x, float *y)
{
  const v128_t zero = wasm_f32x4_splat(0.0f);
  for (size_t i = 0; i < count; i += 4) {
    const v128_t v = wasm_v128_load(x + i);
    wasm_v128_store(y + i, wasm_v128_andnot(v, wasm_f32x4_le(v, zero)));
  }
}

static void relu_gradient(size_t count, const float *y, const float *dy, float *dx, bool add)
{
  const v128_t zero = wasm_f32x4_splat(0.0f);
  for (size_t i = 0; i < count; i += 4) {
    const v128_t passes = wasm_f32x4_gt(wasm_v128_load(y + i), zero);
    const v128_t d = wasm_v128_and(wasm_v128_load(dy + i), passes);
    wasm_v128_store(dx + i, add ? wasm_f32x4_add(wasm_v128_load(dx + i), d) : d);
  }
}

static void add(size_t count, const float *a, const float *b, float *y)
{
  for (size_t i = 0; i < count; i += 4)
    wasm_v128_store(y + i, wasm_f32x4_add(wasm_v128_load(a + i), wasm_v128_load(b + i)));
}

/*
 * p / 255 is computed as p * HIGH + p * LOW. HIGH has 9 significant bits, so p * HIGH is exact and
 * only the sum is rounded. A test compares all 256 values with the quotient.
 */
static const float HIGH = 0x1.01p-8f, LOW = 0x1.010102p-24f;

static inline v128_t scaled(v128_t u32)
{
  const v128_t p = wasm_f32x4_convert_u32x4(u32);
  return wasm_f32x4_add(wasm_f32x4_mul(p, wasm_f32x4_splat(HIGH)),
                        wasm_f32x4_mul(p, wasm_f32x4_splat(LOW)));
}

/*
 * Transposes 8 lines of 16 bytes in three rounds, which join 2, 4 and 8 lines. octet[i] holds
 * columns 2 i and 2 i + 1. The first columns, with letters for lines and numbers for columns:
 *
 *   line[0]  a0 a1 a2 ...    pair[0][0]  a0 b0 a1 b1 ...    quad[0][0]  a0 b0 c0 d0 a1 b1 c1 d1 ...
 *   line[1]  b0 b1 b2 ...    pair[1][0]  c0 d0 c1 d1 ...    quad[1][0]  e0 f0 g0 h0 e1 f1 g1 h1 ...
 *   ...                      ...
 *   octet[0] = a0 b0 c0 d0 e0 f0 g0 h0  a1 b1 c1 d1 e1 f1 g1 h1
 */
ALWAYS_INLINE void transpose_8x16(const v128_t line[8], v128_t octet[8])
{
  v128_t pair[4][2], quad[2][4];
  for (int i = 0; i < 4; i++) {
    pair[i][0] = wasm_i8x16_shuffle(line[2 * i], line[2 * i + 1], 0, 16, 1, 17, 2, 18, 3, 19, 4, 20,
                                    5, 21, 6, 22, 7, 23);
    pair[i][1] = wasm_i8x16_shuffle(line[2 * i], line[2 * i + 1], 8, 24, 9, 25, 10, 26, 11, 27, 12,
                                    28, 13, 29, 14, 30, 15, 31);
  }
  for (int i = 0; i < 2; i++)
    for (int half = 0; half < 2; half++) {
      const v128_t a = pair[2 * i][half], b = pair[2 * i + 1][half];
      quad[i][2 * half] = wasm_i16x8_shuffle(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
      quad[i][2 * half + 1] = wasm_i16x8_shuffle(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
    }
  for (int i = 0; i < 4; i++) {
    octet[2 * i] = wasm_i32x4_shuffle(quad[0][i], quad[1][i], 0, 4, 1, 5);
    octet[2 * i + 1] = wasm_i32x4_shuffle(quad[0][i], quad[1][i], 2, 6, 3, 7);
  }
}

static void gather_u8(const uint8_t *const picture[INK_LANES], size_t pixels, float *x,
                      size_t row_stride)
{
  static const uint8_t blank[16];
  size_t p = 0;
  for (; p + 16 <= pixels; p += 16) {
    v128_t line[INK_LANES];
    for (int lane = 0; lane < INK_LANES; lane++)
      line[lane] = wasm_v128_load(picture[lane] ? picture[lane] + p : blank);
    v128_t octet[8];
    transpose_8x16(line, octet);
    for (int i = 0; i < 8; i++) {
      const v128_t low = wasm_u16x8_extend_low_u8x16(octet[i]);
      const v128_t high = wasm_u16x8_extend_high_u8x16(octet[i]);
      float *row = x + (p + 2 * (size_t)i) * row_stride;
      wasm_v128_store(row, scaled(wasm_u32x4_extend_low_u16x8(low)));
      wasm_v128_store(row + 4, scaled(wasm_u32x4_extend_high_u16x8(low)));
      wasm_v128_store(row + row_stride, scaled(wasm_u32x4_extend_low_u16x8(high)));
      wasm_v128_store(row + row_stride + 4, scaled(wasm_u32x4_extend_high_u16x8(high)));
    }
  }
  for (; p < pixels; p++)
    for (size_t lane = 0; lane < INK_LANES; lane++)
      x[p * row_stride + lane] = picture[lane] ? (float)picture[lane][p] / 255.0f : 0.0f;
}

static void transpose(size_t rows, size_t columns, const float *from, size_t from_stride, float *to,
                      size_t to_stride)
{
  size_t i = 0;
  for (; i + 4 <= rows; i += 4) {
    const float *row = from + i * from_stride;
    size_t j = 0;
    for (; j + 4 <= columns; j += 4) {
      v128_t four[4];
      for (size_t r = 0; r < 4; r++)
        four[r] = wasm_v128_load(row + r * from_stride + j);
      transpose_4x4(four, to + j * to_stride + i, to_stride);
    }
    for (; j < columns; j++)
      for (size_t r = 0; r < 4; r++)
        to[j * to_stride + i + r] = row[r * from_stride + j];
  }
  for (; i < rows; i++)
    for (size_t j = 0; j < columns; j++)
      to[j * to_stride + i] = from[i * from_stride + j];
}

static void columns_u8(size_t n, const uint8_t *const *picture, size_t first, size_t count,
                       uint8_t *columns, size_t stride)
{
  size_t p = 0;
  for (; p + 16 <= count; p += 16) {
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
      v128_t line[8], octet[8];
      for (size_t k = 0; k < 8; k++)
        line[k] = wasm_v128_load(picture[i + k] + first + p);
      transpose_8x16(line, octet);
      uint8_t *to = columns + p * stride + i;
      for (int k = 0; k < 8; k++, to += 2 * stride) {
        wasm_v128_store64_lane(to, octet[k], 0);
        wasm_v128_store64_lane(to + stride, octet[k], 1);
      }
    }
    for (; i < n; i++)
      for (size_t k = 0; k < 16; k++)
        columns[(p + k) * stride + i] = picture[i][first + p + k];
  }
  for (; p < count; p++)
    for (size_t i = 0; i < n; i++)
      columns[p * stride + i] = picture[i][first + p];
}

/*
 * ORDER[mask] lists the positions of the bits that are set in `mask`, lowest first, one byte each.
 * Example: mask 0b00100110 has bits 1, 2 and 5, so the bytes of its entry are 1 2 5 0 0 0 0 0.
 */
#define POSITION(mask, bit)                                                                        \
  ((uint64_t)((mask) >> (bit)&1) * (bit) << 8 * __builtin_popcount((mask) & ((1 << (bit)) - 1)))
#define ORDER1(m)                                                                                  \
  (POSITION(m, 1) | POSITION(m, 2) | POSITION(m, 3) | POSITION(m, 4) | POSITION(m, 5) |            \
   POSITION(m, 6) | POSITION(m, 7))
#define ORDER4(m)  ORDER1(m), ORDER1((m) + 1), ORDER1((m) + 2), ORDER1((m) + 3)
#define ORDER16(m) ORDER4(m), ORDER4((m) + 4), ORDER4((m) + 8), ORDER4((m) + 12)
#define ORDER64(m) ORDER16(m), ORDER16((m) + 16), ORDER16((m) + 32), ORDER16((m) + 48)
static const uint64_t ORDER[256] = {ORDER64(0), ORDER64(64), ORDER64(128), ORDER64(192)};

/*
 * The bytes of a list that are not 0: each value / 255, and the offset in bytes of the row that it
 * is multiplied with. There is room for the last store of 8 entries to exceed LIST_BYTES.
 */
enum { LIST_BYTES = 1024 };
typedef struct nonzero {
  float value[LIST_BYTES + 16];
  uint32_t offset[LIST_BYTES + 16];
} nonzero;

/*
 * Lists the n <= LIST_BYTES bytes of u8 that are not 0, and returns how many there are. No branch
 * depends on a single byte: at the edges of a picture the processor could not predict it.
 *
 * A group of 8 bytes is compacted with one table entry. Example, with the first 8 of 16 bytes:
 *
 *   position       0   1   2   3   4   5   6   7
 *   u8             0  17 200   0   0  90   0   0
 *   bits           0   1   1   0   0   1   0   0       mask of bytes that are not 0
 *   ORDER[bits]    1   2   5   0   0   0   0   0       positions of those bytes
 *   byte[]        17 200  90   0   0   0   0   0       swizzle: u8 at these positions
 *   position[]     1   2   5   0   0   0   0   0       the same, + half + t
 *
 * 8 entries are stored each time, and count grows by 3: the next group overwrites the other 5.
 * The last loop turns the bytes into value / 255, and the positions into offsets of rows.
 */
static size_t list_nonzero(size_t n, const uint8_t *u8, size_t stride, nonzero *list)
{
  uint8_t byte[LIST_BYTES + 16];
  uint16_t position[LIST_BYTES + 16];
  size_t count = 0, t = 0;
  for (; t + 16 <= n; t += 16) {
    const v128_t bytes = wasm_v128_load(u8 + t);
    const uint32_t mask = wasm_i8x16_bitmask(wasm_i8x16_ne(bytes, wasm_i8x16_splat(0)));
    if (mask == 0)
      continue;
    for (uint32_t half = 0; half < 16; half += 8) {
      const uint32_t bits = mask >> half & 255;
      const v128_t order =
          wasm_i8x16_add(wasm_v128_load64_zero(&ORDER[bits]), wasm_i8x16_splat((int8_t)half));
      wasm_v128_store64_lane(byte + count, wasm_i8x16_swizzle(bytes, order), 0);
      wasm_v128_store(position + count, wasm_i16x8_add(wasm_u16x8_extend_low_u8x16(order),
                                                       wasm_i16x8_splat((int16_t)t)));
      count += (size_t)__builtin_popcount(bits);
    }
  }
  for (; t < n; t++) {
    byte[count] = u8[t];
    position[count] = (uint16_t)t;
    count += u8[t] != 0;
  }
  const v128_t row = wasm_i32x4_splat((int32_t)(stride * sizeof(float)));
  for (size_t i = 0; i < count; i += 8) {
    const v128_t bytes = wasm_u16x8_load8x8(byte + i), positions = wasm_v128_load(position + i);
    wasm_v128_store(list->value + i, scaled(wasm_u32x4_extend_low_u16x8(bytes)));
    wasm_v128_store(list->value + i + 4, scaled(wasm_u32x4_extend_high_u16x8(bytes)));
    wasm_v128_store(list->offset + i, wasm_i32x4_mul(wasm_u32x4_extend_low_u16x8(positions), row));
    wasm_v128_store(list->offset + i + 4,
                    wasm_i32x4_mul(wasm_u32x4_extend_high_u16x8(positions), row));
  }
  return count;
}

/*
 * Adds the listed rows to 4 * vectors values of y, at_once rows in one turn of the loop. Both are
 * constants at every call. With vectors = 4 and at_once = 2 there are 4 sums, 8 loads and 2 splats;
 * with 8 sums V8 spills and is half as fast.
 */
ALWAYS_INLINE void add_listed(int vectors, size_t at_once, size_t count, const nonzero *list,
                              const float *rows, float *y)
{
  v128_t sum[8];
  for (int v = 0; v < vectors; v++)
    sum[v] = wasm_v128_load(y + 4 * v);
  size_t t = 0;
#pragma clang loop unroll(disable)
  for (; t + at_once <= count; t += at_once)
    for (size_t u = 0; u < at_once; u++) {
      const float *row = (const float *)((const char *)rows + list->offset[t + u]);
      const v128_t value = wasm_v128_load32_splat(list->value + t + u);
      for (int v = 0; v < vectors; v++)
        sum[v] = madd(value, wasm_v128_load(row + 4 * v), sum[v]);
    }
#pragma clang loop unroll(disable)
  for (; t < count; t++) {
    const float *row = (const float *)((const char *)rows + list->offset[t]);
    const v128_t value = wasm_v128_load32_splat(list->value + t);
    for (int v = 0; v < vectors; v++)
      sum[v] = madd(value, wasm_v128_load(row + 4 * v), sum[v]);
  }
  for (int v = 0; v < vectors; v++)
    wasm_v128_store(y + 4 * v, sum[v]);
}

static void product_u8(size_t m, size_t n, const uint8_t *u8, const float *rows, size_t stride,
                       float *y)
{
  nonzero list;
  for (size_t first = 0; first < n; first += LIST_BYTES) {
    const size_t count =
        list_nonzero(ink_min_size(LIST_BYTES, n - first), u8 + first, stride, &list);
    const float *from = rows + first * stride;
    size_t i = 0;
    for (; i + 16 <= m; i += 16)
      add_listed(4, 2, count, &list, from + i, y + i);
    switch (m - i) {
    case 4:
      add_listed(1, 4, count, &list, from + i, y + i);
      break;
    case 8:
      add_listed(2, 4, count, &list, from + i, y + i);
      break;
    case 12:
      add_listed(3, 2, count, &list, from + i, y + i);
      break;
    default:
      break;
    }
  }
}

/*
 * Returns exp(x) of four values <= 0, to within 2 units in the last place; 0 below -87.3.
 *
 *   x = n ln 2 + r, |r| <= ln 2 / 2:  exp(x) = 2^n e^r, with the polynomial for e^r of Cephes
 *   (S. Moshier, expf.c)
 */
static inline v128_t exp_nonpositive(v128_t x)
{
  const v128_t floor_x = wasm_f32x4_splat(-87.3f);
  const v128_t tiny = wasm_f32x4_lt(x, floor_x);
  x = wasm_f32x4_max(x, floor_x);
  const v128_t n = wasm_f32x4_nearest(wasm_f32x4_mul(x, wasm_f32x4_splat(1.44269504088896341f)));
  v128_t r = wasm_f32x4_sub(x, wasm_f32x4_mul(n, wasm_f32x4_splat(0.693359375f)));
  r = wasm_f32x4_sub(r, wasm_f32x4_mul(n, wasm_f32x4_splat(-2.12194440e-4f)));
  v128_t e = wasm_f32x4_splat(1.9875691500e-4f);
  e = wasm_f32x4_add(wasm_f32x4_mul(e, r), wasm_f32x4_splat(1.3981999507e-3f));
  e = wasm_f32x4_add(wasm_f32x4_mul(e, r), wasm_f32x4_splat(8.3334519073e-3f));
  e = wasm_f32x4_add(wasm_f32x4_mul(e, r), wasm_f32x4_splat(4.1665795894e-2f));
  e = wasm_f32x4_add(wasm_f32x4_mul(e, r), wasm_f32x4_splat(1.6666665459e-1f));
  e = wasm_f32x4_add(wasm_f32x4_mul(e, r), wasm_f32x4_splat(5.0000001201e-1f));
  e = wasm_f32x4_add(wasm_f32x4_mul(wasm_f32x4_mul(e, r), r),
                     wasm_f32x4_add(r, wasm_f32x4_splat(1.0f)));
  const v128_t power =
      wasm_i32x4_shl(wasm_i32x4_add(wasm_i32x4_trunc_sat_f32x4(n), wasm_i32x4_splat(127)), 23);
  return wasm_v128_andnot(wasm_f32x4_mul(e, power), tiny);
}

static void cross_entropy(size_t classes, const float *logits, const int32_t targets[INK_LANES],
                          float smoothing, float scale, float losses[INK_LANES], float *d_logits)
{
  const float share =
      smoothing /
      (float)classes; /* the part of the target that label smoothing gives to each class */
  for (size_t half = 0; half < INK_LANES; half += 4) {
    const float *z = logits + half;
    const v128_t target = wasm_v128_load(targets + half);
    const v128_t idle = wasm_i32x4_lt(target, wasm_i32x4_splat(0));
    v128_t max = wasm_v128_load(z);
    for (size_t j = 1; j < classes; j++)
      max = wasm_f32x4_max(max, wasm_v128_load(z + j * INK_LANES));
    v128_t sum = wasm_f32x4_splat(0.0f), chosen = sum, all = sum;
    for (size_t j = 0; j < classes; j++) {
      const v128_t shifted = wasm_f32x4_sub(wasm_v128_load(z + j * INK_LANES), max);
      const v128_t hit = wasm_i32x4_eq(target, wasm_i32x4_splat((int32_t)j));
      chosen = wasm_v128_bitselect(shifted, chosen, hit);
      all = wasm_f32x4_add(all, shifted);
      /* A NaN logit must reach the loss: max(NaN, x) above is NaN. */
      sum = wasm_f32x4_add(sum, wasm_v128_bitselect(exp_nonpositive(shifted), shifted,
                                                    wasm_f32x4_eq(shifted, shifted)));
    }
    float lane_sums[4], lane_wanted[4];
    wasm_v128_store(lane_sums, sum);
    wasm_v128_store(lane_wanted,
                    wasm_f32x4_add(wasm_f32x4_mul(chosen, wasm_f32x4_splat(1.0f - smoothing)),
                                   wasm_f32x4_mul(all, wasm_f32x4_splat(share))));
    for (size_t lane = 0; lane < 4; lane++)
      losses[half + lane] =
          targets[half + lane] < 0 ? 0.0f : logf(lane_sums[lane]) - lane_wanted[lane];
    if (!d_logits)
      continue;
    const v128_t inverse = wasm_f32x4_div(wasm_f32x4_splat(1.0f), sum);
    for (size_t j = 0; j < classes; j++) {
      const v128_t shifted = wasm_f32x4_sub(wasm_v128_load(z + j * INK_LANES), max);
      const v128_t hit = wasm_i32x4_eq(target, wasm_i32x4_splat((int32_t)j));
      const v128_t probability = wasm_f32x4_mul(exp_nonpositive(shifted), inverse);
      const v128_t wanted = wasm_f32x4_add(wasm_v128_and(hit, wasm_f32x4_splat(1.0f - smoothing)),
                                           wasm_f32x4_splat(share));
      const v128_t d = wasm_f32x4_sub(probability, wanted);
      wasm_v128_store(d_logits + j * INK_LANES + half,
                      wasm_v128_andnot(wasm_f32x4_mul(d, wasm_f32x4_splat(scale)), idle));
    }
  }
}

static void sgd(size_t count, float *p, const float *g, float *buf, float lr, float momentum,
                float l2, float keep, bool nesterov)
{
  const v128_t keeps = wasm_f32x4_splat(keep), l2s = wasm_f32x4_splat(l2);
  const v128_t rates = wasm_f32x4_splat(lr), momenta = wasm_f32x4_splat(momentum);
  size_t i = 0;
  for (; i + 4 <= count; i += 4) {
    const v128_t kept = wasm_f32x4_mul(wasm_v128_load(p + i), keeps);
    const v128_t gradient = wasm_f32x4_add(wasm_v128_load(g + i), wasm_f32x4_mul(l2s, kept));
    v128_t direction = gradient;
    if (momentum != 0.0f) {
      const v128_t moved =
          wasm_f32x4_add(wasm_f32x4_mul(momenta, wasm_v128_load(buf + i)), gradient);
      wasm_v128_store(buf + i, moved);
      direction = nesterov ? wasm_f32x4_add(gradient, wasm_f32x4_mul(momenta, moved)) : moved;
    }
    wasm_v128_store(p + i, wasm_f32x4_sub(kept, wasm_f32x4_mul(rates, direction)));
  }
  for (; i < count; i++) {
    const float kept = p[i] * keep;
    const float gradient = g[i] + l2 * kept;
    float direction = gradient;
    if (momentum != 0.0f) {
      buf[i] = momentum * buf[i] + gradient;
      direction = nesterov ? gradient + momentum * buf[i] : buf[i];
    }
    p[i] = kept - lr * direction;
  }
}

static void adam(size_t count, float *p, const float *g, float *m, float *v, const ink_adam_step *s)
{
  const v128_t keep = wasm_f32x4_splat(s->keep), l2 = wasm_f32x4_splat(s->l2);
  const v128_t b1 = wasm_f32x4_splat(s->b1), one_minus_b1 = wasm_f32x4_splat(s->one_minus_b1);
  const v128_t b2 = wasm_f32x4_splat(s->b2), one_minus_b2 = wasm_f32x4_splat(s->one_minus_b2);
  const v128_t step = wasm_f32x4_splat(s->step), v_scale = wasm_f32x4_splat(s->v_scale);
  const v128_t eps = wasm_f32x4_splat(s->eps);
  size_t i = 0;
  for (; i + 4 <= count; i += 4) {
    const v128_t kept = wasm_f32x4_mul(wasm_v128_load(p + i), keep);
    const v128_t gradient = wasm_f32x4_add(wasm_v128_load(g + i), wasm_f32x4_mul(l2, kept));
    const v128_t mean = wasm_f32x4_add(wasm_f32x4_mul(b1, wasm_v128_load(m + i)),
                                       wasm_f32x4_mul(one_minus_b1, gradient));
    const v128_t square =
        wasm_f32x4_add(wasm_f32x4_mul(b2, wasm_v128_load(v + i)),
                       wasm_f32x4_mul(wasm_f32x4_mul(one_minus_b2, gradient), gradient));
    wasm_v128_store(m + i, mean);
    wasm_v128_store(v + i, square);
    const v128_t root = wasm_f32x4_add(wasm_f32x4_sqrt(wasm_f32x4_mul(square, v_scale)), eps);
    wasm_v128_store(p + i, wasm_f32x4_sub(kept, wasm_f32x4_div(wasm_f32x4_mul(step, mean), root)));
  }
  for (; i < count; i++) {
    const float kept = p[i] * s->keep;
    const float gradient = g[i] + s->l2 * kept;
    m[i] = s->b1 * m[i] + s->one_minus_b1 * gradient;
    v[i] = s->b2 * v[i] + s->one_minus_b2 * gradient * gradient;
    p[i] = kept - s->step * m[i] / (sqrtf(v[i] * s->v_scale) + s->eps);
  }
}

const ink_kernels VARIANT = {
    .name = VARIANT_NAME,
    .panel_rows = PANEL,
    .pack = pack,
    .product = product,
    .product_transposed = product_transposed,
    .weight_gradient = weight_gradient,
    .row_sums = row_sums,
    .combine = combine,
    .largest = largest,
    .relu = relu,
    .relu_gradient = relu_gradient,
    .add = add,
    .gather_u8 = gather_u8,
    .transpose = transpose,
    .columns_u8 = columns_u8,
    .product_u8 = product_u8,
    .cross_entropy = cross_entropy,
    .sgd = sgd,
    .adam = adam,
};

#else
typedef int ink_simd128_is_left_out; /* ISO C wants a declaration in every file */
#endif
