// @ts-check
/** stats.mjs - times, and what is told of them. */

/**
 * Statistics of several runs of the same work, in seconds (or in another unit that the row names).
 * @typedef {{ min: number, median: number, max: number, n: number }} Summary
 */

/** @param {number[]} values  at least one @returns {Summary} */
export function summarize(values) {
  const sorted = [...values].sort((a, b) => a - b),
    n = sorted.length;
  return { min: sorted[0], median: (sorted[(n - 1) >> 1] + sorted[n >> 1]) / 2, max: sorted[n - 1], n };
}

/** @param {() => void} run @returns {number} seconds */
export function timed(run) {
  const start = performance.now();
  run();
  return (performance.now() - start) / 1000;
}

/**
 * Rounds of several works, one after the other, so that all see the same machine: ABAB.
 * @param {number} rounds
 * @param {(() => number[] | Promise<number[]>)[]} works  each gives times of a stretch of its work
 * @returns {Promise<Summary[]>} of each work
 */
export async function inTurn(rounds, works) {
  const times = works.map(() => /** @type {number[]} */ ([]));
  for (let round = 0; round < rounds; round++)
    for (const [i, work] of works.entries()) times[i].push(...(await work()));
  return times.map(summarize);
}
