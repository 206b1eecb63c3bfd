/*
 * api_find.c - exported: the learning-rate finder, and the rates that it suggests.
 */
#include "api_session.h"

#include <string.h>

int ink_api_find_begin(double start, double end, size_t steps)
{
  if (!ink_session.learner)
    return (int)ink_fail(&ink_session.error, INK_E_STATE, "there is no model to find a rate for");
  ink_session.find.n = 0;
  ink_session.find.asked = steps;
  return (int)ink_learner_find_begin(ink_session.learner, start, end, steps, &ink_session.error);
}

int ink_api_find_step(void)
{
  const size_t i = ink_session.find.n;
  if (!ink_session.learner || !ink_learner_is_finding(ink_session.learner) ||
      i == INK_FINDER_STEPS_MAX)
    return (int)ink_fail(&ink_session.error, INK_E_STATE, "no sweep has been started");
  bool done;
  ink_learner_find_step(ink_session.learner, &ink_session.find.lr[i], &ink_session.find.loss[i],
                        &done);
  ink_session.find.point[0] = ink_session.find.lr[i];
  ink_session.find.point[1] = ink_session.find.loss[i];
  ink_session.find.point[2] = done;
  ink_session.find.n++;
  return INK_OK;
}

const double *ink_api_find_point(void)
{
  return ink_session.find.point;
}

void ink_api_find_end(void)
{
  if (ink_session.learner)
    ink_learner_find_end(ink_session.learner);
}

const double *ink_api_suggestions(void)
{
  /* fastai: without a tenth of the points asked for at the start, and five of those there at the
   * end */
  const ink_suggestions s = ink_suggest(ink_session.find.lr, ink_session.find.loss,
                                        ink_session.find.n, ink_session.find.asked / 10, 5);
  const double found[4] = {s.found, ink_session.find.lr[s.minimum] / 10,
                           ink_session.find.lr[s.steep], ink_session.find.lr[s.valley]};
  memcpy(ink_session.find.suggestions, found, sizeof found);
  return ink_session.find.suggestions;
}
