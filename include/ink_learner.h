/*
 * ink_learner.h - the learner: it trains a model on a data set, one mini-batch at a time, validates,
 * and predicts.
 */
#ifndef INK_LEARNER_H
#define INK_LEARNER_H

#include "ink_train.h"

/* ---- the learner (learner.c) ---- */

typedef enum ink_event_kind {
  INK_EVENT_STEP = 1,  /* one mini-batch was learnt */
  INK_EVENT_VALID = 2, /* one mini-batch was validated, more follow */
  INK_EVENT_EPOCH = 3, /* the epoch's last mini-batch was validated: results below */
  INK_EVENT_DONE = 4,  /* nothing left to do */
  INK_EVENT_PART = 5,  /* of ink_learner_advance_part: the mini-batch is under way */
  INK_EVENT_KINDS
} ink_event_kind;

/* All numbers are doubles, so that it crosses to JavaScript as one array. */
typedef struct ink_event {
  double kind;
  double epoch;       /* from 0 */
  double epochs;      /* in all, those before this run included */
  double first_epoch; /* of this run: above 0 where it goes on with a trained network */
  double fit,
      fit_epoch; /* from 0: fine_tune is two fits, frozen and not, each with epochs of its own */
  double step;   /* training steps done in the run */
  double steps_per_epoch, valid_batches;
  double valid_batch;              /* validation batches done in this epoch */
  double images;                   /* in this mini-batch */
  double train_count, valid_count; /* pictures of an epoch */
  double trained, validated;       /* of them, done in this epoch */
  double loss;                     /* of a STEP: before its update */
  double smooth_loss;
  double lr, momentum; /* of this step, of the last parameter group */
  /* EPOCH */
  double train_loss;     /* mean over the epoch's mini-batches */
  double valid_loss;     /* mean over all validation pictures */
  double accuracy;       /* correct / all */
  double batch_accuracy; /* unweighted mean of the batches' accuracies, the notebook's */
} ink_event;

/* Name and meaning of a double of ink_event, in their order (event.c). */
typedef struct ink_event_field {
  const char *name, *meaning;
} ink_event_field;
/* NULL past the last. */
const ink_event_field *ink_event_field_at(size_t index);
/* "step" for INK_EVENT_STEP; NULL where there is no such kind. */
const char *ink_event_kind_name(size_t kind);

typedef struct ink_learner {
  const ink_dataset *dataset;
  ink_settings settings;
  ink_model *model;
  ink_optimizer optimizer;
  void *memory; /* of all below, of the model and of the optimiser */

  size_t batch;             /* settings.batch, or all training pictures if they are fewer */
  ink_augmenter *augmenter; /* NULL: none */
  uint32_t *order;          /* this epoch's permutation of the training pictures */
  size_t ordered_epoch;     /* the epoch whose order that is; SIZE_MAX: none */
  const uint8_t **pictures; /* [batch] */
  uint32_t *items;          /* [batch], their places in the split */
  int32_t *targets;         /* [blocks * 8] */
  float *losses;            /* [blocks * 8] */
  uint8_t *predicted;       /* [batch] */
  float *valid_losses;      /* of each validation picture, from the last validation */
  uint8_t *valid_predicted;
  float *valid_logits;      /* [valid.count][classes], of the same validation */
  uint32_t *confusion;      /* [classes][classes], row = actual, of the last full validation */
  uint32_t *next_confusion; /* of the validation that is running */
  bool validated;           /* there has been a full validation */
  float *kept;              /* the model's values as they were when the loss was last finite */
  uint64_t kept_step, keep_every;
  float *trained,
      *average; /* with settings.ema: the values that are stepped, and their average; or NULL */

  /* The run is one or two fits: fine_tune has a frozen one first. */
  struct ink_fit {
    size_t epochs;
    bool frozen, cycles;
    double rates[INK_GROUPS_MAX];
    ink_cycle cycle;
  } fits[2];
  size_t n_fits, fit;
  size_t fit_epoch, fit_step; /* done in this fit */

  uint64_t step;
  double momentum; /* of the last step */
  size_t first_epoch, epoch;
  size_t train_at, valid_at; /* pictures done in this epoch */
  size_t part;               /* done of the mini-batch that is under way; 0: none is */
  double loss;               /* of it, once it is there */
  double loss_sum, valid_loss_sum, batch_accuracy_sum;
  size_t correct;
  ink_smooth smooth;
  bool broken; /* the loss or a value of the last mini-batch was not finite */
  bool diverged;
  bool untold;   /* the run has diverged, and no call of ink_learner_advance has reported it yet */
  ink_error why; /* the message of that error */

  struct ink_finder { /* NULL memory: not at work */
    float *memory;    /* the model's values and the optimiser's state as they were */
    uint64_t optimizer_steps;
    double start, end, best;
    size_t n, i, at; /* steps in all and done; training pictures done */
    ink_smooth smooth;
  } finder;
} ink_learner;

/*
 * A model with first weights, ready to learn `dataset`, which must outlive it. Of a data set
 * without pictures it can predict, and no more. kernels  NULL: the default variant
 */
ink_status ink_learner_create(ink_learner **learner, const ink_dataset *dataset,
                              const ink_settings *settings, const ink_kernels *kernels,
                              ink_error *err);
void ink_learner_free(ink_learner *learner); /* takes NULL */

/* Bytes that ink_learner_create would take beside the data set. */
ink_status ink_learner_bytes(const ink_dataset *dataset, const ink_settings *settings,
                             const ink_kernels *kernels, size_t *bytes, ink_error *err);

/*
 * Learns or validates one mini-batch and says so in `event`. Allocates nothing.
 * INK_E_DIVERGED: the loss is not finite, or a buffer (at each step), a weight (at each step of which the
 * weights are kept), or a value of the optimiser's state (at the end of each epoch). The last good weights are
 * back in place, and the learner goes no further.
 */
ink_status ink_learner_advance(ink_learner *learner, ink_event *event, ink_error *err);
/*
 * The same with a pause at every layer, for those who cannot wait for a whole mini-batch: an event
 * of kind PART, until its last part says what ink_learner_advance would. Before that no other
 * function may be given the learner but these two, either of which goes on with it, and
 * ink_learner_free.
 */
ink_status ink_learner_advance_part(ink_learner *learner, ink_event *event, ink_error *err);

/*
 * Checks every value that a checkpoint would hold. It may be called within an epoch. INK_E_DIVERGED: a value is
 * not finite; the last good weights are back in place, and the next ink_learner_advance returns the same error.
 */
ink_status ink_learner_check(ink_learner *learner, ink_error *err);
/* Says whether all those values are finite. */
bool ink_learner_is_sound(const ink_learner *learner);

/*
 * One mini-batch of training, for those who drive the learner themselves: the loss before the step,
 * of n pictures from place `first` of this epoch's order. A loss that is not finite steps nothing, nor do
 * values that are not.
 */
double ink_learner_learn(ink_learner *learner, size_t first, size_t n, const double *rates,
                         double momentum);
/* INK_E_STATE without any. */
ink_status ink_learner_need_pictures(const ink_learner *learner, ink_error *err);
/* Freezes what the present fit freezes. */
void ink_learner_freeze(ink_learner *learner);
/* After `fit` was set from outside: freezes and draws what that fit had. */
void ink_learner_resume_fit(ink_learner *learner);
/* Training pictures that an epoch uses: with drop_last a multiple of the batch. */
size_t ink_learner_train_count(const ink_learner *learner);

/*
 * A new learner that goes on with the network of another and settings of its own: its weights, its
 * optimiser's state where the optimiser is the same (fine_tune begins without), and its counts of
 * epochs and steps, so that nothing random is drawn twice. `from` is only read.
 * INK_E_MODEL: the settings' model is another one.
 */
ink_status ink_learner_continue(ink_learner **learner, const ink_learner *from,
                                const ink_settings *settings, const ink_kernels *kernels,
                                ink_error *err);

/*
 * A whole validation with the weights of this moment, told as an event of kind EPOCH whose
 * train_loss is 0; the run's position does not move. A validation under way begins again.
 */
ink_status ink_learner_evaluate(ink_learner *learner, ink_event *event, ink_error *err);

/*
 * The same, with the mean of nine answers for each picture, shifted by -1, 0 and 1 pixels each way
 * (test-time averaging). The loss is of that mean, without label smoothing.
 */
ink_status ink_learner_evaluate_shifted(ink_learner *learner, ink_event *event, ink_error *err);
/* INK_E_STATE before the first full validation. */
ink_status ink_learner_need_validation(const ink_learner *learner, ink_error *err);

/* ---- what a checkpoint holds (progress.c) ---- */

/* clang-format off */
/*
 * The position of a run, a line for each field: name, check, default. A file without a field that has a
 * default is read with the default; NAN: every file must have the field. The order is the file's.
 */
#define INK_PROGRESS(FIELD)                                                                         \
  FIELD(fit,             count,    NAN) /* the fit that is under way, from 0 */                     \
  FIELD(fit_epoch,       count,    NAN) /* epochs done in this fit */                               \
  FIELD(fit_step,        count,    NAN) /* training steps done in this fit */                       \
  FIELD(step,            count,    NAN) /* training steps done since the first weights */           \
  FIELD(epoch,           count,    NAN) /* epochs done since the first weights */                   \
  FIELD(train_at,        count,    NAN) /* training pictures done in this epoch */                  \
  FIELD(loss_sum,        finite,   NAN) /* sum of the losses of this epoch's steps */               \
  FIELD(smooth_value,    finite,   NAN) /* ink_smooth */                                            \
  FIELD(smooth_count,    count,    NAN)                                                             \
  FIELD(optimizer_steps, count,    NAN) /* steps since the optimiser's state was empty */           \
  FIELD(train_count,     count,    NAN) /* pictures of the data set */                              \
  FIELD(valid_count,     count,    NAN)                                                             \
  FIELD(first_epoch,     count,    0)   /* epochs before this run: the network was trained before */ \
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
 * Moves a new learner to a position in its run; the optimiser's state is empty after it. INK_E_DATA: the
 * run was on other data, or no run of these settings can be there; the learner is then as it was.
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
/* To be called after the model's values were written: averages and last good values begin as these. */
void ink_learner_adopt_values(ink_learner *learner);
/* To be called after ink_numbers.trained was written too, which is after ink_learner_adopt_values. */
void ink_learner_adopt_trained(ink_learner *learner);

/* The learner's own; they live as long as it does. */
const ink_dataset *ink_learner_dataset(const ink_learner *learner);
const ink_settings *ink_learner_settings(const ink_learner *learner);
ink_model *ink_learner_model(const ink_learner *learner);
/* Pictures of a mini-batch: settings.batch, or all training pictures if they are fewer. */
size_t ink_learner_batch(const ink_learner *learner);

/* ---- calibration (calibration.c), of the last full validation ---- */

/*
 * Sets the temperature to the one with the least loss (Guo, Pleiss, Sun, Weinberger: "On calibration of
 * modern neural networks", 2017), which a checkpoint keeps. The validation pictures must be others than
 * those it will be judged by. losses  mean loss before and after, in nats
 */
ink_status ink_learner_calibrate(ink_learner *learner, double losses[2], ink_error *err);

enum { INK_RELIABILITY_BINS = 15 };
/* The diagram, by the probability of the class that was predicted: bin i holds i/15 to (i+1)/15. */
typedef struct ink_reliability {
  double error; /* expected calibration error: mean of |confidence - accuracy| over the pictures */
  struct ink_reliability_bin {
    double count, confidence, accuracy; /* means; 0 in an empty bin */
  } bins[INK_RELIABILITY_BINS];
} ink_reliability;
ink_status ink_learner_reliability(const ink_learner *learner, ink_reliability *out,
                                   ink_error *err);

/* ---- weight averaging (average.c), where settings.ema is not 0 ---- */

/*
 * After each step: average += (1 - d) (weights - average), buffers too, with d = min(ema, (1 + t) /
 * (10 + t)) after t steps (TensorFlow's ExponentialMovingAverage with num_updates). The model shows the
 * average, but in a training step. All of these do nothing without.
 */
void ink_average_begin(ink_learner *learner);  /* both are what the model's values are */
void ink_average_train(ink_learner *learner);  /* the model's values are those that are stepped */
void ink_average_show(ink_learner *learner);   /* the average */
void ink_average_follow(ink_learner *learner); /* after a step */

/* ---- the results of the last validation; none count before the first ---- */

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

enum { INK_FINDER_STEPS_MAX = 1000 };
/*
 * The learning-rate finder: begin, `step` until it says done, and end, which puts weights, buffers
 * and the optimiser's state back to the bit. Before the first step of a run all groups train, as in
 * fastai, where fine_tune freezes when it begins. fastai's rule: it is done after n steps, or when
 * the smoothed loss is above four times its least. A loss that is no number ends it too. lr,
 * smooth_loss  of this step
 */
ink_status ink_learner_find_begin(ink_learner *learner, double start, double end, size_t n,
                                  ink_error *err);
void ink_learner_find_step(ink_learner *learner, double *lr, double *smooth_loss, bool *done);
void ink_learner_find_end(ink_learner *learner);
/* Returns true between begin and end. */
bool ink_learner_is_finding(const ink_learner *learner);

/* One picture, evaluated with the weights of this moment: probabilities [classes]. */
void ink_learner_predict(ink_learner *learner, const uint8_t picture[INK_PIXELS],
                         float *probabilities);
/*
 * One pass forward without learning, of at most ink_learner_batch pictures: the layers then hold their
 * activations. The model may read the pixels until the next pass.
 */
void ink_learner_forward(ink_learner *learner, const uint8_t *const *pictures, size_t n);
/* Many pictures [n], evaluated with the weights of this moment: probabilities [n][classes]. */
void ink_learner_predict_many(ink_learner *learner, const uint8_t *const *pictures, size_t n,
                              float *probabilities);

/* A picture as the network sees it in a validation, resized if its training pictures are. */
void ink_learner_see(const ink_learner *learner, const uint8_t picture[INK_PIXELS],
                     uint8_t out[INK_PIXELS]);

/* From the next step on: the last group's learning rate, the others' in proportion; the schedule's
 * shape stays. lr > 0. */
void ink_learner_set_rate(ink_learner *learner, double lr);
/* From the next step on: all but the last layer with weights keep theirs; norm layers go on. Or all
 * learn again. */
void ink_learner_hold(ink_learner *learner, bool held);

#endif
