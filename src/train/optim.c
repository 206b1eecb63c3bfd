/*
 * optim.c - the optimisers: the table of their rules, their state, and one step over all
 * parameters.
 *
 * A new optimiser is an entry of the table, its kind in the header, and, where none of the step
 * functions here computes it, a step function. Nothing else here or above asks which one it is.
 */
#include "ink_train.h"

#include <math.h>
#include <string.h>

/* Parameters per job: enough work for one thread, and still a few hundred jobs in a ResNet-18. */
enum { JOB_PARAMETERS = 1 << 15 };

static const ink_optimizer_rule *rule_of(const ink_optimizer *optimizer)
{
  return ink_optimizer_rule_of((size_t)optimizer->kind);
}

void ink_optimizer_plan(ink_optimizer *optimizer, const ink_model *model, ink_arena *arena)
{
  const ink_optimizer_rule *rule = rule_of(optimizer);
  const bool first = rule->first == INK_BUFFER_ALWAYS ||
                     (rule->first == INK_BUFFER_WITH_MOMENTUM && optimizer->momentum != 0);
  optimizer->first = first ? INK_ALLOC(arena, float, model->n_gradients) : NULL;
  optimizer->second = rule->second ? INK_ALLOC(arena, float, model->n_gradients) : NULL;
}

void ink_optimizer_clear(ink_optimizer *optimizer, const ink_model *model)
{
  const size_t bytes = model->n_gradients * sizeof(float);
  optimizer->steps = 0;
  if (optimizer->first)
    memset(optimizer->first, 0, bytes);
  if (optimizer->second)
    memset(optimizer->second, 0, bytes);
}

static void copy_state(float *to, const ink_model *model, const float *from,
                       const ink_model *from_model)
{
  for (size_t t = 0; to && from && t < model->n_tensors; t++) {
    const ink_tensor *a = model->tensors[t], *b = from_model->tensors[t];
    if (!ink_tensor_is_trained(a))
      continue;
    const size_t first = a->gap_first > b->gap_first ? a->gap_first : b->gap_first;
    const size_t last = a->gap_last > b->gap_last ? a->gap_last : b->gap_last;
    memcpy(to + (a->gradient - model->gradients) + first,
           from + (b->gradient - from_model->gradients) + first,
           (a->count - first - last) * sizeof *to);
  }
}

void ink_optimizer_copy(ink_optimizer *optimizer, const ink_model *model, const ink_optimizer *from,
                        const ink_model *from_model)
{
  optimizer->steps = from->steps;
  copy_state(optimizer->first, model, from->first, from_model);
  copy_state(optimizer->second, model, from->second, from_model);
}

/*
 * The part of a tensor that one job takes. The gradient of a dead tap, one that never meets the
 * picture, is always 0: only decoupled weight decay can change its weights.
 */
typedef struct piece {
  const ink_tensor *tensor;
  size_t start, count;
  bool dead;
} piece;

static bool is_stepped(const ink_tensor *tensor)
{
  return ink_tensor_is_trained(tensor) && !tensor->frozen;
}

/* Returns how many elements are cut into pieces together: all, or one tap's if a tap is dead. */
static size_t run_of(const ink_tensor *tensor)
{
  return tensor->dead ? tensor->count / tensor->taps : tensor->count;
}

static size_t pieces_of(const ink_tensor *tensor)
{
  const size_t run = run_of(tensor);
  return is_stepped(tensor) ? tensor->count / run * ink_ceil_div(run, JOB_PARAMETERS) : 0;
}

static piece find_piece(const ink_model *model, size_t index)
{
  size_t t = 0;
  for (; index >= pieces_of(model->tensors[t]); t++)
    index -= pieces_of(model->tensors[t]);
  const ink_tensor *tensor = model->tensors[t];
  const size_t run = run_of(tensor), per_run = ink_ceil_div(run, JOB_PARAMETERS);
  const size_t start = index % per_run * JOB_PARAMETERS;
  return (piece){tensor, index / per_run * run + start, ink_min_size(JOB_PARAMETERS, run - start),
                 tensor->dead && tensor->dead[index / per_run]};
}

/* One call of ink_optimizer_step. */
typedef struct step_job {
  const ink_optimizer *optimizer;
  ink_model *model;
  const double *lr;
  double momentum;
} step_job;

/* The elements that a step function changes. */
struct ink_stepped {
  const step_job *job;
  size_t count;
  float *p;              /* parameters */
  const float *g;        /* their gradient */
  float *first, *second; /* the optimiser's state of them; NULL where it has none */
  double lr;             /* of their group */
  float keep;            /* factor of decoupled weight decay, 1 - lr * wd; 1 without */
  float l2;              /* weight decay that is added to the gradient */
};

static bool is_decoupled(const ink_optimizer *optimizer)
{
  return optimizer->decoupled || rule_of(optimizer)->decoupled;
}

bool ink_optimizer_drops_dead(const ink_optimizer *optimizer)
{
  return is_decoupled(optimizer) || optimizer->weight_decay == 0;
}

static void step_sgd(const ink_stepped *s)
{
  const float momentum = s->first ? (float)s->job->momentum : 0.0f;
  s->job->model->kernels->sgd(s->count, s->p, s->g, s->first, (float)s->lr, momentum, s->l2,
                              s->keep, s->job->optimizer->nesterov);
}

/*
 * PyTorch's denominator is sqrt(v) / sqrt(1 - b2^t) + eps, fastai's sqrt(v / (1 - b2^t)) + eps: the
 * same. Both debias with the current momentum.
 */
static void step_adam(const ink_stepped *s)
{
  const ink_optimizer *o = s->job->optimizer;
  const double momentum = s->job->momentum, t = (double)o->steps;
  const ink_adam_step step = {
      .keep = s->keep,
      .l2 = s->l2,
      .b1 = (float)momentum,
      .one_minus_b1 = (float)(1 - momentum),
      .b2 = (float)o->beta2,
      .one_minus_b2 = (float)(1 - o->beta2),
      .step = (float)(s->lr / (1 - pow(momentum, t))),
      .v_scale = (float)(1 / (1 - pow(o->beta2, t))),
      .eps = (float)o->eps,
  };
  s->job->model->kernels->adam(s->count, s->p, s->g, s->first, s->second, &step);
}

static const ink_optimizer_rule rules[] = {
    [INK_SGD] = {.name = "sgd",
                 .meaning = "PyTorch's SGD",
                 .first = INK_BUFFER_WITH_MOMENTUM,
                 .decays_all = true,
                 .defaults = {.momentum = 0, .beta2 = 0.999, .eps = 1e-8, .weight_decay = 0},
                 .step = step_sgd},
    [INK_ADAM] = {.name = "adam",
                  .meaning = "PyTorch's Adam: weight decay is added to the gradient",
                  .first = INK_BUFFER_ALWAYS,
                  .second = true,
                  .decays_all = true,
                  .defaults = {.momentum = 0.9, .beta2 = 0.999, .eps = 1e-8, .weight_decay = 0},
                  .step = step_adam},
    [INK_ADAMW] = {.name = "adamw",
                   .meaning = "PyTorch's AdamW: weight decay is decoupled from the gradient",
                   .first = INK_BUFFER_ALWAYS,
                   .second = true,
                   .decoupled = true,
                   .decays_all = true,
                   .defaults = {.momentum = 0.9, .beta2 = 0.999, .eps = 1e-8, .weight_decay = 0.01},
                   .step = step_adam},
    [INK_FASTAI_ADAM] =
        {.name = "fastai_adam",
         .meaning = "fastai's Adam: decoupled weight decay, not of biases and norm "
                    "layers",
         .first = INK_BUFFER_ALWAYS,
         .second = true,
         .decoupled = true,
         .decays_all = false,
         .defaults = {.momentum = 0.9, .beta2 = 0.99, .eps = 1e-5, .weight_decay = 0.01},
         .step = step_adam},
};
_Static_assert(sizeof rules / sizeof *rules == INK_OPTIMIZERS,
               "each ink_optimizer_kind has its entry in the table");

const ink_optimizer_rule *ink_optimizer_rule_of(size_t kind)
{
  return &rules[kind];
}

static ink_stepped stepped_of(const step_job *job, piece part)
{
  const ink_optimizer *o = job->optimizer;
  const ink_tensor *tensor = part.tensor;
  const size_t at = (size_t)(tensor->gradient - job->model->gradients) + part.start;
  const bool decays = rule_of(o)->decays_all || tensor->role == INK_ROLE_WEIGHT;
  const double lr = job->lr[tensor->group], decay = decays ? o->weight_decay : 0;
  return (ink_stepped){
      .job = job,
      .count = part.count,
      .p = tensor->value + part.start,
      .g = tensor->gradient + part.start,
      .first = o->first ? o->first + at : NULL, /* state lies as gradients do */
      .second = o->second ? o->second + at : NULL,
      .lr = lr,
      .keep = is_decoupled(o) ? (float)(1 - lr * decay) : 1.0f,
      .l2 = is_decoupled(o) ? 0.0f : (float)decay,
  };
}

static void decay_alone(const ink_stepped *s)
{
  for (size_t i = 0; i < s->count && s->job->optimizer->weight_decay != 0; i++)
    s->p[i] *= s->keep;
}

static void run_step(void *context, size_t index)
{
  const step_job *job = context;
  const piece part = find_piece(job->model, index);
  const ink_stepped stepped = stepped_of(job, part);
  if (part.dead && ink_optimizer_drops_dead(job->optimizer))
    decay_alone(&stepped);
  else
    rule_of(job->optimizer)->step(&stepped);
}

/* PyTorch's clip_grad_norm_: all gradients times clip / (norm + 1e-6) where that is below 1. */
static void clip_gradients(const ink_model *model, double clip)
{
  double squares = 0;
  for (size_t t = 0; t < model->n_tensors; t++) {
    const ink_tensor *tensor = model->tensors[t];
    for (size_t i = tensor->gap_first; is_stepped(tensor) && i < tensor->count - tensor->gap_last;
         i++)
      squares += (double)tensor->gradient[i] * tensor->gradient[i];
  }
  const double scale = clip / (sqrt(squares) + 1e-6);
  if (!(scale < 1))
    return;
  for (size_t i = 0; i < model->n_gradients; i++)
    model->gradients[i] *= (float)scale;
}

void ink_optimizer_step(ink_optimizer *optimizer, ink_model *model, const double *lr,
                        double momentum)
{
  size_t pieces = 0;
  for (size_t t = 0; t < model->n_tensors; t++)
    pieces += pieces_of(model->tensors[t]);
  if (optimizer->clip > 0)
    clip_gradients(model, optimizer->clip);
  optimizer->steps++;
  step_job job = {optimizer, model, lr, momentum};
  ink_parallel_for(pieces, run_step, &job);
  ink_model_touch(model);
}
