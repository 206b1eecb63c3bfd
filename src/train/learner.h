/*
 * learner.h - the inside of a learner, for the files of this room alone.
 */
#ifndef LEARNER_H
#define LEARNER_H

#include "ink_learner.h"

struct ink_learner {
  const ink_dataset *dataset;
  ink_settings settings;
  ink_model *model;
  ink_optimizer optimizer;
  ink_average average;
  void *memory; /* one block for all arrays below, for the model and for the optimiser */

  /* ---- the mini-batch ---- */
  size_t batch;             /* settings.batch, or all training pictures if they are fewer */
  ink_augmenter *augmenter; /* NULL: pictures are not augmented */
  uint32_t *order;          /* [train.count] the training pictures in this epoch's order */
  size_t ordered_epoch;     /* the epoch of that order; SIZE_MAX: there is none yet */
  const uint8_t **pictures; /* [batch] */
  uint32_t *items;          /* [batch] their indices in the split */
  int32_t *targets;         /* [blocks * 8] */
  float *losses;            /* [blocks * 8] */
  uint8_t *predicted;       /* [batch] */
  size_t part;              /* parts done of the mini-batch under way; 0: none is under way */
  double loss;              /* its loss, as soon as it is known */

  /* ---- the position in the run: see progress.c ---- */
  ink_fit fits[INK_FITS_MAX];
  size_t n_fits, fit;
  size_t fit_epoch, fit_step; /* done in this fit */
  uint64_t step;
  double momentum; /* of the last step */
  size_t first_epoch, epoch;
  size_t train_at; /* training pictures done in this epoch */
  double loss_sum; /* of this epoch's steps */
  ink_smooth smooth;

  /* ---- the validation under way ---- */
  size_t valid_at, correct; /* pictures done; those predicted rightly */
  double valid_loss_sum, batch_accuracy_sum;
  uint32_t *next_confusion;

  /* ---- results of the last validation ---- */
  bool validated;           /* there has been a whole validation */
  float *valid_losses;      /* [valid.count] */
  uint8_t *valid_predicted; /* [valid.count] */
  float *valid_logits;      /* [valid.count][classes] */
  uint32_t *confusion;      /* [classes][classes], row = actual */

  /* ---- the last good values, and divergence: see sound.c ---- */
  float *kept;                    /* [n_values] */
  uint64_t kept_step, keep_every; /* the step of that copy; steps between two copies */
  bool broken;                    /* the loss or a value of the last mini-batch was not finite */
  bool diverged;                  /* the run has ended with an error */
  bool unreported;                /* no call of ink_learner_advance has returned that error yet */
  ink_error why;                  /* its message */

  /* ---- the learning-rate finder: see finder.c ---- */
  struct ink_finder {
    float *memory; /* the model's values and the optimiser's state from before; NULL: not at work */
    uint64_t optimizer_steps;
    double start, end, best;
    size_t n, i, at; /* steps in all, steps done, training pictures done */
    ink_smooth smooth;
  } finder;
};

/* ---- fits.c ---- */

/* Training steps of an epoch. */
size_t ink_steps_per_epoch(const ink_learner *learner);
/* The rule of the settings' schedule. */
const ink_schedule_rule *ink_schedule_of(const ink_learner *learner);
/* Sets the fits that the settings make. */
void ink_plan_fits(ink_learner *learner);
/* Begins the present fit: a new smoothed loss; in fine_tune also freezes, and empties the
 * optimiser. */
void ink_start_fit(ink_learner *learner);
/* Freezes what the present fit freezes. */
void ink_freeze_fit(ink_learner *learner);
/* The learning rate of each parameter group in the next step. Returns its momentum. */
double ink_schedule_step(const ink_learner *learner, double rates[INK_GROUPS_MAX]);
/* Returns true in the last settings.unaugmented_epochs epochs, which have no augmentation. */
bool ink_is_unaugmented(const ink_learner *learner);

/* ---- step.c ---- */

/*
 * Does the next part of a mini-batch up to its loss: the pictures `first`.. of the split become the
 * input, then one layer a part, then the loss; n_layers + 2 parts in all. With an order (a training
 * step) the loss has a gradient; NULL: pictures as they lie, nothing is learnt.
 */
void ink_forward_part(ink_learner *learner, const ink_items *items, const uint32_t *order,
                      size_t first, size_t n);
/*
 * One whole training step with n pictures from place `first` of the order. Returns the loss before
 * the step. If the loss or a value is not finite, the weights stay as they are and learner->broken
 * is set.
 */
double ink_learn_batch(ink_learner *learner, size_t first, size_t n, const double *rates,
                       double momentum);
/* Does the next part of a training step; the event is of kind PART or STEP. */
ink_status ink_train_part(ink_learner *learner, ink_event *event, ink_error *err);

/* ---- validation.c ---- */

/* Does the next part of a validation's mini-batch; the event is of kind PART or VALID. */
ink_status ink_valid_part(ink_learner *learner, ink_event *event, ink_error *err);
/* Writes the results of a whole validation to the event, and begins the sums of the next one. */
void ink_finish_validation(ink_learner *learner, ink_event *event);

/* ---- event.c ---- */

/* An event of kind DONE with the position of this moment. */
ink_event ink_make_event(const ink_learner *learner);

/* ---- sound.c ---- */

#define INK_THE_LOSS "the loss"

/* Copies the values to `kept` if a copy is due. Returns false, and copies none, if one
 * is not finite. */
bool ink_keep_values(ink_learner *learner);
/* Names the part of the learner that holds a value which is not finite. */
const char *ink_broken_part(const ink_learner *learner);
/* Ends the run, with the last good values. Returns INK_E_DIVERGED; its message names `what`. */
ink_status ink_diverge(ink_learner *learner, const char *what, const double *rates, ink_error *err);
/* The same between two steps; the message names the rates of the next step. */
ink_status ink_diverge_between(ink_learner *learner, const char *what, ink_error *err);

#endif
