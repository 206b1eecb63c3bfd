/*
 * api_checkpoint.c - exported: saving a network, and opening one.
 */
#include "api_session.h"

int ink_api_save(int resumable)
{
  if (!ink_session.learner)
    return ink_session_no_learner();
  INK_TRY_INT(ink_learner_check(ink_session.learner, &ink_session.error));
  const size_t len = ink_checkpoint_write(ink_session.learner, resumable != 0, NULL);
  ink_free(ink_session.saved); /* before, not after: both together may be too much */
  ink_session.saved = ink_alloc(len);
  ink_session.saved_len = ink_session.saved ? len : 0;
  if (!ink_session.saved)
    return (int)ink_fail(&ink_session.error, INK_E_MEMORY,
                         "not enough memory for a checkpoint (%zu MB)", len >> 20);
  ink_checkpoint_write(ink_session.learner, resumable != 0, ink_session.saved);
  return INK_OK;
}

const uint8_t *ink_api_saved(void)
{
  return ink_session.saved;
}

size_t ink_api_saved_length(void)
{
  return ink_session.saved_len;
}

int ink_api_restore(size_t len)
{
  if (!ink_session.dataset)
    return ink_session_no_data();
  INK_TRY_INT(ink_session_check_input(len));
  ink_learner *learner;
  INK_TRY_INT(ink_checkpoint_read(&learner, ink_session.dataset, ink_session.input, len, NULL,
                                  &ink_session.error));
  ink_session_use(learner);
  return INK_OK;
}

int ink_api_train_with(size_t settings_len, size_t len)
{
  if (!ink_session.dataset)
    return ink_session_no_data();
  if (settings_len >= SIZE_MAX - len)
    return (int)ink_fail(&ink_session.error, INK_E_ARGUMENT, "more bytes than memory has");
  INK_TRY_INT(ink_session_check_input(settings_len + 1 + len));
  if (ink_session.input[settings_len] != 0)
    return (int)ink_fail(&ink_session.error, INK_E_ARGUMENT, "no 0 follows the settings");
  ink_settings settings;
  ink_learner *learner;
  INK_TRY_INT(ink_settings_parse(&settings, ink_session_text(), &ink_session.error));
  INK_TRY_INT(
      ink_learner_create(&learner, ink_session.dataset, &settings, NULL, &ink_session.error));
  const ink_status status =
      ink_weights_read(learner, ink_session.input + settings_len + 1, len, &ink_session.error);
  if (status != INK_OK) {
    ink_learner_free(learner);
    return (int)status;
  }
  ink_session_use(learner);
  return INK_OK;
}

int ink_api_reader(size_t len)
{
  INK_TRY_INT(ink_session_check_input(len));
  ink_learner *learner;
  ink_dataset *classes = NULL;
  INK_TRY_INT(
      ink_network_read(&learner, &classes, ink_session.input, len, NULL, &ink_session.error));
  ink_learner_free(ink_session.reader);
  ink_dataset_free(ink_session.reader_classes);
  ink_session.reader = learner;
  ink_session.reader_classes = classes;
  return INK_OK;
}

int ink_api_open(size_t len, int keep_data)
{
  ink_dataset *dataset = keep_data ? ink_session.dataset : NULL;
  ink_learner *learner;
  INK_TRY_INT(ink_session_check_input(len));
  if (keep_data && !dataset)
    return ink_session_no_data();
  INK_TRY_INT(
      ink_network_read(&learner, &dataset, ink_session.input, len, NULL, &ink_session.error));
  ink_session_replace(dataset, learner);
  return INK_OK;
}
