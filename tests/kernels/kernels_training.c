/*
 * kernels_training.c - the loss and the steps of the optimisers.
 */
#include "kernels.h"

static void check_cross_entropy(const ink_kernels *k, size_t classes, const float *z,
                                const int32_t *targets, float smoothing, float scale)
{
  float losses[INK_LANES], d[64 * INK_LANES + CANARY];
  for (size_t i = 0; i < 64 * INK_LANES + CANARY; i++)
    d[i] = canary();
  k->cross_entropy(classes, z, targets, smoothing, scale, losses, d);
  float in_place[64 * INK_LANES], same_losses[INK_LANES];
  memcpy(in_place, z, classes * INK_LANES * sizeof *z);
  k->cross_entropy(classes, in_place, targets, smoothing, scale, same_losses, in_place);
  CHECK(memcmp(in_place, d, classes * INK_LANES * sizeof *d) == 0 &&
            memcmp(losses, same_losses, sizeof losses) == 0,
        "%s: the gradient in the logits' place differs", k->name);
  CHECK(isnan(d[classes * INK_LANES]), "%s wrote behind the gradient", k->name);
  for (size_t lane = 0; lane < INK_LANES; lane++) {
    if (targets[lane] < 0) {
      CHECK(losses[lane] == 0, "%s idle lane %zu has loss %g", k->name, lane, (double)losses[lane]);
      for (size_t j = 0; j < classes; j++)
        CHECK(d[j * INK_LANES + lane] == 0, "%s idle lane %zu has a gradient", k->name, lane);
      continue;
    }
    double max = -INFINITY, sum = 0, all = 0;
    for (size_t j = 0; j < classes; j++)
      max = fmax(max, z[j * INK_LANES + lane]);
    for (size_t j = 0; j < classes; j++)
      sum += exp(z[j * INK_LANES + lane] - max), all += z[j * INK_LANES + lane] - max;
    const double want = log(sum) -
                        (1 - smoothing) * (z[(size_t)targets[lane] * INK_LANES + lane] - max) -
                        smoothing * all / (double)classes;
    CHECK(fabs(want - losses[lane]) <= 4e-6 + 2e-6 * fabs(want),
          "%s loss of lane %zu: want %.9g got %.9g", k->name, lane, want, (double)losses[lane]);
    for (size_t j = 0; j < classes; j++) {
      const double p = exp(z[j * INK_LANES + lane] - max) / sum;
      const double dz =
          (p - (1 - smoothing) * ((int32_t)j == targets[lane]) - smoothing / (double)classes) *
          scale;
      CHECK(fabs(dz - d[j * INK_LANES + lane]) <= 1e-6 * scale,
            "%s gradient [%zu] of lane %zu: want %.9g got %.9g", k->name, j, lane, dz,
            (double)d[j * INK_LANES + lane]);
    }
  }
}

void test_cross_entropy(const ink_kernels *k)
{
  const size_t classes[] = {2, 3, 10, 64};
  const double scales[] = {1, 20, 1e4};
  for (size_t c = 0; c < 4; c++)
    for (size_t s = 0; s < 3; s++) {
      float *z = fresh(classes[c] * INK_LANES, 20 + c);
      int32_t targets[INK_LANES];
      for (size_t i = 0; i < classes[c] * INK_LANES; i++)
        z[i] *= (float)scales[s];
      for (size_t lane = 0; lane < INK_LANES; lane++)
        targets[lane] = lane == 3 || lane == 6 ? -1 : (int32_t)(lane * 7 % classes[c]);
      check_cross_entropy(k, classes[c], z, targets, 0, 0.125f);
      check_cross_entropy(k, classes[c], z, targets, 0.1f, 0.125f);
      free(z);
    }
  /* Equal logits, far from zero: the loss is ln(classes), without overflow. */
  float same[10 * INK_LANES];
  const int32_t zero[INK_LANES] = {0};
  for (int i = 0; i < 10 * INK_LANES; i++)
    same[i] = -1e30f;
  check_cross_entropy(k, 10, same, zero, 0, 1.0f);

  /* An infinity or NaN at any position reaches the loss of its own lane and no other. */
  const float bad[] = {NAN, INFINITY};
  for (int b = 0; b < 2; b++)
    for (size_t row = 0; row < 10; row++) {
      float z[10 * INK_LANES], losses[INK_LANES];
      memset(z, 0, sizeof z);
      z[row * INK_LANES + 2] = bad[b];
      float d[10 * INK_LANES];
      k->cross_entropy(10, z, zero, 0, 1.0f, losses, d);
      for (int i = 0; i < 10 * INK_LANES; i++)
        CHECK(i % INK_LANES == 2 || isfinite(d[i]), "%s: the gradient at %d is disturbed", k->name,
              i);
      for (size_t lane = 0; lane < INK_LANES; lane++)
        if (lane == 2)
          CHECK(!isfinite(losses[lane]), "%s: %g in row %zu gives the loss %g", k->name,
                (double)bad[b], row, (double)losses[lane]);
        else
          CHECK(fabsf(losses[lane] - logf(10)) < 1e-5f, "%s: lane %zu is disturbed", k->name, lane);
    }
}

void test_sgd(const ink_kernels *k)
{
  enum { N = 13 };
  for (int momentum = 0; momentum <= 1; momentum++)
    for (int nesterov = 0; nesterov <= momentum; nesterov++) {
      float *p = fresh(N + CANARY, 30), *g = fresh(N, 31), *b = fresh(N + CANARY, 32);
      const double lr = 0.1, mu = momentum ? 0.9 : 0, l2 = 0.01, keep = 0.999;
      double want_p[N], want_b[N];
      for (int i = 0; i < N; i++) {
        want_p[i] = p[i] * keep;
        const double gradient = g[i] + l2 * want_p[i];
        want_b[i] = mu * b[i] + gradient;
        want_p[i] -= lr * (nesterov ? gradient + mu * want_b[i] : momentum ? want_b[i] : gradient);
      }
      p[N] = b[N] = canary();
      k->sgd(N, p, g, momentum ? b : NULL, (float)lr, (float)mu, (float)l2, (float)keep, nesterov);
      for (int i = 0; i < N; i++) {
        CHECK(fabs(p[i] - want_p[i]) < 1e-6, "%s p[%d]: want %g got %g", k->name, i, want_p[i],
              (double)p[i]);
        CHECK(!momentum || fabs(b[i] - want_b[i]) < 1e-6, "%s buffer[%d]", k->name, i);
      }
      CHECK(isnan(p[N]) && isnan(b[N]), "%s sgd wrote behind", k->name);
      free(p), free(g), free(b);
    }
}

void test_adam(const ink_kernels *k)
{
  enum { N = 13 };
  float *p = fresh(N + CANARY, 40), *g = fresh(N, 41), *m = fresh(N, 42), *v = fresh(N, 43);
  const ink_adam_step s = {.keep = 0.99f,
                           .l2 = 0.02f,
                           .b1 = 0.9f,
                           .one_minus_b1 = 0.1f,
                           .b2 = 0.99f,
                           .one_minus_b2 = 0.01f,
                           .step = 0.05f,
                           .v_scale = 4.0f,
                           .eps = 1e-5f};
  double want[N], want_m[N], want_v[N];
  for (int i = 0; i < N; i++) {
    v[i] = fabsf(v[i]);
    const double kept = (double)p[i] * s.keep, gradient = g[i] + s.l2 * kept;
    want_m[i] = s.b1 * m[i] + s.one_minus_b1 * gradient;
    want_v[i] = s.b2 * v[i] + s.one_minus_b2 * gradient * gradient;
    want[i] = kept - s.step * want_m[i] / (sqrt(want_v[i] * s.v_scale) + s.eps);
  }
  p[N] = canary();
  k->adam(N, p, g, m, v, &s);
  for (int i = 0; i < N; i++)
    CHECK(fabs(p[i] - want[i]) < 1e-6 && fabs(m[i] - want_m[i]) < 1e-6 &&
              fabs(v[i] - want_v[i]) < 1e-6,
          "%s adam[%d]: want %g got %g", k->name, i, want[i], (double)p[i]);
  CHECK(isnan(p[N]), "%s adam wrote behind", k->name);
  free(p), free(g), free(m), free(v);
}
