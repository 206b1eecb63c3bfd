/*
 * ink_model.h - a line of text becomes a list of layers, and the list becomes a network.
 *
 *   line   = item...                          linear(30) relu linear(classes)
 *   item   = word | word(argument, ...)
 *   argument = number | name=number           yes and no are 1 and 0; `classes` is their number
 *
 * A line may also be the name of a preset. Words and their arguments are the layers' own
 * (ink_layers.h). A flatten is put in where a layer wants a vector and gets pictures.
 *
 * Parameters are named as PyTorch names those of nn.Sequential(item, ...), and as those of the
 * layer itself when the line is one layer: "0.weight" and "weight". A flatten that is put in
 * counts as an item, except at the very beginning, where PyTorch's data come flat.
 */
#ifndef INK_MODEL_H
#define INK_MODEL_H

#include "ink_layers.h"

enum { INK_LINE_MAX = 4096, INK_LAYERS_MAX = 512 }; /* bytes with the final 0; layers */

typedef struct ink_preset {
  const char *name, *line;
} ink_preset;

/* NULL past the end. */
const ink_preset *ink_preset_at(size_t index);

/* A recipe: a name for settings, lines `name=value`. */
typedef struct ink_recipe {
  const char *name, *lines;
} ink_recipe;

/* The recipe at `index`; NULL past the end. */
const ink_recipe *ink_recipe_at(size_t index);

typedef struct ink_model {
  char line[INK_LINE_MAX]; /* as given, presets spelled out */
  size_t classes;
  ink_shape input, output;
  size_t n_layers;
  ink_layer *layers;
  size_t n_tensors;
  ink_tensor **tensors; /* all layers' tensors, in order */
  size_t n_groups;      /* parameter groups */

  /* Trained values first, then buffers: tensors' values follow each other in both. */
  size_t n_parameters, n_values, n_gradients;
  float *values;    /* [n_values] */
  float *gradients; /* [n_gradients]: n_parameters, or fewer where dead taps have none */

  const ink_kernels *kernels;
  size_t max_blocks;
  bool
      drops_dead; /* set before planning: gradients of dead taps at a tensor's ends have no memory */
  bool
      dense_pictures; /* set before planning: so few pixels are 0 that skipping them does not pay */
  bool flat_input;    /* the first layer would flatten: the input is laid out so at once */
  float *x; /* input, as activations are; not filled where pass.pictures are read instead */
  const uint8_t **pictures; /* [max_blocks * 8], where all who read x can read pixels; else NULL */
  size_t n_pictures;
  float *dx; /* its gradient, NULL unless it was planned */
  ink_pass pass;
  double temperature; /* of the probabilities: softmax of logits / temperature; 0 means 1 */
} ink_model;

/*
 * Parses the line and infers all shapes; nothing is allocated for training yet.
 *
 *   input    of one picture
 *   classes  the word `classes` in the line; the last layer must give that many values.
 *            0: no such check
 *
 * INK_E_MODEL quotes the word, with its column and the shape there, and says what was expected.
 */
ink_status ink_model_create(ink_model **model, const char *line, ink_shape input, size_t classes,
                            ink_error *err);
void ink_model_free(ink_model *model); /* takes NULL */

/*
 * Takes all that training needs for up to `max_batch` images. Call it with a counting arena first
 * and then with one of that size; the model is usable after the second.
 */
void ink_model_plan(ink_model *model, ink_arena *arena, const ink_kernels *kernels,
                    size_t max_batch, bool input_gradient);

/* Draws all parameters from (seed, INK_FOR_INIT); buffers get their starting values. */
void ink_model_initialise(ink_model *model, uint64_t seed);

/*
 * Parameter groups below `first` are frozen, except their norm layers, which go on training as
 * fastai's do. 0 unfreezes all.
 */
void ink_model_freeze(ink_model *model, size_t first);

/* To be called after values were changed from outside. */
void ink_model_touch(ink_model *model);
/* From now on its values are those at `values` [n_values], which lie as its own did. */
void ink_model_use(ink_model *model, float *values);

/*
 * Pictures [n] of u8 pixels become the input: pixel / 255. n <= the planned batch. The pixels are read
 * until the passes over this batch are done.
 */
void ink_model_set_pictures(ink_model *model, const uint8_t *const *pictures, size_t n);
/* Fills x, for those who look at it, where set_pictures has left the pixels to the layers. */
void ink_model_fill_x(ink_model *model);
/*
 * One image of the input from floats [channels][height][width]; the batch has n images, which all come
 * this way.
 */
void ink_model_set_image(ink_model *model, size_t index, size_t n, const float *values);

/* Input to logits for n images. */
void ink_model_forward(ink_model *model, size_t n, bool training);
/* Last layer's dy, as the loss left it, to all gradients; after a forward of the same batch. */
void ink_model_backward(ink_model *model);
/* The same for those who do something else between two layers: begin, then each layer in turn. */
void ink_model_begin(ink_model *model, size_t n, bool training);
void ink_model_forward_layer(ink_model *model, size_t index);
void ink_model_backward_layer(ink_model *model, size_t index);

/* [blocks][classes][8], and their gradient. */
static inline float *ink_model_logits(const ink_model *model)
{
  return model->layers[model->n_layers - 1].y;
}
static inline float *ink_model_d_logits(const ink_model *model)
{
  return model->layers[model->n_layers - 1].dy;
}

#endif
