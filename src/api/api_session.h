/*
 * api_session.h - what the files of exported functions share: the session is api.c's.
 */
#ifndef API_SESSION_H
#define API_SESSION_H

#include "ink_api.h"
#include "ink_checkpoint.h"
#include "ink_look.h"

/* INK_TRY of the exported functions, whose status is an int. */
#define INK_TRY_INT(call)                                                                          \
  do {                                                                                             \
    const int ink_try_status = (int)(call);                                                        \
    if (ink_try_status != INK_OK)                                                                  \
      return ink_try_status;                                                                       \
  } while (0)

ink_error *ink_session_error(void);
/* The input that was filled last, and its length. */
const uint8_t *ink_session_input(size_t *len);
/* INK_OK if the input holds `len` bytes. */
ink_status ink_session_check_input(size_t len);
/* NULL where there is none. */
ink_dataset *ink_session_dataset(void);
ink_learner *ink_session_learner(void);
/* Who reads a person's digit: the learner, or before there is one the network of ink_api_reader, if the data
 * set has its classes; or NULL. */
ink_learner *ink_session_reader(void);
/* Both take the place of what is there, the data set unless it is the same; the session owns them. */
void ink_session_replace(ink_dataset *dataset, ink_learner *learner);
/* [INK_PIXELS], the picture that ink_api_probabilities looks at. */
uint8_t *ink_session_digit(void);

/* INK_E_STATE with its text: for functions that need a learner. */
int ink_session_no_learner(void);

#endif
