/*
 * ink_kernels.h - the arithmetic, and nothing else.
 *
 * A kernel is a pure loop over memory that the caller owns: it does not allocate, lock, keep
 * state or fail. All data is float32 unless said; every stride and count is in ELEMENTS.
 *
 * Eight images lie side by side, innermost: a "row" below is INK_LANES floats, one value of each
 * of eight images, and activations are [H][W][N/8][C][8]. So every operation is the same
 * arithmetic on eight images at once. Rows are 32-byte aligned.
 *
 * scalar.c is the definition of right; the others are faster spellings of it, which agree with it
 * to rounding (sums may be reassociated), not bit for bit.
 */
#ifndef INK_KERNELS_H
#define INK_KERNELS_H

#include "ink_base.h"

enum { INK_LANES = 8 };

/* What a product starts from. */
typedef enum ink_start {
  INK_FROM_ZERO,
  INK_FROM_BIAS, /* bias[m] in every lane */
  INK_FROM_Y     /* adds to what is there */
} ink_start;

/* The scalars of one Adam step; the caller computes them in double and rounds once. */
typedef struct ink_adam_step {
  float keep;             /* 1 - lr * wd of decoupled weight decay, or 1 */
  float l2;               /* weight decay added to the gradient, or 0 */
  float b1, one_minus_b1; /* and 1 - b1 */
  float b2, one_minus_b2;
  float step;    /* lr / (1 - b1^t) */
  float v_scale; /* 1 / (1 - b2^t) */
  float eps;
} ink_adam_step;

typedef struct ink_kernels {
  const char *name; /* "scalar", "simd128", "relaxed": shown by the bench and the page */

  size_t panel_rows; /* of packed weights */

  /*
   * Packs w[m][k] (row i, column j at i * row_stride + j * column_stride) into panels for
   * `product`: [ceil(m / panel_rows)][k][panel_rows], rows >= m zero. Swapped strides pack the
   * transpose. ink_packed_count tells how many floats that are.
   */
  void (*pack)(size_t m, size_t k, const float *w, size_t row_stride, size_t column_stride,
               float *packed);

  /*
   * y = start + W x, for eight images.
   *
   *   weights  packed
   *   bias     [m], read only with INK_FROM_BIAS, else may be NULL
   *   x        [k][8]
   *   y        [m][8]; not read unless INK_FROM_Y
   *
   * m >= 1, any k. y overlaps nothing.
   */
  void (*product)(size_t m, size_t k, const float *weights, const float *bias, const float *x,
                  float *y, ink_start start);

  /*
   * y = start + W' x, for eight images, with W [k][m] as `pack` left it, or some columns of it: its
   * panels lie `apart` floats from one to the next.
   *
   *   x  [k][8]
   *   y  [m][8]; not read unless `add`, else the start is zeros
   */
  void (*product_transposed)(size_t m, size_t k, const float *packed, size_t apart, const float *x,
                             float *y, bool add);

  /*
   * Weight gradient: dw[i][j] = sum over p < n and lanes of dy[p][i] * x[p][j].
   *
   *   dy  n addresses; its rows [m][8] begin dy_offset elements behind each
   *   x   n addresses; its rows [k][8] begin x_offset elements behind each
   *   dw  [m][k], rows dw_stride apart; `add`: added to, else written
   */
  void (*weight_gradient)(size_t m, size_t k, size_t n, const float *const *dy, size_t dy_offset,
                          const float *const *x, size_t x_offset, float *dw, size_t dw_stride,
                          bool add);

  /*
   * sums[i] = sum over p < n and lanes of the rows' row i; rows: n addresses, [m][8] begins `offset`
   * elements behind each.
   */
  void (*row_sums)(size_t m, size_t n, const float *const *rows, size_t offset, float *sums);

  /* y = sum over t < n of coefficients[t] * rows[t], `add`: and y; count is a multiple of 8. */
  void (*combine)(size_t count, size_t n, const float *coefficients, const float *const *rows,
                  float *y, bool add);

  /*
   * Where a row has more than y, y takes its value and argmax its number in `indices`, row by row; NaN
   * is more than all (PyTorch: aten/src/ATen/native/cpu/MaxPoolKernel.cpp).
   * y [count], argmax [count]; count is a multiple of 8.
   */
  void (*largest)(size_t count, size_t n, const float *const *rows, const int32_t *indices,
                  float *y, int32_t *argmax);

  /* y = max(x, 0), also where x is -0; y may be x; count is a multiple of 8. NaN stays NaN. */
  void (*relu)(size_t count, const float *x, float *y);
  /* dx = dy where y > 0, else 0 (`add`: dx += that); dx may be dy; count is a multiple of 8. */
  void (*relu_gradient)(size_t count, const float *y, const float *dy, float *dx, bool add);
  /* y = a + b; y may be a or b; count is a multiple of 8. */
  void (*add)(size_t count, const float *a, const float *b, float *y);

  /*
   * Eight pictures as rows: x[p * row_stride + lane] = picture[lane][p] / 255, the correctly
   * rounded quotient. A NULL picture gives zeros. `pixels` per picture; row_stride >= 8.
   */
  void (*gather_u8)(const uint8_t *const picture[INK_LANES], size_t pixels, float *x,
                    size_t row_stride);

  /* to[j * to_stride + i] = from[i * from_stride + j] for i < rows, j < columns. */
  void (*transpose)(size_t rows, size_t columns, const float *from, size_t from_stride, float *to,
                    size_t to_stride);

  /*
   * Pixels first..first + count of n pictures, the pictures side by side:
   * columns[p * stride + i] = picture[i][first + p].
   */
  void (*columns_u8)(size_t n, const uint8_t *const *picture, size_t first, size_t count,
                     uint8_t *columns, size_t stride);

  /*
   * y[i] += sum over t < n of u8[t] / 255 * rows[t * stride + i], the correctly rounded quotient. Rows
   * whose byte is 0 are not read. m and stride are multiples of 4.
   */
  void (*product_u8)(size_t m, size_t n, const uint8_t *u8, const float *rows, size_t stride,
                     float *y);

  /*
   * Softmax cross entropy of eight images (log-softmax and negative log likelihood), stable for
   * any finite logits:  m = max_j z_j;  lse = m + ln(sum_j exp(z_j - m));
   *   losses[lane] = lse - (1 - e) z[target] - e mean(z), with e the label smoothing;
   *   d_logits = (exp(z - lse) - (1 - e) [j == target] - e / classes) * scale.
   *
   *   logits [classes][8]; targets [8], a negative one marks an idle lane: loss 0, gradient 0
   *   d_logits [classes][8], may be NULL; may be `logits`
   */
  void (*cross_entropy)(size_t classes, const float *logits, const int32_t targets[INK_LANES],
                        float smoothing, float scale, float losses[INK_LANES], float *d_logits);

  /*
   * SGD (PyTorch: torch/optim/sgd.py; fastai: optimizer.py), element by element:
   *   p *= keep;  g += l2 * p;  if momentum: buf = momentum * buf + g;
   *   p -= lr * (nesterov ? g + momentum * buf : momentum ? buf : g)
   * `keep` is 1 - lr * wd of decoupled weight decay, or 1. `buf` may be NULL when momentum is 0.
   */
  void (*sgd)(size_t count, float *p, const float *g, float *buf, float lr, float momentum,
              float l2, float keep, bool nesterov);

  /*
   * Adam, element by element:
   *   p *= keep;  g += l2 * p;  m = b1 m + one_minus_b1 g;  v = b2 v + one_minus_b2 g g;
   *   p -= step * m / (sqrt(v * v_scale) + eps)
   */
  void (*adam)(size_t count, float *p, const float *g, float *m, float *v,
               const ink_adam_step *step);
} ink_kernels;

/* Variants in this binary, the default (fastest) first. NULL past the end. */
const ink_kernels *ink_kernels_at(size_t index);
/* By name, or NULL. */
const ink_kernels *ink_kernels_named(const char *name);

/* Floats that `pack` writes for an [m][k] matrix. */
static inline size_t ink_packed_count(const ink_kernels *kernels, size_t m, size_t k)
{
  return INK_PRODUCT(ink_ceil_div(m, kernels->panel_rows), kernels->panel_rows, k);
}

#endif
