/*
 * ink_checkpoint.h - a learner as a safetensors file, and back.
 */
#ifndef INK_CHECKPOINT_H
#define INK_CHECKPOINT_H

#include "ink_learner.h"

/*
 * Writes the model as a safetensors file. Tensors have PyTorch's state-dict names and shapes: F32,
 * counters I64. The metadata hold the settings, the model line with presets written out, and the
 * class names.
 *
 *   resumable  also writes the optimiser's state (optimizer.first.<name>, optimizer.second.<name>)
 *              and the position in the run, so that training can resume with the same bits. A
 *              validation under way is left out. A run that has diverged, or that ink_learner_check
 *              would refuse, has no such position: then the last good weights are written alone.
 *   out        NULL: only counts the bytes
 *
 * Returns the bytes of the file.
 */
size_t ink_checkpoint_write(const ink_learner *learner, bool resumable, uint8_t *out);

/*
 * Makes a learner that resumes where a resumable checkpoint stopped. A file without a position
 * gives its settings and weights to a new run. The data set must have the file's classes.
 * INK_E_DATA: the file is not sound, or of another model; the message names the tensor. Nothing
 * else changes.
 */
ink_status ink_checkpoint_read(ink_learner **learner, const ink_dataset *dataset,
                               const uint8_t *bytes, size_t len, const ink_kernels *kernels,
                               ink_error *err);

/*
 * Opens the network of a checkpoint, with or without data.
 *
 *   dataset  *dataset NULL: the learner can only predict. *dataset becomes a data set of the file's
 *            classes without pictures, which the caller owns.
 *            Otherwise the learner is on *dataset, which must have the file's classes. If it has as
 *            many pictures as the file's run, the run resumes there.
 */
ink_status ink_network_read(ink_learner **learner, ink_dataset **dataset, const uint8_t *bytes,
                            size_t len, const ink_kernels *kernels, ink_error *err);

/*
 * Reads the weights and buffers of any safetensors file with the model's names and shapes. A file
 * of torchvision's ResNet fills only the body: its last layer, fc, is skipped; the head stays.
 */
ink_status ink_weights_read(ink_learner *learner, const uint8_t *bytes, size_t len, ink_error *err);

#endif
