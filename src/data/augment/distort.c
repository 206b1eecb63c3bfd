/*
 * distort.c - augmentation for handwriting: one affine map and one smooth random displacement of
 * every pixel, in a single resampling of the 28 x 28 picture.
 */
#include "distort.h"

#include <math.h>
#include <string.h>

enum { SPACING_PIXELS = 7, CONTROLS = INK_SIDE / SPACING_PIXELS + 3 };

/* The largest changes at strength 1: degrees, logarithm of the zoom, shear, pixels, pixels. */
static const double ROTATE_DEGREES = 12, LOG_ZOOM = 0.12, SHEAR = 0.2, SHIFT_PIXELS = 2,
                    ELASTIC_PIXELS = 3.5;
static const double RADIANS_PER_DEGREE = 0.017453292519943295769;

/* Indices of the draws of one item; those of the control points follow. */
enum { ANGLE, ZOOM_X, ZOOM_Y, SHEAR_X, SHIFT_X, SHIFT_Y, CONTROL };

/* Returns draw `index`, uniform in -most..most. */
static double symmetric(ink_random stream, int index, double most)
{
  return most * (2 * ink_random_uniform(stream, (uint64_t)index) - 1);
}

/*
 * Computes the weights of four control points at u in 0..1, by the uniform cubic B-spline. At u = 0
 * they are 1/6, 4/6, 1/6, 0.
 */
static void spline(double u, float b[4])
{
  b[0] = (float)((1 - u) * (1 - u) * (1 - u) / 6);
  b[1] = (float)((3 * u * u * u - 6 * u * u + 4) / 6);
  b[2] = (float)((-3 * u * u * u + 3 * u * u + 3 * u + 1) / 6);
  b[3] = (float)(u * u * u / 6);
}

void ink_elastic_field(ink_random stream, size_t first, double most, float field[INK_PIXELS])
{
  float control[CONTROLS][CONTROLS], rows[CONTROLS][INK_SIDE], b[SPACING_PIXELS][4];
  for (size_t i = 0; i < SPACING_PIXELS; i++)
    spline((double)i / (double)SPACING_PIXELS, b[i]);
  for (size_t i = 0; i < CONTROLS; i++)
    for (size_t j = 0; j < CONTROLS; j++)
      control[i][j] = (float)symmetric(stream, (int)(first + i * CONTROLS + j), most);
  for (size_t i = 0; i < CONTROLS; i++)
    for (size_t x = 0; x < INK_SIDE; x++) {
      const float *c = control[i] + x / SPACING_PIXELS, *w = b[x % SPACING_PIXELS];
      rows[i][x] = c[0] * w[0] + c[1] * w[1] + c[2] * w[2] + c[3] * w[3];
    }
  for (size_t y = 0; y < INK_SIDE; y++) {
    const float(*r)[INK_SIDE] = rows + y / SPACING_PIXELS;
    const float *w = b[y % SPACING_PIXELS];
    for (size_t x = 0; x < INK_SIDE; x++)
      field[y * INK_SIDE + x] = r[0][x] * w[0] + r[1][x] * w[1] + r[2][x] * w[2] + r[3][x] * w[3];
  }
}

void ink_distort_map(unsigned parts, double strength, ink_random stream, double m[6])
{
  const double rotate = parts & INK_AUGMENT_ROTATE ? strength : 0,
               zoom = parts & INK_AUGMENT_ZOOM ? strength : 0;
  const double shear = parts & INK_AUGMENT_SHEAR ? strength : 0,
               shift = parts & INK_AUGMENT_SHIFT ? strength : 0;
  const double angle = symmetric(stream, ANGLE, ROTATE_DEGREES * RADIANS_PER_DEGREE * rotate);
  const double zoom_x = exp(symmetric(stream, ZOOM_X, LOG_ZOOM * zoom)),
               zoom_y = exp(symmetric(stream, ZOOM_Y, LOG_ZOOM * zoom));
  const double shear_x = symmetric(stream, SHEAR_X, SHEAR * shear);
  const double c = cos(angle), s = sin(angle), centre = (INK_SIDE - 1) / 2.0;
  m[0] = c * zoom_x;
  m[1] = (c * shear_x - s) * zoom_y;
  m[3] = s * zoom_x;
  m[4] = (s * shear_x + c) * zoom_y;
  m[2] = centre - (m[0] + m[1]) * centre + symmetric(stream, SHIFT_X, SHIFT_PIXELS * shift);
  m[5] = centre - (m[3] + m[4]) * centre + symmetric(stream, SHIFT_Y, SHIFT_PIXELS * shift);
}

/* The picture has a black border, so that every position has four neighbours. */
enum { BORDER = 1, STRIDE = INK_SIDE + 3 * BORDER };

/* Returns the bilinear sample at (x, y) of the picture; black outside. */
static float sample_padded(const float *padded, float x, float y)
{
  x = x < -1 ? 0 : x > (float)INK_SIDE ? INK_SIDE + BORDER : x + (float)BORDER;
  y = y < -1 ? 0 : y > (float)INK_SIDE ? INK_SIDE + BORDER : y + (float)BORDER;
  const size_t column = (size_t)x, row = (size_t)y;
  const float fx = x - (float)column, fy = y - (float)row;
  const float *p = padded + row * STRIDE + column;
  const float top = p[0] + fx * (p[1] - p[0]),
              bottom = p[STRIDE] + fx * (p[STRIDE + 1] - p[STRIDE]);
  return top + fy * (bottom - top);
}

void ink_distort(unsigned parts, double strength, ink_random stream,
                 const uint8_t picture[INK_PIXELS], float out[INK_PIXELS])
{
  double map[6];
  float padded[STRIDE * STRIDE] = {0}, dx[INK_PIXELS] = {0}, dy[INK_PIXELS] = {0};
  for (size_t y = 0; y < INK_SIDE; y++)
    for (size_t x = 0; x < INK_SIDE; x++)
      padded[(y + BORDER) * STRIDE + x + BORDER] = (float)picture[y * INK_SIDE + x] / 255.0f;
  ink_distort_map(parts, strength, stream, map);
  if (parts & INK_AUGMENT_ELASTIC) {
    ink_elastic_field(stream, CONTROL, ELASTIC_PIXELS * strength, dx);
    ink_elastic_field(stream, CONTROL + CONTROLS * CONTROLS, ELASTIC_PIXELS * strength, dy);
  }
  float m[6];
  for (int i = 0; i < 6; i++)
    m[i] = (float)map[i];
  for (size_t y = 0, i = 0; y < INK_SIDE; y++)
    for (size_t x = 0; x < INK_SIDE; x++, i++)
      out[i] = sample_padded(padded, m[0] * (float)x + m[1] * (float)y + m[2] + dx[i],
                             m[3] * (float)x + m[4] * (float)y + m[5] + dy[i]);
}
