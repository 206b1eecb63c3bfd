/**
 * photographs.mjs - made photographs of handwriting: rows of five digits on paper that is plain, ruled or squared, in
 * dark or blue ink, with light from one side, shadows, noise and the blocks of a JPEG. Each is a function of its
 * number.
 */

/** Numbers of 0..1, the same for the same seed (mulberry32). @param {number} seed */
export function randomOf(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export const WIDTH = 560,
  HEIGHT = 168;
export const PAPERS = ['plain', 'ruled', 'squared'],
  INKS = ['black', 'blue'];

/** A bilinear look at 28 x 28 pixels; 0 outside. @param {Uint8Array} p @param {number} x @param {number} y */
function look(p, x, y) {
  const x0 = Math.floor(x),
    y0 = Math.floor(y),
    fx = x - x0,
    fy = y - y0;
  const at = (/** @type {number} */ u, /** @type {number} */ v) =>
    u >= 0 && v >= 0 && u < 28 && v < 28 ? p[28 * v + u] : 0;
  return (
    (at(x0, y0) * (1 - fx) + at(x0 + 1, y0) * fx) * (1 - fy) +
    (at(x0, y0 + 1) * (1 - fx) + at(x0 + 1, y0 + 1) * fx) * fy
  );
}

/**
 * Steps to which the coefficients of a block of 8 x 8 are rounded in a JPEG of medium quality: the standard luminance
 * table (ITU T.81, K.1), which is scaled.
 */
const TABLE = [
  16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51,
  87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101,
  72, 92, 95, 98, 112, 100, 103, 99,
];
const COSINES = Array.from(
  { length: 64 },
  (_, i) => Math.cos(((2 * (i & 7) + 1) * (i >> 3) * Math.PI) / 16) * (i >> 3 ? 0.5 : Math.SQRT1_2 / 2),
);

/** @param {Float32Array} plane @param {number} scale  of the table */
function compress(plane, scale) {
  const block = new Float32Array(64),
    middle = new Float32Array(64);
  /** @param {(k: number, n: number) => number} cosine */
  const transform = (cosine) => {
    for (let y = 0; y < 8; y++)
      for (let k = 0; k < 8; k++) {
        let sum = 0;
        for (let n = 0; n < 8; n++) sum += block[8 * y + n] * cosine(k, n);
        middle[8 * y + k] = sum;
      }
    for (let x = 0; x < 8; x++)
      for (let k = 0; k < 8; k++) {
        let sum = 0;
        for (let n = 0; n < 8; n++) sum += middle[8 * n + x] * cosine(k, n);
        block[8 * k + x] = sum;
      }
  };
  for (let top = 0; top < HEIGHT; top += 8)
    for (let left = 0; left < WIDTH; left += 8) {
      for (let i = 0; i < 64; i++) block[i] = plane[(top + (i >> 3)) * WIDTH + left + (i & 7)] - 128;
      transform((k, n) => COSINES[8 * k + n]);
      for (let i = 0; i < 64; i++) block[i] = Math.round(block[i] / (TABLE[i] * scale)) * TABLE[i] * scale;
      transform((k, n) => COSINES[8 * n + k]);
      for (let i = 0; i < 64; i++) plane[(top + (i >> 3)) * WIDTH + left + (i & 7)] = block[i] + 128;
    }
}

/**
 * @param {number} number
 * @param {Uint8Array[]} digits  five pictures of 28 x 28, light on dark
 * @param {boolean} [shaded]  false: none has a shadow
 * @returns {{ rgba: Uint8Array, paper: string, ink: string }}
 */
export function photograph(number, digits, shaded = true) {
  const random = randomOf(1000 + number),
    between = (/** @type {number} */ a, /** @type {number} */ b) => a + (b - a) * random();
  const paper = PAPERS[number % 3],
    ink = INKS[Math.floor(number / 3) % 2],
    shadow = random() < 0.3 && shaded,
    blocks = random() < 0.5;
  const cover = new Float32Array(WIDTH * HEIGHT); // ink, 0..1
  const size = between(2.6, 3.4),
    base = between(36, 44);
  let left = between(8, 30);
  for (const picture of digits) {
    const columns = Array.from({ length: 28 }, (_, x) => x).filter((x) =>
      Array.from({ length: 28 }, (_, y) => picture[28 * y + x]).some((v) => v > 60),
    );
    const first = columns[0],
      last = columns.at(-1) ?? 27,
      scale = size * between(0.92, 1.08),
      top = base + between(-8, 8);
    for (let y = 0; y < 28 * scale; y++)
      for (let x = 0; x < (last - first + 3) * scale; x++) {
        const u = Math.round(left + x),
          v = Math.round(top + y);
        if (u >= 0 && v >= 0 && u < WIDTH && v < HEIGHT)
          cover[v * WIDTH + u] = Math.max(cover[v * WIDTH + u], look(picture, first - 1 + x / scale, y / scale) / 255);
      }
    left += (last - first + 1) * scale + between(10, 26);
  }
  const light = between(0.75, 1),
    slope = between(-0.35, 0.35),
    noise = between(1, 5),
    lines = between(20, 30),
    shift = between(0, 20),
    faint = between(0.92, 1.06);
  const edge = between(0.2, 0.8) * WIDTH,
    dark = between(0.6, 0.8);
  const colour = ink === 'blue' ? [40, 60, 150] : [35, 35, 40],
    line = [165 * faint, 195 * faint, 230 * faint];
  const planes = [0, 1, 2].map(() => new Float32Array(WIDTH * HEIGHT));
  for (let y = 0; y < HEIGHT; y++)
    for (let x = 0; x < WIDTH; x++) {
      const i = y * WIDTH + x,
        onRow = paper !== 'plain' && (y + shift) % lines < 1.5,
        onColumn = paper === 'squared' && (x + shift) % lines < 1.5;
      const lit =
        light * (1 + slope * (x / WIDTH - 0.5)) * (shadow && x > edge ? Math.max(dark, 1 - (x - edge) / 60) : 1);
      const grain = noise * (random() + random() + random() - 1.5);
      for (let c = 0; c < 3; c++) {
        const ground = onRow || onColumn ? line[c] : 250;
        planes[c][i] = (ground + (colour[c] - ground) * cover[i]) * lit + grain;
      }
    }
  if (blocks) planes.forEach((plane) => compress(plane, 1));
  const rgba = new Uint8Array(4 * WIDTH * HEIGHT).fill(255);
  for (let i = 0; i < WIDTH * HEIGHT; i++)
    for (let c = 0; c < 3; c++) rgba[4 * i + c] = Math.max(0, Math.min(255, Math.round(planes[c][i])));
  return { rgba, paper, ink };
}

/**
 * Counts the rows of five test digits that are read correctly.
 * @param {import('../../web/core/trainer.js').Trainer} trainer  with a network, and test pictures
 * @param {number} count
 * @returns {Record<string, { right: number, of: number, found: number }>}  by paper and ink; `found`: five digits were
 */
export function readRows(trainer, count) {
  /** @type {Record<string, { right: number, of: number, found: number }>} */
  const told = {},
    pictures = trainer.engine.pictureCount('valid');
  for (let k = 0; k < count; k++) {
    const random = randomOf(k * 7919 + 1);
    const picks = Array.from(
      { length: 5 },
      () =>
        /** @type {{ pixels: Uint8Array, label: number }} */ (
          trainer.engine.picture('valid', Math.floor(random() * pictures))
        ),
    );
    const { rgba, paper, ink } = photograph(
        k,
        picks.map(({ pixels }) => pixels),
      ),
      labels = trainer.engine.read(rgba, WIDTH, HEIGHT).digits.map(({ label }) => label);
    const row = (told[`${paper}, ${ink}`] ??= { right: 0, of: 0, found: 0 });
    row.of++;
    row.found += Number(labels.length === 5);
    row.right += Number(labels.length === 5 && labels.every((label, i) => label === picks[i].label));
  }
  return told;
}
