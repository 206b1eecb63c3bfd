/*
 * read.c - a file becomes a learner. What is read goes into a new learner: the one that is there
 * changes only when the whole file has been found sound.
 */
#include "checkpoint.h"
#include "safetensors.h"

#include <stdio.h>
#include <string.h>

/* Checks a file that was read as safetensors. Files of other programs have no checksum. */
static ink_status check_checksum(const ink_safe_file *file, const uint8_t *bytes, size_t len,
                                 ink_error *err)
{
  const char *format = ink_safe_metadata(file, "format"),
             *version = ink_safe_metadata(file, "version");
  const bool ours = format && strcmp(format, INK_FILE_FORMAT) == 0;
  const bool begins = len > INK_CHECKSUM_AT + INK_CHECKSUM_LEN &&
                      memcmp(bytes + 8, INK_CHECKSUM_BEFORE, sizeof INK_CHECKSUM_BEFORE - 1) == 0;
  if (!ours && !begins)
    return INK_OK;
  if (ours && (!version || strcmp(version, INK_FILE_VERSION) != 0))
    return ink_fail(
        err, INK_E_DATA,
        "the checkpoint is of version %.20s; this Inklearn reads version " INK_FILE_VERSION
        ": open it with a newer one",
        version ? version : "none");
  char text[INK_CHECKSUM_LEN + 1];
  if (begins)
    ink_checksum_text(bytes, len, text);
  if (!begins || memcmp(bytes + INK_CHECKSUM_AT, text, INK_CHECKSUM_LEN) != 0)
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

/* torchvision's names for the parts of a body that the model line names by number. */
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

/* Refuses negative means of squares and counts: the next step would compute NaN from them. */
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

/* Finds the file's tensor `prefix` + name, and checks shape, type and sign. *bytes: its data. */
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
      strcmp(prefix, INK_SECOND_PREFIX) == 0)
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

/* Returns true if the file is torchvision's ResNet; its last layer is left out. */
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

/* Reads the weights that the optimiser steps, beside their averages. Both have the same counts. */
static ink_status take_trained(ink_safe_file *file, const ink_model *model, float *trained,
                               ink_error *err)
{
  for (size_t t = 0; t < model->n_tensors; t++) {
    const ink_tensor *tensor = model->tensors[t];
    const uint8_t *bytes;
    if (tensor->role == INK_ROLE_COUNTER)
      continue;
    INK_TRY(look_up(file, INK_TRAINED_PREFIX, tensor, &bytes, err));
    ink_tensor_import(tensor, bytes, trained + (tensor->value - model->values));
  }
  return INK_OK;
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
  const ink_model *model = ink_learner_model(learner);
  ink_status status = take_weights(&file, model, false, err);
  if (status == INK_OK)
    status = refuse_extra(&file, false, err);
  if (status == INK_OK) {
    take_weights(&file, model, true, NULL);
    ink_learner_adopt_values(learner);
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

/* How much is taken from a file. */
typedef enum taking {
  TAKE_RUN,    /* also its position in a run, if it has one; a run on other data is refused */
  TAKE_NETWORK /* the position only if the data set has as many pictures as the run's */
} taking;

/* Moves the learner to the file's position. *resumed: false if it stays at the start of a run. */
static ink_status restore_progress(ink_learner *learner, const char *text, taking what,
                                   bool *resumed, ink_error *err)
{
  ink_progress progress;
  *resumed = false;
  if (!text)
    return INK_OK;
  INK_TRY(ink_progress_parse(text, &progress, err));
  if (what == TAKE_NETWORK && !ink_progress_is_on(&progress, ink_learner_dataset(learner)))
    return INK_OK;
  INK_TRY(ink_learner_resume_at(learner, &progress, err));
  *resumed = true;
  return INK_OK;
}

/* The position comes first: moving there clears the optimiser's state. */
static ink_status restore(ink_learner *learner, ink_safe_file *file, taking what, ink_error *err)
{
  const ink_model *model = ink_learner_model(learner);
  ink_state states[2];
  bool resumed;
  INK_TRY(restore_progress(learner, ink_safe_metadata(file, "progress"), what, &resumed, err));
  const ink_numbers numbers = ink_learner_numbers(learner);
  const size_t n_states = resumed ? ink_list_states(&numbers, states) : 0;
  INK_TRY(take_weights(file, model, true, err));
  for (size_t s = 0; s < n_states; s++)
    INK_TRY(take_state(file, states[s].prefix, model, states[s].values, err));
  ink_learner_adopt_values(learner);
  if (resumed && numbers.trained) {
    INK_TRY(take_trained(file, model, numbers.trained, err));
    ink_learner_adopt_trained(learner);
  }
  return refuse_extra(file, resumed, err);
}

/* Returns true if the model line is the name of the preset; blanks around it are allowed. */
static bool is_preset(const char *model, const ink_preset *preset)
{
  const size_t len = strlen(preset->name);
  model += strspn(model, " \t");
  return strncmp(model, preset->name, len) == 0 && model[len + strspn(model + len, " \t")] == 0;
}

/* A preset may have changed since the file was written: then the file's own line is used. */
static void use_line(ink_settings *settings, const char *line)
{
  for (size_t i = 0; line && ink_preset_at(i); i++)
    if (is_preset(settings->model, ink_preset_at(i)) && strcmp(line, ink_preset_at(i)->line) != 0 &&
        strlen(line) < sizeof settings->model)
      memcpy(settings->model, line, strlen(line) + 1);
}

/* A comparison of a text that comes in pieces with another text. */
typedef struct comparison {
  const char *rest; /* what is left of the other text */
  bool same;
} comparison;

/* Compares the next piece. An ink_put whose context is a comparison. */
static void compare(void *context, const char *text, size_t len)
{
  comparison *c = context;
  c->same = c->same && strncmp(c->rest, text, len) == 0;
  if (c->same)
    c->rest += len;
}

/*
 * Other programs show the file's model line, so it must equal the one that the core writes for the
 * network that the settings describe. A file of the first versions has no line.
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

/*
 * Other programs build the network from the file's resolved layers, so they too must equal what the
 * core writes for the network. A file of an earlier version has none.
 */
static ink_status check_layers(const char *layers, const ink_model *model, ink_error *err)
{
  comparison ours = {layers, true};
  if (!layers)
    return INK_OK;
  ink_model_write_layers(model, compare, &ours);
  return ours.same && !*ours.rest
             ? INK_OK
             : ink_fail(err, INK_E_DATA,
                        "the file says two things of its model: its layers are not those of "
                        "'%.100s'",
                        model->line);
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
  ink_status status = check_line(line, ink_learner_model(*learner), err);
  if (status == INK_OK)
    status = restore(*learner, file, what, err);
  if (status == INK_OK)
    status = check_layers(ink_safe_metadata(file, "layers"), ink_learner_model(*learner), err);
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

/* Makes a data set without pictures from the names of its classes. */
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
  if (status == INK_OK) /* a file without class names is refused there */
    status = read_checkpoint(learner, made ? made : *dataset, &file, TAKE_NETWORK, kernels, err);
  ink_safe_release(&file);
  if (status != INK_OK)
    ink_dataset_free(made);
  else if (made)
    *dataset = made;
  return status;
}
