/*
 * kernels.c - every kernel of every variant in this binary against its definition in double, over
 * edge shapes, with canaries around what it may write.
 */
#include "../support/check.h"
#include "ink_kernels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 4096, CANARY = 16 };

static float canary(void)
{
  return nanf("");
}

static double uniform(uint64_t stream, size_t i)
{
  return 2 * ink_random_uniform(ink_random_stream(stream, INK_FOR_TEST, 0), i) - 1;
}

static float *fresh(size_t count, uint64_t stream)
{
  float *values = aligned_alloc(64, (count * sizeof(float) + 63) / 64 * 64 + 64);
  for (size_t i = 0; i < count; i++)
    values[i] = (float)uniform(stream, i);
  return values;
}

/* A sum of n products in float32 differs from the exact one by at most n * eps * sum|a||b|. */
static bool near_sum(double want, double got, double magnitude, size_t n)
{
  return fabs(want - got) <= (double)(n + 4) * 0x1p-23 * magnitude + 1e-30;
}

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

/* [ceil(m / panel_rows)][k][panel_rows], zeros in rows that are not there; both ways to stride. */
static void test_pack(const ink_kernels *k)
{
  const size_t ms[] = {1, 3, 4, 5, 8, 9}, columns[] = {1, 2, 4, 6, 9}, panel = k->panel_rows;
  for (size_t a = 0; a < sizeof ms / sizeof *ms; a++)
    for (size_t b = 0; b < sizeof columns / sizeof *columns; b++)
      for (int turned = 0; turned <= 1; turned++) {
        const size_t m = ms[a], n = columns[b], count = ink_packed_count(k, m, n);
        float *w = fresh(m * n, 10), *packed = fresh(count + CANARY, 0);
        for (size_t i = 0; i < count + CANARY; i++)
          packed[i] = canary();
        k->pack(m, n, w, turned ? 1 : n, turned ? m : 1, packed);
        for (size_t i = 0; i < count; i++) {
          const size_t row = i / panel / n * panel + i % panel, column = i / panel % n;
          const float want = row >= m ? 0 : w[turned ? column * m + row : row * n + column];
          CHECK(packed[i] == want, "%s m=%zu k=%zu turned=%d: packed[%zu] is %g, not %g", k->name,
                m, n, turned, i, (double)packed[i], (double)want);
        }
        CHECK(isnan(packed[count]), "%s m=%zu k=%zu packs too much", k->name, m, n);
        free(w), free(packed);
      }
}

/* The transpose of a packed matrix, or of some of its columns. */
static void check_product_turned(const ink_kernels *k, size_t m, size_t n, size_t before, bool add)
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
            "%s turned m=%zu k=%zu add=%d at [%zu][%zu]: want %g got %g", k->name, m, n, add, i,
            lane, want, (double)y[i * INK_LANES + lane]);
    }
  for (size_t i = 0; i < CANARY; i++)
    CHECK(isnan(y[m * INK_LANES + i]), "%s turned m=%zu k=%zu wrote behind y", k->name, m, n);
  free(w), free(x), free(start), free(packed), free(y);
}

static void test_product_turned(const ink_kernels *k)
{
  const size_t ms[] = {1, 3, 4, 5, 8, 20}, ks[] = {1, 3, 4, 5, 8, 30}, panel = k->panel_rows;
  for (size_t a = 0; a < sizeof ms / sizeof *ms; a++)
    for (size_t b = 0; b < sizeof ks / sizeof *ks; b++)
      for (size_t before = 0; before <= panel; before += panel)
        for (int add = 0; add <= 1; add++)
          check_product_turned(k, ms[a], ks[b], before, add);
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
  /* Offsets: the first row of dy and the first two of x are passed over. */
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
    /* More rows, columns and pairs than are taken at once. */
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

static void test_largest(const ink_kernels *k)
{
  enum { ROWS = 5, ROOM = 32, COUNT = 24 };
  float *rows = fresh(ROWS * ROOM, 41), y[ROOM];
  const float *at[ROWS];
  int32_t argmax[ROOM], indices[ROWS];
  for (int t = 0; t < ROWS; t++) {
    at[t] = rows + t * ROOM;
    indices[t] = 100 - 7 * t;
  }
  rows[2 * ROOM + 3] = rows[ROOM + 3]; /* equal: the first wins */
  rows[ROOM + 4] = NAN;                /* stays, whatever follows */
  rows[5] = rows[ROOM + 5] = rows[2 * ROOM + 5] = -INFINITY;
  for (size_t n = 0; n <= ROWS; n++) {
    for (size_t i = 0; i < ROOM; i++) {
      y[i] = i % 2 ? -INFINITY : 0.25f;
      argmax[i] = -1;
    }
    k->largest(COUNT, n, at, indices, y, argmax);
    for (size_t i = 0; i < ROOM; i++) {
      float want = i % 2 ? -INFINITY : 0.25f;
      int32_t place = -1;
      for (size_t t = 0; t < n && i < COUNT; t++)
        if (!isnan(want) && (isnan(at[t][i]) || at[t][i] > want)) {
          want = at[t][i];
          place = indices[t];
        }
      CHECK((isnan(want) ? isnan(y[i]) : y[i] == want) && argmax[i] == place,
            "%s %zu rows at %zu: %g of %d, not %g of %d", k->name, n, i, (double)y[i], argmax[i],
            (double)want, place);
    }
  }
  free(rows);
}

static void test_pointwise(const ink_kernels *k)
{
  const float special[8] = {0.0f, -0.0f, 1e-42f, -1e-42f, INFINITY, -INFINITY, 3.0f, -3.0f};
  const float want[8] = {0, 0, 1e-42f, 0, INFINITY, 0, 3, 0};
  float y[16], dx[16];
  for (int i = 0; i < 16; i++)
    y[i] = dx[i] = canary();
  k->relu(8, special, y);
  for (int i = 0; i < 8; i++)
    CHECK(y[i] == want[i] && !signbit(y[i]), "%s relu(%g): got %g", k->name, (double)special[i],
          (double)y[i]);
  CHECK(isnan(y[8]), "%s relu wrote behind", k->name);
  const float nan8[8] = {canary(), canary(), canary(), canary(),
                         canary(), canary(), canary(), canary()};
  float kept[8];
  k->relu(8, nan8, kept);
  CHECK(isnan(kept[0]) && isnan(kept[7]), "%s relu loses NaN", k->name);

  const float dy[8] = {1, 2, 3, 4, 5, 6, 7, 8};
  k->relu_gradient(8, y, dy, dx, false);
  for (int i = 0; i < 8; i++)
    CHECK(dx[i] == (want[i] > 0 ? dy[i] : 0), "%s relu gradient at %d: %g", k->name, i,
          (double)dx[i]);
  k->relu_gradient(8, y, dy, dx, true);
  for (int i = 0; i < 8; i++)
    CHECK(dx[i] == (want[i] > 0 ? 2 * dy[i] : 0), "%s relu gradient added at %d: %g", k->name, i,
          (double)dx[i]);
  CHECK(isnan(dx[8]), "%s relu gradient wrote behind", k->name);

  float sum[8], to_a[8], to_b[8], in_place[8];
  k->add(8, dy, dx, sum);
  memcpy(to_a, dy, sizeof to_a);
  k->add(8, to_a, dx, to_a);
  memcpy(to_b, dx, sizeof to_b);
  k->add(8, dy, to_b, to_b);
  for (int i = 0; i < 8; i++)
    CHECK(sum[i] == dy[i] + dx[i] && to_a[i] == sum[i] && to_b[i] == sum[i], "%s add at %d",
          k->name, i);

  memcpy(in_place, special, sizeof in_place);
  k->relu(8, in_place, in_place);
  CHECK(memcmp(in_place, y, sizeof in_place) == 0, "%s relu in place", k->name);
}

/* What is not finite spreads to what is computed from it, and to nothing else. */
static void test_not_finite(const ink_kernels *k)
{
  enum { M = 7, K = 5, BAD_ROW = 2, BAD_LANE = 6 };
  const float bad[] = {NAN, INFINITY, -INFINITY};
  for (int b = 0; b < 3; b++) {
    float *w = fresh(M * K, 11), *x = fresh(K * INK_LANES, 12), *y = fresh(M * INK_LANES, 0);
    float *packed = fresh(ink_packed_count(k, M, K), 0), dw[M * K];
    x[BAD_ROW * INK_LANES + BAD_LANE] = bad[b];
    k->pack(M, K, w, K, 1, packed);
    k->product(M, K, packed, NULL, x, y, INK_FROM_ZERO);
    for (size_t i = 0; i < M * INK_LANES; i++)
      CHECK(!isfinite(y[i]) == (i % INK_LANES == BAD_LANE), "%s product of %g at %zu: %g", k->name,
            (double)bad[b], i, (double)y[i]);
    const float *from_w = fresh(M * INK_LANES, 13), *from_x = x;
    k->weight_gradient(M, K, 1, &from_w, 0, &from_x, 0, dw, K, false);
    for (size_t i = 0; i < M * K; i++)
      CHECK(!isfinite(dw[i]) == (i % K == BAD_ROW), "%s weight gradient of %g at %zu: %g", k->name,
            (double)bad[b], i, (double)dw[i]);
    free(w), free(x), free(y), free(packed), free((float *)from_w);
  }
  /* relu lets NaN through in its own place only. */
  float x[16], y[16];
  for (int at = 0; at < 16; at++) {
    for (int i = 0; i < 16; i++)
      x[i] = i == at ? NAN : -1.0f;
    k->relu(16, x, y);
    for (int i = 0; i < 16; i++)
      CHECK(i == at ? isnan(y[i]) : y[i] == 0, "%s relu: NaN at %d gives %g at %d", k->name, at,
            (double)y[i], i);
  }
}

static void test_gather(const ink_kernels *k)
{
  const size_t counts[] = {1, 15, 16, 17, 48, 50};
  for (size_t c = 0; c < 6; c++)
    for (size_t stride = 8; stride <= 24; stride += 8) {
      const size_t pixels = counts[c];
      uint8_t picture[INK_LANES][64];
      const uint8_t *at[INK_LANES];
      for (int lane = 0; lane < INK_LANES; lane++) {
        at[lane] = lane == 5 ? NULL : picture[lane];
        for (size_t p = 0; p < pixels; p++)
          picture[lane][p] = (uint8_t)(p * 37 + (size_t)lane * 101);
      }
      float *x = fresh(pixels * stride + CANARY, 0);
      for (size_t i = 0; i < pixels * stride + CANARY; i++)
        x[i] = canary();
      k->gather_u8(at, pixels, x, stride);
      for (size_t i = 0; i < pixels * stride + CANARY; i++) {
        const size_t p = i / stride, lane = i % stride;
        if (p >= pixels || lane >= INK_LANES)
          CHECK(isnan(x[i]), "%s %zu pixels, stride %zu: wrote at %zu", k->name, pixels, stride, i);
        else
          CHECK(x[i] == (lane == 5 ? 0.0f : (float)picture[lane][p] / 255.0f),
                "%s pixel %zu lane %zu: got %.9g", k->name, p, lane, (double)x[i]);
      }
      free(x);
    }
  uint8_t all[256];
  const uint8_t *same[INK_LANES] = {all, all, all, all, all, all, all, all};
  float *x = fresh(256 * INK_LANES, 0);
  for (int v = 0; v < 256; v++)
    all[v] = (uint8_t)v;
  k->gather_u8(same, 256, x, INK_LANES);
  for (int v = 0; v < 256; v++)
    CHECK(x[v * INK_LANES + v % 8] == (float)v / 255.0f, "%s %d / 255: got %.9g", k->name, v,
          (double)x[v * 8 + v % 8]);
  free(x);
}

static void test_transpose(const ink_kernels *k)
{
  for (size_t rows = 0; rows <= 9; rows++)
    for (size_t columns = 0; columns <= 9; columns++) {
      const size_t from_stride = columns + 2, to_stride = rows + 3;
      float *from = fresh(rows * from_stride + 1, 51), *to = fresh(columns * to_stride + CANARY, 0);
      for (size_t i = 0; i < columns * to_stride + CANARY; i++)
        to[i] = canary();
      k->transpose(rows, columns, from, from_stride, to, to_stride);
      for (size_t i = 0; i < columns * to_stride + CANARY; i++) {
        const size_t j = i / to_stride, row = i % to_stride;
        if (j >= columns || row >= rows)
          CHECK(isnan(to[i]), "%s %zu x %zu: wrote at %zu", k->name, rows, columns, i);
        else
          CHECK(to[i] == from[row * from_stride + j], "%s %zu x %zu: [%zu][%zu] is %g", k->name,
                rows, columns, j, row, (double)to[i]);
      }
      free(from), free(to);
    }
}

static void test_columns_u8(const ink_kernels *k)
{
  enum { IMAGES = 35, PIXELS = 50, STRIDE = 40 };
  uint8_t pictures[IMAGES][PIXELS], columns[PIXELS][STRIDE];
  const uint8_t *at[IMAGES];
  for (size_t i = 0; i < IMAGES; i++) {
    at[i] = pictures[i];
    for (size_t p = 0; p < PIXELS; p++)
      pictures[i][p] =
          (uint8_t)(ink_random_u64(ink_random_stream(52, INK_FOR_TEST, 0), i * PIXELS + p) % 255);
  }
  const size_t counts[] = {1, 15, 16, 17, 33, 47}, images[] = {0, 1, 7, 8, 9, 16, 35};
  for (size_t c = 0; c < 6; c++)
    for (size_t n = 0; n < 7; n++) {
      memset(columns, 255, sizeof columns);
      k->columns_u8(images[n], at, 3, counts[c], columns[0], STRIDE);
      for (size_t p = 0; p < PIXELS; p++)
        for (size_t i = 0; i < STRIDE; i++)
          CHECK(columns[p][i] == (p < counts[c] && i < images[n] ? pictures[i][3 + p] : 255),
                "%s %zu pixels of %zu images: [%zu][%zu] is %d", k->name, counts[c], images[n], p,
                i, columns[p][i]);
    }
}

/* Rows whose byte is 0 are not a number here: they must not be read. */
static void test_product_u8(const ink_kernels *k)
{
  const size_t counts[] = {0, 1, 7, 15, 16, 17, 100, 784, 1024, 1025, 2100};
  for (size_t c = 0; c < sizeof counts / sizeof *counts; c++)
    for (size_t m = 4; m <= 44; m += 4)
      for (int tenths = 0; tenths <= 10; tenths += m % 16 == 12 ? 1 : 5) {
        const size_t n = counts[c], stride = m + 4;
        float *rows = fresh(n * stride + 8, 53), *y = fresh(m + CANARY, 54), *y0 = fresh(m, 54);
        uint8_t *u8 = malloc(n + 1);
        for (size_t t = 0; t < n; t++) {
          const uint64_t draw = ink_random_u64(ink_random_stream(55, INK_FOR_TEST, 0), t);
          u8[t] = (draw >> 32) % 10 < (uint64_t)tenths ? (uint8_t)(1 + draw % 255) : 0;
          for (size_t i = 0; i < stride; i++)
            if (u8[t] == 0 || i >= m)
              rows[t * stride + i] = canary();
        }
        for (size_t i = 0; i < CANARY; i++)
          y[m + i] = canary();
        k->product_u8(m, n, u8, rows, stride, y);
        for (size_t i = 0; i < m; i++) {
          double want = y0[i], magnitude = fabs(want);
          for (size_t t = 0; t < n; t++)
            if (u8[t] != 0) {
              const double term = (double)((float)u8[t] / 255.0f) * rows[t * stride + i];
              want += term;
              magnitude += fabs(term);
            }
          CHECK(near_sum(want, y[i], magnitude, n),
                "%s m=%zu n=%zu, %d of 10 full, at %zu: want %g got %g", k->name, m, n, tenths, i,
                want, (double)y[i]);
        }
        CHECK(isnan(y[m]), "%s m=%zu n=%zu wrote behind y", k->name, m, n);
        free(rows), free(y), free(y0), free(u8);
      }
  /* One row of ones: the quotient itself, of every byte. */
  for (int v = 0; v < 256; v++) {
    const uint8_t byte = (uint8_t)v;
    float *ones = fresh(4, 0), *y = fresh(4, 0);
    for (int i = 0; i < 4; i++) {
      ones[i] = 1;
      y[i] = 0;
    }
    k->product_u8(4, 1, &byte, ones, 4, y);
    CHECK(y[0] == (float)v / 255.0f && y[3] == y[0], "%s %d / 255: got %.9g", k->name, v,
          (double)y[0]);
    free(ones), free(y);
  }
}

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

static void test_cross_entropy(const ink_kernels *k)
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
  /* All logits equal, and far from zero: ln(classes) and no overflow. */
  float same[10 * INK_LANES];
  const int32_t zero[INK_LANES] = {0};
  for (int i = 0; i < 10 * INK_LANES; i++)
    same[i] = -1e30f;
  check_cross_entropy(k, 10, same, zero, 0, 1.0f);

  /* What is not finite reaches the loss of its own lane, wherever it stands, and no other. */
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

static void test_sgd(const ink_kernels *k)
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

static void test_adam(const ink_kernels *k)
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

int main(void)
{
  for (size_t i = 0; ink_kernels_at(i); i++) {
    const ink_kernels *k = ink_kernels_at(i);
    printf("kernels: %s\n", k->name);
    test_product(k);
    test_product_turned(k);
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
