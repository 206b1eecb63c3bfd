/*
 * model_line.c - fuzz target: settings in lines `name=value`, with a model line, and the
 * computation of the memory that they need.
 */
#include "ink_learner.h"
#include "target.h"

#include <string.h>

static uint32_t digest_model(const ink_model *model)
{
  uint32_t digest = digest_number(0, model->n_parameters);
  for (size_t i = 0; i < model->n_layers; i++) {
    const ink_layer *layer = &model->layers[i];
    PROMISE(layer->word_start <= layer->word_end && layer->word_end <= strlen(model->line));
    PROMISE(layer->input < (int)i && layer->input2 < (int)i);
    digest = digest_number(digest, ink_shape_count(layer->out));
  }
  for (size_t t = 0; t < model->n_tensors; t++)
    digest = ink_crc32(digest, (const uint8_t *)model->tensors[t]->name,
                       strlen(model->tensors[t]->name));
  return digest;
}

/*
 * Checks that the brackets of a JSON text that has none in its strings are balanced; `context`: how
 * many are open.
 */
static void count_brackets(void *context, const char *text, size_t len)
{
  size_t *open = context;
  for (size_t i = 0; i < len; i++) {
    PROMISE((uint8_t)text[i] >= 0x20 && text[i] != '\\');
    if (text[i] == '[' || text[i] == '{')
      ++*open;
    if (text[i] == ']' || text[i] == '}')
      PROMISE((*open)-- > 0);
  }
}

/* The settings that are written are read again as the same. */
static void check_round_trip(const ink_settings *settings)
{
  static char first[2 * INK_LINE_MAX], second[2 * INK_LINE_MAX];
  ink_settings again;
  ink_error err;
  PROMISE(ink_settings_write(settings, first, sizeof first) < sizeof first);
  PROMISE(ink_settings_parse(&again, first, &err) == INK_OK);
  ink_settings_write(&again, second, sizeof second);
  PROMISE(strcmp(first, second) == 0);
}

ink_status target(const uint8_t *bytes, size_t len, uint32_t *digest, ink_error *err)
{
  char *text = malloc(len + 1);
  PROMISE(text);
  memcpy(text, bytes, len);
  text[len] = 0;
  ink_settings settings;
  const ink_status status = ink_settings_parse(&settings, text, err);
  free(text);
  INK_TRY(status);
  check_round_trip(&settings);
  ink_model *model;
  const ink_shape input = {.channels = 1, .height = INK_SIDE, .width = INK_SIDE};
  INK_TRY(ink_model_create(&model, settings.model, input, 10, err));
  *digest = digest_model(model);
  PROMISE(model->output.flat && model->output.channels == 10);
  size_t open = 0;
  ink_model_write_layers(model, count_brackets, &open);
  PROMISE(open == 0);
  ink_model_free(model);
  /* A data set without pixels: only its counts are used. */
  const ink_dataset dataset = {.n_classes = 10, .train = {.count = 1000}, .valid = {.count = 100}};
  size_t memory;
  const ink_status counted = ink_learner_bytes(&dataset, &settings, NULL, &memory, err);
  /* The addressable size depends on the build. */
  return counted == INK_E_MEMORY ? INK_OK : counted;
}
