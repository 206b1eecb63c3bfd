/* toom.c - the matrices of a convolution with few multiplications, against the definition. */
#include "../../src/layers/toom.h"
#include "../support/check.h"

#include <math.h>
#include <stdlib.h>

enum { SIDE = 32 };

static double value(size_t i, uint64_t stream)
{
  return 2 * ink_random_uniform(ink_random_stream(3, INK_FOR_TEST, stream), i) - 1;
}

static void multiply(const ink_sparse *matrix, const double *x, double *y)
{
  for (size_t r = 0; r < matrix->rows; r++) {
    y[r] = 0;
    for (size_t t = matrix->start[r]; t < matrix->start[r + 1]; t++)
      y[r] += (double)matrix->coefficient[t] * x[matrix->index[t]];
  }
}

/* Compares y and the gradients of y . dy, computed with the matrices, with their definitions. */
static void test_size(const ink_toom *toom, ink_toom_axis axis)
{
  const size_t in = axis.in, kernel = axis.kernel, pad = axis.pad,
               out = (in + 2 * pad - kernel) / axis.stride + 1, n = toom->products;
  double x[SIDE], w[5], dy[SIDE], y[SIDE] = {0}, dx[SIDE] = {0}, dw[5] = {0};
  for (size_t i = 0; i < in; i++)
    x[i] = value(i, 1);
  for (size_t k = 0; k < kernel; k++)
    w[k] = value(k, 2);
  for (size_t o = 0; o < out; o++)
    dy[o] = value(o, 3);
  for (size_t o = 0; o < out; o++)
    for (size_t k = 0; k < kernel; k++)
      if (axis.stride * o + k >= pad && axis.stride * o + k - pad < in) {
        const size_t i = axis.stride * o + k - pad;
        y[o] += w[k] * x[i];
        dw[k] += dy[o] * x[i];
        dx[i] += dy[o] * w[k];
      }
  double v[INK_TOOM_PRODUCTS_MAX], u[INK_TOOM_PRODUCTS_MAX], m[INK_TOOM_PRODUCTS_MAX];
  double dm[INK_TOOM_PRODUCTS_MAX], dv[INK_TOOM_PRODUCTS_MAX], du[INK_TOOM_PRODUCTS_MAX];
  double got_y[SIDE], got_dx[SIDE], got_dw[5];
  multiply(&toom->input, x, v);
  multiply(&toom->weight, w, u);
  multiply(&toom->output_transposed, dy, dm);
  for (size_t f = 0; f < toom->factors; f++)
    du[f] = 0;
  for (size_t p = 0; p < n; p++) {
    const size_t f = toom->factor[p];
    m[p] = u[f] * v[p];
    dv[p] = u[f] * dm[p];
    du[f] += v[p] * dm[p];
  }
  multiply(&toom->output, m, got_y);
  multiply(&toom->input_transposed, dv, got_dx);
  multiply(&toom->weight_transposed, du, got_dw);
  /*
   * The tolerance: float32 coefficients err by 2^-24 of each of some dozens of terms, none of which
   * is large.
   */
  for (size_t o = 0; o < out; o++)
    CHECK(fabs(got_y[o] - y[o]) < 2e-5, "in %zu kernel %zu stride %zu pad %zu: y[%zu] %g, not %g",
          axis.in, axis.kernel, axis.stride, axis.pad, o, got_y[o], y[o]);
  for (size_t i = 0; i < in; i++)
    CHECK(fabs(got_dx[i] - dx[i]) < 2e-5,
          "in %zu kernel %zu stride %zu pad %zu: dx[%zu] %g, not %g", axis.in, axis.kernel,
          axis.stride, axis.pad, i, got_dx[i], dx[i]);
  for (size_t k = 0; k < kernel; k++)
    CHECK(fabs(got_dw[k] - dw[k]) < 1e-4,
          "in %zu kernel %zu stride %zu pad %zu: dw[%zu] %g, not %g", axis.in, axis.kernel,
          axis.stride, axis.pad, k, got_dw[k], dw[k]);
}

int main(void)
{
  ink_toom *toom = malloc(sizeof *toom);
  size_t made[3] = {0};
  for (ink_toom_axis axis = {.stride = 1}; axis.stride <= 3; axis.stride++)
    for (axis.kernel = 1; axis.kernel <= 7; axis.kernel++)
      for (axis.pad = 0; axis.pad <= axis.kernel; axis.pad++)
        for (axis.in = 1; axis.in <= 40; axis.in++) {
          const size_t most = ink_toom_products(axis), factors = ink_toom_factors(axis);
          const bool is_made = ink_toom_make(toom, axis);
          CHECK(is_made == (most > 0),
                "in %zu kernel %zu stride %zu pad %zu: made is %d, %zu products", axis.in,
                axis.kernel, axis.stride, axis.pad, is_made, most);
          if (!is_made)
            continue;
          made[axis.stride - 1]++;
          CHECK(toom->products <= most,
                "in %zu kernel %zu stride %zu pad %zu: %zu products, at most %zu were said",
                axis.in, axis.kernel, axis.stride, axis.pad, toom->products, most);
          CHECK(toom->factors <= factors && toom->factors <= toom->products,
                "in %zu kernel %zu stride %zu pad %zu: %zu factors, at most %zu were said", axis.in,
                axis.kernel, axis.stride, axis.pad, toom->factors, factors);
          test_size(toom, axis);
        }
  CHECK(made[0] > 200 && made[1] > 100 && made[2] == 0, "%zu, %zu and %zu sizes were made", made[0],
        made[1], made[2]);
  /* The sizes in use: the stages of ResNet-18, and the second convolution of cnn. */
  const struct {
    ink_toom_axis axis;
    size_t products, factors;
  } sizes[] = {{{7, 3, 1, 1}, 11, 11}, {{7, 3, 2, 1}, 8, 5}, {{4, 3, 1, 1}, 6, 6},
               {{2, 3, 1, 1}, 3, 3},   {{1, 3, 1, 1}, 1, 1}, {{12, 5, 1, 0}, 16, 8},
               {{12, 3, 1, 1}, 18, 6}};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    ink_toom_make(toom, sizes[i].axis);
    CHECK(toom->factors == sizes[i].factors, "in %zu: %zu factors, not %zu", sizes[i].axis.in,
          toom->factors, sizes[i].factors);
    CHECK(toom->products == sizes[i].products, "in %zu: %zu products, not %zu", sizes[i].axis.in,
          toom->products, sizes[i].products);
  }
  free(toom);
  return checks_end();
}
