/*
 * ink_checkpoint.h - a learner as a safetensors file, and back.
 */
#ifndef INK_CHECKPOINT_H
#define INK_CHECKPOINT_H

#include "ink_learner.h"

/*
 * A safetensors file of the model: tensors with PyTorch's state-dict names and shapes, F32,
 * counters I64. Its metadata hold the settings, the model line with presets spelled out, and the
 * class names. `resumable`: also the optimiser's state (tensors optimizer.first.<name>,
 * optimizer.second.<name>) and the position in the run, so that training goes on with the same
 * bits. A validation under way is begun again. A run that has diverged, or would be found to have
 * (ink_learner_check), has no such position: its last good weights are written.
 *
 * Returns the bytes that the file has; writes them where `out` is not NULL.
 */
size_t ink_checkpoint_write(const ink_learner *learner, bool resumable, uint8_t *out);

/*
 * A new learner that goes on where a resumable checkpoint of ours stopped, or, without such state,
 * starts its settings anew from its weights. The data set's classes must be the file's.
 * INK_E_DATA: not sound, or of another model; it names the tensor. Nothing else changes.
 */
ink_status ink_checkpoint_read(ink_learner **learner, const ink_dataset *dataset,
                               const uint8_t *bytes, size_t len, const ink_kernels *kernels,
                               ink_error *err);

/*
 * The network of a checkpoint of ours, on other data if need be.
 *
 *   dataset  *dataset NULL: to predict with. It is set to a data set of the file's classes without
 *            pictures, the caller's. Otherwise the learner is of that one, whose classes must be the
 *            file's; where it has as many pictures as the file's run, the optimiser's state and the
 *            position in the run are taken too.
 */
ink_status ink_network_read(ink_learner **learner, ink_dataset **dataset, const uint8_t *bytes,
                            size_t len, const ink_kernels *kernels, ink_error *err);

/*
 * The weights and buffers of any safetensors file with the model's names and shapes. A file of
 * torchvision's ResNet gives the body its weights; its last layer, fc, has no place here, and the
 * head stays as it is.
 */
ink_status ink_weights_read(ink_learner *learner, const uint8_t *bytes, size_t len, ink_error *err);

#endif
