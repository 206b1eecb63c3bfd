/*
 * average.c - an exponential moving average of a model's values. The optimiser steps one set of
 * values; validation, predictions, views inside and checkpoints use their average.
 */
#include "ink_train.h"

#include <string.h>

enum { JOB_VALUES = 1 << 15 };

void ink_average_begin(ink_average *average, ink_model *model)
{
  if (!average->trained)
    return;
  memcpy(average->trained, model->values, model->n_values * sizeof(float));
  average->shown = model->values;
}

void ink_average_train(const ink_average *average, ink_model *model)
{
  if (average->trained)
    ink_model_use(model, average->trained);
}

void ink_average_show(const ink_average *average, ink_model *model)
{
  if (average->trained)
    ink_model_use(model, average->shown);
}

typedef struct average_job {
  const ink_average *average;
  size_t n_values;
  float rest; /* 1 - decay */
} average_job;

static void run_average(void *context, size_t index)
{
  const average_job *job = context;
  const size_t start = index * JOB_VALUES, n = ink_min_size(JOB_VALUES, job->n_values - start);
  float *shown = job->average->shown + start;
  const float *trained = job->average->trained + start;
  for (size_t i = 0; i < n; i++)
    shown[i] += job->rest * (trained[i] - shown[i]);
}

void ink_average_follow(const ink_average *average, const ink_model *model, uint64_t steps)
{
  if (!average->trained)
    return;
  const double t = (double)steps + 1, warm = (1 + t) / (10 + t);
  average_job job = {average, model->n_values,
                     (float)(1 - (average->decay < warm ? average->decay : warm))};
  ink_parallel_for(ink_ceil_div(model->n_values, JOB_VALUES), run_average, &job);
  for (size_t i = 0; i < model->n_tensors; i++) { /* counters are not averaged */
    const ink_tensor *tensor = model->tensors[i];
    const size_t at = (size_t)(tensor->value - model->values);
    if (tensor->role == INK_ROLE_COUNTER)
      average->shown[at] = average->trained[at];
  }
}
