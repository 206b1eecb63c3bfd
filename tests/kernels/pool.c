/*
 * pool.c - the loop over jobs on several threads: every index exactly once, for all counts, nested,
 * back to back, and after a sleep. Natively it is a program that tries several numbers of threads;
 * in WebAssembly it is one function, which runs on the threads of the loader.
 */
#include "../support/check.h"
#include "ink_base.h"

#include <string.h>

enum { MOST = 5000 };

static uint32_t calls[MOST]; /* not atomic: each index belongs to one thread */

static void count_call(void *context, size_t index)
{
  ((uint32_t *)context)[index]++;
}

static void test_every_index(void)
{
  const size_t counts[] = {0, 1, 2, 3, 7, 8, 64, 1000, MOST};
  for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
    memset(calls, 0, sizeof calls);
    ink_parallel_for(counts[c], count_call, calls);
    for (size_t i = 0; i < MOST; i++)
      CHECK(calls[i] == (i < counts[c]), "%zu threads, %zu jobs: job %zu ran %u times",
            ink_threads(), counts[c], i, (unsigned)calls[i]);
  }
}

/* A loop reads what the loop before it wrote, in jobs of other sizes. */
static uint64_t cells[64];

static void step_cells(void *context, size_t index)
{
  const uint64_t loop = *(const uint64_t *)context;
  for (size_t i = index; i < 64; i += loop % 5 + 2)
    cells[i] = cells[i] * 3 + loop;
}

static void test_back_to_back(void)
{
  uint64_t want = 0;
  memset(cells, 0, sizeof cells);
  for (uint64_t loop = 0; loop < 100000; loop++) {
    ink_parallel_for(loop % 5 + 2, step_cells, &loop);
    want = want * 3 + loop;
  }
  for (size_t i = 0; i < 64; i++)
    CHECK(cells[i] == want, "%zu threads: cell %zu missed a loop or saw one twice", ink_threads(),
          i);
}

/* ---- loops in jobs ---- */

enum { OUTER = 40, INNER = 50, INNERMOST = 3 };
static uint32_t nested[OUTER][INNER][INNERMOST];

static void inner(void *context, size_t index)
{
  ink_parallel_for(INNERMOST, count_call, ((uint32_t(*)[INNERMOST])context)[index]);
}

static void outer(void *context, size_t index)
{
  ink_parallel_for(INNER, inner, ((uint32_t(*)[INNER][INNERMOST])context)[index]);
}

static void test_nested(void)
{
  memset(nested, 0, sizeof nested);
  ink_parallel_for(OUTER, outer, nested);
  ink_parallel_for(1, outer, nested); /* a loop of one job: the inner loop may use the threads */
  for (size_t i = 0; i < OUTER * INNER * INNERMOST; i++) {
    const uint32_t got = (&nested[0][0][0])[i], want = i < INNER * INNERMOST ? 2 : 1;
    CHECK(got == want, "%zu threads: nested job %zu ran %u times, not %u", ink_threads(), i,
          (unsigned)got, (unsigned)want);
  }
}

/* ---- sleeping ---- */

static size_t long_job;

static void spin(void *context, size_t index)
{
  volatile uint32_t turns = 0;
  while (turns < (index == long_job ? 3000000u : 3000u)) /* far longer than a thread spins */
    turns = turns + 1;
  count_call(context, index);
}

/*
 * Helpers fall asleep during a long job of the caller, and the caller during one of a helper; all
 * wake again.
 */
static void test_sleep(void)
{
  memset(calls, 0, sizeof calls);
  for (size_t round = 0; round < 20; round++) {
    long_job = round % 8;
    ink_parallel_for(8, spin, calls);
    ink_parallel_for(8, count_call, calls);
  }
  for (size_t i = 0; i < 8; i++)
    CHECK(calls[i] == 40, "%zu threads: job %zu ran %u times, not 40", ink_threads(), i,
          (unsigned)calls[i]);
}

static void test_all(void)
{
  test_every_index();
  test_back_to_back();
  test_nested();
  test_sleep();
}

#if defined(__wasm__)

INK_EXPORT(pool_test) int pool_test(void);
INK_EXPORT(pool_text) const char *pool_text(void);
INK_EXPORT(pool_trap) void pool_trap(void);

/* Return how many checks failed, and the message of the first. */
int pool_test(void)
{
  checks_passed = checks_failed = 0;
  test_all();
  return checks_failed;
}

const char *pool_text(void)
{
  return check_text;
}

/* The job of index 1 traps, on whatever thread it runs. */
static void trap(void *context, size_t index)
{
  spin(context, index);
  if (index == 1)
    __builtin_trap();
}

void pool_trap(void)
{
  ink_parallel_for(2, trap, calls);
}

#else

int main(void)
{
  const size_t counts[] = {1, 2, 3, 4, 8, 3, 1};
  for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
    ink_threads_start(counts[i]);
    CHECK(ink_threads() == counts[i], "asked for %zu threads, got %zu", counts[i], ink_threads());
    test_all();
  }
  ink_threads_stop();
  CHECK(ink_threads() == 1, "stopped, and still %zu threads", ink_threads());
  return checks_end();
}

#endif
