/*
 * models_tests.h - what the files of the test of models share.
 */
#ifndef MODELS_TESTS_H
#define MODELS_TESTS_H

#include "../support/learning.h"
#include "ink_look.h"

#include <math.h>

/* ---- models_values.c ---- */
void test_pytorch_initialisation(const ink_dataset *data);
void test_resnet_initialisation(const ink_dataset *data);

/* ---- models_passes.c ---- */
void test_equal_channels(void);
void test_many_sums(const ink_dataset *data);
void test_dirty_memory(const ink_dataset *data, const char *model);
void test_pixels(const ink_dataset *data);

#endif
