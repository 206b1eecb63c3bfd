/*
 * conv.h - what the three ways to compute a convolution share; conv.c chooses between them.
 *
 * Weights lie tap by tap, [kernel * kernel][filters][channels] (PyTorch's order is another: see
 * ink_tensor_place), so that every way reads and writes them in runs.
 */
#ifndef INK_CONV_H
#define INK_CONV_H

#include "ink_layers.h"

enum { INK_CONV_FILTERS, INK_CONV_KERNEL, INK_CONV_STRIDE, INK_CONV_PAD, INK_CONV_BIAS };
enum { INK_CONV_WEIGHT_TENSOR, INK_CONV_BIAS_TENSOR };

typedef struct ink_conv {
  size_t filters, channels, copies; /* channels that are stored; how often each counts */
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

/* NULL where it has none. */
static inline const float *ink_conv_bias(const ink_layer *layer)
{
  return layer->argument[INK_CONV_BIAS] != 0 ? layer->tensors[INK_CONV_BIAS_TENSOR].value : NULL;
}

/* Output row and tap row to input row; false outside the picture. */
static inline bool ink_conv_input_at(size_t out, size_t tap, size_t stride, size_t pad, size_t size,
                                     size_t *in)
{
  const size_t at = out * stride + tap;
  *in = at - pad;
  return at >= pad && *in < size;
}

/* One way to compute it. The gradient of the weight is written where a tap ever meets the picture.
 */
typedef struct ink_conv_method {
  bool (*applies)(const ink_conv *conv);
  void (*plan)(ink_layer *layer, const ink_conv *conv, ink_arena *arena, const ink_kernels *kernels,
               size_t blocks);
  void (*forward)(ink_layer *layer, const ink_conv *conv, const ink_pass *pass);
  /* dw: unless the weight is frozen; dx: where the layer has one. */
  void (*backward)(ink_layer *layer, const ink_conv *conv, const ink_pass *pass);
} ink_conv_method;

/*
 * dx by the definition, with the weights that `forward` has packed: from one tap's first panel to the
 * next one's it is tap_stride floats, from panel to panel of a tap panel_stride.
 */
void ink_conv_taps_input_gradient(ink_layer *layer, const ink_conv *conv, const ink_pass *pass,
                                  size_t tap_stride, size_t panel_stride);

extern const ink_conv_method ink_conv_thin, ink_conv_toom, ink_conv_taps;

#endif
