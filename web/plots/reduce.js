// @ts-check
/**
 * reduce.js - chooses the points of a long curve that a picture can show, so that drawing costs the width of the
 * picture and not the length of the run.
 */

/**
 * Returns the indices of the points to draw: the first, the last, and in each of `columns` equal parts of x the least
 * and the largest y. No peak is lost; at most 2 * columns + 2 points remain.
 * @param {Float64Array} x  rising
 * @param {Float64Array} y
 * @param {number} columns  1 or more
 * @returns {number[]} indices, rising
 */
export function reduce(x, y, columns) {
  const n = x.length;
  if (n <= 2 * columns + 2) return Array.from(x.keys());
  const kept = [0];
  const start = x[0],
    width = (x[n - 1] - start) / columns || 1;
  let i = 1;
  for (let column = 0; column < columns; column++) {
    const end = column === columns - 1 ? Infinity : start + (column + 1) * width;
    let least = -1,
      most = -1;
    for (; i < n - 1 && x[i] < end; i++) {
      if (least < 0 || y[i] < y[least]) least = i;
      if (most < 0 || y[i] > y[most]) most = i;
    }
    if (least >= 0) kept.push(Math.min(least, most));
    if (most !== least) kept.push(Math.max(least, most));
  }
  kept.push(n - 1);
  return kept;
}
