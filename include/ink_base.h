/*
 * ink_base.h - the base of all other parts: status codes with messages, text, memory, random
 * numbers and the loop that threads share.
 */
#ifndef INK_BASE_H
#define INK_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__wasm__)
#define INK_EXPORT(name) __attribute__((export_name(#name)))
#else
#define INK_EXPORT(name)
#endif

/* ---- status ---- */

typedef enum ink_status {
  INK_OK = 0,
  INK_E_ARGUMENT = 1, /* a value from outside is out of its range */
  INK_E_DATA = 2,     /* bytes from outside are not what they claim to be */
  INK_E_MEMORY = 3,   /* an allocation failed; nothing was changed */
  INK_E_STATE = 4,    /* the call makes sense, but not now (no data set, no model, ...) */
  INK_E_DIVERGED = 5, /* the loss is no longer a finite number */
  INK_E_MODEL = 6,    /* a model line that cannot be built */
  INK_STATUSES
} ink_status;

/* The name of a status in JavaScript ("data"), and its meaning in words; status < INK_STATUSES. */
const char *ink_status_name(ink_status status);
const char *ink_status_meaning(ink_status status);

enum { INK_ERROR_MAX = 512 };

/* The message of a status: it says what was wrong, where, and how much. The caller owns it. */
typedef struct ink_error {
  ink_status status;
  char text[INK_ERROR_MAX];
} ink_error;

#if defined(__GNUC__)
#define INK_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define INK_PRINTF(fmt, args)
#endif

/* Writes the text (cut at INK_ERROR_MAX - 1 bytes) and returns `status`. `err` may be NULL. */
ink_status ink_fail(ink_error *err, ink_status status, const char *format, ...) INK_PRINTF(3, 4);

#define INK_TRY(call)                                                                              \
  do {                                                                                             \
    const ink_status ink_try_status = (call);                                                      \
    if (ink_try_status != INK_OK)                                                                  \
      return ink_try_status;                                                                       \
  } while (0)

/* ---- text ---- */

/* Appends `more` to the text in a buffer of `size` bytes. An end that does not fit is cut off. */
void ink_append(char *text, size_t size, const char *more);

/* Returns whether the bytes are valid UTF-8, without surrogates and overlong encodings (text.c). */
bool ink_is_utf8(const char *text, size_t len);

/* ---- numbers ---- */

/* Reads a text that is one decimal number, as strtod does. Returns NaN if it is anything else. */
double ink_read_decimal(const char *text);
/* Returns whether all n values are finite numbers (finite.c). */
bool ink_all_finite(const float *values, size_t n);

/* ---- memory ---- */

/*
 * All heap memory comes from these functions.
 *
 * ink_alloc returns 64-byte aligned memory filled with zeros, or NULL if there is none. ink_free
 * accepts NULL. ink_live_allocations counts the blocks that are not freed yet.
 * ink_total_allocations counts every successful allocation, so that tests can prove that a training
 * step allocates nothing.
 *
 * Tests can make allocations fail. ink_fail_allocation_after = n >= 0 lets the next n calls
 * succeed; the call after them fails, and so do all later ones, or only that one if
 * ink_fail_allocation_once is set. -1, the default, turns this off.
 */
void *ink_alloc(size_t len_bytes);
void ink_free(void *memory);
size_t ink_live_allocations(void);
size_t ink_total_allocations(void);
extern long ink_fail_allocation_after;
extern bool ink_fail_allocation_once;

/*
 * Moves the first `old_bytes` of `memory` into a new block of `new_bytes`, frees `memory` and
 * returns the new block. The bytes after the copied ones are undefined. `memory` may be NULL.
 * Returns NULL if there is not enough memory; `memory` then stays as it is.
 */
void *ink_realloc(void *memory, size_t old_bytes, size_t new_bytes);

/*
 * An arena is one block that is handed out in 64-byte aligned pieces and freed as a whole.
 *
 * The same code uses it twice: first with `base == NULL`, when the arena only counts and every
 * piece is NULL, then with a block of the size that was counted.
 */
typedef struct ink_arena {
  uint8_t *base;   /* NULL: counting only */
  size_t capacity; /* bytes in `base` */
  size_t used;     /* bytes handed out so far, rounded up to 64 each */
  bool overflow;   /* a size did not fit size_t or the capacity: the pieces are not valid */
} ink_arena;

/*
 * Product and sum of counts. A result that does not fit size_t, which has 32 bits in WebAssembly,
 * becomes SIZE_MAX, and no arena has room for that. So an overflow never looks like a small size.
 */
static inline size_t ink_product(const size_t *factors, size_t n)
{
  size_t product = 1;
  for (size_t i = 0; i < n; i++)
    product = factors[i] && product > SIZE_MAX / factors[i] ? SIZE_MAX : product * factors[i];
  return product;
}
#define INK_PRODUCT(...)                                                                           \
  ink_product((const size_t[]){__VA_ARGS__}, sizeof((const size_t[]){__VA_ARGS__}) / sizeof(size_t))
static inline size_t ink_sum(size_t a, size_t b)
{
  return a > SIZE_MAX - b ? SIZE_MAX : a + b;
}

/*
 * Returns a piece for `count` elements of `element_bytes`. It is zeroed if the arena's block was.
 * Returns NULL while the arena counts, and if the piece does not fit: `overflow` is then set.
 */
void *ink_arena_alloc(ink_arena *arena, size_t count, size_t element_bytes);
#define INK_ALLOC(arena, type, count) ((type *)ink_arena_alloc((arena), (count), sizeof(type)))

/* ---- build (build_id.c) ---- */

/* Returns a hash of the sources as twelve hexadecimal digits, or "unbuilt" if none was given. */
INK_EXPORT(ink_build) const char *ink_build(void);

/* ---- checksums (crc32.c) ---- */

/*
 * Returns zlib's CRC-32 after `len` more bytes. `before` is the CRC-32 of the bytes before them, 0
 * if there are none.
 */
uint32_t ink_crc32(uint32_t before, const uint8_t *bytes, size_t len);

/* ---- random numbers ---- */

/*
 * Random numbers are counter-based: a value is a function of (seed, purpose, epoch, index) and of
 * nothing else. So draws do not depend on the order in which work happens. The mixing function is
 * that of SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014).
 */
typedef enum ink_purpose {
  INK_FOR_INIT = 1,    /* index counts the values of all parameters */
  INK_FOR_SHUFFLE = 2, /* index counts the draws of one permutation */
  INK_FOR_DROPOUT = 3, /* epoch is the step; each layer splits the stream */
  INK_FOR_AUGMENT = 4,
  INK_FOR_CROP = 5,
  INK_FOR_PREVIEW = 6,
  INK_FOR_HOLD_OUT = 7, /* the choice of held-out training pictures */
  INK_FOR_TEST = 99
} ink_purpose;

typedef struct ink_random {
  uint64_t key;
} ink_random;

ink_random ink_random_stream(uint64_t seed, ink_purpose purpose, uint64_t epoch);
/* Returns a new stream for each `index` of another: for items that need several draws each. */
ink_random ink_random_split(ink_random stream, uint64_t index);
uint64_t ink_random_u64(ink_random stream, uint64_t index);
/* Returns draw `index`, uniform in [0, 1) with 53 bits. */
double ink_random_uniform(ink_random stream, uint64_t index);
/* Returns a standard normal value, by Box-Muller from draws 2*index and 2*index+1. */
double ink_random_normal(ink_random stream, uint64_t index);
/* Fills order [count] with a uniform permutation of 0..count-1 (Fisher-Yates, unbiased draws). */
void ink_random_permutation(ink_random stream, uint32_t *order, size_t count);

/* ---- threads ---- */

/*
 * Calls `job(context, i)` for each i in 0..count-1, in any order and possibly at the same time, and
 * returns when all calls have returned. Jobs write to disjoint memory. How work is cut into jobs
 * depends on shapes alone, so results do not depend on the number of threads.
 */
typedef void ink_job(void *context, size_t index);
void ink_parallel_for(size_t count, ink_job *job, void *context);

/*
 * Returns the first index of half 0 or 1 of `count` indices; half 2 gives `count`. Each thread
 * starts with its own half. If the halves of consecutive loops cover the same images, a thread
 * finds more of them in its cache.
 *
 * Example: count 5 has half 0 = 0..2 and half 1 = 3..4; the results are 0, 3, 5.
 */
static inline size_t ink_half_start(size_t count, size_t half)
{
  return (half * count + 1) / 2;
}

/* Returns the number of threads that run jobs now, including the caller. */
INK_EXPORT(ink_threads) size_t ink_threads(void);

#if defined(__wasm_atomics__)
/*
 * WebAssembly with shared memory: the loader starts the threads. Each is a module instance of its
 * own on the one memory. The loader
 *   1. calls ink_thread_stack on the first instance, which returns the end of a new stack, or NULL
 *      if there is no memory,
 *   2. sets the stack pointer of the new instance to it,
 *   3. calls ink_thread_run there, which does not return.
 * If that call traps, the loader calls ink_thread_failed; the loop of the caller then traps too.
 */
INK_EXPORT(ink_thread_stack) uint8_t *ink_thread_stack(void);
INK_EXPORT(ink_thread_run) void ink_thread_run(void);
INK_EXPORT(ink_thread_failed) void ink_thread_failed(void);
#elif !defined(__wasm__)
enum { INK_THREADS_MAX = 64 };
/*
 * Starts threads until there are `count`, including the caller; fewer if the system refuses some.
 * At most INK_THREADS_MAX. Threads that were started before are stopped first.
 */
void ink_threads_start(size_t count);
/* Stops all threads but the caller. */
void ink_threads_stop(void);
#endif

static inline size_t ink_min_size(size_t a, size_t b)
{
  return a < b ? a : b;
}
static inline size_t ink_ceil_div(size_t a, size_t b)
{
  return (a + b - 1) / b;
}

#endif
