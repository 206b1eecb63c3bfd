/*
 * conv.h - what the three methods of computing a convolution share; conv.c chooses one of them.
 *
 * Weights lie tap by tap, [kernel * kernel][filters][channels], so that every method reads and
 * writes them in consecutive runs. PyTorch's order differs: see ink_tensor_place.
 */
#ifndef INK_CONV_H
#define INK_CONV_H

#include "ink_layers.h"

enum { INK_CONV_FILTERS, INK_CONV_KERNEL, INK_CONV_STRIDE, INK_CONV_PAD, INK_CONV_BIAS };
enum { INK_CONV_WEIGHT_TENSOR, INK_CONV_BIAS_TENSOR };

typedef struct ink_conv {
  size_t filters, channels, copies; /* stored channels; how many equal channels each stands for */
  size_t kernel, stride, pad, taps;
  ink_shape in, out;
} ink_conv;

static inline ink_conv ink_conv_of(const ink_layer *layer)
{
  const size_t kernel = (size_t)layer->argument[INK_CONV_KERNEL];
  return (ink_conv){
      .filters = layer->out.channels,
      .channels = layer->in.channels,
      .copies = layer->in.copies ? layer->in.copies : 1,
      .kernel = kernel,
      .stride = (size_t)layer->argument[INK_CONV_STRIDE],
      .pad = (size_t)layer->argument[INK_CONV_PAD],
      .taps = kernel * kernel,
      .in = layer->in,
      .out = layer->out,
  };
}

/* Returns the bias [filters], or NULL if the layer has none. */
static inline const float *ink_conv_bias(const ink_layer *layer)
{
  return layer->argument[INK_CONV_BIAS] != 0 ? layer->tensors[INK_CONV_BIAS_TENSOR].value : NULL;
}

/*
 * Sets *in to the input row that a tap row reads for an output row; the same for columns. Returns
 * false if it lies outside the picture.
 */
static inline bool ink_conv_input_at(size_t out, size_t tap, size_t stride, size_t pad, size_t size,
                                     size_t *in)
{
  const size_t at = out * stride + tap;
  *in = at - pad;
  return at >= pad && *in < size;
}

/*
 * A method of computing a convolution. It writes the gradient of the weight, but not of dead taps.
 */
typedef struct ink_conv_method {
  bool (*applies)(const ink_conv *conv);
  void (*plan)(ink_layer *layer, const ink_conv *conv, ink_arena *arena, const ink_kernels *kernels,
               size_t blocks);
  void (*forward)(ink_layer *layer, const ink_conv *conv, const ink_pass *pass);
  /* Computes dw unless the weight is frozen, and dx if the layer has one. */
  void (*backward)(ink_layer *layer, const ink_conv *conv, const ink_pass *pass);
} ink_conv_method;

/*
 * Computes dx by the definition, from the weights that `forward` has packed.
 *
 *   tap_stride    floats from the first panel of a tap to the first panel of the next tap
 *   panel_stride  floats from a panel of a tap to the next panel of that tap
 */
void ink_conv_taps_input_gradient(ink_layer *layer, const ink_conv *conv, const ink_pass *pass,
                                  size_t tap_stride, size_t panel_stride);

extern const ink_conv_method ink_conv_thin, ink_conv_toom, ink_conv_taps;

#endif
