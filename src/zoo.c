/*
 * zoo.c - the presets: names for model lines.
 */
#include "ink_model.h"

static const ink_preset presets[] = {
    {"linear", "linear(classes)"},
    {"mlp", "linear(30) relu linear(classes)"},
};

const ink_preset *ink_preset_at(size_t index)
{
  return index < sizeof presets / sizeof *presets ? &presets[index] : NULL;
}
