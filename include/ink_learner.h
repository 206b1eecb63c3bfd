/*
 * ink_learner.h - training: settings, loss, optimiser, metrics, and the learner that drives them
 * one mini-batch at a time.
 */
#ifndef INK_LEARNER_H
#define INK_LEARNER_H

#include "ink_data.h"
#include "ink_model.h"

/* ---- settings (settings.c) ---- */

typedef struct ink_settings {
  char model[INK_LINE_MAX]; /* a preset or a model line */
  double epochs;            /* 1..10000, whole */
  double batch;             /* pictures in a mini-batch, 1..65536, whole */
  double lr;                /* learning rate, above 0 */
  double momentum;          /* 0 to below 1 */
  double weight_decay;      /* L2, as PyTorch's SGD has it: added to the gradient */
  double seed;              /* whole, 0..2^53 - 1 */
} ink_settings;

/*
 * Reads lines `name=value`; what is not named keeps its default: the notebook's SGD, learning
 * rate 0.01, batch 256, momentum 0, no weight decay, 20 epochs, seed 0, model linear.
 * INK_E_ARGUMENT names the setting and its limits.
 */
ink_status ink_settings_parse(ink_settings *settings, const char *text, ink_error *err);

/* ---- loss (loss.c) ---- */

/*
 * Cross entropy of the model's logits, in nats.
 *
 *   targets   [blocks * 8], class of each image, -1 in idle lanes
 *   losses    [blocks * 8] of each image, 0 in idle lanes
 *   gradient  the gradient of the mean over n goes to the model's d_logits
 *
 * Returns the mean over n.
 */
double ink_cross_entropy(ink_model *model, size_t n, const int32_t *targets, float *losses,
                         bool gradient);

/* ---- optimiser (optim.c) ---- */

typedef struct ink_optimizer {
  double momentum, weight_decay;
  float *buffer; /* [n_parameters], momentum's; NULL when momentum is 0 */
} ink_optimizer;

void ink_optimizer_plan(ink_optimizer *optimizer, const ink_model *model, ink_arena *arena);
/* One SGD step of all parameters with the model's gradients, and ink_model_touch. */
void ink_optimizer_step(ink_optimizer *optimizer, ink_model *model, double lr);

/* ---- metrics (metrics.c) ---- */

/* fastai's AvgSmoothLoss: v = beta v + (1 - beta) loss from 0, shown as v / (1 - beta^count). */
typedef struct ink_smooth {
  double beta, value;
  uint64_t count;
} ink_smooth;
double ink_smooth_add(ink_smooth *smooth, double loss);

/* The class with the largest logit of each image, the first one among equals: predicted [n]. */
void ink_predictions(const ink_model *model, size_t n, uint8_t *predicted);

/* Probability of each class for image `index` of the last forward: softmax, [classes]. */
void ink_probabilities(const ink_model *model, size_t index, float *probabilities);

/* ---- the learner (learner.c) ---- */

typedef enum ink_event_kind {
  INK_EVENT_STEP = 1,  /* one mini-batch was learnt */
  INK_EVENT_VALID = 2, /* one mini-batch was validated, more follow */
  INK_EVENT_EPOCH = 3, /* the epoch's last mini-batch was validated: results below */
  INK_EVENT_DONE = 4   /* nothing left to do */
} ink_event_kind;

/* All numbers are doubles, so that it crosses to JavaScript as one array. */
typedef struct ink_event {
  double kind;
  double epoch; /* from 0 */
  double step;  /* training steps done in the run */
  double steps_per_epoch, valid_batches;
  double valid_batch; /* validation batches done in this epoch */
  double images;      /* in this mini-batch */
  double loss;        /* of a STEP: before its update */
  double smooth_loss;
  double lr, momentum;
  /* EPOCH */
  double train_loss;     /* mean over the epoch's mini-batches */
  double valid_loss;     /* mean over all validation pictures */
  double accuracy;       /* correct / all */
  double batch_accuracy; /* unweighted mean of the batches' accuracies, the notebook's */
} ink_event;

typedef struct ink_learner {
  const ink_dataset *dataset;
  ink_settings settings;
  ink_model *model;
  ink_optimizer optimizer;
  void *memory; /* of all below, of the model and of the optimiser */

  size_t batch;              /* settings.batch, or all training pictures if they are fewer */
  uint32_t *order;           /* this epoch's permutation of the training pictures */
  const uint8_t **pictures;  /* [batch] */
  int32_t *targets;          /* [blocks * 8] */
  float *losses;             /* [blocks * 8] */
  uint8_t *predicted;        /* [batch] */
  float *valid_losses;       /* of each validation picture, from the last validation */
  uint8_t *valid_predicted;
  uint32_t *confusion;       /* [classes][classes], row = actual, of the last full validation */
  uint32_t *next_confusion;  /* of the validation that is running */
  float *kept;               /* the model's values as they were when the loss was last finite */
  uint64_t kept_step, keep_every;

  uint64_t step;
  size_t epoch, train_at, valid_at; /* pictures done in this epoch */
  double loss_sum, valid_loss_sum, batch_accuracy_sum;
  size_t correct;
  ink_smooth smooth;
  bool diverged;
} ink_learner;

/*
 * A model with first weights, ready to learn `dataset`, which must outlive it.
 *   kernels  NULL: the default variant
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
 * INK_E_DIVERGED: the loss is not finite; the last good weights are back in place, and the learner
 * goes no further.
 */
ink_status ink_learner_advance(ink_learner *learner, ink_event *event, ink_error *err);

/* One picture, evaluated with the weights of this moment: probabilities [classes]. */
void ink_learner_predict(ink_learner *learner, const uint8_t picture[INK_PIXELS],
                         float *probabilities);

#endif
