/*
 * learner_tests.h - what the files of the test of training share.
 */
#ifndef LEARNER_TESTS_H
#define LEARNER_TESTS_H

#include "../support/learning.h"

#include <math.h>

/* ---- learner.c ---- */

/* Trains to the end of the run; `predict`: it predicts a picture after each step. */
ink_status run(ink_learner *learner, bool predict, ink_error *err);

/* ---- learner_rates.c ---- */
void test_schedules(const ink_kernels *kernels);
void test_divergence(const ink_kernels *kernels);
void test_divergence_group(void);

/* ---- learner_settings.c ---- */
void test_settings(void);
void test_settings_text(void);
void test_refused(void);

/* ---- learner_memory.c ---- */
void test_no_allocations(const char *model, size_t steps);
void test_odd_sizes(void);
void test_memory(void);

#endif
