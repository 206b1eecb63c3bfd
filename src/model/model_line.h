/*
 * model_line.h - the parser of model lines, private to the model.
 */
#ifndef INK_MODEL_LINE_H
#define INK_MODEL_LINE_H

#include "ink_model.h"

/* Reads model->line and fills layers, output and n_groups. */
ink_status ink_model_line_parse(ink_model *model, ink_error *err);

#endif
