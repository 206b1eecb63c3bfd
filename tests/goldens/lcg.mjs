/** lcg.mjs - the generator of numbers that the goldens' README defines, by which large tensors need no blob. */

/**
 * Numbers between -scale and scale around an offset.
 * @param {number} n
 * @param {number} seed
 * @param {number} scale
 * @param {number} offset
 */
export function lcg(n, seed, scale, offset) {
  const out = new Float32Array(n),
    s32 = Math.fround(scale);
  let s = seed >>> 0;
  for (let i = 0; i < n; i++) {
    s = (Math.imul(s, 1664525) + 1013904223) >>> 0;
    const r = ((s >>> 8) - 8388608) / 8388608;
    out[i] = Math.fround(r * s32);
    if (offset !== 0) out[i] = Math.fround(out[i] + Math.fround(offset));
  }
  return out;
}
