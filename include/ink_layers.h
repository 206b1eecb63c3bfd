/*
 * ink_layers.h - one layer: its shape, its parameters, forward and backward.
 *
 * A layer reads the activations of the layers before it and writes its own, all laid out
 * [H][W][blocks][C][8]: eight images side by side, blocks = ceil(N / 8). Idle lanes of the last
 * block hold anything finite forward, and zeros in gradients: cross entropy starts them so, and
 * each backward keeps them so.
 */
#ifndef INK_LAYERS_H
#define INK_LAYERS_H

#include "ink_base.h"
#include "ink_kernels.h"

/* Of one image. A flat one is a vector of `channels` features: height and width are 1. */
typedef struct ink_shape {
  size_t channels, height, width;
  bool flat;
  size_t copies; /* above 1: a colour picture of that many equal channels, of which one is stored */
} ink_shape;

static inline size_t ink_shape_count(ink_shape shape)
{
  return shape.channels * shape.height * shape.width;
}

typedef enum ink_role {
  INK_ROLE_WEIGHT,
  INK_ROLE_BIAS,
  INK_ROLE_NORM_WEIGHT, /* of a norm layer: no weight decay, trains while frozen */
  INK_ROLE_NORM_BIAS,
  INK_ROLE_BUFFER, /* running statistics: saved, not trained */
  INK_ROLE_COUNTER /* num_batches_tracked, int64 in a state dict; one float here */
} ink_role;

enum { INK_NAME_MAX = 64 };

/* A parameter or buffer, as PyTorch's state dict names and shapes it. */
typedef struct ink_tensor {
  char name[INK_NAME_MAX];
  ink_role role;
  size_t n_dims, dims[4];
  size_t count;        /* product of dims; 1 for n_dims == 0 */
  size_t group;        /* parameter group, from 0 */
  size_t taps;         /* of a convolution's weight, dims [out][in][kh][kw]: kh * kw; else 0 */
  const uint8_t *dead; /* [taps], 1 for a tap that never meets the picture: its gradient is 0 for
                          ever; NULL where there is none */
  size_t dead_first, dead_last; /* how many of the taps at either end are dead */
  float *value;    /* [count], in the order of dims, but [kh * kw][out][in] where it has taps */
  float *gradient; /* [count] in the same order, or NULL for buffers and counters */
  /* Elements at either end of the gradient, and of the optimiser's state, which lies as it does, that
   * are not there: of dead taps, which nobody writes or reads. Other tensors' may lie in their place. */
  size_t gap_first, gap_last;
  bool frozen; /* the optimiser leaves it, and its gradient need not be computed */
} ink_tensor;

static inline bool ink_tensor_is_trained(const ink_tensor *tensor)
{
  return tensor->role < INK_ROLE_BUFFER;
}

/* Where element `index`, counted in the order of dims, lies in value and gradient. */
static inline size_t ink_tensor_place(const ink_tensor *tensor, size_t index)
{
  if (tensor->taps == 0)
    return index;
  return index % tensor->taps * (tensor->count / tensor->taps) + index / tensor->taps;
}

/*
 * Copies [count] floats from the tensor's order to that of dims, and back; the places differ. The
 * side that lies outside need not be aligned.
 */
void ink_tensor_export(const ink_tensor *tensor, const float *from, void *to);
void ink_tensor_import(const ink_tensor *tensor, const void *from, float *to);
/* The same of what lies as the gradient does: 0 comes out of its gaps, and what would go there is dropped. */
void ink_tensor_export_gradient(const ink_tensor *tensor, const float *from, void *to);
void ink_tensor_import_gradient(const ink_tensor *tensor, const void *from, float *to);

/* What is common to all layers in one forward or backward pass. */
typedef struct ink_pass {
  const ink_kernels *kernels;
  size_t n, blocks; /* images; ceil(n / 8) */
  bool training;    /* batch statistics, dropout */
  uint64_t seed;    /* of the run, for dropout */
  uint64_t step;    /* training steps before this one */
  uint64_t version; /* changes whenever the parameters do: packed weights of it are still good */
  float *shared;    /* scratch of whichever layer is at work */
  const uint8_t *const *pictures; /* [blocks * 8], NULL where idle: the input's pixels, for layers
                                     that read them themselves; NULL: the input is in x */
} ink_pass;

/* How a layer draws its first weights. */
typedef enum ink_initialisation {
  INK_INIT_PYTORCH, /* U(-1/sqrt(fan_in), 1/sqrt(fan_in)), bias too */
  INK_INIT_BODY,    /* torchvision's ResNet: conv N(0, sqrt(2/fan_out)) */
  INK_INIT_HEAD     /* fastai's head: linear and conv N(0, sqrt(2/fan_in)), norm bias 0.001 */
} ink_initialisation;

enum { INK_ARGUMENTS_MAX = 5, INK_LAYER_TENSORS_MAX = 5, INK_FROM_INPUT = -1, INK_NOTHING = -2 };

/* What a layer asks of its input. */
typedef enum ink_wants {
  INK_WANTS_ANY,
  INK_WANTS_FLAT,   /* a vector: a flatten is put before it where the line has none */
  INK_WANTS_PICTURE /* height and width */
} ink_wants;

/* One argument of a word in a model line. `name` NULL ends a list. */
typedef struct ink_argument {
  const char *name;
  double initial; /* used where the line gives none; NAN: must be given */
  double min, max;
  bool whole; /* a whole number */
} ink_argument;

typedef struct ink_layer ink_layer;

typedef struct ink_layer_type {
  const char *word;
  ink_wants wants;
  bool can_read_pixels; /* as first layer, the u8 pixels of ink_pass.pictures instead of x */
  ink_argument arguments[INK_ARGUMENTS_MAX + 1];

  /* Sets `out` from `in` and declares tensors; INK_E_MODEL says why not. */
  ink_status (*infer)(ink_layer *layer, ink_error *err);
  /* Draws parameters; draw i of `stream` for value i of each split. May be NULL. */
  void (*initialise)(ink_layer *layer, ink_random stream);
  /* Takes what the layer needs beyond y and dy for up to `blocks`. May be NULL. */
  void (*plan)(ink_layer *layer, ink_arena *arena, const ink_kernels *kernels, size_t blocks);
  /* x -> y */
  void (*forward)(ink_layer *layer, const ink_pass *pass);
  /* dy -> dx (added to where add_dx) and the tensors' gradients (written). dx may be NULL. */
  void (*backward)(ink_layer *layer, const ink_pass *pass);
} ink_layer_type;

struct ink_layer {
  const ink_layer_type *type;
  char path[INK_NAME_MAX]; /* the prefix of its names in a state dict, or "" */
  double argument[INK_ARGUMENTS_MAX];
  ink_initialisation initialisation;
  size_t group;
  size_t word_start, word_end; /* where in the model line it was written */

  int input, input2; /* the layer whose y is read, INK_FROM_INPUT, or INK_NOTHING */
  ink_shape in, in2, out;

  size_t n_tensors;
  ink_tensor tensors[INK_LAYER_TENSORS_MAX];

  bool in_place; /* it writes over its first input, and dy is that input's */
  bool trains;   /* it, or a layer before it, has parameters (or the input's gradient is wanted) */
  const float *x, *x2;
  float *y, *dy;
  float *dx, *dx2;      /* NULL where nothing before it is trained */
  bool add_dx, add_dx2; /* a later layer has already written there */
  size_t max_blocks;
  bool reads_pixels; /* its x may come as pass->pictures; it has no dx */

  /* Owned by the layer's type; from the arena. */
  float *packed, *packed_transposed;
  uint64_t packed_version, packed_transposed_version;
  float *scratch, *gathered;
  size_t shared_floats; /* of ink_pass.shared that it needs; `plan` says */
  struct ink_conv_toom_tables *toom;
  const float **rows_x, **rows_dy; /* address lists for weight_gradient */
  uint8_t *mask;
  bool keep_mask; /* a test has set the mask */
  int32_t *argmax;
};

extern const ink_layer_type ink_layer_linear, ink_layer_conv, ink_layer_bn, ink_layer_relu,
    ink_layer_maxpool, ink_layer_avgpool, ink_layer_adaptivemaxpool, ink_layer_adaptiveavgpool,
    ink_layer_concatpool, ink_layer_dropout, ink_layer_flatten, ink_layer_rgb;
/* The sum of two branches; a model line writes it as residual(a | b). */
extern const ink_layer_type ink_layer_add;

/* The layers that a model line may name; NULL past the end. */
const ink_layer_type *ink_layer_type_at(size_t index);

/* Asks for a tensor in infer; its name in a state dict is `<path>.<name>`. */
void ink_layer_declare(ink_layer *layer, const char *name, ink_role role, size_t n_dims,
                       const size_t *dims);

/* Rows of packed weights [m][k] that one job takes: whole panels of about 64 kB, which stay in the cache while images stream by. */
size_t ink_rows_per_job(const ink_kernels *kernels, size_t k);

/* `count` matrices [m][k], strides as for `pack`; those that are marked dead (NULL: none) are left out. */
typedef struct ink_matrices {
  const float *first; /* the others follow, m * k from one to the next */
  size_t count, m, k, row_stride, column_stride;
  const uint8_t *dead; /* [count] */
} ink_matrices;

/* Packs them, ink_packed_count floats from one to the next, with all threads. */
void ink_pack_matrices(const ink_kernels *kernels, const ink_matrices *w, float *packed);

/* First values: U(-bound, bound), N(0, deviation), one value; draw i of the stream for value i. */
void ink_draw_uniform(ink_tensor *tensor, ink_random stream, double bound);
void ink_draw_normal(ink_tensor *tensor, ink_random stream, double deviation);
void ink_fill(ink_tensor *tensor, float value);

#endif
