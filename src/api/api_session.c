/*
 * api_session.c - the session that the exported functions share, and how bytes and text come into it.
 */
#include "api_session.h"

#include <string.h>

struct ink_session ink_session;

const char *ink_api_error(void)
{
  return ink_session.error.text;
}

const char *ink_api_variant(void)
{
  return ink_kernels_at(0)->name;
}

uint8_t *ink_api_input(size_t len)
{
  if (len >= ink_session.input_capacity) {
    uint8_t *grown = len < SIZE_MAX ? ink_alloc(len + 1) : NULL;
    if (!grown)
      return NULL;
    ink_free(ink_session.input);
    ink_session.input = grown;
    ink_session.input_capacity = len + 1;
  }
  ink_session.input_len = len;
  ink_session.input[len] = 0;
  return ink_session.input;
}

const char *ink_session_text(void)
{
  return ink_session.input ? (const char *)ink_session.input : "";
}

int ink_session_no_data(void)
{
  return (int)ink_fail(&ink_session.error, INK_E_STATE, "no data set is loaded yet");
}

int ink_session_no_learner(void)
{
  return (int)ink_fail(&ink_session.error, INK_E_STATE, "no training has been started");
}

ink_status ink_session_check_input(size_t len)
{
  return len <= ink_session.input_len
             ? INK_OK
             : ink_fail(&ink_session.error, INK_E_ARGUMENT,
                        "%zu bytes are asked for, the input holds %zu", len, ink_session.input_len);
}

static bool same_classes(const ink_dataset *a, const ink_dataset *b)
{
  bool same = a->n_classes == b->n_classes;
  for (size_t i = 0; same && i < a->n_classes; i++)
    same = strcmp(a->class_names[i], b->class_names[i]) == 0;
  return same;
}

ink_learner *ink_session_reader(void)
{
  const bool fits = ink_session.reader && ink_session.dataset &&
                    same_classes(ink_session.dataset, ink_session.reader_classes);
  return ink_session.learner ? ink_session.learner : fits ? ink_session.reader : NULL;
}

void ink_session_replace(ink_dataset *dataset, ink_learner *learner)
{
  ink_api_reset(); /* it learnt from the old data set */
  if (dataset != ink_session.dataset)
    ink_dataset_free(ink_session.dataset);
  ink_session.dataset = dataset;
  ink_session.learner = learner;
}

void ink_api_reset(void)
{
  ink_learner_free(ink_session.learner);
  ink_session.learner = NULL;
}

void ink_session_use(ink_learner *learner)
{
  ink_learner_free(ink_session.learner);
  ink_session.learner = learner;
}
