/*
 * line_parser.h - the state of the parser of model lines, and its parts: words and arguments
 * (line_words.c), layers and their places (line_layers.c), the grammar (model_line.c).
 */
#ifndef INK_LINE_PARSER_H
#define INK_LINE_PARSER_H

#include "model_line.h"

typedef struct ink_line_parser {
  ink_model *model;
  const char *text;
  size_t at;         /* next byte to read */
  size_t word_start; /* the item that is being read; error messages quote it */
  size_t word_len;
  size_t layer_capacity, item_capacity; /* allocated in the model */
  ink_error *err;

  /* Where the next layer stands. */
  int source;              /* the layer that it reads */
  ink_shape shape;         /* that layer's output */
  char path[INK_NAME_MAX]; /* of the sequence around it, with a dot at the end; "" at the top */
  size_t next_index;       /* its PyTorch index in that sequence */
  int depth;               /* sequences around it */
  ink_initialisation initialisation;
  size_t group; /* its parameter group */
  bool group_has_parameters;
  double parameters; /* of all layers so far */
} ink_line_parser;

/* ---- words and arguments (line_words.c) ---- */

enum { INK_LINE_TEXT = 400 }; /* bytes of a message */

/* Appends to a text of INK_LINE_TEXT bytes; what does not fit is cut off. */
void ink_line_append(char *text, const char *format, ...) INK_PRINTF(2, 3);

/* Fails with INK_E_MODEL: the column and the word, then `what`, then the shape at that place. */
ink_status ink_line_fail(ink_line_parser *p, const char *what);

/* "30 values" or "8 x 26 x 26 (channels, height, width)". */
enum { INK_SHAPE_TEXT = 80 };
const char *ink_line_shape_text(ink_shape shape, char text[INK_SHAPE_TEXT]);

void ink_line_skip_blanks(ink_line_parser *p);
/* Returns how many of the next bytes are letters, digits and underscores. */
size_t ink_line_word_length(const ink_line_parser *p);
/* Says whether the `len` bytes at `text` are `word`. */
bool ink_line_is_word(const char *text, size_t len, const char *word);
/* Passes the character `c`, after blanks; fails with `what` where another one stands. */
ink_status ink_line_expect(ink_line_parser *p, char c, const char *what);

/*
 * Reads `(value, name=value, ...)`, if it follows, into layer->argument, and checks all arguments
 * of its type.
 */
ink_status ink_line_read_arguments(ink_line_parser *p, ink_layer *layer);

/* ---- layers and their places (line_layers.c) ---- */

/* Makes a layer at the parser's place; it counts only once ink_line_join has completed it. */
ink_status ink_line_new_layer(ink_line_parser *p, const ink_layer_type *type, ink_layer **layer);

/*
 * Infers the layer's output and appends it to the model: the next layer reads it. `has_module`:
 * PyTorch has a module for it, whose name is layer->path.
 */
ink_status ink_line_join(ink_line_parser *p, ink_layer *layer, bool has_module);

/* Sets layer->path to the next index of the sequence. */
void ink_line_take_index(ink_line_parser *p, ink_layer *layer);

/*
 * Makes and joins a layer that the line does not name, with its first `n` arguments. `name`: its
 * name in the sequence; NULL where PyTorch has no module for it.
 */
ink_status ink_line_put(ink_line_parser *p, const ink_layer_type *type, const double *arguments,
                        size_t n, const char *name);

/*
 * Puts in the flatten that a layer needs before it. As the model's first layer it has no module,
 * because in PyTorch the data are flattened before they reach the model.
 */
ink_status ink_line_put_flatten(ink_line_parser *p);

/* Where a branch ends: its last layer, and the shape there. */
typedef struct ink_line_end {
  int source;
  ink_shape shape;
} ink_line_end;

static inline ink_line_end ink_line_here(const ink_line_parser *p)
{
  return (ink_line_end){p->source, p->shape};
}
/* Continues at another place: a second branch begins where the first began. */
static inline void ink_line_go_to(ink_line_parser *p, ink_line_end end)
{
  p->source = end.source;
  p->shape = end.shape;
}

/* Joins the layer that adds two branches; it is no item itself. */
ink_status ink_line_put_sum(ink_line_parser *p, ink_line_end a, ink_line_end b);

/* Joins the activation that ends a composite item and is no item itself. */
ink_status ink_line_put_activation(ink_line_parser *p, const ink_layer_type *type);

/* The state that ink_line_leave restores, and the item that it closes. */
typedef struct ink_line_outer {
  char path[INK_NAME_MAX];
  size_t next_index;
  size_t item;
} ink_line_outer;

/*
 * Opens a composite item; layers are put into it until ink_line_leave. `name`: its name in the
 * sequence around it, or NULL where PyTorch has no module for it.
 */
ink_status ink_line_enter(ink_line_parser *p, ink_item_kind kind, const char *name,
                          ink_line_outer *outer);
/* The same, with the next index of the sequence as its name. */
ink_status ink_line_enter_next(ink_line_parser *p, ink_item_kind kind, ink_line_outer *outer);
void ink_line_leave(ink_line_parser *p, const ink_line_outer *outer);

#endif
