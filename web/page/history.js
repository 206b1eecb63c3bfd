// @ts-check
/**
 * history.js - the record of a run as the charts want it, and its reduction to what a screen can
 * show. Pure functions of arrays.
 */

/** A list of numbers that grows without copying all of them each time. */
export class Column {
  #values = new Float64Array(1024);
  length = 0;

  /** @param {number} value */
  push(value) {
    if (this.length === this.#values.length) {
      const grown = new Float64Array(2 * this.length);
      grown.set(this.#values);
      this.#values = grown;
    }
    this.#values[this.length++] = value;
  }

  /** Every second value stays. */
  thin() {
    const half = this.length >> 1;
    for (let i = 0; i < half; i++) this.#values[i] = this.#values[2 * i + 1];
    this.length = half;
  }

  values() {
    return this.#values.subarray(0, this.length);
  }
}

/**
 * Which points of a curve to draw: the first, the last, and in each of `columns` equal parts of x
 * the least and the largest y. Nothing that stands out is lost; at most 2 * columns + 2 remain.
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

/**
 * Curves that share no x, as uPlot wants them: one rising x and for each curve its value there,
 * undefined where it has none.
 * @param {{ x: ArrayLike<number>, y: ArrayLike<number> }[]} curves  x rising in each
 * @returns {(number | undefined | null)[][]}  [x, ...ys]
 */
export function join(curves) {
  const xs = [...new Set(curves.flatMap((c) => Array.from(c.x)))].sort((a, b) => a - b);
  const place = new Map(xs.map((x, i) => [x, i]));
  return [
    xs,
    ...curves.map(({ x, y }) => {
      /** @type {(number | undefined | null)[]} */
      const column = new Array(xs.length).fill(undefined);
      for (let i = 0; i < x.length; i++)
        column[/** @type {number} */ (place.get(x[i]))] = Number.isFinite(y[i]) ? y[i] : null; // null: a gap
      return column;
    }),
  ];
}
