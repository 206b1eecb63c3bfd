// @ts-check
/** ticks.js - where an axis has its ticks. */

/**
 * Returns the ticks of a linear axis: about `count` steps of 1, 2 or 5 times a power of ten, between low and high.
 * @param {number} low
 * @param {number} high  above low
 * @param {number} count
 * @returns {number[]}
 */
export function ticks(low, high, count) {
  const rough = (high - low) / count,
    power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((m) => m * power >= rough * (1 - 1e-9)) ?? 10);
  const first = Math.ceil(low / step - 1e-9),
    last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/**
 * Returns the ticks of a logarithmic axis: 1 to 9 times each power of ten, from low to high. uPlot's own function
 * begins at low, and for some values (0.00095) its step is 0 and it never ends.
 * @param {number} low  above 0
 * @param {number} high
 * @returns {number[]}
 */
export function decades(low, high) {
  const found = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++)
    for (let digit = 1; digit < 10; digit++) {
      const tick = Number(`${digit}e${power}`);
      if (tick >= low && tick <= high) found.push(tick);
    }
  return found;
}
