/*
 * probe.h - what the files of the probe share: messages, models and operations.
 */
#ifndef PROBE_H
#define PROBE_H

#include "ink_data.h"
#include "ink_learner.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PROBE_F32, PROBE_I32, PROBE_U8, PROBE_TEXT, PROBE_NAME = 40, PROBE_FIELDS = 1024 };

extern const ink_kernels *kernels; /* those of the request */
extern uint8_t *response;          /* [response_len] */
extern size_t response_len;

/* ---- probe_messages.c ---- */

bool parse(const uint8_t *bytes, size_t len);
const float *probe_floats(const char *name, size_t *count);
const int32_t *probe_ints(const char *name, size_t *count);
const uint8_t *probe_bytes(const char *name, size_t *count);
const char *probe_text(const char *name);
double probe_number(const char *name, double otherwise);
/* Adds a field, filled with zeros, to the response and returns where to write it. */
void *answer(const char *name, uint32_t type, size_t count, size_t size);
float *probe_answer(const char *name, size_t count);
uint8_t *probe_answer_bytes(const char *name, size_t count);
void start_response(void);
/* Replaces the response by an error message. */
void probe_refuse(const char *format, ...) INK_PRINTF(1, 2);

/* ---- probe_models.c ---- */

/* Reads x, parameters and dy; writes y, dx, gradients and all that the forward pass has changed. */
void op_model(void);
/* Trains with SGD on consecutive batches, or on one batch repeatedly. */
void op_train(void);

/* ---- probe_formulas.c ---- */

void op_cross_entropy(void);
/* Applies given gradients, step by step, to one vector of parameters with the optimiser itself. */
void op_optimizer(void);
/* Writes the learning rates and momenta of a cycle, step by step. */
void op_one_cycle(void);
void op_lr_find(void);
void op_confusion(void);
void op_top_losses(void);
void op_smooth_loss(void);
void op_u8_to_float(void);
void op_pil_resize(void);
void op_affine_grid(void);
void op_grid_sample(void);
void op_resize_bilinear(void);
void op_lighting(void);

#endif
