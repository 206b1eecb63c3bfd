/*
 * probe.c - single operations of the core for the goldens' runner: natively a program that answers
 * requests on its standard input, in WebAssembly three functions. A message is a list of fields:
 *
 *   u32 number of fields, then for each: name[40], u32 type, u32 number of elements, the elements,
 *   padded to 4 bytes; all little-endian
 *
 * The native program reads and writes u32 lengths before each message.
 */
#include "ink_data.h"
#include "ink_learner.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- messages ---- */

enum { PROBE_F32, PROBE_I32, PROBE_U8, PROBE_TEXT, PROBE_NAME = 40, PROBE_FIELDS = 1024 };

static struct {
  uint32_t n;
  struct {
    const char *name;
    uint32_t type, count;
    const void *data;
  } field[PROBE_FIELDS];
} request;
static uint8_t *response;
static size_t response_len, response_capacity;

static bool parse(const uint8_t *bytes, size_t len)
{
  size_t at = 4;
  if (len < 4)
    return false;
  memcpy(&request.n, bytes, 4);
  if (request.n > PROBE_FIELDS)
    return false;
  for (uint32_t i = 0; i < request.n; i++) {
    if (len - at < PROBE_NAME + 8)
      return false;
    uint32_t type, count;
    memcpy(&type, bytes + at + PROBE_NAME, 4);
    memcpy(&count, bytes + at + PROBE_NAME + 4, 4);
    request.field[i].name = (const char *)bytes + at;
    request.field[i].type = type;
    request.field[i].count = count;
    at += PROBE_NAME + 8;
    const size_t size = (size_t)count * (type <= PROBE_I32 ? 4 : 1);
    if (type > PROBE_TEXT || size > len - at)
      return false;
    request.field[i].data = bytes + at;
    at += (size + 3) / 4 * 4;
  }
  return true;
}

/* Returns a field of the request; NULL if there is none of that name. */
static const void *find(const char *name, uint32_t type, size_t *count)
{
  for (uint32_t i = 0; i < request.n; i++)
    if (request.field[i].type == type && strncmp(request.field[i].name, name, PROBE_NAME) == 0) {
      if (count)
        *count = request.field[i].count;
      return request.field[i].data;
    }
  if (count)
    *count = 0;
  return NULL;
}

static const float *probe_floats(const char *name, size_t *count)
{
  return find(name, PROBE_F32, count);
}
static const int32_t *probe_ints(const char *name, size_t *count)
{
  return find(name, PROBE_I32, count);
}
static const uint8_t *probe_bytes(const char *name, size_t *count)
{
  return find(name, PROBE_U8, count);
}
static const char *probe_text(const char *name)
{
  return find(name, PROBE_TEXT, NULL);
}
static double probe_number(const char *name, double otherwise)
{
  const char *text = probe_text(name);
  return text ? strtod(text, NULL) : otherwise;
}

/* Adds a field, filled with zeros, to the response and returns where to write it. */
static void *answer(const char *name, uint32_t type, size_t count, size_t size)
{
  const size_t whole = PROBE_NAME + 8 + (size + 3) / 4 * 4;
  if (response_len + whole > response_capacity) {
    response_capacity = 2 * (response_len + whole);
    response = realloc(response, response_capacity);
  }
  uint8_t *field = response + response_len;
  memset(field, 0, whole);
  snprintf((char *)field, PROBE_NAME, "%s", name);
  memcpy(field + PROBE_NAME, &type, 4);
  const uint32_t n = (uint32_t)count;
  memcpy(field + PROBE_NAME + 4, &n, 4);
  response_len += whole;
  uint32_t fields;
  memcpy(&fields, response, 4);
  fields++;
  memcpy(response, &fields, 4);
  return field + PROBE_NAME + 8;
}

static float *probe_answer(const char *name, size_t count)
{
  return answer(name, PROBE_F32, count, count * sizeof(float));
}
static uint8_t *probe_answer_bytes(const char *name, size_t count)
{
  return answer(name, PROBE_U8, count, count);
}

static void start_response(void)
{
  if (response_capacity < 4)
    response = realloc(response, response_capacity = 4096);
  memset(response, 0, 4);
  response_len = 4;
}

/* Replaces the response by an error message. */
static void probe_refuse(const char *format, ...) INK_PRINTF(1, 2);
static void probe_refuse(const char *format, ...)
{
  char text[1024];
  va_list args;
  va_start(args, format);
  const int len = vsnprintf(text, sizeof text, format, args);
  va_end(args);
  start_response();
  memcpy(answer("error", PROBE_TEXT, (size_t)len, (size_t)len + 1), text, (size_t)len);
}

/* ---- models ---- */

static const ink_kernels *kernels;

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
static void answer_winners(const ink_model *model, size_t n)
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

/* Reads x, parameters and dy; writes y, dx, gradients and all that the forward pass has changed. */
static void op_model(void)
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
    answer_winners(model, n);
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

/* Trains with SGD on consecutive batches, or on one batch repeatedly. */
static void op_train(void)
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

/* ---- single kernels and formulas ---- */

static void op_cross_entropy(void)
{
  size_t n, all;
  const int32_t *targets = probe_ints("target", &n);
  const float *z = probe_floats("logits", &all);
  const size_t classes = n ? all / n : 0;
  if (classes == 0 || all != n * classes) {
    probe_refuse("%zu logits are none for each of %zu targets", all, n);
    return;
  }
  float *block = ink_alloc(classes * INK_LANES * sizeof *block), losses[INK_LANES];
  float *per_item = malloc(n * sizeof *per_item);
  float *d = malloc(all * sizeof *d), *logp = malloc(all * sizeof *logp);
  double sum = 0;
  for (size_t first = 0; first < n; first += INK_LANES) {
    const size_t count = ink_min_size(n - first, INK_LANES);
    int32_t target[INK_LANES];
    for (size_t lane = 0; lane < INK_LANES; lane++) {
      target[lane] = lane < count ? targets[first + lane] : -1;
      for (size_t j = 0; j < classes; j++)
        block[j * INK_LANES + lane] = lane < count ? z[(first + lane) * classes + j] : 0;
    }
    /* log p of each class is minus the loss with that class as the target. */
    for (size_t j = 0; j < classes; j++) {
      const int32_t c = (int32_t)j, each[INK_LANES] = {c, c, c, c, c, c, c, c};
      kernels->cross_entropy(classes, block, each, 0, 1, losses, NULL);
      for (size_t lane = 0; lane < count; lane++)
        logp[(first + lane) * classes + j] = -losses[lane];
    }
    kernels->cross_entropy(classes, block, target, 0, 1.0f / (float)n, losses, block);
    for (size_t lane = 0; lane < count; lane++) {
      per_item[first + lane] = losses[lane];
      sum += losses[lane];
      for (size_t j = 0; j < classes; j++)
        d[(first + lane) * classes + j] = block[j * INK_LANES + lane];
    }
  }
  memcpy(probe_answer("per_item", n), per_item, n * sizeof *per_item);
  memcpy(probe_answer("dlogits", all), d, all * sizeof *d);
  memcpy(probe_answer("logp", all), logp, all * sizeof *logp);
  probe_answer("loss", 1)[0] = (float)(sum / (double)n);
  ink_free(block);
  free(per_item), free(d), free(logp);
}

/* Applies given gradients, step by step, to one vector of parameters with the optimiser itself. */
static void op_optimizer(void)
{
  size_t count, all, n_rates;
  const float *p0 = probe_floats("p0", &count), *grads = probe_floats("grads", &all);
  const float *rates = probe_floats("lr_each", &n_rates), *momenta = probe_floats("mom_each", NULL);
  ink_tensor tensor = {.role = INK_ROLE_WEIGHT,
                       .count = count,
                       .value = malloc(count * sizeof(float)),
                       .gradient = malloc(count * sizeof(float))};
  ink_tensor *list[] = {&tensor};
  ink_model model = {.kernels = kernels,
                     .tensors = list,
                     .n_tensors = 1,
                     .n_groups = 1,
                     .n_parameters = count,
                     .n_gradients = count,
                     .values = tensor.value,
                     .gradients = tensor.gradient};
  ink_optimizer optimizer = {
      .kind = (ink_optimizer_kind)probe_number("kind", 0),
      .momentum = probe_number("momentum", 0),
      .beta2 = probe_number("beta2", 0.999),
      .eps = probe_number("eps", 1e-8),
      .weight_decay = probe_number("weight_decay", 0),
      .nesterov = probe_number("nesterov", 0) != 0,
      .decoupled = probe_number("decoupled_wd", 0) != 0,
      .first = calloc(count, sizeof(float)),
      .second = calloc(count, sizeof(float)),
  };
  memcpy(tensor.value, p0, count * sizeof(float));
  float *after = malloc(all * sizeof *after);
  for (size_t step = 0; step < all / count; step++) {
    const double rate = rates ? rates[step % n_rates] : probe_number("lr", 0.1);
    memcpy(tensor.gradient, grads + step * count, count * sizeof(float));
    ink_optimizer_step(&optimizer, &model, &rate, momenta ? momenta[step] : optimizer.momentum);
    memcpy(after + step * count, tensor.value, count * sizeof(float));
  }
  memcpy(probe_answer("params_after", all), after, all * sizeof *after);
  memcpy(probe_answer("grad_avg", count), optimizer.first, count * sizeof(float));
  memcpy(probe_answer("sqr_avg", count), optimizer.second, count * sizeof(float));
  free(tensor.value), free(tensor.gradient), free(optimizer.first), free(optimizer.second),
      free(after);
}

/* Writes the learning rates and momenta of a cycle, step by step. */
static void op_one_cycle(void)
{
  size_t groups, n_moms;
  const float *lr_max = probe_floats("lr_max", &groups), *moms = probe_floats("moms", &n_moms);
  const size_t total = (size_t)probe_number("total", 1);
  const ink_cycle cycle = {.div = probe_number("div", 25),
                           .div_final = probe_number("div_final", 1e5),
                           .pct_start = probe_number("pct_start", 0.25),
                           .momenta = {moms[0], moms[1], moms[2]}};
  float *lr = malloc(total * groups * sizeof *lr), *mom = probe_answer("mom", total);
  for (size_t k = 0; k < total; k++) {
    for (size_t g = 0; g < groups; g++)
      lr[k * groups + g] = (float)ink_cycle_lr(&cycle, lr_max[g], k, total);
    mom[k] = (float)ink_cycle_momentum(&cycle, k, total);
  }
  memcpy(probe_answer("lr", total * groups), lr, total * groups * sizeof *lr);
  free(lr);
}

static void op_lr_find(void)
{
  size_t n;
  const float *losses = probe_floats("losses", &n);
  double *rates = malloc(n * sizeof *rates), *told = malloc(n * sizeof *told);
  for (size_t i = 0; i < n; i++) {
    rates[i] = ink_finder_lr(probe_number("start_lr", 1e-7), probe_number("end_lr", 10),
                             (size_t)probe_number("num_it", 100), i);
    told[i] = losses[i];
  }
  const ink_suggestions s = ink_suggest(rates, told, n, (size_t)probe_number("skip_start", 10),
                                        (size_t)probe_number("skip_end", 5));
  float *lrs = probe_answer("lrs", n);
  for (size_t i = 0; i < n; i++)
    lrs[i] = (float)rates[i];
  probe_answer("lr_min_over_10", 1)[0] = (float)(rates[s.minimum] / 10);
  probe_answer("lr_steep", 1)[0] = (float)rates[s.steep];
  *(int32_t *)answer("index_min", PROBE_I32, 1, 4) = (int32_t)s.minimum;
  *(int32_t *)answer("index_steep", PROBE_I32, 1, 4) = (int32_t)s.steep;
  free(rates), free(told);
}

static void op_confusion(void)
{
  size_t n;
  const int32_t *targets = probe_ints("target", &n), *predicted = probe_ints("pred", NULL);
  const size_t classes = (size_t)probe_number("classes", 10);
  uint32_t *counts = calloc(classes * classes, sizeof *counts);
  ink_pair *pairs = calloc(classes * classes, sizeof *pairs);
  size_t right = 0;
  for (size_t i = 0; i < n; i++) {
    counts[(size_t)targets[i] * classes + (size_t)predicted[i]]++;
    right += targets[i] == predicted[i];
  }
  const size_t found =
      ink_most_confused(counts, classes, (uint32_t)probe_number("min_val", 1), pairs);
  memcpy(answer("confusion", PROBE_I32, classes * classes, classes * classes * 4), counts,
         classes * classes * 4);
  memcpy(answer("most_confused", PROBE_I32, found * 3, found * 12), pairs, found * 12);
  probe_answer("accuracy", 1)[0] = (float)right / (float)n;
  free(counts), free(pairs);
}

static void op_top_losses(void)
{
  size_t n, all;
  const int32_t *targets = probe_ints("target", &n);
  const float *z = probe_floats("logits", &all);
  const size_t classes = all / n, k = (size_t)probe_number("k", 9);
  float *losses = malloc(n * sizeof *losses);
  int32_t *best = malloc(n * sizeof *best);
  uint32_t *order = malloc(k * sizeof *order);
  for (size_t i = 0; i < n; i++) {
    float block[INK_MAX_CLASSES * INK_LANES] = {0}, out[INK_LANES];
    const int32_t target[INK_LANES] = {targets[i], -1, -1, -1, -1, -1, -1, -1};
    best[i] = 0;
    for (size_t j = 0; j < classes; j++) {
      block[j * INK_LANES] = z[i * classes + j];
      best[i] = z[i * classes + j] > z[i * classes + (size_t)best[i]] ? (int32_t)j : best[i];
    }
    kernels->cross_entropy(classes, block, target, 0, 1, out, NULL);
    losses[i] = out[0];
  }
  ink_top_losses(losses, n, k, order);
  memcpy(probe_answer("per_item", n), losses, n * sizeof *losses);
  memcpy(answer("pred", PROBE_I32, n, n * 4), best, n * 4);
  float *top = probe_answer("top_loss", k);
  for (size_t i = 0; i < k; i++)
    top[i] = losses[order[i]];
  memcpy(answer("top_index", PROBE_I32, k, k * 4), order, k * 4);
  free(losses), free(best), free(order);
}

static void op_smooth_loss(void)
{
  size_t n;
  const float *loss = probe_floats("loss", &n);
  ink_smooth smooth = {.beta = probe_number("beta", 0.98)};
  float *out = probe_answer("smooth", n);
  for (size_t i = 0; i < n; i++)
    out[i] = (float)ink_smooth_add(&smooth, loss[i]);
}

static void op_u8_to_float(void)
{
  size_t n;
  const uint8_t *x = probe_bytes("x", &n);
  const uint8_t *lanes[INK_LANES] = {x, NULL, NULL, NULL, NULL, NULL, NULL, NULL};
  float *rows = aligned_alloc(64, n * INK_LANES * sizeof *rows + 64), *y = probe_answer("y", n);
  kernels->gather_u8(lanes, n, rows, INK_LANES);
  for (size_t i = 0; i < n; i++)
    y[i] = rows[i * INK_LANES];
  free(rows);
}

static void op_pil_resize(void)
{
  size_t all;
  const uint8_t *x = probe_bytes("x", &all);
  const size_t n = (size_t)probe_number("n", 1), h = (size_t)probe_number("h", 1),
               w = (size_t)probe_number("w", 1);
  const size_t oh = (size_t)probe_number("out_h", 1), ow = (size_t)probe_number("out_w", 1);
  uint8_t *y = probe_answer_bytes("y", n * oh * ow);
  ink_error err;
  for (size_t i = 0; i < n; i++)
    if (ink_resize_u8(x + i * h * w, w, h, y + i * oh * ow, ow, oh, &err) != INK_OK) {
      probe_refuse("%s", err.text);
      return;
    }
}

static void op_affine_grid(void)
{
  size_t all;
  const float *theta = probe_floats("theta", &all);
  const size_t n = all / 6, h = (size_t)probe_number("out_h", 1),
               w = (size_t)probe_number("out_w", 1);
  float *grid = probe_answer("grid", n * h * w * 2);
  for (size_t i = 0; i < n; i++)
    ink_affine_grid(theta + 6 * i, h, w, probe_number("align_corners", 0) != 0,
                    grid + i * h * w * 2);
}

static void op_grid_sample(void)
{
  const float *x = probe_floats("x", NULL), *grid = probe_floats("grid", NULL);
  const size_t n = (size_t)probe_number("n", 1), c = (size_t)probe_number("c", 1);
  const size_t h = (size_t)probe_number("h", 1), w = (size_t)probe_number("w", 1);
  const size_t out = (size_t)probe_number("out_h", 1) * (size_t)probe_number("out_w", 1);
  const char *padding = probe_text("padding_mode");
  float *y = probe_answer("y", n * c * out);
  for (size_t i = 0; i < n * c; i++)
    ink_grid_sample(x + i * h * w, h, w, grid + i / c * out * 2, out,
                    strcmp(padding, "zeros") == 0    ? INK_PAD_ZEROS
                    : strcmp(padding, "border") == 0 ? INK_PAD_BORDER
                                                     : INK_PAD_REFLECTION,
                    probe_number("align_corners", 0) != 0, y + i * out);
}

static void op_resize_bilinear(void)
{
  const float *x = probe_floats("x", NULL);
  const size_t planes = (size_t)(probe_number("n", 1) * probe_number("c", 1));
  const size_t h = (size_t)probe_number("h", 1), w = (size_t)probe_number("w", 1);
  const size_t oh = (size_t)probe_number("out_h", 1), ow = (size_t)probe_number("out_w", 1);
  float *y = probe_answer("y", planes * oh * ow);
  for (size_t i = 0; i < planes; i++)
    ink_resize_bilinear(x + i * h * w, h, w, y + i * oh * ow, oh, ow,
                        probe_number("align_corners", 0) != 0);
}

static void op_lighting(void)
{
  size_t all;
  const float *x = probe_floats("x", &all), *brightness = probe_floats("brightness", NULL),
              *contrast = probe_floats("contrast", NULL);
  const size_t n = (size_t)probe_number("n", 1);
  float *y = probe_answer("y", all);
  memcpy(y, x, all * sizeof *y);
  for (size_t i = 0; i < n; i++)
    ink_lighting(y + i * (all / n), all / n, brightness ? brightness[i] : 0.5,
                 contrast ? contrast[i] : 1);
}

static const struct {
  const char *name;
  void (*run)(void);
} operations[] = {
    {"affine_grid", op_affine_grid},
    {"grid_sample", op_grid_sample},
    {"resize_bilinear", op_resize_bilinear},
    {"lighting", op_lighting},
    {"model", op_model},
    {"train", op_train},
    {"cross_entropy", op_cross_entropy},
    {"optimizer", op_optimizer},
    {"one_cycle", op_one_cycle},
    {"lr_find", op_lr_find},
    {"confusion", op_confusion},
    {"top_losses", op_top_losses},
    {"smooth_loss", op_smooth_loss},
    {"u8_to_float", op_u8_to_float},
    {"pil_resize_bilinear", op_pil_resize},
};

static void serve(const uint8_t *bytes, size_t len)
{
  start_response();
  if (!parse(bytes, len)) {
    probe_refuse("the request cannot be read");
    return;
  }
  if (!probe_text("op") || !probe_text("variant")) {
    probe_refuse("the request names no operation or no variant");
    return;
  }
  kernels = ink_kernels_named(probe_text("variant"));
  for (size_t i = 0; i < sizeof operations / sizeof *operations; i++)
    if (kernels && strcmp(operations[i].name, probe_text("op")) == 0) {
      operations[i].run();
      return;
    }
  probe_refuse("no such operation or kernels: %s, %s", probe_text("op"), probe_text("variant"));
}

#if defined(__wasm__)
#define EXPORT(name) __attribute__((export_name(#name)))
EXPORT(probe_alloc) uint8_t *probe_alloc(size_t len);
EXPORT(probe_run) const uint8_t *probe_run(const uint8_t *bytes, size_t len);
EXPORT(probe_length) size_t probe_length(void);

uint8_t *probe_alloc(size_t len)
{
  static uint8_t *memory;
  return memory = realloc(memory, len);
}
const uint8_t *probe_run(const uint8_t *bytes, size_t len)
{
  serve(bytes, len);
  return response;
}
size_t probe_length(void)
{
  return response_len;
}
#else
int main(void)
{
  uint32_t len;
  while (fread(&len, 4, 1, stdin) == 1) {
    uint8_t *bytes = malloc(len);
    if (fread(bytes, 1, len, stdin) != len)
      return 2;
    serve(bytes, len);
    free(bytes);
    const uint32_t out = (uint32_t)response_len;
    fwrite(&out, 4, 1, stdout);
    fwrite(response, 1, response_len, stdout);
  }
  free(response);
  return ink_live_allocations() != 0;
}
#endif
