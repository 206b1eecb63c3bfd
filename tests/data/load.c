/*
 * load.c - loads files through the core's loader and prints the results, one fact a line. The tests
 * run it under sanitizers and compare it with WebAssembly on the same bytes.
 *
 *   load <bytes in a push> <allocation that fails, -1: none> <name> <file> [<name> <file>...]
 */
#include "ink_data.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* FNV-1a: enough to detect a difference. */
static uint32_t hash_of(const uint8_t *bytes, size_t len)
{
  uint32_t h = 2166136261u;
  for (size_t i = 0; i < len; i++)
    h = (h ^ bytes[i]) * 16777619u;
  return h;
}

static ink_status push_file(ink_loader *loader, const char *path, size_t step, ink_error *err)
{
  FILE *file = strcmp(path, "-") ? fopen(path, "rb") : stdin;
  if (!file) {
    perror(path);
    exit(2);
  }
  uint8_t *buffer = malloc(step);
  ink_status status = INK_OK;
  for (size_t n; status == INK_OK && (n = fread(buffer, 1, step, file)) > 0;)
    status = ink_loader_push(loader, buffer, n, err);
  free(buffer);
  fclose(file);
  return status;
}

static ink_status load(ink_loader *loader, int argc, char **argv, size_t step,
                       ink_dataset **dataset, ink_error *err)
{
  for (int i = 0; i + 1 < argc; i += 2) {
    INK_TRY(ink_loader_begin(loader, argv[i], err));
    INK_TRY(push_file(loader, argv[i + 1], step, err));
    INK_TRY(ink_loader_end(loader, err));
  }
  return ink_loader_finish(loader, dataset, err);
}

static void print_items(const char *split, const ink_items *items)
{
  printf("%s %zu pixels %08x labels %08x\n", split, items->count,
         (unsigned)hash_of(items->pixels, items->count * INK_PIXELS),
         (unsigned)hash_of(items->labels, items->count));
  for (size_t i = 0; i < items->count && i < 40; i++)
    printf("%s[%zu] %s label %u hash %08x\n", split, i, items->paths ? items->paths[i] : "-",
           items->labels[i], (unsigned)hash_of(items->pixels + i * INK_PIXELS, INK_PIXELS));
}

int main(int argc, char **argv)
{
  if (argc < 3)
    return 2;
  ink_error err = {0};
  ink_loader *loader = NULL;
  ink_dataset *dataset = NULL;
  ink_fail_allocation_after = atol(argv[2]);
  ink_status status = ink_loader_create(&loader, &err);
  if (status == INK_OK)
    status = load(loader, argc - 3, argv + 3, (size_t)atol(argv[1]), &dataset, &err);
  ink_fail_allocation_after = -1;
  printf("status %d %s\n", (int)status, status ? err.text : "");
  if (loader) {
    const ink_load_report *report = ink_loader_report(loader);
    printf("skipped %zu\n", report->skipped);
    for (size_t i = 0; i < report->n_problems; i++)
      printf("problem %s: %s\n", report->problems[i].path, report->problems[i].reason);
  }
  ink_loader_free(loader);
  if (status == INK_OK) {
    printf("classes");
    for (size_t i = 0; i < dataset->n_classes; i++)
      printf(" %s", dataset->class_names[i]);
    printf("\n");
    print_items("train", &dataset->train);
    print_items("valid", &dataset->valid);
    ink_dataset_free(dataset);
  }
  printf("allocations %zu live %zu\n", ink_total_allocations(), ink_live_allocations());
  return 0;
}
