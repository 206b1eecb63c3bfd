/*
 * api_session.h - the session that the exported functions share, and how they give results.
 */
#ifndef API_SESSION_H
#define API_SESSION_H

#include "ink_api.h"
#include "ink_checkpoint.h"
#include "ink_data.h"
#include "ink_look.h"

/* Everything that lives from one call to the next. */
struct ink_session {
  ink_error error;
  ink_span spans[INK_API_SPANS];
  double numbers[INK_API_NUMBERS];
  uint8_t *input; /* NULL before the first; a 0 follows its input_len bytes */
  size_t input_len, input_capacity;

  ink_loader *loader;
  ink_load_report report;      /* of the last load that ended */
  ink_dataset *dataset;        /* NULL: none yet */
  ink_learner *learner;        /* NULL: none yet */
  ink_learner *reader;         /* the network of ink_api_reader, NULL: none */
  ink_dataset *reader_classes; /* of the reader: a data set without pictures */

  ink_digits digits;         /* of the last picture that could be read */
  uint8_t digit[INK_PIXELS]; /* what ink_api_probabilities is about */
  struct {
    double lr[INK_FINDER_STEPS_MAX], loss[INK_FINDER_STEPS_MAX];
    size_t done, asked;
  } sweep; /* points of the last sweep of the learning-rate finder */

  /* Results that are larger than a number. */
  char text[65536];
  ink_event event;
  ink_reliability reliability;
  ink_pair pairs[INK_MAX_CLASSES * INK_MAX_CLASSES];
  double histograms[2][INK_BINS + 2];
  uint8_t seen[INK_PIXELS];
  uint8_t preview[INK_PREVIEW_MAX][INK_PIXELS], preview_labels[INK_PREVIEW_MAX];
  float probabilities[INK_MAX_CLASSES], logits[INK_MAX_CLASSES], network_input[INK_PIXELS];
  uint8_t *file; /* the last checkpoint that was written */
  char *layers;  /* of ink_api_layers */
  uint8_t *decoded;
  uint32_t *indices;
  float *floats; /* grows only */
  size_t floats_capacity;
};

extern struct ink_session ink_session;

/* ---- results ---- */

void ink_give_span(size_t span, const void *at, size_t len_bytes);
void ink_give_text(size_t span, const char *text); /* NULL: nothing */
void ink_give_number(size_t number, double value);
/* Room for `count` floats, which become span 0. INK_E_MEMORY: the floats before are still there. */
ink_status ink_give_floats(size_t count, float **floats);

/* ---- what calls need ---- */

ink_status ink_need_loader(void);
ink_status ink_need_data(void);
ink_status ink_need_learner(void);
/* Sets `items` to the split's pictures. INK_E_ARGUMENT: there is no picture with that index. */
ink_status ink_need_picture(int split, size_t index, const ink_items **items);
/* INK_E_ARGUMENT if the input is shorter. */
ink_status ink_session_check_input(size_t len_bytes);
/* The input as text, which ends at its first 0; "" before the first input. */
const char *ink_session_text(void);

/* The network that reads a person's digit: the learner, or else the reader if the data set has its
 * classes; NULL: neither. */
ink_learner *ink_session_reader(void);
ink_status ink_need_network(ink_learner **network);
size_t ink_session_class_count(void);

/* ---- replacing ---- */

void ink_session_use(ink_learner *learner); /* frees the old one; NULL: none */
/* The data set is freed unless it is the same. */
void ink_session_replace(ink_dataset *dataset, ink_learner *learner);

#endif
