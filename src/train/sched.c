/*
 * sched.c - learning rates and momenta by step: one cycle, parameter groups, and the
 * learning-rate finder's rules (fastai 2.2.5: callback/schedule.py, optimizer.py).
 */
#include "ink_train.h"

#include <math.h>

static const ink_schedule_rule rules[] = {
    [INK_CONSTANT] = {.name = "constant",
                      .meaning = "the learning rate stays",
                      .defaults = {.div = 25, .pct_start = 0.25}},
    [INK_ONE_CYCLE] = {.name = "one_cycle",
                       .meaning = "the rate rises and falls once, the momentum falls and rises",
                       .cycles = true,
                       .defaults = {.div = 25, .pct_start = 0.25}},
    [INK_FINE_TUNE] = {.name = "fine_tune",
                       .meaning = "frozen epochs first, then one cycle of all groups at half the "
                                  "rate",
                       .cycles = true,
                       .frozen_first = true,
                       .defaults = {.div = 5, .pct_start = 0.3}},
};
_Static_assert(sizeof rules / sizeof *rules == INK_SCHEDULES,
               "each ink_schedule_kind has its entry in the table");

const ink_schedule_rule *ink_schedule_rule_of(size_t kind)
{
  return &rules[kind];
}

static double cosine(double from, double to, double part)
{
  return from + (1 + cos(3.14159265358979323846 * (1 - part))) * (to - from) / 2;
}

/* Returns true during the warm-up, the first part of a cycle. *part: how far into its part step k
 * is, 0 to 1. */
static bool in_warm_up(const ink_cycle *cycle, size_t k, size_t total, double *part)
{
  const double at = (double)k / (double)total, start = cycle->pct_start;
  *part = at < start ? at / start : (at - start) / (1 - start);
  return at < start;
}

double ink_cycle_lr(const ink_cycle *cycle, double lr_max, size_t k, size_t total)
{
  double part;
  return in_warm_up(cycle, k, total, &part) ? cosine(lr_max / cycle->div, lr_max, part)
                                            : cosine(lr_max, lr_max / cycle->div_final, part);
}

double ink_cycle_momentum(const ink_cycle *cycle, size_t k, size_t total)
{
  double part;
  const double *m = cycle->momenta;
  return in_warm_up(cycle, k, total, &part) ? cosine(m[0], m[1], part) : cosine(m[1], m[2], part);
}

void ink_group_rates(double lr_first, double lr, size_t n, double rates[INK_GROUPS_MAX])
{
  for (size_t i = 0; i < n; i++)
    rates[i] = lr_first > 0 && n > 1 ? lr_first * pow(lr / lr_first, (double)i / (double)(n - 1))
               : lr_first < 0 && i + 1 < n ? lr / 10
                                           : lr;
}

double ink_finder_lr(double start, double end, size_t n, size_t i)
{
  return start * pow(end / start, (double)i / (double)n);
}

/* fastai's valley: a third and half a third of the way into the longest falling subsequence. */
static size_t valley(const double *loss, size_t n)
{
  enum { MOST = 512 };
  size_t length[MOST] = {0}, last = 0;
  n = ink_min_size(n, MOST);
  for (size_t i = 0; i < n; i++) {
    length[i] = 1;
    for (size_t j = 0; j < i; j++)
      if (loss[i] < loss[j] && length[j] + 1 > length[i])
        length[i] = length[j] + 1;
    if (length[i] > length[last])
      last = i;
  }
  const double start = (double)last - (double)length[last], section = (double)length[last] / 3;
  const double at = start + floor(section) + floor(section / 2);
  return at < 0 ? 0 : (size_t)at;
}

ink_suggestions ink_suggest(const double *lr, const double *smooth_loss, size_t n,
                            size_t skip_start, size_t skip_end)
{
  ink_suggestions s = {0};
  if (n < skip_start + skip_end + 2)
    return s;
  const size_t end = n - skip_end;
  size_t stop = skip_start; /* losses from the first one that is not finite do not count */
  while (stop < end && isfinite(smooth_loss[stop]))
    stop++;
  if (stop < skip_start + 2)
    return s;
  s.found = true;
  s.minimum = s.steep = skip_start;
  double steepest = INFINITY;
  for (size_t i = skip_start; i < stop; i++) {
    if (smooth_loss[i] < smooth_loss[s.minimum])
      s.minimum = i;
    if (i + 1 == stop)
      break;
    const double slope = (smooth_loss[i + 1] - smooth_loss[i]) / (log(lr[i + 1]) - log(lr[i]));
    if (slope < steepest) {
      steepest = slope;
      s.steep = i;
    }
  }
  s.valley = skip_start + valley(smooth_loss + skip_start, stop - skip_start);
  return s;
}
