/*
 * semantics.c - the meaning of fastai's words (fastai-semantics.md): the check values of its
 * section 14; semantics_traps.c has the traps of section 15. What the goldens check is not repeated
 * here.
 */
#include "../support/learning.h"
#include "semantics.h"

bool near_to(double got, double want, double tolerance)
{
  return fabs(got - want) <= tolerance * fabs(want);
}

/* ---- section 14 ---- */

/* The table was computed from fastai's float32 breakpoints: they differ by at most 3e-5. */
static void test_schedule_values(void)
{
  const struct run {
    size_t total;
    double lr, div, pct_start;
    struct {
      size_t k;
      double lr, momentum;
    } at[7];
  } runs[] = {
      {937,
       3e-3,
       25,
       0.99,
       {{0, 1.2e-04, 0.95},
        {1, 1.200082581e-04, 0.949999713},
        {100, 2.017951750e-04, 0.947159890},
        {464, 1.560902232e-03, 0.899968672},
        {927, 2.999996722e-03, 0.850000114},
        {928, 2.988472798e-03, 0.850384251},
        {936, 8.355284252e-05, 0.947215947}}},
      {4685,
       1.5e-3,
       5,
       0.3,
       {{0, 3e-04, 0.95},
        {937, 1.2e-03, 0.875000005},
        {1405, 1.499999625e-03, 0.850000031},
        {2342, 1.217901020e-03, 0.868806787},
        {4684, 1.534415011e-08, 0.949999977}}},
      {4685,
       1e-4,
       25,
       0.25,
       {{0, 4e-06, 0.95},
        {1171, 9.999998921e-05, 0.850000011},
        {2342, 7.501960456e-05, 0.874980645},
        {4684, 1.019986757e-09, 0.949999980}}},
  };
  for (size_t r = 0; r < sizeof runs / sizeof *runs; r++) {
    const ink_cycle cycle = {.div = runs[r].div,
                             .div_final = 1e5,
                             .pct_start = runs[r].pct_start,
                             .momenta = {0.95, 0.85, 0.95}};
    for (size_t i = 0; i < 7 && (i == 0 || runs[r].at[i].k > 0); i++) {
      const size_t k = runs[r].at[i].k, total = runs[r].total;
      const double lr = ink_cycle_lr(&cycle, runs[r].lr, k, total),
                   momentum = ink_cycle_momentum(&cycle, k, total);
      CHECK(near_to(lr, runs[r].at[i].lr, 3e-5), "run %zu, step %zu: learning rate %.9e, not %.9e",
            r, k, lr, runs[r].at[i].lr);
      CHECK(near_to(momentum, runs[r].at[i].momentum, 3e-5),
            "run %zu, step %zu: momentum %.9f, not %.9f", r, k, momentum, runs[r].at[i].momentum);
    }
  }
}

static void test_finder_grid(void)
{
  const struct {
    size_t i;
    double lr;
  } grid[] = {{0, 1e-7},         {10, 6.309573e-7}, {13, 1.096478e-6},
              {26, 1.202264e-5}, {50, 1e-3},        {54, 2.089296e-3},
              {77, 1.445440e-1}, {94, 3.311311},    {99, 8.317638}};
  for (size_t i = 0; i < sizeof grid / sizeof *grid; i++)
    CHECK(near_to(ink_finder_lr(1e-7, 10, 100, grid[i].i), grid[i].lr, 1e-6), "point %zu is %.7e",
          grid[i].i, ink_finder_lr(1e-7, 10, 100, grid[i].i));
}

/* A model of one weight, and a step of Adam with a given gradient. */
static void test_adam_values(void)
{
  ink_model *model;
  ink_error err;
  const ink_shape input = {.channels = 1, .height = 1, .width = 1, .flat = true};
  CHECK(ink_model_create(&model, "linear(1, bias=no)", input, 0, &err) == INK_OK, "one weight");
  ink_optimizer adam = {
      .kind = INK_FASTAI_ADAM, .momentum = 0.9, .beta2 = 0.99, .eps = 1e-5, .weight_decay = 0.01};
  ink_arena arena = {0};
  void *memory = NULL;
  for (int pass = 0; pass < 2; pass++) {
    ink_model_plan(model, &arena, ink_kernels_at(0), 1, false);
    ink_optimizer_plan(&adam, model, &arena);
    if (pass == 0)
      arena = (ink_arena){.base = memory = ink_alloc(arena.used), .capacity = arena.used};
  }
  const double lr = 0.1, want[3][3] = {{0.899002000, 0.05, 0.0025},
                                       {0.871433731, 0.02, 0.0031},
                                       {0.838932248, 0.028, 0.003169}};
  const float gradients[] = {0.5f, -0.25f, 0.1f};
  model->values[0] = 1;
  for (int t = 0; t < 3; t++) {
    model->gradients[0] = gradients[t];
    ink_optimizer_step(&adam, model, &lr, adam.momentum);
    const double got[] = {(double)model->values[0], (double)adam.first[0], (double)adam.second[0]};
    for (int i = 0; i < 3; i++)
      CHECK(near_to(got[i], want[t][i], 3e-7), "step %d, value %d: %.9f, not %.9f", t + 1, i,
            got[i], want[t][i]);
  }
  ink_model_free(model);
  ink_free(memory);
}

static void test_smoothed_loss(void)
{
  const double losses[] = {2.3, 1.9, 2.0, 1.5},
               want[] = {2.300000000, 2.097979798, 2.064657870, 1.919187179};
  ink_smooth smooth = {.beta = 0.98};
  for (int i = 0; i < 4; i++) {
    const double got = ink_smooth_add(&smooth, losses[i]);
    CHECK(near_to(got, want[i], 1e-9), "after %d: %.9f, not %.9f", i + 1, got, want[i]);
  }
}

/*
 * The smoothed loss has the same bits on every machine and with every C library: it is sums and
 * products of doubles alone. The values are Python's, of the same sums and products; with pow in
 * place of the products 198 of these 1,000 would differ from them in glibc.
 */
static void test_smoothed_loss_bits(void)
{
  static const struct {
    size_t n;
    double value;
  } want[] = {{1, 0x1.4000000000000p+0},
              {10, 0x1.d856b5e31d8c5p-1},
              {100, 0x1.e09f3192aa77ap-1},
              {300, 0x1.cdbfcda8f5bf9p-1},
              {1000, 0x1.cdc998ff17379p-1}};
  ink_smooth smooth = {.beta = 0.98};
  size_t next = 0;
  for (size_t n = 1; n <= 1000; n++) {
    const double got = ink_smooth_add(&smooth, 2.5 / (double)(1 + n % 7));
    if (n != want[next].n)
      continue;
    CHECK(memcmp(&got, &want[next].value, sizeof got) == 0, "after %zu: %a, not %a", n, got,
          want[next].value);
    next++;
  }
  CHECK(next == sizeof want / sizeof *want, "%zu were compared", next);
}

static void test_geometry(void)
{
  const double want_m[] = {-0.89527977, -0.15786198, 0.03687089,
                           -0.15786198, 0.89527977,  0.05265709};
  const double want_c[] = {1, -0.0310077519, -0.1046511628, -0.0310077519,
                           1, 0.1531007752,  -0.1046511628, 0.1531007752};
  const double points[][6] = {{-1, -1, 1.09001265, -0.68476071, 1.28870222, -0.72393409},
                              {1, -1, -0.70054691, -1.00048467, -0.84136861, -0.89732349},
                              {0, 0, 0.03687089, 0.05265709, -0.06912251, 0.20375813},
                              {0.5, 0.25, -0.45023449, 0.19754604, -0.52072665, 0.33842624}};
  double m[6], c[8];
  ink_affine_map(true, 10, 1.1, 0.25, 0.75, m);
  ink_warp_map(0.1, -0.15, c);
  /* the values are given with eight or ten decimals */
  for (int i = 0; i < 6; i++)
    CHECK(fabs(m[i] - want_m[i]) < 1e-8, "M[%d] is %.9f", i, m[i]);
  for (int i = 0; i < 8; i++)
    CHECK(fabs(c[i] - want_c[i]) < 1e-9, "c%d is %.10f", i, c[i]);
  for (int i = 0; i < 4; i++) {
    const double *p = points[i], x = m[0] * p[0] + m[1] * p[1] + m[2],
                 y = m[3] * p[0] + m[4] * p[1] + m[5];
    const double d = c[6] * x + c[7] * y + 1, u = (c[0] * x + c[1] * y + c[2]) / d,
                 v = (c[3] * x + c[4] * y + c[5]) / d;
    CHECK(fabs(x - p[2]) < 1e-8 && fabs(y - p[3]) < 1e-8, "point %d after M: %.8f, %.8f", i, x, y);
    CHECK(fabs(u - p[4]) < 1e-8 && fabs(v - p[5]) < 1e-8, "point %d after the warp: %.8f, %.8f", i,
          u, v);
  }
  ink_warp_map(0, 0, c);
  for (int i = 0; i < 8; i++)
    CHECK(fabs(c[i] - (i == 0 || i == 4)) < 1e-15, "no tilt is the identity: c%d is %g", i, c[i]);
}

static size_t valley_of(const double *losses, size_t n)
{
  double lr[64];
  for (size_t i = 0; i < n; i++)
    lr[i] = ink_finder_lr(1e-7, 10, n, i);
  return ink_suggest(lr, losses, n, 0, 0).valley;
}

static void test_valley(void)
{
  double falling[15], late[24];
  size_t n = 0;
  for (int i = 0; i < 10; i++)
    falling[n++] = 5.0 - 0.1 * i;
  for (int i = 0; i < 5; i++)
    falling[n++] = 4.1 + i;
  CHECK(valley_of(falling, n) == 3, "falling from the start: %zu", valley_of(falling, n));
  n = 0;
  for (int i = 0; i < 5; i++)
    late[n++] = 2.3;
  for (int i = 0; i < 14; i++)
    late[n++] = 2.2 - 0.1 * i;
  for (int i = 1; i <= 3; i++)
    late[n++] = i;
  CHECK(valley_of(late, n) == 10, "falling late: %zu", valley_of(late, n));
}

/* The parameters of ResNet-18 in its three groups, and those without weight decay. */
static void test_counts(void)
{
  ink_model *model;
  ink_error err;
  const ink_shape input = {.channels = 1, .height = 28, .width = 28};
  CHECK(ink_model_create(&model, "resnet18", input, 10, &err) == INK_OK, "resnet18");
  size_t groups[3] = {0}, kept = 0, kept_tensors = 0;
  for (size_t t = 0; t < model->n_tensors; t++) {
    const ink_tensor *tensor = model->tensors[t];
    if (!ink_tensor_is_trained(tensor))
      continue;
    groups[tensor->group] += tensor->count;
    kept += tensor->role == INK_ROLE_WEIGHT ? 0 : tensor->count;
    kept_tensors += tensor->role != INK_ROLE_WEIGHT;
  }
  CHECK(model->n_parameters == 11708992 && model->n_groups == 3, "%zu parameters in %zu groups",
        model->n_parameters, model->n_groups);
  CHECK(groups[0] == 683072 && groups[1] == 10493440 && groups[2] == 532480,
        "groups of %zu, %zu, %zu", groups[0], groups[1], groups[2]);
  CHECK(kept == 12672 && kept_tensors == 44, "%zu values in %zu tensors have no decay", kept,
        kept_tensors);
  const size_t outputs[][3] = {{64, 14, 14}, {64, 7, 7},  {64, 7, 7},
                               {128, 4, 4},  {256, 2, 2}, {512, 1, 1}};
  size_t stage = 0; /* conv1, max pool, then the last relu of each stage */
  for (size_t i = 0; i < model->n_layers && stage < 6; i++) {
    const ink_shape out = model->layers[i].out;
    stage += out.channels == outputs[stage][0] && out.height == outputs[stage][1] &&
             out.width == outputs[stage][2];
  }
  CHECK(stage == 6, "the stages have the sizes that they should: %zu of 6", stage);
  ink_model_free(model);
}

int main(void)
{
  test_schedule_values();
  test_finder_grid();
  test_adam_values();
  test_smoothed_loss();
  test_smoothed_loss_bits();
  test_geometry();
  test_valley();
  test_counts();
  trap_validation_path();
  trap_crop_of_the_batch();
  trap_not_normalised();
  trap_decay_and_momentum();
  trap_steps_and_slices();
  trap_fine_tune_rates();
  trap_frozen_is_not_still();
  trap_recorder();
  test_clipping();
  CHECK(ink_live_allocations() == 0, "%zu allocations are left", ink_live_allocations());
  return checks_end();
}
