/*
 * api_session.h - the one session of a module: all that lives between two calls of exported functions.
 */
#ifndef API_SESSION_H
#define API_SESSION_H

#include "ink_api.h"
#include "ink_checkpoint.h"
#include "ink_look.h"

/* INK_TRY of the exported functions, whose status is an int. */
#define INK_TRY_INT(call)                                                                          \
  do {                                                                                             \
    const int ink_try_status = (int)(call);                                                        \
    if (ink_try_status != INK_OK)                                                                  \
      return ink_try_status;                                                                       \
  } while (0)

/* A picture that was decoded; its pixels are at the beginning of a block of memory. */
typedef struct ink_decoded {
  uint8_t *pixels;
  size_t width, height;
} ink_decoded;

struct ink_session {
  /* What came in last, and the last error. */
  ink_error error;
  uint8_t *input;
  size_t input_len, input_capacity;

  /* The load in progress or NULL, the report of the last load that ended, the data set or NULL. */
  ink_loader *loader;
  ink_load_report report;
  ink_dataset *dataset;

  /* The learner or NULL; and the network of ink_api_reader with a data set of its classes, or NULL. */
  ink_learner *learner;
  ink_learner *reader;
  ink_dataset *reader_classes;

  /* Results, each of the last call that made it: functions return their addresses. */
  double load_counts[7];
  struct {
    uint8_t pictures[INK_PREVIEW_MAX][INK_PIXELS], labels[INK_PREVIEW_MAX];
  } preview;

  char text[65536]; /* of ink_api_describe */
  char settings[INK_LINE_MAX + 2048];
  char digest[17];
  ink_event event;

  struct { /* the learning-rate finder: n points there, of those asked for */
    size_t n, asked;
    double lr[INK_FINDER_STEPS_MAX], loss[INK_FINDER_STEPS_MAX], point[3];
    double suggestions[4];
  } find;

  ink_pair pairs[INK_MAX_CLASSES * INK_MAX_CLASSES]; /* of ink_api_most_confused */
  uint32_t *top_indices;                             /* of ink_api_top_losses */
  uint8_t valid_seen[INK_PIXELS];
  bool calibrated; /* there are calibration losses: before and after */
  double calibration_losses[2], calibration[4];
  ink_reliability reliability;

  uint8_t *saved; /* the last checkpoint that was written */
  size_t saved_len;

  struct {
    float *numbers; /* of the last look */
    size_t numbers_capacity;
    double histogram[INK_BINS + 2];
    const char *name; /* of the histogram's tensor */
    double filter_shape[4];
    float *filters;
  } seen;

  struct { /* a drawing of one or more digits, read in steps */
    ink_digits digits;
    int chosen; /* -1: the raw picture */
    double places[6];
  } read;
  uint8_t digit[INK_PIXELS]; /* the picture that ink_api_probabilities looks at */
  float probabilities[INK_MAX_CLASSES], logits[INK_MAX_CLASSES], network_input[INK_PIXELS];

  ink_decoded decoded;
  double decoded_size[2];
};

extern struct ink_session ink_session;

/* The input as text; empty before the first input. */
const char *ink_session_text(void);
/* INK_OK if the input holds `len` bytes. */
ink_status ink_session_check_input(size_t len);
/* The network that reads a drawn digit: the learner, or else that of ink_api_reader if the data set has its
 * classes, or else NULL. */
ink_learner *ink_session_reader(void);
/* The data set (unless it is the same) and the learner, NULL or not, replace those that are there; the
 * session owns them. */
void ink_session_replace(ink_dataset *dataset, ink_learner *learner);
/* The learner replaces the one that is there; the session owns it. */
void ink_session_use(ink_learner *learner);

/* INK_E_STATE with its text, for functions that need a data set or a learner. */
int ink_session_no_data(void);
int ink_session_no_learner(void);

#endif
