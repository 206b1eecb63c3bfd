// @ts-check
/**
 * decades.js - the ticks of a logarithmic axis: 1 to 9 times each power of ten from low to high. uPlot's own begin at low, and
 * with some of them (0.00095) step to nothing and never end.
 * @param {number} low  above 0
 * @param {number} high
 * @returns {number[]}
 */
export function decades(low, high) {
  const ticks = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++)
    for (let digit = 1; digit < 10; digit++) {
      const tick = Number(`${digit}e${power}`);
      if (tick >= low && tick <= high) ticks.push(tick);
    }
  return ticks;
}
