/*
 * optim.c - the optimiser: its state, and one step over all parameters.
 */
#include "ink_learner.h"

/* Parameters per job: enough to be worth handing out, and a few hundred jobs in a ResNet-18. */
enum { JOB_PARAMETERS = 1 << 15 };

void ink_optimizer_plan(ink_optimizer *optimizer, const ink_model *model, ink_arena *arena)
{
  optimizer->buffer =
      optimizer->momentum != 0 ? INK_TAKE(arena, float, model->n_parameters) : NULL;
}

typedef struct step_job {
  const ink_optimizer *optimizer;
  ink_model *model;
  double lr;
} step_job;

static void run_step(void *context, size_t index)
{
  const step_job *job = context;
  const ink_optimizer *optimizer = job->optimizer;
  const size_t start = index * JOB_PARAMETERS;
  const size_t count = ink_min_size(JOB_PARAMETERS, job->model->n_parameters - start);
  job->model->kernels->sgd(count, job->model->values + start, job->model->gradients + start,
                           optimizer->buffer ? optimizer->buffer + start : NULL, (float)job->lr,
                           (float)optimizer->momentum, (float)optimizer->weight_decay, 1.0f,
                           false);
}

void ink_optimizer_step(ink_optimizer *optimizer, ink_model *model, double lr)
{
  step_job job = {optimizer, model, lr};
  ink_parallel_for(ink_ceil_div(model->n_parameters, JOB_PARAMETERS), run_step, &job);
  ink_model_touch(model);
}
