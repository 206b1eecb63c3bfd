/*
 * example.c - the library in use: learns the pictures of a tar archive, tells each epoch, and
 * writes a checkpoint, which the page, `inklearn` and PyTorch open.
 *
 *   make lib
 *   cc -Ibuild/lib/include tools/example.c -Lbuild/lib -linklearn -lm -pthread -o example
 *   gunzip -c build/digits.tar.gz | ./example "model=mlp epochs=5 lr=0.1 batch=64"
 * digits.safetensors
 */
#include "ink_checkpoint.h"

#include <stdio.h>
#include <stdlib.h>

/* The archive on standard input, which may be cut anywhere: the loader keeps what it needs. */
static ink_status load(ink_dataset **dataset, ink_error *err)
{
  static uint8_t chunk[1 << 16];
  ink_loader *loader;
  INK_TRY(ink_loader_create(&loader, err));
  ink_status status = ink_loader_begin(loader, "pictures.tar", err);
  for (size_t n; status == INK_OK && (n = fread(chunk, 1, sizeof chunk, stdin)) > 0;)
    status = ink_loader_push(loader, chunk, n, err);
  if (status == INK_OK)
    status = ink_loader_end(loader, err);
  if (status == INK_OK)
    status = ink_loader_finish(loader, dataset, err);
  ink_loader_free(loader);
  return status;
}

static ink_status train(ink_learner *learner, ink_error *err)
{
  ink_event event = {0};
  while (event.kind != INK_EVENT_DONE) {
    INK_TRY(ink_learner_advance(learner, &event, err));
    if (event.kind == INK_EVENT_EPOCH)
      printf("epoch %.0f: loss %.4f, accuracy %.4f\n", event.epoch, event.valid_loss,
             event.accuracy);
  }
  return INK_OK;
}

static ink_status run(char *text, const char *path, ink_dataset **dataset, ink_learner **learner,
                      ink_error *err)
{
  ink_settings settings;
  for (char *c = text; *c; c++) /* settings are lines */
    *c = *c == ' ' ? '\n' : *c;
  INK_TRY(ink_settings_parse(&settings, text, err));
  INK_TRY(load(dataset, err));
  INK_TRY(ink_learner_create(learner, *dataset, &settings, NULL, err));
  INK_TRY(train(*learner, err));

  const size_t size = ink_checkpoint_write(*learner, true, NULL);
  uint8_t *bytes = malloc(size);
  FILE *file = fopen(path, "wb");
  if (!bytes || !file || ink_checkpoint_write(*learner, true, bytes) != size ||
      fwrite(bytes, 1, size, file) != size || fclose(file) != 0)
    return ink_fail(err, INK_E_DATA, "%s could not be written", path);
  free(bytes);
  return INK_OK;
}

int main(int argc, char **argv)
{
  ink_dataset *dataset = NULL;
  ink_learner *learner = NULL;
  ink_error err;
  if (argc != 3)
    return fprintf(stderr, "usage: example SETTINGS CHECKPOINT <pictures.tar\n"), 2;
  ink_threads_start(2); /* the same bits with any number of them */
  const ink_status status = run(argv[1], argv[2], &dataset, &learner, &err);
  if (status != INK_OK)
    fprintf(stderr, "%s\n", err.text);
  ink_threads_stop();
  ink_learner_free(learner);
  ink_dataset_free(dataset);
  return status == INK_OK ? 0 : 1;
}
