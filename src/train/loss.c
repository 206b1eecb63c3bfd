/*
 * loss.c - softmax cross entropy of a batch, block by block.
 */
#include "ink_train.h"

typedef struct loss_job {
  ink_model *model;
  const int32_t *targets;
  float *losses;
  float smoothing, scale;
  bool gradient;
} loss_job;

static void run_loss(void *context, size_t block)
{
  const loss_job *job = context;
  const size_t classes = job->model->output.channels, at = block * classes * INK_LANES;
  job->model->kernels->cross_entropy(classes, ink_model_logits(job->model) + at,
                                     job->targets + block * INK_LANES, job->smoothing, job->scale,
                                     job->losses + block * INK_LANES,
                                     job->gradient ? ink_model_d_logits(job->model) + at : NULL);
}

double ink_cross_entropy(ink_model *model, size_t n, const int32_t *targets, double smoothing,
                         float *losses, bool gradient)
{
  loss_job job = {model, targets, losses, (float)smoothing, (float)(1.0 / (double)n), gradient};
  ink_parallel_for(model->pass.blocks, run_loss, &job);
  double sum = 0; /* added in order: the same bits for any number of threads */
  for (size_t i = 0; i < n; i++)
    sum += losses[i];
  return sum / (double)n;
}
