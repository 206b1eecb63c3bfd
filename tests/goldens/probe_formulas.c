/*
 * probe_formulas.c - single kernels and formulas.
 */
#include "probe.h"

/* ---- single kernels and formulas ---- */

void op_cross_entropy(void)
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

void op_optimizer(void)
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

void op_one_cycle(void)
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

void op_lr_find(void)
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

void op_confusion(void)
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

void op_top_losses(void)
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

void op_smooth_loss(void)
{
  size_t n;
  const float *loss = probe_floats("loss", &n);
  ink_smooth smooth = {.beta = probe_number("beta", 0.98)};
  float *out = probe_answer("smooth", n);
  for (size_t i = 0; i < n; i++)
    out[i] = (float)ink_smooth_add(&smooth, loss[i]);
}

void op_u8_to_float(void)
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

void op_pil_resize(void)
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

void op_affine_grid(void)
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

void op_grid_sample(void)
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

void op_resize_bilinear(void)
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

void op_lighting(void)
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
