/* pen.c - the pen: how wide the ink is at every point of the movement. */
#include "digits.h"

nib pen_choose(drawing *d, rng *r)
{
  /*
   * Strokes of MNIST are about 2.6 pixels of the 20-pixel box wide: 13 of 100, so half of it is
   * 6.5. A little more is drawn, because thresholding has made MNIST's strokes thinner.
   */
  const double press = rng_uniform(r, 0, 1);
  const double felt =
      rng_chance(r, 0.16) ? 1.2 + 1.4 * press * press : 1; /* some writers used a marker */
  const double radius = 7.6 * felt * rng_factor(r, 0.33);
  const double swing = rng_uniform(r, 0, 0.25); /* the largest change of pressure along a stroke */

  for (int i = 0; i < d->n_strokes; i++) {
    const int n = d->n_samples[i];
    const double middle = 1 + rng_normal(r, swing / 2);
    const double start = rng_uniform(r, 1 - swing, 1 + swing / 2);
    const double end = rng_uniform(r, 1 - swing, 1 + swing / 2);
    for (int j = 0; j < n; j++) {
      const double t = j / (double)n;
      const double pressure = (1 - t) * (1 - t) * start + 2 * t * (1 - t) * middle + t * t * end;
      d->at[i][j].r = radius * pressure;
    }
  }

  /* A nib that is up to a third narrower along a random direction (c, s) of unit length. */
  const double narrow = rng_uniform(r, 1, 1.5);
  const double t = rng_uniform(r, -1, 1);
  const double c = (1 - t * t) / (1 + t * t), s = 2 * t / (1 + t * t);
  const double k = narrow - 1;
  return (nib){{1 + k * c * c, k * c * s, 1 + k * s * s}};
}
