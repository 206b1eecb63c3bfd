/*
 * kernels_values.c - kernels that work value by value: the running maximum, relu, sums, and how
 * infinities and NaNs spread.
 */
#include "kernels.h"

void test_largest(const ink_kernels *k)
{
  enum { ROWS = 5, ROOM = 32, COUNT = 24 };
  float *rows = fresh(ROWS * ROOM, 41), y[ROOM];
  const float *at[ROWS];
  int32_t argmax[ROOM], indices[ROWS];
  for (int t = 0; t < ROWS; t++) {
    at[t] = rows + t * ROOM;
    indices[t] = 100 - 7 * t;
  }
  rows[2 * ROOM + 3] = rows[ROOM + 3]; /* an equal value: the first one wins */
  rows[ROOM + 4] = NAN;                /* remains, whatever follows */
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

void test_pointwise(const ink_kernels *k)
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

/* Infinities and NaNs reach the values that are computed from them, and no others. */
void test_not_finite(const ink_kernels *k)
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
  /* relu keeps NaN, and only at its own position. */
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
