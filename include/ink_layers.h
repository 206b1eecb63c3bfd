/*
 * ink_layers.h - one layer: its shape, its parameters, forward and backward.
 *
 * A layer reads the activations of the layers before it and writes its own. All activations are
 * laid out [H][W][blocks][C][8], with blocks = ceil(N / 8). Example for N = 11 images of 2 x 2
 * pixels with channels c0 and c1; each cell is a row of 8 floats, and the letters are the images a
 * to k:
 *
 *   pixel (0,0)                                pixel (0,1)   pixel (1,0)   pixel (1,1)
 *   block 0               block 1              ...           ...           ...
 *   c0 abcdefgh           c0 ijk-----
 *   c1 abcdefgh           c1 ijk-----
 *
 *   value (y, x, image, c) lies at (((y * W + x) * blocks + image / 8) * C + c) * 8 + image % 8
 *
 * The lanes marked - are idle. Forward they hold any finite number. In gradients they hold zeros:
 * cross entropy writes them, and each backward keeps them.
 */
#ifndef INK_LAYERS_H
#define INK_LAYERS_H

#include "ink_base.h"
#include "ink_kernels.h"

/*
 * The shape of one image. In a flat shape, height and width are 1: a vector of `channels` features.
 */
typedef struct ink_shape {
  size_t channels, height, width;
  bool flat;
  size_t copies; /* above 1: so many equal channels of a colour picture, of which one is stored */
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

/* A parameter or buffer, with the name and the shape of PyTorch's state dict. */
typedef struct ink_tensor {
  char name[INK_NAME_MAX];
  ink_role role;
  size_t n_dims, dims[4];
  size_t count; /* product of dims; 1 for n_dims == 0 */
  size_t group; /* parameter group, from 0 */
  size_t taps;  /* convolution weight [out][in][kh][kw]: kh * kw; all others: 0 */
  /* [taps], 1 for a dead tap: it never meets the picture, so its gradient is always 0; or NULL */
  const uint8_t *dead;
  size_t dead_first, dead_last; /* number of dead taps at the start and at the end */
  float *value;                 /* [count], in the order of dims; with taps: [kh * kw][out][in] */
  float *gradient;              /* [count] in the same order, or NULL for buffers and counters */
  /*
   * Elements missing at the start and at the end of the gradient and of the optimiser's state,
   * which has the same layout. They belong to dead taps and are never read or written; other
   * tensors may use their memory.
   */
  size_t gap_first, gap_last;
  bool frozen; /* the optimiser skips it, and its gradient need not be computed */
} ink_tensor;

static inline bool ink_tensor_is_trained(const ink_tensor *tensor)
{
  return tensor->role < INK_ROLE_BUFFER;
}

/*
 * Returns where element `index`, counted in the order of dims, lies in value and gradient.
 *
 * Example: dims [2][3][1][2], so taps = 2. Element (o, i, kx) has index 6 o + 2 i + kx and lies at
 * 6 kx + 3 o + i: element (1, 0, 1), with index 7, lies at 9.
 */
static inline size_t ink_tensor_place(const ink_tensor *tensor, size_t index)
{
  if (tensor->taps == 0)
    return index;
  return index % tensor->taps * (tensor->count / tensor->taps) + index / tensor->taps;
}

/*
 * Copies [count] floats from the tensor's order to the order of dims, and back. `from` and `to` do
 * not overlap. The void pointer need not be aligned.
 */
void ink_tensor_export(const ink_tensor *tensor, const float *from, void *to);
void ink_tensor_import(const ink_tensor *tensor, const void *from, float *to);
/*
 * The same for an array with the layout of the gradient. Its missing elements are exported as 0 and
 * not imported.
 */
void ink_tensor_export_gradient(const ink_tensor *tensor, const float *from, void *to);
void ink_tensor_import_gradient(const ink_tensor *tensor, const void *from, float *to);

/* The values that all layers share in one forward or backward pass. */
typedef struct ink_pass {
  const ink_kernels *kernels;
  size_t n, blocks; /* images; ceil(n / 8) */
  bool training;    /* batch statistics, dropout */
  uint64_t seed;    /* the seed of the run, for dropout */
  uint64_t step;    /* training steps before this one */
  uint64_t version; /* changes whenever parameters change; weights packed for it stay valid */
  float *shared;    /* scratch memory of the layer that runs now */
  /*
   * [blocks * 8], NULL for idle lanes: the pixels of the input, for layers that read pixels. NULL:
   * the input is in x.
   */
  const uint8_t *const *pictures;
} ink_pass;

/* How a layer draws the initial values of its parameters. */
typedef enum ink_initialisation {
  INK_INIT_PYTORCH, /* U(-1/sqrt(fan_in), 1/sqrt(fan_in)), bias too */
  INK_INIT_BODY,    /* torchvision's ResNet: conv N(0, sqrt(2/fan_out)) */
  INK_INIT_HEAD     /* fastai's head: linear and conv N(0, sqrt(2/fan_in)), norm bias 0.001 */
} ink_initialisation;

enum { INK_ARGUMENTS_MAX = 5, INK_LAYER_TENSORS_MAX = 5, INK_FROM_INPUT = -1, INK_NOTHING = -2 };

/* The kind of input that a layer needs. */
typedef enum ink_wants {
  INK_WANTS_ANY,
  INK_WANTS_FLAT,   /* a vector: the model inserts a flatten if there is none */
  INK_WANTS_PICTURE /* height and width */
} ink_wants;

/* An argument of a word in a model line. A list of them ends with `name` NULL. */
typedef struct ink_argument {
  const char *name;
  double initial; /* used if the line gives none; NAN: must be given */
  double min, max;
  bool whole; /* must be a whole number */
} ink_argument;

typedef struct ink_layer ink_layer;

typedef struct ink_layer_type {
  const char *word, *meaning; /* of the model line; a phrase in plain English */
  ink_wants wants;
  bool can_read_pixels; /* as the first layer it can read ink_pass.pictures instead of x */
  ink_argument arguments[INK_ARGUMENTS_MAX + 1];

  /* Sets `out` from `in` and declares tensors. INK_E_MODEL: such a layer is not possible. */
  ink_status (*infer)(ink_layer *layer, ink_error *err);
  /* Draws the parameters: value i of tensor t is draw i of split t of `stream`. May be NULL. */
  void (*initialise)(ink_layer *layer, ink_random stream);
  /* Allocates all that the layer needs beside y and dy for up to `blocks`. May be NULL. */
  void (*plan)(ink_layer *layer, ink_arena *arena, const ink_kernels *kernels, size_t blocks);
  /* Computes y from x. */
  void (*forward)(ink_layer *layer, const ink_pass *pass);
  /*
   * Computes dx from dy, added to dx if add_dx is set, and the gradients of the tensors. dx may be
   * NULL.
   */
  void (*backward)(ink_layer *layer, const ink_pass *pass);
} ink_layer_type;

struct ink_layer {
  const ink_layer_type *type;
  char path[INK_NAME_MAX]; /* prefix of its names in a state dict, or "" */
  double argument[INK_ARGUMENTS_MAX];
  ink_initialisation initialisation;
  size_t group;
  size_t word_start, word_end; /* where it stands in the model line */

  int input, input2; /* the layer whose y it reads, INK_FROM_INPUT, or INK_NOTHING */
  ink_shape in, in2, out;

  size_t n_tensors;
  ink_tensor tensors[INK_LAYER_TENSORS_MAX];

  bool in_place; /* y and dy are the x and dx of the first input */
  bool trains;   /* it or a layer before it has parameters, or the input's gradient is wanted */
  const float *x, *x2;
  float *y, *dy;
  float *dx, *dx2;      /* NULL if no layer before it is trained */
  bool add_dx, add_dx2; /* a later layer has already written there: add to it */
  size_t max_blocks;
  bool reads_pixels; /* its x may come as pass->pictures; it then has no dx */

  /* Memory from the arena, used by the layer's type alone. */
  float *packed, *packed_transposed;
  uint64_t packed_version, packed_transposed_version;
  float *scratch, *gathered;
  size_t shared_floats; /* floats of ink_pass.shared that it needs; set by `plan` */
  struct ink_conv_toom_tables *toom;
  const float **rows_x, **rows_dy; /* addresses for weight_gradient */
  uint8_t *mask;
  bool keep_mask; /* set by tests: use the mask that is there */
  int32_t *argmax;
};

/*
 * The types that other files mention by name; a new layer needs no line here, only one in
 * registry.c.
 */
extern const ink_layer_type ink_layer_linear, ink_layer_conv, ink_layer_bn, ink_layer_relu,
    ink_layer_maxpool, ink_layer_avgpool, ink_layer_adaptivemaxpool, ink_layer_adaptiveavgpool,
    ink_layer_concatpool, ink_layer_dropout, ink_layer_flatten, ink_layer_rgb;
/* The sum of two branches, in a model line: residual(a | b). */
extern const ink_layer_type ink_layer_add;

/* Returns a layer type that a model line may name; NULL past the end. */
const ink_layer_type *ink_layer_type_at(size_t index);

/* Declares a tensor; for `infer`. Its name in a state dict is `<path>.<name>`. */
void ink_layer_declare(ink_layer *layer, const char *name, ink_role role, size_t n_dims,
                       const size_t *dims);

/*
 * Returns how many rows of packed weights [m][k] a job multiplies: whole panels of about
 * `job_bytes` bytes together, at least one panel. INK_JOB_WEIGHT_BYTES of weights stay in the cache
 * while images stream by.
 */
enum { INK_JOB_WEIGHT_BYTES = 64 << 10 };
size_t ink_rows_per_job(const ink_kernels *kernels, size_t k, size_t job_bytes);

/* Matrices [m][k] to pack, with strides as for `pack`. */
typedef struct ink_matrices {
  const float *first; /* the first matrix; each of the others starts m * k floats later */
  size_t count, m, k, row_stride, column_stride;
  const uint8_t *dead; /* [count], 1 for a matrix to skip; NULL: pack all */
} ink_matrices;

/* Packs them on all threads: matrix i goes to packed + i * ink_packed_count(m, k). */
void ink_pack_matrices(const ink_kernels *kernels, const ink_matrices *w, float *packed);

/*
 * Set all values of a tensor: uniform in (-bound, bound), normal with a standard deviation, or one
 * value. Value i comes from draw i of the stream.
 */
void ink_draw_uniform(ink_tensor *tensor, ink_random stream, double bound);
void ink_draw_normal(ink_tensor *tensor, ink_random stream, double deviation);
void ink_fill(ink_tensor *tensor, float value);

#endif
