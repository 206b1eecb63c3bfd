/*
 * threads.c - the loop over jobs: a pool of threads, or a plain loop if there is only one.
 *
 * The caller publishes the loop as two halves, each with a counter called its ticket, and then
 * takes indices from the same tickets as the helper threads:
 *
 *   ticket = loop number << 32 | indices not taken yet
 *
 * Because a ticket carries the number of its loop, a helper that comes late takes an index of the
 * current loop or none. A waiting thread spins for a moment and then sleeps: during training, loops
 * follow each other within microseconds, and waking a thread takes longer than that.
 *
 * Only one thread calls. A call from inside a job runs as a plain loop in its thread.
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

typedef _Atomic uint32_t atomic_u32;

static struct pool {
  /* The loop. Written before `ticket` is; unchanged until `left` is 0. */
  ink_job *job;
  void *context;
  size_t count;
  bool active;

  /* Each has a cache line of its own, since one thread writes it while others spin on it. */
  struct half {
    _Alignas(64) _Atomic uint64_t ticket; /* loop number << 32 | indices not taken yet */
    atomic_u32 taken_first;               /* by the threads of this half, from `first` upwards */
    atomic_u32 taken_last; /* by the threads of the other half, from `end` downwards */
    uint32_t first, end;
  } halves[2];
  _Alignas(64) atomic_u32 left; /* indices whose job has not ended; the caller waits for 0 */
  atomic_u32 callers_asleep;
  _Alignas(64) atomic_u32 loops; /* number of the current loop; helpers wait for a change */
  atomic_u32 helpers_asleep;
  _Alignas(64) atomic_u32 helpers;
  atomic_u32 stopping, failed;
} pool;

/* ---- sleeping: the only part that knows the platform ---- */

#if defined(__wasm__)

/* Returns when `at` is no longer `seen` and `wake` was called, or earlier. */
static void sleep_while(atomic_u32 *at, uint32_t seen)
{
  __builtin_wasm_memory_atomic_wait32((int *)at, (int)seen, -1);
}

static void wake(atomic_u32 *at, uint32_t sleepers)
{
  __builtin_wasm_memory_atomic_notify((int *)at, sleepers);
}

/*
 * WebAssembly has no pause instruction. V8 removes arithmetic whose result is not used, but no
 * fence.
 */
static void pause_briefly(void)
{
  atomic_thread_fence(memory_order_seq_cst);
}

#else

#include <pthread.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

static void sleep_while(atomic_u32 *at, uint32_t seen)
{
  pthread_mutex_lock(&mutex);
  while (atomic_load(at) == seen)
    pthread_cond_wait(&changed, &mutex);
  pthread_mutex_unlock(&mutex);
}

static void wake(atomic_u32 *at, uint32_t sleepers)
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
 * Rounds of spinning before a thread sleeps, some 20 ns each. Together they take about as long as
 * waking a thread does, so a thread waits at most twice as long as it must. With more rounds,
 * threads that outnumber the cores would keep each other from running.
 */
enum { SPIN_ROUNDS = 1500 };

/*
 * Returns when the word is no longer `seen`. The thread that changes it calls `wake` if `asleep` >
 * 0.
 */
static void wait_for_change(atomic_u32 *at, uint32_t seen, atomic_u32 *asleep)
{
  for (int i = 0; i < SPIN_ROUNDS; i++) {
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
 * A thread takes a quarter of its share of the remaining indices at a time. So threads with small
 * jobs seldom wait for the ticket, and the last indices are taken one by one.
 *
 * Example: 2 threads and 100 indices in a half. A thread takes 25, then 19 of 75, 14 of 56, ... 1.
 */
enum { TAKES_PER_SHARE = 4 };

/* Runs jobs of a half until none is left to take. Returns how many it ran. */
static uint32_t work_on(struct half *half, bool own)
{
  const uint32_t parts = TAKES_PER_SHARE / 2 * (atomic_load(&pool.helpers) + 1);
  uint32_t done = 0;
  uint64_t ticket = atomic_load(&half->ticket);
  while ((uint32_t)ticket != 0) {
    const uint32_t left = (uint32_t)ticket, taken = left / parts + (left % parts != 0);
    if (!atomic_compare_exchange_weak(&half->ticket, &ticket, ticket - taken))
      continue;
    const uint32_t before = atomic_fetch_add(own ? &half->taken_first : &half->taken_last, taken);
    const uint32_t first = own ? half->first + before : half->end - before - taken;
    for (uint32_t i = first; i < first + taken; i++)
      pool.job(pool.context, i);
    done += taken;
    ticket = atomic_load(&half->ticket);
  }
  return done;
}

/*
 * Runs jobs of the current loop until none is left to take, first those of its own half.
 * Consecutive loops mostly cut the same values in the same order, so a thread finds its own values
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
    atomic_store(&half->taken_first, 0);
    atomic_store(&half->taken_last, 0);
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
    __builtin_trap(); /* a job did not end, so its results are missing */
}

size_t ink_threads(void)
{
  return atomic_load(&pool.helpers) + 1;
}

/* The main function of a helper thread. */
static void run_helper(void)
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

enum { STACK_BYTES = 256 << 10 };

uint8_t *ink_thread_stack(void)
{
  uint8_t *stack = ink_alloc(STACK_BYTES);
  return stack ? stack + STACK_BYTES : NULL;
}

void ink_thread_run(void)
{
  run_helper();
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
  run_helper();
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
