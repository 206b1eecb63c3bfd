/*
 * ink_train.h - the parts of training: settings, loss, optimiser, schedules and metrics. The
 * learner (ink_learner.h) puts them together.
 */
#ifndef INK_TRAIN_H
#define INK_TRAIN_H

#include "ink_data.h"
#include "ink_model.h"

/* ---- settings (settings.c) ---- */

/* Indices into the table of optimisers: ink_optimizer_rule_of. */
typedef enum ink_optimizer_kind {
  INK_SGD,
  INK_ADAM,
  INK_ADAMW,
  INK_FASTAI_ADAM,
  INK_OPTIMIZERS
} ink_optimizer_kind;

/* Indices into the table of schedules: ink_schedule_rule_of. */
typedef enum ink_schedule_kind {
  INK_CONSTANT,
  INK_ONE_CYCLE,
  INK_FINE_TUNE,
  INK_SCHEDULES
} ink_schedule_kind;

/* A run's settings as numbers; meanings, limits and defaults are in the table of settings.c. */
typedef struct ink_settings {
  char model[INK_LINE_MAX];
  double epochs, batch;
  double lr; /* of the last parameter group */
  /*
   * Learning rate of the first parameter group; the rates between are geometric. 0: all groups have
   * lr. -1: all groups before the last have a tenth of it (fastai's slice(lr)).
   */
  double lr_first;
  double optimizer; /* ink_optimizer_kind */
  double momentum, beta2, eps, weight_decay;
  double nesterov; /* 0 or 1 */
  double label_smoothing, clip;
  double drop_last;                 /* 0 or 1 */
  double schedule;                  /* ink_schedule_kind */
  double div, div_final, pct_start; /* of one cycle */
  double freeze_epochs;             /* of fine_tune */
  double
      augment; /* 0: none; else a set of INK_AUGMENT_ parts. Validation and prediction resize too */
  double augment_strength, unaugmented_epochs;
  double ema; /* 0: no averages (average.c) */
  double temperature, seed;
} ink_settings;

/* Kinds of a setting's value. The kinds after INK_SETTING_MODEL are numbers in ink_settings. */
typedef enum ink_setting_kind {
  INK_SETTING_PRESET, /* the name of a recipe; only the first line may give one */
  INK_SETTING_MODEL,  /* the name of a model, or a model line */
  INK_SETTING_NUMBER,
  INK_SETTING_WHOLE, /* a whole number */
  INK_SETTING_FLAG,  /* 0 or 1 */
  INK_SETTING_WORD,  /* one of `word` */
  INK_SETTING_RATES, /* rate | first:last | :last, where each is a number in the limits */
  INK_SETTING_PARTS, /* none | set[,-part]...: ink_augment_set_at, ink_augment_part_at */
  INK_SETTING_KINDS
} ink_setting_kind;

/* Which other setting decides the default. */
typedef enum ink_setting_decider {
  INK_BY_NONE,
  INK_BY_OPTIMIZER,
  INK_BY_SCHEDULE
} ink_setting_decider;

/* A setting, as options, forms and documentation show it. */
typedef struct ink_setting {
  const char *name; /* as lines give it: weight_decay */
  ink_setting_kind kind;
  const char *placeholder; /* stands for its value where options are listed: N */
  const char *meaning;     /* a phrase in plain English, without a full stop */
  size_t offset;           /* of its number in ink_settings, a double */
  double initial;          /* the default; not used where another setting decides it */
  ink_setting_decider decided_by;
  size_t default_offset; /* of the default, a double, in that setting's ink_..._rule */
  double min, max;
  bool above_min, below_max;         /* the limit itself is refused */
  const char *(*word)(size_t index); /* the words of INK_SETTING_WORD, NULL past the last */
} ink_setting;

/* The table of all settings, in the order in which they are written; NULL past the last. */
const ink_setting *ink_setting_at(size_t index);

/* clang-format off */
/*
 * Reads lines `name=value`. A setting without a line gets its default: the one in its table or,
 * where another setting decides it, the one of the optimiser or the schedule.
 *
 *   setting              forms of its value
 *   preset               the name of a recipe: stands for its lines, and comes before all others
 *   model                the name of a model | a model line
 *   lr                   number | first:last | :last
 *   optimizer, schedule  a word of its table
 *   augment              none | set[,-part...]              fastai,-flip,-warp
 *   all others           number
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

typedef struct ink_stepped ink_stepped; /* the elements that a job steps; known to optim.c alone */

/* When an optimiser has its first buffer. */
typedef enum ink_buffer {
  INK_BUFFER_NEVER,
  INK_BUFFER_WITH_MOMENTUM, /* where the momentum is not 0 */
  INK_BUFFER_ALWAYS
} ink_buffer;

/* The definition of an optimiser: an entry of the table in optim.c. */
typedef struct ink_optimizer_rule {
  const char *name, *meaning;
  ink_buffer first; /* momentum, or mean of the gradients */
  bool second;      /* mean of the squared gradients */
  bool decoupled;   /* weight decay shrinks the weights themselves, not by way of the gradient */
  bool decays_all;  /* weight decay is of biases and norm layers too */
  struct {
    double momentum, beta2, eps, weight_decay;
  } defaults; /* of these settings */
  void (*step)(const ink_stepped *stepped);
} ink_optimizer_rule;

/* kind < INK_OPTIMIZERS */
const ink_optimizer_rule *ink_optimizer_rule_of(size_t kind);

typedef struct ink_optimizer {
  ink_optimizer_kind kind;
  double momentum, beta2, eps, weight_decay, clip;
  bool nesterov;  /* of SGD */
  bool decoupled; /* decoupled weight decay though the rule has another: fastai's SGD */
  float *first,
      *second; /* [n_gradients], laid out as the gradients are; NULL where the rule has none */
  uint64_t steps;
} ink_optimizer;

void ink_optimizer_plan(ink_optimizer *optimizer, const ink_model *model, ink_arena *arena);
/* As if it had never stepped: fastai does so when layers are frozen or unfrozen. */
void ink_optimizer_clear(ink_optimizer *optimizer, const ink_model *model);
/* Copies the state and the count of steps of another optimiser, of the same kind and on a model of
 * the same line, as far as both have them. */
void ink_optimizer_copy(ink_optimizer *optimizer, const ink_model *model, const ink_optimizer *from,
                        const ink_model *from_model);
/* Returns true if steps need no gradients of dead taps: those are 0, so the weights at most decay.
 * Returns false if weight decay is added to the gradients. */
bool ink_optimizer_drops_dead(const ink_optimizer *optimizer);
/*
 * One step of all parameters that are not frozen, and ink_model_touch.
 *   lr        of each parameter group
 *   momentum  of this step (Adam: beta1)
 */
void ink_optimizer_step(ink_optimizer *optimizer, ink_model *model, const double *lr,
                        double momentum);

/* ---- averages of the weights (average.c), with settings.ema above 0 ---- */

/*
 * The optimiser steps one set of values; the model shows their average, except during a training
 * step. After step t, counted from 1, buffers included:
 *
 *   average += (1 - d) (trained - average),   d = min(decay, (1 + t) / (10 + t))
 *
 * (TensorFlow's ExponentialMovingAverage with num_updates.) If `trained` is NULL, all functions do
 * nothing.
 */
typedef struct ink_average {
  float *trained; /* [n_values] the values that the optimiser steps; NULL: there are no averages */
  float *shown;   /* [n_values] their average, in the model's own memory */
  double decay;
} ink_average;

/* Both become the model's values; `trained` must be set. */
void ink_average_begin(ink_average *average, ink_model *model);
/* From now on the model's values are the trained ones, or the average. */
void ink_average_train(const ink_average *average, ink_model *model);
void ink_average_show(const ink_average *average, ink_model *model);
/* Moves the average after a step that followed `steps` others. */
void ink_average_follow(const ink_average *average, const ink_model *model, uint64_t steps);

/* ---- schedules (sched.c) ---- */

enum { INK_GROUPS_MAX = 16 };

/* The definition of a schedule: an entry of the table in sched.c. */
typedef struct ink_schedule_rule {
  const char *name, *meaning;
  bool cycles; /* each fit is one cycle; otherwise its rate is constant */
  /*
   * A fit of frozen epochs comes first. Frozen weights stay bit-equal (in fastai weight decay
   * shrinks them by about .0015 an epoch if a finder ran before).
   */
  bool frozen_first;
  struct {
    double div, pct_start;
  } defaults; /* of these settings */
} ink_schedule_rule;

/* kind < INK_SCHEDULES */
const ink_schedule_rule *ink_schedule_rule_of(size_t kind);

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

/* The class with the largest logit of each image; of equal ones the first: predicted [n]. */
void ink_predictions(const ink_model *model, size_t n, uint8_t *predicted);

/* The logits of image `index` in the last forward pass: [classes]. */
void ink_logits(const ink_model *model, size_t index, float *logits);

/* The probabilities of that image: softmax of its logits / the model's temperature, [classes]. */
void ink_probabilities(const ink_model *model, size_t index, float *probabilities);

typedef struct ink_pair {
  uint32_t actual, predicted, count;
} ink_pair;

/*
 * Lists the pairs of different classes that were confused at least `least` times, the most frequent
 * first and equal ones in row-major order, as fastai does.
 *
 *   confusion  [classes][classes], row = actual
 *   pairs      room for classes * classes
 *
 * Returns how many there are.
 */
size_t ink_most_confused(const uint32_t *confusion, size_t classes, uint32_t least,
                         ink_pair *pairs);

/* Lists the indices of the k <= n largest losses, the largest first; equals keep their order. */
void ink_top_losses(const float *losses, size_t n, size_t k, uint32_t *indices);

#endif
