// @ts-check
/** matrix-words.js - reads facts from a confusion matrix. Pure functions of arrays. */

/**
 * Returns the pair of classes that is confused most often, or null if there is none.
 * @param {Uint32Array} counts  @param {string[]} classes
 */
export function worstPair(counts, classes) {
  const [first] = mostConfused(counts, classes.length, 1, 1);
  return first ? { actual: classes[first.actual], predicted: classes[first.predicted], count: first.count } : null;
}

/**
 * Pairs of different classes, by falling count, equal ones in row-major order, as fastai lists them.
 * @param {Uint32Array} counts  [n * n], row = actual
 * @param {number} n
 * @param {number} most
 * @param {number} [least]  count
 */
export function mostConfused(counts, n, most, least = 1) {
  return Array.from(counts, (count, i) => ({ count, actual: Math.floor(i / n), predicted: i % n }))
    .filter((p) => p.actual !== p.predicted && p.count >= least)
    .sort((a, b) => b.count - a.count)
    .slice(0, most);
}

/**
 * Returns for each class its number of pictures, its recall and its precision.
 * @param {Uint32Array} counts  @param {number} n
 */
export function perClass(counts, n) {
  return Array.from({ length: n }, (_, c) => {
    let actual = 0,
      predicted = 0;
    for (let i = 0; i < n; i++) {
      actual += counts[c * n + i];
      predicted += counts[i * n + c];
    }
    const hits = counts[c * n + c];
    return { count: actual, recall: hits / actual, precision: hits / predicted };
  });
}
