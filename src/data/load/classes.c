/*
 * classes.c - see classes.h.
 */
#include "classes.h"

#include <string.h>

size_t ink_class_index(ink_class_names *names, const char *name, size_t len, int number)
{
  for (size_t i = 0; i < ink_min_size(names->count, INK_CLASSES_SEEN_MAX); i++) {
    const ink_seen_class *seen = &names->seen[i];
    if (seen->number == number && strlen(seen->name) == len && memcmp(seen->name, name, len) == 0)
      return i;
  }
  if (names->count >= INK_CLASSES_SEEN_MAX) {
    names->count = INK_CLASSES_SEEN_MAX + 1;
    return INK_CLASSES_SEEN_MAX;
  }
  ink_seen_class *seen = &names->seen[names->count];
  memcpy(seen->name, name, len);
  seen->name[len] = 0;
  seen->number = number;
  return names->count++;
}

/* Returns the value of a whole number of at most 9 digits; -1 if the text is anything else. */
static int number_of(const char *text)
{
  int value = 0;
  size_t digits = 0;
  for (; text[digits] >= '0' && text[digits] <= '9' && digits < 9; digits++)
    value = 10 * value + (text[digits] - '0');
  return digits > 0 && text[digits] == 0 ? value : -1;
}

void ink_classes_number(ink_class_names *names)
{
  const size_t count = ink_min_size(names->count, INK_CLASSES_SEEN_MAX);
  for (size_t i = 0; i < count; i++)
    if (number_of(names->seen[i].name) < 0)
      return;
  for (size_t i = 0; i < count; i++)
    names->seen[i].number = number_of(names->seen[i].name);
}

static int compare(const ink_seen_class *a, const ink_seen_class *b, bool by_number)
{
  if (by_number && a->number != b->number)
    return a->number < b->number ? -1 : 1;
  return strcmp(a->name, b->name);
}

/* Returns the first class with the same name as this one. */
static size_t first_of_name(const ink_class_names *names, size_t index)
{
  size_t i = 0;
  while (strcmp(names->seen[i].name, names->seen[index].name) != 0)
    i++;
  return i;
}

ink_status ink_classes_sort(const ink_class_names *train, ink_dataset *dataset,
                            uint8_t index_of[INK_CLASSES_SEEN_MAX], ink_error *err)
{
  const size_t seen = ink_min_size(train->count, INK_CLASSES_SEEN_MAX);
  size_t first[INK_CLASSES_SEEN_MAX], count = 0;
  bool by_number = true;
  for (size_t i = 0; i < seen; i++) {
    first[i] = first_of_name(train, i);
    count += first[i] == i;
    by_number &= train->seen[i].number >= 0;
  }
  if (train->count > seen || count > INK_MAX_CLASSES)
    return ink_fail(err, INK_E_DATA, "more than %d classes (folders of pictures)", INK_MAX_CLASSES);
  if (count < INK_MIN_CLASSES)
    return ink_fail(err, INK_E_DATA,
                    "only one class, '%.64s', was found; at least %d are needed to tell apart",
                    train->seen[0].name, INK_MIN_CLASSES);
  for (size_t i = 0; i < seen; i++) {
    size_t before = 0;
    for (size_t j = 0; j < seen; j++)
      before += first[j] == j && compare(&train->seen[j], &train->seen[first[i]], by_number) < 0;
    index_of[i] = (uint8_t)before;
    memcpy(dataset->class_names[before], train->seen[i].name, INK_CLASS_NAME_MAX);
  }
  dataset->n_classes = count;
  return INK_OK;
}

ink_status ink_classes_find(const ink_class_names *names, const ink_dataset *dataset,
                            uint8_t index_of[INK_CLASSES_SEEN_MAX], ink_error *err)
{
  if (names->count > INK_CLASSES_SEEN_MAX)
    return ink_fail(err, INK_E_DATA, "more than %d classes (folders of pictures)", INK_MAX_CLASSES);
  for (size_t i = 0; i < names->count; i++) {
    size_t at = 0;
    while (at < dataset->n_classes && strcmp(dataset->class_names[at], names->seen[i].name) != 0)
      at++;
    if (at == dataset->n_classes)
      return ink_fail(err, INK_E_DATA, "class '%.64s' has test pictures but no training pictures",
                      names->seen[i].name);
    index_of[i] = (uint8_t)at;
  }
  return INK_OK;
}
