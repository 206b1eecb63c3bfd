/*
 * toom.h - a convolution along one direction with fewer multiplications than its definition has.
 *
 * For fixed distinct_only, y[o] = sum over k of w[k] x[o - pad + k] is bilinear, and can be written
 *
 *   y = output ((weight w) . (input x))        . value by value, `products` of them
 *
 * with three small constant matrices. A run of outputs is cut into tiles of at most four, and each
 * tile uses Toom and Cook's algorithm (A. Toom 1963, S. Cook 1966; known for convolutional layers
 * as Winograd's, Lavin and Gray 2016): m outputs of a kernel of k values take m + k - 1 products in
 * place of m k. Both directions of a picture, one after the other, make a two-dimensional one. With
 * stride 2 the even and the odd values are two such convolutions, each with some of the kernel.
 *
 * The gradients are those of a product of matrices: dx = input' ((weight w) . (output' dy)) and
 * dw = weight' ((output' dy) . (input x)), ' the transpose.
 */
#ifndef INK_TOOM_H
#define INK_TOOM_H

#include "ink_base.h"

enum { INK_TOOM_PRODUCTS_MAX = 48, INK_TOOM_TERMS_MAX = 512 };

/* Rows of a matrix, without their zeros: row r has terms start[r]..start[r + 1] - 1. */
typedef struct ink_sparse {
  size_t rows;
  uint16_t start[INK_TOOM_PRODUCTS_MAX + 1];
  uint8_t index[INK_TOOM_TERMS_MAX];
  float coefficient[INK_TOOM_TERMS_MAX];
} ink_sparse;

/* Tiles of one size combine the weights in the same way: product p takes the factor factor[p] of
 * them. */
typedef struct ink_toom {
  size_t in, out, kernel, products, factors;
  uint8_t factor[INK_TOOM_PRODUCTS_MAX];
  ink_sparse input, weight, output; /* [products][in], [factors][kernel], [out][products] */
  ink_sparse input_transposed, weight_transposed, output_transposed;
} ink_toom;

/* One direction: `in` values with `pad` zeros at either end, a kernel of `kernel`, stride 1 or 2. */
typedef struct ink_toom_axis {
  size_t in, kernel, stride, pad;
} ink_toom_axis;

static inline size_t ink_toom_axis_out(ink_toom_axis axis)
{
  return (axis.in + 2 * axis.pad - axis.kernel) / axis.stride + 1;
}

/*
 * Its matrices. False where a size is beyond what the structure holds, the kernel is not 3 or 5, or
 * with stride 2 a value meets no tap.
 */
bool ink_toom_make(ink_toom *toom, ink_toom_axis axis);

/* At most how many products and factors that takes; 0 where it cannot be made. */
size_t ink_toom_products(ink_toom_axis axis);
size_t ink_toom_factors(ink_toom_axis axis);

#endif
