/*
 * checkpoint_tests.h - what the files of the test of checkpoints share.
 */
#ifndef CHECKPOINT_TESTS_H
#define CHECKPOINT_TESTS_H

#include "../support/learning.h"
#include "ink_checkpoint.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define WEIGHT "\"weight\":{\"dtype\":\"F32\",\"shape\":[3,784],\"data_offsets\":[0,9408]}"
#define BIAS   "\"bias\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[9408,9420]}"

/* ---- checkpoint.c ---- */

/* Names may contain any characters. */
ink_dataset *make_named_dataset(void);
void advance(ink_learner *learner, size_t batches);
uint8_t *save(const ink_learner *learner, bool resumable, size_t *len);
/*
 * Loads a file with this header and so many zero bytes of data into a linear model (weight [3,784],
 * bias [3]).
 */
void expect(const ink_dataset *data, const char *header, size_t n_data, const char *says);
uint8_t *find_bytes(uint8_t *bytes, size_t len, const char *text);
/* Writes the right checksum, as src/checkpoint/checkpoint.h describes it. */
void seal(uint8_t *bytes, size_t len);
size_t header_end(const uint8_t *bytes);
/* Returns where the data of a tensor begin. */
float *data_of(uint8_t *bytes, size_t len, const char *name);
/*
 * Replaces `from` by `to` in the header, which is filled up with blanks to whole words, and
 * corrects the checksum. Frees `bytes` and returns the new file.
 */
uint8_t *replace(uint8_t *bytes, size_t *len, const char *from, const char *to);

/* ---- checkpoint_forged.c ---- */

/*
 * Replaces `from` by `to` in a checkpoint and corrects the checksum; `says`: the refusal, or NULL
 * if it is read.
 */
void expect_change(const ink_dataset *data, const char *from, const char *to, const char *says);
void test_sealed(const ink_dataset *data);
void test_wrong_tensors(const ink_dataset *data);
/* More tensors and metadata than are allowed: refused, and quickly. */
void test_many(const ink_dataset *data);
/* The longest allowed header is read, and one that is a byte longer is refused. */
void test_longest_header(const ink_dataset *data);
void test_messages(const ink_dataset *data);
/* A tensor or metadata is found by every spelling of its name that JSON allows, and by no other. */
void test_escapes(const ink_dataset *data);

/* ---- checkpoint_networks.c ---- */

/* If the data are not there, only the network of a run that was stopped in the middle is read. */
void test_network_of_run(const ink_dataset *data);
void test_classes(void);
void test_lines(void);
/* The resolved layers of a file must be exactly those that the core writes for its model. */
void test_layers(const ink_dataset *data);

#endif
