/*
 * models_values.c - the initial values of weights, biases and norm layers.
 */
#include "models_tests.h"

typedef struct moments {
  double n, mean, square, most;
} moments;

static moments moments_of(const ink_tensor *tensor)
{
  moments m = {.n = (double)tensor->count};
  for (size_t i = 0; i < tensor->count; i++) {
    m.mean += tensor->value[i] / m.n;
    m.square += (double)tensor->value[i] * tensor->value[i] / m.n;
    m.most = fmax(m.most, fabs((double)tensor->value[i]));
  }
  return m;
}

/* A mean of n draws may differ by five of its standard deviations, deviation / sqrt(n). */
static void expect_uniform(const ink_tensor *t, double bound)
{
  const moments m = moments_of(t);
  CHECK(m.most <= bound && m.most > bound * (1 - 20 / m.n), "%s: the largest is %g, the bound %g",
        t->name, m.most, bound);
  CHECK(fabs(m.mean) < 5 * bound / sqrt(3 * m.n), "%s: mean %g", t->name, m.mean);
  CHECK(fabs(m.square - bound * bound / 3) < 5 * bound * bound * sqrt(4.0 / 45 / m.n),
        "%s: mean square %g, not %g", t->name, m.square, bound * bound / 3);
}

static void expect_normal(const ink_tensor *t, double deviation)
{
  const moments m = moments_of(t);
  double beyond =
      0; /* the share outside one deviation: .3173 of a normal, .4226 of a uniform distribution */
  for (size_t i = 0; i < t->count; i++)
    beyond += fabs((double)t->value[i]) > deviation;
  CHECK(fabs(m.mean) < 5 * deviation / sqrt(m.n), "%s: mean %g", t->name, m.mean);
  CHECK(fabs(m.square / deviation / deviation - 1) < 5 * sqrt(2 / m.n), "%s: deviation %g, not %g",
        t->name, sqrt(m.square), deviation);
  CHECK(fabs(beyond / m.n - 0.3173) < 5 * sqrt(0.3173 * 0.6827 / m.n),
        "%s: %g lie outside one deviation", t->name, beyond / m.n);
}

static void expect_all(const ink_tensor *t, float value)
{
  for (size_t i = 0; i < t->count; i++)
    CHECK(t->value[i] == value, "%s[%zu] is %g, not %g", t->name, i, (double)t->value[i],
          (double)value);
}

/* All norm layers have the same initial values, except the bias of a head. */
static void expect_norm(const ink_tensor *t, float bias)
{
  const bool variance = strstr(t->name, "running_var") != NULL;
  expect_all(t, t->role == INK_ROLE_NORM_WEIGHT || variance ? 1
                : t->role == INK_ROLE_NORM_BIAS             ? bias
                                                            : 0);
}

static size_t fan_in(const ink_tensor *t)
{
  return t->count / t->dims[0];
}

/*
 * PyTorch's initialisation: U(-b, b), b = 1 / sqrt(fan_in), for weights and biases, also in a
 * branch.
 */
void test_pytorch_initialisation(const ink_dataset *data)
{
  ink_learner *learner =
      make_learner(data,
                   "model=conv(40,5,2) bn residual(conv(40,3,1,1) bn | conv(40,1,bias=no)) "
                   "linear(300) relu linear(classes)\nbatch=8\nseed=1",
                   NULL);
  const ink_model *model = ink_learner_model(learner);
  for (size_t i = 0; i < model->n_layers; i++)
    for (size_t t = 0; t < model->layers[i].n_tensors; t++) {
      const ink_tensor *tensor = &model->layers[i].tensors[t];
      if (tensor->role <= INK_ROLE_BIAS)
        expect_uniform(tensor, 1 / sqrt((double)fan_in(&model->layers[i].tensors[0])));
      else
        expect_norm(tensor, 0);
    }
  ink_learner_free(learner);
}

/*
 * torchvision's body: N(0, sqrt(2 / fan_out)); fastai's head: N(0, sqrt(2 / fan_in)), norm bias
 * .001.
 */
void test_resnet_initialisation(const ink_dataset *data)
{
  ink_learner *learner = make_learner(data, "model=resnet18\nbatch=8\nseed=2", NULL);
  size_t normal = 0;
  for (size_t i = 0; i < ink_learner_model(learner)->n_tensors; i++) {
    const ink_tensor *t = ink_learner_model(learner)->tensors[i];
    const bool head = t->name[0] == '1';
    CHECK(t->role != INK_ROLE_BIAS, "%s: no conv or linear has a bias", t->name);
    if (t->role == INK_ROLE_WEIGHT) {
      const double fan_out = (double)(t->dims[0] * fan_in(t) / (t->n_dims > 1 ? t->dims[1] : 1));
      expect_normal(t, sqrt(2 / (head ? (double)fan_in(t) : fan_out)));
      normal++;
    } else {
      expect_norm(t, head ? 0.001f : 0);
    }
  }
  CHECK(normal == 22, "20 convs and 2 linears: %zu", normal);
  ink_learner_free(learner);
}
