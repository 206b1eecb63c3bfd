/*
 * api_checkpoint.c - exported: a network written to a file, and read from one.
 */
#include "api_session.h"

ink_status ink_api_save(int resumable)
{
  INK_TRY(ink_need_learner());
  INK_TRY(ink_learner_check(ink_session.learner, &ink_session.error));
  const size_t len = ink_checkpoint_write(ink_session.learner, resumable != 0, NULL);
  ink_free(ink_session.file); /* before, not after: both together may be too much */
  ink_session.file = ink_alloc(len);
  if (!ink_session.file)
    return ink_fail(&ink_session.error, INK_E_MEMORY, "not enough memory for a checkpoint (%zu MB)",
                    len >> 20);
  ink_checkpoint_write(ink_session.learner, resumable != 0, ink_session.file);
  ink_give_span(0, ink_session.file, len);
  return INK_OK;
}

ink_status ink_api_restore(size_t len_bytes)
{
  ink_learner *learner;
  INK_TRY(ink_need_data());
  INK_TRY(ink_session_check_input(len_bytes));
  INK_TRY(ink_checkpoint_read(&learner, ink_session.dataset, ink_session.input, len_bytes, NULL,
                              &ink_session.error));
  ink_session_use(learner);
  return INK_OK;
}

ink_status ink_api_open(size_t len_bytes, int keep_data)
{
  ink_dataset *dataset = keep_data ? ink_session.dataset : NULL;
  ink_learner *learner;
  INK_TRY(ink_session_check_input(len_bytes));
  if (keep_data)
    INK_TRY(ink_need_data());
  INK_TRY(
      ink_network_read(&learner, &dataset, ink_session.input, len_bytes, NULL, &ink_session.error));
  ink_session_replace(dataset, learner);
  return INK_OK;
}

ink_status ink_api_reader(size_t len_bytes)
{
  ink_learner *learner;
  ink_dataset *classes = NULL;
  INK_TRY(ink_session_check_input(len_bytes));
  INK_TRY(
      ink_network_read(&learner, &classes, ink_session.input, len_bytes, NULL, &ink_session.error));
  ink_learner_free(ink_session.reader);
  ink_dataset_free(ink_session.reader_classes);
  ink_session.reader = learner;
  ink_session.reader_classes = classes;
  return INK_OK;
}

ink_status ink_api_train_with(size_t settings_len, size_t len_bytes)
{
  INK_TRY(ink_need_data());
  if (settings_len >= SIZE_MAX - len_bytes)
    return ink_fail(&ink_session.error, INK_E_ARGUMENT, "more bytes than memory has");
  INK_TRY(ink_session_check_input(settings_len + 1 + len_bytes));
  if (ink_session.input[settings_len] != 0)
    return ink_fail(&ink_session.error, INK_E_ARGUMENT, "no 0 follows the settings");
  ink_settings settings;
  ink_learner *learner;
  INK_TRY(ink_settings_parse(&settings, ink_session_text(), &ink_session.error));
  INK_TRY(ink_learner_create(&learner, ink_session.dataset, &settings, NULL, &ink_session.error));
  const ink_status status = ink_weights_read(learner, ink_session.input + settings_len + 1,
                                             len_bytes, &ink_session.error);
  if (status != INK_OK) {
    ink_learner_free(learner);
    return status;
  }
  ink_session_use(learner);
  return INK_OK;
}
