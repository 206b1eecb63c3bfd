/*
 * checkpoint.h - what the files of this room share: the names in the file, its checksum, and the
 * text of a position.
 */
#ifndef CHECKPOINT_H
#define CHECKPOINT_H

#include "ink_checkpoint.h"

#define INK_FILE_FORMAT  "inklearn"
#define INK_FILE_VERSION "1"

/* Prefixes of tensor names. */
#define INK_FIRST_PREFIX  "optimizer.first."
#define INK_SECOND_PREFIX "optimizer.second."
/* The weights that the optimiser steps, if the model's own tensors hold their averages. */
#define INK_TRAINED_PREFIX "optimizer.weights."

/* One of the optimiser's states: [n_gradients]. */
typedef struct ink_state {
  const char *prefix;
  float *values;
} ink_state;

/* Lists the states that the optimiser has. Returns how many: 0 to 2. */
size_t ink_list_states(const ink_numbers *numbers, ink_state states[2]);

/* ---- the file's own checksum (checksum.c) ---- */

/*
 * safetensors has no checksum, so our files begin with one: the CRC-32 of the whole file, in eight
 * hexadecimal digits, computed with zeros in the place of these digits.
 */
#define INK_CHECKSUM_BEFORE "{\"__metadata__\":{\"checksum\":\""
enum { INK_CHECKSUM_AT = 8 + sizeof INK_CHECKSUM_BEFORE - 1, INK_CHECKSUM_LEN = 8 };

/* The digits of a file that has room for them, and a final 0. */
void ink_checksum_text(const uint8_t *bytes, size_t len, char text[INK_CHECKSUM_LEN + 1]);

/* ---- the text of a position (position.c) ---- */

/*
 * Reads lines `name=value`. INK_E_DATA: a field is missing, and the message names it, or there are
 * too many lines, and the message says how many there may be.
 */
ink_status ink_progress_parse(const char *text, ink_progress *progress, ink_error *err);

#endif
