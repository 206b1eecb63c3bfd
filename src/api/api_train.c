/*
 * api_train.c - exported: what settings would make, training, and changes in the middle of a run.
 */
#include "api_session.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Appends to ink_session.text; what does not fit is cut. */
static void append(const char *format, ...) INK_PRINTF(1, 2);

static void append(const char *format, ...)
{
  const size_t used = strlen(ink_session.text);
  va_list args;
  va_start(args, format);
  vsnprintf(ink_session.text + used, sizeof ink_session.text - used, format, args);
  va_end(args);
}

static ink_status describe(void)
{
  ink_settings settings;
  size_t bytes;
  INK_TRY(ink_settings_parse(&settings, ink_session_text(), &ink_session.error));
  INK_TRY(ink_learner_bytes(ink_session.dataset, &settings, NULL, &bytes, &ink_session.error));
  ink_model *model;
  const ink_shape input = {.channels = 1, .height = INK_SIDE, .width = INK_SIDE};
  INK_TRY(ink_model_create(&model, settings.model, input, ink_session.dataset->n_classes,
                           &ink_session.error));
  ink_session.text[0] = 0;
  append("line\t%s\nparameters\t%zu\nbytes\t%zu\n", model->line, model->n_parameters, bytes);
  for (size_t i = 0; i < model->n_layers; i++) {
    const ink_layer *layer = &model->layers[i];
    append("layer\t%s\t%zu\t%zu\t%zu\t%zu\t%d\n", layer->type->word, layer->out.channels,
           layer->out.height, layer->out.width, ink_model_layer_parameters(model, i),
           layer->out.flat);
  }
  append("macs\t%.0f\n", ink_model_macs(model));
  ink_model_free(model);
  return INK_OK;
}

int ink_api_describe(void)
{
  return ink_session.dataset ? (int)describe() : ink_session_no_data();
}

const char *ink_api_text(void)
{
  return ink_session.text;
}

int ink_api_train(void)
{
  if (!ink_session.dataset)
    return ink_session_no_data();
  ink_settings settings;
  ink_learner *learner;
  INK_TRY_INT(ink_settings_parse(&settings, ink_session_text(), &ink_session.error));
  INK_TRY_INT(
      ink_learner_create(&learner, ink_session.dataset, &settings, NULL, &ink_session.error));
  ink_session_use(learner);
  return INK_OK;
}

int ink_api_continue(void)
{
  if (!ink_session.learner)
    return ink_session_no_learner();
  ink_settings settings;
  ink_learner *learner;
  INK_TRY_INT(ink_settings_parse(&settings, ink_session_text(), &ink_session.error));
  INK_TRY_INT(ink_learner_check(ink_session.learner, &ink_session.error));
  INK_TRY_INT(
      ink_learner_continue(&learner, ink_session.learner, &settings, NULL, &ink_session.error));
  ink_session_use(learner);
  return INK_OK;
}

int ink_api_advance(void)
{
  if (!ink_session.learner)
    return ink_session_no_learner();
  return (int)ink_learner_advance(ink_session.learner, &ink_session.event, &ink_session.error);
}

int ink_api_advance_part(void)
{
  if (!ink_session.learner)
    return ink_session_no_learner();
  return (int)ink_learner_advance_part(ink_session.learner, &ink_session.event, &ink_session.error);
}

int ink_api_evaluate(void)
{
  if (!ink_session.learner)
    return ink_session_no_learner();
  return (int)ink_learner_evaluate(ink_session.learner, &ink_session.event, &ink_session.error);
}

int ink_api_evaluate_shifted(void)
{
  if (!ink_session.learner)
    return ink_session_no_learner();
  return (int)ink_learner_evaluate_shifted(ink_session.learner, &ink_session.event,
                                           &ink_session.error);
}

const double *ink_api_event(void)
{
  return &ink_session.event.kind;
}

int ink_api_set_rate(double lr)
{
  if (!ink_session.learner)
    return ink_session_no_learner();
  if (!(lr > 0 && lr <= 1e6))
    return (int)ink_fail(&ink_session.error, INK_E_ARGUMENT,
                         "lr must be a number above 0 and up to 1000000, not %g", lr);
  ink_learner_set_rate(ink_session.learner, lr);
  return INK_OK;
}

int ink_api_freeze(int frozen)
{
  if (!ink_session.learner)
    return ink_session_no_learner();
  ink_learner_hold(ink_session.learner, frozen != 0);
  return INK_OK;
}

const char *ink_api_digest(void)
{
  if (!ink_session.learner)
    return NULL;
  snprintf(ink_session.digest, sizeof ink_session.digest, "%016llx",
           (unsigned long long)ink_model_digest(ink_learner_model(ink_session.learner)));
  return ink_session.digest;
}

const char *ink_api_settings(void)
{
  const ink_learner *learner = ink_session.learner;
  if (!learner)
    return NULL;
  ink_settings_write(ink_learner_settings(learner), ink_session.settings,
                     sizeof ink_session.settings);
  return ink_session.settings;
}
