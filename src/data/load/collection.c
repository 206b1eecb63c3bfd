/* collection.c - a growing list of pictures with labels and paths, and its order. */
#include "collection.h"

#include <string.h>

bool ink_grow(void **memory, size_t old_count, size_t count, size_t element_bytes)
{
  if (count > SIZE_MAX / 2 / element_bytes)
    return false;
  void *grown = ink_realloc(*memory, old_count * element_bytes, count * element_bytes);
  if (grown)
    *memory = grown;
  return grown != NULL;
}

/*
 * Returns the next capacity, in pictures: few, or about as many as MNIST has, then half as many
 * again. Memory that was never written to costs nothing, and the first write to a page costs more
 * than copying it, so a few large steps are faster than many small ones.
 */
static size_t next_capacity(size_t capacity)
{
  return capacity == 0 ? 1 << 13 : capacity < 1 << 16 ? 1 << 16 : capacity + capacity / 2;
}

static bool reserve(ink_collection *c, size_t text_len)
{
  if (c->count == c->capacity) {
    const size_t capacity = next_capacity(c->capacity);
    /* Each array keeps its content if a later one fails; the capacity is raised only after all. */
    if (!ink_grow((void **)&c->pixels, c->capacity, capacity, INK_PIXELS) ||
        !ink_grow((void **)&c->labels, c->capacity, capacity, sizeof *c->labels) ||
        !ink_grow((void **)&c->path_at, c->capacity, capacity, sizeof *c->path_at))
      return false;
    c->capacity = capacity;
  }
  if (text_len > c->text_capacity - c->text_len) {
    const size_t capacity = 2 * c->text_capacity + text_len + 4096;
    if (!ink_grow((void **)&c->text, c->text_capacity, capacity, 1))
      return false;
    c->text_capacity = capacity;
  }
  return true;
}

ink_status ink_collection_add(ink_collection *c, const char *path, size_t label, uint8_t **pixels,
                              ink_error *err)
{
  const size_t text_len = path ? strlen(path) + 1 : 0;
  if (c->count >= INK_ITEMS_MAX)
    return ink_fail(err, INK_E_DATA, "more than %d pictures", INK_ITEMS_MAX);
  if (!reserve(c, text_len))
    return ink_fail(err, INK_E_MEMORY,
                    "not enough memory for more pictures (%zu are loaded); use a smaller data set",
                    c->count);
  c->path_at[c->count] = path ? c->text_len : SIZE_MAX;
  if (path)
    memcpy(c->text + c->text_len, path, text_len);
  c->text_len += text_len;
  c->labels[c->count] = (uint8_t)label;
  *pixels = c->pixels + c->count * INK_PIXELS;
  c->count++;
  return INK_OK;
}

void ink_collection_remove_last(ink_collection *c)
{
  c->count--;
  if (c->path_at[c->count] != SIZE_MAX)
    c->text_len = c->path_at[c->count];
}

ink_status ink_collection_adopt(ink_collection *c, uint8_t *pixels, const uint8_t *labels,
                                size_t count, ink_error *err)
{
  ink_free(c->pixels); /* it holds no pictures, but may have memory */
  c->pixels = pixels;
  if (!ink_grow((void **)&c->labels, 0, count, sizeof *c->labels) ||
      !ink_grow((void **)&c->path_at, 0, count, sizeof *c->path_at))
    return ink_fail(err, INK_E_MEMORY, "not enough memory for %zu pictures", count);
  memcpy(c->labels, labels, count);
  memset(c->path_at, 0xff, count * sizeof *c->path_at);
  c->count = c->capacity = count;
  return INK_OK;
}

void ink_collection_free(ink_collection *c)
{
  ink_free(c->pixels);
  ink_free(c->labels);
  ink_free(c->path_at);
  ink_free(c->text);
  ink_free(c->slots);
  *c = (ink_collection){0};
}

/* ---- order ---- */

static const char *path_of(const ink_collection *c, size_t index)
{
  return c->text + c->path_at[index];
}

/* Compares paths component by component, as byte strings: '/' comes before every other byte. */
static int compare_paths(const char *a, const char *b)
{
  while (*a && *a == *b) {
    a++;
    b++;
  }
  const int x = *a == '/' ? 1 : *a ? 2 + (uint8_t)*a : 0;
  const int y = *b == '/' ? 1 : *b ? 2 + (uint8_t)*b : 0;
  return x - y;
}

/* Sorts indices by path, by a stable merge sort; `spare` is as long as `order`. */
static void sort(const ink_collection *c, uint32_t *order, uint32_t *spare, size_t count)
{
  for (size_t width = 1; width < count; width *= 2) {
    for (size_t start = 0; start < count; start += 2 * width) {
      const size_t middle = ink_min_size(start + width, count);
      const size_t end = ink_min_size(start + 2 * width, count);
      size_t a = start, b = middle;
      if (b < end && compare_paths(path_of(c, order[b - 1]), path_of(c, order[b])) <= 0) {
        memcpy(spare + start, order + start, (end - start) * sizeof *order); /* already in order */
        continue;
      }
      for (size_t to = start; to < end; to++) {
        const bool from_a = b == end || (a < middle && compare_paths(path_of(c, order[a]),
                                                                     path_of(c, order[b])) <= 0);
        spare[to] = order[from_a ? a++ : b++];
      }
    }
    memcpy(order, spare, count * sizeof *order);
  }
}

/*
 * Moves indices whose path equals the one before to the end of `order`, and reports each. Returns
 * how many remain in front of them.
 */
static size_t drop_duplicates(const ink_collection *c, uint32_t *order, uint32_t *spare,
                              void (*duplicate)(void *, const char *), void *context)
{
  size_t kept = 0, dropped = 0;
  for (size_t i = 0; i < c->count; i++) {
    if (kept > 0 && compare_paths(path_of(c, order[kept - 1]), path_of(c, order[i])) == 0) {
      duplicate(context, path_of(c, order[i]));
      spare[dropped++] = order[i];
    } else {
      order[kept++] = order[i];
    }
  }
  memcpy(order + kept, spare, dropped * sizeof *order);
  return kept;
}

typedef struct item {
  uint8_t pixels[INK_PIXELS];
  uint8_t label;
  size_t path_at;
} item;

static void copy_out(const ink_collection *c, size_t from, item *to)
{
  memcpy(to->pixels, c->pixels + from * INK_PIXELS, INK_PIXELS);
  to->label = c->labels[from];
  to->path_at = c->path_at[from];
}

static void copy_in(ink_collection *c, size_t to, const item *from)
{
  memcpy(c->pixels + to * INK_PIXELS, from->pixels, INK_PIXELS);
  c->labels[to] = from->label;
  c->path_at[to] = from->path_at;
}

/*
 * Moves picture order[i] to position i, for all i, along the cycles of the permutation. `order`
 * becomes the identity.
 *
 * Example: order = 2 0 1 has the cycle 0 <- 2 <- 1 <- 0. Picture 0 is copied out; picture 2 moves
 * to 0, picture 1 to 2, and the copy of picture 0 to 1.
 */
static void apply_order(ink_collection *c, uint32_t *order)
{
  item first, next;
  for (size_t start = 0; start < c->count; start++) {
    if (order[start] == start)
      continue;
    copy_out(c, start, &first);
    size_t at = start;
    while (order[at] != start) {
      const size_t from = order[at];
      copy_out(c, from, &next);
      copy_in(c, at, &next);
      order[at] = (uint32_t)at;
      at = from;
    }
    copy_in(c, at, &first);
    order[at] = (uint32_t)at;
  }
}

ink_status ink_collection_sort(ink_collection *c,
                               void (*duplicate)(void *context, const char *path), void *context,
                               ink_error *err)
{
  for (size_t i = 0; i < c->count; i++)
    if (c->path_at[i] == SIZE_MAX)
      return INK_OK;
  uint32_t *order = ink_alloc(2 * c->count * sizeof *order);
  if (!order)
    return ink_fail(err, INK_E_MEMORY, "not enough memory to sort %zu pictures", c->count);
  uint32_t *spare = order + c->count;
  for (size_t i = 0; i < c->count; i++)
    order[i] = (uint32_t)i;
  sort(c, order, spare, c->count);
  const size_t kept = drop_duplicates(c, order, spare, duplicate, context);
  apply_order(c, order);
  c->count = kept;
  ink_free(order);
  return INK_OK;
}
