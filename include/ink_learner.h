/*
 * ink_learner.h - training: settings, loss, optimiser, metrics, and the learner that drives them
 * one mini-batch at a time.
 */
#ifndef INK_LEARNER_H
#define INK_LEARNER_H

#include "ink_data.h"
#include "ink_model.h"

/* ---- settings (settings.c) ---- */

typedef enum ink_optimizer_kind {
  INK_SGD,         /* PyTorch's */
  INK_ADAM,        /* PyTorch's: weight decay is added to the gradient */
  INK_ADAMW,       /* PyTorch's: weight decay is decoupled */
  INK_FASTAI_ADAM, /* fastai's: decoupled, and not for biases and norm layers */
  INK_OPTIMIZERS
} ink_optimizer_kind;

typedef enum ink_schedule_kind {
  INK_CONSTANT,
  INK_ONE_CYCLE,
  INK_FINE_TUNE, /* frozen epochs first, then one cycle over all groups at half the rate. Frozen
                    weights stay to the bit (in fastai weight decay shrinks them by about .0015 an
                    epoch if a finder ran before) */
  INK_SCHEDULES
} ink_schedule_kind;

typedef struct ink_settings {
  char model[INK_LINE_MAX]; /* a preset or a model line */
  double epochs;            /* 1..10000, whole */
  double batch;             /* pictures in a mini-batch, 1..65536, whole */
  double lr;                /* learning rate of the last parameter group, above 0 */
  double lr_first;          /* of the first; between them geometric. 0: as the last, for all.
                               -1: a tenth of the last for all groups before it (fastai's slice(b)) */
  double optimizer;         /* ink_optimizer_kind */
  double momentum;          /* 0 to below 1; of Adam: beta1 */
  double beta2, eps;        /* of Adam */
  double weight_decay;
  double nesterov;                  /* 0 or 1 */
  double label_smoothing;           /* 0 to below 1 */
  double clip;                      /* norm that gradients are clipped to; 0: not */
  double drop_last;                 /* 1: an incomplete last mini-batch is left out of training */
  double schedule;                  /* ink_schedule_kind */
  double div, div_final, pct_start; /* of one cycle */
  double freeze_epochs;             /* of fine_tune */
  double augment;          /* 0: none; else a set of INK_AUGMENT_ parts. Validation and prediction
                              resize alike */
  double augment_strength; /* how far digits' parts go, 0 to 4; 1: as ink_distort says */
  double
      unaugmented_epochs; /* so many of the last epochs see the pictures as those of the validation are */
  double ema;             /* 0 to below 1: what is validated, predicted with and saved are averages
                              of the weights with this decay (average.c); 0: the weights */
  double temperature; /* above 0: probabilities are the softmax of logits / temperature */
  double seed;        /* whole, 0..2^53 - 1 */
} ink_settings;

/* Lines `name=value`, and what they are called. */
typedef struct ink_recipe {
  const char *name, *lines;
} ink_recipe;
/* NULL beyond the last (recipes.c). */
const ink_recipe *ink_recipe_at(size_t index);

/*
 * Reads lines `name=value`; what is not named keeps its default: the notebook's SGD, learning
 * rate 0.01, batch 256, momentum 0, no weight decay, 20 epochs, seed 0, model linear. The defaults
 * of momentum, weight decay and eps are those of the optimiser that is named; those of pct_start
 * and div are those of the schedule. `preset=name` stands for the lines of that recipe (recipes.c)
 * and comes before all others. lr         number | first:last | :last optimizer  sgd | adam |
 * adamw | fastai_adam schedule   constant | one_cycle | fine_tune augment    none | fastai, without
 * some of its parts as in fastai,-flip,-warp: flip, rotate, zoom, warp, crop, lighting;
 * fastai_no_flip is fastai,-flip; digits, or without some of rotate, zoom, shift, shear, elastic.
 * INK_E_ARGUMENT names the setting and its limits.
 */
ink_status ink_settings_parse(ink_settings *settings, const char *text, ink_error *err);

/* ---- loss (loss.c) ---- */

/*
 * Cross entropy of the model's logits, in nats.
 *
 *   targets   [blocks * 8], class of each image, -1 in idle lanes
 *   smoothing label smoothing, 0 to below 1
 *   losses    [blocks * 8] of each image, 0 in idle lanes
 *   gradient  the gradient of the mean over n goes to the model's d_logits
 *
 * Returns the mean over n.
 */
double ink_cross_entropy(ink_model *model, size_t n, const int32_t *targets, double smoothing,
                         float *losses, bool gradient);

/* ---- optimiser (optim.c) ---- */

typedef struct ink_optimizer {
  ink_optimizer_kind kind;
  double momentum, beta2, eps, weight_decay, clip;
  bool nesterov, decoupled; /* of SGD */
  float *first,
      *second; /* [n_gradients], as they lie: momentum or mean, mean square; NULL where unused */
  uint64_t steps;
} ink_optimizer;

void ink_optimizer_plan(ink_optimizer *optimizer, const ink_model *model, ink_arena *arena);
/* As if it had never stepped: fastai does so when layers are frozen or unfrozen. */
void ink_optimizer_clear(ink_optimizer *optimizer, const ink_model *model);
/* State and count of steps of another of the same kind, as far as both have them; the models are of one line. */
void ink_optimizer_copy(ink_optimizer *optimizer, const ink_model *model, const ink_optimizer *from,
                        const ink_model *from_model);
/* It never reads the gradient of a dead tap, which is 0: only weight decay that passes through it would. */
bool ink_optimizer_drops_dead(const ink_optimizer *optimizer);
/*
 * One step of all parameters that are not frozen, and ink_model_touch.
 *   lr        of each parameter group
 *   momentum  of this step (Adam: beta1)
 */
void ink_optimizer_step(ink_optimizer *optimizer, ink_model *model, const double *lr,
                        double momentum);

/* ---- schedules (sched.c) ---- */

enum { INK_GROUPS_MAX = 16 };

/* fastai's one cycle: cosine from lr / div to lr over pct_start, then to lr / div_final. */
typedef struct ink_cycle {
  double div, div_final, pct_start;
  double momenta[3];
} ink_cycle;

/* At step k of `total`, for a group whose largest learning rate is lr_max. */
double ink_cycle_lr(const ink_cycle *cycle, double lr_max, size_t k, size_t total);
double ink_cycle_momentum(const ink_cycle *cycle, size_t k, size_t total);

/* The learning rate of each of n groups, as ink_settings.lr and lr_first say. */
void ink_group_rates(double lr_first, double lr, size_t n, double rates[INK_GROUPS_MAX]);

/* The learning-rate finder's rate at step i of n: start (end / start)^(i / n). */
double ink_finder_lr(double start, double end, size_t n, size_t i);

/* Indices into the finder's lists; fastai's rules, without its first and last points. */
typedef struct ink_suggestions {
  bool found;
  size_t minimum; /* the lowest loss: a tenth of its rate is suggested */
  size_t steep;   /* the left end of the steepest descent */
  size_t valley;  /* well into the longest falling run (fastai >= 2.3.2) */
} ink_suggestions;
ink_suggestions ink_suggest(const double *lr, const double *smooth_loss, size_t n,
                            size_t skip_start, size_t skip_end);

/* ---- metrics (metrics.c) ---- */

/* fastai's AvgSmoothLoss: v = beta v + (1 - beta) loss from 0, shown as v / (1 - beta^count). */
typedef struct ink_smooth {
  double beta, value;
  uint64_t count;
} ink_smooth;
double ink_smooth_add(ink_smooth *smooth, double loss);

/* The class with the largest logit of each image, the first one among equals: predicted [n]. */
void ink_predictions(const ink_model *model, size_t n, uint8_t *predicted);

/* Image `index` of the last forward: [classes]. */
void ink_logits(const ink_model *model, size_t index, float *logits);

/* Probability of each class for image `index` of the last forward: softmax of logits over the model's
 * temperature, [classes]. */
void ink_probabilities(const ink_model *model, size_t index, float *probabilities);

typedef struct ink_pair {
  uint32_t actual, predicted, count;
} ink_pair;

/*
 * Pairs of different classes with a count of at least `least`, by falling count, equal ones in
 * row-major order, as fastai lists them. pairs: room for classes * classes. Returns how many.
 */
size_t ink_most_confused(const uint32_t *confusion, size_t classes, uint32_t least,
                         ink_pair *pairs);

/* Indices of the k largest losses, falling; of equal ones the first comes first. k <= n. */
void ink_top_losses(const float *losses, size_t n, size_t k, uint32_t *indices);

/* ---- the learner (learner.c) ---- */

typedef enum ink_event_kind {
  INK_EVENT_STEP = 1,  /* one mini-batch was learnt */
  INK_EVENT_VALID = 2, /* one mini-batch was validated, more follow */
  INK_EVENT_EPOCH = 3, /* the epoch's last mini-batch was validated: results below */
  INK_EVENT_DONE = 4,  /* nothing left to do */
  INK_EVENT_PART = 5   /* of ink_learner_advance_part: the mini-batch is under way */
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

/* The probability of the predicted class in the last validation. index < valid.count. */
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

/* One picture, evaluated with the weights of this moment: probabilities [classes]. */
void ink_learner_predict(ink_learner *learner, const uint8_t picture[INK_PIXELS],
                         float *probabilities);

/* ---- looking (look.c): training goes on with the same bits whether somebody looked or not ---- */

/* Many pictures [n], evaluated with the weights of this moment: probabilities [n][classes]. */
void ink_learner_predict_many(ink_learner *learner, const uint8_t *const *pictures, size_t n,
                              float *probabilities);

/*
 * Which pixels spoke for a class: by how much its probability falls when a patch about a pixel is
 * covered, mean over the patches. heat: [INK_PIXELS], below 0 where covering helps it.
 */
void ink_learner_occlusion(ink_learner *learner, const uint8_t picture[INK_PIXELS],
                           size_t class_index, float heat[INK_PIXELS]);

size_t ink_learner_layer_count(const ink_learner *learner);
/* What a layer makes of a picture: out [channels][height][width] of its shape. layer < the count.
 */
void ink_learner_activations(ink_learner *learner, const uint8_t picture[INK_PIXELS], size_t layer,
                             float *out);

/* What the last layer with weights sees: of each picture that many features; 0: there is no such
 * layer. */
size_t ink_learner_feature_count(const ink_learner *learner);
/* out: [n][features] */
void ink_learner_features(ink_learner *learner, const uint8_t *const *pictures, size_t n,
                          float *out);

/* Counts of values [n] in `bins` equal parts of their range, told in range [2]; what is not finite
 * is left out. */
void ink_histogram(const float *values, size_t n, size_t bins, double *counts, double range[2]);

/* From the next step on: the last group's learning rate, the others' in proportion; the schedule's
 * shape stays. lr > 0. */
void ink_learner_set_rate(ink_learner *learner, double lr);
/* From the next step on: all but the last layer with weights keep theirs; norm layers go on. Or all
 * learn again. */
void ink_learner_hold(ink_learner *learner, bool held);
/* Of all values, weights and buffers: equal for equal bits (FNV-1a, 64 bits). */
uint64_t ink_learner_digest(const ink_learner *learner);

/* ---- checkpoints (checkpoint.c): safetensors ---- */

/*
 * A safetensors file of the model: tensors with PyTorch's state-dict names and shapes, F32,
 * counters I64. Its metadata hold the settings, the model line with presets spelled out, and the
 * class names. `resumable`: also the optimiser's state (tensors optimizer.first.<name>,
 * optimizer.second.<name>) and the position in the run, so that training goes on with the same
 * bits. A validation under way is begun again. A run that has diverged, or would be found to have
 * (ink_learner_check), has no such position: its last good weights are written.
 *
 * Returns the bytes that the file has; writes them where `out` is not NULL.
 */
size_t ink_checkpoint_write(const ink_learner *learner, bool resumable, uint8_t *out);

/*
 * A new learner that goes on where a resumable checkpoint of ours stopped, or, without such state,
 * starts its settings anew from its weights. The data set's classes must be the file's.
 * INK_E_DATA: not sound, or of another model; it names the tensor. Nothing else changes.
 */
ink_status ink_checkpoint_read(ink_learner **learner, const ink_dataset *dataset,
                               const uint8_t *bytes, size_t len, const ink_kernels *kernels,
                               ink_error *err);

/*
 * The network of a checkpoint of ours, on other data if need be.
 *
 *   dataset  *dataset NULL: to predict with. It is set to a data set of the file's classes without
 *            pictures, the caller's. Otherwise the learner is of that one, whose classes must be the
 *            file's; where it has as many pictures as the file's run, the optimiser's state and the
 *            position in the run are taken too.
 */
ink_status ink_network_read(ink_learner **learner, ink_dataset **dataset, const uint8_t *bytes,
                            size_t len, const ink_kernels *kernels, ink_error *err);

/*
 * The weights and buffers of any safetensors file with the model's names and shapes. A file of
 * torchvision's ResNet gives the body its weights; its last layer, fc, has no place here, and the
 * head stays as it is.
 */
ink_status ink_weights_read(ink_learner *learner, const uint8_t *bytes, size_t len, ink_error *err);

/* Settings as ink_settings_parse reads them; cut at `size` - 1 bytes. Returns the whole length. */
size_t ink_settings_write(const ink_settings *settings, char *text, size_t size);

#endif
