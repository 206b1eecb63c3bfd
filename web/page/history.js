// @ts-check
/** history.js - the record of a run in columns that grow, and as uPlot needs it. */

/** A list of numbers. Its memory doubles when it is full, so a push seldom copies. */
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

  /** Keeps every second value. */
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
 * Joins curves with different x for uPlot, which needs one rising x and a value of each curve for it. The value is
 * undefined where a curve has no point, and null where its y is not finite (a gap).
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
