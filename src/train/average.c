/*
 * average.c - an exponential moving average of the weights. The optimiser steps one set of values;
 * everybody else, who validates, predicts, looks and saves, sees their average.
 */
#include "ink_learner.h"

#include <string.h>

enum { JOB_VALUES = 1 << 15 };

void ink_average_begin(ink_learner *learner)
{
  if (!learner->trained)
    return;
  memcpy(learner->trained, learner->model->values, learner->model->n_values * sizeof(float));
  learner->average = learner->model->values;
}

void ink_average_train(ink_learner *learner)
{
  if (learner->trained)
    ink_model_use(learner->model, learner->trained);
}

void ink_average_show(ink_learner *learner)
{
  if (learner->trained)
    ink_model_use(learner->model, learner->average);
}

typedef struct average_job {
  const ink_learner *learner;
  float rest; /* 1 - decay */
} average_job;

static void run_average(void *context, size_t index)
{
  const average_job *job = context;
  const size_t start = index * JOB_VALUES;
  const size_t n = ink_min_size(JOB_VALUES, job->learner->model->n_values - start);
  float *average = job->learner->average + start;
  const float *trained = job->learner->trained + start;
  for (size_t i = 0; i < n; i++)
    average[i] += job->rest * (trained[i] - average[i]);
}

void ink_average_follow(ink_learner *learner)
{
  if (!learner->trained)
    return;
  const double steps = (double)learner->step + 1, warm = (1 + steps) / (10 + steps);
  average_job job = {learner,
                     (float)(1 - (learner->settings.ema < warm ? learner->settings.ema : warm))};
  ink_parallel_for(ink_ceil_div(learner->model->n_values, JOB_VALUES), run_average, &job);
  for (size_t t = 0; t < learner->model->n_tensors; t++) { /* a count has no average */
    const ink_tensor *tensor = learner->model->tensors[t];
    const size_t at = (size_t)(tensor->value - learner->model->values);
    if (tensor->role == INK_ROLE_COUNTER)
      learner->average[at] = learner->trained[at];
  }
}
