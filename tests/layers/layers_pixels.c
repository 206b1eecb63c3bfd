/*
 * layers_pixels.c - a first layer that reads the bytes of pictures computes the same as one that
 * reads floats.
 */
#include "layers_tests.h"

static void check_near(const char *line, size_t n, const char *what, const float *want,
                       const float *got, size_t count)
{
  size_t worst = 0;
  for (size_t i = 0; i < count; i++)
    if (!(fabsf(got[i] - want[i]) <= fabsf(got[worst] - want[worst])))
      worst = i;
  CHECK(fabsf(got[worst] - want[worst]) < 1e-5f * (1 + fabsf(want[worst])),
        "%s, n = %zu: %s[%zu] of pixels: want %g got %g", line, n, what, worst, (double)want[worst],
        (double)got[worst]);
}

/* Pixels give the same results as floats, to rounding, and x is not written. */
void test_pixels(const char *line, size_t n, const ink_kernels *kernels)
{
  const ink_shape input = {.channels = 1, .height = 9, .width = 7};
  enum { SIZE = 63 };
  const rig a = rig_make(line, (shortcut){0}, input, kernels, n, false),
            b = rig_make(line, (shortcut){0}, input, kernels, n, false);
  const size_t lanes = ink_ceil_div(n, INK_LANES) * INK_LANES;
  uint8_t *pixels = malloc(n * SIZE);
  const uint8_t **pictures = malloc(n * sizeof *pictures);
  float *x = malloc(n * SIZE * sizeof *x);
  for (size_t i = 0; i < n * SIZE; i++) {
    pixels[i] = uniform(70, i / 3) < 0.5 ? 0 : (uint8_t)(128 + 128 * uniform(71, i));
    x[i] = (float)pixels[i] / 255.0f;
    pictures[i / SIZE] = pixels + i / SIZE * SIZE;
  }
  CHECK(a.model->pictures, "%s does not read pixels", line);
  for (size_t i = 0; i < SIZE * lanes; i++)
    a.model->x[i] = NAN;
  for (int round = 0; round < 2; round++) { /* with other weights in the second round */
    ink_model_set_pictures(a.model, pictures, n);
    ink_model_touch(a.model);
    ink_model_forward(a.model, n, true);
    backward(&a, n);
    value_of(&b, n, x);
    backward(&b, n);
    for (size_t i = 0; i < n; i++) {
      float *got = malloc(a.model->output.channels * sizeof *got),
            *want = malloc(a.model->output.channels * sizeof *want);
      ink_logits(a.model, i, got);
      ink_logits(b.model, i, want);
      check_near(line, n, "y", want, got, a.model->output.channels);
      free(got), free(want);
    }
    check_near(line, n, "gradients", b.model->gradients, a.model->gradients, a.model->n_parameters);
    for (size_t i = 0; i < a.model->n_parameters; i++)
      a.model->values[i] = b.model->values[i] *= 0.5f;
  }
  for (size_t i = 0; i < SIZE * lanes; i++)
    CHECK(isnan(a.model->x[i]), "%s: x[%zu] was written", line, i);
  ink_model_fill_x(a.model);
  for (size_t i = 0; i < lanes; i++)
    for (size_t p = 0; p < SIZE; p++)
      CHECK(a.model->x[(i / 8 * SIZE + p) * 8 + i % 8] == (i < n ? x[i * SIZE + p] : 0.0f),
            "%s: x of image %zu at %zu", line, i, p);
  /* Back to floats: bit-identical. */
  value_of(&a, n, x);
  value_of(&b, n, x);
  backward(&a, n);
  backward(&b, n);
  CHECK(memcmp(a.model->gradients, b.model->gradients, a.model->n_parameters * sizeof(float)) == 0,
        "%s: floats after pixels", line);
  free(pixels), free(pictures), free(x);
  rig_free(a), rig_free(b);
}

/* If another layer needs x, or its gradient is wanted, or the pictures are dense, x is used. */
void test_no_pixels(void)
{
  const ink_shape input = {.channels = 1, .height = 9, .width = 7},
                  three = {.channels = 3, .height = 3, .width = 3};
  const char *const lines[] = {"flatten relu linear(3)", "conv(2,3) linear(3)", "relu linear(3)",
                               "flatten residual(linear(63) | )", "flatten dropout linear(3)"};
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
    const rig r = rig_make(lines[i], (shortcut){0}, input, ink_kernels_at(0), 8, false);
    CHECK(!r.model->pictures, "%s reads pixels", lines[i]);
    rig_free(r);
  }
  const rig with_dx = rig_make("linear(3)", (shortcut){0}, input, ink_kernels_at(0), 8, true);
  const rig colour = rig_make("linear(3)", (shortcut){0}, three, ink_kernels_at(0), 8, false);
  CHECK(!with_dx.model->pictures && !colour.model->pictures,
        "pixels are read where they cannot be");
  rig_free(with_dx), rig_free(colour);
}
