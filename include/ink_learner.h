/*
 * ink_learner.h - the learner: it trains a model on a data set, one mini-batch at a time,
 * validates, and predicts. Its inside is in src/train/learner.h.
 */
#ifndef INK_LEARNER_H
#define INK_LEARNER_H

#include "ink_train.h"

/* ---- events ---- */

typedef enum ink_event_kind {
  INK_EVENT_STEP = 1,  /* one mini-batch was learnt */
  INK_EVENT_VALID = 2, /* one mini-batch was validated, more follow */
  INK_EVENT_EPOCH = 3, /* the epoch's last mini-batch was validated: the results are there */
  INK_EVENT_DONE = 4,  /* nothing is left to do */
  INK_EVENT_PART = 5,  /* ink_learner_advance_part alone: the mini-batch is under way */
  INK_EVENT_KINDS
} ink_event_kind;

/* All fields are doubles, so that an event crosses to JavaScript as one array. */
typedef struct ink_event {
  double kind;
  double epoch;          /* from 0 */
  double epochs;         /* in all, including those before this run */
  double first_epoch;    /* of this run: above 0 if the network was trained before */
  double fit, fit_epoch; /* from 0: fine_tune is two fits, each of which counts its own epochs */
  double step;           /* training steps done since the first weights */
  double steps_per_epoch, valid_batches;
  double valid_batch;              /* validation batches done in this epoch */
  double images;                   /* pictures in this mini-batch */
  double train_count, valid_count; /* pictures of an epoch */
  double trained, validated;       /* how many of them are done in this epoch */
  double loss;                     /* STEP: before the update, in nats */
  double smooth_loss;              /* STEP */
  double lr, momentum;             /* of this step; the rate of the last parameter group */
  /* EPOCH */
  double train_loss;     /* mean over the epoch's mini-batches */
  double valid_loss;     /* mean over all validation pictures */
  double accuracy;       /* correct / all */
  double batch_accuracy; /* mean of the mini-batches' accuracies, unweighted as in the notebook */
} ink_event;

/* Name and meaning of a field of ink_event (event.c); the fields are in the struct's order. */
typedef struct ink_event_field {
  const char *name, *meaning;
} ink_event_field;
/* NULL past the end. */
const ink_event_field *ink_event_field_at(size_t index);
/* "step" for INK_EVENT_STEP; NULL if there is no such kind. */
const char *ink_event_kind_name(size_t kind);

/* ---- life (learner.c) ---- */

typedef struct ink_learner ink_learner;

/*
 * Makes a model with first weights, ready to learn `dataset`, which must outlive the learner. If
 * the data set has no pictures, the learner can only predict.
 *
 *   kernels  NULL: the default variant
 */
ink_status ink_learner_create(ink_learner **learner, const ink_dataset *dataset,
                              const ink_settings *settings, const ink_kernels *kernels,
                              ink_error *err);
void ink_learner_free(ink_learner *learner); /* takes NULL */

/* Counts the bytes that ink_learner_create would allocate, the data set aside. */
ink_status ink_learner_bytes(const ink_dataset *dataset, const ink_settings *settings,
                             const ink_kernels *kernels, size_t *bytes, ink_error *err);

/*
 * Makes a new learner that continues with the network of another and with settings of its own. It
 * takes the weights; the optimiser's state if the optimiser is the same (fine_tune starts without);
 * and the counts of epochs and steps, so that no random draw is made twice. `from` is only read.
 * INK_E_MODEL: the settings name another model.
 */
ink_status ink_learner_continue(ink_learner **learner, const ink_learner *from,
                                const ink_settings *settings, const ink_kernels *kernels,
                                ink_error *err);

/* These belong to the learner and live as long as it does. */
const ink_dataset *ink_learner_dataset(const ink_learner *learner);
const ink_settings *ink_learner_settings(const ink_learner *learner);
ink_model *ink_learner_model(const ink_learner *learner);
/* Pictures of a mini-batch: settings.batch, or all training pictures if they are fewer. */
size_t ink_learner_batch(const ink_learner *learner);
/* Training pictures that an epoch uses: with drop_last a multiple of the batch. */
size_t ink_learner_train_count(const ink_learner *learner);
/* INK_E_STATE if the data set has no training or no validation pictures. */
ink_status ink_learner_need_pictures(const ink_learner *learner, ink_error *err);

/* ---- training (advance.c, step.c) ---- */

/*
 * Learns or validates one mini-batch and describes it in `event`. Allocates nothing.
 *
 * INK_E_DIVERGED: a number is no longer finite. The last good weights are back in place, and the
 * run has ended: further calls return INK_E_STATE. These numbers are checked:
 *   the loss, and running means and variances   at each step
 *   the weights                                 whenever a copy of them is kept
 *   the optimiser's state                       at the end of each epoch
 */
ink_status ink_learner_advance(ink_learner *learner, ink_event *event, ink_error *err);
/*
 * Does a part of a mini-batch, at most one layer, for callers that cannot wait for a whole one. The
 * event is of kind PART until the last part, which gives the event that ink_learner_advance would
 * give. While a mini-batch is under way, only these two functions (either continues it) and
 * ink_learner_free may be called.
 */
ink_status ink_learner_advance_part(ink_learner *learner, ink_event *event, ink_error *err);

/*
 * Checks every number that a checkpoint would hold; also allowed within an epoch. INK_E_DIVERGED:
 * one is not finite. The last good weights are then back in place, and the next ink_learner_advance
 * returns the same error.
 */
ink_status ink_learner_check(ink_learner *learner, ink_error *err);
/* Returns true if all those numbers are finite. */
bool ink_learner_is_sound(const ink_learner *learner);

/* ---- the fits of a run, and changes in the middle of it (fits.c) ---- */

/* A run is one fit; fine_tune is two, of which the first is frozen. */
enum { INK_FITS_MAX = 2 };
typedef struct ink_fit {
  size_t epochs;
  bool frozen;                  /* all groups but the last are frozen, norm layers excepted */
  bool cycles;                  /* rates and momentum follow `cycle`; otherwise they are constant */
  double rates[INK_GROUPS_MAX]; /* the largest learning rate of each parameter group */
  ink_cycle cycle;
} ink_fit;
/* NULL past the end. */
const ink_fit *ink_learner_fit_at(const ink_learner *learner, size_t index);

/*
 * From the next step on, the last group has this learning rate, lr > 0, and the others keep their
 * ratio to it. The schedule keeps its shape.
 */
void ink_learner_set_rate(ink_learner *learner, double lr);
/*
 * From the next step on, only the last layer with weights and the norm layers are trained; or, with
 * `held` false, all layers.
 */
void ink_learner_hold(ink_learner *learner, bool held);

/* ---- validation (validation.c, shifts.c) ---- */

/*
 * Validates all validation pictures with the present weights. The event is of kind EPOCH with
 * train_loss 0. The position in the run stays; a validation under way starts again.
 */
ink_status ink_learner_evaluate(ink_learner *learner, ink_event *event, ink_error *err);
/*
 * The same with test-time averaging: each picture is predicted nine times, shifted by -1, 0 and 1
 * pixels each way, and the mean of the nine answers counts. The loss is without label smoothing.
 */
ink_status ink_learner_evaluate_shifted(ink_learner *learner, ink_event *event, ink_error *err);

/* The results of the last whole validation. INK_E_STATE before the first one. */
ink_status ink_learner_need_validation(const ink_learner *learner, ink_error *err);
/* [classes][classes], row = actual. */
const uint32_t *ink_learner_confusion(const ink_learner *learner);
/* [valid.count] the loss of each picture, in nats. */
const float *ink_learner_valid_losses(const ink_learner *learner);
/* [valid.count] the class that was predicted. */
const uint8_t *ink_learner_valid_predicted(const ink_learner *learner);
/* [valid.count][classes] */
const float *ink_learner_valid_logits(const ink_learner *learner);
/* The probability of the predicted class. index < valid.count. */
double ink_learner_valid_probability(const ink_learner *learner, size_t index);

/* ---- calibration, from the results of the last whole validation (calibration.c) ---- */

/*
 * Sets the temperature to the one with the least loss (Guo, Pleiss, Sun, Weinberger: "On
 * calibration of modern neural networks", 2017). A checkpoint keeps it. Only other pictures can
 * show how good it is.
 *
 *   losses  mean loss before and after, in nats
 */
ink_status ink_learner_calibrate(ink_learner *learner, double losses[2], ink_error *err);

enum { INK_RELIABILITY_BINS = 15 };
/* A reliability diagram: bin i holds the pictures predicted with probability i/15 to (i+1)/15. */
typedef struct ink_reliability {
  double error; /* expected calibration error: mean of |confidence - accuracy| over the pictures */
  struct ink_reliability_bin {
    double count, confidence, accuracy; /* means; 0 in an empty bin */
  } bins[INK_RELIABILITY_BINS];
} ink_reliability;
ink_status ink_learner_reliability(const ink_learner *learner, ink_reliability *out,
                                   ink_error *err);

/* ---- the learning-rate finder (finder.c) ---- */

enum { INK_FINDER_STEPS_MAX = 1000 };
/*
 * Trains with rising rates: begin, `step` until *done, and end, which restores the weights, buffers
 * and the optimiser's state to the same bits. It is done after n steps, or when the smoothed loss
 * is above four times its minimum (fastai's rule), or when the loss is not finite. Before the first
 * step of a run all groups train, as in fastai, where fine_tune freezes only when it begins.
 *
 *   start, end       the first and the last learning rate
 *   lr, smooth_loss  of this step
 */
ink_status ink_learner_find_begin(ink_learner *learner, double start, double end, size_t n,
                                  ink_error *err);
void ink_learner_find_step(ink_learner *learner, double *lr, double *smooth_loss, bool *done);
void ink_learner_find_end(ink_learner *learner);
/* Returns true between begin and end. */
bool ink_learner_is_finding(const ink_learner *learner);

/* ---- predictions with the present weights (predict.c) ---- */

/* One picture: probabilities [classes]. */
void ink_learner_predict(ink_learner *learner, const uint8_t picture[INK_PIXELS],
                         float *probabilities);
/* n pictures: probabilities [n][classes]. */
void ink_learner_predict_many(ink_learner *learner, const uint8_t *const *pictures, size_t n,
                              float *probabilities);
/*
 * One pass forward without learning, of at most ink_learner_batch pictures: the layers then hold
 * their activations. The model may read the pixels until the next pass.
 */
void ink_learner_forward(ink_learner *learner, const uint8_t *const *pictures, size_t n);
/* A picture as a validation shows it to the network: resized if training pictures are. */
void ink_learner_see(const ink_learner *learner, const uint8_t picture[INK_PIXELS],
                     uint8_t out[INK_PIXELS]);

/* ---- what a checkpoint holds (progress.c) ---- */

/* clang-format off */
/*
 * The position of a run, a line for each field: name, check, default. A file without a field that
 * has a default is read with the default; NAN: every file must have the field. The order is the
 * file's.
 */
#define INK_PROGRESS(FIELD)                                                                        \
  FIELD(fit,             count,    NAN) /* the fit that is under way, from 0 */                    \
  FIELD(fit_epoch,       count,    NAN) /* epochs done in this fit */                              \
  FIELD(fit_step,        count,    NAN) /* training steps done in this fit */                      \
  FIELD(step,            count,    NAN) /* training steps done since the first weights */          \
  FIELD(epoch,           count,    NAN) /* epochs done since the first weights */                  \
  FIELD(train_at,        count,    NAN) /* training pictures done in this epoch */                 \
  FIELD(loss_sum,        finite,   NAN) /* sum of the losses of this epoch's steps */              \
  FIELD(smooth_value,    finite,   NAN) /* ink_smooth */                                           \
  FIELD(smooth_count,    count,    NAN)                                                            \
  FIELD(optimizer_steps, count,    NAN) /* steps since the optimiser's state was empty */          \
  FIELD(train_count,     count,    NAN) /* pictures of the data set */                             \
  FIELD(valid_count,     count,    NAN)                                                            \
  FIELD(first_epoch,     count,    0)   /* epochs that the network was trained before this run */  \
  FIELD(momentum,        fraction, NAN) /* of the last step */
/* clang-format on */

typedef struct ink_progress {
#define FIELD(name, check, initial) double name;
  INK_PROGRESS(FIELD)
#undef FIELD
} ink_progress;

typedef struct ink_progress_field {
  const char *name;
  size_t offset; /* in ink_progress */
  bool (*is_valid)(double value);
  double initial; /* the default; NAN: there is none */
} ink_progress_field;

/* The field at `index`; NULL past the end. */
const ink_progress_field *ink_progress_field_at(size_t index);
static inline double *ink_progress_value(ink_progress *progress, const ink_progress_field *field)
{
  return (double *)(void *)((char *)progress + field->offset);
}

ink_progress ink_learner_progress(const ink_learner *learner);
/* Returns true if the data set has as many pictures as the one of that run. */
bool ink_progress_is_on(const ink_progress *progress, const ink_dataset *dataset);
/*
 * Moves a new learner to a position in its run, with an empty optimiser's state.
 * INK_E_DATA: the run was on other data, or no run of these settings can be there; the learner is
 * then as it was.
 */
ink_status ink_learner_resume_at(ink_learner *learner, const ink_progress *progress,
                                 ink_error *err);

/* The numbers of a learner that a checkpoint holds, in the learner's own memory. */
typedef struct ink_numbers {
  float *values;         /* [n_values] of the model, or the last good ones if some are not finite */
  float *trained;        /* [n_values] that the optimiser steps; NULL without settings.ema */
  float *first, *second; /* [n_gradients] the optimiser's state; NULL where it has none */
  bool resumable;        /* all are finite, and there is a run to continue */
} ink_numbers;
ink_numbers ink_learner_numbers(const ink_learner *learner);
/* Must be called after the model's values were written. It restarts the averages and the last good
 * values from them. */
void ink_learner_adopt_values(ink_learner *learner);
/* Must be called if ink_numbers.trained is written too, after ink_learner_adopt_values. */
void ink_learner_adopt_trained(ink_learner *learner);

#endif
