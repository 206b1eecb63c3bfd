/*
 * layers_tests.h - a model with memory of its own, for all files of the test of layers.
 */
#ifndef LAYERS_TESTS_H
#define LAYERS_TESTS_H

#include "../support/check.h"
#include "ink_train.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct rig {
  ink_model *model;
  void *memory;
} rig;

/*
 * A shortcut: the relu at index `at` becomes the sum of the layer before it and of layer `other`.
 */
typedef struct shortcut {
  size_t at; /* 0: no shortcut */
  int other;
} shortcut;

/* ---- layers.c ---- */

/* Gives the model memory for batches of this size, and initial values. */
void rig_plan(rig *r, const ink_kernels *kernels, size_t batch, bool input_gradient);
/* Makes a model and plans it: rig_free. */
rig rig_make(const char *line, shortcut s, ink_shape input, const ink_kernels *kernels,
             size_t batch, bool input_gradient);
void rig_free(rig r);
/* Returns the i-th number of a stream, from -1 to 1. */
double uniform(uint64_t stream, size_t i);
/* Runs n images x [n][values] through the model and returns the sum of output * weight. */
double value_of(const rig *r, size_t n, const float *x);
/* Computes the gradients of that sum: value_of runs before it. */
void backward(const rig *r, size_t n);

/* ---- layers_pixels.c ---- */
void test_pixels(const char *line, size_t n, const ink_kernels *kernels);
void test_no_pixels(void);

/* ---- layers_taps.c ---- */
void test_dead_taps(void);

/* ---- layers_batches.c ---- */
void test_pieces(const char *line, ink_shape input, const ink_kernels *kernels);
void test_packed(const ink_kernels *kernels, size_t m, size_t k, bool turned);

#endif
