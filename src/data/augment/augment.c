/*
 * augment.c - augmentation like fastai's aug_transforms. Coordinates run from -1 to 1, x to the
 * right, y down. A transform maps a position of the output to the position of the input that is
 * shown there.
 */
#include "distort.h"
#include "../resize.h"

#include <math.h>

/* ---- the pieces ---- */

static double coordinate(size_t i, size_t n, bool align_corners)
{
  if (align_corners)
    return n > 1 ? 2.0 * (double)i / (double)(n - 1) - 1 : -1;
  return (2.0 * (double)i + 1) / (double)n - 1;
}

void ink_affine_grid(const float theta[6], size_t height, size_t width, bool align_corners,
                     float *grid)
{
  for (size_t y = 0; y < height; y++)
    for (size_t x = 0; x < width; x++, grid += 2) {
      const double u = coordinate(x, width, align_corners),
                   v = coordinate(y, height, align_corners);
      grid[0] = (float)(theta[0] * u + theta[1] * v + theta[2]);
      grid[1] = (float)(theta[3] * u + theta[4] * v + theta[5]);
    }
}

/*
 * Reflects u at low and high until it lies between them. Example: low 0, high 3: -1 -> 1, 4 -> 2, 7
 * -> 1.
 */
static double reflect(double u, double low, double high)
{
  const double span = high - low;
  if (span <= 0)
    return low;
  u = fabs(u - low);
  const double times = floor(u / span), rest = u - times * span;
  return fmod(times, 2) == 0 ? rest + low : high - rest;
}

/* Returns the position among n pixels that belongs to a coordinate, after padding. */
static double pixel_position(double x, size_t n, ink_padding padding, bool align_corners)
{
  const double last = (double)n - 1;
  double u = align_corners ? (x + 1) / 2 * last : ((x + 1) * (double)n - 1) / 2;
  if (padding == INK_PAD_REFLECTION)
    u = align_corners ? reflect(u, 0, last) : reflect(u, -0.5, (double)n - 0.5);
  if (padding != INK_PAD_ZEROS)
    u = u < 0 ? 0 : u > last ? last : u;
  /* Everything far outside is zero, and the conversion to an integer must not overflow. */
  return u > -2 && u < (double)n + 1 ? u : -2;
}

static double pixel_at(const float *in, size_t height, size_t width, long y, long x)
{
  return y >= 0 && x >= 0 && y < (long)height && x < (long)width ? in[(size_t)y * width + (size_t)x]
                                                                 : 0;
}

static double sample(const float *in, size_t height, size_t width, double v, double u)
{
  const long y = (long)floor(v), x = (long)floor(u);
  const double fy = v - (double)y, fx = u - (double)x;
  const double top =
      pixel_at(in, height, width, y, x) * (1 - fx) + pixel_at(in, height, width, y, x + 1) * fx;
  const double bottom = pixel_at(in, height, width, y + 1, x) * (1 - fx) +
                        pixel_at(in, height, width, y + 1, x + 1) * fx;
  return top * (1 - fy) + bottom * fy;
}

void ink_grid_sample(const float *in, size_t height, size_t width, const float *grid, size_t count,
                     ink_padding padding, bool align_corners, float *out)
{
  for (size_t i = 0; i < count; i++)
    out[i] = (float)sample(in, height, width,
                           pixel_position(grid[2 * i + 1], height, padding, align_corners),
                           pixel_position(grid[2 * i], width, padding, align_corners));
}

/* Returns the position in n_in pixels that output i of n_out shows. */
static double source_position(size_t i, size_t n_in, size_t n_out, bool align_corners)
{
  if (align_corners)
    return n_out > 1 ? (double)i * (double)(n_in - 1) / (double)(n_out - 1) : 0;
  const double at = ((double)i + 0.5) * (double)n_in / (double)n_out - 0.5;
  return at < 0 ? 0 : at;
}

void ink_resize_bilinear(const float *in, size_t height, size_t width, float *out,
                         size_t out_height, size_t out_width, bool align_corners)
{
  for (size_t y = 0; y < out_height; y++)
    for (size_t x = 0; x < out_width; x++) {
      const double v = source_position(y, height, out_height, align_corners);
      const double u = source_position(x, width, out_width, align_corners);
      /* Beyond the last pixel, that pixel is repeated. */
      out[y * out_width + x] =
          (float)sample(in, height, width, fmin(v, (double)height - 1), fmin(u, (double)width - 1));
    }
}

void ink_lighting(float *x, size_t count, double brightness, double contrast)
{
  const float low = 1e-7f, high = 1.0f - 1e-7f;
  const float add = (float)log(brightness / (1 - brightness)), times = (float)contrast;
  for (size_t i = 0; i < count; i++) {
    const float v = x[i] < low ? low : x[i] > high ? high : x[i];
    const float logit = -logf(1.0f / v - 1.0f);
    x[i] = 1.0f / (1.0f + expf(-(logit + add) * times));
  }
}

/* ---- fastai's pipeline ---- */

struct ink_augmenter {
  unsigned parts;
  double strength;
  ink_resize_filter enlarge; /* from 28 to 32 pixels */
};

ink_status ink_augmenter_create(ink_augmenter **out, unsigned parts, double strength,
                                ink_error *err)
{
  ink_augmenter *augmenter = ink_alloc(sizeof *augmenter);
  if (augmenter) {
    augmenter->parts = parts;
    augmenter->strength = strength;
    if (ink_resize_filter_make(&augmenter->enlarge, INK_SIDE, INK_AUGMENT_SIDE)) {
      *out = augmenter;
      return INK_OK;
    }
    ink_augmenter_free(augmenter);
  }
  return ink_fail(err, INK_E_MEMORY, "not enough memory for augmentation");
}

void ink_augmenter_free(ink_augmenter *augmenter)
{
  if (!augmenter)
    return;
  ink_resize_filter_free(&augmenter->enlarge);
  ink_free(augmenter);
}

enum { SIDE = INK_AUGMENT_SIDE, SIDE_PIXELS = SIDE * SIDE };
static const double RIGHT_ANGLE = 1.57079632679489661923;

/* Indices of the draws of one item. */
enum {
  FLIP,
  ANGLE_MASK,
  ANGLE,
  ZOOM_MASK,
  ZOOM,
  CENTRE_X,
  CENTRE_Y,
  WARP_X_MASK,
  WARP_X,
  WARP_Y_MASK,
  WARP_Y,
  BRIGHTNESS_MASK,
  BRIGHTNESS,
  CONTRAST_MASK,
  CONTRAST
};

typedef struct draws {
  ink_random stream;
  unsigned parts;
} draws;

/*
 * Returns a draw, uniform in low..high, with probability 0.75; otherwise, and if the part is off,
 * `neutral`.
 */
static double draw_part(const draws *d, unsigned part, int mask, int value, double low, double high,
                        double neutral)
{
  return (d->parts & part) && ink_random_uniform(d->stream, (uint64_t)mask) < 0.75
             ? low + (high - low) * ink_random_uniform(d->stream, (uint64_t)value)
             : neutral;
}

/* The affine map, and the perspective warp that follows it. */
typedef struct mapping {
  double m[6], c[8];
} mapping;

void ink_affine_map(bool flip, double degrees, double zoom, double centre_x, double centre_y,
                    double m[6])
{
  const double f = flip ? -1 : 1, angle = degrees * RIGHT_ANGLE / 90, s = 1 / zoom;
  const double cx = (1 - s) * (2 * centre_x - 1), cy = (1 - s) * (2 * centre_y - 1);
  const double cosine = cos(angle), sine = sin(angle);
  /* flip * rotation * zoom */
  m[0] = f * cosine * s;
  m[1] = f * sine * s;
  m[2] = f * (cosine * cx + sine * cy);
  m[3] = -sine * s;
  m[4] = cosine * s;
  m[5] = -sine * cx + cosine * cy;
}

/*
 * Solves 8 linear equations by Gauss-Jordan elimination with pivots; row i of a is the equation,
 * a[i][8] its right side. Returns false if there is no unique solution.
 */
static bool solve(double a[8][9], double x[8])
{
  for (int column = 0; column < 8; column++) {
    int pivot = column;
    for (int row = column + 1; row < 8; row++)
      if (fabs(a[row][column]) > fabs(a[pivot][column]))
        pivot = row;
    if (a[pivot][column] == 0)
      return false;
    for (int k = 0; k < 9; k++) {
      const double swapped = a[column][k];
      a[column][k] = a[pivot][k];
      a[pivot][k] = swapped;
    }
    for (int row = 0; row < 8; row++) {
      const double factor = row == column ? 0 : a[row][column] / a[column][column];
      for (int k = column; k < 9; k++)
        a[row][k] -= factor * a[column][k];
    }
  }
  for (int i = 0; i < 8; i++)
    x[i] = a[i][8] / a[i][i];
  return true;
}

/*
 * The map that takes the tilted corners q to the corners p. Each corner gives two linear equations
 * for the 8 coefficients: for u, v -> to_x, c0 u + c1 v + c2 - to_x c6 u - to_x c7 v = to_x.
 */
void ink_warp_map(double x, double y, double c[8])
{
  const double p[4][2] = {{-1, -1}, {-1, 1}, {1, -1}, {1, 1}};
  const double q[4][2] = {{-1 - y, -1 - x}, {-1 + y, 1 + x}, {1 + y, -1 + x}, {1 - y, 1 - x}};
  double a[8][9];
  for (int i = 0; i < 4; i++)
    for (int axis = 0; axis < 2; axis++) {
      const double u = q[i][0], v = q[i][1], to = p[i][axis];
      const double row[9] = {axis ? 0 : u, axis ? 0 : v, axis ? 0 : 1,
                             axis ? u : 0, axis ? v : 0, axis ? 1 : 0,
                             -to * u,      -to * v,      to};
      for (int k = 0; k < 9; k++)
        a[2 * i + axis][k] = row[k];
    }
  if (!solve(a, c)) {
    const double identity[8] = {1, 0, 0, 0, 1, 0, 0, 0};
    for (int k = 0; k < 8; k++)
      c[k] = identity[k];
  }
}

static mapping choose_map(const draws *d)
{
  mapping map = {0};
  const double degrees = draw_part(d, INK_AUGMENT_ROTATE, ANGLE_MASK, ANGLE, -10, 10, 0);
  const double zoom = draw_part(d, INK_AUGMENT_ZOOM, ZOOM_MASK, ZOOM, 1.0, 1.1, 1);
  ink_affine_map((d->parts & INK_AUGMENT_FLIP) && ink_random_uniform(d->stream, FLIP) < 0.5,
                 degrees, zoom, ink_random_uniform(d->stream, CENTRE_X),
                 ink_random_uniform(d->stream, CENTRE_Y), map.m);
  const double tilt_x = draw_part(d, INK_AUGMENT_WARP, WARP_X_MASK, WARP_X, -0.2, 0.2, 0);
  const double tilt_y = draw_part(d, INK_AUGMENT_WARP, WARP_Y_MASK, WARP_Y, -0.2, 0.2, 0);
  ink_warp_map(tilt_x, tilt_y, map.c);
  return map;
}

static void resample(const mapping *map, const float *in, float *out)
{
  const double *m = map->m, *c = map->c;
  for (size_t row = 0; row < SIDE; row++)
    for (size_t column = 0; column < SIDE; column++) {
      const double x = coordinate(column, SIDE, true), y = coordinate(row, SIDE, true);
      const double u = m[0] * x + m[1] * y + m[2], v = m[3] * x + m[4] * y + m[5];
      const double d = c[6] * u + c[7] * v + 1;
      const double to_x = d == 0 ? u : (c[0] * u + c[1] * v + c[2]) / d;
      const double to_y = d == 0 ? v : (c[3] * u + c[4] * v + c[5]) / d;
      out[row * SIDE + column] =
          (float)sample(in, SIDE, SIDE, pixel_position(to_y, SIDE, INK_PAD_REFLECTION, true),
                        pixel_position(to_x, SIDE, INK_PAD_REFLECTION, true));
    }
}

ink_crop ink_augment_crop(const ink_augmenter *augmenter, ink_random stream)
{
  if (!(augmenter->parts & INK_AUGMENT_CROP))
    return ink_augment_whole();
  const double area = (0.75 + 0.25 * ink_random_uniform(stream, 0)) * (double)SIDE_PIXELS;
  const size_t side = (size_t)lrint(sqrt(area)),
               positions = SIDE - side + 1; /* rounded half to even, as in Python */
  return (ink_crop){side, (size_t)(ink_random_uniform(stream, 1) * (double)positions),
                    (size_t)(ink_random_uniform(stream, 2) * (double)positions)};
}

static void resample_crop(const float *in, ink_crop crop, float *out)
{
  for (size_t y = 0; y < INK_SIDE; y++)
    for (size_t x = 0; x < INK_SIDE; x++) {
      const double v = source_position(y, crop.side, INK_SIDE, true) + (double)crop.top;
      const double u = source_position(x, crop.side, INK_SIDE, true) + (double)crop.left;
      out[y * INK_SIDE + x] = (float)sample(in, SIDE, SIDE, v, u);
    }
}

static void augment_digit(const ink_augmenter *augmenter, const ink_random *stream,
                          const uint8_t *picture, float *out)
{
  if (stream) {
    ink_distort(augmenter->parts, augmenter->strength, *stream, picture, out);
    return;
  }
  for (size_t i = 0; i < INK_PIXELS; i++)
    out[i] = (float)picture[i] / 255.0f;
}

void ink_augment(const ink_augmenter *augmenter, const ink_random *stream, ink_crop crop,
                 const uint8_t *picture, float *out)
{
  if (!(augmenter->parts & INK_AUGMENT_RESIZE)) {
    augment_digit(augmenter, stream, picture, out);
    return;
  }
  uint8_t between[INK_SIDE * SIDE], enlarged[SIDE_PIXELS];
  float as_float[SIDE_PIXELS], warped[SIDE_PIXELS];
  ink_resize_apply(&augmenter->enlarge, &augmenter->enlarge, picture, between, enlarged);
  for (size_t i = 0; i < SIDE_PIXELS; i++)
    as_float[i] = (float)enlarged[i] / 255.0f;
  if (!stream) {
    resample_crop(as_float, crop, out);
    return;
  }
  const draws d = {*stream, augmenter->parts};
  const mapping map = choose_map(&d);
  resample(&map, as_float, warped);
  resample_crop(warped, crop, out);
  if (!(d.parts & INK_AUGMENT_LIGHTING))
    return;
  const double brightness =
      draw_part(&d, INK_AUGMENT_LIGHTING, BRIGHTNESS_MASK, BRIGHTNESS, 0.4, 0.6, 0.5);
  const double contrast =
      exp(draw_part(&d, INK_AUGMENT_LIGHTING, CONTRAST_MASK, CONTRAST, log(0.8), -log(0.8), 0));
  ink_lighting(out, INK_PIXELS, brightness, contrast);
}
