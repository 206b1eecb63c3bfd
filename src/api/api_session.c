/*
 * api_session.c - the one session behind the exported functions: its input, its results, its
 * errors, and what replaces what.
 */
#include "api_session.h"

#include <string.h>

struct ink_session ink_session;

/* ---- results ---- */

const ink_span *ink_api_spans(void)
{
  return ink_session.spans;
}

const double *ink_api_numbers(void)
{
  return ink_session.numbers;
}

void ink_give_span(size_t span, const void *at, size_t len_bytes)
{
  ink_session.spans[span] = (ink_span){.at = at, .len_bytes = at ? len_bytes : 0};
}

void ink_give_text(size_t span, const char *text)
{
  ink_give_span(span, text, text ? strlen(text) : 0);
}

void ink_give_number(size_t number, double value)
{
  ink_session.numbers[number] = value;
}

ink_status ink_give_floats(size_t count, float **floats)
{
  if (count > ink_session.floats_capacity) {
    float *grown = count <= SIZE_MAX / sizeof *grown ? ink_alloc(count * sizeof *grown) : NULL;
    if (!grown)
      return ink_fail(&ink_session.error, INK_E_MEMORY, "there is no memory for %zu more numbers",
                      count);
    ink_free(ink_session.floats);
    ink_session.floats = grown;
    ink_session.floats_capacity = count;
  }
  ink_give_span(0, ink_session.floats, count * sizeof(float));
  *floats = ink_session.floats;
  return INK_OK;
}

/* ---- the module ---- */

ink_status ink_api_error(void)
{
  ink_give_text(0, ink_session.error.text);
  return INK_OK;
}

ink_status ink_api_about(void)
{
  ink_give_text(0, ink_build());
  ink_give_text(1, ink_kernels_at(0)->name);
  return INK_OK;
}

ink_status ink_api_threads(void)
{
  ink_give_number(0, (double)ink_threads());
  return INK_OK;
}

ink_status ink_api_thread_stack(void)
{
#if defined(__wasm_atomics__)
  const uint8_t *stack = ink_thread_stack();
  if (!stack)
    return ink_fail(&ink_session.error, INK_E_MEMORY, "not enough memory for one more thread");
  ink_give_number(0, (double)(uintptr_t)stack);
  return INK_OK;
#else
  return ink_fail(&ink_session.error, INK_E_STATE, "this build has no threads");
#endif
}

ink_status ink_api_input(size_t len_bytes)
{
  if (len_bytes >= ink_session.input_capacity) {
    uint8_t *grown = len_bytes < SIZE_MAX ? ink_alloc(len_bytes + 1) : NULL;
    if (!grown)
      return ink_fail(&ink_session.error, INK_E_MEMORY, "there is no memory for %zu more bytes",
                      len_bytes);
    ink_free(ink_session.input);
    ink_session.input = grown;
    ink_session.input_capacity = len_bytes + 1;
  }
  ink_session.input_len = len_bytes;
  ink_session.input[len_bytes] = 0;
  ink_give_span(0, ink_session.input, len_bytes);
  return INK_OK;
}

/* ---- what calls need ---- */

ink_status ink_need_loader(void)
{
  return ink_session.loader ? INK_OK
                            : ink_fail(&ink_session.error, INK_E_STATE, "no load has been started");
}

ink_status ink_need_data(void)
{
  return ink_session.dataset
             ? INK_OK
             : ink_fail(&ink_session.error, INK_E_STATE, "no data set is loaded yet");
}

ink_status ink_need_learner(void)
{
  return ink_session.learner
             ? INK_OK
             : ink_fail(&ink_session.error, INK_E_STATE, "no training has been started");
}

ink_status ink_session_check_input(size_t len_bytes)
{
  return len_bytes <= ink_session.input_len
             ? INK_OK
             : ink_fail(&ink_session.error, INK_E_ARGUMENT,
                        "%zu bytes are asked for, the input holds %zu", len_bytes,
                        ink_session.input_len);
}

const char *ink_session_text(void)
{
  return ink_session.input ? (const char *)ink_session.input : "";
}

/* ---- who reads a digit ---- */

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

ink_status ink_need_network(ink_learner **network)
{
  *network = ink_session_reader();
  return *network ? INK_OK : ink_need_learner();
}

size_t ink_session_class_count(void)
{
  return ink_session.dataset ? ink_session.dataset->n_classes : 0;
}

/* ---- replacing ---- */

void ink_session_use(ink_learner *learner)
{
  ink_learner_free(ink_session.learner);
  ink_session.learner = learner;
}

void ink_session_replace(ink_dataset *dataset, ink_learner *learner)
{
  ink_session_use(NULL); /* it learnt from the old data set */
  if (dataset != ink_session.dataset)
    ink_dataset_free(ink_session.dataset);
  ink_session.dataset = dataset;
  ink_session.learner = learner;
}
