/*
 * rng.c - random numbers: SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number
 * generators", 2014), a counter put through a mixing function.
 */
#include "digits.h"

static uint64_t mix(uint64_t z)
{
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

static uint64_t next(rng *r)
{
  r->state += 0x9e3779b97f4a7c15u; /* 2^64 / golden ratio, odd: visits every state */
  return mix(r->state);
}

/* Adds the key one word at a time. Mixing in between makes streams of similar keys independent. */
rng rng_for(uint64_t seed, uint64_t split, uint64_t digit, uint64_t index)
{
  const uint64_t key[] = {seed, split, digit, index};
  rng r = {0};
  for (size_t i = 0; i < sizeof key / sizeof *key; i++) {
    r.state ^= key[i];
    r.state = next(&r);
  }
  return r;
}

double rng_uniform(rng *r, double low, double high)
{
  const double unit = (double)(next(r) >> 11) * 0x1p-53;
  return low + (high - low) * unit;
}

/*
 * The sum of four uniforms of variance 1/12 has variance 1/3. Short tails are wanted: no writer is
 * 5 sd away.
 */
double rng_normal(rng *r, double sd)
{
  double sum = 0;
  for (int i = 0; i < 4; i++)
    sum += rng_uniform(r, -0.5, 0.5);
  return sum * sd * 1.7320508075688772; /* sqrt 3 */
}

/*
 * The (1,1) Pade approximant of exp. Like exp it becomes the reciprocal if the sign changes; it
 * needs no libm.
 */
double rng_factor(rng *r, double sd)
{
  const double half = rng_normal(r, sd) / 2;
  return (1 + half) / (1 - half);
}

bool rng_chance(rng *r, double p)
{
  return rng_uniform(r, 0, 1) < p;
}
