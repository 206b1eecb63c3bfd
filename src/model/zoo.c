/*
 * zoo.c - model lines that have a name.
 */
#include "ink_model.h"

static const ink_preset presets[] = {
    {"linear", "linear(classes)"},
    {"mlp", "linear(30) relu linear(classes)"},
    {"cnn",
     "conv(32,5) relu maxpool(2) conv(64,5) relu maxpool(2) linear(128) relu linear(classes)"},
    /* torchvision's body and fastai's head; the splits are fastai's parameter groups. */
    {"resnet18",
     "rgb body(conv(64,7,2,3,bias=no) bn relu maxpool(3,2,1) sequence(block(64) block(64)) "
     "sequence(block(128,2) block(128)) split sequence(block(256,2) block(256)) "
     "sequence(block(512,2) block(512))) split head(concatpool flatten bn dropout(0.25) "
     "linear(512,bias=no) relu bn dropout(0.5) linear(classes,bias=no))"},
    /* The presets of settings (ink_recipe) have these names too. */
    {"quick",
     "conv(16,5,bias=no) bn relu maxpool(2) conv(32,5,bias=no) bn relu maxpool(2) linear(classes)"},
    {"good", "conv(16,5,bias=no) bn relu maxpool(2) conv(64,3,bias=no) bn relu conv(64,3,bias=no) "
             "bn relu maxpool(2) "
             "conv(96,3,bias=no) bn relu avgpool(2) dropout(0.2) linear(classes)"},
    {"record", "conv(24,5,bias=no) bn relu maxpool(2) conv(64,3,pad=1,bias=no) bn relu "
               "conv(64,3,bias=no) bn relu "
               "conv(64,3,bias=no) bn relu maxpool(2) conv(128,3,pad=1,bias=no) bn relu "
               "conv(128,3,bias=no) bn relu "
               "avgpool(2) dropout(0.3) linear(classes)"},
};

const ink_preset *ink_preset_at(size_t index)
{
  return index < sizeof presets / sizeof *presets ? &presets[index] : NULL;
}
