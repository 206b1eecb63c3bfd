/*
 * model_line.c - the grammar of model lines. It reads a line item by item, and each layer infers
 * its shape as it is read, so that an error can quote the word and the shape at that place.
 */
#include "line_parser.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef ink_line_parser parser;

/* ---- composite items ---- */

static ink_status read_items(parser *p);

/*
 * Reads `(item...)`: nn.Sequential, whose layers draw their first weights as `initialisation` says.
 */
static ink_status read_nested(parser *p, ink_initialisation initialisation)
{
  const ink_initialisation before = p->initialisation;
  ink_line_outer outer;
  INK_TRY(ink_line_expect(p, '(', "'(' was expected"));
  INK_TRY(ink_line_enter_next(p, INK_ITEM_SEQUENCE, &outer));
  p->initialisation = initialisation;
  INK_TRY(read_items(p));
  p->initialisation = before;
  ink_line_leave(p, &outer);
  return ink_line_expect(p, ')', "')' is missing at its end");
}

static ink_status read_branch(parser *p, const char *name, ink_line_end *end)
{
  ink_line_outer outer;
  INK_TRY(ink_line_enter(p, INK_ITEM_SEQUENCE, name, &outer));
  INK_TRY(read_items(p));
  ink_line_leave(p, &outer);
  *end = ink_line_here(p);
  return INK_OK;
}

/* Reads `(branch | shortcut)`: their sum. An empty shortcut passes on its input. */
static ink_status read_residual(parser *p)
{
  const ink_line_end start = ink_line_here(p);
  ink_line_end branch, shortcut;
  ink_line_outer outer;
  INK_TRY(ink_line_expect(p, '(', "'(' was expected"));
  INK_TRY(ink_line_enter_next(p, INK_ITEM_RESIDUAL, &outer));
  INK_TRY(read_branch(p, "0", &branch));
  INK_TRY(ink_line_expect(p, '|', "'|' was expected between the branch and the shortcut"));
  ink_line_go_to(p, start);
  INK_TRY(read_branch(p, "1", &shortcut));
  INK_TRY(ink_line_expect(p, ')', "')' is missing at its end"));
  INK_TRY(ink_line_put_sum(p, branch, shortcut));
  ink_line_leave(p, &outer);
  return INK_OK;
}

/* conv1 bn1 relu conv2 bn2: torchvision's names, right inside the block. */
static ink_status put_block_branch(parser *p, double filters, double stride)
{
  const double first[] = {filters, 3, stride, 1, 0}, second[] = {filters, 3, 1, 1, 0};
  ink_line_outer outer;
  INK_TRY(ink_line_enter(p, INK_ITEM_SEQUENCE, NULL, &outer));
  INK_TRY(ink_line_put(p, &ink_layer_conv, first, 5, "conv1"));
  INK_TRY(ink_line_put(p, &ink_layer_bn, NULL, 0, "bn1"));
  INK_TRY(ink_line_put(p, &ink_layer_relu, NULL, 0, NULL));
  INK_TRY(ink_line_put(p, &ink_layer_conv, second, 5, "conv2"));
  INK_TRY(ink_line_put(p, &ink_layer_bn, NULL, 0, "bn2"));
  ink_line_leave(p, &outer);
  return INK_OK;
}

/* Where the block changes the shape, its shortcut does too; else it passes on its input. */
static ink_status put_block_shortcut(parser *p, double filters, double stride)
{
  const double arguments[] = {filters, 1, stride, 0, 0};
  const bool same = stride == 1 && (double)p->shape.channels == filters;
  ink_line_outer outer;
  INK_TRY(ink_line_enter(p, INK_ITEM_SEQUENCE, same ? NULL : "downsample", &outer));
  if (!same) {
    INK_TRY(ink_line_put(p, &ink_layer_conv, arguments, 5, "0"));
    INK_TRY(ink_line_put(p, &ink_layer_bn, NULL, 0, "1"));
  }
  ink_line_leave(p, &outer);
  return INK_OK;
}

const ink_layer_type ink_block_arguments = {
    .word = "block",
    .wants = INK_WANTS_PICTURE,
    .arguments = {{"filters", NAN, 1, 1 << 14, true}, {"stride", 1, 1, 63, true}},
};

/* Reads `(filters, stride)`: torchvision's BasicBlock. */
static ink_status read_block(parser *p)
{
  const ink_line_end start = ink_line_here(p);
  ink_layer settings = {.type = &ink_block_arguments};
  ink_line_outer outer;
  if (p->shape.flat)
    return ink_line_fail(p, "it needs pictures, but gets a vector");
  INK_TRY(ink_line_read_arguments(p, &settings));
  const double filters = settings.argument[0], stride = settings.argument[1];
  INK_TRY(ink_line_enter_next(p, INK_ITEM_BLOCK, &outer));
  memcpy(p->model->items[outer.item].argument, settings.argument,
         sizeof p->model->items[outer.item].argument);
  INK_TRY(put_block_branch(p, filters, stride));
  const ink_line_end branch = ink_line_here(p);
  ink_line_go_to(p, start);
  INK_TRY(put_block_shortcut(p, filters, stride));
  INK_TRY(ink_line_put_sum(p, branch, ink_line_here(p)));
  INK_TRY(ink_line_put_activation(p, &ink_layer_relu));
  ink_line_leave(p, &outer);
  return INK_OK;
}

/* Reads `split`: the next parameter group begins. */
static ink_status read_split(parser *p)
{
  if (!p->group_has_parameters)
    return ink_line_fail(p, "there is nothing to train before it");
  p->group++;
  p->group_has_parameters = false;
  return INK_OK;
}

static ink_status read_sequence_word(parser *p)
{
  return read_nested(p, p->initialisation);
}

static ink_status read_body(parser *p)
{
  return read_nested(p, INK_INIT_BODY);
}

static ink_status read_head(parser *p)
{
  return read_nested(p, INK_INIT_HEAD);
}

static const ink_argument no_arguments[] = {{.name = NULL}};

static const struct {
  ink_model_word word;
  ink_status (*read)(parser *p);
} composites[] = {
    {{"block", "torchvision's basic block: two convolutions and a shortcut",
      ink_block_arguments.arguments, NULL},
     read_block},
    {{"residual", "the sum of two branches; an empty shortcut passes on its input", no_arguments,
      "branch | shortcut"},
     read_residual},
    {{"sequence", "a sequence of its own, as nn.Sequential", no_arguments, "..."},
     read_sequence_word},
    {{"body", "a sequence with the first weights of torchvision's body", no_arguments, "..."},
     read_body},
    {{"head", "a sequence with the first weights of fastai's head", no_arguments, "..."},
     read_head},
    {{"split", "the next parameter group begins", no_arguments, NULL}, read_split}};
enum { COMPOSITES = sizeof composites / sizeof *composites };

bool ink_model_word_at(size_t index, ink_model_word *word)
{
  size_t layers = 0;
  for (; ink_layer_type_at(layers); layers++)
    if (layers == index) {
      const ink_layer_type *type = ink_layer_type_at(index);
      *word = (ink_model_word){type->word, type->meaning, type->arguments, NULL};
      return true;
    }
  if (index - layers >= COMPOSITES)
    return false;
  *word = composites[index - layers].word;
  return true;
}

/* ---- items ---- */

static ink_status unknown_word(parser *p)
{
  char text[INK_LINE_TEXT] = "";
  ink_line_append(text, "no such layer; there are");
  for (size_t i = 0; ink_layer_type_at(i); i++)
    ink_line_append(text, "%s %s", i ? "," : "", ink_layer_type_at(i)->word);
  for (size_t i = 0; i < COMPOSITES; i++)
    ink_line_append(text, ", %s", composites[i].word.word);
  return ink_line_fail(p, text);
}

static const ink_layer_type *type_named(const char *word, size_t len)
{
  size_t i = 0;
  while (ink_layer_type_at(i) && !ink_line_is_word(word, len, ink_layer_type_at(i)->word))
    i++;
  return ink_layer_type_at(i);
}

static ink_status read_layer(parser *p, const ink_layer_type *type)
{
  if (type->wants == INK_WANTS_FLAT && !p->shape.flat)
    INK_TRY(ink_line_put_flatten(p));
  if (type->wants == INK_WANTS_PICTURE && p->shape.flat)
    return ink_line_fail(p, "it needs pictures, but gets a vector");
  ink_layer *layer;
  INK_TRY(ink_line_new_layer(p, type, &layer));
  INK_TRY(ink_line_read_arguments(p, layer));
  /* In PyTorch the data get their three channels before they reach the model. */
  const bool has_module = type != &ink_layer_rgb;
  if (has_module)
    ink_line_take_index(p, layer);
  return ink_line_join(p, layer, has_module);
}

static ink_status read_item(parser *p)
{
  p->word_start = p->at;
  p->word_len = ink_line_word_length(p);
  if (p->word_len == 0) {
    p->word_len = 1;
    return ink_line_fail(p, "a layer's name was expected");
  }
  p->at += p->word_len;
  const char *word = p->text + p->word_start;
  for (size_t i = 0; i < COMPOSITES; i++)
    if (ink_line_is_word(word, p->word_len, composites[i].word.word))
      return composites[i].read(p);
  const ink_layer_type *type = type_named(word, p->word_len);
  return type ? read_layer(p, type) : unknown_word(p);
}

enum { DEEPEST = 8 }; /* sequences inside each other: paths and the stack stay short */

/* Reads items up to the end of their sequence, whose `)` or `|` is left to be read. */
static ink_status read_items(parser *p)
{
  if (p->depth == DEEPEST)
    return ink_line_fail(p, "too many sequences within each other");
  p->depth++;
  for (ink_line_skip_blanks(p); p->text[p->at] && p->text[p->at] != ')' && p->text[p->at] != '|';
       ink_line_skip_blanks(p))
    INK_TRY(read_item(p));
  p->depth--;
  return INK_OK;
}

/*
 * One layer alone is nn.Linear, not nn.Sequential(nn.Linear): the names of its tensors have no
 * prefix.
 */
static void drop_index_of_one(ink_model *model)
{
  ink_layer *only = NULL;
  for (size_t i = 0; i < model->n_layers; i++) {
    const char *path = model->layers[i].path;
    if (!path[0])
      continue;
    if (strcmp(path, "0") != 0)
      return;
    only = &model->layers[i];
  }
  if (only)
    only->path[0] = 0;
}

ink_status ink_model_line_parse(ink_model *model, ink_error *err)
{
  parser p = {.model = model,
              .text = model->line,
              .shape = model->input,
              .err = err,
              .source = INK_FROM_INPUT};
  INK_TRY(read_items(&p));
  if (p.text[p.at]) {
    p.word_start = p.at;
    p.word_len = 1;
    return ink_line_fail(&p, "a layer's name was expected");
  }
  if (model->n_layers == 0)
    return ink_fail(err, INK_E_MODEL,
                    "the model line is empty; for example: linear(30) relu linear(classes)");
  drop_index_of_one(model);
  model->output = p.shape;
  model->n_groups = p.group + 1;
  if (!p.group_has_parameters && p.group > 0)
    return ink_line_fail(&p, "there is nothing to train after the last split");
  if (model->classes && (!p.shape.flat || p.shape.channels != model->classes)) {
    char shape[INK_SHAPE_TEXT];
    return ink_fail(err, INK_E_MODEL,
                    "the model must end in %zu values, one for each class, but ends in %s: end it "
                    "with linear(classes)",
                    model->classes, ink_line_shape_text(p.shape, shape));
  }
  return INK_OK;
}
