/*
 * kernels.c - compares every kernel of every variant in this binary with its definition in double,
 * over edge shapes, with canaries around the memory that it may write. Here are the products and
 * sums; the other files of this folder that begin with kernels_ hold the other kernels.
 */
#include "kernels.h"

static void test_product(const ink_kernels *k)
{
  const size_t ms[] = {1, 2, 3, 4, 5, 7, 8, 10, 13, 30}, ks[] = {0, 1, 2, 3, 8, 77, 784};
  for (size_t a = 0; a < sizeof ms / sizeof *ms; a++)
    for (size_t b = 0; b < sizeof ks / sizeof *ks; b++)
      for (int start = INK_FROM_ZERO; start <= INK_FROM_Y; start++) {
        const size_t m = ms[a], n = ks[b];
        float *w = fresh(m * n + 1, 1), *x = fresh(n * INK_LANES + 8, 2), *bias = fresh(m, 3);
        float *packed = fresh(ink_packed_count(k, m, n) + 8, 0);
        float *y = fresh(m * INK_LANES + CANARY, 4), *y0 = fresh(m * INK_LANES, 4);
        for (size_t i = 0; i < m * INK_LANES + CANARY; i++)
          if (i >= m * INK_LANES || start != INK_FROM_Y)
            y[i] = canary();
        k->pack(m, n, w, n, 1, packed);
        k->product(m, n, packed, start == INK_FROM_BIAS ? bias : NULL, x, y, (ink_start)start);
        for (size_t i = 0; i < m; i++)
          for (size_t lane = 0; lane < INK_LANES; lane++) {
            double want = start == INK_FROM_BIAS ? bias[i]
                          : start == INK_FROM_Y  ? y0[i * 8 + lane]
                                                 : 0;
            double magnitude = fabs(want);
            for (size_t j = 0; j < n; j++) {
              want += (double)w[i * n + j] * x[j * INK_LANES + lane];
              magnitude += fabs((double)w[i * n + j] * x[j * INK_LANES + lane]);
            }
            CHECK(near_sum(want, y[i * INK_LANES + lane], magnitude, n),
                  "%s m=%zu k=%zu start=%d at [%zu][%zu]: want %g got %g", k->name, m, n, start, i,
                  lane, want, (double)y[i * INK_LANES + lane]);
          }
        for (size_t i = 0; i < CANARY; i++)
          CHECK(isnan(y[m * INK_LANES + i]), "%s m=%zu k=%zu wrote behind y", k->name, m, n);
        free(w), free(x), free(bias), free(packed), free(y), free(y0);
      }
}

/*
 * pack: [ceil(m / panel_rows)][k][panel_rows], with zeros in missing rows; both orders of strides.
 */
static void test_pack(const ink_kernels *k)
{
  const size_t ms[] = {1, 3, 4, 5, 8, 9}, columns[] = {1, 2, 4, 6, 9}, panel = k->panel_rows;
  for (size_t a = 0; a < sizeof ms / sizeof *ms; a++)
    for (size_t b = 0; b < sizeof columns / sizeof *columns; b++)
      for (int transposed = 0; transposed <= 1; transposed++) {
        const size_t m = ms[a], n = columns[b], count = ink_packed_count(k, m, n);
        float *w = fresh(m * n, 10), *packed = fresh(count + CANARY, 0);
        for (size_t i = 0; i < count + CANARY; i++)
          packed[i] = canary();
        k->pack(m, n, w, transposed ? 1 : n, transposed ? m : 1, packed);
        for (size_t i = 0; i < count; i++) {
          const size_t row = i / panel / n * panel + i % panel, column = i / panel % n;
          const float want = row >= m ? 0 : w[transposed ? column * m + row : row * n + column];
          CHECK(packed[i] == want, "%s m=%zu k=%zu transposed=%d: packed[%zu] is %g, not %g",
                k->name, m, n, transposed, i, (double)packed[i], (double)want);
        }
        CHECK(isnan(packed[count]), "%s m=%zu k=%zu packs too much", k->name, m, n);
        free(w), free(packed);
      }
}

/* product_transposed: the transpose of a packed matrix, or of some of its columns. */
static void check_product_transposed(const ink_kernels *k, size_t m, size_t n, size_t before,
                                     bool add)
{
  const size_t panel = k->panel_rows, whole = before + m + before;
  float *w = fresh(n * whole, 1), *x = fresh(n * INK_LANES, 2), *start = fresh(m * INK_LANES, 3);
  float *packed = fresh(ink_packed_count(k, n, whole), 0), *y = fresh(m * INK_LANES + CANARY, 4);
  for (size_t i = 0; i < m * INK_LANES + CANARY; i++)
    y[i] = add && i < m * INK_LANES ? start[i] : canary();
  k->pack(n, whole, w, whole, 1, packed);
  k->product_transposed(m, n, packed + before * panel, panel * whole, x, y, add);
  for (size_t i = 0; i < m; i++)
    for (size_t lane = 0; lane < INK_LANES; lane++) {
      double want = add ? start[i * INK_LANES + lane] : 0, magnitude = fabs(want);
      for (size_t j = 0; j < n; j++) {
        const double term = (double)w[j * whole + before + i] * x[j * INK_LANES + lane];
        want += term;
        magnitude += fabs(term);
      }
      CHECK(near_sum(want, y[i * INK_LANES + lane], magnitude, n + 1),
            "%s transposed m=%zu k=%zu add=%d at [%zu][%zu]: want %g got %g", k->name, m, n, add, i,
            lane, want, (double)y[i * INK_LANES + lane]);
    }
  for (size_t i = 0; i < CANARY; i++)
    CHECK(isnan(y[m * INK_LANES + i]), "%s transposed m=%zu k=%zu wrote behind y", k->name, m, n);
  free(w), free(x), free(start), free(packed), free(y);
}

static void test_product_transposed(const ink_kernels *k)
{
  const size_t ms[] = {1, 3, 4, 5, 8, 20}, ks[] = {1, 3, 4, 5, 8, 30}, panel = k->panel_rows;
  for (size_t a = 0; a < sizeof ms / sizeof *ms; a++)
    for (size_t b = 0; b < sizeof ks / sizeof *ks; b++)
      for (size_t before = 0; before <= panel; before += panel)
        for (int add = 0; add <= 1; add++)
          check_product_transposed(k, ms[a], ks[b], before, add);
}

static void check_weight_gradient(const ink_kernels *k, size_t m, size_t c, size_t n, int add)
{
  const size_t stride = c + 3;
  float *dy = fresh((n + 1) * (m + 1) * INK_LANES, 5), *x = fresh((n + 1) * (c + 2) * INK_LANES, 6);
  const float *dys[32], *xs[32];
  for (size_t p = 0; p < n; p++) {
    dys[p] = dy + p * (m + 1) * INK_LANES;
    xs[p] = x + p * (c + 2) * INK_LANES;
  }
  float *dw = fresh(m * stride, 7), *dw0 = fresh(m * stride, 7);
  for (size_t i = 0; i < m * stride; i++)
    if (!add || i % stride >= c)
      dw[i] = canary();
  /* With offsets, the first row of dy and the first two rows of x are skipped. */
  k->weight_gradient(m, c, n, dys, INK_LANES, xs, 2 * INK_LANES, dw, stride, add);
  for (size_t i = 0; i < m; i++)
    for (size_t j = 0; j < stride; j++) {
      const float got = dw[i * stride + j];
      if (j >= c) {
        CHECK(isnan(got), "%s wrote outside at [%zu][%zu]", k->name, i, j);
        continue;
      }
      double want = add ? dw0[i * stride + j] : 0, magnitude = fabs(want);
      for (size_t p = 0; p < n; p++)
        for (size_t lane = 0; lane < INK_LANES; lane++) {
          const double t =
              (double)dys[p][(i + 1) * INK_LANES + lane] * xs[p][(j + 2) * INK_LANES + lane];
          want += t;
          magnitude += fabs(t);
        }
      CHECK(near_sum(want, got, magnitude, n * INK_LANES),
            "%s m=%zu k=%zu n=%zu add=%d at [%zu][%zu]: want %g got %g", k->name, m, c, n, add, i,
            j, want, (double)got);
    }
  free(dy), free(x), free(dw), free(dw0);
}

static void test_weight_gradient(const ink_kernels *k)
{
  const size_t sizes[] = {1, 2, 3, 4, 5, 7, 8, 10};
  for (int add = 0; add <= 1; add++) {
    for (size_t a = 0; a < 8; a++)
      for (size_t b = 0; b < 8; b++)
        for (size_t n = 0; n <= 5; n += n < 2 ? 1 : 3)
          check_weight_gradient(k, sizes[a], sizes[b], n, add);
    /* More rows, columns and pairs than one block holds. */
    for (size_t columns = 16; columns <= 34; columns++)
      check_weight_gradient(k, 70, columns, 18, add);
    check_weight_gradient(k, 129, 3, 32, add);
    check_weight_gradient(k, 65, 17, 0, add);
  }
}

static void test_row_sums(const ink_kernels *k)
{
  enum { M = 5, N = 3 };
  float *rows = fresh(N * (M + 1) * INK_LANES, 9), sums[M + 1];
  const float *at[N] = {rows, rows + (M + 1) * INK_LANES, rows + 2 * (M + 1) * INK_LANES};
  for (int i = 0; i <= M; i++)
    sums[i] = canary();
  k->row_sums(M, N, at, INK_LANES, sums);
  for (size_t i = 0; i < M; i++) {
    double want = 0, magnitude = 0;
    for (size_t p = 0; p < N; p++)
      for (size_t lane = 0; lane < INK_LANES; lane++) {
        want += at[p][(i + 1) * INK_LANES + lane];
        magnitude += fabs(at[p][(i + 1) * INK_LANES + lane]);
      }
    CHECK(near_sum(want, sums[i], magnitude, N * INK_LANES), "%s row %zu: want %g got %g", k->name,
          i, want, (double)sums[i]);
  }
  CHECK(isnan(sums[M]), "%s wrote behind the sums", k->name);
  free(rows);
}

static void test_combine(const ink_kernels *k)
{
  enum { ROWS = 7, ROOM = 48 };
  float *rows = fresh(ROWS * ROOM, 31), *coefficients = fresh(ROWS, 32);
  const float *at[ROWS];
  for (size_t t = 0; t < ROWS; t++)
    at[t] = rows + (ROWS - 1 - t) * ROOM;
  for (size_t count = 8; count <= 40; count += 8)
    for (size_t n = 0; n <= ROWS; n++)
      for (int add = 0; add <= 1; add++) {
        float *y = fresh(ROOM, 33), *y0 = fresh(ROOM, 33);
        for (size_t i = 0; i < ROOM; i++)
          if (!add || i >= count)
            y[i] = canary();
        k->combine(count, n, coefficients, at, y, add);
        for (size_t i = 0; i < ROOM; i++) {
          if (i >= count) {
            CHECK(isnan(y[i]), "%s count %zu: wrote at %zu", k->name, count, i);
            continue;
          }
          double want = add ? (double)y0[i] : 0, magnitude = fabs(want);
          for (size_t t = 0; t < n; t++) {
            want += (double)coefficients[t] * at[t][i];
            magnitude += fabs((double)coefficients[t] * at[t][i]);
          }
          CHECK(near_sum(want, y[i], magnitude, n + 1),
                "%s count %zu of %zu rows, add %d, at %zu: want %g got %g", k->name, count, n, add,
                i, want, (double)y[i]);
        }
        free(y), free(y0);
      }
  free(rows), free(coefficients);
}

int main(void)
{
  for (size_t i = 0; ink_kernels_at(i); i++) {
    const ink_kernels *k = ink_kernels_at(i);
    printf("kernels: %s\n", k->name);
    test_product(k);
    test_product_transposed(k);
    test_pack(k);
    test_weight_gradient(k);
    test_row_sums(k);
    test_combine(k);
    test_largest(k);
    test_pointwise(k);
    test_not_finite(k);
    test_gather(k);
    test_transpose(k);
    test_columns_u8(k);
    test_product_u8(k);
    test_cross_entropy(k);
    test_sgd(k);
    test_adam(k);
  }
  return checks_end();
}
