/*
 * api_load.c - exported: loading a data set, stream by stream, and what the load found.
 */
#include "api_session.h"

#include <string.h>

static int no_load(void)
{
  return (int)ink_fail(&ink_session.error, INK_E_STATE, "no load has been started");
}

static void close_loader(void)
{
  if (ink_session.loader)
    ink_session.report = *ink_loader_report(ink_session.loader);
  ink_loader_free(ink_session.loader);
  ink_session.loader = NULL;
}

int ink_api_load_start(void)
{
  close_loader();
  return (int)ink_loader_create(&ink_session.loader, &ink_session.error);
}

int ink_api_load_stream(void)
{
  return ink_session.loader
             ? (int)ink_loader_begin(ink_session.loader, ink_session_text(), &ink_session.error)
             : no_load();
}

int ink_api_load_push(size_t len)
{
  if (!ink_session.loader)
    return no_load();
  if (len > ink_session.input_len)
    return (int)ink_fail(&ink_session.error, INK_E_ARGUMENT,
                         "a push of %zu bytes, but the input holds %zu", len,
                         ink_session.input_len);
  return (int)ink_loader_push(ink_session.loader, ink_session.input, len, &ink_session.error);
}

int ink_api_load_end(void)
{
  return ink_session.loader ? (int)ink_loader_end(ink_session.loader, &ink_session.error)
                            : no_load();
}

int ink_api_load_skip(void)
{
  return ink_session.loader
             ? (int)ink_loader_skip(ink_session.loader, ink_session_text(), &ink_session.error)
             : no_load();
}

int ink_api_load_wanted(void)
{
  return ink_session.loader && ink_loader_wants(ink_session.loader);
}

void ink_api_load_number_classes(void)
{
  if (ink_session.loader)
    ink_loader_number_classes(ink_session.loader);
}

int ink_api_load_settle(void)
{
  return ink_session.loader ? (int)ink_loader_settle(ink_session.loader, &ink_session.error)
                            : no_load();
}

const char *ink_api_load_class(size_t index)
{
  return ink_session.loader ? ink_loader_class(ink_session.loader, index) : NULL;
}

int ink_api_load_rename_class(size_t index)
{
  return ink_session.loader ? (int)ink_loader_rename_class(ink_session.loader, index,
                                                           ink_session_text(), &ink_session.error)
                            : no_load();
}

int ink_api_load_finish(void)
{
  if (!ink_session.loader)
    return no_load();
  ink_dataset *dataset;
  const ink_status status = ink_loader_finish(ink_session.loader, &dataset, &ink_session.error);
  close_loader();
  if (status != INK_OK)
    return (int)status;
  ink_session_replace(dataset, NULL);
  return INK_OK;
}

void ink_api_load_cancel(void)
{
  close_loader();
}

static const ink_load_report *report(void)
{
  return ink_session.loader ? ink_loader_report(ink_session.loader) : &ink_session.report;
}

const double *ink_api_load_counts(void)
{
  const ink_load_report *r = report();
  const double counts[7] = {(double)r->bytes,   (double)r->train,      (double)r->valid,
                            (double)r->skipped, (double)r->n_problems, (double)r->unused_test,
                            (double)r->litter};
  memcpy(ink_session.load_counts, counts, sizeof counts);
  return ink_session.load_counts;
}

const char *ink_api_problem_path(size_t index)
{
  return index < report()->n_problems ? report()->problems[index].path : NULL;
}

const char *ink_api_problem_reason(size_t index)
{
  return index < report()->n_problems ? report()->problems[index].reason : NULL;
}
