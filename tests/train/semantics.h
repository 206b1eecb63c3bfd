/*
 * semantics.h - what the files of the test of semantics share.
 */
#ifndef SEMANTICS_TESTS_H
#define SEMANTICS_TESTS_H

#include "../support/learning.h"

#include <math.h>

/* ---- semantics.c ---- */

bool near_to(double got, double want, double tolerance);

/* ---- semantics_traps.c ---- */

/* 1: validation pictures are resized to 32 and back, and so are those of a prediction. */
void trap_validation_path(void);
/*
 * 2: all pictures of a batch have the same crop, the next batch has another; all else differs by
 * picture.
 */
void trap_crop_of_the_batch(void);
/* 6: the input is pixel / 255, without any other normalisation. */
void trap_not_normalised(void);
/* 7: biases and norm layers do not decay; momentum is scheduled, for SGD only if it has any. */
void trap_decay_and_momentum(void);
/*
 * 8: an incomplete batch is dropped, each epoch drops other pictures; the schedule counts batches;
 * slices.
 */
void trap_steps_and_slices(void);
/*
 * Computes the learning rates of the two fits of fine_tune from the decay of the weights, which
 * shows the rate of each group.
 */
void trap_fine_tune_rates(void);
/*
 * 9: while frozen, norm layers train and gather statistics; other weights are bit-identical, also
 * after a sweep.
 */
void trap_frozen_is_not_still(void);
/*
 * 10: the smoothed loss continues over epochs; exact accuracy beside the unweighted one; which
 * means are over what.
 */
void trap_recorder(void);
/* PyTorch's clip_grad_norm_: all gradients times clip / (norm + 1e-6), where that is below 1. */
void test_clipping(void);

#endif
