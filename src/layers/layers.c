/*
 * layers.c - what all layers share: tensors, packed weights, first values.
 */
#include "ink_layers.h"

#include <stdio.h>
#include <string.h>

void ink_layer_declare(ink_layer *layer, const char *name, ink_role role, size_t n_dims,
                       const size_t *dims)
{
  ink_tensor *tensor = &layer->tensors[layer->n_tensors++];
  snprintf(tensor->name, sizeof tensor->name, "%s", name);
  tensor->role = role;
  tensor->group = layer->group;
  tensor->n_dims = n_dims;
  tensor->count = 1;
  tensor->taps = n_dims == 4 ? dims[2] * dims[3] : 0;
  for (size_t i = 0; i < n_dims; i++) {
    tensor->dims[i] = dims[i];
    tensor->count *= dims[i];
  }
}

/* ---- packed weights ---- */

size_t ink_rows_per_job(const ink_kernels *kernels, size_t k, size_t job_bytes)
{
  const size_t panel_bytes = kernels->panel_rows * k * sizeof(float);
  const size_t panels = panel_bytes < job_bytes ? job_bytes / panel_bytes : 1;
  return panels * kernels->panel_rows;
}

typedef struct pack_job {
  const ink_kernels *kernels;
  const ink_matrices *w;
  float *packed;
  size_t rows, parts; /* rows of a job; jobs of one matrix */
} pack_job;

static void run_pack(void *context, size_t index)
{
  const pack_job *job = context;
  const ink_matrices *w = job->w;
  const size_t matrix = index / job->parts, row = index % job->parts * job->rows;
  if (w->dead && w->dead[matrix])
    return;
  job->kernels->pack(
      ink_min_size(job->rows, w->m - row), w->k,
      w->first + matrix * w->m * w->k + row * w->row_stride, w->row_stride, w->column_stride,
      job->packed + matrix * ink_packed_count(job->kernels, w->m, w->k) + row * w->k);
}

void ink_pack_matrices(const ink_kernels *kernels, const ink_matrices *w, float *packed)
{
  const size_t rows = ink_rows_per_job(kernels, w->k, INK_JOB_WEIGHT_BYTES);
  pack_job job = {kernels, w, packed, rows, ink_ceil_div(w->m, rows)};
  ink_parallel_for(w->count * job.parts, run_pack, &job);
}

/* ---- tensors in files ---- */

void ink_tensor_export(const ink_tensor *tensor, const float *from, void *to)
{
  for (size_t i = 0; i < tensor->count; i++)
    memcpy((uint8_t *)to + i * sizeof *from, &from[ink_tensor_place(tensor, i)], sizeof *from);
}

void ink_tensor_import(const ink_tensor *tensor, const void *from, float *to)
{
  for (size_t i = 0; i < tensor->count; i++)
    memcpy(&to[ink_tensor_place(tensor, i)], (const uint8_t *)from + i * sizeof *to, sizeof *to);
}

static bool is_in_gap(const ink_tensor *tensor, size_t place)
{
  return place < tensor->gap_first || place >= tensor->count - tensor->gap_last;
}

void ink_tensor_export_gradient(const ink_tensor *tensor, const float *from, void *to)
{
  for (size_t i = 0; i < tensor->count; i++) {
    const size_t place = ink_tensor_place(tensor, i);
    const float value = is_in_gap(tensor, place) ? 0.0f : from[place];
    memcpy((uint8_t *)to + i * sizeof value, &value, sizeof value);
  }
}

void ink_tensor_import_gradient(const ink_tensor *tensor, const void *from, float *to)
{
  for (size_t i = 0; i < tensor->count; i++)
    if (!is_in_gap(tensor, ink_tensor_place(tensor, i)))
      memcpy(&to[ink_tensor_place(tensor, i)], (const uint8_t *)from + i * sizeof *to, sizeof *to);
}

void ink_draw_uniform(ink_tensor *tensor, ink_random stream, double bound)
{
  for (size_t i = 0; i < tensor->count; i++)
    tensor->value[ink_tensor_place(tensor, i)] =
        (float)(bound * (2.0 * ink_random_uniform(stream, i) - 1.0));
}

void ink_draw_normal(ink_tensor *tensor, ink_random stream, double deviation)
{
  for (size_t i = 0; i < tensor->count; i++)
    tensor->value[ink_tensor_place(tensor, i)] = (float)(deviation * ink_random_normal(stream, i));
}

void ink_fill(ink_tensor *tensor, float value)
{
  for (size_t i = 0; i < tensor->count; i++)
    tensor->value[i] = value;
}
