/**
 * touching.mjs - pairs of test digits written so closely that their ink touches, each a function of its number.
 */
import { randomOf } from './photographs.mjs';

const SCALE = 4,
  WIDTH = 280,
  HEIGHT = 140;

/** Dark on white, as on the page's pad. @param {Uint8Array} cover  0..255 */
function paper(cover) {
  const rgba = new Uint8Array(4 * WIDTH * HEIGHT).fill(255);
  for (let i = 0; i < WIDTH * HEIGHT; i++) rgba.fill(255 - cover[i], 4 * i, 4 * i + 3);
  return rgba;
}

/** Larger by SCALE, bilinear. @param {Uint8Array} p  28 x 28 @param {number} x @param {number} y */
function look(p, x, y) {
  const u = (x + 0.5) / SCALE - 0.5,
    v = (y + 0.5) / SCALE - 0.5,
    u0 = Math.floor(u),
    v0 = Math.floor(v),
    fu = u - u0,
    fv = v - v0;
  const at = (/** @type {number} */ a, /** @type {number} */ b) =>
    a >= 0 && b >= 0 && a < 28 && b < 28 ? p[28 * b + a] : 0;
  return (
    (at(u0, v0) * (1 - fu) + at(u0 + 1, v0) * fu) * (1 - fv) +
    (at(u0, v0 + 1) * (1 - fu) + at(u0 + 1, v0 + 1) * fu) * fv
  );
}

/**
 * The second is moved towards the first until they touch, and `overlap` pixels (of 4 for one of the data set's)
 * further.
 * @param {Uint8Array[]} digits  one or two @param {number} overlap
 */
export function writeTouching(digits, overlap) {
  const side = 28 * SCALE,
    top = (HEIGHT - side) / 2,
    cover = new Uint8Array(WIDTH * HEIGHT);
  const large = digits.map((p) =>
    Uint8Array.from({ length: side * side }, (_, i) => look(p, i % side, Math.floor(i / side))),
  );
  let shift = side;
  if (large[1]) {
    let nearest = Infinity;
    for (let y = 0; y < side; y++) {
      const row = (/** @type {Uint8Array} */ p) => p.subarray(y * side, (y + 1) * side),
        last = row(large[0]).findLastIndex((v) => v > 127);
      const first = Math.min(
        ...[-1, 0, 1]
          .filter((d) => y + d >= 0 && y + d < side)
          .map((d) => large[1].subarray((y + d) * side, (y + d + 1) * side).findIndex((v) => v > 127))
          .filter((x) => x >= 0),
        Infinity,
      );
      if (last >= 0) nearest = Math.min(nearest, side + first - last);
    }
    shift = side - nearest + 1 - overlap;
  }
  large.forEach((p, k) => {
    for (let i = 0; i < side * side; i++) {
      const at = (top + Math.floor(i / side)) * WIDTH + 10 + (i % side) + k * shift;
      cover[at] = Math.max(cover[at], p[i]);
    }
  });
  return paper(cover);
}

/**
 * @param {import('../../web/core/trainer.js').Trainer} trainer  with a network, and test pictures
 * @param {number} count
 * @returns {{ of: number, found: number, right: number, alone: number }} pairs: two digits were found, and both read
 *   right; `alone`: both read right when each stands alone
 */
export function readTouching(trainer, count) {
  const told = { of: count, found: 0, right: 0, alone: 0 },
    pictures = trainer.engine.pictureCount('valid');
  for (let k = 0; k < count; k++) {
    const random = randomOf(k * 104729 + 5);
    const picks = Array.from(
      { length: 2 },
      () =>
        /** @type {{ pixels: Uint8Array, label: number }} */ (
          trainer.engine.picture('valid', Math.floor(random() * pictures))
        ),
    );
    const read = (/** @type {Uint8Array[]} */ digits) =>
      trainer.engine
        .read(writeTouching(digits, Math.floor(4 * random())), WIDTH, HEIGHT)
        .digits.map(({ label }) => label);
    const labels = read(picks.map(({ pixels }) => pixels));
    told.found += Number(labels.length === 2);
    told.right += Number(labels.length === 2 && labels.every((label, i) => label === picks[i].label));
    told.alone += Number(picks.every(({ pixels, label }) => read([pixels]).join() === String(label)));
  }
  return told;
}

/**
 * Counts the single test digits that are read as several digits.
 * @param {import('../../web/core/trainer.js').Trainer} trainer
 * @param {number} count
 */
export function countTorn(trainer, count) {
  let torn = 0;
  for (let k = 0; k < count; k++)
    torn += Number(
      trainer.engine.read(
        writeTouching([/** @type {any} */ (trainer.engine.picture('valid', k)).pixels], 0),
        WIDTH,
        HEIGHT,
      ).digits.length > 1,
    );
  return torn;
}
