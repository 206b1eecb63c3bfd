/*
 * ink_api.h - every function that the WebAssembly module exports, besides those that
 * start its threads (ink_base.h).
 *
 * One session lives in the module: a data set, perhaps a load in progress, perhaps a learner.
 * Arguments and results are numbers and addresses. Bytes and text go in through `ink_api_input`;
 * what a function returns an address of is valid until the next call. A status that is not 0 has
 * its text in `ink_api_error`.
 */
#ifndef INK_API_H
#define INK_API_H

#include "ink_base.h"

/* The last error, UTF-8, ends with 0. */
INK_EXPORT(ink_api_error) const char *ink_api_error(void);
/* Name of the kernels in use. */
INK_EXPORT(ink_api_variant) const char *ink_api_variant(void);
/*
 * Everything that the core can list, as JSON in UTF-8 that ends with 0: settings, optimisers, schedules,
 * augmentation, words, models, presets, event, statuses, sizes. Equal for equal builds, never NULL (schema.c).
 */
INK_EXPORT(ink_api_schema) const char *ink_api_schema(void);
/* `len` writable bytes and a final 0 behind them, NULL if there is no memory for them. */
INK_EXPORT(ink_api_input) uint8_t *ink_api_input(size_t len);

/* ---- data ---- */

/*
 * A load: start, then for each stream `stream` (its name is the input's text), `push`es (the first
 * `len` bytes of the input) and `end`, or `skip` where its bytes cannot be read (the input's text is
 * the reason); then `finish`, which puts the new data set in the place of
 * the old one and drops the learner. Until then, and if anything fails, the old data set stays.
 * `cancel` may come at any time. See ink_loader in ink_data.h.
 */
INK_EXPORT(ink_api_load_start) int ink_api_load_start(void);
INK_EXPORT(ink_api_load_stream) int ink_api_load_stream(void);
INK_EXPORT(ink_api_load_push) int ink_api_load_push(size_t len);
INK_EXPORT(ink_api_load_end) int ink_api_load_end(void);
INK_EXPORT(ink_api_load_skip) int ink_api_load_skip(void);
/* Returns 0 if the open stream is litter: its bytes need not be read. */
INK_EXPORT(ink_api_load_wanted) int ink_api_load_wanted(void);
/* Classes whose names are all whole numbers get numeric order, though the names are those of folders. */
INK_EXPORT(ink_api_load_number_classes) void ink_api_load_number_classes(void);
/* After the last stream: what is taken is decided. Then classes may get other names (the input's text), and those of
 * the same name become one. NULL: there are no more. */
INK_EXPORT(ink_api_load_settle) int ink_api_load_settle(void);
INK_EXPORT(ink_api_load_class) const char *ink_api_load_class(size_t index);
INK_EXPORT(ink_api_load_rename_class) int ink_api_load_rename_class(size_t index);
INK_EXPORT(ink_api_load_finish) int ink_api_load_finish(void);
INK_EXPORT(ink_api_load_cancel) void ink_api_load_cancel(void);

/* [7]: bytes, training pictures, validation pictures, files skipped, problems named, test pictures kept apart,
 * litter; of the load in progress, or else of the last one. */
INK_EXPORT(ink_api_load_counts) const double *ink_api_load_counts(void);
INK_EXPORT(ink_api_problem_path) const char *ink_api_problem_path(size_t index);
INK_EXPORT(ink_api_problem_reason) const char *ink_api_problem_reason(size_t index);

/* 0 while there is no data set. */
INK_EXPORT(ink_api_class_count) size_t ink_api_class_count(void);
INK_EXPORT(ink_api_class_name) const char *ink_api_class_name(size_t index);
/* Of a split: 0 training, 1 validation. Indices outside give NULL, and -1 for a label. */
INK_EXPORT(ink_api_picture_count) size_t ink_api_picture_count(int split);
INK_EXPORT(ink_api_picture) const uint8_t *ink_api_picture(int split, size_t index);
INK_EXPORT(ink_api_label) int ink_api_label(int split, size_t index);
INK_EXPORT(ink_api_path) const char *ink_api_path(int split, size_t index);

/* ---- training: the input's text holds settings, lines `name=value` (ink_train.h) ---- */

/*
 * What these settings would make, without making it; the data set must be there. `ink_api_text`
 * then holds lines of tab-separated fields:
 *   line, the model line
 *   parameters, their number
 *   bytes, memory that training takes beside the data
 *   layer, word, channels, height, width, parameters, 1 if its output is flat    (one for each)
 *   macs, multiply-adds for one picture, padding included
 */
INK_EXPORT(ink_api_describe) int ink_api_describe(void);
INK_EXPORT(ink_api_text) const char *ink_api_text(void);

/* A new learner in the place of the old one, which stays if this fails. */
INK_EXPORT(ink_api_train) int ink_api_train(void);
/* ... that goes on with the old one's network: ink_learner_continue. */
INK_EXPORT(ink_api_continue) int ink_api_continue(void);
INK_EXPORT(ink_api_advance) int ink_api_advance(void);
/* ink_learner_advance_part: after an event of kind PART only these two may be called. */
INK_EXPORT(ink_api_advance_part) int ink_api_advance_part(void);
/* A whole validation, told as the last event: ink_learner_evaluate. */
INK_EXPORT(ink_api_evaluate) int ink_api_evaluate(void);
/* ... with the mean of nine shifted views: ink_learner_evaluate_shifted. */
INK_EXPORT(ink_api_evaluate_shifted) int ink_api_evaluate_shifted(void);
/* Training pictures take the place of the validation pictures: ink_dataset_hold_out. The learner is gone. */
INK_EXPORT(ink_api_hold_out) int ink_api_hold_out(size_t count, double seed);
/* Of the last validation: fits the temperature. ink_learner_calibrate */
INK_EXPORT(ink_api_calibrate) int ink_api_calibrate(void);
/* [4]: temperature now, and of the last calibration the loss before and after; the number of bins below. */
INK_EXPORT(ink_api_calibration) const double *ink_api_calibration(void);
/* An ink_reliability, as doubles in its order; NULL with an error before the first validation. */
INK_EXPORT(ink_api_reliability) const double *ink_api_reliability(void);
/* The last ink_event, as doubles in its order. */
INK_EXPORT(ink_api_event) const double *ink_api_event(void);
/*
 * The learning-rate finder, before training or between epochs: begin, steps until one says done,
 * end. ink_api_find_point tells [3]: learning rate, smoothed loss, 1 when done.
 */
INK_EXPORT(ink_api_find_begin) int ink_api_find_begin(double start, double end, size_t steps);
INK_EXPORT(ink_api_find_step) int ink_api_find_step(void);
INK_EXPORT(ink_api_find_point) const double *ink_api_find_point(void);
INK_EXPORT(ink_api_find_end) void ink_api_find_end(void);
/* [4]: 1 if there are any, minimum / 10, steep, valley: of the points of the last sweep. */
INK_EXPORT(ink_api_suggestions) const double *ink_api_suggestions(void);

/* [classes][classes] of the last complete validation, row = actual. NULL without a learner. */
INK_EXPORT(ink_api_confusion) const uint32_t *ink_api_confusion(void);
/* Of the last validation, for each validation picture: loss, and class index. NULL without a
 * learner. */
INK_EXPORT(ink_api_valid_losses) const float *ink_api_valid_losses(void);
INK_EXPORT(ink_api_valid_predicted) const uint8_t *ink_api_valid_predicted(void);
/* A validation picture as the network sees it, [28 * 28]; NULL without a learner or such a picture. */
INK_EXPORT(ink_api_valid_seen) const uint8_t *ink_api_valid_seen(size_t index);
/* Probability of the predicted class; NAN without a learner or such a picture. */
INK_EXPORT(ink_api_valid_probability) double ink_api_valid_probability(size_t index);
/*
 * Pairs of different classes that were confused at least `least` times, as fastai lists them: their
 * number, and [number][3] actual, predicted, count.
 */
INK_EXPORT(ink_api_most_confused) size_t ink_api_most_confused(uint32_t least);
INK_EXPORT(ink_api_pairs) const uint32_t *ink_api_pairs(void);
/*
 * The validation pictures with the largest losses, falling, at most `most`; of one cell of the
 * confusion matrix, or of all where `actual` is -1. Their number, -1 if memory fails, and [number]
 * indices.
 */
INK_EXPORT(ink_api_top_losses) double ink_api_top_losses(size_t most, int actual, int predicted);
INK_EXPORT(ink_api_top_indices) const uint32_t *ink_api_top_indices(void);
/*
 * Weights of the first layer, if it looks at whole pictures or parts of them: [4] count, channels,
 * height, width, all 0 where there are none; and [count][channels][height][width], or NULL.
 */
INK_EXPORT(ink_api_filter_shape) const double *ink_api_filter_shape(void);
INK_EXPORT(ink_api_filters) const float *ink_api_filters(void);
/* Drops the learner. */
INK_EXPORT(ink_api_reset) void ink_api_reset(void);

/* ---- looking, and changing things in the middle of a run ---- */

/*
 * Of pictures of a split, whose `count` indices the input holds as u32: their probabilities
 * [count][classes], or what the last layer with weights sees of them [count][features]. The numbers
 * are at ink_api_numbers until the next call; ink_api_feature_count is 0 where there is no such
 * layer.
 */
INK_EXPORT(ink_api_predict) int ink_api_predict(int split, size_t count);
INK_EXPORT(ink_api_features) int ink_api_features(int split, size_t count);
INK_EXPORT(ink_api_feature_count) size_t ink_api_feature_count(void);
INK_EXPORT(ink_api_numbers) const float *ink_api_numbers(void);
/* Of the digit that was read: [28 * 28], ink_learner_occlusion for that class. */
INK_EXPORT(ink_api_occlusion) int ink_api_occlusion(size_t class_index);
/* ... its features. */
INK_EXPORT(ink_api_digit_features) int ink_api_digit_features(void);
/* ... what a layer makes of it: [channels][height][width]; layers as ink_api_describe lists them.
 */
INK_EXPORT(ink_api_activations) int ink_api_activations(size_t layer);
/*
 * The spread of a tensor's values (what 0) or of the gradients of the last step (what 1): then
 * ink_api_histogram holds [INK_BINS + 2]: counts, least, most. INK_E_ARGUMENT:
 * there is no such tensor, or it has no gradient.
 */
enum { INK_BINS = 40 };
INK_EXPORT(ink_api_tensor_count) size_t ink_api_tensor_count(void);
INK_EXPORT(ink_api_spread) int ink_api_spread(size_t tensor, int what);
/* Of the tensor that was asked about, as in a state dict. */
INK_EXPORT(ink_api_tensor_name) const char *ink_api_tensor_name(void);
INK_EXPORT(ink_api_histogram) const double *ink_api_histogram(void);
/* From the next step on: ink_learner_set_rate, ink_learner_hold. */
INK_EXPORT(ink_api_set_rate) int ink_api_set_rate(double lr);
INK_EXPORT(ink_api_freeze) int ink_api_freeze(int frozen);
/* 16 hexadecimal digits: equal for equal weights. NULL without a learner. */
INK_EXPORT(ink_api_digest) const char *ink_api_digest(void);

/* ---- augmented pictures, to look at ---- */

/*
 * Draws `count` training pictures, 1 to INK_PREVIEW_MAX, as the input's settings augment them;
 * another `draw`, other pictures. Then their pixels [count][28 * 28] and labels [count].
 */
enum { INK_PREVIEW_MAX = 64 };
INK_EXPORT(ink_api_preview) int ink_api_preview(size_t count, double draw);
INK_EXPORT(ink_api_preview_pixels) const uint8_t *ink_api_preview_pixels(void);
INK_EXPORT(ink_api_preview_labels) const uint8_t *ink_api_preview_labels(void);

/* ---- checkpoints: safetensors ---- */

/* Writes one; `resumable` as in ink_checkpoint_write. Then its address and length. */
INK_EXPORT(ink_api_save) int ink_api_save(int resumable);
INK_EXPORT(ink_api_saved) const uint8_t *ink_api_saved(void);
INK_EXPORT(ink_api_saved_length) size_t ink_api_saved_length(void);
/* The first `len` bytes of the input are a checkpoint: a new learner in the place of the old one,
 * which stays if this fails. */
INK_EXPORT(ink_api_restore) int ink_api_restore(size_t len);
/*
 * ... or its network alone. Without `keep_data` it takes the place of data set and learner, with its
 * classes: it can predict and be saved, and has nothing to learn from. With it, a learner of the data
 * set that is there, which goes on where the file stopped if that has as many pictures as the file's.
 */
INK_EXPORT(ink_api_open) int ink_api_open(size_t len, int keep_data);
/* The settings of the learner, lines `name=value`; NULL without one. */
INK_EXPORT(ink_api_settings) const char *ink_api_settings(void);
/*
 * A new learner with settings, the first `settings_len` bytes of the input, and with the weights of
 * a safetensors file, `len` bytes that follow after a 0. The old one stays if this fails.
 */
INK_EXPORT(ink_api_train_with) int ink_api_train_with(size_t settings_len, size_t len);

/* ---- reading a digit ---- */

/* The input holds rgba [height][width][4]: read as ink_digits_read does; the first is ink_api_digit. */
INK_EXPORT(ink_api_read_digit) int ink_api_read_digit(size_t width, size_t height);
/* How many digits it has, the last picture that was read; and another of them, -1 the raw picture. */
INK_EXPORT(ink_api_digit_count) size_t ink_api_digit_count(void);
INK_EXPORT(ink_api_digit_choose) int ink_api_digit_choose(int index);
/* Width and height of the even grey picture, then left, top, right, bottom of the digit chosen: [6]. */
INK_EXPORT(ink_api_digit_places) const double *ink_api_digit_places(void);
INK_EXPORT(ink_api_digit_grey) const uint8_t *ink_api_digit_grey(void);
/* [20 * 20]; NULL for the raw picture. */
INK_EXPORT(ink_api_digit_scaled) const uint8_t *ink_api_digit_scaled(void);
/*
 * The first `len` bytes of the input are a PNG: read as a person's digit, or, `digit` 0, as the
 * pictures of a data set are. Into ink_api_digit.
 */
INK_EXPORT(ink_api_read_png) int ink_api_read_png(size_t len, int digit);
/*
 * The first `len` bytes of the input are a PNG. ink_api_decoded is its picture as ink_png_decode_colours makes it,
 * rgba [height][width][4], shrunk by a whole number to at most `most` pixels along a side where it is not too thin;
 * ink_api_decoded_size is its width and height. It stays until it is forgotten, or another is decoded.
 */
INK_EXPORT(ink_api_decode_png) int ink_api_decode_png(size_t len, size_t most);
INK_EXPORT(ink_api_decoded) const uint8_t *ink_api_decoded(void);
INK_EXPORT(ink_api_decoded_size) const double *ink_api_decoded_size(void);
INK_EXPORT(ink_api_forget_decoded) void ink_api_forget_decoded(void);
/* A name for the kind of a file, "JPEG", by its first `len` bytes in the input, of which 16 are enough; or "". */
INK_EXPORT(ink_api_kind) const char *ink_api_kind(size_t len);
/* [28 * 28] u8. */
INK_EXPORT(ink_api_digit) const uint8_t *ink_api_digit(void);
/*
 * The first `len` bytes of the input are a checkpoint, whose network reads digits, and tells what spoke for
 * its answers, as long as there is no learner, of data sets with its classes. It stays through loads and
 * resets. The one that was there stays if this fails.
 */
INK_EXPORT(ink_api_reader) int ink_api_reader(size_t len);
/* [classes] for that picture, with the weights of this moment; NULL without a learner. */
INK_EXPORT(ink_api_probabilities) const float *ink_api_probabilities(void);
/* After it: what went into the network [28 * 28], and what came out before softmax [classes]. */
INK_EXPORT(ink_api_network_input) const float *ink_api_network_input(void);
INK_EXPORT(ink_api_logits) const float *ink_api_logits(void);

#endif
