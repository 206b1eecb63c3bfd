/* learning.h - a data set that is easy to learn, and learners on it. */
#ifndef LEARNING_H
#define LEARNING_H

#include "check.h"
#include "ink_checkpoint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Pictures of the classes a, b, ... in turn. Each class has a stripe of light of its own on noise;
 * most pixels are 0.
 */
static inline ink_dataset *make_dataset(size_t classes, size_t train, size_t valid)
{
  ink_dataset *d = ink_alloc(sizeof *d);
  d->n_classes = classes;
  for (size_t c = 0; c < classes; c++)
    snprintf(d->class_names[c], INK_CLASS_NAME_MAX, "%c", (int)('a' + c));
  ink_items *splits[] = {&d->train, &d->valid};
  const size_t counts[] = {train, valid}, stripe = INK_PIXELS / classes + 1;
  for (size_t s = 0; s < 2; s++) {
    splits[s]->count = counts[s];
    splits[s]->pixels = ink_alloc(counts[s] * INK_PIXELS);
    splits[s]->labels = ink_alloc(counts[s]);
    for (size_t i = 0; i < counts[s]; i++) {
      splits[s]->labels[i] = (uint8_t)(i % classes);
      for (size_t p = 0; p < INK_PIXELS; p++)
        splits[s]->pixels[i * INK_PIXELS + p] =
            (uint8_t)(p / stripe == i % classes ? 100 + (i * 31 + p * 7) % 156
                      : (i + p) % 7             ? 0
                                                : (i + p) % 60);
    }
  }
  return d;
}

/* Makes a learner with the settings of `text`; kernels NULL: the default. */
static inline ink_learner *make_learner(const ink_dataset *dataset, const char *text,
                                        const ink_kernels *kernels)
{
  ink_settings settings;
  ink_learner *learner = NULL;
  ink_error err;
  ink_status status = ink_settings_parse(&settings, text, &err);
  if (status == INK_OK)
    status = ink_learner_create(&learner, dataset, &settings, kernels, &err);
  CHECK(status == INK_OK, "%s: %s", text, status ? err.text : "");
  if (status != INK_OK)
    exit(checks_end());
  return learner;
}

/* An optimiser with its state, for steps by hand: free_optimizer. */
static inline ink_optimizer make_optimizer(const ink_model *model, ink_optimizer settings)
{
  ink_arena arena = {0};
  ink_optimizer_plan(&settings, model, &arena);
  arena = (ink_arena){.base = ink_alloc(arena.used + !arena.used), .capacity = arena.used};
  ink_optimizer_plan(&settings, model, &arena);
  return settings;
}

/* The state begins with `first`, if there is any. */
static inline void free_optimizer(ink_optimizer *optimizer)
{
  ink_free(optimizer->first);
}

#endif
