/*
 * layers_batches.c - large batches give the results of small ones, and matrices that several jobs
 * pack are packed as one job packs them.
 */
#include "layers_tests.h"

/* Returns a value of an image in [pixels][blocks][channels][8]. */
static size_t value_at(ink_shape shape, size_t blocks, size_t image, size_t pixel, size_t channel)
{
  return ((pixel * blocks + image / INK_LANES) * shape.channels + channel) * INK_LANES +
         image % INK_LANES;
}

/*
 * Runs images first .. first + n - 1 through a layer and back. y and dx are compared image by
 * image; gradients of parameters are added up.
 */
static void pass_images(const rig *r, size_t first, size_t n, float *y, float *dx, double *dw)
{
  ink_model *m = r->model;
  const ink_shape in = m->input, out = m->output;
  const size_t blocks = ink_ceil_div(n, INK_LANES), values = ink_shape_count(in),
               results = ink_shape_count(out);
  float *x = malloc(values * sizeof *x);
  for (size_t i = 0; i < n; i++) {
    for (size_t j = 0; j < values; j++)
      x[j] = (float)uniform(70, (first + i) * values + j);
    ink_model_set_image(m, i, n, x);
  }
  free(x);
  ink_model_touch(m);
  ink_model_forward(m, n, true);
  memset(ink_model_d_logits(m), 0, results * blocks * INK_LANES * sizeof(float));
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < results; j++) {
      const size_t at = value_at(out, blocks, i, j / out.channels, j % out.channels);
      y[(first + i) * results + j] = ink_model_logits(m)[at];
      ink_model_d_logits(m)[at] = (float)uniform(71, (first + i) * results + j);
    }
  ink_model_backward(m);
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < values; j++)
      dx[(first + i) * values + j] =
          m->dx[value_at(in, blocks, i, j / in.channels, j % in.channels)];
  for (size_t i = 0; i < m->n_parameters; i++)
    dw[i] += m->gradients[i];
}

/*
 * However a layer cuts a batch, each image has the results that it has in a batch of its own block.
 */
void test_pieces(const char *line, ink_shape input, const ink_kernels *kernels)
{
  enum { MOST = 128 };
  const rig whole = rig_make(line, (shortcut){0}, input, kernels, MOST, true);
  const rig eight = rig_make(line, (shortcut){0}, input, kernels, INK_LANES, true);
  const size_t results = MOST * ink_shape_count(whole.model->output),
               values = MOST * ink_shape_count(input);
  const size_t count = whole.model->n_parameters;
  float *y = calloc(2 * results, sizeof *y), *dx = calloc(2 * values, sizeof *dx);
  double *dw = calloc(2 * count, sizeof *dw);
  for (size_t n = MOST; n > 64; n -= 20) { /* 16, 14, 11 and 9 blocks */
    memset(dw, 0, 2 * count * sizeof *dw);
    pass_images(&whole, 0, n, y, dx, dw);
    for (size_t first = 0; first < n; first += INK_LANES)
      pass_images(&eight, first, ink_min_size(INK_LANES, n - first), y + results, dx + values,
                  dw + count);
    CHECK(memcmp(y, y + results, n * (results / MOST) * sizeof *y) == 0,
          "%s, n = %zu: y differs from that of eights", line, n);
    CHECK(memcmp(dx, dx + values, n * (values / MOST) * sizeof *dx) == 0,
          "%s, n = %zu: dx differs from that of eights", line, n);
    size_t worst = 0;
    for (size_t i = 0; i < count; i++)
      worst = fabs(dw[i] - dw[count + i]) > fabs(dw[worst] - dw[count + worst]) ? i : worst;
    /* The tolerance: float32 sums of some 10,000 terms below 1. */
    CHECK(fabs(dw[worst] - dw[count + worst]) < 1e-3,
          "%s, n = %zu: gradient %zu is %g, of eights %g", line, n, worst, dw[worst],
          dw[count + worst]);
  }
  free(y), free(dx), free(dw);
  rig_free(whole);
  rig_free(eight);
}

/* Matrices of several jobs are packed as `pack` packs one; dead ones are not written. */
void test_packed(const ink_kernels *kernels, size_t m, size_t k, bool turned)
{
  enum { COUNT = 3 };
  const uint8_t dead[COUNT] = {0, 1, 0};
  const size_t row = turned ? 1 : k, column = turned ? m : 1,
               floats = ink_packed_count(kernels, m, k);
  float *w = ink_alloc(COUNT * m * k * sizeof *w),
        *packed = ink_alloc(COUNT * floats * sizeof *packed),
        *one = ink_alloc(floats * sizeof *one);
  for (size_t i = 0; i < COUNT * m * k; i++)
    w[i] = (float)(i + 1);
  const ink_matrices matrices = {w, COUNT, m, k, row, column, dead};
  CHECK(ink_rows_per_job(kernels, k, INK_JOB_WEIGHT_BYTES) < m, "%zu x %zu is one job", m, k);
  ink_pack_matrices(kernels, &matrices, packed);
  for (size_t i = 0; i < COUNT; i++) {
    memset(one, 0, floats * sizeof *one);
    if (!dead[i])
      kernels->pack(m, k, w + i * m * k, row, column, one);
    CHECK(memcmp(one, packed + i * floats, floats * sizeof *one) == 0,
          "matrix %zu of %zu x %zu, %s, turned %d", i, m, k, kernels->name, turned);
  }
  ink_free(w);
  ink_free(packed);
  ink_free(one);
}
