/*
 * recipes.c - compares the parts of recipes with their definitions: averaged weights, distortion,
 * held-out pictures, test-time averaging, temperature and calibration error, presets.
 */
#include "../../src/data/augment/distort.h"
#include "../support/learning.h"

#include <math.h>

static ink_event advance(ink_learner *learner)
{
  ink_event event = {0};
  ink_error err;
  const ink_status status = ink_learner_advance(learner, &event, &err);
  CHECK(status == INK_OK, "%s", status ? err.text : "");
  return event;
}

static const char AVERAGED[] = "model=conv(2,5,stride=3) bn relu "
                               "linear(classes)\nepochs=2\nbatch=8\nlr=0.05\nmomentum=0."
                               "9\nschedule=one_cycle\nseed=3\nema=0.8";

/* Compares with a run without averages, whose weights are averaged here in double. */
static void test_average(const ink_kernels *kernels)
{
  ink_dataset *data = make_dataset(3, 40, 12);
  char plain_text[256];
  snprintf(plain_text, sizeof plain_text, "%.*s", (int)(strlen(AVERAGED) - strlen("\nema=0.8")),
           AVERAGED);
  ink_learner *a = make_learner(data, AVERAGED, kernels),
              *b = make_learner(data, plain_text, kernels);
  const size_t n = ink_learner_model(a)->n_values;
  double *average = calloc(n, sizeof *average);
  for (size_t i = 0; i < n; i++)
    average[i] = (double)ink_learner_model(b)->values[i];
  const size_t before = ink_total_allocations();
  for (ink_event event = {0}; event.kind != INK_EVENT_DONE;) {
    event = advance(b);
    advance(a);
    CHECK(memcmp(ink_learner_numbers(a).trained, ink_learner_model(b)->values, n * sizeof(float)) ==
              0,
          "step %g: what is stepped is as without averages", event.step);
    if (event.kind != INK_EVENT_STEP)
      continue;
    const double warm = (1 + event.step) / (10 + event.step), d = warm < 0.8 ? warm : 0.8;
    double worst = 0;
    for (size_t t = 0; t < ink_learner_model(a)->n_tensors; t++) {
      const ink_tensor *tensor = ink_learner_model(a)->tensors[t];
      const size_t at = (size_t)(tensor->value - ink_learner_model(a)->values);
      for (size_t i = at; i < at + tensor->count; i++) {
        const double now = (double)ink_learner_model(b)->values[i];
        average[i] = tensor->role == INK_ROLE_COUNTER ? now : d * average[i] + (1 - d) * now;
        worst = fmax(worst, fabs(average[i] - (double)ink_learner_model(a)->values[i]));
      }
    }
    CHECK(worst < 1e-5, "step %g: the average is off by %g", event.step, worst);
  }
  CHECK(ink_total_allocations() == before, "averaging allocates");
  CHECK(memcmp(ink_learner_model(a)->values, ink_learner_numbers(a).trained, n * sizeof(float)) !=
            0,
        "averages are not the weights");
  free(average);
  ink_learner_free(a), ink_learner_free(b), ink_dataset_free(data);
}

/*
 * A run that is saved at any step and read again ends with the same bits; a finder changes nothing;
 * the tensors of the file are the averages.
 */
static void test_resumed(const ink_kernels *kernels)
{
  ink_dataset *data = make_dataset(3, 40, 12);
  ink_learner *whole = make_learner(data, AVERAGED, kernels);
  while (advance(whole).kind != INK_EVENT_DONE)
    continue;
  for (int stop = 0; stop < 9; stop += 4) {
    ink_learner *first = make_learner(data, AVERAGED, kernels), *second = NULL;
    for (int i = 0; i < stop; i++)
      advance(first);
    ink_error err;
    double lr, loss;
    bool done;
    CHECK(ink_learner_find_begin(first, 1e-5, 1, 10, &err) == INK_OK, "a sweep");
    for (int i = 0; i < 3; i++)
      ink_learner_find_step(first, &lr, &loss, &done);
    ink_learner_find_end(first);
    const size_t len = ink_checkpoint_write(first, true, NULL);
    uint8_t *bytes = malloc(len);
    ink_checkpoint_write(first, true, bytes);
    const ink_status status = ink_checkpoint_read(&second, data, bytes, len, kernels, &err);
    CHECK(status == INK_OK, "after %d steps: %s", stop, status ? err.text : "");
    if (status == INK_OK) {
      while (advance(second).kind != INK_EVENT_DONE)
        continue;
      CHECK(ink_model_digest(ink_learner_model(second)) ==
                ink_model_digest(ink_learner_model(whole)),
            "after %d steps: the run ends with other bits", stop);
      CHECK(memcmp(ink_learner_numbers(second).trained, ink_learner_numbers(whole).trained,
                   ink_learner_model(whole)->n_values * sizeof(float)) == 0,
            "after %d steps: other weights are stepped", stop);
      ink_learner *weights = make_learner(data, AVERAGED, kernels);
      CHECK(ink_weights_read(weights, bytes, len, &err) == INK_OK &&
                ink_model_digest(ink_learner_model(weights)) ==
                    ink_model_digest(ink_learner_model(first)),
            "the averages are the file's weights");
      CHECK(memcmp(ink_learner_numbers(weights).trained, ink_learner_model(weights)->values,
                   ink_learner_model(weights)->n_values * sizeof(float)) == 0,
            "and what is trained further");
      ink_learner_free(weights);
    }
    free(bytes);
    ink_learner_free(first), ink_learner_free(second);
  }
  ink_learner_free(whole), ink_dataset_free(data);
}

/* Returns the cubic B-spline by the recursion of Cox and de Boor, on knots 7 pixels apart. */
static double bump(int degree, double x)
{
  if (degree == 0)
    return x >= 0 && x < 1;
  return x / degree * bump(degree - 1, x) + (degree + 1 - x) / degree * bump(degree - 1, x - 1);
}

static void test_elastic(void)
{
  const ink_random stream = ink_random_stream(5, INK_FOR_TEST, 1);
  float field[INK_PIXELS];
  ink_elastic_field(stream, 11, 2.5, field);
  double worst = 0;
  for (int y = 0; y < 28; y++)
    for (int x = 0; x < 28; x++) {
      double sum = 0;
      for (int i = 0; i < 7; i++)
        for (int j = 0; j < 7; j++)
          sum += 2.5 * (2 * ink_random_uniform(stream, (uint64_t)(11 + i * 7 + j)) - 1) *
                 bump(3, y / 7.0 + 3 - i) * bump(3, x / 7.0 + 3 - j);
      worst = fmax(worst, fabs(sum - (double)field[y * 28 + x]));
    }
  CHECK(worst < 1e-5, "the field is off by %g pixels", worst);
  double squares = 0, step = 0;
  for (uint64_t k = 0; k < 400; k++) {
    ink_elastic_field(ink_random_split(stream, k), 0, 3.6, field);
    for (int p = 0; p < INK_PIXELS; p++) {
      squares += (double)field[p] * (double)field[p] / (400.0 * INK_PIXELS);
      step = p % 28 ? fmax(step, fabs((double)field[p] - (double)field[p - 1])) : step;
    }
  }
  CHECK(sqrt(squares) > 0.95 && sqrt(squares) < 1.05, "its standard deviation is %g pixels",
        sqrt(squares));
  CHECK(step < 1, "it is smooth: neighbours differ by up to %g", step);
}

/*
 * Each part alone is a matrix of its own form within its limits, and without parts nothing changes.
 */
static void test_maps(void)
{
  double m[6], most[4] = {0};
  for (uint64_t k = 0; k < 500; k++) {
    const ink_random stream = ink_random_stream(k, INK_FOR_TEST, 2);
    ink_distort_map(INK_AUGMENT_ROTATE, 1, stream, m);
    const double degrees = atan2(m[3], m[0]) * 180 / acos(-1);
    CHECK(fabs(m[0] - m[4]) < 1e-12 && fabs(m[1] + m[3]) < 1e-12 &&
              fabs(m[0] * m[0] + m[3] * m[3] - 1) < 1e-12,
          "a rotation");
    CHECK(fabs(13.5 * (m[0] + m[1]) + m[2] - 13.5) < 1e-9 &&
              fabs(13.5 * (m[3] + m[4]) + m[5] - 13.5) < 1e-9,
          "about the centre");
    most[0] = fmax(most[0], fabs(degrees));
    ink_distort_map(INK_AUGMENT_ZOOM, 1, stream, m);
    CHECK(m[1] == 0 && m[3] == 0, "a zoom");
    most[1] = fmax(most[1], fabs(log(m[0])));
    ink_distort_map(INK_AUGMENT_SHEAR, 1, stream, m);
    CHECK(m[0] == 1 && m[3] == 0 && m[4] == 1, "a shear");
    most[2] = fmax(most[2], fabs(m[1]));
    ink_distort_map(INK_AUGMENT_SHIFT, 1, stream, m);
    CHECK(m[0] == 1 && m[1] == 0 && m[3] == 0 && m[4] == 1, "a shift");
    most[3] = fmax(most[3], fabs(m[2]));
  }
  const double limits[] = {12, 0.12, 0.2, 2};
  for (int i = 0; i < 4; i++)
    CHECK(most[i] <= limits[i] + 1e-9 && most[i] > 0.95 * limits[i], "part %d goes to %g of %g", i,
          most[i], limits[i]);
}

static void test_distort(void)
{
  ink_dataset *data = make_dataset(2, 4, 4);
  float out[INK_PIXELS], grid[2 * INK_PIXELS], in[INK_PIXELS], expected[INK_PIXELS];
  const ink_random stream = ink_random_stream(7, INK_FOR_TEST, 3);
  for (int p = 0; p < INK_PIXELS; p++)
    in[p] = (float)data->train.pixels[p] / 255.0f;
  ink_distort(0, 1, stream, data->train.pixels, out);
  CHECK(memcmp(out, in, sizeof in) == 0, "without parts a picture stays");
  /* Compares with grid_sample of the same map, which the goldens compare with PyTorch. */
  double m[6], worst = 0;
  const unsigned affine = INK_AUGMENT_DIGITS & ~INK_AUGMENT_ELASTIC;
  ink_distort_map(affine, 3, stream, m);
  for (int y = 0; y < 28; y++)
    for (int x = 0; x < 28; x++) {
      grid[2 * (y * 28 + x)] = (float)((m[0] * x + m[1] * y + m[2]) / 13.5 - 1);
      grid[2 * (y * 28 + x) + 1] = (float)((m[3] * x + m[4] * y + m[5]) / 13.5 - 1);
    }
  ink_grid_sample(in, 28, 28, grid, INK_PIXELS, INK_PAD_ZEROS, true, expected);
  ink_distort(affine, 3, stream, data->train.pixels, out);
  for (int p = 0; p < INK_PIXELS; p++)
    worst = fmax(worst, fabs((double)out[p] - (double)expected[p]));
  CHECK(worst < 1e-4, "resampling is off by %g", worst);
  ink_distort(INK_AUGMENT_ELASTIC, 4, stream, data->train.pixels, expected);
  CHECK(memcmp(expected, in, sizeof in) != 0, "an elastic field moves ink");
  ink_dataset_free(data);
}

static void test_hold_out(void)
{
  ink_dataset *data = make_dataset(3, 50, 9), *same = make_dataset(3, 50, 9);
  ink_error err;
  CHECK(ink_dataset_hold_out(data, 0, 1, &err) == INK_E_ARGUMENT &&
            ink_dataset_hold_out(data, 50, 1, &err) == INK_E_ARGUMENT && data->valid.count == 9,
        "none and all are refused: %s", err.text);
  uint32_t order[50];
  ink_random_permutation(ink_random_stream(1, INK_FOR_HOLD_OUT, 0), order, 50);
  bool held[50] = {false};
  for (int i = 38; i < 50; i++)
    held[order[i]] = true;
  CHECK(ink_dataset_hold_out(data, 12, 1, &err) == INK_OK && data->train.count == 38 &&
            data->valid.count == 12,
        "12 of 50");
  size_t at[2] = {0, 0};
  for (size_t i = 0; i < 50; i++) {
    const ink_items *items = held[i] ? &data->valid : &data->train;
    const size_t j = at[held[i]]++;
    CHECK(items->labels[j] == same->train.labels[i] &&
              memcmp(items->pixels + j * INK_PIXELS, same->train.pixels + i * INK_PIXELS,
                     INK_PIXELS) == 0,
          "picture %zu is in its place", i);
  }
  ink_dataset_free(data), ink_dataset_free(same);
}

/* Trained for a short time only, so that it makes errors. */
static ink_learner *half_learnt(const ink_dataset *data, const ink_kernels *kernels)
{
  ink_learner *learner = make_learner(
      data, "model=mlp\nepochs=1\nbatch=10\nlr=0.02\nseed=3\ntemperature=1.5\naugment=digits",
      kernels);
  while (advance(learner).kind != INK_EVENT_EPOCH)
    continue;
  return learner;
}

static void test_shifts(const ink_kernels *kernels)
{
  ink_dataset *data = make_dataset(3, 60, 70);
  ink_learner *learner = half_learnt(data, kernels);
  ink_error err;
  ink_event event;
  const uint64_t digest = ink_model_digest(ink_learner_model(learner));
  CHECK(ink_learner_evaluate_shifted(learner, &event, &err) == INK_OK &&
            event.kind == INK_EVENT_EPOCH,
        "evaluated");
  CHECK(digest == ink_model_digest(ink_learner_model(learner)), "nothing is learnt");
  double loss = 0, worst = 0;
  size_t right = 0;
  for (size_t i = 0; i < 70; i++) {
    double mean[3] = {0};
    for (int dy = -1; dy <= 1; dy++)
      for (int dx = -1; dx <= 1; dx++) {
        uint8_t moved[INK_PIXELS] = {0};
        float p[3];
        for (int y = 0; y < 28; y++)
          for (int x = 0; x < 28; x++)
            if (x + dx >= 0 && x + dx < 28 && y + dy >= 0 && y + dy < 28)
              moved[(y + dy) * 28 + x + dx] =
                  data->valid.pixels[i * INK_PIXELS + (size_t)(y * 28 + x)];
        ink_learner_predict(learner, moved, p);
        for (int c = 0; c < 3; c++)
          mean[c] += (double)p[c] / 9;
      }
    size_t best = 0;
    for (size_t c = 1; c < 3; c++)
      best = mean[c] > mean[best] ? c : best;
    right += best == data->valid.labels[i];
    loss -= log(mean[data->valid.labels[i]]) / 70;
    worst = fmax(worst, fabs(mean[best] - ink_learner_valid_probability(learner, i)));
  }
  CHECK(fabs(loss - event.valid_loss) < 1e-5 && event.accuracy == (double)right / 70,
        "loss %g is %g, accuracy %g is %g", event.valid_loss, loss, event.accuracy,
        (double)right / 70);
  CHECK(worst < 1e-5, "probabilities of the mean are off by %g", worst);
  ink_learner_free(learner), ink_dataset_free(data);
}

static double loss_at(const ink_learner *learner, double temperature)
{
  double loss = 0;
  for (size_t i = 0; i < ink_learner_dataset(learner)->valid.count; i++) {
    const float *z = ink_learner_valid_logits(learner) + 3 * i;
    double sum = 0;
    for (int c = 0; c < 3; c++)
      sum += exp((double)z[c] / temperature);
    loss -= log(exp((double)z[ink_learner_dataset(learner)->valid.labels[i]] / temperature) / sum);
  }
  return loss / (double)ink_learner_dataset(learner)->valid.count;
}

static void test_calibration(const ink_kernels *kernels)
{
  ink_dataset *data = make_dataset(3, 60, 70);
  for (size_t i = 0; i < 70; i += 9) /* with wrong labels, confident answers cost more */
    data->valid.labels[i] = (uint8_t)((data->valid.labels[i] + 1) % 3);
  ink_learner *fresh = make_learner(data, "model=mlp", kernels),
              *learner = half_learnt(data, kernels);
  ink_error err;
  double losses[2];
  ink_reliability r;
  CHECK(ink_learner_calibrate(fresh, losses, &err) == INK_E_STATE &&
            ink_learner_reliability(fresh, &r, &err) == INK_E_STATE,
        "there must be a validation first");
  CHECK(ink_learner_calibrate(learner, losses, &err) == INK_OK, "calibrated");
  const double t = ink_learner_settings(learner)->temperature;
  CHECK(fabs(losses[0] - loss_at(learner, 1.5)) < 1e-9 &&
            fabs(losses[1] - loss_at(learner, t)) < 1e-9,
        "losses %g, %g", losses[0], losses[1]);
  for (double other = 0.1; other < 15; other *= 1.01)
    CHECK(loss_at(learner, other) >= losses[1] - 1e-9, "temperature %g is better than %g", other,
          t);
  float p[3];
  ink_learner_predict(learner, data->valid.pixels, p);
  double sum = 0;
  for (int c = 0; c < 3; c++)
    sum += exp((double)ink_learner_valid_logits(learner)[c] / t);
  CHECK(fabs((double)p[0] - exp((double)ink_learner_valid_logits(learner)[0] / t) / sum) < 1e-5,
        "predictions are at the temperature");
  char text[4096];
  ink_settings again;
  ink_settings_write(ink_learner_settings(learner), text, sizeof text);
  CHECK(ink_settings_parse(&again, text, &err) == INK_OK && again.temperature == t,
        "a checkpoint keeps it");

  CHECK(ink_learner_reliability(learner, &r, &err) == INK_OK, "a diagram");
  double error = 0, total = 0;
  for (int b = 0; b < INK_RELIABILITY_BINS; b++) {
    double n = 0, confidence = 0, right = 0;
    for (size_t i = 0; i < 70; i++) {
      const double top = ink_learner_valid_probability(learner, i);
      if (top < b / 15.0 || (top >= (b + 1) / 15.0 && b < 14))
        continue;
      n++;
      confidence += top;
      right += ink_learner_valid_predicted(learner)[i] == data->valid.labels[i];
    }
    CHECK(r.bins[b].count == n && (n == 0 || (fabs(r.bins[b].confidence - confidence / n) < 1e-12 &&
                                              fabs(r.bins[b].accuracy - right / n) < 1e-12)),
          "bin %d", b);
    error += n ? n / 70 * fabs(confidence / n - right / n) : 0;
    total += n;
  }
  CHECK(total == 70 && fabs(error - r.error) < 1e-12, "expected calibration error %g is %g",
        r.error, error);
  ink_learner_free(fresh), ink_learner_free(learner), ink_dataset_free(data);
}

static void test_presets(void)
{
  ink_dataset *data = make_dataset(10, 20, 20);
  ink_error err;
  ink_settings s;
  char text[256];
  for (size_t i = 0; ink_recipe_at(i); i++) {
    size_t bytes;
    snprintf(text, sizeof text, "preset=%s\nbatch=16", ink_recipe_at(i)->name);
    ink_status status = ink_settings_parse(&s, text, &err);
    if (status == INK_OK)
      status = ink_learner_bytes(data, &s, NULL, &bytes, &err);
    CHECK(status == INK_OK && s.batch == 16, "%s: %s", text,
          status ? err.text : "what follows changes it");
  }
  CHECK(ink_settings_parse(&s, "preset=best", &err) == INK_E_ARGUMENT &&
            strstr(err.text, "preset must be one of quick"),
        "%s", err.text);
  CHECK(ink_settings_parse(&s, "batch=3\npreset=quick", &err) == INK_E_ARGUMENT &&
            strstr(err.text, "no setting 'preset'"),
        "%s", err.text);
  ink_dataset_free(data);
}

int main(void)
{
  for (size_t i = 0; ink_kernels_at(i); i++) {
    test_average(ink_kernels_at(i));
    test_resumed(ink_kernels_at(i));
    test_shifts(ink_kernels_at(i));
    test_calibration(ink_kernels_at(i));
  }
  test_elastic();
  test_maps();
  test_distort();
  test_hold_out();
  test_presets();
  CHECK(ink_live_allocations() == 0, "%zu allocations are left", ink_live_allocations());
  return checks_end();
}
