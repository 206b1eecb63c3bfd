/*
 * models_passes.c - passes over a whole model: equal channels, many sums, memory that was used
 * before, and pictures that are read without a copy.
 */
#include "models_tests.h"

/*
 * `rgb` on one channel gives the results of three equal channels, to rounding, and each third gets
 * the gradient.
 */
void test_equal_channels(void)
{
  const ink_shape shapes[] = {{.channels = 1, .height = 6, .width = 6},
                              {.channels = 3, .height = 6, .width = 6}};
  enum { N = 9, OUT = 4 * 3 * 3, ALL = 2 * OUT * INK_LANES, PIXELS = 36 }; /* two blocks */
  float y[2][ALL], gradient[2][4 * 3 * 9];
  size_t inputs[2];
  for (int k = 0; k < 2; k++) {
    ink_model *model;
    ink_error err;
    CHECK(ink_model_create(&model, k ? "conv(4,3,2,1)" : "rgb conv(4,3,2,1)", shapes[k], 0, &err) ==
              INK_OK,
          "%s", err.text);
    ink_arena arena = {0};
    ink_model_plan(model, &arena, ink_kernels_at(0), N, false);
    void *memory = ink_alloc(arena.used);
    arena = (ink_arena){.base = memory, .capacity = arena.used};
    ink_model_plan(model, &arena, ink_kernels_at(0), N, false);
    float values[4 * 3 * 9 + 4];
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
      values[i] = (float)ink_random_normal(ink_random_stream(4, INK_FOR_TEST, 0), i);
    ink_tensor_import(model->tensors[0], values, model->tensors[0]->value);
    memcpy(model->tensors[1]->value, values + 108, 4 * sizeof *values);
    ink_model_touch(model);
    for (size_t i = 0; i < N; i++) {
      float x[3 * PIXELS];
      for (size_t p = 0; p < 3 * PIXELS; p++)
        x[p] = (float)ink_random_uniform(ink_random_stream(5, INK_FOR_TEST, i), p % PIXELS);
      ink_model_set_image(model, i, N, x);
    }
    ink_model_forward(model, N, true);
    for (size_t i = 0; i < ALL; i++) {
      const bool idle = i / (4 * INK_LANES) % 2 == 1 && i % INK_LANES > 0;
      y[k][i] = idle ? 0 : ink_model_logits(model)[i];
      ink_model_d_logits(model)[i] =
          idle ? 0 : (float)ink_random_normal(ink_random_stream(6, INK_FOR_TEST, 0), i);
    }
    ink_model_backward(model);
    ink_tensor_export(model->tensors[0], model->gradients, gradient[k]);
    inputs[k] = ink_shape_count(model->input);
    for (size_t f = 0; k == 0 && f < 4; f++)
      for (size_t c = 1; c < 3; c++)
        CHECK(memcmp(gradient[k] + 27 * f, gradient[k] + 27 * f + 9 * c, 9 * sizeof(float)) == 0,
              "filter %zu: slices 0 and %zu have the same gradient", f, c);
    ink_model_free(model);
    ink_free(memory);
  }
  for (size_t i = 0; i < ALL; i++)
    CHECK(fabsf(y[0][i] - y[1][i]) < 1e-5f * (1 + fabsf(y[1][i])), "output %zu: %g and %g", i,
          (double)y[0][i], (double)y[1][i]);
  for (size_t i = 0; i < 108; i++)
    CHECK(fabsf(gradient[0][i] - gradient[1][i]) < 1e-4f * (1 + fabsf(gradient[1][i])),
          "gradient %zu: %g and %g", i, (double)gradient[0][i], (double)gradient[1][i]);
  CHECK(3 * inputs[0] == inputs[1], "one channel is stored: %zu values", inputs[0]);
}

/*
 * With many sums of two branches, the work grows with the layers, not with the paths through them.
 */
void test_many_sums(const ink_dataset *data)
{
  char text[2048] = "batch=2\nmodel=";
  for (int i = 0; i < 100; i++)
    strcat(text, "residual( | ) ");
  strcat(text, "linear(classes)");
  ink_learner *learner = make_learner(data, text, NULL);
  CHECK(ink_learner_model(learner)->n_layers == 102, "100 sums, a flatten and a linear: %zu layers",
        ink_learner_model(learner)->n_layers);
  ink_learner_free(learner);
}

static void fill(float *values, size_t count, uint64_t stream)
{
  for (size_t i = 0; values && i < count; i++)
    values[i] = (float)(1000 * ink_random_uniform(ink_random_stream(stream, INK_FOR_TEST, 9), i));
}

/* Every pass writes all that the next one reads, whatever activations and gradients held before. */
void test_dirty_memory(const ink_dataset *data, const char *model)
{
  char text[512];
  snprintf(text, sizeof text, "batch=13\nepochs=1\nlr=0.01\nseed=6\noptimizer=adam\nmodel=%s",
           model);
  ink_learner *clean = make_learner(data, text, NULL), *dirty = make_learner(data, text, NULL);
  ink_event event;
  ink_error err;
  for (int i = 0; i < 3; i++) {
    const size_t lanes = ink_learner_model(dirty)->max_blocks * INK_LANES;
    for (size_t k = 0; k < ink_learner_model(dirty)->n_layers; k++) {
      const ink_layer *layer = &ink_learner_model(dirty)->layers[k];
      fill(layer->y, ink_shape_count(layer->out) * lanes, 2 * k);
      fill(layer->dy, ink_shape_count(layer->out) * lanes, 2 * k + 1);
    }
    ink_learner_advance(clean, &event, &err);
    ink_learner_advance(dirty, &event, &err);
    CHECK(memcmp(ink_learner_model(clean)->values, ink_learner_model(dirty)->values,
                 ink_learner_model(clean)->n_values * sizeof(float)) == 0,
          "%s: step %d reads what it has not written", model, i);
  }
  ink_learner_free(clean), ink_learner_free(dirty);
}

/*
 * Pictures of few pixels above 0 are read without filling x, and ink_model_fill_x fills it; dense
 * pictures are read from x.
 */
void test_pixels(const ink_dataset *data)
{
  const char *text = "model=mlp\nbatch=16\nepochs=2\nlr=0.1";
  ink_learner *learner = make_learner(data, text, NULL);
  ink_event event;
  ink_error err;
  CHECK(ink_learner_model(learner)->pictures, "density %g is too much",
        ink_items_density(&data->train));
  const size_t lanes = ink_learner_model(learner)->max_blocks * INK_LANES;
  fill(ink_learner_model(learner)->x, INK_PIXELS * lanes, 0);
  do
    CHECK(ink_learner_advance(learner, &event, &err) == INK_OK, "%s", err.text);
  while (event.kind != INK_EVENT_DONE && event.kind != INK_EVENT_EPOCH);
  for (size_t i = 0; i < data->valid.count; i++) {
    const uint8_t *picture = data->valid.pixels + i * INK_PIXELS;
    float told[10], many[10], seen[INK_PIXELS];
    double want = exp((double)ink_learner_valid_logits(learner)[i * 10]), sum = 0;
    for (size_t c = 0; c < 10; c++)
      sum += exp((double)ink_learner_valid_logits(learner)[i * 10 + c]);
    ink_learner_predict(learner, picture, told);
    ink_model_fill_x(ink_learner_model(learner));
    CHECK(fabs(told[0] - want / sum) < 1e-6, "picture %zu: predicted %g, validated %g", i,
          (double)told[0], want / sum);
    for (size_t p = 0; p < INK_PIXELS; p++)
      CHECK(ink_learner_model(learner)->x[p * INK_LANES] == (float)picture[p] / 255.0f,
            "picture %zu: what it saw at %zu", i, p);
    ink_learner_predict_many(learner, &picture, 1, many);
    CHECK(memcmp(told, many, sizeof told) == 0, "picture %zu: one and many", i);
    fill(ink_learner_model(learner)->x, INK_PIXELS * lanes, 0);
    ink_learner_activations(learner, picture, 0, seen);
    for (size_t p = 0; p < INK_PIXELS; p++)
      CHECK(seen[p] == (float)picture[p] / 255.0f, "picture %zu: the first activations at %zu", i,
            p);
  }
  ink_learner_free(learner);
  ink_learner *single = make_learner(data, "model=linear\nbatch=16\nepochs=1", NULL);
  const uint8_t *pictures[20];
  static float features[20][INK_PIXELS];
  for (size_t i = 0; i < 20; i++)
    pictures[i] = data->train.pixels + i * INK_PIXELS;
  ink_learner_features(single, pictures, 20, features[0]);
  for (size_t i = 0; i < 20 * INK_PIXELS; i++)
    CHECK(features[i / INK_PIXELS][i % INK_PIXELS] == (float)data->train.pixels[i] / 255.0f,
          "feature %zu", i);
  ink_learner_free(single);

  ink_dataset *full = make_dataset(10, 20, 10);
  for (size_t i = 0; i < 20 * INK_PIXELS; i++)
    full->train.pixels[i] |= 1;
  CHECK(ink_items_density(&full->train) == 1 && ink_items_density(&data->train) < 0.4, "densities");
  ink_learner *dense = make_learner(full, text, NULL);
  CHECK(!ink_learner_model(dense)->pictures, "full pictures' pixels are read one by one");
  ink_learner_free(dense);
  ink_dataset_free(full);
}
