/*
 * api_train.c - exported: a model and its training, and the learning-rate finder.
 */
#include "api_session.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- a model ---- */

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

ink_status ink_api_describe(void)
{
  ink_settings settings;
  size_t bytes;
  INK_TRY(ink_need_data());
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
  ink_give_text(0, ink_session.text);
  return INK_OK;
}

ink_status ink_api_train(void)
{
  ink_settings settings;
  ink_learner *learner;
  INK_TRY(ink_need_data());
  INK_TRY(ink_settings_parse(&settings, ink_session_text(), &ink_session.error));
  INK_TRY(ink_learner_create(&learner, ink_session.dataset, &settings, NULL, &ink_session.error));
  ink_session_use(learner);
  return INK_OK;
}

ink_status ink_api_continue(void)
{
  ink_settings settings;
  ink_learner *learner;
  INK_TRY(ink_need_learner());
  INK_TRY(ink_settings_parse(&settings, ink_session_text(), &ink_session.error));
  INK_TRY(ink_learner_check(ink_session.learner, &ink_session.error));
  INK_TRY(ink_learner_continue(&learner, ink_session.learner, &settings, NULL, &ink_session.error));
  ink_session_use(learner);
  return INK_OK;
}

ink_status ink_api_settings(void)
{
  ink_session.text[0] = 0;
  if (ink_session.learner)
    ink_settings_write(ink_learner_settings(ink_session.learner), ink_session.text,
                       sizeof ink_session.text);
  ink_give_text(0, ink_session.text);
  return INK_OK;
}

/* Where the next bytes of a text go; NULL: they are only counted. */
typedef struct text_end {
  char *at;
  size_t len;
} text_end;

/* An ink_put, whose context is a text_end. */
static void put_text(void *context, const char *text, size_t len)
{
  text_end *end = context;
  end->len += len;
  if (!end->at)
    return;
  memcpy(end->at, text, len);
  end->at += len;
}

ink_status ink_api_layers(void)
{
  text_end end = {NULL, 0};
  ink_free(ink_session.layers);
  ink_session.layers = NULL;
  ink_give_text(0, NULL);
  if (!ink_session.learner)
    return INK_OK;
  const ink_model *model = ink_learner_model(ink_session.learner);
  ink_model_write_layers(model, put_text, &end);
  ink_session.layers = end.at = ink_alloc(end.len + 1); /* zeroed: the text ends with a 0 */
  if (!end.at)
    return ink_fail(&ink_session.error, INK_E_MEMORY, "not enough memory for the layers");
  ink_model_write_layers(model, put_text, &end);
  ink_give_text(0, ink_session.layers);
  return INK_OK;
}

ink_status ink_api_reset(void)
{
  ink_session_use(NULL);
  return INK_OK;
}

/* ---- steps ---- */

typedef ink_status advance(ink_learner *learner, ink_event *event, ink_error *err);

static ink_status give_event(advance *take)
{
  INK_TRY(ink_need_learner());
  INK_TRY(take(ink_session.learner, &ink_session.event, &ink_session.error));
  ink_give_span(0, &ink_session.event, sizeof ink_session.event);
  return INK_OK;
}

ink_status ink_api_advance(void)
{
  return give_event(ink_learner_advance);
}

ink_status ink_api_advance_part(void)
{
  return give_event(ink_learner_advance_part);
}

ink_status ink_api_evaluate(void)
{
  return give_event(ink_learner_evaluate);
}

ink_status ink_api_evaluate_shifted(void)
{
  return give_event(ink_learner_evaluate_shifted);
}

ink_status ink_api_set_rate(double lr)
{
  INK_TRY(ink_need_learner());
  if (!(lr > 0 && lr <= 1e6))
    return ink_fail(&ink_session.error, INK_E_ARGUMENT,
                    "lr must be a number above 0 and up to 1000000, not %g", lr);
  ink_learner_set_rate(ink_session.learner, lr);
  return INK_OK;
}

ink_status ink_api_freeze(int frozen)
{
  INK_TRY(ink_need_learner());
  ink_learner_hold(ink_session.learner, frozen != 0);
  return INK_OK;
}

ink_status ink_api_digest(void)
{
  ink_session.text[0] = 0;
  if (ink_session.learner)
    snprintf(ink_session.text, sizeof ink_session.text, "%016llx",
             (unsigned long long)ink_model_digest(ink_learner_model(ink_session.learner)));
  ink_give_text(0, ink_session.text);
  return INK_OK;
}

/* ---- the learning-rate finder ---- */

ink_status ink_api_find_begin(double start, double end, size_t steps)
{
  if (!ink_session.learner)
    return ink_fail(&ink_session.error, INK_E_STATE, "there is no model to find a rate for");
  ink_session.sweep.done = 0;
  ink_session.sweep.asked = steps;
  return ink_learner_find_begin(ink_session.learner, start, end, steps, &ink_session.error);
}

ink_status ink_api_find_step(void)
{
  const size_t i = ink_session.sweep.done;
  if (!ink_session.learner || !ink_learner_is_finding(ink_session.learner) ||
      i == INK_FINDER_STEPS_MAX)
    return ink_fail(&ink_session.error, INK_E_STATE, "no sweep has been started");
  bool last;
  ink_learner_find_step(ink_session.learner, &ink_session.sweep.lr[i], &ink_session.sweep.loss[i],
                        &last);
  ink_session.sweep.done++;
  ink_give_number(0, ink_session.sweep.lr[i]);
  ink_give_number(1, ink_session.sweep.loss[i]);
  ink_give_number(2, last);
  return INK_OK;
}

ink_status ink_api_find_end(void)
{
  if (ink_session.learner)
    ink_learner_find_end(ink_session.learner);
  return INK_OK;
}

ink_status ink_api_suggestions(void)
{
  /* fastai leaves out the first tenth of the points asked for, and the last five of those found. */
  const double *lr = ink_session.sweep.lr;
  const ink_suggestions s = ink_suggest(lr, ink_session.sweep.loss, ink_session.sweep.done,
                                        ink_session.sweep.asked / 10, 5);
  ink_give_number(0, s.found);
  ink_give_number(1, lr[s.minimum] / 10);
  ink_give_number(2, lr[s.steep]);
  ink_give_number(3, lr[s.valley]);
  return INK_OK;
}
