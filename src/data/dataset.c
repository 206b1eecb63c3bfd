/*
 * dataset.c - the life of a data set.
 */
#include "ink_data.h"

static void free_items(ink_items *items)
{
  ink_free(items->pixels);
  ink_free(items->labels);
  ink_free(items->paths);
  ink_free(items->path_text);
}

void ink_dataset_free(ink_dataset *dataset)
{
  if (!dataset)
    return;
  free_items(&dataset->train);
  free_items(&dataset->valid);
  ink_free(dataset);
}
