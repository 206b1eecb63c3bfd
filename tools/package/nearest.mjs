// @ts-check
/** nearest.mjs - what somebody meant who wrote another name. */

/** How many letters must change to make `b` of `a`. @param {string} a @param {string} b */
function distance(a, b) {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next.push(Math.min(next[j - 1] + 1, row[j] + 1, row[j - 1] + Number(a[i - 1] !== b[j - 1])));
    row = next;
  }
  return row[b.length];
}

/** The nearest of some names, if it is near. @param {string} name @param {string[]} names */
export function nearest(name, names) {
  const best = names.map((n) => ({ n, d: distance(name, n) })).sort((a, b) => a.d - b.d)[0];
  return best && best.d <= Math.max(1, name.length / 3) ? best.n : null;
}
