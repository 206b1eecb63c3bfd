/*
 * ink_kernels.h - the arithmetic, and nothing else.
 *
 * A kernel is a pure loop over memory that the caller owns: it does not allocate, lock, keep state
 * or fail. All data is float32 unless another type is named. Every stride and count is in ELEMENTS.
 *
 * Eight images lie side by side, innermost. A "row" below is INK_LANES floats: one value of each of
 * eight images. Activations are [H][W][N/8][C][8] (see the picture in ink_layers.h), so every
 * operation is the same arithmetic on eight images at once. Rows are 32-byte aligned.
 *
 * scalar.c defines the results. The other variants are faster and agree with it to rounding (sums
 * may be added in another order), not bit for bit.
 */
#ifndef INK_KERNELS_H
#define INK_KERNELS_H

#include "ink_base.h"

enum { INK_LANES = 8 };

/* The value that a product is added to. */
typedef enum ink_start {
  INK_FROM_ZERO,
  INK_FROM_BIAS, /* bias[m] in every lane */
  INK_FROM_Y     /* the values that y already has */
} ink_start;

/* The factors of one Adam step. The caller computes them in double and rounds once. */
typedef struct ink_adam_step {
  float keep;             /* 1 - lr * wd of decoupled weight decay, or 1 */
  float l2;               /* weight decay added to the gradient, or 0 */
  float b1, one_minus_b1; /* b1 and 1 - b1 */
  float b2, one_minus_b2;
  float step;    /* lr / (1 - b1^t) */
  float v_scale; /* 1 / (1 - b2^t) */
  float eps;
} ink_adam_step;

typedef struct ink_kernels {
  const char *name; /* "scalar", "simd128", "relaxed": shown by the bench and the page */

  size_t panel_rows; /* rows of one panel of packed weights */

  /*
   * Packs the matrix w [m][k], whose element (i, j) lies at w[i * row_stride + j * column_stride],
   * for `product`. Swapped strides pack the transpose.
   *
   *   packed  [ceil(m / panel_rows)][k][panel_rows]; rows >= m are 0 (see ink_packed_count)
   *
   * Example with panel_rows = 4, m = 5, k = 2, and w = a0 a1 / b0 b1 / c0 c1 / d0 d1 / e0 e1:
   *
   *   packed  a0 b0 c0 d0   a1 b1 c1 d1   e0 0 0 0   e1 0 0 0
   *           |--- panel 0: rows a..d --| |- panel 1: row e -|
   */
  void (*pack)(size_t m, size_t k, const float *w, size_t row_stride, size_t column_stride,
               float *packed);

  /*
   * y = start + W x, for eight images.
   *
   *   weights  W [m][k], packed
   *   bias     [m], read only with INK_FROM_BIAS; otherwise it may be NULL
   *   x        [k][8]
   *   y        [m][8], read only with INK_FROM_Y; must not overlap any input
   *
   * m >= 1, any k.
   */
  void (*product)(size_t m, size_t k, const float *weights, const float *bias, const float *x,
                  float *y, ink_start start);

  /*
   * y = start + W' x, for eight images: W' is the transpose of a packed W [k][m], or of some of W's
   * columns.
   *
   *   packed        W, from the first of the columns on
   *   panel_stride  floats from a panel to the next one
   *   x             [k][8]
   *   y             [m][8]; start is y if `add` is set, and then only y is read; otherwise 0
   */
  void (*product_transposed)(size_t m, size_t k, const float *packed, size_t apart, const float *x,
                             float *y, bool add);

  /*
   * Weight gradient: dw[i][j] = sum over p < n and lanes of dy[p][i] * x[p][j].
   *
   *   dy  n addresses; the rows [m][8] of entry p begin dy_offset elements behind dy[p]
   *   x   n addresses; the rows [k][8] of entry p begin x_offset elements behind x[p]
   *   dw  [m][k], dw_stride elements from row to row; the sum is added to it if `add` is set
   */
  void (*weight_gradient)(size_t m, size_t k, size_t n, const float *const *dy, size_t dy_offset,
                          const float *const *x, size_t x_offset, float *dw, size_t dw_stride,
                          bool add);

  /*
   * sums[i] = sum over p < n and lanes of row i of rows[p].
   *
   *   rows  n addresses; the rows [m][8] of entry p begin `offset` elements behind rows[p]
   *   sums  [m]
   */
  void (*row_sums)(size_t m, size_t n, const float *const *rows, size_t offset, float *sums);

  /*
   * y = sum over t < n of coefficients[t] * rows[t], plus y if `add` is set.
   *
   *   rows  n addresses of [count] values each
   *   y     [count]; count is a multiple of 8
   */
  void (*combine)(size_t count, size_t n, const float *coefficients, const float *const *rows,
                  float *y, bool add);

  /*
   * Running maximum: for t = 0..n-1, wherever rows[t] is greater than y, y becomes that value and
   * argmax becomes indices[t]. NaN is greater than every number (PyTorch:
   * aten/src/ATen/native/cpu/MaxPoolKernel.cpp).
   *
   *   rows       n addresses of [count] values each
   *   y, argmax  [count], both read and written; count is a multiple of 8
   */
  void (*largest)(size_t count, size_t n, const float *const *rows, const int32_t *indices,
                  float *y, int32_t *argmax);

  /* y = max(x, 0), and 0 for x = -0. NaN stays NaN. y may be x; count is a multiple of 8. */
  void (*relu)(size_t count, const float *x, float *y);
  /*
   * dx = dy where y > 0, else 0; added to dx if `add` is set. dx may be dy; count is a multiple of
   * 8.
   */
  void (*relu_gradient)(size_t count, const float *y, const float *dy, float *dx, bool add);
  /* y = a + b; y may be a or b; count is a multiple of 8. */
  void (*add)(size_t count, const float *a, const float *b, float *y);

  /*
   * Writes eight pictures as rows: x[p * row_stride + lane] = picture[lane][p] / 255, the correctly
   * rounded quotient. A NULL picture gives zeros.
   *
   *   picture     8 addresses of [pixels] u8 each
   *   row_stride  >= 8
   */
  void (*gather_u8)(const uint8_t *const picture[INK_LANES], size_t pixels, float *x,
                    size_t row_stride);

  /*
   * to[j * to_stride + i] = from[i * from_stride + j] for i < rows, j < columns.
   */
  void (*transpose)(size_t rows, size_t columns, const float *from, size_t from_stride, float *to,
                    size_t to_stride);

  /*
   * Writes pixels first .. first + count - 1 of n pictures as columns:
   * columns[p * stride + i] = picture[i][first + p].
   */
  void (*columns_u8)(size_t n, const uint8_t *const *picture, size_t first, size_t count,
                     uint8_t *columns, size_t stride);

  /*
   * y[i] += sum over t < n of u8[t] / 255 * rows[t * stride + i], with the correctly rounded
   * quotient. Rows whose byte is 0 are not read.
   *
   *   u8    [n]
   *   rows  [n][m], `stride` elements from row to row
   *   y     [m]; m and stride are multiples of 4
   */
  void (*product_u8)(size_t m, size_t n, const uint8_t *u8, const float *rows, size_t stride,
                     float *y);

  /*
   * Softmax cross entropy (log-softmax and negative log likelihood) of eight images, in nats. It is
   * stable for any finite logits. With e = label smoothing, m = max_j z_j and
   * lse = m + ln(sum_j exp(z_j - m)):
   *
   *   losses[lane] = lse - (1 - e) z[target] - e mean(z)
   *   d_logits     = (exp(z - lse) - (1 - e) [j == target] - e / classes) * scale
   *
   *   logits    [classes][8]
   *   targets   [8]; a negative target marks an idle lane, with loss 0 and gradient 0
   *   losses    [8]
   *   d_logits  [classes][8]; may be NULL (not computed) or `logits`
   */
  void (*cross_entropy)(size_t classes, const float *logits, const int32_t targets[INK_LANES],
                        float smoothing, float scale, float losses[INK_LANES], float *d_logits);

  /*
   * One SGD step, element by element (PyTorch: torch/optim/sgd.py; fastai: optimizer.py):
   *
   *   p *= keep;  g += l2 * p;  if momentum: buf = momentum * buf + g
   *   p -= lr * (nesterov ? g + momentum * buf : momentum ? buf : g)
   *
   *   p, g, buf  [count]; buf may be NULL if momentum is 0
   *   keep       1 - lr * wd of decoupled weight decay, or 1
   */
  void (*sgd)(size_t count, float *p, const float *g, float *buf, float lr, float momentum,
              float l2, float keep, bool nesterov);

  /*
   * One Adam step, element by element (Kingma, Ba 2015; PyTorch: torch/optim/adam.py):
   *
   *   p *= keep;  g += l2 * p;  m = b1 m + one_minus_b1 g;  v = b2 v + one_minus_b2 g g
   *   p -= step * m / (sqrt(v * v_scale) + eps)
   *
   *   p, g, m, v  [count]
   */
  void (*adam)(size_t count, float *p, const float *g, float *m, float *v,
               const ink_adam_step *step);
} ink_kernels;

/* Returns a variant of this binary, the default (the fastest) first; NULL past the end. */
const ink_kernels *ink_kernels_at(size_t index);
/* Returns the variant of that name, or NULL. */
const ink_kernels *ink_kernels_named(const char *name);

/* Returns how many floats `pack` writes for an [m][k] matrix. */
static inline size_t ink_packed_count(const ink_kernels *kernels, size_t m, size_t k)
{
  return INK_PRODUCT(ink_ceil_div(m, kernels->panel_rows), kernels->panel_rows, k);
}

#endif
