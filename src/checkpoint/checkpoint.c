/*
 * checkpoint.c - a learner as a safetensors file, and back. What is read goes into a new learner:
 * the one that is there changes only when everything has been found sound.
 */
#include "ink_checkpoint.h"
#include "safetensors.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the position in a run, as doubles ---- */

enum { PROGRESS = 14 };
static const char *const progress_names[PROGRESS] = {
    "fit",         "fit_epoch",   "fit_step",     "step",         "epoch",
    "train_at",    "loss_sum",    "smooth_value", "smooth_count", "optimizer_steps",
    "train_count", "valid_count", "first_epoch",  "momentum"};

static void get_progress(const ink_learner *l, double p[PROGRESS])
{
  const double now[PROGRESS] = {(double)l->fit,
                                (double)l->fit_epoch,
                                (double)l->fit_step,
                                (double)l->step,
                                (double)l->epoch,
                                (double)l->train_at,
                                l->loss_sum,
                                l->smooth.value,
                                (double)l->smooth.count,
                                (double)l->optimizer.steps,
                                (double)l->dataset->train.count,
                                (double)l->dataset->valid.count,
                                (double)l->first_epoch,
                                l->momentum};
  memcpy(p, now, sizeof now);
}

static bool is_count(double x, double most)
{
  return x >= 0 && x <= most && x == floor(x);
}

static bool is_same_data(const ink_learner *l, const double p[PROGRESS])
{
  return p[10] == (double)l->dataset->train.count && p[11] == (double)l->dataset->valid.count;
}

enum { COUNT_MAX = 1 << 30 }; /* of epochs and steps: far above any run, and it fits size_t */

/* Whether a run of these settings can be in that position. */
static bool is_possible(const ink_learner *l, const double p[PROGRESS])
{
  for (int i = 0; i < PROGRESS; i++)
    if (i == 6 || i == 7 || i == 13 ? !isfinite(p[i]) : !is_count(p[i], COUNT_MAX))
      return false;
  const double train_count = (double)ink_learner_train_count(l), batch = (double)l->batch;
  if (p[0] >= (double)l->n_fits || p[1] > (double)l->fits[(size_t)p[0]].epochs ||
      p[5] > train_count || (fmod(p[5], batch) != 0 && p[5] != train_count))
    return false;
  const double before = p[0] > 0 ? (double)l->fits[0].epochs : 0;
  return p[2] == p[1] * ceil(train_count / batch) + ceil(p[5] / batch) && p[3] >= p[2] &&
         p[4] == p[12] + before + p[1] && p[8] <= p[3] && p[13] >= 0 && p[13] < 1;
}

static ink_status set_progress(ink_learner *l, const double p[PROGRESS], ink_error *err)
{
  if (!is_same_data(l, p))
    return ink_fail(err, INK_E_DATA,
                    "the checkpoint is of a run on %.0f and %.0f pictures; %zu and %zu are loaded",
                    p[10], p[11], l->dataset->train.count, l->dataset->valid.count);
  if (!is_possible(l, p))
    return ink_fail(err, INK_E_DATA, "the checkpoint's position in its run makes no sense");
  l->fit = (size_t)p[0];
  ink_learner_resume_fit(l);
  l->fit_epoch = (size_t)p[1];
  l->fit_step = (size_t)p[2];
  l->step = (uint64_t)p[3];
  l->epoch = (size_t)p[4];
  l->train_at = (size_t)p[5];
  l->loss_sum = p[6];
  l->smooth.value = p[7];
  l->smooth.count = (uint64_t)p[8];
  l->optimizer.steps = (uint64_t)p[9];
  l->first_epoch = (size_t)p[12];
  l->momentum = p[13];
  l->kept_step = l->step;
  return INK_OK;
}

static ink_status parse_progress(const char *text, double p[PROGRESS], ink_error *err)
{
  for (int i = 0; i < PROGRESS; i++) {
    const size_t len = strlen(progress_names[i]);
    char *end = NULL;
    if (strncmp(text, progress_names[i], len) == 0 && text[len] == '=')
      p[i] = strtod(text + len + 1, &end);
    if (!end || *end != '\n')
      return ink_fail(err, INK_E_DATA, "the checkpoint does not say its %s", progress_names[i]);
    text = end + 1;
  }
  return *text ? ink_fail(err, INK_E_DATA, "the checkpoint's position has more than its %d numbers",
                          PROGRESS)
               : INK_OK;
}

/* ---- the file's own checksum ---- */

/*
 * safetensors has none, so ours begin with one: the CRC-32, in eight hexadecimal digits, of the whole
 * file as it is with zeros in the place of these digits.
 */
#define FORMAT  "inklearn"
#define VERSION "1"
static const char CHECKSUM_BEFORE[] = "{\"__metadata__\":{\"checksum\":\"";
enum { CHECKSUM_AT = 8 + sizeof CHECKSUM_BEFORE - 1, CHECKSUM_LEN = 8 };

static void checksum_text(const uint8_t *bytes, size_t len, char text[CHECKSUM_LEN + 1])
{
  static const uint8_t zeros[CHECKSUM_LEN] = {'0', '0', '0', '0', '0', '0', '0', '0'};
  const uint8_t *rest = bytes + CHECKSUM_AT + CHECKSUM_LEN;
  uint32_t sum = ink_crc32(0, bytes, CHECKSUM_AT);
  sum = ink_crc32(sum, zeros, CHECKSUM_LEN);
  sum = ink_crc32(sum, rest, len - CHECKSUM_AT - CHECKSUM_LEN);
  snprintf(text, CHECKSUM_LEN + 1, "%08x", (unsigned)sum);
}

/* Of a file that has been read as safetensors. Another's, without our metadata, has nothing to check. */
static ink_status check_checksum(const ink_safe_file *file, const uint8_t *bytes, size_t len,
                                 ink_error *err)
{
  const char *format = ink_safe_metadata(file, "format"),
             *version = ink_safe_metadata(file, "version");
  const bool ours = format && strcmp(format, FORMAT) == 0;
  const bool begins = len > CHECKSUM_AT + CHECKSUM_LEN &&
                      memcmp(bytes + 8, CHECKSUM_BEFORE, sizeof CHECKSUM_BEFORE - 1) == 0;
  if (!ours && !begins)
    return INK_OK;
  if (ours && (!version || strcmp(version, VERSION) != 0))
    return ink_fail(err, INK_E_DATA,
                    "the checkpoint is of version %.20s; this Inklearn reads version " VERSION
                    ": open it with a newer one",
                    version ? version : "none");
  char text[CHECKSUM_LEN + 1];
  if (begins)
    checksum_text(bytes, len, text);
  if (!begins || memcmp(bytes + CHECKSUM_AT, text, CHECKSUM_LEN) != 0)
    return ink_fail(
        err, INK_E_DATA,
        "the checkpoint is damaged, or was changed after it was saved: its checksum is wrong");
  return INK_OK;
}

static ink_status read_file(ink_safe_file *file, const uint8_t *bytes, size_t len, ink_error *err)
{
  INK_TRY(ink_safe_read(file, bytes, len, err));
  const ink_status status = check_checksum(file, bytes, len, err);
  if (status != INK_OK)
    ink_safe_release(file);
  return status;
}

/* ---- writing: once to count, once to write ---- */

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

/* As the inside of a JSON text. */
static void put_escaped(writer *w, const char *text)
{
  for (; *text; text++) {
    if (*text == '"' || *text == '\\')
      put(w, "\\", 1);
    if (*text == '\n')
      put(w, "\\n", 2);
    else if (*text == '\t') /* between the words of a model line */
      put(w, "\\t", 2);
    else if ((uint8_t)*text >= 0x20)
      put(w, text, 1);
  }
}

static void put_metadata(writer *w, const ink_learner *learner, bool resumable)
{
  char settings[INK_LINE_MAX + 2048];
  ink_settings_write(&learner->settings, settings, sizeof settings);
  print(w,
        "%s00000000\",\"format\":\"" FORMAT "\",\"version\":\"" VERSION
        "\",\"build\":\"%s\",\"settings\":\"",
        CHECKSUM_BEFORE, ink_build());
  put_escaped(w, settings);
  print(w, "\",\"line\":\"");
  put_escaped(w, learner->model->line); /* presets spelled out, for other programs */
  print(w, "\",\"classes\":\"");
  for (size_t i = 0; i < learner->dataset->n_classes; i++) {
    put_escaped(w, learner->dataset->class_names[i]);
    print(w, "\\n");
  }
  if (resumable) {
    double p[PROGRESS];
    get_progress(learner, p);
    print(w, "\",\"progress\":\"");
    for (int i = 0; i < PROGRESS; i++)
      print(w, "%s=%.17g\\n", progress_names[i], p[i]);
  }
  print(w, "\"}");
}

/* Of a state dict, or of the optimiser's state with a prefix. */
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

static const char MEAN_SQUARES[] = "optimizer.second.";
/* With averaged weights, which the model's own tensors are: those that the optimiser steps. */
static const char TRAINED[] = "optimizer.weights.";

/* A checkpoint with values that are not finite could not be read again, so it gets the last good values. */
static const float *shown_value(const ink_learner *learner, const ink_tensor *t, bool sound)
{
  return sound ? t->value : learner->kept + (t->value - learner->model->values);
}

static const float *trained_value(const ink_learner *learner, const ink_tensor *t)
{
  return learner->trained + (t->value - learner->model->values);
}

/* The optimiser's states that there are. */
static size_t states_of(const ink_optimizer *o, const char *prefixes[2], float *states[2])
{
  size_t n = 0;
  if (o->first)
    prefixes[n] = "optimizer.first.", states[n++] = o->first;
  if (o->second)
    prefixes[n] = MEAN_SQUARES, states[n++] = o->second;
  return n;
}

/* Wide counters first, so that every tensor lies on a multiple of its size. */
static bool is_pass(const ink_tensor *t, int pass)
{
  return (t->role == INK_ROLE_COUNTER) == (pass == 0);
}

size_t ink_checkpoint_write(const ink_learner *learner, bool resumable, uint8_t *out)
{
  const ink_model *model = learner->model;
  const char *prefixes[2];
  float *states[2];
  const bool sound = ink_learner_is_sound(learner);
  resumable = resumable && sound && !learner->diverged && learner->dataset->train.count > 0;
  const size_t n_states = resumable ? states_of(&learner->optimizer, prefixes, states) : 0;
  const bool averages = resumable && learner->trained;
  writer w = {out, 8};
  size_t at = 0;
  put_metadata(&w, learner, resumable);
  for (int pass = 0; pass < 2; pass++)
    for (size_t t = 0; t < model->n_tensors; t++)
      if (is_pass(model->tensors[t], pass))
        put_entry(&w, "", model->tensors[t], &at);
  for (size_t s = 0; s < n_states; s++)
    for (size_t t = 0; t < model->n_tensors; t++)
      if (ink_tensor_is_trained(model->tensors[t]))
        put_entry(&w, prefixes[s], model->tensors[t], &at);
  for (size_t t = 0; averages && t < model->n_tensors; t++)
    if (model->tensors[t]->role != INK_ROLE_COUNTER) /* counts are not averaged */
      put_entry(&w, TRAINED, model->tensors[t], &at);
  print(&w, "}");
  while (w.len % 8)
    put(&w, " ", 1);
  for (uint64_t header = w.len - 8, i = 0; out && i < 8; i++, header >>= 8)
    out[i] = (uint8_t)header;
  for (int pass = 0; pass < 2; pass++)
    for (size_t t = 0; t < model->n_tensors; t++)
      if (is_pass(model->tensors[t], pass))
        put_values(&w, model->tensors[t], shown_value(learner, model->tensors[t], sound));
  for (size_t s = 0; s < n_states; s++)
    for (size_t t = 0; t < model->n_tensors; t++)
      if (ink_tensor_is_trained(model->tensors[t]))
        put_state(&w, model->tensors[t],
                  states[s] + (model->tensors[t]->gradient - model->gradients));
  for (size_t t = 0; averages && t < model->n_tensors; t++)
    if (model->tensors[t]->role != INK_ROLE_COUNTER)
      put_values(&w, model->tensors[t], trained_value(learner, model->tensors[t]));
  if (out) {
    char text[CHECKSUM_LEN + 1];
    checksum_text(out, w.len, text);
    memcpy(out + CHECKSUM_AT, text, CHECKSUM_LEN);
  }
  return w.len;
}

/* ---- reading ---- */

/* torchvision's names of what a line `... body(...) ... head(...)` calls by number. */
static const struct alias {
  const char *ours, *theirs;
} torchvision[] = {{"0.0.", "conv1."},  {"0.1.", "bn1."},    {"0.4.", "layer1."},
                   {"0.5.", "layer2."}, {"0.6.", "layer3."}, {"0.7.", "layer4."}};
enum { ALIASES = sizeof torchvision / sizeof *torchvision };

static ink_safe_tensor *find(const ink_safe_file *file, const char *name)
{
  ink_safe_tensor *found = ink_safe_find(file, name);
  for (size_t i = 0; !found && i < ALIASES; i++) {
    const size_t len = strlen(torchvision[i].ours);
    char alias[INK_SAFE_NAME_MAX];
    if (strncmp(name, torchvision[i].ours, len) != 0)
      continue;
    snprintf(alias, sizeof alias, "%s%s", torchvision[i].theirs, name + len);
    found = ink_safe_find(file, alias);
  }
  return found;
}

static bool ends_with(const char *text, const char *end)
{
  const size_t len = strlen(text), end_len = strlen(end);
  return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

/* Means of squares, and counts: below 0 they would make NaN of whatever is computed next. */
static ink_status check_sign(const ink_safe_file *file, const ink_safe_tensor *found,
                             ink_error *err)
{
  for (size_t at = found->start; at < found->end; at += found->type == INK_SAFE_I64 ? 8 : 4) {
    int64_t count = 0;
    float value = 0;
    if (found->type == INK_SAFE_I64)
      memcpy(&count, file->data + at, sizeof count);
    else
      memcpy(&value, file->data + at, sizeof value);
    if (count < 0 || value < 0)
      return ink_fail(err, INK_E_DATA, "tensor %s has a value below 0", found->name);
  }
  return INK_OK;
}

/* What is called prefix + the tensor's name, its shape, type and sign checked; *bytes: where it is. */
static ink_status look_up(ink_safe_file *file, const char *prefix, const ink_tensor *t,
                          const uint8_t **bytes, ink_error *err)
{
  char name[INK_SAFE_NAME_MAX];
  snprintf(name, sizeof name, "%s%s", prefix, t->name);
  ink_safe_tensor *found = find(file, name);
  if (!found)
    return ink_fail(err, INK_E_DATA, "the file has no tensor %s, which the model needs", name);
  bool fits = found->n_dims == t->n_dims;
  for (size_t i = 0; fits && i < t->n_dims; i++)
    fits = found->dims[i] == t->dims[i];
  if (!fits)
    return ink_fail(err, INK_E_DATA, "tensor %s has another shape than the model's", name);
  if (found->type != (t->role == INK_ROLE_COUNTER ? INK_SAFE_I64 : INK_SAFE_F32))
    return ink_fail(err, INK_E_DATA, "tensor %s is of another type than the model's", name);
  if (t->role == INK_ROLE_COUNTER || ends_with(name, "running_var") ||
      strcmp(prefix, MEAN_SQUARES) == 0)
    INK_TRY(check_sign(file, found, err));
  found->used = true;
  *bytes = file->data + found->start;
  return INK_OK;
}

static void take_value(const ink_tensor *t, const uint8_t *bytes)
{
  if (t->role == INK_ROLE_COUNTER) {
    int64_t value;
    memcpy(&value, bytes, sizeof value);
    *t->value = (float)value;
  } else {
    ink_tensor_import(t, bytes, t->value);
  }
}

/* Whether the file is torchvision's ResNet, whose last layer has no place here. */
static bool leave_fc(const ink_safe_file *file)
{
  ink_safe_tensor *weight = ink_safe_find(file, "fc.weight"),
                  *bias = ink_safe_find(file, "fc.bias");
  if (!weight || !bias || !ink_safe_find(file, "layer4.0.conv1.weight"))
    return false;
  weight->used = bias->used = true;
  return true;
}

static ink_status take_weights(ink_safe_file *file, const ink_model *model, bool write,
                               ink_error *err)
{
  const bool body_only = leave_fc(file);
  for (size_t t = 0; t < model->n_tensors; t++) {
    const uint8_t *bytes;
    if (body_only && strncmp(model->tensors[t]->name, "0.", 2) != 0)
      continue;
    INK_TRY(look_up(file, "", model->tensors[t], &bytes, err));
    if (write)
      take_value(model->tensors[t], bytes);
  }
  return INK_OK;
}

static ink_status take_state(ink_safe_file *file, const char *prefix, const ink_model *model,
                             float *state, ink_error *err)
{
  for (size_t t = 0; t < model->n_tensors; t++) {
    const ink_tensor *tensor = model->tensors[t];
    const uint8_t *bytes;
    if (!ink_tensor_is_trained(tensor))
      continue;
    INK_TRY(look_up(file, prefix, tensor, &bytes, err));
    ink_tensor_import_gradient(tensor, bytes, state + (tensor->gradient - model->gradients));
  }
  return INK_OK;
}

/* After the model's own: without a run to go on with, both are the same. */
static ink_status take_trained(ink_learner *learner, ink_safe_file *file, bool resumed,
                               ink_error *err)
{
  ink_average_begin(learner);
  ink_average_train(learner);
  ink_status status = INK_OK;
  for (size_t t = 0;
       resumed && learner->trained && status == INK_OK && t < learner->model->n_tensors; t++) {
    const uint8_t *bytes;
    if (learner->model->tensors[t]->role == INK_ROLE_COUNTER) /* the same in both */
      continue;
    status = look_up(file, TRAINED, learner->model->tensors[t], &bytes, err);
    if (status == INK_OK)
      take_value(learner->model->tensors[t], bytes);
  }
  memcpy(learner->kept, learner->model->values, learner->model->n_values * sizeof *learner->kept);
  ink_average_show(learner);
  return status;
}

static ink_status refuse_extra(const ink_safe_file *file, bool states_too, ink_error *err)
{
  for (size_t i = 0; i < file->n; i++)
    if (!file->tensors[i].used &&
        (states_too || strncmp(file->tensors[i].name, "optimizer.", 10) != 0))
      return ink_fail(err, INK_E_DATA, "the file has a tensor %s, which the model does not",
                      file->tensors[i].name);
  return INK_OK;
}

ink_status ink_weights_read(ink_learner *learner, const uint8_t *bytes, size_t len, ink_error *err)
{
  ink_safe_file file;
  INK_TRY(read_file(&file, bytes, len, err));
  ink_status status = take_weights(&file, learner->model, false, err);
  if (status == INK_OK)
    status = refuse_extra(&file, false, err);
  if (status == INK_OK) {
    take_weights(&file, learner->model, true, NULL);
    ink_model_touch(learner->model);
    take_trained(learner, &file, false, NULL);
  }
  ink_safe_release(&file);
  return status;
}

static ink_status check_classes(const char *names, const ink_dataset *dataset, ink_error *err)
{
  size_t i = 0;
  for (; *names; i++) {
    const size_t len = strcspn(names, "\n");
    if (i == dataset->n_classes || strlen(dataset->class_names[i]) != len ||
        memcmp(dataset->class_names[i], names, len) != 0)
      return ink_fail(err, INK_E_DATA,
                      "the checkpoint's class %zu is '%.*s', which the data set's is not", i,
                      (int)ink_min_size(len, 64), names);
    names += len + (names[len] == '\n');
  }
  return i == dataset->n_classes
             ? INK_OK
             : ink_fail(err, INK_E_DATA, "the checkpoint has %zu classes, the data set %zu", i,
                        dataset->n_classes);
}

/* How much of a file is taken. */
typedef enum taking {
  TAKE_RUN,    /* with its position in its run, if it has one; of other data it is refused */
  TAKE_NETWORK /* that too, if the data are as many; else only the network */
} taking;

/* Whether the learner is now at the file's position. */
static ink_status restore_progress(ink_learner *learner, const char *progress, taking what,
                                   bool *resumed, ink_error *err)
{
  double p[PROGRESS] = {0};
  *resumed = false;
  if (!progress)
    return INK_OK;
  INK_TRY(parse_progress(progress, p, err));
  if (what == TAKE_NETWORK && !is_same_data(learner, p))
    return INK_OK;
  INK_TRY(set_progress(learner, p, err));
  *resumed = true;
  return INK_OK;
}

static ink_status restore(ink_learner *learner, ink_safe_file *file, taking what, ink_error *err)
{
  const ink_model *model = learner->model;
  const char *prefixes[2];
  float *states[2];
  bool resumed; /* first: entering a fit clears the optimiser's state */
  INK_TRY(restore_progress(learner, ink_safe_metadata(file, "progress"), what, &resumed, err));
  const size_t n_states = resumed ? states_of(&learner->optimizer, prefixes, states) : 0;
  INK_TRY(take_weights(file, model, true, err));
  for (size_t s = 0; s < n_states; s++)
    INK_TRY(take_state(file, prefixes[s], model, states[s], err));
  INK_TRY(take_trained(learner, file, resumed, err));
  INK_TRY(refuse_extra(file, resumed, err));
  ink_model_touch(learner->model);
  return INK_OK;
}

/* Says whether the model line is the name of the preset. Blanks around it do not matter. */
static bool is_preset(const char *model, const ink_preset *preset)
{
  const size_t len = strlen(preset->name);
  model += strspn(model, " \t");
  return strncmp(model, preset->name, len) == 0 && model[len + strspn(model + len, " \t")] == 0;
}

/* A preset may be another model by now than when the file was written, which spells it out. */
static void use_line(ink_settings *settings, const char *line)
{
  for (size_t i = 0; line && ink_preset_at(i); i++)
    if (is_preset(settings->model, ink_preset_at(i)) && strcmp(line, ink_preset_at(i)->line) != 0 &&
        strlen(line) < sizeof settings->model)
      memcpy(settings->model, line, strlen(line) + 1);
}

/*
 * Other programs build the network from the file's model line, so that line must equal the one that the core
 * writes for the network. In a file without a line the settings describe the network.
 */
static ink_status check_line(const char *line, const ink_model *model, ink_error *err)
{
  return !line || strcmp(line, model->line) == 0
             ? INK_OK
             : ink_fail(err, INK_E_DATA,
                        "the file says two things of its model: its line is '%.100s', its settings "
                        "make '%.100s'",
                        line, model->line);
}

static ink_status read_checkpoint(ink_learner **learner, const ink_dataset *dataset,
                                  ink_safe_file *file, taking what, const ink_kernels *kernels,
                                  ink_error *err)
{
  const char *text = ink_safe_metadata(file, "settings"),
             *classes = ink_safe_metadata(file, "classes");
  const char *line = ink_safe_metadata(file, "line");
  if (!text || !classes)
    return ink_fail(
        err, INK_E_DATA,
        "the file does not say its model: load its weights into a model that you choose");
  ink_settings settings;
  INK_TRY(ink_settings_parse(&settings, text, err));
  use_line(&settings, line);
  INK_TRY(check_classes(classes, dataset, err));
  INK_TRY(ink_learner_create(learner, dataset, &settings, kernels, err));
  ink_status status = check_line(line, (*learner)->model, err);
  if (status == INK_OK)
    status = restore(*learner, file, what, err);
  if (status != INK_OK) {
    ink_learner_free(*learner);
    *learner = NULL;
  }
  return status;
}

ink_status ink_checkpoint_read(ink_learner **learner, const ink_dataset *dataset,
                               const uint8_t *bytes, size_t len, const ink_kernels *kernels,
                               ink_error *err)
{
  ink_safe_file file;
  INK_TRY(read_file(&file, bytes, len, err));
  const ink_status status = read_checkpoint(learner, dataset, &file, TAKE_RUN, kernels, err);
  ink_safe_release(&file);
  return status;
}

/* A data set without pictures, of those classes. */
static ink_status make_classes(const char *names, ink_dataset **out, ink_error *err)
{
  ink_dataset *dataset = ink_alloc(sizeof *dataset);
  if (!dataset)
    return ink_fail(err, INK_E_MEMORY, "not enough memory to read a checkpoint");
  *out = dataset;
  while (*names) {
    const size_t len = strcspn(names, "\n");
    if (dataset->n_classes == INK_MAX_CLASSES)
      return ink_fail(err, INK_E_DATA, "the checkpoint's class %zu is one too many",
                      dataset->n_classes);
    if (!ink_is_class_name(names, len))
      return ink_fail(
          err, INK_E_DATA,
          "the name of the checkpoint's class %zu is empty, too long, or has control characters",
          dataset->n_classes);
    char *name = dataset->class_names[dataset->n_classes];
    memcpy(name, names, len);
    for (size_t i = 0; i < dataset->n_classes; i++)
      if (strcmp(dataset->class_names[i], name) == 0)
        return ink_fail(err, INK_E_DATA, "the checkpoint's classes %zu and %zu have one name, '%s'",
                        i, dataset->n_classes, name);
    dataset->n_classes++;
    names += len + (names[len] == '\n');
  }
  return dataset->n_classes >= INK_MIN_CLASSES
             ? INK_OK
             : ink_fail(err, INK_E_DATA, "the checkpoint has %zu classes; %d are the least",
                        dataset->n_classes, INK_MIN_CLASSES);
}

ink_status ink_network_read(ink_learner **learner, ink_dataset **dataset, const uint8_t *bytes,
                            size_t len, const ink_kernels *kernels, ink_error *err)
{
  ink_safe_file file;
  ink_dataset *made = NULL;
  INK_TRY(read_file(&file, bytes, len, err));
  const char *names = ink_safe_metadata(&file, "classes");
  ink_status status = names && !*dataset ? make_classes(names, &made, err) : INK_OK;
  if (status == INK_OK) /* without names it says what is missing */
    status = read_checkpoint(learner, made ? made : *dataset, &file, TAKE_NETWORK, kernels, err);
  ink_safe_release(&file);
  if (status != INK_OK)
    ink_dataset_free(made);
  else if (made)
    *dataset = made;
  return status;
}
