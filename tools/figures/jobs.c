/*
 * jobs.c - linked before the library, prints the work of each thread in one training step: a line
 * for each job of each loop. tools/figures/figures.mjs builds it with tools/example.c.
 */
#define _POSIX_C_SOURCE 199309L
#include "ink_learner.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { STEP = 8, JOBS_MAX = 1 << 16 }; /* by then threads and caches are warm */

void __real_ink_parallel_for(size_t count, ink_job *job, void *context);
void __wrap_ink_parallel_for(size_t count, ink_job *job, void *context);
ink_status __real_ink_learner_advance(ink_learner *learner, ink_event *event, ink_error *err);
ink_status __wrap_ink_learner_advance(ink_learner *learner, ink_event *event, ink_error *err);

typedef struct record {
  size_t loop;
  ink_job *job;
  int thread;
  double from, to; /* microseconds */
} record;

static record records[JOBS_MAX];
static atomic_size_t n_records;
static atomic_int threads;
static _Thread_local int thread = -1;
static size_t step, loops;
static ink_job *job_now;
static void *context_now;

static double now(void)
{
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void traced(void *context, size_t index)
{
  (void)context;
  if (thread < 0)
    thread = atomic_fetch_add(&threads, 1);
  const double from = now();
  job_now(context_now, index);
  const size_t at = atomic_fetch_add(&n_records, 1);
  if (at < JOBS_MAX)
    records[at] = (record){loops, job_now, thread, from, now()};
}

void __wrap_ink_parallel_for(size_t count, ink_job *job, void *context)
{
  if (step != STEP) {
    __real_ink_parallel_for(count, job, context);
    return;
  }
  loops++;
  job_now = job;
  context_now = context;
  __real_ink_parallel_for(count, traced, NULL);
}

ink_status __wrap_ink_learner_advance(ink_learner *learner, ink_event *event, ink_error *err)
{
  step++;
  const ink_status status = __real_ink_learner_advance(learner, event, err);
  if (step != STEP)
    return status;
  for (size_t i = 0; i < n_records && i < JOBS_MAX; i++)
    printf("%zu %p %d %.2f %.2f\n", records[i].loop, (void *)(size_t)records[i].job,
           records[i].thread, records[i].from, records[i].to);
  exit(0);
}
