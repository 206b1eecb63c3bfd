/*
 * layers_taps.c - at 2 x 2 and 1 x 1 some taps of a kernel never meet the picture. Skipping these
 * dead taps gives bit-identical results to stepping all elements, for every optimiser.
 */
#include "layers_tests.h"

/* The values and the state of a model after some steps. */
typedef struct stepped {
  float *values, *state; /* state: momentum or mean, in the layout of a checkpoint */
  size_t n_values, n_state;
  size_t n_dead; /* dead taps of all tensors */
} stepped;

/* Returns memory for the optimiser, which is planned in it: ink_free. */
static void *plan_optimizer(ink_optimizer *o, const ink_model *model)
{
  ink_arena arena = {0};
  ink_optimizer_plan(o, model, &arena);
  arena = (ink_arena){.base = ink_alloc(arena.used), .capacity = arena.used};
  ink_optimizer_plan(o, model, &arena);
  return arena.base;
}

/* Returns how many taps are dead; `forget`: from then on every tap counts as alive. */
static size_t count_dead(ink_model *model, bool forget)
{
  size_t dead = 0;
  for (size_t t = 0; t < model->n_tensors; t++) {
    ink_tensor *tensor = model->tensors[t];
    for (size_t tap = 0; tensor->dead && tap < tensor->taps; tap++)
      dead += tensor->dead[tap];
    if (forget)
      tensor->dead = NULL;
  }
  return dead;
}

static void take_steps(const rig *r, ink_optimizer *o)
{
  for (int step = 0; step < 3; step++) {
    float x[8 * 784];
    for (size_t i = 0; i < 8 * 784; i++)
      x[i] = (float)uniform(60 + (uint64_t)step, i);
    value_of(r, 8, x);
    backward(r, 8);
    const double rate = 0.01;
    ink_optimizer_step(o, r->model, &rate, o->momentum);
  }
}

/* Makes a model and takes three steps; `all`: it steps the elements of dead taps too. */
static stepped step_model(ink_optimizer_kind kind, bool decay, bool all)
{
  const ink_shape input = {.channels = 1, .height = 28, .width = 28};
  rig r = rig_make("conv(16,5,14,2) relu conv(24,3,1,1) relu conv(16,5,2,2) flatten linear(5)",
                   (shortcut){0}, input, ink_kernels_at(0), 8, false);
  ink_model *m = r.model;
  ink_optimizer o = {
      .kind = kind, .momentum = 0.9, .beta2 = 0.99, .eps = 1e-5, .weight_decay = decay ? 0.1 : 0};
  m->drops_dead = !all && ink_optimizer_drops_dead(&o);
  rig_plan(&r, ink_kernels_at(0), 8, false);
  CHECK(!m->drops_dead || m->n_gradients < m->n_parameters,
        "%zu gradients of %zu parameters have memory", m->n_gradients, m->n_parameters);
  void *memory = plan_optimizer(&o, m);
  stepped s = {.n_values = m->n_values, .n_state = m->n_parameters};
  s.n_dead = count_dead(m, all);
  take_steps(&r, &o);
  s.values = malloc(s.n_values * sizeof(float));
  memcpy(s.values, m->values, s.n_values * sizeof(float));
  s.state = malloc(s.n_state * sizeof(float));
  for (size_t t = 0, at = 0; t < m->n_tensors; t++) {
    const ink_tensor *tensor = m->tensors[t];
    ink_tensor_export_gradient(tensor, o.first + (tensor->gradient - m->gradients), s.state + at);
    at += tensor->count;
  }
  ink_free(memory);
  rig_free(r);
  return s;
}

void test_dead_taps(void)
{
  for (int kind = 0; kind < INK_OPTIMIZERS; kind++)
    for (int decay = 0; decay <= 1; decay++) {
      const stepped live = step_model((ink_optimizer_kind)kind, decay, false),
                    all = step_model((ink_optimizer_kind)kind, decay, true);
      CHECK(live.n_dead + all.n_dead > 10, "only %zu taps are dead", live.n_dead + all.n_dead);
      CHECK(memcmp(live.values, all.values, all.n_values * sizeof(float)) == 0,
            "optimiser %d, decay %d: skipping dead taps changes what is left", kind, decay);
      CHECK(memcmp(live.state, all.state, all.n_state * sizeof(float)) == 0,
            "optimiser %d, decay %d: without memory for dead taps the state differs", kind, decay);
      free(live.values), free(live.state), free(all.values), free(all.state);
    }
}
