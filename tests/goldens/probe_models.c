/*
 * probe_models.c - operations on a whole model: one forward and backward pass, and some steps of
 * SGD.
 */
#include "probe.h"

/* ---- models ---- */

typedef struct rig {
  ink_model *model;
  ink_optimizer optimizer;
  void *memory;
} rig;

static bool rig_make(rig *r, size_t n, bool input_gradient)
{
  ink_error err;
  const ink_shape input = {
      .channels = (size_t)probe_number("channels", 1),
      .height = (size_t)probe_number("height", 1),
      .width = (size_t)probe_number("width", 1),
      .flat = probe_number("flat", 0) != 0,
  };
  if (!probe_text("line") || n < 1) {
    probe_refuse("a line and at least one picture are needed");
    return false;
  }
  if (ink_model_create(&r->model, probe_text("line"), input, 0, &err) != INK_OK) {
    probe_refuse("%s", err.text);
    return false;
  }
  ink_arena arena = {0};
  for (int pass = 0; pass < 2; pass++) {
    ink_model_plan(r->model, &arena, kernels, n, input_gradient);
    ink_optimizer_plan(&r->optimizer, r->model, &arena);
    if (pass == 0)
      arena = (ink_arena){.base = r->memory = ink_alloc(arena.used), .capacity = arena.used};
  }
  for (size_t t = 0; t < r->model->n_tensors; t++) {
    const ink_tensor *tensor = r->model->tensors[t];
    size_t count;
    const float *value = probe_floats(tensor->name, &count);
    if (!value && tensor->role == INK_ROLE_COUNTER)
      continue;
    if (!value || count != tensor->count) {
      probe_refuse("parameter %s: %zu values were given, %zu are needed", tensor->name, count,
                   tensor->count);
      return false;
    }
    ink_tensor_import(tensor, value, tensor->value);
  }
  ink_model_touch(r->model);
  return true;
}

static void rig_free(rig *r)
{
  ink_model_free(r->model);
  ink_free(r->memory);
}

/*
 * Returns where value `feature` (channel, row, column) of image `index` lies in activations of n
 * images.
 */
static size_t place(ink_shape shape, size_t n, size_t index, size_t feature, bool flat)
{
  const size_t blocks = ink_ceil_div(n, INK_LANES), pixels = shape.height * shape.width;
  const size_t block = index / INK_LANES, lane = index % INK_LANES;
  if (flat)
    return (block * ink_shape_count(shape) + feature) * INK_LANES + lane;
  const size_t channel = feature / pixels, pixel = feature % pixels;
  return ((pixel * blocks + block) * shape.channels + channel) * INK_LANES + lane;
}

static void answer_values(const char *name, ink_shape shape, size_t n, const float *from, bool flat)
{
  const size_t count = ink_shape_count(shape);
  float *out = probe_answer(name, n * count);
  for (size_t i = 0; i < n; i++)
    for (size_t f = 0; f < count; f++)
      out[i * count + f] = from[place(shape, n, i, f, flat)];
}

static void answer_tensors(const ink_model *model, bool gradients)
{
  for (size_t t = 0; t < model->n_tensors; t++) {
    const ink_tensor *tensor = model->tensors[t];
    char name[PROBE_NAME];
    snprintf(name, sizeof name, "%s%.34s", gradients ? "grad." : "new.", tensor->name);
    const float *from = gradients ? tensor->gradient : tensor->value;
    if (from)
      (gradients ? ink_tensor_export_gradient
                 : ink_tensor_export)(tensor, from, probe_answer(name, tensor->count));
  }
}

/* Writes the argmax indices of each pool, [n][channels][height][width]. */
static void answer_argmax(const ink_model *model, size_t n)
{
  for (size_t i = 0; i < model->n_layers; i++) {
    const ink_layer *layer = &model->layers[i];
    if (!layer->argmax || layer->type == &ink_layer_concatpool)
      continue;
    const size_t count = ink_shape_count(layer->out);
    int32_t *out = answer("index", PROBE_I32, n * count, n * count * sizeof(int32_t));
    for (size_t image = 0; image < n; image++)
      for (size_t f = 0; f < count; f++)
        out[image * count + f] = layer->argmax[place(layer->out, n, image, f, false)];
  }
}

/* Sets the mask of the model's dropout, [n][features], instead of a random one. */
static void set_mask(ink_model *model, size_t n)
{
  const float *mask = probe_floats("mask", NULL);
  for (size_t i = 0; mask && i < model->n_layers; i++) {
    ink_layer *layer = &model->layers[i];
    if (layer->type != &ink_layer_dropout)
      continue;
    layer->keep_mask = true;
    for (size_t image = 0; image < n; image++)
      for (size_t f = 0; f < ink_shape_count(layer->in); f++)
        layer->mask[place(layer->in, n, image, f, false)] =
            mask[image * ink_shape_count(layer->in) + f] != 0;
  }
}

void op_model(void)
{
  const float *x = probe_floats("x", NULL), *dy = probe_floats("dy", NULL);
  const size_t n = (size_t)probe_number("n", 1);
  rig r = {0};
  if (rig_make(&r, n, true)) {
    ink_model *model = r.model;
    const size_t in = ink_shape_count(model->input), out = ink_shape_count(model->output);
    for (size_t i = 0; i < n; i++)
      ink_model_set_image(model, i, n, x + i * in);
    set_mask(model, n);
    ink_model_forward(model, n, probe_number("training", 1) != 0);
    answer_values("y", model->output, n, ink_model_logits(model), false);
    answer_argmax(model, n);
    answer_tensors(model, false);
    size_t n_dy;
    if (probe_floats("dy", &n_dy) && n_dy != n * out) {
      probe_refuse("dy has %zu values, the output has %zu x %zu", n_dy, n, out);
    } else if (dy) {
      float *to = ink_model_d_logits(model);
      memset(to, 0, out * model->pass.blocks * INK_LANES * sizeof *to);
      for (size_t i = 0; i < n; i++)
        for (size_t f = 0; f < out; f++)
          to[place(model->output, n, i, f, false)] = dy[i * out + f];
      ink_model_backward(model);
      answer_values("dx", model->input, n, model->dx, model->flat_input);
      answer_tensors(model, true);
    }
  }
  rig_free(&r);
}

/* Sets the next batch of pictures, or always `x` if it is given. */
static void set_batch(ink_model *model, size_t step, size_t batch)
{
  const uint8_t *pixels = probe_bytes("x_u8", NULL);
  const float *x = probe_floats("x", NULL);
  const size_t in = ink_shape_count(model->input);
  for (size_t i = 0; x && i < batch; i++)
    ink_model_set_image(model, i, batch, x + i * in);
  if (x)
    return;
  const uint8_t **pictures = calloc(batch, sizeof *pictures);
  for (size_t i = 0; i < batch; i++)
    pictures[i] = pixels + (step * batch + i) * INK_PIXELS;
  ink_model_set_pictures(model, pictures, batch);
  free(pictures);
}

/* Writes the output of each layer as "act.<index>.<word>". */
static void answer_activations(ink_model *model, size_t n)
{
  ink_model_fill_x(model);
  for (size_t i = 0; i < model->n_layers; i++) {
    char name[PROBE_NAME];
    snprintf(name, sizeof name, "act.%zu.%s", i, model->layers[i].type->word);
    answer_values(name, model->layers[i].out, n, model->layers[i].y, false);
  }
}

void op_train(void)
{
  size_t n_targets;
  const int32_t *targets = probe_ints("target", &n_targets);
  const size_t batch = (size_t)probe_number("batch", 64), steps = (size_t)probe_number("steps", 1);
  const size_t lanes = ink_ceil_div(batch, INK_LANES) * INK_LANES;
  const bool training = probe_number("training", 1) != 0, same = probe_floats("x", NULL) != NULL;
  rig r = {.optimizer = {.momentum = probe_number("momentum", 0)}};
  if (batch < 1 || steps < 1 || steps > 64) {
    probe_refuse("%zu steps of %zu: 1 to 64 steps of at least 1 are possible", steps, batch);
    return;
  }
  if (batch * (same ? 1 : steps) > n_targets) {
    probe_refuse("%zu steps of %zu need more than %zu pictures", steps, batch, n_targets);
    return;
  }
  if (rig_make(&r, batch, false)) {
    int32_t *wanted = calloc(lanes, sizeof *wanted);
    float *losses = calloc(lanes, sizeof *losses);
    double told[64] = {0};
    for (size_t step = 0; step < steps && step < 64; step++) {
      for (size_t i = 0; i < lanes; i++)
        wanted[i] = i < batch ? targets[(same ? 0 : step * batch) + i] : -1;
      set_batch(r.model, step, batch);
      ink_model_forward(r.model, batch, training);
      told[step] = ink_cross_entropy(r.model, batch, wanted, 0, losses, true);
      ink_model_backward(r.model);
      if (step == 0) {
        answer_values("logits", r.model->output, batch, ink_model_logits(r.model), false);
        answer_tensors(r.model, true);
        if (same || steps == 1) {
          answer_activations(r.model, batch);
          answer_tensors(r.model, false); /* the running statistics after one forward pass */
        }
      }
      const double lr = probe_number("lr", 0.1), rates[] = {lr, lr, lr};
      ink_optimizer_step(&r.optimizer, r.model, rates, r.optimizer.momentum);
    }
    float *out = probe_answer("losses", steps);
    for (size_t step = 0; step < steps; step++)
      out[step] = (float)told[step];
    if (!same && steps > 1)
      answer_tensors(r.model, false);
    free(wanted), free(losses);
  }
  rig_free(&r);
}
