/*
 * optim.c - the optimisers: their state, and one step over all parameters.
 */
#include "ink_train.h"

#include <math.h>
#include <string.h>

/* Parameters per job: enough to be worth handing out, and a few hundred jobs in a ResNet-18. */
enum { JOB_PARAMETERS = 1 << 15 };

void ink_optimizer_plan(ink_optimizer *optimizer, const ink_model *model, ink_arena *arena)
{
  const bool adam = optimizer->kind != INK_SGD;
  optimizer->first =
      adam || optimizer->momentum != 0 ? INK_ALLOC(arena, float, model->n_gradients) : NULL;
  optimizer->second = adam ? INK_ALLOC(arena, float, model->n_gradients) : NULL;
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
 * The part of a tensor that one job takes. A tap that never meets the picture has no gradient, ever:
 * decoupled weight decay is all that can change it.
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

/* Elements that are cut into pieces together: all, or a tap's where some are dead. */
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

typedef struct step_job {
  const ink_optimizer *optimizer;
  ink_model *model;
  const double *lr;
  double momentum;
} step_job;

/* Weight decay acts on the parameters themselves, not through their gradient. */
static bool is_decoupled(const ink_optimizer *optimizer)
{
  return optimizer->kind == INK_SGD ? optimizer->decoupled : optimizer->kind != INK_ADAM;
}

bool ink_optimizer_drops_dead(const ink_optimizer *optimizer)
{
  return is_decoupled(optimizer) || optimizer->weight_decay == 0;
}

static bool is_decayed(const ink_optimizer *optimizer, const ink_tensor *tensor)
{
  return optimizer->kind != INK_FASTAI_ADAM || tensor->role == INK_ROLE_WEIGHT;
}

static void step_sgd(const step_job *job, piece part, float *p, const float *g, size_t at)
{
  const ink_optimizer *o = job->optimizer;
  const double lr = job->lr[part.tensor->group], decay = o->weight_decay;
  job->model->kernels->sgd(part.count, p, g, o->first ? o->first + at : NULL, (float)lr,
                           o->first ? (float)job->momentum : 0.0f,
                           o->decoupled ? 0.0f : (float)decay,
                           o->decoupled ? (float)(1 - lr * decay) : 1.0f, o->nesterov);
}

/*
 * PyTorch: denominator sqrt(v) / sqrt(1 - b2^t) + eps; fastai: sqrt(v / (1 - b2^t)) + eps: the same.
 * Both debias with the current momentum.
 */
static void step_adam(const step_job *job, piece part, float *p, const float *g, size_t at)
{
  const ink_optimizer *o = job->optimizer;
  const double lr = job->lr[part.tensor->group], t = (double)o->steps;
  const double decay = is_decayed(o, part.tensor) ? o->weight_decay : 0;
  const bool decoupled = is_decoupled(o);
  const ink_adam_step step = {
      .keep = decoupled ? (float)(1 - lr * decay) : 1.0f,
      .l2 = decoupled ? 0.0f : (float)decay,
      .b1 = (float)job->momentum,
      .one_minus_b1 = (float)(1 - job->momentum),
      .b2 = (float)o->beta2,
      .one_minus_b2 = (float)(1 - o->beta2),
      .step = (float)(lr / (1 - pow(job->momentum, t))),
      .v_scale = (float)(1 / (1 - pow(o->beta2, t))),
      .eps = (float)o->eps,
  };
  job->model->kernels->adam(part.count, p, g, o->first + at, o->second + at, &step);
}

static void decay(const step_job *job, piece part, float *p)
{
  const ink_optimizer *o = job->optimizer;
  const float keep = (float)(1 - job->lr[part.tensor->group] * o->weight_decay);
  for (size_t i = 0; i < part.count && o->weight_decay != 0; i++)
    p[i] *= keep;
}

static void run_step(void *context, size_t index)
{
  const step_job *job = context;
  const piece part = find_piece(job->model, index);
  const ink_optimizer *o = job->optimizer;
  float *p = part.tensor->value + part.start;
  const float *g = part.tensor->gradient + part.start;
  const size_t at = (size_t)(g - job->model->gradients); /* state lies as gradients do */
  if (part.dead && ink_optimizer_drops_dead(o))
    decay(job, part, p);
  else if (o->kind == INK_SGD)
    step_sgd(job, part, p, g, at);
  else
    step_adam(job, part, p, g, at);
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
