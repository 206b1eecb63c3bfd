/*
 * toom.h - a convolution along one axis, with fewer multiplications than its definition has.
 *
 * For fixed sizes, y[o] = sum over k of w[k] x[o - pad + k] is bilinear. It can be written with
 * three constant matrices and `products` multiplications:
 *
 *   y = output ((weight w) * (input x))        * multiplies value by value
 *
 * A run of outputs is cut into tiles of at most four. Each tile uses the algorithm of Toom and Cook
 * (A. Toom 1963, S. Cook 1966; known for convolutional layers as Winograd's, Lavin and Gray 2016):
 * m outputs of a kernel of k values take m + k - 1 multiplications instead of m k.
 *
 * Example: 2 outputs, kernel 3, no padding, 4 multiplications instead of 6:
 *
 *   product       factor (of w)        value (of x)
 *      m0    =   w0                  *  (x0 - x2)            y0 = m0 + m1 + m2
 *      m1    =  (w0 + w1 + w2) / 2   *  (x1 + x2)            y1 = m1 - m2 + m3
 *      m2    =  (w0 - w1 + w2) / 2   *  (x2 - x1)
 *      m3    =   w2                  *  (x3 - x1)
 *
 * Both axes of a picture, one after the other, make a two-dimensional convolution. With stride 2,
 * the even and the odd values are two convolutions of stride 1, each with some of the kernel's
 * values.
 *
 * The gradients are those of a product of matrices, with ' for the transpose:
 *
 *   dx = input' ((weight w) * (output' dy))
 *   dw = weight' ((output' dy) * (input x))
 */
#ifndef INK_TOOM_H
#define INK_TOOM_H

#include "ink_base.h"

enum { INK_TOOM_PRODUCTS_MAX = 48, INK_TOOM_TERMS_MAX = 512 };

/*
 * A matrix without its zeros: row r has the terms start[r] to start[r + 1] - 1, and term t is
 * coefficient[t] in column index[t].
 */
typedef struct ink_sparse {
  size_t rows;
  uint16_t start[INK_TOOM_PRODUCTS_MAX + 1];
  uint8_t index[INK_TOOM_TERMS_MAX];
  float coefficient[INK_TOOM_TERMS_MAX];
} ink_sparse;

/*
 * The matrices of one axis. Tiles of one size combine the weights in the same way, so several
 * products can use the same factor: product p uses factor[p].
 */
typedef struct ink_toom {
  size_t in, out, kernel, products, factors;
  uint8_t factor[INK_TOOM_PRODUCTS_MAX];
  ink_sparse input, weight, output; /* [products][in], [factors][kernel], [out][products] */
  ink_sparse input_transposed, weight_transposed, output_transposed;
} ink_toom;

/*
 * One axis: `in` values with `pad` zeros at either end, a kernel of `kernel` values, stride 1 or 2.
 */
typedef struct ink_toom_axis {
  size_t in, kernel, stride, pad;
} ink_toom_axis;

static inline size_t ink_toom_axis_out(ink_toom_axis axis)
{
  return (axis.in + 2 * axis.pad - axis.kernel) / axis.stride + 1;
}

/*
 * Makes the matrices. Returns false if a size exceeds the structure, if the kernel is not 3 or 5,
 * or if, with stride 2, a value meets no tap.
 */
bool ink_toom_make(ink_toom *toom, ink_toom_axis axis);

/*
 * Return an upper bound of the number of products and of factors; 0 if the matrices cannot be made.
 */
size_t ink_toom_products(ink_toom_axis axis);
size_t ink_toom_factors(ink_toom_axis axis);

#endif
