/*
 * api_calibration.c - exported: whether probabilities mean what they say.
 */
#include "api_session.h"

#include <math.h>

static double losses[2] = {NAN, NAN}, calibration[4];
static ink_reliability reliability;

int ink_api_calibrate(void)
{
  ink_learner *learner = ink_session_learner();
  return learner ? (int)ink_learner_calibrate(learner, losses, ink_session_error())
                 : ink_session_no_learner();
}

const double *ink_api_calibration(void)
{
  const ink_learner *learner = ink_session_learner();
  calibration[0] = learner ? learner->settings.temperature : NAN;
  calibration[1] = losses[0];
  calibration[2] = losses[1];
  calibration[3] = INK_RELIABILITY_BINS;
  return calibration;
}

const double *ink_api_reliability(void)
{
  const ink_learner *learner = ink_session_learner();
  if (!learner) {
    ink_session_no_learner();
    return NULL;
  }
  return ink_learner_reliability(learner, &reliability, ink_session_error()) == INK_OK
             ? &reliability.error
             : NULL;
}
