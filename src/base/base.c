/* base.c - status text, heap allocation, the arena, counter-based random numbers. */
#include "ink_base.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
  const char *name, *meaning;
} statuses[] = {
    [INK_OK] = {"ok", "no error"},
    [INK_E_ARGUMENT] = {"argument", "a value from outside is out of its range"},
    [INK_E_DATA] = {"data", "bytes from outside are damaged, or not what they should be"},
    [INK_E_MEMORY] = {"memory", "there is not enough memory; nothing was changed"},
    [INK_E_STATE] = {"state", "the call came at the wrong time: no data yet, no network yet"},
    [INK_E_DIVERGED] = {"diverged", "the loss is no longer a finite number"},
    [INK_E_MODEL] = {"model", "a model line that cannot be built"},
};
_Static_assert(sizeof statuses / sizeof *statuses == INK_STATUSES,
               "each ink_status has its entry in the table");

const char *ink_status_name(ink_status status)
{
  return statuses[status].name;
}

const char *ink_status_meaning(ink_status status)
{
  return statuses[status].meaning;
}

ink_status ink_fail(ink_error *err, ink_status status, const char *format, ...)
{
  if (err) {
    va_list args;
    va_start(args, format);
    vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    err->status = status;
  }
  return status;
}

/* ---- text ---- */

void ink_append(char *text, size_t size, const char *more)
{
  strncat(text, more, size - 1 - strlen(text));
}

/* ---- numbers ---- */

double ink_read_decimal(const char *text)
{
  char *end;
  const double value = strtod(text, &end);
  return end == text || *end ? NAN : value;
}

/* ---- memory ---- */

enum { ALIGNMENT = 64 }; /* a cache line */

long ink_fail_allocation_after = -1;
bool ink_fail_allocation_once;
static size_t live_allocations, total_allocations;

/* *rounded: len_bytes rounded up to whole cache lines, at least one. */
static void *allocate(size_t len_bytes, size_t *rounded)
{
  if (ink_fail_allocation_after == 0) {
    if (ink_fail_allocation_once)
      ink_fail_allocation_after = -1;
    return NULL;
  }
  if (ink_fail_allocation_after > 0)
    ink_fail_allocation_after--;
  if (len_bytes > SIZE_MAX - 2 * ALIGNMENT)
    return NULL;
  *rounded = (len_bytes + ALIGNMENT) / ALIGNMENT * ALIGNMENT;
  void *memory = aligned_alloc(ALIGNMENT, *rounded);
  if (!memory)
    return NULL;
  live_allocations++;
  total_allocations++;
  return memory;
}

void *ink_alloc(size_t len_bytes)
{
  size_t rounded;
  void *memory = allocate(len_bytes, &rounded);
  if (memory)
    memset(memory, 0, rounded);
  return memory;
}

void ink_free(void *memory)
{
  if (!memory)
    return;
  live_allocations--;
  free(memory);
}

void *ink_realloc(void *memory, size_t old_bytes, size_t new_bytes)
{
  size_t rounded;
  void *grown = allocate(new_bytes, &rounded);
  if (!grown)
    return NULL;
  if (memory)
    memcpy(grown, memory, ink_min_size(old_bytes, new_bytes));
  ink_free(memory);
  return grown;
}

size_t ink_live_allocations(void)
{
  return live_allocations;
}

size_t ink_total_allocations(void)
{
  return total_allocations;
}

void *ink_arena_alloc(ink_arena *arena, size_t count, size_t element_bytes)
{
  const size_t most = SIZE_MAX / 2 + 1; /* a multiple of ALIGNMENT, as `used` is */
  if (element_bytes && count > (most - arena->used) / element_bytes) {
    arena->overflow = true;
    return NULL;
  }
  const size_t len = (count * element_bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  uint8_t *piece = NULL;
  if (arena->base) {
    if (len > arena->capacity - arena->used) {
      arena->overflow = true;
      return NULL;
    }
    piece = arena->base + arena->used;
  }
  arena->used += len;
  return piece;
}

/* ---- random numbers ---- */

static uint64_t mix(uint64_t z)
{
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

static const uint64_t GOLDEN = 0x9e3779b97f4a7c15u; /* 2^64 / golden ratio, SplitMix64's step */

ink_random ink_random_split(ink_random stream, uint64_t index)
{
  return (ink_random){mix(mix(stream.key + GOLDEN) ^ (index * GOLDEN + 0x632be59bd9b4e019u))};
}

ink_random ink_random_stream(uint64_t seed, ink_purpose purpose, uint64_t epoch)
{
  const ink_random root = {mix(seed + GOLDEN)};
  return ink_random_split(ink_random_split(root, (uint64_t)purpose), epoch);
}

uint64_t ink_random_u64(ink_random stream, uint64_t index)
{
  return mix(stream.key + (index + 1) * GOLDEN);
}

double ink_random_uniform(ink_random stream, uint64_t index)
{
  return (double)(ink_random_u64(stream, index) >> 11) * 0x1p-53;
}

double ink_random_normal(ink_random stream, uint64_t index)
{
  const double u = 1.0 - ink_random_uniform(stream, 2 * index); /* (0, 1]: the log is finite */
  const double angle = 6.283185307179586477 * ink_random_uniform(stream, 2 * index + 1);
  return sqrt(-2.0 * log(u)) * cos(angle);
}

void ink_random_permutation(ink_random stream, uint32_t *order, size_t count)
{
  for (size_t i = 0; i < count; i++)
    order[i] = (uint32_t)i;
  uint64_t draw = 0;
  for (size_t left = count; left > 1; left--) {
    /*
     * Values below 2^64 mod left are drawn again: with them small remainders would be more
     * frequent.
     */
    const uint64_t reject_below = (0 - (uint64_t)left) % left;
    uint64_t value;
    do
      value = ink_random_u64(stream, draw++);
    while (value < reject_below);
    const size_t pick = (size_t)(value % left);
    const uint32_t last = order[left - 1];
    order[left - 1] = order[pick];
    order[pick] = last;
  }
}
