/*
 * api.c - the one session behind the exported functions: checks what comes in, owns what lives on.
 */
#include "api_session.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A draw that no augmentation makes: which picture is shown. */
enum { PREVIEW_ITEM = 1 << 20 };

static struct session {
  ink_error error;
  uint8_t *input;
  size_t input_len, input_capacity;
  ink_loader *loader;
  ink_load_report report; /* of the last load that ended */
  double counts[7];
  ink_dataset *dataset;
  ink_learner *learner;
  ink_learner *reader; /* of reader_classes, a data set without pictures */
  ink_dataset *reader_classes;
  ink_event event;
  size_t find_steps,
      find_most; /* points of the last sweep of the learning-rate finder; asked for */
  double find_lr[INK_FINDER_STEPS_MAX], find_loss[INK_FINDER_STEPS_MAX], find_point[3];
  double suggestions[4];
  uint8_t *saved; /* the last checkpoint that was written */
  size_t saved_len;
  char text[65536];
  double filter_shape[4];
  float *filters;
  uint8_t preview[INK_PREVIEW_MAX][INK_PIXELS], preview_labels[INK_PREVIEW_MAX];
  uint8_t digit[INK_PIXELS];
  float probabilities[INK_MAX_CLASSES];
} session;

const char *ink_api_error(void)
{
  return session.error.text;
}

const char *ink_api_variant(void)
{
  return ink_kernels_at(0)->name;
}

uint8_t *ink_api_input(size_t len)
{
  if (len >= session.input_capacity) {
    uint8_t *grown = len < SIZE_MAX ? ink_alloc(len + 1) : NULL;
    if (!grown)
      return NULL;
    ink_free(session.input);
    session.input = grown;
    session.input_capacity = len + 1;
  }
  session.input_len = len;
  session.input[len] = 0;
  return session.input;
}

/* The input as text; empty before the first. */
static const char *input_text(void)
{
  return session.input ? (const char *)session.input : "";
}

static int no_load(void)
{
  return (int)ink_fail(&session.error, INK_E_STATE, "no load has been started");
}

static int no_data(void)
{
  return (int)ink_fail(&session.error, INK_E_STATE, "no data set is loaded yet");
}

int ink_session_no_learner(void)
{
  return (int)ink_fail(&session.error, INK_E_STATE, "no training has been started");
}

/* ---- for the other files ---- */

ink_error *ink_session_error(void)
{
  return &session.error;
}

const uint8_t *ink_session_input(size_t *len)
{
  *len = session.input_len;
  return session.input;
}

ink_dataset *ink_session_dataset(void)
{
  return session.dataset;
}

ink_learner *ink_session_learner(void)
{
  return session.learner;
}

static bool same_classes(const ink_dataset *a, const ink_dataset *b)
{
  bool same = a->n_classes == b->n_classes;
  for (size_t i = 0; same && i < a->n_classes; i++)
    same = strcmp(a->class_names[i], b->class_names[i]) == 0;
  return same;
}

ink_learner *ink_session_reader(void)
{
  const bool fits =
      session.reader && session.dataset && same_classes(session.dataset, session.reader_classes);
  return session.learner ? session.learner : fits ? session.reader : NULL;
}

void ink_session_replace(ink_dataset *dataset, ink_learner *learner)
{
  ink_api_reset(); /* it learnt from the old data set */
  if (dataset != session.dataset)
    ink_dataset_free(session.dataset);
  session.dataset = dataset;
  session.learner = learner;
}

uint8_t *ink_session_digit(void)
{
  return session.digit;
}

/* ---- data ---- */

static void close_loader(void)
{
  if (session.loader)
    session.report = *ink_loader_report(session.loader);
  ink_loader_free(session.loader);
  session.loader = NULL;
}

int ink_api_load_start(void)
{
  close_loader();
  return (int)ink_loader_create(&session.loader, &session.error);
}

int ink_api_load_stream(void)
{
  return session.loader ? (int)ink_loader_begin(session.loader, input_text(), &session.error)
                        : no_load();
}

int ink_api_load_push(size_t len)
{
  if (!session.loader)
    return no_load();
  if (len > session.input_len)
    return (int)ink_fail(&session.error, INK_E_ARGUMENT,
                         "a push of %zu bytes, but the input holds %zu", len, session.input_len);
  return (int)ink_loader_push(session.loader, session.input, len, &session.error);
}

int ink_api_load_end(void)
{
  return session.loader ? (int)ink_loader_end(session.loader, &session.error) : no_load();
}

int ink_api_load_skip(void)
{
  return session.loader ? (int)ink_loader_skip(session.loader, input_text(), &session.error)
                        : no_load();
}

int ink_api_load_wanted(void)
{
  return session.loader && ink_loader_wants(session.loader);
}

void ink_api_load_number_classes(void)
{
  if (session.loader)
    ink_loader_number_classes(session.loader);
}

int ink_api_load_settle(void)
{
  return session.loader ? (int)ink_loader_settle(session.loader, &session.error) : no_load();
}

const char *ink_api_load_class(size_t index)
{
  return session.loader ? ink_loader_class(session.loader, index) : NULL;
}

int ink_api_load_rename_class(size_t index)
{
  return session.loader
             ? (int)ink_loader_rename_class(session.loader, index, input_text(), &session.error)
             : no_load();
}

int ink_api_load_finish(void)
{
  if (!session.loader)
    return no_load();
  ink_dataset *dataset;
  const ink_status status = ink_loader_finish(session.loader, &dataset, &session.error);
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
  return session.loader ? ink_loader_report(session.loader) : &session.report;
}

int ink_api_hold_out(size_t count, double seed)
{
  if (!session.dataset)
    return no_data();
  if (!(seed >= 0 && seed <= 9007199254740991.0))
    return (int)ink_fail(&session.error, INK_E_ARGUMENT, "no seed can be %g", seed);
  INK_TRY_INT(ink_dataset_hold_out(session.dataset, count, (uint64_t)seed, &session.error));
  ink_api_reset(); /* it learnt from pictures that are now held out */
  return INK_OK;
}

const double *ink_api_load_counts(void)
{
  const ink_load_report *r = report();
  const double counts[7] = {(double)r->bytes,   (double)r->train,      (double)r->valid,
                            (double)r->skipped, (double)r->n_problems, (double)r->unused_test,
                            (double)r->litter};
  memcpy(session.counts, counts, sizeof counts);
  return session.counts;
}

const char *ink_api_problem_path(size_t index)
{
  return index < report()->n_problems ? report()->problems[index].path : NULL;
}

const char *ink_api_problem_reason(size_t index)
{
  return index < report()->n_problems ? report()->problems[index].reason : NULL;
}

size_t ink_api_class_count(void)
{
  return session.dataset ? session.dataset->n_classes : 0;
}

const char *ink_api_class_name(size_t index)
{
  return index < ink_api_class_count() ? session.dataset->class_names[index] : NULL;
}

/* NULL where there is no such picture. */
static const ink_items *items_with(int split, size_t index)
{
  if (!session.dataset || split < 0 || split > 1)
    return NULL;
  const ink_items *items = split == 0 ? &session.dataset->train : &session.dataset->valid;
  return index < items->count ? items : NULL;
}

size_t ink_api_picture_count(int split)
{
  const ink_items *items = items_with(split, 0);
  return items ? items->count : 0;
}

const uint8_t *ink_api_picture(int split, size_t index)
{
  const ink_items *items = items_with(split, index);
  return items ? items->pixels + index * INK_PIXELS : NULL;
}

int ink_api_label(int split, size_t index)
{
  const ink_items *items = items_with(split, index);
  return items ? items->labels[index] : -1;
}

const char *ink_api_path(int split, size_t index)
{
  const ink_items *items = items_with(split, index);
  return items && items->paths ? items->paths[index] : NULL;
}

/* ---- training ---- */

/* Appends to session.text; what does not fit is cut. */
static void append(const char *format, ...) INK_PRINTF(1, 2);
static void append(const char *format, ...)
{
  const size_t used = strlen(session.text);
  va_list args;
  va_start(args, format);
  vsnprintf(session.text + used, sizeof session.text - used, format, args);
  va_end(args);
}

static size_t parameters_of(const ink_layer *layer)
{
  size_t count = 0;
  for (size_t t = 0; t < layer->n_tensors; t++)
    if (ink_tensor_is_trained(&layer->tensors[t]))
      count += layer->tensors[t].count;
  return count;
}

/* A weight meets each pixel of a convolution's output once, and a vector once. */
static double macs_of(const ink_model *model)
{
  double macs = 0;
  for (size_t i = 0; i < model->n_layers; i++) {
    const ink_layer *layer = &model->layers[i];
    for (size_t t = 0; t < layer->n_tensors; t++)
      if (layer->tensors[t].role == INK_ROLE_WEIGHT)
        macs += (double)layer->tensors[t].count * (double)(layer->out.height * layer->out.width);
  }
  return macs;
}

static ink_status describe(void)
{
  ink_settings settings;
  size_t bytes;
  INK_TRY(ink_settings_parse(&settings, input_text(), &session.error));
  INK_TRY(ink_learner_bytes(session.dataset, &settings, NULL, &bytes, &session.error));
  ink_model *model;
  const ink_shape input = {.channels = 1, .height = INK_SIDE, .width = INK_SIDE};
  INK_TRY(
      ink_model_create(&model, settings.model, input, session.dataset->n_classes, &session.error));
  session.text[0] = 0;
  append("line\t%s\nparameters\t%zu\nbytes\t%zu\n", model->line, model->n_parameters, bytes);
  for (size_t i = 0; i < model->n_layers; i++) {
    const ink_layer *layer = &model->layers[i];
    append("layer\t%s\t%zu\t%zu\t%zu\t%zu\t%d\n", layer->type->word, layer->out.channels,
           layer->out.height, layer->out.width, parameters_of(layer), layer->out.flat);
  }
  append("macs\t%.0f\n", macs_of(model));
  ink_model_free(model);
  return INK_OK;
}

int ink_api_describe(void)
{
  return session.dataset ? (int)describe() : no_data();
}

const char *ink_api_text(void)
{
  return session.text;
}

int ink_api_train(void)
{
  if (!session.dataset)
    return no_data();
  ink_settings settings;
  ink_learner *learner;
  INK_TRY_INT(ink_settings_parse(&settings, input_text(), &session.error));
  INK_TRY_INT(ink_learner_create(&learner, session.dataset, &settings, NULL, &session.error));
  ink_learner_free(session.learner);
  session.learner = learner;
  return INK_OK;
}

int ink_api_continue(void)
{
  if (!session.learner)
    return ink_session_no_learner();
  ink_settings settings;
  ink_learner *learner;
  INK_TRY_INT(ink_settings_parse(&settings, input_text(), &session.error));
  INK_TRY_INT(ink_learner_check(session.learner, &session.error));
  INK_TRY_INT(ink_learner_continue(&learner, session.learner, &settings, NULL, &session.error));
  ink_learner_free(session.learner);
  session.learner = learner;
  return INK_OK;
}

int ink_api_advance(void)
{
  if (!session.learner)
    return ink_session_no_learner();
  return (int)ink_learner_advance(session.learner, &session.event, &session.error);
}

int ink_api_advance_part(void)
{
  if (!session.learner)
    return ink_session_no_learner();
  return (int)ink_learner_advance_part(session.learner, &session.event, &session.error);
}

int ink_api_evaluate(void)
{
  if (!session.learner)
    return ink_session_no_learner();
  return (int)ink_learner_evaluate(session.learner, &session.event, &session.error);
}

int ink_api_evaluate_shifted(void)
{
  if (!session.learner)
    return ink_session_no_learner();
  return (int)ink_learner_evaluate_shifted(session.learner, &session.event, &session.error);
}

const double *ink_api_event(void)
{
  return &session.event.kind;
}

int ink_api_find_begin(double start, double end, size_t steps)
{
  if (!session.learner)
    return (int)ink_fail(&session.error, INK_E_STATE, "there is no model to find a rate for");
  session.find_steps = 0;
  session.find_most = steps;
  return (int)ink_learner_find_begin(session.learner, start, end, steps, &session.error);
}

int ink_api_find_step(void)
{
  const size_t i = session.find_steps;
  if (!session.learner || !session.learner->finder.memory || i == INK_FINDER_STEPS_MAX)
    return (int)ink_fail(&session.error, INK_E_STATE, "no sweep has been started");
  bool done;
  ink_learner_find_step(session.learner, &session.find_lr[i], &session.find_loss[i], &done);
  session.find_point[0] = session.find_lr[i];
  session.find_point[1] = session.find_loss[i];
  session.find_point[2] = done;
  session.find_steps++;
  return INK_OK;
}

const double *ink_api_find_point(void)
{
  return session.find_point;
}

void ink_api_find_end(void)
{
  if (session.learner)
    ink_learner_find_end(session.learner);
}

const double *ink_api_suggestions(void)
{
  /* fastai: without a tenth of the points asked for at the start, and five of those there at the
   * end */
  const ink_suggestions s = ink_suggest(session.find_lr, session.find_loss, session.find_steps,
                                        session.find_most / 10, 5);
  const double found[4] = {s.found, session.find_lr[s.minimum] / 10, session.find_lr[s.steep],
                           session.find_lr[s.valley]};
  memcpy(session.suggestions, found, sizeof found);
  return session.suggestions;
}

const uint32_t *ink_api_confusion(void)
{
  return session.learner ? session.learner->confusion : NULL;
}

const float *ink_api_valid_losses(void)
{
  return session.learner ? session.learner->valid_losses : NULL;
}

const uint8_t *ink_api_valid_predicted(void)
{
  return session.learner ? session.learner->valid_predicted : NULL;
}

double ink_api_valid_probability(size_t index)
{
  return session.learner && index < session.dataset->valid.count
             ? ink_learner_valid_probability(session.learner, index)
             : NAN;
}

/* NULL where the first weights do not lie as pixels do. */
static const ink_tensor *filter_tensor(void)
{
  if (!session.learner || session.learner->model->n_tensors == 0)
    return NULL;
  const ink_tensor *weights = session.learner->model->tensors[0];
  const bool whole = weights->n_dims == 2 && weights->dims[1] == INK_PIXELS;
  return whole || weights->n_dims == 4 ? weights : NULL;
}

const double *ink_api_filter_shape(void)
{
  const ink_tensor *weights = filter_tensor();
  for (size_t i = 0; i < 4; i++)
    session.filter_shape[i] = !weights               ? 0
                              : weights->n_dims == 4 ? (double)weights->dims[i]
                              : i == 0               ? (double)weights->dims[0]
                              : i == 1               ? 1
                                                     : INK_SIDE;
  return session.filter_shape;
}

const float *ink_api_filters(void)
{
  const ink_tensor *weights = filter_tensor();
  ink_free(session.filters);
  session.filters = weights ? ink_alloc(weights->count * sizeof(float)) : NULL;
  if (session.filters)
    ink_tensor_export(weights, weights->value, session.filters);
  else
    ink_fail(&session.error, INK_E_MEMORY, "not enough memory to look at the first layer");
  return session.filters;
}

void ink_api_reset(void)
{
  ink_learner_free(session.learner);
  session.learner = NULL;
}

/* ---- augmented pictures ---- */

static ink_status preview(size_t count, double draw)
{
  ink_settings settings;
  ink_augmenter *augmenter = NULL;
  INK_TRY(ink_settings_parse(&settings, input_text(), &session.error));
  if (count < 1 || count > INK_PREVIEW_MAX || !(draw >= 0 && draw < 1e15))
    return ink_fail(&session.error, INK_E_ARGUMENT, "a preview has 1 to %d pictures, not %zu",
                    INK_PREVIEW_MAX, count);
  if (settings.augment != 0)
    INK_TRY(ink_augmenter_create(&augmenter, (unsigned)settings.augment, settings.augment_strength,
                                 &session.error));
  const ink_items *items = &session.dataset->train;
  const ink_random stream =
      ink_random_stream((uint64_t)settings.seed, INK_FOR_PREVIEW, (uint64_t)draw);
  const ink_crop crop = augmenter ? ink_augment_crop(augmenter, ink_random_split(stream, count))
                                  : ink_augment_whole();
  for (size_t i = 0; i < count; i++) {
    const ink_random own = ink_random_split(stream, i);
    const size_t item = ink_random_u64(own, PREVIEW_ITEM) % items->count;
    const uint8_t *picture = items->pixels + item * INK_PIXELS;
    session.preview_labels[i] = items->labels[item];
    if (!augmenter) {
      memcpy(session.preview[i], picture, INK_PIXELS);
      continue;
    }
    float values[INK_PIXELS];
    ink_augment(augmenter, &own, crop, picture, values);
    for (size_t p = 0; p < INK_PIXELS; p++)
      session.preview[i][p] = (uint8_t)(fminf(fmaxf(values[p], 0), 1) * 255.0f);
  }
  ink_augmenter_free(augmenter);
  return INK_OK;
}

int ink_api_preview(size_t count, double draw)
{
  return session.dataset ? (int)preview(count, draw) : no_data();
}

const uint8_t *ink_api_preview_pixels(void)
{
  return session.preview[0];
}

const uint8_t *ink_api_preview_labels(void)
{
  return session.preview_labels;
}

/* ---- checkpoints ---- */

int ink_api_save(int resumable)
{
  if (!session.learner)
    return ink_session_no_learner();
  INK_TRY_INT(ink_learner_check(session.learner, &session.error));
  const size_t len = ink_checkpoint_write(session.learner, resumable != 0, NULL);
  ink_free(session.saved); /* before, not after: both together may be too much */
  session.saved = ink_alloc(len);
  session.saved_len = session.saved ? len : 0;
  if (!session.saved)
    return (int)ink_fail(&session.error, INK_E_MEMORY,
                         "not enough memory for a checkpoint (%zu MB)", len >> 20);
  ink_checkpoint_write(session.learner, resumable != 0, session.saved);
  return INK_OK;
}

const uint8_t *ink_api_saved(void)
{
  return session.saved;
}

size_t ink_api_saved_length(void)
{
  return session.saved_len;
}

ink_status ink_session_check_input(size_t len)
{
  return len <= session.input_len
             ? INK_OK
             : ink_fail(&session.error, INK_E_ARGUMENT,
                        "%zu bytes are asked for, the input holds %zu", len, session.input_len);
}

int ink_api_restore(size_t len)
{
  if (!session.dataset)
    return no_data();
  INK_TRY_INT(ink_session_check_input(len));
  ink_learner *learner;
  INK_TRY_INT(
      ink_checkpoint_read(&learner, session.dataset, session.input, len, NULL, &session.error));
  ink_learner_free(session.learner);
  session.learner = learner;
  return INK_OK;
}

int ink_api_train_with(size_t settings_len, size_t len)
{
  if (!session.dataset)
    return no_data();
  if (settings_len >= SIZE_MAX - len)
    return (int)ink_fail(&session.error, INK_E_ARGUMENT, "more bytes than memory has");
  INK_TRY_INT(ink_session_check_input(settings_len + 1 + len));
  if (session.input[settings_len] != 0)
    return (int)ink_fail(&session.error, INK_E_ARGUMENT, "no 0 follows the settings");
  ink_settings settings;
  ink_learner *learner;
  INK_TRY_INT(ink_settings_parse(&settings, input_text(), &session.error));
  INK_TRY_INT(ink_learner_create(&learner, session.dataset, &settings, NULL, &session.error));
  const ink_status status =
      ink_weights_read(learner, session.input + settings_len + 1, len, &session.error);
  if (status != INK_OK) {
    ink_learner_free(learner);
    return (int)status;
  }
  ink_learner_free(session.learner);
  session.learner = learner;
  return INK_OK;
}

/* ---- reading a digit ---- */

const uint8_t *ink_api_digit(void)
{
  return session.digit;
}

int ink_api_reader(size_t len)
{
  INK_TRY_INT(ink_session_check_input(len));
  ink_learner *learner;
  ink_dataset *classes = NULL;
  INK_TRY_INT(ink_network_read(&learner, &classes, session.input, len, NULL, &session.error));
  ink_learner_free(session.reader);
  ink_dataset_free(session.reader_classes);
  session.reader = learner;
  session.reader_classes = classes;
  return INK_OK;
}

const float *ink_api_probabilities(void)
{
  ink_learner *reader = ink_session_reader();
  if (!reader)
    return NULL;
  ink_learner_predict(reader, session.digit, session.probabilities);
  return session.probabilities;
}
