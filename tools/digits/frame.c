/*
 * frame.c - makes a picture of ink as MNIST was made of NIST's scans: a black-and-white drawing is
 * scaled to fit 20 x 20 with its shape kept, which makes its edges grey; then its centre of mass is
 * moved to the centre of the 28 x 28 field (LeCun, Cortes, Burges: "The MNIST database of
 * handwritten digits").
 */
#include "digits.h"

#include <math.h>
#include <string.h>

enum { FINE = 5, WIDE = BOX * FINE }; /* black-and-white dots per pixel side, and per box side */

typedef struct {
  double left, top, right, bottom;
} box;

/*
 * Returns the box around the ink. Along x the nib reaches `reach_x * r`: the support of an ellipse,
 * from the inverse of its map.
 */
static box ink_box(const drawing *d, const nib *n)
{
  const double *m = n->m;
  const double det = m[0] * m[2] - m[1] * m[1];
  const double reach_x = sqrt(m[2] * m[2] + m[1] * m[1]) / det;
  const double reach_y = sqrt(m[0] * m[0] + m[1] * m[1]) / det;
  box b = {1e9, 1e9, -1e9, -1e9};
  for (int i = 0; i < d->n_strokes; i++)
    for (int j = 0; j < d->n_samples[i]; j++) {
      const sample *s = &d->at[i][j];
      b.left = fmin(b.left, s->x - s->r * reach_x);
      b.right = fmax(b.right, s->x + s->r * reach_x);
      b.top = fmin(b.top, s->y - s->r * reach_y);
      b.bottom = fmax(b.bottom, s->y + s->r * reach_y);
    }
  return b;
}

/*
 * Inks every dot within the nib of one sample. Samples lie closer together than dots, so there are
 * no gaps.
 */
static void dab(uint8_t dots[WIDE][WIDE], double x, double y, double r, const nib *n)
{
  const double *m = n->m;
  const int left = (int)fmax(0, floor(x - r)), right = (int)fmin(WIDE - 1, ceil(x + r));
  const int top = (int)fmax(0, floor(y - r)), bottom = (int)fmin(WIDE - 1, ceil(y + r));
  for (int row = top; row <= bottom; row++)
    for (int column = left; column <= right; column++) {
      const double u = column + 0.5 - x, v = row + 0.5 - y;
      const double p = m[0] * u + m[1] * v, q = m[1] * u + m[2] * v;
      if (p * p + q * q <= r * r)
        dots[row][column] = 1;
    }
}

/* The grey of a pixel is the share of its dots that hold ink. */
static void shrink(uint8_t grey[BOX][BOX], uint8_t dots[WIDE][WIDE])
{
  for (int row = 0; row < BOX; row++)
    for (int column = 0; column < BOX; column++) {
      int inked = 0;
      for (int i = 0; i < FINE * FINE; i++)
        inked += dots[row * FINE + i / FINE][column * FINE + i % FINE];
      grey[row][column] = (uint8_t)((inked * 255 + FINE * FINE / 2) / (FINE * FINE));
    }
}

/*
 * Returns the position of the box, 0..8, at which its centre of mass is in the centre of the field.
 */
static int offset(double mass, double moment)
{
  const int at = (int)floor(SIDE / 2.0 + 0.5 - moment / mass + 0.5);
  return at < 0 ? 0 : at > SIDE - BOX ? SIDE - BOX : at;
}

void frame_picture(uint8_t picture[SIDE][SIDE], const drawing *d, const nib *n)
{
  const box b = ink_box(d, n);
  const double width = b.right - b.left, height = b.bottom - b.top;
  const double scale = WIDE / fmax(width, height);
  const double dx = (WIDE - scale * (b.left + b.right)) / 2;
  const double dy = (WIDE - scale * (b.top + b.bottom)) / 2;

  uint8_t dots[WIDE][WIDE] = {{0}};
  for (int i = 0; i < d->n_strokes; i++)
    for (int j = 0; j < d->n_samples[i]; j++) {
      const sample *s = &d->at[i][j];
      dab(dots, s->x * scale + dx, s->y * scale + dy, s->r * scale, n);
    }

  uint8_t grey[BOX][BOX];
  shrink(grey, dots);
  double mass = 1e-9, moment_x = 0, moment_y = 0;
  for (int row = 0; row < BOX; row++)
    for (int column = 0; column < BOX; column++) {
      mass += grey[row][column];
      moment_x += grey[row][column] * (column + 0.5);
      moment_y += grey[row][column] * (row + 0.5);
    }

  const int left = offset(mass, moment_x), top = offset(mass, moment_y);
  memset(picture, 0, SIDE * SIDE);
  for (int row = 0; row < BOX; row++)
    memcpy(&picture[top + row][left], grey[row], BOX);
}
