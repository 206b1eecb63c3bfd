/* scalar.c - every kernel in plain C. It defines the results, and is written to be read. */
#if !defined(INK_NO_SCALAR)

#include "variants.h"

#include <math.h>

enum { PANEL = 4 };

static void pack(size_t m, size_t k, const float *w, size_t row_stride, size_t column_stride,
                 float *packed)
{
  for (size_t first = 0; first < m; first += PANEL)
    for (size_t j = 0; j < k; j++)
      for (size_t i = first; i < first + PANEL; i++)
        *packed++ = i < m ? w[i * row_stride + j * column_stride] : 0.0f;
}

static void product(size_t m, size_t k, const float *weights, const float *bias, const float *x,
                    float *y, ink_start start)
{
  for (size_t i = 0; i < m; i++) {
    const float *w = weights + i / PANEL * PANEL * k + i % PANEL;
    float *row = y + i * INK_LANES;
    for (size_t lane = 0; lane < INK_LANES; lane++) {
      float sum = start == INK_FROM_BIAS ? bias[i] : start == INK_FROM_Y ? row[lane] : 0.0f;
      for (size_t j = 0; j < k; j++)
        sum += w[j * PANEL] * x[j * INK_LANES + lane];
      row[lane] = sum;
    }
  }
}

static void product_transposed(size_t m, size_t k, const float *packed, size_t panel_stride,
                               const float *x, float *y, bool add)
{
  for (size_t i = 0; i < m; i++)
    for (size_t lane = 0; lane < INK_LANES; lane++) {
      float sum = add ? y[i * INK_LANES + lane] : 0.0f;
      for (size_t j = 0; j < k; j++)
        sum += packed[j / PANEL * panel_stride + i * PANEL + j % PANEL] * x[j * INK_LANES + lane];
      y[i * INK_LANES + lane] = sum;
    }
}

static void weight_gradient(size_t m, size_t k, size_t n, const float *const *dy, size_t dy_offset,
                            const float *const *x, size_t x_offset, float *dw, size_t dw_stride,
                            bool add)
{
  for (size_t i = 0; i < m; i++)
    for (size_t j = 0; j < k; j++) {
      float lanes[INK_LANES] = {0};
      for (size_t p = 0; p < n; p++)
        for (size_t lane = 0; lane < INK_LANES; lane++)
          lanes[lane] +=
              dy[p][dy_offset + i * INK_LANES + lane] * x[p][x_offset + j * INK_LANES + lane];
      float sum = add ? dw[i * dw_stride + j] : 0.0f;
      for (size_t lane = 0; lane < INK_LANES; lane++)
        sum += lanes[lane];
      dw[i * dw_stride + j] = sum;
    }
}

static void row_sums(size_t m, size_t n, const float *const *rows, size_t offset, float *sums)
{
  for (size_t i = 0; i < m; i++) {
    float sum = 0.0f;
    for (size_t p = 0; p < n; p++)
      for (size_t lane = 0; lane < INK_LANES; lane++)
        sum += rows[p][offset + i * INK_LANES + lane];
    sums[i] = sum;
  }
}

static void combine(size_t count, size_t n, const float *coefficients, const float *const *rows,
                    float *y, bool add)
{
  for (size_t i = 0; i < count; i++) {
    float sum = add ? y[i] : 0.0f;
    for (size_t t = 0; t < n; t++)
      sum += coefficients[t] * rows[t][i];
    y[i] = sum;
  }
}

static void largest(size_t count, size_t n, const float *const *rows, const int32_t *indices,
                    float *y, int32_t *argmax)
{
  for (size_t i = 0; i < count; i++)
    for (size_t t = 0; t < n; t++)
      if (rows[t][i] > y[i] || isnan(rows[t][i])) {
        y[i] = rows[t][i];
        argmax[i] = indices[t];
      }
}

static void relu(size_t count, const float *x, float *y)
{
  /* Not `x <= 0 ? 0 : x`: clang 19 compiles that to f32x4.pmax in WebAssembly, which keeps -0. */
  for (size_t i = 0; i < count; i++)
    y[i] = x[i] > 0.0f || isnan(x[i]) ? x[i] : 0.0f;
}

static void relu_gradient(size_t count, const float *y, const float *dy, float *dx, bool add)
{
  for (size_t i = 0; i < count; i++)
    dx[i] = (add ? dx[i] : 0.0f) + (y[i] > 0.0f ? dy[i] : 0.0f);
}

static void add(size_t count, const float *a, const float *b, float *y)
{
  for (size_t i = 0; i < count; i++)
    y[i] = a[i] + b[i];
}

static void gather_u8(const uint8_t *const picture[INK_LANES], size_t pixels, float *x,
                      size_t row_stride)
{
  for (size_t p = 0; p < pixels; p++)
    for (size_t lane = 0; lane < INK_LANES; lane++)
      x[p * row_stride + lane] = picture[lane] ? (float)picture[lane][p] / 255.0f : 0.0f;
}

static void transpose(size_t rows, size_t columns, const float *from, size_t from_stride, float *to,
                      size_t to_stride)
{
  for (size_t i = 0; i < rows; i++)
    for (size_t j = 0; j < columns; j++)
      to[j * to_stride + i] = from[i * from_stride + j];
}

static void columns_u8(size_t n, const uint8_t *const *picture, size_t first, size_t count,
                       uint8_t *columns, size_t stride)
{
  for (size_t p = 0; p < count; p++)
    for (size_t i = 0; i < n; i++)
      columns[p * stride + i] = picture[i][first + p];
}

static void product_u8(size_t m, size_t n, const uint8_t *u8, const float *rows, size_t stride,
                       float *y)
{
  for (size_t t = 0; t < n; t++)
    for (size_t i = 0; i < m && u8[t] != 0; i++)
      y[i] += (float)u8[t] / 255.0f * rows[t * stride + i];
}

static void cross_entropy(size_t classes, const float *logits, const int32_t targets[INK_LANES],
                          float smoothing, float scale, float losses[INK_LANES], float *d_logits)
{
  const float share =
      smoothing /
      (float)classes; /* the part of the target that label smoothing gives to each class */
  for (size_t lane = 0; lane < INK_LANES; lane++) {
    const float *z = logits + lane;
    float max = z[0];
    for (size_t j = 1; j < classes; j++)
      max = z[j * INK_LANES] > max ? z[j * INK_LANES] : max;
    float sum = 0.0f, all = 0.0f;
    for (size_t j = 0; j < classes; j++) {
      sum += expf(z[j * INK_LANES] - max);
      all += z[j * INK_LANES] - max;
    }
    const bool idle = targets[lane] < 0;
    const float chosen = z[(size_t)(idle ? 0 : targets[lane]) * INK_LANES] - max;
    losses[lane] = idle ? 0.0f : logf(sum) - (1.0f - smoothing) * chosen - share * all;
    if (!d_logits)
      continue;
    for (size_t j = 0; j < classes; j++) {
      const float probability = expf(z[j * INK_LANES] - max) / sum;
      const float wanted = share + ((int32_t)j == targets[lane] ? 1.0f - smoothing : 0.0f);
      d_logits[j * INK_LANES + lane] = idle ? 0.0f : (probability - wanted) * scale;
    }
  }
}

static void sgd(size_t count, float *p, const float *g, float *buf, float lr, float momentum,
                float l2, float keep, bool nesterov)
{
  for (size_t i = 0; i < count; i++) {
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
  for (size_t i = 0; i < count; i++) {
    const float kept = p[i] * s->keep;
    const float gradient = g[i] + s->l2 * kept;
    m[i] = s->b1 * m[i] + s->one_minus_b1 * gradient;
    v[i] = s->b2 * v[i] + s->one_minus_b2 * gradient * gradient;
    p[i] = kept - s->step * m[i] / (sqrtf(v[i] * s->v_scale) + s->eps);
  }
}

const ink_kernels ink_kernels_scalar = {
    .name = "scalar",
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
typedef int ink_scalar_is_left_out; /* ISO C wants a declaration in every file */
#endif
