/*
 * model.c - runs the list of layers: it lays out their memory, draws first values, and passes
 * batches forward and backward.
 */
#include "ink_model.h"
#include "model_line.h"
#include "slots.h"

#include <string.h>

/* ---- from a line ---- */

static ink_status take_line(ink_model *model, const char *line, ink_error *err)
{
  const size_t start = strspn(line, " \t");
  size_t len = strlen(line);
  while (len > start && (line[len - 1] == ' ' || line[len - 1] == '\t'))
    len--;
  len -= start;
  const char *from = line + start;
  for (size_t i = 0; ink_preset_at(i); i++)
    if (strlen(ink_preset_at(i)->name) == len && memcmp(ink_preset_at(i)->name, from, len) == 0) {
      from = ink_preset_at(i)->line;
      len = strlen(from);
      break;
    }
  if (len >= sizeof model->line)
    return ink_fail(err, INK_E_MODEL, "the model line has %zu bytes; %d is the limit", len,
                    INK_LINE_MAX - 1);
  memcpy(model->line, from, len);
  model->line[len] = 0;
  return INK_OK;
}

/* Renames "weight" of the layer at "0.4" to "0.4.weight". */
static void name_tensor(const ink_layer *layer, ink_tensor *tensor)
{
  char local[INK_NAME_MAX];
  memcpy(local, tensor->name, sizeof local);
  /* A path is a few digits and dots, so INK_NAME_MAX holds both. */
  memcpy(tensor->name, layer->path, sizeof layer->path);
  ink_append(tensor->name, sizeof tensor->name, layer->path[0] ? "." : "");
  ink_append(tensor->name, sizeof tensor->name, local);
}

static ink_status list_tensors(ink_model *model, ink_error *err)
{
  for (size_t i = 0; i < model->n_layers; i++)
    model->n_tensors += model->layers[i].n_tensors;
  model->tensors = ink_alloc(model->n_tensors * sizeof *model->tensors);
  if (!model->tensors)
    return ink_fail(err, INK_E_MEMORY, "not enough memory for the list of parameters");
  size_t n = 0;
  for (size_t i = 0; i < model->n_layers; i++)
    for (size_t t = 0; t < model->layers[i].n_tensors; t++) {
      ink_tensor *tensor = &model->layers[i].tensors[t];
      name_tensor(&model->layers[i], tensor);
      model->tensors[n++] = tensor;
      model->n_values += tensor->count;
      if (ink_tensor_is_trained(tensor))
        model->n_parameters += tensor->count;
    }
  return INK_OK;
}

static ink_status build(ink_model *model, const char *line, ink_error *err)
{
  INK_TRY(take_line(model, line, err));
  INK_TRY(ink_model_line_parse(model, err));
  return list_tensors(model, err);
}

ink_status ink_model_create(ink_model **out, const char *line, ink_shape input, size_t classes,
                            ink_error *err)
{
  ink_model *model = ink_alloc(sizeof *model);
  if (!model)
    return ink_fail(err, INK_E_MEMORY, "not enough memory for a model");
  model->input = input;
  model->classes = classes;
  const ink_status status = build(model, line, err);
  if (status != INK_OK) {
    ink_model_free(model);
    return status;
  }
  *out = model;
  return INK_OK;
}

void ink_model_free(ink_model *model)
{
  if (!model)
    return;
  ink_free(model->layers);
  ink_free(model->items);
  ink_free(model->tensors);
  ink_free(model);
}

/* ---- memory ---- */

static bool reads(const ink_layer *layer, int source)
{
  return layer->input == source || layer->input2 == source;
}

/*
 * Says whether, in the backward pass, a layer behind `index` writes to the gradient of `source`
 * first.
 */
static bool is_written_before(const ink_model *model, size_t index, int source)
{
  for (size_t later = index + 1; later < model->n_layers; later++)
    if (reads(&model->layers[later], source))
      return true;
  return false;
}

/* Says whether anything needs the gradient of the output of `source`. */
static bool needs_gradient(const ink_model *model, int source)
{
  return source == INK_FROM_INPUT ? model->dx != NULL : model->layers[source].trains;
}

static bool has_trained_tensor(const ink_layer *layer)
{
  for (size_t t = 0; t < layer->n_tensors; t++)
    if (ink_tensor_is_trained(&layer->tensors[t]))
      return true;
  return false;
}

static float *values_of(const ink_model *model, int source)
{
  return source == INK_FROM_INPUT ? model->x : model->layers[source].y;
}

static float *gradient_of(const ink_model *model, int source)
{
  if (!needs_gradient(model, source))
    return NULL;
  return source == INK_FROM_INPUT ? model->dx : model->layers[source].dy;
}

static void connect(ink_model *model, size_t index)
{
  ink_layer *layer = &model->layers[index];
  layer->trains = has_trained_tensor(layer) || needs_gradient(model, layer->input) ||
                  (layer->input2 != INK_NOTHING && needs_gradient(model, layer->input2));
  layer->x = values_of(model, layer->input);
  layer->dx = gradient_of(model, layer->input);
  layer->add_dx = is_written_before(model, index, layer->input);
  if (layer->input2 == INK_NOTHING)
    return;
  layer->x2 = values_of(model, layer->input2);
  layer->dx2 = gradient_of(model, layer->input2);
  layer->add_dx2 = layer->input2 == layer->input || is_written_before(model, index, layer->input2);
}

/*
 * Gradients lie one behind the other, as values do, but the dead taps at either end of a tensor get
 * no memory. For 25 taps of 6 weights each, of which the first 5 and the last 5 are dead, and at =
 * 100:
 *
 *   index in the tensor   0 ...... 29 | 30 ....... 119 | 120 ..... 149
 *                         gap_first   | memory         | gap_last
 *   place                 (70 .. 99)  | 100 ...... 189 | (190 .. 219)
 *
 * so *start = 70, and 190 is returned, where the next tensor's gradients begin.
 */
static size_t place_gradient(ink_tensor *tensor, bool drops_dead, size_t at, size_t *start)
{
  const size_t run = tensor->taps ? tensor->count / tensor->taps : 0;
  const size_t first = run * tensor->dead_first;
  tensor->gap_first = drops_dead && first <= at ? first : 0;
  tensor->gap_last = drops_dead ? run * tensor->dead_last : 0;
  *start = at - tensor->gap_first;
  return at + tensor->count - tensor->gap_first - tensor->gap_last;
}

static size_t count_gradients(const ink_model *model)
{
  size_t at = 0, start;
  for (size_t t = 0; t < model->n_tensors; t++)
    if (ink_tensor_is_trained(model->tensors[t]))
      at = place_gradient(model->tensors[t], model->drops_dead, at, &start);
  return at;
}

static void place_values(ink_model *model)
{
  size_t trained = 0, other = model->n_parameters, gradients = 0, start;
  for (size_t t = 0; t < model->n_tensors; t++) {
    ink_tensor *tensor = model->tensors[t];
    const bool is_trained = ink_tensor_is_trained(tensor);
    size_t *at = is_trained ? &trained : &other;
    tensor->value = model->values + *at;
    *at += tensor->count;
    if (!is_trained)
      continue;
    gradients = place_gradient(tensor, model->drops_dead, gradients, &start);
    tensor->gradient = model->gradients + start;
  }
}

static size_t n_readers(const ink_model *model, int source)
{
  size_t n = 0;
  for (size_t i = 0; i < model->n_layers; i++)
    n += (size_t)(model->layers[i].input == source) + (size_t)(model->layers[i].input2 == source);
  return n;
}

/*
 * A relu or a sum may overwrite its first input, and share its gradient, where no other layer reads
 * that input and the layer that made it does not need it again. Then less memory passes through the
 * caches.
 */
static bool works_in_place(const ink_model *model, const ink_layer *layer)
{
  if ((layer->type != &ink_layer_relu && layer->type != &ink_layer_add) ||
      layer->input == INK_FROM_INPUT || n_readers(model, layer->input) != 1)
    return false;
  const ink_layer_type *before = model->layers[layer->input].type;
  return before == &ink_layer_conv || before == &ink_layer_bn || before == &ink_layer_linear ||
         before == &ink_layer_add;
}

/*
 * Decides whether the first layers read the pictures' pixels themselves, so that x need not be
 * filled: every layer that reads the input must be able to, and nothing may need its gradient. They
 * skip pixels of 0, which four fifths of a digit's are.
 */
static bool read_pixels(ink_model *model, bool input_gradient)
{
  bool all =
      model->flat_input && model->input.channels == 1 && !input_gradient && !model->dense_pictures;
  for (size_t i = 1; i < model->n_layers; i++)
    all = all && !reads(&model->layers[i], INK_FROM_INPUT) &&
          (!reads(&model->layers[i], 0) || model->layers[i].type->can_read_pixels);
  for (size_t i = 1; i < model->n_layers; i++)
    model->layers[i].reads_pixels = all && reads(&model->layers[i], 0);
  return all;
}

static void place_gradients(ink_model *model, ink_arena *arena, size_t first, size_t lanes)
{
  ink_slots slots;
  float *memory[INK_LAYERS_MAX] = {NULL};
  ink_slots_assign(&slots, model, first, lanes);
  for (size_t s = 0; s < slots.n; s++)
    memory[s] = INK_ALLOC(arena, float, slots.floats[s]);
  for (size_t i = first; i < model->n_layers; i++)
    model->layers[i].dy = memory[slots.of[i]];
}

void ink_model_plan(ink_model *model, ink_arena *arena, const ink_kernels *kernels,
                    size_t max_batch, bool input_gradient)
{
  model->kernels = kernels;
  model->max_blocks = ink_ceil_div(max_batch, INK_LANES);
  model->pass = (ink_pass){.kernels = kernels, .version = 1};
  model->values = INK_ALLOC(arena, float, model->n_values);
  model->n_gradients = count_gradients(model);
  model->gradients = INK_ALLOC(arena, float, model->n_gradients);

  const size_t lanes = model->max_blocks * INK_LANES;
  const size_t input_count = INK_PRODUCT(ink_shape_count(model->input), lanes);
  model->flat_input = model->layers[0].type == &ink_layer_flatten && !model->input.flat;
  model->x = INK_ALLOC(arena, float, input_count);
  model->dx = input_gradient ? INK_ALLOC(arena, float, input_count) : NULL;
  model->pictures =
      read_pixels(model, input_gradient) ? INK_ALLOC(arena, const uint8_t *, lanes) : NULL;
  if (model->flat_input) { /* the input is laid out flat at once, so the flatten passes it on */
    model->layers[0].y = model->x;
    model->layers[0].dy = model->dx;
  }
  const size_t first = model->flat_input ? 1 : 0;
  for (size_t i = first; i < model->n_layers; i++) {
    ink_layer *layer = &model->layers[i];
    layer->in_place = works_in_place(model, layer);
    layer->y = layer->in_place
                   ? model->layers[layer->input].y
                   : INK_ALLOC(arena, float, INK_PRODUCT(ink_shape_count(layer->out), lanes));
    if (layer->type->plan)
      layer->type->plan(layer, arena, kernels, model->max_blocks);
  }
  place_gradients(model, arena, first, lanes);
  size_t shared = 0;
  for (size_t i = 0; i < model->n_layers; i++)
    shared = model->layers[i].shared_floats > shared ? model->layers[i].shared_floats : shared;
  model->pass.shared = INK_ALLOC(arena, float, shared);
  if (!arena->base || arena->overflow)
    return;
  place_values(model);
  for (size_t i = 0; i < model->n_layers; i++)
    connect(model, i);
}

/* ---- values ---- */

void ink_model_freeze(ink_model *model, size_t first)
{
  for (size_t t = 0; t < model->n_tensors; t++) {
    const ink_role role = model->tensors[t]->role;
    model->tensors[t]->frozen = model->tensors[t]->group < first && role != INK_ROLE_NORM_WEIGHT &&
                                role != INK_ROLE_NORM_BIAS;
  }
}

void ink_model_touch(ink_model *model)
{
  model->pass.version++;
}

void ink_model_use(ink_model *model, float *values)
{
  for (size_t t = 0; t < model->n_tensors; t++)
    model->tensors[t]->value = values + (model->tensors[t]->value - model->values);
  model->values = values;
  ink_model_touch(model);
}

void ink_model_initialise(ink_model *model, uint64_t seed)
{
  const ink_random stream = ink_random_stream(seed, INK_FOR_INIT, 0);
  for (size_t i = 0; i < model->n_layers; i++)
    if (model->layers[i].type->initialise)
      model->layers[i].type->initialise(&model->layers[i], ink_random_split(stream, i));
  ink_model_touch(model);
}

uint64_t ink_model_digest(const ink_model *model)
{
  const uint8_t *bytes = (const uint8_t *)model->values;
  uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a */
  for (size_t i = 0; i < model->n_values * sizeof(float); i++)
    hash = (hash ^ bytes[i]) * 0x100000001b3u;
  return hash;
}

const ink_layer *ink_model_last_trained(const ink_model *model)
{
  for (size_t i = model->n_layers; i-- > 0;)
    if (model->layers[i].n_tensors > 0)
      return &model->layers[i];
  return NULL;
}

size_t ink_model_layer_parameters(const ink_model *model, size_t index)
{
  const ink_layer *layer = &model->layers[index];
  size_t count = 0;
  for (size_t t = 0; t < layer->n_tensors; t++)
    if (ink_tensor_is_trained(&layer->tensors[t]))
      count += layer->tensors[t].count;
  return count;
}

/* A weight of a convolution is used once for each pixel of its output, any other weight once. */
double ink_model_macs(const ink_model *model)
{
  double macs = 0;
  for (size_t i = 0; i < model->n_layers; i++) {
    const ink_layer *layer = &model->layers[i];
    for (size_t t = 0; t < layer->n_tensors; t++)
      if (layer->tensors[t].role == INK_ROLE_WEIGHT)
        macs += (double)layer->tensors[t].count * (double)(layer->out.height * layer->out.width);
  }
  return macs;
}

/* ---- input ---- */

typedef struct input_view {
  float *first;          /* channel 0, pixel 0 of the image's block, lane 0 */
  size_t channel, pixel; /* strides */
} input_view;

static input_view view_block(const ink_model *model, size_t block, size_t blocks)
{
  const ink_shape in = model->input;
  if (model->flat_input)
    return (input_view){model->x + block * ink_shape_count(in) * INK_LANES,
                        in.height * in.width * INK_LANES, INK_LANES};
  return (input_view){model->x + block * in.channels * INK_LANES, INK_LANES,
                      blocks * in.channels * INK_LANES};
}

typedef struct picture_job {
  ink_model *model;
  const uint8_t *const *pictures;
  size_t n, blocks;
} picture_job;

static void run_pictures(void *context, size_t block)
{
  const picture_job *job = context;
  const ink_shape in = job->model->input;
  const uint8_t *lanes[INK_LANES];
  for (size_t lane = 0; lane < INK_LANES; lane++) {
    const size_t i = block * INK_LANES + lane;
    lanes[lane] = i < job->n ? job->pictures[i] : NULL;
  }
  const input_view view = view_block(job->model, block, job->blocks);
  for (size_t c = 0; c < in.channels; c++)
    job->model->kernels->gather_u8(lanes, in.height * in.width, view.first + c * view.channel,
                                   view.pixel);
}

static void gather(ink_model *model, const uint8_t *const *pictures, size_t n)
{
  picture_job job = {model, pictures, n, ink_ceil_div(n, INK_LANES)};
  ink_parallel_for(job.blocks, run_pictures, &job);
}

void ink_model_set_pictures(ink_model *model, const uint8_t *const *pictures, size_t n)
{
  if (!model->pictures) {
    gather(model, pictures, n);
    return;
  }
  for (size_t i = 0; i < ink_ceil_div(n, INK_LANES) * INK_LANES; i++)
    model->pictures[i] = i < n ? pictures[i] : NULL;
  model->n_pictures = n;
  model->pass.pictures = model->pictures;
}

void ink_model_fill_x(ink_model *model)
{
  if (model->pass.pictures)
    gather(model, model->pass.pictures, model->n_pictures);
}

void ink_model_set_image(ink_model *model, size_t index, size_t n, const float *values)
{
  const ink_shape in = model->input;
  const size_t pixels = in.height * in.width;
  /* Several threads may set images at once: only the first image of a batch writes this. */
  if (model->pass.pictures)
    model->pass.pictures = NULL;
  const input_view view = view_block(model, index / INK_LANES, ink_ceil_div(n, INK_LANES));
  for (size_t c = 0; c < in.channels; c++)
    for (size_t p = 0; p < pixels; p++)
      view.first[c * view.channel + p * view.pixel + index % INK_LANES] = values[c * pixels + p];
}

/* ---- passes ---- */

void ink_model_begin(ink_model *model, size_t n, bool training)
{
  model->pass.n = n;
  model->pass.blocks = ink_ceil_div(n, INK_LANES);
  model->pass.training = training;
}

/* Says whether the layer is the flatten that the layout of the input has made unnecessary. */
static bool is_skipped(const ink_model *model, size_t index)
{
  return index == 0 && model->flat_input;
}

void ink_model_forward_layer(ink_model *model, size_t index)
{
  if (!is_skipped(model, index))
    model->layers[index].type->forward(&model->layers[index], &model->pass);
}

void ink_model_backward_layer(ink_model *model, size_t index)
{
  if (!is_skipped(model, index))
    model->layers[index].type->backward(&model->layers[index], &model->pass);
}

void ink_model_forward(ink_model *model, size_t n, bool training)
{
  ink_model_begin(model, n, training);
  for (size_t i = 0; i < model->n_layers; i++)
    ink_model_forward_layer(model, i);
}

void ink_model_backward(ink_model *model)
{
  for (size_t i = model->n_layers; i-- > 0;)
    ink_model_backward_layer(model, i);
}
