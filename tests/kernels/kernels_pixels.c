/*
 * kernels_pixels.c - kernels that read u8 pixels, and the transpose.
 */
#include "kernels.h"

void test_gather(const ink_kernels *k)
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

void test_transpose(const ink_kernels *k)
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

void test_columns_u8(const ink_kernels *k)
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

/* Rows whose byte is 0 hold NaN here: the kernel must not read them. */
void test_product_u8(const ink_kernels *k)
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
  /* With one row of ones the result is the quotient itself, for every byte. */
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
