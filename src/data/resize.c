/*
 * resize.c - Pillow's bilinear resize of 8-bit pictures (Pillow: src/libImaging/Resample.c): a
 * triangle filter, widened when shrinking, horizontally and then vertically, in 22-bit fixed point.
 *
 * Example, 4 values to 2: the filter is 2 times as wide. Output 0 has its centre at 1.0 and weighs
 * the inputs 0, 1 and 2, whose centres are 0.5, 1.5 and 2.5, by 1 - 0.5/2, 1 - 0.5/2 and 1 - 1.5/2:
 * after normalisation 3/7, 3/7 and 1/7.
 */
#include "resize.h"

#include <math.h>
#include <string.h>

enum { PRECISION_BITS = 32 - 8 - 2 };

void ink_resize_filter_free(ink_resize_filter *f)
{
  ink_free(f->first);
  ink_free(f->count);
  ink_free(f->weights);
  *f = (ink_resize_filter){0};
}

static double triangle(double x)
{
  x = fabs(x);
  return x < 1.0 ? 1.0 - x : 0.0;
}

static void compute_weights(ink_resize_filter *f, size_t position, size_t in, double scale,
                            double filter_scale, double *weights)
{
  const double center = ((double)position + 0.5) * scale;
  const double support = filter_scale; /* half the width of the triangle: 1, widened */
  const double low = center - support + 0.5, high = center + support + 0.5;
  const size_t first = low < 0 ? 0 : (size_t)low;
  const size_t last = high > (double)in ? in : (size_t)high;
  const size_t count = last - first;
  double sum = 0;
  for (size_t i = 0; i < count; i++) {
    weights[i] = triangle(((double)(i + first) - center + 0.5) / filter_scale);
    sum += weights[i];
  }
  for (size_t i = 0; i < count; i++) {
    const double w = (sum != 0 ? weights[i] / sum : weights[i]) * (1 << PRECISION_BITS);
    f->weights[position * f->longest + i] = (int32_t)(w < 0 ? w - 0.5 : w + 0.5);
  }
  f->first[position] = first;
  f->count[position] = count;
}

bool ink_resize_filter_make(ink_resize_filter *f, size_t in, size_t out)
{
  f->in = in;
  f->out = out;
  const double scale = (double)in / (double)out;
  const double filter_scale = scale < 1.0 ? 1.0 : scale;
  f->longest = (size_t)ceil(filter_scale) * 2 + 1;
  f->first = ink_alloc(out * sizeof *f->first);
  f->count = ink_alloc(out * sizeof *f->count);
  f->weights = ink_alloc(out * f->longest * sizeof *f->weights);
  double *weights = ink_alloc(f->longest * sizeof *weights);
  const bool ok = f->first && f->count && f->weights && weights;
  for (size_t position = 0; ok && position < out; position++)
    compute_weights(f, position, in, scale, filter_scale, weights);
  ink_free(weights);
  return ok;
}

static uint8_t clip(int64_t sum)
{
  const int64_t value = sum >> PRECISION_BITS;
  return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

/*
 * Filters `lines` lines, each to `out` values. Within a line values are `step` elements apart,
 * lines `stride`.
 */
static void apply(const ink_resize_filter *f, const uint8_t *in, size_t in_stride, size_t in_step,
                  uint8_t *to, size_t out_stride, size_t out_step, size_t lines, size_t out)
{
  for (size_t line = 0; line < lines; line++)
    for (size_t position = 0; position < out; position++) {
      int64_t sum = 1 << (PRECISION_BITS - 1);
      for (size_t i = 0; i < f->count[position]; i++)
        sum += (int64_t)in[line * in_stride + (f->first[position] + i) * in_step] *
               f->weights[position * f->longest + i];
      to[line * out_stride + position * out_step] = clip(sum);
    }
}

void ink_resize_apply(const ink_resize_filter *horizontal, const ink_resize_filter *vertical,
                      const uint8_t *in, uint8_t *between, uint8_t *out)
{
  /* As in Pillow, a pass that would change nothing is left out. */
  if (horizontal->in == horizontal->out)
    memcpy(between, in, horizontal->in * vertical->in);
  else
    apply(horizontal, in, horizontal->in, 1, between, horizontal->out, 1, vertical->in,
          horizontal->out);
  if (vertical->in == vertical->out)
    memcpy(out, between, horizontal->out * vertical->out);
  else
    apply(vertical, between, 1, horizontal->out, out, 1, horizontal->out, horizontal->out,
          vertical->out);
}

ink_status ink_resize_u8(const uint8_t *in, size_t in_width, size_t in_height, uint8_t *out,
                         size_t out_width, size_t out_height, ink_error *err)
{
  ink_resize_filter horizontal = {0}, vertical = {0};
  uint8_t *between = ink_alloc(out_width * in_height);
  const bool ok = between && ink_resize_filter_make(&horizontal, in_width, out_width) &&
                  ink_resize_filter_make(&vertical, in_height, out_height);
  if (ok)
    ink_resize_apply(&horizontal, &vertical, in, between, out);
  ink_free(between);
  ink_resize_filter_free(&horizontal);
  ink_resize_filter_free(&vertical);
  return ok ? INK_OK
            : ink_fail(err, INK_E_MEMORY, "not enough memory to resize a picture of %zu x %zu",
                       in_width, in_height);
}

ink_status ink_fit_to_square(const uint8_t *grey, size_t width, size_t height,
                             uint8_t out[INK_PIXELS], ink_error *err)
{
  if (width == INK_SIDE && height == INK_SIDE) {
    memcpy(out, grey, INK_PIXELS);
    return INK_OK;
  }
  const size_t side = ink_min_size(width, height);
  if (width == height)
    return ink_resize_u8(grey, side, side, out, INK_SIDE, INK_SIDE, err);
  uint8_t *square = ink_alloc(side * side);
  if (!square)
    return ink_fail(err, INK_E_MEMORY, "not enough memory to crop a picture of %zu x %zu", width,
                    height);
  const uint8_t *from = grey + (height - side) / 2 * width + (width - side) / 2;
  for (size_t row = 0; row < side; row++)
    memcpy(square + row * side, from + row * width, side);
  const ink_status status = ink_resize_u8(square, side, side, out, INK_SIDE, INK_SIDE, err);
  ink_free(square);
  return status;
}
