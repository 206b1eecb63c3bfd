/* distort.h - the parts of augmentation for handwriting. Private to src/data/augment. */
#ifndef DISTORT_H
#define DISTORT_H

#include "ink_data.h"

/*
 * Computes a smooth random field, like the elastic deformation of Simard, Steinkraus and Platt
 * ("Best practices for convolutional neural networks", 2003). They smooth noise by a Gaussian of 4
 * pixels. Here a uniform cubic B-spline interpolates control points 7 pixels apart; its standard
 * deviation is 7 / sqrt(3) = 4.04 pixels.
 *
 *   pixel     -7    0    7   14   21   28   35
 *   control    0    1    2    3    4    5    6      pixel x uses the controls x / 7 to x / 7 + 3
 *
 * The control points are uniform in -most..most, from draw `first` of the stream on.
 *
 *   field  displacements in pixels, [28][28]; their standard deviation is about most / 3.6
 */
void ink_elastic_field(ink_random stream, size_t first, double most, float field[INK_PIXELS]);

/*
 * Computes the affine map m: the output at (x, y) shows the input at (m0 x + m1 y + m2, m3 x + m4 y
 * + m5), in pixels.
 */
void ink_distort_map(unsigned parts, double strength, ink_random stream, double m[6]);

/*
 * Distorts one picture: it is rotated about its centre by up to 12 degrees, zoomed by up to e^.12
 * along each axis, sheared by up to .2, shifted by up to 2 pixels, and displaced by an elastic
 * field of up to 3.5 pixels, each multiplied by `strength`. Bilinear; black outside.
 *
 *   picture  [28][28] u8
 *   out      [28][28], 0..1
 */
void ink_distort(unsigned parts, double strength, ink_random stream,
                 const uint8_t picture[INK_PIXELS], float out[INK_PIXELS]);

#endif
