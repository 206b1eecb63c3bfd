/*
 * distort.h - the pieces of augmentation for handwriting.
 */
#ifndef DISTORT_H
#define DISTORT_H

#include "ink_data.h"

/*
 * A smooth random field, after the elastic deformation of Simard, Steinkraus and Platt ("Best practices
 * for convolutional neural networks", 2003), which smooths noise by a Gaussian of 4 pixels: here by the
 * uniform cubic B-spline over control points 7 pixels apart, whose standard deviation is 7 / sqrt(3), or
 * 4.04. Each of the 7 x 7 control points is uniform in -most..most, draws `first`.. of the stream.
 *
 *   field  pixels of displacement [28][28]; its standard deviation is about most / 3.6
 */
void ink_elastic_field(ink_random stream, size_t first, double most, float field[INK_PIXELS]);

/* Where the output's (x, y) is seen in the input, in pixels: (m0 x + m1 y + m2, m3 x + m4 y + m5). */
void ink_distort_map(unsigned parts, double strength, ink_random stream, double m[6]);

/*
 * One picture, distorted: about its centre rotated by up to 12 degrees, zoomed by up to e^.12 each way,
 * sheared by up to .2, shifted by up to 2 pixels, and displaced by an elastic field of up to 3.5 pixels,
 * each times `strength`. Bilinear; black outside. out: 0..1.
 */
void ink_distort(unsigned parts, double strength, ink_random stream,
                 const uint8_t picture[INK_PIXELS], float out[INK_PIXELS]);

#endif
