/*
 * ink_look.h - what is inside a network. Training continues with the same bits whether somebody looked
 * or not.
 */
#ifndef INK_LOOK_H
#define INK_LOOK_H

#include "ink_learner.h"

/*
 * Which pixels spoke for a class: by how much its probability falls when a patch about a pixel is
 * covered, mean over the patches. heat: [INK_PIXELS], below 0 where covering helps it.
 */
void ink_learner_occlusion(ink_learner *learner, const uint8_t picture[INK_PIXELS],
                           size_t class_index, float heat[INK_PIXELS]);

size_t ink_learner_layer_count(const ink_learner *learner);
/* What a layer makes of a picture: out [channels][height][width] of its shape. layer < the count.
 */
void ink_learner_activations(ink_learner *learner, const uint8_t picture[INK_PIXELS], size_t layer,
                             float *out);

/* What the last layer with weights sees: of each picture that many features; 0: there is no such
 * layer. */
size_t ink_learner_feature_count(const ink_learner *learner);
/* out: [n][features] */
void ink_learner_features(ink_learner *learner, const uint8_t *const *pictures, size_t n,
                          float *out);

/* Counts of values [n] in `bins` equal parts of their range, told in range [2]; what is not finite
 * is left out. */
void ink_histogram(const float *values, size_t n, size_t bins, double *counts, double range[2]);

#endif
