/*
 * ink_model.h - a line of text becomes a list of layers, and the list becomes a network.
 *
 *   line     = item...                  linear(30) relu linear(classes)
 *   item     = word | word(argument, ...)
 *   argument = number | name=number     yes is 1, no is 0; `classes` is the number of classes
 *
 * A line may also be the name of a preset. Words and their arguments are those of the layers
 * (ink_layers.h). Where a layer needs a vector and gets pictures, a flatten is put before it.
 *
 * Parameters have the names that PyTorch gives them in nn.Sequential(item, ...), such as
 * "0.weight"; if the line is one layer, those of the layer itself, such as "weight". A flatten that
 * was put in counts as an item, but not as the first layer: in PyTorch the data come flat.
 */
#ifndef INK_MODEL_H
#define INK_MODEL_H

#include "ink_layers.h"

enum { INK_LINE_MAX = 4096, INK_LAYERS_MAX = 512 }; /* bytes with the final 0; layers */

typedef struct ink_preset {
  const char *name, *line;
} ink_preset;

/* Returns NULL past the last. */
const ink_preset *ink_preset_at(size_t index);

/* A recipe: a name for settings, lines `name=value`. */
typedef struct ink_recipe {
  const char *name, *lines;
} ink_recipe;

/* The recipe at `index`; NULL past the end. */
const ink_recipe *ink_recipe_at(size_t index);

/* A word that a model line may use. */
typedef struct ink_model_word {
  const char *word, *meaning;
  const ink_argument *arguments; /* a name of NULL ends them */
  const char *contents;          /* of its brackets where it has items and no arguments; or NULL */
} ink_model_word;

/* Returns false past the last; first come the layers, then what is made of layers. */
bool ink_model_word_at(size_t index, ink_model_word *word);

typedef struct ink_model {
  char line[INK_LINE_MAX]; /* as given; the line of a preset instead of its name */
  size_t classes;
  ink_shape input, output;
  size_t n_layers;
  ink_layer *layers;
  size_t n_items;
  struct ink_item *items; /* the line's items, which the resolved layers are written from */
  size_t n_tensors;
  ink_tensor **tensors; /* all layers' tensors, in order */
  size_t n_groups;      /* parameter groups */

  /* Trained values come first, then buffers; in both, one tensor's values follow the other's. */
  size_t n_parameters, n_values, n_gradients;
  float *values;    /* [n_values] */
  float *gradients; /* [n_gradients]: n_parameters, less the dead taps that get no memory */

  const ink_kernels *kernels;
  size_t max_blocks;
  /* Set before planning: dead taps at a tensor's ends get no memory for their gradients. */
  bool drops_dead;
  /* Set before planning: so few pixels are 0 that skipping them does not pay. */
  bool dense_pictures;
  bool flat_input; /* the first layer would flatten, so the input is laid out flat at once */
  float *x;        /* input, laid out as activations; not filled where pass.pictures are read */
  const uint8_t **pictures; /* [max_blocks * 8] if all that read x can read pixels, or NULL */
  size_t n_pictures;
  float *dx; /* gradient of x; NULL unless it was planned */
  ink_pass pass;
  double temperature; /* probabilities are the softmax of logits / temperature; 0 means 1 */
} ink_model;

/*
 * Parses the line and infers all shapes; nothing is allocated for training yet.
 *
 *   input    shape of one picture
 *   classes  value of the word `classes` in the line; the last layer must give that many values.
 *            0: the last layer is not checked
 *
 * Fails with INK_E_MODEL, whose text quotes the word, its column and the shape there, and says what
 * was expected; or with INK_E_MEMORY.
 */
ink_status ink_model_create(ink_model **model, const char *line, ink_shape input, size_t classes,
                            ink_error *err);
void ink_model_free(ink_model *model); /* takes NULL */

/* Receives the next `len` bytes of a text. */
typedef void (*ink_put)(void *context, const char *text, size_t len);

/*
 * Writes the resolved layers as JSON: all that another program needs to build the network, so that
 * no other program parses model lines. Checkpoints carry this text. `conv(8,3) relu
 * residual(conv(8,1) | ) linear(10)` begins with
 *
 *   [{"type":"conv","path":"0","input":[1,28,28],"output":[8,26,26],"group":0,
 *     "arguments":{"filters":8,"kernel":3,"stride":1,"pad":0,"bias":1},
 *     "tensors":{"0.weight":[8,1,3,3],"0.bias":[8]}}, ...
 *
 *   type       the word of the layer, or "sequence", "residual" or "block": an item made of layers
 *   path       the name of its module in PyTorch, "" for the only one. Missing where PyTorch has no
 *              module: rgb, and a flatten before the first layer, are done to the data, and an
 *              activation inside a block is a function
 *   input, output  [channels, height, width] of one picture, or [values] of a vector
 *   group      parameter group, from 0
 *   arguments  all arguments by their names in the model line, also those that it leaves out
 *   tensors    shapes by their names in the state dict, statistics of bn included
 *   layers     the items inside: of a "sequence" one after the other, of a "residual" two sequences
 *              whose outputs are added, of a "block" two sequences whose sum goes through a relu
 *
 * A flatten that a layer needs stands in the list. The core refuses a checkpoint whose text is
 * another than it writes itself; a later format of this text therefore needs another name in the
 * metadata.
 */
void ink_model_write_layers(const ink_model *model, ink_put put, void *context);

/*
 * Takes from the arena all memory that training needs for up to `max_batch` images. Call it with a
 * counting arena first, then with one of that size; after the second call the model can be used.
 * `input_gradient`: the gradient of the input is wanted too.
 */
void ink_model_plan(ink_model *model, ink_arena *arena, const ink_kernels *kernels,
                    size_t max_batch, bool input_gradient);

/* Draws all parameters from (seed, INK_FOR_INIT), and sets buffers to their starting values. */
void ink_model_initialise(ink_model *model, uint64_t seed);

/*
 * Freezes the parameter groups below `first`, except their norm layers, which train on as in
 * fastai. 0 unfreezes all.
 */
void ink_model_freeze(ink_model *model, size_t first);

/* A number that is equal for equal bits of all values, weights and buffers (FNV-1a, 64 bits). */
uint64_t ink_model_digest(const ink_model *model);
/* The last layer with parameters; NULL: there is none. */
const ink_layer *ink_model_last_trained(const ink_model *model);
/* Multiply-adds of one picture forward, padding included. */
double ink_model_macs(const ink_model *model);
/* How many parameters the layer at `index` trains. */
size_t ink_model_layer_parameters(const ink_model *model, size_t index);

/* Must be called after values were changed from outside: layers then pack their weights again. */
void ink_model_touch(ink_model *model);
/* Makes `values` [n_values] the model's values; they are laid out as its own were. */
void ink_model_use(ink_model *model, float *values);

/*
 * Makes `n` pictures [channels][height][width] of u8 pixels the input: pixel / 255. n is at most
 * the planned batch. The pixels must stay until the passes over this batch are done.
 */
void ink_model_set_pictures(ink_model *model, const uint8_t *const *pictures, size_t n);
/*
 * Fills x, for callers that read it, where ink_model_set_pictures has left the pixels to the
 * layers.
 */
void ink_model_fill_x(ink_model *model);
/*
 * Sets image `index` of the input from floats [channels][height][width]. All `n` images of the
 * batch must be set in this way.
 */
void ink_model_set_image(ink_model *model, size_t index, size_t n, const float *values);

/* Computes the logits of n images from the input. */
void ink_model_forward(ink_model *model, size_t n, bool training);
/*
 * Computes all gradients from the last layer's dy, which the loss has set, after a forward pass of
 * the batch.
 */
void ink_model_backward(ink_model *model);
/*
 * The same layer by layer, for callers that do something else between two of them: begin, then each
 * in turn.
 */
void ink_model_begin(ink_model *model, size_t n, bool training);
void ink_model_forward_layer(ink_model *model, size_t index);
void ink_model_backward_layer(ink_model *model, size_t index);

/* Logits [blocks][classes][8], and their gradient. */
static inline float *ink_model_logits(const ink_model *model)
{
  return model->layers[model->n_layers - 1].y;
}
static inline float *ink_model_d_logits(const ink_model *model)
{
  return model->layers[model->n_layers - 1].dy;
}

#endif
