/*
 * ink_api.h - every function that the WebAssembly module exports, besides those that run its
 * threads (ink_base.h). One session lives in the module: a data set, perhaps a load in progress,
 * perhaps a learner, perhaps a reader.
 *
 * How a call works
 *   - Arguments are numbers. Bytes and text go in through the input: ink_api_input makes room for
 *     them, the caller fills it, and the next call reads it. Text is UTF-8.
 *   - Every function returns a status. INK_OK: its results stand in memory, at fixed addresses,
 *     until the next call: ranges of bytes in ink_api_spans(), numbers in ink_api_numbers().
 *     The comment of each function lists them, [0] first. It sets no others.
 *   - Any other status: there are no results, and nothing of the session was changed unless the
 *     comment says so; ink_api_error has the sentence for people. Every function that needs memory
 *     may return INK_E_MEMORY, and every function that needs a load, a data set or a learner
 *     returns INK_E_STATE without it: comments do not repeat these two.
 *   - There are no special values. A span without bytes and a count of 0 mean that there is
 *     nothing.
 *
 * "Settings" in the input are lines `name=value` (ink_train.h). `split` is 0 for the training
 * pictures and 1 for the validation pictures; another one is INK_E_ARGUMENT.
 */
#ifndef INK_API_H
#define INK_API_H

#include "ink_base.h"

/* ---- results ---- */

enum { INK_API_SPANS = 3, INK_API_NUMBERS = 7 };

/* A range of bytes that the core owns. Of u8 where nothing else is said. */
typedef struct ink_span {
  const void *at;
  size_t len_bytes;
} ink_span;

/* Where results stand: [INK_API_SPANS] and [INK_API_NUMBERS]. The addresses never change. These two
 * are the only functions without a status. */
INK_EXPORT(ink_api_spans) const ink_span *ink_api_spans(void);
INK_EXPORT(ink_api_numbers) const double *ink_api_numbers(void);

/* ---- the module ---- */

/* span 0: the sentence of the last error. */
INK_EXPORT(ink_api_error) ink_status ink_api_error(void);
/* span 0: name of the build (ink_build)   span 1: name of the kernels, such as "simd128" */
INK_EXPORT(ink_api_about) ink_status ink_api_about(void);
/* span 0: everything that the core can list, as JSON (schema.c). Equal for equal builds. */
INK_EXPORT(ink_api_schema) ink_status ink_api_schema(void);
/* Makes room for `len_bytes` of input, and a 0 behind them.   span 0: that room, to be filled
 * On INK_E_MEMORY the input stays as it was. */
INK_EXPORT(ink_api_input) ink_status ink_api_input(size_t len_bytes);
/* number 0: threads that run jobs now, the caller among them */
INK_EXPORT(ink_api_threads) ink_status ink_api_threads(void);
/* Makes a stack for one more thread.   number 0: its end, an address: stacks grow downwards
 * INK_E_STATE: this build has no threads. */
INK_EXPORT(ink_api_thread_stack) ink_status ink_api_thread_stack(void);

/* ---- loading a data set (ink_loader in ink_data.h) ---- */

/*
 * start, then for each stream: `stream`, `push`es and `end`; then settle and finish. Until then,
 * and if anything fails, the data set that is there stays. `cancel` may come at any time.
 */
INK_EXPORT(ink_api_load_start) ink_status ink_api_load_start(void);
/* Begins a stream. input: its name, a file name or a path in a folder */
INK_EXPORT(ink_api_load_stream) ink_status ink_api_load_stream(void);
/* number 0: 1, or 0 if the open stream is litter, whose bytes need not be read */
INK_EXPORT(ink_api_load_wanted) ink_status ink_api_load_wanted(void);
/* input: the next bytes of the stream, of which the first `len_bytes` count
 * INK_E_DATA: they are damaged; INK_E_ARGUMENT: the input is shorter */
INK_EXPORT(ink_api_load_push) ink_status ink_api_load_push(size_t len_bytes);
/* Ends a stream, or ends one that cannot be read; input: the reason, for the report. */
INK_EXPORT(ink_api_load_end) ink_status ink_api_load_end(void);
INK_EXPORT(ink_api_load_skip) ink_status ink_api_load_skip(void);
/* Classes whose names are all whole numbers get numeric order, even where folders name them. */
INK_EXPORT(ink_api_load_number_classes) ink_status ink_api_load_number_classes(void);
/* Decides what is taken of all streams.   number 0: classes */
INK_EXPORT(ink_api_load_settle) ink_status ink_api_load_settle(void);
/* After settle. span 0: name of a class   INK_E_ARGUMENT: there is no such class */
INK_EXPORT(ink_api_load_class) ink_status ink_api_load_class(size_t index);
/* Gives a class another name, the input. Classes of the same name become one at the end. */
INK_EXPORT(ink_api_load_rename_class) ink_status ink_api_load_rename_class(size_t index);
/* Replaces the data set; the learner is gone. A failure ends the load. */
INK_EXPORT(ink_api_load_finish) ink_status ink_api_load_finish(void);
INK_EXPORT(ink_api_load_cancel) ink_status ink_api_load_cancel(void);
/*
 * Counts of the load in progress, or else of the last one.
 * numbers: 0 bytes  1 training pictures  2 validation pictures  3 files skipped
 *          4 problems that are named  5 test pictures that are left out  6 litter
 */
INK_EXPORT(ink_api_load_counts) ink_status ink_api_load_counts(void);
/* span 0: path of a file that was skipped   span 1: why   index below number 4 of the counts */
INK_EXPORT(ink_api_load_problem) ink_status ink_api_load_problem(size_t index);

/* ---- the data set ---- */

/* numbers: 0 classes  1 training pictures  2 validation pictures; all 0 without a data set */
INK_EXPORT(ink_api_data) ink_status ink_api_data(void);
/* span 0: its name   INK_E_ARGUMENT: there is no such class */
INK_EXPORT(ink_api_class_name) ink_status ink_api_class_name(size_t index);
/* span 0: [28 * 28]   span 1: its path, empty where it has none   number 0: its class
 * INK_E_ARGUMENT: there is no such picture */
INK_EXPORT(ink_api_picture) ink_status ink_api_picture(int split, size_t index);
/* Moves `count` training pictures to validation (ink_dataset_hold_out), and frees the learner.
 * INK_E_ARGUMENT: so many cannot be held out, or `seed` is no whole number from 0 to 2^53 - 1 */
INK_EXPORT(ink_api_hold_out) ink_status ink_api_hold_out(size_t count, double seed);
/*
 * Draws training pictures as the input's settings augment them; another `draw`, other pictures.
 * count  1 to INK_PREVIEW_MAX      draw  0 to 10^15
 * span 0: [count][28 * 28]   span 1: their classes [count]
 */
enum { INK_PREVIEW_MAX = 64 };
INK_EXPORT(ink_api_preview) ink_status ink_api_preview(size_t count, double draw);

/* ---- a model and its training ---- */

/*
 * Reports what the input's settings would make, without making it.
 * span 0: lines of fields, separated by tabs
 *   line, the model line
 *   parameters, their number
 *   bytes, memory that training takes beside the data
 *   layer, word, channels, height, width, parameters, 1 if its output is flat   (one line a layer)
 *   macs, multiply-adds for one picture, padding included
 * INK_E_MODEL, INK_E_ARGUMENT: the settings are not sound
 */
INK_EXPORT(ink_api_describe) ink_status ink_api_describe(void);
/* Makes a learner of the input's settings, in the place of the old one. */
INK_EXPORT(ink_api_train) ink_status ink_api_train(void);
/* Makes one that continues with the old one's network: ink_learner_continue. */
INK_EXPORT(ink_api_continue) ink_status ink_api_continue(void);
/* span 0: settings of the learner, lines `name=value`; empty without one */
INK_EXPORT(ink_api_settings) ink_status ink_api_settings(void);
/*
 * span 0: the resolved layers of the learner's network, as JSON (ink_model_write_layers); empty
 * without one
 */
INK_EXPORT(ink_api_layers) ink_status ink_api_layers(void);
/* Drops the learner. */
INK_EXPORT(ink_api_reset) ink_status ink_api_reset(void);
/*
 * One mini-batch: ink_learner_advance. `advance_part` computes one layer of it: after an event of
 * kind PART only these two may be called. `evaluate` is a whole validation, and `evaluate_shifted`
 * one with the mean of nine shifted views (ink_learner_evaluate_shifted).
 * span 0: the ink_event, doubles in its order (`event.fields` of the schema)
 * INK_E_DIVERGED: the last good weights are back in place
 */
INK_EXPORT(ink_api_advance) ink_status ink_api_advance(void);
INK_EXPORT(ink_api_advance_part) ink_status ink_api_advance_part(void);
INK_EXPORT(ink_api_evaluate) ink_status ink_api_evaluate(void);
INK_EXPORT(ink_api_evaluate_shifted) ink_status ink_api_evaluate_shifted(void);
/* From the next step on: ink_learner_set_rate, ink_learner_hold. lr  above 0 and up to 10^6 */
INK_EXPORT(ink_api_set_rate) ink_status ink_api_set_rate(double lr);
INK_EXPORT(ink_api_freeze) ink_status ink_api_freeze(int frozen);
/* span 0: 16 hexadecimal digits, equal for equal weights; empty without a learner */
INK_EXPORT(ink_api_digest) ink_status ink_api_digest(void);
/*
 * The learning-rate finder (ink_learner_find_begin): begin, steps until one is the last, end.
 * find_step    numbers: 0 learning rate  1 smoothed loss  2 1 if it was the last, else 0
 * suggestions  of the points of the last sweep. numbers: 0 1 if there are any, else 0
 *              1 minimum / 10  2 steep  3 valley, learning rates
 */
INK_EXPORT(ink_api_find_begin)
ink_status ink_api_find_begin(double start, double end, size_t steps);
INK_EXPORT(ink_api_find_step) ink_status ink_api_find_step(void);
INK_EXPORT(ink_api_find_end) ink_status ink_api_find_end(void);
INK_EXPORT(ink_api_suggestions) ink_status ink_api_suggestions(void);

/* ---- the last validation ---- */

/* span 0: u32 [classes][classes], row = actual, column = predicted */
INK_EXPORT(ink_api_confusion) ink_status ink_api_confusion(void);
/* Pairs of different classes that were confused at least `least` times, most first, as fastai lists
 * them.   span 0: u32 [pairs][3]: actual, predicted, count; empty without a learner */
INK_EXPORT(ink_api_most_confused) ink_status ink_api_most_confused(uint32_t least);
/* Up to `most` validation pictures with the largest losses, the largest first: of one cell of the
 * confusion matrix, or of all cells if `actual` is negative.   span 0: u32 [found], indices;
 * empty without a learner */
INK_EXPORT(ink_api_top_losses)
ink_status ink_api_top_losses(size_t most, int actual, int predicted);
/* A validation picture and what the network said of it.
 * span 0: [28 * 28], as the network sees it   span 1: its path, empty where it has none
 * numbers: 0 actual class  1 predicted class  2 loss, in nats  3 probability of the predicted class
 * INK_E_ARGUMENT: there is no such picture */
INK_EXPORT(ink_api_valid_picture) ink_status ink_api_valid_picture(size_t index);
/* Fits the temperature: ink_learner_calibrate.
 * numbers: 0 temperature  1 mean loss before  2 mean loss after, in nats */
INK_EXPORT(ink_api_calibrate) ink_status ink_api_calibrate(void);
/* ink_learner_reliability. number 0: expected calibration error
 * span 0: doubles [bins][3]: count, mean confidence, accuracy   INK_E_STATE before a validation */
INK_EXPORT(ink_api_reliability) ink_status ink_api_reliability(void);

/* ---- what the network sees ---- */

/*
 * Computes the probabilities, or the inputs of the last layer with weights, of pictures of a split.
 * The input holds their `count` indices as u32. The learner computes, or without one the reader.
 * span 0: floats [count][classes], or [count][features]
 * INK_E_ARGUMENT: there is no such picture, or the input is shorter
 */
INK_EXPORT(ink_api_predict) ink_status ink_api_predict(int split, size_t count);
INK_EXPORT(ink_api_features) ink_status ink_api_features(int split, size_t count);
/* number 0: features of a picture; 0 where there is no such layer, or no network */
INK_EXPORT(ink_api_feature_count) ink_status ink_api_feature_count(void);
/* Computes the features of the digit that was read. span 0: floats [features] */
INK_EXPORT(ink_api_digit_features) ink_status ink_api_digit_features(void);
/* span 0: floats [28 * 28], ink_learner_occlusion for that class; INK_E_ARGUMENT: no such class */
INK_EXPORT(ink_api_occlusion) ink_status ink_api_occlusion(size_t class_index);
/* span 0: floats [channels][height][width], what a layer makes of the digit; layers as `describe`
 * lists them. INK_E_ARGUMENT: no such layer */
INK_EXPORT(ink_api_activations) ink_status ink_api_activations(size_t layer);
/* Weights of the first layer, if it looks at whole pictures or parts of them.
 * span 0: floats [count][channels][height][width]
 * numbers: 0 count  1 channels  2 height  3 width; the count is 0 where there are none */
INK_EXPORT(ink_api_filters) ink_status ink_api_filters(void);
/* number 0: tensors of the model; 0 without a learner */
INK_EXPORT(ink_api_tensor_count) ink_status ink_api_tensor_count(void);
/*
 * How a tensor's values and the gradients of its last step are spread.
 * span 0: its name in a state dict
 * span 1: of the values, span 2: of the gradients: doubles [INK_BINS + 2], counts in equal parts of
 *         their range, then the range's ends; empty where there are no gradients
 * INK_E_ARGUMENT: no such tensor
 */
enum { INK_BINS = 40 };
INK_EXPORT(ink_api_spread) ink_status ink_api_spread(size_t tensor);

/* ---- checkpoints: safetensors (ink_checkpoint.h) ---- */

/* Writes one; `resumable` as in ink_checkpoint_write.   span 0: the file */
INK_EXPORT(ink_api_save) ink_status ink_api_save(int resumable);
/*
 * Each of these four reads a file, `len_bytes` of the input, and replaces a network if it is sound.
 * INK_E_DATA: it is not; INK_E_ARGUMENT: the input is shorter.
 * restore  makes a learner that continues the run of a checkpoint.
 * open     makes a learner of its network alone. Without `keep_data` it replaces data set and
 *          learner and has its classes, but nothing to learn from. With `keep_data` it is a learner
 *          of the data set that is there, and continues where the file stopped if that set has as
 *          many pictures as the file's.
 * reader   the network reads digits, as long as there is no learner, and while the data set has its
 *          classes. It stays through loads and resets.
 * train_with  makes a learner of settings, the first `settings_len` bytes of the input, with the
 *          weights of any safetensors file, `len_bytes` that follow after a 0.
 */
INK_EXPORT(ink_api_restore) ink_status ink_api_restore(size_t len_bytes);
INK_EXPORT(ink_api_open) ink_status ink_api_open(size_t len_bytes, int keep_data);
INK_EXPORT(ink_api_reader) ink_status ink_api_reader(size_t len_bytes);
INK_EXPORT(ink_api_train_with) ink_status ink_api_train_with(size_t settings_len, size_t len_bytes);

/* ---- reading a person's digits ---- */

/* Reads a picture, rgba [height][width][4] in the input, as ink_digits_read does, and chooses its
 * first digit.   number 0: digits found
 * INK_E_ARGUMENT: the sides are not 1 to INK_IMAGE_SIDE_MAX, or the input has another size */
INK_EXPORT(ink_api_read_digit) ink_status ink_api_read_digit(size_t width, size_t height);
/*
 * Chooses a digit of that picture, or, -1, the whole picture as it came.
 * span 0: what the network sees [28 * 28]
 * span 1: the digit, scaled [20 * 20]; empty for the whole picture
 * span 2: the picture in even grey [height][width]
 * numbers: 0 width  1 height of that  2 left  3 top  4 right  5 bottom of the digit in it
 * (in pixels)
 */
INK_EXPORT(ink_api_digit_choose) ink_status ink_api_digit_choose(int index);
/* Reads a PNG, `len_bytes` of the input, as a person's digit, or, if `digit` is 0, like pictures of
 * a data set. INK_E_DATA: it is damaged or empty */
INK_EXPORT(ink_api_read_png) ink_status ink_api_read_png(size_t len_bytes, int digit);
/* The network's answer to the picture that was read or chosen last, with the current weights.
 * span 0: the picture [28 * 28]   span 1: floats [classes]; empty without a network */
INK_EXPORT(ink_api_probabilities) ink_status ink_api_probabilities(void);
/* After ink_api_probabilities. span 0: floats [28 * 28], what went into the network
 * span 1: floats [classes], what came out before softmax */
INK_EXPORT(ink_api_logits) ink_status ink_api_logits(void);

/* ---- pictures in files ---- */

/* Decodes a PNG, `len_bytes` of the input, as a viewer shows it on white paper
 * (ink_png_decode_colours), shrunk by a whole number to at most `most` pixels along a side where it
 * is not too thin.   span 0: rgba [height][width][4]   numbers: 0 width  1 height
 * The picture stays in memory until it is forgotten, or another is decoded. */
INK_EXPORT(ink_api_decode_png) ink_status ink_api_decode_png(size_t len_bytes, size_t most);
INK_EXPORT(ink_api_forget_decoded) ink_status ink_api_forget_decoded(void);
/* span 0: a name for the kind of a file, such as "JPEG", by the first `len_bytes` of the input, of
 * which 16 are enough; empty for an unknown kind */
INK_EXPORT(ink_api_kind) ink_status ink_api_kind(size_t len_bytes);

#endif
