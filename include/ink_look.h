/*
 * ink_look.h - what is inside a network. Its functions do not change the training: later
 * steps have the same bits as without them.
 */
#ifndef INK_LOOK_H
#define INK_LOOK_H

#include "ink_learner.h"

/*
 * Occlusion: which pixels speak for a class. A patch covers the picture at one place after the
 * other; the heat of a pixel is the mean fall of the class's probability over the patches that
 * cover it.
 *
 *   heat  [INK_PIXELS], below 0 where covering raises the probability
 */
void ink_learner_occlusion(ink_learner *learner, const uint8_t picture[INK_PIXELS],
                           size_t class_index, float heat[INK_PIXELS]);

size_t ink_learner_layer_count(const ink_learner *learner);
/*
 * The activations of a layer for one picture.
 *
 *   layer  below ink_learner_layer_count
 *   out    [channels][height][width] of the layer's shape
 */
void ink_learner_activations(ink_learner *learner, const uint8_t picture[INK_PIXELS], size_t layer,
                             float *out);

/* Returns the number of features of a picture, which are the inputs of the last layer with weights;
 * 0: there is no such layer. */
size_t ink_learner_feature_count(const ink_learner *learner);
/* The features of n pictures: out [n][features]. */
void ink_learner_features(ink_learner *learner, const uint8_t *const *pictures, size_t n,
                          float *out);

/*
 * Counts the n values in `bins` equal parts of their range, without values that are not
 * finite.
 *
 *   counts  [bins]
 *   range   [2] least and largest value; both 0 if there is none
 */
void ink_histogram(const float *values, size_t n, size_t bins, double *counts, double range[2]);

#endif
