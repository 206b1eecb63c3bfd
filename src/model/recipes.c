/*
 * recipes.c - settings with a name: a model line and all that it is trained with.
 */
#include "ink_model.h"

static const ink_recipe recipes[] = {
    {"quick",
     "model=quick\nepochs=2\nbatch=128\nlr=0.01\noptimizer=adamw\nschedule=one_cycle\nema=0.98\n"
     "augment=digits\naugment_strength=0.5"},
    {"good",
     "model=good\nepochs=4\nbatch=128\nlr=0.008\noptimizer=adamw\nschedule=one_cycle\nema=0.99\n"
     "augment=digits\naugment_strength=0.8"},
    {"record", "model=record\nepochs=28\nbatch=128\nlr=0.008\noptimizer=adamw\nschedule=one_"
               "cycle\ndiv_final=4\n"
               "ema=0.999\naugment=digits\naugment_strength=0.7\nunaugmented_epochs=2"},
};

const ink_recipe *ink_recipe_at(size_t index)
{
  return index < sizeof recipes / sizeof *recipes ? &recipes[index] : NULL;
}
