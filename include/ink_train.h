/*
 * ink_train.h - the parts of training: settings, loss, optimiser, schedules and metrics. The learner
 * (ink_learner.h) puts them together.
 */
#ifndef INK_TRAIN_H
#define INK_TRAIN_H

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

/* clang-format off */
/*
 * Reads lines `name=value`. A setting without a line keeps its default; together the defaults are the
 * notebook's: SGD with learning rate 0.01, batch 256, no momentum, no weight decay, 20 epochs, seed 0,
 * model linear. The defaults of momentum, weight_decay and eps belong to the optimiser, those of
 * pct_start and div to the schedule.
 *
 *   name        forms of the value
 *   preset      the name of a recipe (recipes.c): stands for its lines, and comes before all others
 *   lr          number | first:last | :last
 *   optimizer   sgd | adam | adamw | fastai_adam
 *   schedule    constant | one_cycle | fine_tune
 *   augment     none
 *               fastai[,-part...]   parts: flip rotate zoom warp crop lighting
 *               fastai_no_flip      the same as fastai,-flip
 *               digits[,-part...]   parts: rotate zoom shift shear elastic
 *   all others  number
 *
 * INK_E_ARGUMENT names the setting and its limits.
 */
/* clang-format on */
ink_status ink_settings_parse(ink_settings *settings, const char *text, ink_error *err);

/* Settings as ink_settings_parse reads them; cut at `size` - 1 bytes. Returns the whole length. */
size_t ink_settings_write(const ink_settings *settings, char *text, size_t size);

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

#endif
