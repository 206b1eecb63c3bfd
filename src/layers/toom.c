/* toom.c - the matrices of a convolution with few multiplications, computed in double. */
#include "toom.h"

#include <math.h>
#include <string.h>

enum { OUTPUTS_MAX = 4, KERNEL_MAX = 5, TILE_MAX = OUTPUTS_MAX + KERNEL_MAX - 1 };
enum { LENGTH_MAX = 32 }; /* values of an axis; pictures have 28 */

/*
 * The points at which the polynomials are evaluated, besides infinity. Their order minimises
 * rounding: with 1/2 and -2 the error of four outputs is a third of that with 2 and -2 or with 1/2
 * and -1/2.
 */
static const double points[TILE_MAX - 1] = {0, 1, -1, 0.5, -2, -0.5, 2};

/* The matrices of one tile: m outputs, n = m + kernel - 1 inputs and products. */
typedef struct tile {
  size_t m, n;
  double output[OUTPUTS_MAX][TILE_MAX], weight[TILE_MAX][KERNEL_MAX], input[TILE_MAX][TILE_MAX];
} tile;

/*
 * Inverts a matrix by Gauss-Jordan elimination with the largest pivot. a [n][2 n] is the matrix and
 * the identity beside it; they become the identity and the inverse.
 */
static void invert(double a[TILE_MAX][2 * TILE_MAX], size_t n)
{
  for (size_t c = 0; c < n; c++) {
    size_t pivot = c;
    for (size_t r = c + 1; r < n; r++)
      pivot = fabs(a[r][c]) > fabs(a[pivot][c]) ? r : pivot;
    for (size_t j = 0; j < 2 * n; j++) {
      const double swapped = a[c][j];
      a[c][j] = a[pivot][j];
      a[pivot][j] = swapped;
    }
    const double scale = a[c][c];
    for (size_t j = 0; j < 2 * n; j++)
      a[c][j] /= scale;
    for (size_t r = 0; r < n; r++) {
      const double factor = r == c ? 0 : a[r][c];
      for (size_t j = 0; j < 2 * n && factor != 0; j++)
        a[r][j] -= factor * a[c][j];
    }
  }
}

/*
 * Returns point^power. The last of n points is infinity: there a polynomial with `terms`
 * coefficients has the value of the highest one.
 */
static double evaluate(size_t point, size_t n, size_t power, size_t terms)
{
  if (point == n - 1)
    return power == terms - 1;
  return pow(points[point], (double)power);
}

/*
 * The product of polynomials with m and k coefficients has n = m + k - 1 coefficients. To compute
 * it: evaluate both at n points, multiply, interpolate. With E_j the matrix that evaluates a
 * polynomial of j coefficients at the n points, that is
 *
 *   product = E_n^-1 ((E_m a) * (E_k b))
 *
 * The transpose of this map with respect to a is the correlation of n values with k, so
 *
 *   output = E_m'    weight = E_k    input = (E_n^-1)'
 */
static void make_tile(tile *t, size_t m, size_t kernel)
{
  const size_t n = m + kernel - 1;
  double inverse[TILE_MAX][2 * TILE_MAX] = {{0}};
  *t = (tile){.m = m, .n = n};
  for (size_t p = 0; p < n; p++) {
    for (size_t i = 0; i < m; i++)
      t->output[i][p] = evaluate(p, n, i, m);
    for (size_t k = 0; k < kernel; k++)
      t->weight[p][k] = evaluate(p, n, k, kernel);
    for (size_t j = 0; j < n; j++)
      inverse[p][j] = evaluate(p, n, j, n);
    inverse[p][n + p] = 1;
  }
  invert(inverse, n);
  for (size_t p = 0; p < n; p++) {
    double least = INFINITY; /* scaled to 1, so that most coefficients are whole numbers */
    for (size_t j = 0; j < n; j++) {
      const double value = inverse[j][n + p];
      t->input[p][j] = fabs(value) < 1e-9 ? 0 : value;
      least = fabs(value) < 1e-9 ? least : fmin(least, fabs(value));
    }
    for (size_t j = 0; j < n; j++)
      t->input[p][j] /= least;
    for (size_t k = 0; k < kernel; k++)
      t->weight[p][k] *= least;
  }
}

/*
 * A tile that covers a whole axis: all outputs of `in` values with kernel - 1 zeros at either end.
 * This is the product of two polynomials itself, of the values and of the reversed kernel:
 *
 *   output = E_n^-1    weight = E_k, reversed    input = E_in
 */
static void make_full_tile(tile *t, size_t in, size_t kernel)
{
  tile transposed;
  make_tile(&transposed, in, kernel);
  *t = (tile){.m = transposed.n, .n = transposed.n};
  for (size_t p = 0; p < t->n; p++) {
    for (size_t o = 0; o < t->m; o++)
      t->output[o][p] = transposed.input[p][o];
    for (size_t k = 0; k < kernel; k++)
      t->weight[p][k] = transposed.weight[p][kernel - 1 - k];
    for (size_t i = 0; i < in; i++)
      t->input[p][i] = transposed.output[i][p];
  }
}

/* ---- a run of tiles ---- */

/* The matrices before zeros are left out. */
typedef struct dense {
  size_t products, factors;
  uint8_t factor[INK_TOOM_PRODUCTS_MAX];
  uint8_t factor_of[OUTPUTS_MAX + 1]
                   [TILE_MAX]; /* 1 + the factor of a tile size and a point; 0: none yet */
  double input[INK_TOOM_PRODUCTS_MAX][LENGTH_MAX], weight[INK_TOOM_PRODUCTS_MAX][KERNEL_MAX];
  double output[LENGTH_MAX][INK_TOOM_PRODUCTS_MAX];
} dense;

/*
 * Two values with one zero at either end and a kernel of three take three products, as Karatsuba's
 * multiplication does:
 *
 *   y0 = w1 (x0 + x1) + (w2 - w1) x1
 *   y1 = w1 (x0 + x1) + (w0 - w1) x0
 */
static void make_pair(dense *d)
{
  static const double input[3][2] = {{1, 1}, {0, 1}, {1, 0}}, output[2][3] = {{1, 1, 0}, {1, 0, 1}};
  static const double weight[3][3] = {{0, 1, 0}, {0, -1, 1}, {1, -1, 0}};
  d->products = d->factors = 3;
  for (size_t p = 0; p < 3; p++) {
    d->factor[p] = (uint8_t)p;
    memcpy(d->input[p], input[p], sizeof input[p]);
    memcpy(d->weight[p], weight[p], sizeof weight[p]);
    for (size_t o = 0; o < 2; o++)
      d->output[o][p] = output[o][p];
  }
}

/*
 * With stride s, value s i + r meets only the taps k with k = r + pad modulo s. So the convolution
 * is the sum of s convolutions of stride 1, one for each r: its value i is value s i + r, and its
 * tap k is tap first_tap + s k.
 *
 * Example: s = 2, pad = 1, kernel = 3. r = 0 has the values 0, 2, 4, ... and tap 1;
 * r = 1 has the values 1, 3, 5, ... and the taps 0 and 2.
 */
typedef struct phase {
  size_t in, kernel, pad, first, step, first_tap;
} phase;

static phase phase_of(ink_toom_axis axis, size_t r)
{
  phase one = {.first = r, .step = axis.stride, .first_tap = (r + axis.pad) % axis.stride};
  one.in = axis.in > r ? ink_ceil_div(axis.in - r, axis.stride) : 0;
  one.kernel =
      axis.kernel > one.first_tap ? ink_ceil_div(axis.kernel - one.first_tap, axis.stride) : 0;
  /*
   * value r meets tap first_tap at output (r + pad - first_tap) / stride: so many zeros come before
   * it
   */
  one.pad = (r + axis.pad - one.first_tap) / axis.stride;
  return one;
}

/*
 * Appends a tile whose first output is `first`. Products whose inputs are all padding are left out.
 */
static void place_tile(dense *d, const tile *t, size_t first, size_t pad, const phase *of)
{
  for (size_t p = 0; p < t->n; p++) {
    bool used = false;
    for (size_t j = 0; j < TILE_MAX; j++) {
      const size_t at = first + j;
      if (t->input[p][j] == 0 || at < pad || at - pad >= of->in)
        continue;
      d->input[d->products][of->first + (at - pad) * of->step] = t->input[p][j];
      used = true;
    }
    if (!used)
      continue;
    uint8_t *factor = &d->factor_of[t->m][p];
    if (*factor == 0) {
      for (size_t k = 0; k < of->kernel; k++)
        d->weight[d->factors][of->first_tap + k * of->step] = t->weight[p][k];
      *factor = (uint8_t)++d->factors;
    }
    d->factor[d->products] = (uint8_t)(*factor - 1);
    for (size_t i = 0; i < t->m; i++)
      d->output[first + i][d->products] = t->output[i][p];
    d->products++;
  }
}

/*
 * Returns the number of outputs of the next tile: 4, or 3 near the end rather than 4 and then 1.
 * With 5 left that is 3 and 2, with 6 left 3 and 3.
 */
static size_t tile_outputs(size_t left, size_t kernel)
{
  if (kernel == 1)
    return 1;
  return left == 5 || left == 6 ? 3 : ink_min_size(left, OUTPUTS_MAX);
}

static bool is_full(const phase *of, size_t out)
{
  return of->step > 1 && of->kernel > 1 && of->pad == of->kernel - 1 &&
         of->in + of->kernel - 1 == out && out <= OUTPUTS_MAX;
}

static void make_phase(dense *d, const phase *of, size_t out)
{
  tile t;
  memset(d->factor_of, 0, sizeof d->factor_of);
  if (is_full(of, out)) {
    make_full_tile(&t, of->in, of->kernel);
    place_tile(d, &t, 0, 0, of);
    return;
  }
  for (size_t first = 0; first < out; first += t.m) {
    make_tile(&t, tile_outputs(out - first, of->kernel), of->kernel);
    place_tile(d, &t, first, of->pad, of);
  }
}

static void make_dense(dense *d, ink_toom_axis axis, size_t out)
{
  memset(d, 0, sizeof *d);
  if (axis.stride == 1 && axis.in == 2 && axis.kernel == 3 && axis.pad == 1) {
    make_pair(d);
    return;
  }
  if (axis.stride == 1 && axis.in == 1 && axis.kernel == 3 &&
      axis.pad == 1) { /* the middle tap alone */
    d->products = d->factors = 1;
    d->input[0][0] = d->weight[0][1] = d->output[0][0] = 1;
    return;
  }
  for (size_t r = 0; r < axis.stride; r++) {
    const phase one = phase_of(axis, r);
    make_phase(d, &one, out);
  }
}

static bool make_sparse(ink_sparse *sparse, size_t rows, size_t columns, const double *values,
                        size_t row_stride, size_t column_stride)
{
  size_t n = 0;
  sparse->rows = rows;
  for (size_t r = 0; r < rows; r++) {
    sparse->start[r] = (uint16_t)n;
    for (size_t c = 0; c < columns; c++) {
      const double value = values[r * row_stride + c * column_stride];
      if (value == 0)
        continue;
      if (n == INK_TOOM_TERMS_MAX)
        return false;
      sparse->index[n] = (uint8_t)c;
      sparse->coefficient[n++] = (float)value;
    }
  }
  sparse->start[rows] = (uint16_t)n;
  return true;
}

/* Returns whether each value meets a tap and the structures have room. */
static bool is_supported(ink_toom_axis axis)
{
  if ((axis.kernel != 3 && axis.kernel != 5) || axis.pad >= axis.kernel ||
      axis.in + 2 * axis.pad < axis.kernel || axis.stride < 1 || axis.stride > 2)
    return false;
  const size_t out = ink_toom_axis_out(axis);
  return axis.in <= LENGTH_MAX && out <= LENGTH_MAX &&
         (out - 1) * axis.stride + axis.kernel >= axis.in + axis.pad;
}

/*
 * Returns the number of products of all tiles; with `distinct_only`, of one tile of each size,
 * which is the number of factors.
 */
static size_t count(ink_toom_axis axis, bool distinct_only)
{
  if (!is_supported(axis))
    return 0;
  if (axis.stride == 1 && axis.in <= 2 && axis.kernel == 3 && axis.pad == 1)
    return axis.in == 2 ? 3 : 1;
  size_t products = 0;
  const size_t out = ink_toom_axis_out(axis);
  for (size_t r = 0; r < axis.stride; r++) {
    const phase one = phase_of(axis, r);
    bool seen[OUTPUTS_MAX + 1] = {false};
    if (is_full(&one, out))
      products += out;
    for (size_t first = 0; first < out && !is_full(&one, out);) {
      const size_t m = tile_outputs(out - first, one.kernel);
      if (!distinct_only || !seen[m])
        products += m + one.kernel - 1;
      seen[m] = true;
      first += m;
    }
  }
  return products;
}

size_t ink_toom_products(ink_toom_axis axis)
{
  const size_t products = count(axis, false);
  return products <= INK_TOOM_PRODUCTS_MAX ? products : 0;
}

size_t ink_toom_factors(ink_toom_axis axis)
{
  return ink_toom_products(axis) > 0 ? count(axis, true) : 0;
}

bool ink_toom_make(ink_toom *toom, ink_toom_axis axis)
{
  if (ink_toom_products(axis) == 0)
    return false;
  dense d;
  const size_t in = axis.in, out = ink_toom_axis_out(axis), kernel = axis.kernel;
  make_dense(&d, axis, out);
  toom->in = in;
  toom->out = out;
  toom->kernel = kernel;
  const size_t n = toom->products = d.products, factors = toom->factors = d.factors;
  memcpy(toom->factor, d.factor, sizeof toom->factor);
  return make_sparse(&toom->input, n, in, d.input[0], LENGTH_MAX, 1) &&
         make_sparse(&toom->input_transposed, in, n, d.input[0], 1, LENGTH_MAX) &&
         make_sparse(&toom->weight, factors, kernel, d.weight[0], KERNEL_MAX, 1) &&
         make_sparse(&toom->weight_transposed, kernel, factors, d.weight[0], 1, KERNEL_MAX) &&
         make_sparse(&toom->output, out, n, d.output[0], INK_TOOM_PRODUCTS_MAX, 1) &&
         make_sparse(&toom->output_transposed, n, out, d.output[0], 1, INK_TOOM_PRODUCTS_MAX);
}
