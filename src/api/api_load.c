/*
 * api_load.c - exported: loading a data set.
 */
#include "api_session.h"

/* Ends the load; its report stays. */
static void close_loader(void)
{
  if (ink_session.loader)
    ink_session.report = *ink_loader_report(ink_session.loader);
  ink_loader_free(ink_session.loader);
  ink_session.loader = NULL;
}

ink_status ink_api_load_start(void)
{
  close_loader();
  return ink_loader_create(&ink_session.loader, &ink_session.error);
}

ink_status ink_api_load_stream(void)
{
  INK_TRY(ink_need_loader());
  return ink_loader_begin(ink_session.loader, ink_session_text(), &ink_session.error);
}

ink_status ink_api_load_wanted(void)
{
  INK_TRY(ink_need_loader());
  ink_give_number(0, ink_loader_wants(ink_session.loader));
  return INK_OK;
}

ink_status ink_api_load_push(size_t len_bytes)
{
  INK_TRY(ink_need_loader());
  if (len_bytes > ink_session.input_len)
    return ink_fail(&ink_session.error, INK_E_ARGUMENT,
                    "a push of %zu bytes, but the input holds %zu", len_bytes,
                    ink_session.input_len);
  return ink_loader_push(ink_session.loader, ink_session.input, len_bytes, &ink_session.error);
}

ink_status ink_api_load_end(void)
{
  INK_TRY(ink_need_loader());
  return ink_loader_end(ink_session.loader, &ink_session.error);
}

ink_status ink_api_load_skip(void)
{
  INK_TRY(ink_need_loader());
  return ink_loader_skip(ink_session.loader, ink_session_text(), &ink_session.error);
}

ink_status ink_api_load_number_classes(void)
{
  INK_TRY(ink_need_loader());
  ink_loader_number_classes(ink_session.loader);
  return INK_OK;
}

ink_status ink_api_load_settle(void)
{
  INK_TRY(ink_need_loader());
  INK_TRY(ink_loader_settle(ink_session.loader, &ink_session.error));
  size_t count = 0;
  while (ink_loader_class(ink_session.loader, count))
    count++;
  ink_give_number(0, (double)count);
  return INK_OK;
}

ink_status ink_api_load_class(size_t index)
{
  INK_TRY(ink_need_loader());
  const char *name = ink_loader_class(ink_session.loader, index);
  if (!name)
    return ink_fail(&ink_session.error, INK_E_ARGUMENT, "there is no class %zu", index);
  ink_give_text(0, name);
  return INK_OK;
}

ink_status ink_api_load_rename_class(size_t index)
{
  INK_TRY(ink_need_loader());
  return ink_loader_rename_class(ink_session.loader, index, ink_session_text(), &ink_session.error);
}

ink_status ink_api_load_finish(void)
{
  INK_TRY(ink_need_loader());
  ink_dataset *dataset;
  const ink_status status = ink_loader_finish(ink_session.loader, &dataset, &ink_session.error);
  close_loader();
  if (status == INK_OK)
    ink_session_replace(dataset, NULL);
  return status;
}

ink_status ink_api_load_cancel(void)
{
  close_loader();
  return INK_OK;
}

static const ink_load_report *report(void)
{
  return ink_session.loader ? ink_loader_report(ink_session.loader) : &ink_session.report;
}

ink_status ink_api_load_counts(void)
{
  const ink_load_report *r = report();
  const size_t counts[] = {r->bytes,      r->train,       r->valid, r->skipped,
                           r->n_problems, r->unused_test, r->litter};
  for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
    ink_give_number(i, (double)counts[i]);
  return INK_OK;
}

ink_status ink_api_load_problem(size_t index)
{
  if (index >= report()->n_problems)
    return ink_fail(&ink_session.error, INK_E_ARGUMENT, "the report names no problem %zu", index);
  ink_give_text(0, report()->problems[index].path);
  ink_give_text(1, report()->problems[index].reason);
  return INK_OK;
}
