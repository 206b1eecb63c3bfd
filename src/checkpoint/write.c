/*
 * write.c - a learner becomes a safetensors file. The same code runs twice: once to count the
 * bytes, once to write them.
 */
#include "checkpoint.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

typedef struct writer {
  uint8_t *to; /* NULL: counts only */
  size_t len;
} writer;

static void put(writer *w, const void *bytes, size_t len)
{
  if (w->to)
    memcpy(w->to + w->len, bytes, len);
  w->len += len;
}

static void print(writer *w, const char *format, ...) INK_PRINTF(2, 3);
static void print(writer *w, const char *format, ...)
{
  char text[512];
  va_list args;
  va_start(args, format);
  const int len = vsnprintf(text, sizeof text, format, args);
  va_end(args);
  put(w, text, (size_t)len < sizeof text ? (size_t)len : sizeof text - 1);
}

/* Writes `len` bytes as the inside of a JSON string; an ink_put whose context is a writer. */
static void put_escaped(void *context, const char *text, size_t len)
{
  writer *w = context;
  for (size_t i = 0; i < len; i++) {
    const char c = text[i];
    if (c == '"' || c == '\\')
      put(w, "\\", 1);
    if (c == '\n')
      put(w, "\\n", 2);
    else if (c == '\t') /* a model line may have it between words */
      put(w, "\\t", 2);
    else if ((uint8_t)c >= 0x20)
      put(w, &c, 1);
  }
}

static void put_text(writer *w, const char *text)
{
  put_escaped(w, text, strlen(text));
}

static void put_progress(writer *w, ink_progress progress)
{
  const ink_progress_field *field;
  print(w, "\",\"progress\":\"");
  for (size_t i = 0; (field = ink_progress_field_at(i)); i++)
    print(w, "%s=%.17g\\n", field->name, *ink_progress_value(&progress, field));
}

static void put_metadata(writer *w, const ink_learner *learner, bool resumable)
{
  const ink_dataset *dataset = ink_learner_dataset(learner);
  char settings[INK_LINE_MAX + 2048];
  ink_settings_write(ink_learner_settings(learner), settings, sizeof settings);
  print(w,
        "%s00000000\",\"format\":\"" INK_FILE_FORMAT "\",\"version\":\"" INK_FILE_VERSION
        "\",\"build\":\"%s\",\"settings\":\"",
        INK_CHECKSUM_BEFORE, ink_build());
  put_text(w, settings);
  print(w, "\",\"line\":\"");
  put_text(w, ink_learner_model(learner)->line); /* presets spelled out */
  print(w, "\",\"layers\":\"");
  ink_model_write_layers(ink_learner_model(learner), put_escaped, w); /* for other programs */
  print(w, "\",\"classes\":\"");
  for (size_t i = 0; i < dataset->n_classes; i++) {
    put_text(w, dataset->class_names[i]);
    print(w, "\\n");
  }
  if (resumable)
    put_progress(w, ink_learner_progress(learner));
  print(w, "\"}");
}

/* The header's entry of a tensor, whose data begin at *at; moves *at behind them. */
static void put_entry(writer *w, const char *prefix, const ink_tensor *t, size_t *at)
{
  const bool counter = t->role == INK_ROLE_COUNTER;
  const size_t bytes = t->count * (counter ? 8 : 4);
  print(w, ",\"%s%s\":{\"dtype\":\"%s\",\"shape\":[", prefix, t->name, counter ? "I64" : "F32");
  for (size_t i = 0; i < t->n_dims; i++)
    print(w, "%s%zu", i ? "," : "", t->dims[i]);
  print(w, "],\"data_offsets\":[%zu,%zu]}", *at, *at + bytes);
  *at += bytes;
}

static void put_values(writer *w, const ink_tensor *t, const float *values)
{
  if (t->role == INK_ROLE_COUNTER) {
    const int64_t value = (int64_t)*values;
    put(w, &value, sizeof value);
  } else {
    if (w->to)
      ink_tensor_export(t, values, w->to + w->len);
    w->len += t->count * sizeof *values;
  }
}

static void put_state(writer *w, const ink_tensor *t, const float *state)
{
  if (w->to)
    ink_tensor_export_gradient(t, state, w->to + w->len);
  w->len += t->count * sizeof *state;
}

size_t ink_list_states(const ink_numbers *numbers, ink_state states[2])
{
  size_t n = 0;
  if (numbers->first)
    states[n++] = (ink_state){INK_FIRST_PREFIX, numbers->first};
  if (numbers->second)
    states[n++] = (ink_state){INK_SECOND_PREFIX, numbers->second};
  return n;
}

/* The parts of a file, in their order. */
typedef struct contents {
  const ink_model *model;
  ink_numbers numbers;
  ink_state states[2];
  size_t n_states;
  bool trained; /* also the weights that the optimiser steps, beside their averages */
} contents;

static bool is_counter(const ink_tensor *t)
{
  return t->role == INK_ROLE_COUNTER;
}

/* Counters come first: they are wider, and so every tensor lies on a multiple of its size. */
static void put_entries(writer *w, const contents *c)
{
  const ink_model *model = c->model;
  size_t at = 0;
  for (int wide = 1; wide >= 0; wide--)
    for (size_t t = 0; t < model->n_tensors; t++)
      if (is_counter(model->tensors[t]) == (wide == 1))
        put_entry(w, "", model->tensors[t], &at);
  for (size_t s = 0; s < c->n_states; s++)
    for (size_t t = 0; t < model->n_tensors; t++)
      if (ink_tensor_is_trained(model->tensors[t]))
        put_entry(w, c->states[s].prefix, model->tensors[t], &at);
  for (size_t t = 0; c->trained && t < model->n_tensors; t++)
    if (!is_counter(model->tensors[t])) /* counts are not averaged */
      put_entry(w, INK_TRAINED_PREFIX, model->tensors[t], &at);
}

/* The data, in the order of the entries. */
static void put_data(writer *w, const contents *c)
{
  const ink_model *model = c->model;
  for (int wide = 1; wide >= 0; wide--)
    for (size_t t = 0; t < model->n_tensors; t++)
      if (is_counter(model->tensors[t]) == (wide == 1))
        put_values(w, model->tensors[t],
                   c->numbers.values + (model->tensors[t]->value - model->values));
  for (size_t s = 0; s < c->n_states; s++)
    for (size_t t = 0; t < model->n_tensors; t++)
      if (ink_tensor_is_trained(model->tensors[t]))
        put_state(w, model->tensors[t],
                  c->states[s].values + (model->tensors[t]->gradient - model->gradients));
  for (size_t t = 0; c->trained && t < model->n_tensors; t++)
    if (!is_counter(model->tensors[t]))
      put_values(w, model->tensors[t],
                 c->numbers.trained + (model->tensors[t]->value - model->values));
}

size_t ink_checkpoint_write(const ink_learner *learner, bool resumable, uint8_t *out)
{
  contents c = {.model = ink_learner_model(learner), .numbers = ink_learner_numbers(learner)};
  resumable = resumable && c.numbers.resumable;
  c.n_states = resumable ? ink_list_states(&c.numbers, c.states) : 0;
  c.trained = resumable && c.numbers.trained;
  writer w = {out, 8};
  put_metadata(&w, learner, resumable);
  put_entries(&w, &c);
  print(&w, "}");
  while (w.len % 8)
    put(&w, " ", 1);
  for (uint64_t header = w.len - 8, i = 0; out && i < 8; i++, header >>= 8)
    out[i] = (uint8_t)header;
  put_data(&w, &c);
  if (out) {
    char text[INK_CHECKSUM_LEN + 1];
    ink_checksum_text(out, w.len, text);
    memcpy(out + INK_CHECKSUM_AT, text, INK_CHECKSUM_LEN);
  }
  return w.len;
}
