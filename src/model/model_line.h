/*
 * model_line.h - what the parser of model lines gives to the rest of the room.
 */
#ifndef INK_MODEL_LINE_H
#define INK_MODEL_LINE_H

#include "ink_model.h"

/* Kinds of items. */
typedef enum ink_item_kind {
  INK_ITEM_LAYER,    /* one layer */
  INK_ITEM_SEQUENCE, /* its items one after the other */
  INK_ITEM_RESIDUAL, /* the sum of its two sequences */
  INK_ITEM_BLOCK     /* torchvision's BasicBlock: relu of the sum of its two sequences */
} ink_item_kind;

/*
 * One item of a model line. Items stand in the order of the line, and those inside a composite item
 * follow it. For `relu residual(conv(8,1) | ) linear(10)`:
 *
 *   index  item        end
 *     0    relu         1
 *     1    residual     5
 *     2      sequence   4
 *     3        conv     4
 *     4      sequence   5
 *     5    flatten      6     (linear needs it)
 *     6    linear       7
 */
typedef struct ink_item {
  ink_item_kind kind;
  size_t end;              /* index behind the last item inside this one */
  size_t layer;            /* of INK_ITEM_LAYER: which layer */
  bool has_module;         /* PyTorch has a module of this name: */
  char path[INK_NAME_MAX]; /* of a composite; a layer has its own */
  ink_shape in, out;
  double argument[2]; /* of INK_ITEM_BLOCK: filters, stride */
} ink_item;

/* Reads model->line and fills layers, items, output and n_groups. */
ink_status ink_model_line_parse(ink_model *model, ink_error *err);

/* The arguments of `block`, as of a layer. */
extern const ink_layer_type ink_block_arguments;

#endif
