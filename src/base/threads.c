/*
 * threads.c - the loop over jobs: a pool of threads, or a plain loop where there is only one.
 *
 * The caller publishes a loop in two halves and then takes indices from the same counters as its
 * helpers do. A counter carries the loop's number, so that a helper that comes late takes an index of
 * the loop that is on now or none. Who waits, spins for a moment and then sleeps: loops follow each other
 * within microseconds while a network trains, and waking a thread takes longer than that.
 *
 * There is one caller. A call from inside a job runs as a plain loop in its thread.
 */
#include "ink_base.h"

#if defined(__wasm__) && !defined(__wasm_atomics__)

void ink_parallel_for(size_t count, ink_job *job, void *context)
{
  for (size_t i = 0; i < count; i++)
    job(context, i);
}

size_t ink_threads(void)
{
  return 1;
}

#else

#include <stdatomic.h>

typedef _Atomic uint32_t word;

static struct pool {
  /* Of the loop: written before `ticket`, and left alone until `left` is 0. */
  ink_job *job;
  void *context;
  size_t count;
  bool active;

  /* Each on a cache line of its own, since one side writes while the other spins. */
  struct half {
    _Alignas(64) _Atomic uint64_t ticket; /* number of the loop << 32 | indices not yet taken */
    word own, others;                     /* taken from the first on; from the last backwards */
    uint32_t first, end;
  } halves[2];
  _Alignas(64) word left; /* indices not yet done; the caller waits for 0 */
  word callers_asleep;
  _Alignas(64) word loops; /* number of the loop; helpers wait for another */
  word helpers_asleep;
  _Alignas(64) word helpers;
  word stopping, failed;
} pool;

/* ---- sleeping: the only part that knows the platform ---- */

#if defined(__wasm__)

/* Returns some time after `at` is no longer `seen` and `wake` was called, or earlier. */
static void sleep_while(word *at, uint32_t seen)
{
  __builtin_wasm_memory_atomic_wait32((int *)at, (int)seen, -1);
}

static void wake(word *at, uint32_t sleepers)
{
  __builtin_wasm_memory_atomic_notify((int *)at, sleepers);
}

/* WebAssembly has no pause instruction. V8 leaves out arithmetic whose result nobody reads, but no fence. */
static void pause_briefly(void)
{
  atomic_thread_fence(memory_order_seq_cst);
}

#else

#include <pthread.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

static void sleep_while(word *at, uint32_t seen)
{
  pthread_mutex_lock(&mutex);
  while (atomic_load(at) == seen)
    pthread_cond_wait(&changed, &mutex);
  pthread_mutex_unlock(&mutex);
}

static void wake(word *at, uint32_t sleepers)
{
  (void)at;
  (void)sleepers;
  pthread_mutex_lock(&mutex);
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&mutex);
}

static void pause_briefly(void)
{
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

#endif

/*
 * Of some 20 ns: together about as long as it takes to wake a thread, so that nobody waits twice as long as
 * it must. Longer, and more threads than there are cores would keep these from each other.
 */
enum { SPINS = 1500 };

/* Returns when the word is no longer `seen`. Who changes it calls `wake` if `asleep` is not 0. */
static void wait_for_change(word *at, uint32_t seen, word *asleep)
{
  for (int i = 0; i < SPINS; i++) {
    if (atomic_load(at) != seen)
      return;
    pause_briefly();
  }
  atomic_fetch_add(asleep, 1);
  while (atomic_load(at) == seen)
    sleep_while(at, seen);
  atomic_fetch_sub(asleep, 1);
}

/* ---- the pool ---- */

/*
 * Who takes indices takes a quarter of its share of those that are left: small jobs then seldom wait
 * for the counter, and the last ones are taken one by one.
 */
enum { PARTS = 4 };

/* Does indices of a half until none is left to take, and returns how many. */
static uint32_t work_on(struct half *half, bool own)
{
  const uint32_t parts = PARTS / 2 * (atomic_load(&pool.helpers) + 1);
  uint32_t done = 0;
  uint64_t ticket = atomic_load(&half->ticket);
  while ((uint32_t)ticket != 0) {
    const uint32_t left = (uint32_t)ticket, taken = left / parts + (left % parts != 0);
    if (!atomic_compare_exchange_weak(&half->ticket, &ticket, ticket - taken))
      continue;
    const uint32_t before = atomic_fetch_add(own ? &half->own : &half->others, taken);
    const uint32_t first = own ? half->first + before : half->end - before - taken;
    for (uint32_t i = first; i < first + taken; i++)
      pool.job(pool.context, i);
    done += taken;
    ticket = atomic_load(&half->ticket);
  }
  return done;
}

/*
 * Does indices of the loop that is on until none is left to take, of its own half first. Loops that
 * follow each other mostly cut the same values in the same order: a thread then finds more of its own
 * in its cache.
 */
static void work(size_t own)
{
  uint32_t done = work_on(&pool.halves[own], true);
  done += work_on(&pool.halves[1 - own], false);
  if (done && atomic_fetch_sub(&pool.left, done) == done && atomic_load(&pool.callers_asleep))
    wake(&pool.left, 1);
}

void ink_parallel_for(size_t count, ink_job *job, void *context)
{
  const uint32_t helpers = atomic_load(&pool.helpers);
  if (count < 2 || count > UINT32_MAX || !helpers || pool.active) {
    for (size_t i = 0; i < count; i++)
      job(context, i);
    return;
  }
  pool.active = true;
  pool.job = job;
  pool.context = context;
  pool.count = count;
  const uint32_t loop = atomic_load(&pool.loops) + 1;
  atomic_store(&pool.left, (uint32_t)count);
  for (size_t h = 0; h < 2; h++) {
    struct half *half = &pool.halves[h];
    half->first = (uint32_t)(h == 0 ? 0 : (count + 1) / 2);
    half->end = (uint32_t)(h == 0 ? (count + 1) / 2 : count);
    atomic_store(&half->own, 0);
    atomic_store(&half->others, 0);
  }
  for (size_t h = 0; h < 2; h++)
    atomic_store(&pool.halves[h].ticket,
                 (uint64_t)loop << 32 | (pool.halves[h].end - pool.halves[h].first));
  atomic_store(&pool.loops, loop);
  if (atomic_load(&pool.helpers_asleep))
    wake(&pool.loops, (uint32_t)count - 1);
  work(0);
  for (uint32_t left; (left = atomic_load(&pool.left)) != 0 && !atomic_load(&pool.failed);)
    wait_for_change(&pool.left, left, &pool.callers_asleep);
  pool.active = false;
  if (atomic_load(&pool.failed))
    __builtin_trap(); /* a job did not end: what it should have written is not there */
}

size_t ink_threads(void)
{
  return atomic_load(&pool.helpers) + 1;
}

/* A helper's life. */
static void help(void)
{
  const size_t own = (atomic_fetch_add(&pool.helpers, 1) + 1) % 2;
  while (!atomic_load(&pool.stopping)) {
    const uint32_t loop = atomic_load(&pool.loops);
    work(own);
    if (!atomic_load(&pool.stopping))
      wait_for_change(&pool.loops, loop, &pool.helpers_asleep);
  }
  atomic_fetch_sub(&pool.helpers, 1);
}

#if defined(__wasm__)

enum { STACK = 256 << 10 };

uint8_t *ink_thread_stack(void)
{
  uint8_t *stack = ink_alloc(STACK);
  return stack ? stack + STACK : NULL;
}

void ink_thread_run(void)
{
  help();
}

void ink_thread_failed(void)
{
  atomic_store(&pool.failed, 1);
  atomic_store(&pool.left, 0);
  wake(&pool.left, 1);
}

#else

static pthread_t threads[INK_THREADS_MAX];
static size_t n_started;

static void *run(void *unused)
{
  help();
  return unused;
}

void ink_threads_start(size_t count)
{
  ink_threads_stop();
  atomic_store(&pool.stopping, 0);
  while (n_started + 1 < ink_min_size(count, INK_THREADS_MAX) &&
         pthread_create(&threads[n_started], NULL, run, NULL) == 0)
    n_started++;
  while (atomic_load(&pool.helpers) != n_started)
    pause_briefly();
}

void ink_threads_stop(void)
{
  atomic_store(&pool.stopping, 1);
  atomic_fetch_add(&pool.loops, 1);
  wake(&pool.loops, INK_THREADS_MAX);
  while (n_started)
    pthread_join(threads[--n_started], NULL);
}

#endif
#endif
