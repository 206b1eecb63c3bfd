/*
 * ink_base.h - what every part stands on: status codes with messages, the arena,
 * random numbers, and the loop that threads share.
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
  INK_E_MODEL = 6     /* a model line that cannot be built */
} ink_status;

enum { INK_ERROR_MAX = 512 };

/* The text that goes with a status: what was wrong, where, how much. Owned by the caller. */
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

/* Appends `more` to the text in a buffer of `size` bytes; a tail that does not fit is cut off. */
void ink_append(char *text, size_t size, const char *more);

/* Says whether the bytes are valid UTF-8: no surrogates, no overlong encodings (text.c). */
bool ink_is_utf8(const char *text, size_t len);

/* ---- numbers ---- */

/* Reads a text that is one decimal number, as strtod does. Returns NaN if the text is anything else. */
double ink_read_decimal(const char *text);
/* Says whether all n values are finite numbers (finite.c). */
bool ink_all_finite(const float *values, size_t n);

/* ---- memory ---- */

/*
 * The only doors to the heap. `ink_alloc` returns 64-byte aligned memory filled with zeros, or
 * NULL; `ink_free` takes NULL. `ink_live_allocations` counts what has not been freed and
 * `ink_total_allocations` every call that succeeded, so that tests can show that a training step
 * allocates nothing. Setting `ink_fail_allocation_after` to n >= 0 makes the n-th call from now
 * (0: the next) and all later ones fail, or with `ink_fail_allocation_once` that one alone; -1, the
 * default, is off.
 */
void *ink_alloc(size_t len_bytes);
void ink_free(void *memory);
size_t ink_live_allocations(void);
size_t ink_total_allocations(void);
extern long ink_fail_allocation_after;
extern bool ink_fail_allocation_once;

/*
 * Other memory in place of `memory`, which may be NULL, with its first `old_bytes`; what is behind them is not
 * set. On failure `memory` is kept.
 */
void *ink_realloc(void *memory, size_t old_bytes, size_t new_bytes);

/*
 * An arena hands out 64-byte aligned pieces of one block and is freed as a whole.
 *
 * It is used twice with the same code: first with `base == NULL`, when it only counts (every
 * piece is NULL), then with a block of the size that was counted.
 */
typedef struct ink_arena {
  uint8_t *base;   /* NULL: counting only */
  size_t capacity; /* bytes in `base` */
  size_t used;     /* bytes handed out so far, rounded up to 64 each */
  bool overflow;   /* a size did not fit size_t, or the capacity: the pieces are not valid */
} ink_arena;

/*
 * Products and sums of counts for an arena. One that does not fit size_t, which has 32 bits in
 * WebAssembly, is SIZE_MAX, for which no arena has room: it never comes out small.
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

/* `count` elements of `element_bytes`, zeroed when the arena was created; NULL while counting. */
void *ink_arena_alloc(ink_arena *arena, size_t count, size_t element_bytes);
#define INK_ALLOC(arena, type, count) ((type *)ink_arena_alloc((arena), (count), sizeof(type)))

/* ---- which build this is (build_id.c) ---- */

/* Twelve hexadecimal digits, equal for equal sources; "unbuilt" where none was given. */
INK_EXPORT(ink_build) const char *ink_build(void);

/* ---- checksums (crc32.c) ---- */

/* zlib's CRC-32 of `len` more bytes; `before` is that of the bytes before them, 0 for none. */
uint32_t ink_crc32(uint32_t before, const uint8_t *bytes, size_t len);

/* ---- random numbers ---- */

/*
 * Counter-based: value `index` of a stream is a function of (seed, purpose, epoch, index) and of
 * nothing else, so draws do not depend on the order in which work happens. The mixing function is
 * SplitMix64's (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014).
 */
typedef enum ink_purpose {
  INK_FOR_INIT = 1,    /* index counts the values of all parameters */
  INK_FOR_SHUFFLE = 2, /* index counts draws of one epoch's permutation */
  INK_FOR_DROPOUT = 3, /* epoch is the step; split by the layer's place in the line */
  INK_FOR_AUGMENT = 4,
  INK_FOR_CROP = 5,
  INK_FOR_PREVIEW = 6,
  INK_FOR_HOLD_OUT = 7, /* which training pictures are held out */
  INK_FOR_TEST = 99
} ink_purpose;

typedef struct ink_random {
  uint64_t key;
} ink_random;

ink_random ink_random_stream(uint64_t seed, ink_purpose purpose, uint64_t epoch);
/* A stream of its own for each `index` of another, for items that need several draws. */
ink_random ink_random_split(ink_random stream, uint64_t index);
uint64_t ink_random_u64(ink_random stream, uint64_t index);
/* Uniform in [0, 1): 53 bits. */
double ink_random_uniform(ink_random stream, uint64_t index);
/* Standard normal, by Box-Muller from draws 2*index and 2*index+1. */
double ink_random_normal(ink_random stream, uint64_t index);
/* A uniform permutation of 0..count-1 (Fisher-Yates, unbiased draws). */
void ink_random_permutation(ink_random stream, uint32_t *order, size_t count);

/* ---- threads ---- */

/*
 * Calls `job(context, i)` for each i in 0..count-1, in any order and possibly at once, and
 * returns when all are done. Jobs write to disjoint places; how work is cut into jobs depends on
 * shapes alone, so results do not depend on the number of threads.
 */
typedef void ink_job(void *context, size_t index);
void ink_parallel_for(size_t count, ink_job *job, void *context);

/*
 * Where half 0 or 1 of `count` things begins; 2 is the end. Threads begin with their own half of the
 * indices: loops whose halves have the same half of the images find more of them in their caches.
 */
static inline size_t ink_half_start(size_t count, size_t half)
{
  return (half * count + 1) / 2;
}

/* Threads that take part now, the caller among them. */
INK_EXPORT(ink_threads) size_t ink_threads(void);

#if defined(__wasm_atomics__)
/*
 * WebAssembly with shared memory: the loader starts the threads, each an instance of its own on the
 * one memory. It points that instance's stack at `ink_thread_stack`, the end of a new one (NULL if
 * there is no memory; asked of the first instance), and calls `ink_thread_run`, which does not
 * return. Should that trap it calls `ink_thread_failed`, and the caller's loop traps too.
 */
INK_EXPORT(ink_thread_stack) uint8_t *ink_thread_stack(void);
INK_EXPORT(ink_thread_run) void ink_thread_run(void);
INK_EXPORT(ink_thread_failed) void ink_thread_failed(void);
#elif !defined(__wasm__)
enum { INK_THREADS_MAX = 64 };
/* From now on `count` threads, the caller among them; fewer if the system refuses. */
void ink_threads_start(size_t count);
/* Back to one. */
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
