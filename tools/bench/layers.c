/*
 * layers.c - measured inside WebAssembly for a whole model: each layer forward and backward, the
 * loss and the optimiser.
 */
#include "ink_train.h"

#include <stdio.h>

#define EXPORT(name) __attribute__((export_name(#name))) name

const char *EXPORT(bench_preset)(size_t index);
int EXPORT(bench_model)(size_t preset, size_t batch);
size_t EXPORT(bench_layers)(void);
const char *EXPORT(bench_layer_name)(size_t index);
double EXPORT(bench_layer_work)(size_t index);
void EXPORT(bench_layer_forward)(size_t index);
void EXPORT(bench_layer_backward)(size_t index);
void EXPORT(bench_input)(void);
void EXPORT(bench_loss)(void);
void EXPORT(bench_optimizer)(void);

enum { BATCH_MAX = 1024, RUN = 6 }; /* images; length of a run of pixels that are 0 or not */

static struct {
  ink_model *model;
  ink_optimizer optimizer;
  void *memory;
  size_t batch;
  uint8_t pixels[BATCH_MAX][INK_PIXELS];
  const uint8_t *pictures[BATCH_MAX];
  int32_t targets[BATCH_MAX];
  float losses[BATCH_MAX];
} bench;

/* Returns the name of a preset; NULL past the end. */
const char *bench_preset(size_t index)
{
  return ink_preset_at(index) ? ink_preset_at(index)->name : NULL;
}

static void take(ink_arena *arena)
{
  ink_model_plan(bench.model, arena, ink_kernels_at(0), bench.batch, false);
  ink_optimizer_plan(&bench.optimizer, bench.model, arena);
}

/*
 * Makes a preset's network with initial weights, Adam, and `batch` random pictures. Four fifths of
 * their pixels are 0, as in digits. Returns 0 on success.
 */
int bench_model(size_t preset, size_t batch)
{
  ink_model_free(bench.model);
  ink_free(bench.memory);
  bench.model = NULL;
  bench.memory = NULL;
  bench.batch = batch;
  bench.optimizer = (ink_optimizer){.kind = INK_ADAM, .momentum = 0.9, .beta2 = 0.999, .eps = 1e-8};
  const ink_shape input = {.channels = 1, .height = INK_SIDE, .width = INK_SIDE};
  if (batch > BATCH_MAX ||
      ink_model_create(&bench.model, ink_preset_at(preset)->name, input, 10, NULL) != INK_OK)
    return 1;
  ink_arena arena = {0};
  take(&arena);
  bench.memory = ink_alloc(arena.used);
  if (!bench.memory)
    return 1;
  arena = (ink_arena){.base = bench.memory, .capacity = arena.used};
  take(&arena);
  ink_model_initialise(bench.model, 0);
  const ink_random stream = ink_random_stream(0, INK_FOR_TEST, 0);
  for (size_t i = 0; i < batch; i++) {
    bench.pictures[i] = bench.pixels[i];
    bench.targets[i] = (int32_t)(i % 10);
    for (size_t p = 0; p < INK_PIXELS; p++)
      bench.pixels[i][p] = ink_random_uniform(stream, (i * INK_PIXELS + p) / RUN) < 0.8
                               ? 0
                               : (uint8_t)(1 + ink_random_u64(stream, i * INK_PIXELS + p) % 255);
  }
  bench_input();
  ink_model_forward(bench.model, batch, true); /* sets the number of pictures in the layers */
  return 0;
}

size_t bench_layers(void)
{
  return bench.model->n_layers;
}

const char *bench_layer_name(size_t index)
{
  static char text[96];
  const ink_layer *layer = &bench.model->layers[index];
  snprintf(text, sizeof text, "%s %zux%zux%zu -> %zux%zux%zu", layer->type->word,
           layer->in.channels, layer->in.height, layer->in.width, layer->out.channels,
           layer->out.height, layer->out.width);
  return text;
}

/* Returns how many pairs of an output and a tap fall inside the picture, along one axis. */
static size_t tap_pairs(size_t in, size_t out, size_t kernel, size_t stride, size_t pad)
{
  size_t n = 0;
  for (size_t o = 0; o < out; o++)
    for (size_t k = 0; k < kernel; k++)
      n += o * stride + k >= pad && o * stride + k - pad < in;
  return n;
}

/*
 * Returns the multiply-adds of a layer's forward pass for the batch, for taps inside the picture
 * only.
 */
double bench_layer_work(size_t index)
{
  const ink_layer *layer = &bench.model->layers[index];
  const double images = (double)bench.batch;
  if (layer->type == &ink_layer_linear)
    return images * (double)(layer->in.channels * layer->out.channels);
  if (layer->type != &ink_layer_conv)
    return 0;
  const size_t kernel = (size_t)layer->argument[1], stride = (size_t)layer->argument[2];
  const size_t pad = (size_t)layer->argument[3];
  return images * (double)(layer->in.channels * layer->out.channels *
                           tap_pairs(layer->in.height, layer->out.height, kernel, stride, pad) *
                           tap_pairs(layer->in.width, layer->out.width, kernel, stride, pad));
}

/* A first layer that only passes the flat input on is not run. */
static bool runs(size_t index)
{
  return index > 0 || !bench.model->flat_input;
}

void bench_layer_forward(size_t index)
{
  if (!runs(index))
    return;
  bench.model->layers[index].type->forward(&bench.model->layers[index], &bench.model->pass);
}

void bench_layer_backward(size_t index)
{
  if (!runs(index))
    return;
  bench.model->layers[index].type->backward(&bench.model->layers[index], &bench.model->pass);
}

void bench_input(void)
{
  ink_model_set_pictures(bench.model, bench.pictures, bench.batch);
}

void bench_loss(void)
{
  ink_cross_entropy(bench.model, bench.batch, bench.targets, 0, bench.losses, true);
}

void bench_optimizer(void)
{
  const double rates[INK_GROUPS_MAX] = {1e-4, 1e-4, 1e-4};
  ink_optimizer_step(&bench.optimizer, bench.model, rates, 0.9);
}
