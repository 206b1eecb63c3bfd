/**
 * person.test.mjs - a person's digit: whatever its ink, paper, place and size, it becomes 20 x 20 pixels in 28 x 28.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { createTrainer } from '../../tools/node/node.mjs';
import { loadWasm, missing, shared } from '../support/core.mjs';
import { smallTar } from '../support/files.mjs';
import { tar } from '../support/loaded.mjs';

/** @param {number} width @param {number} height @param {(x: number, y: number) => number} grey */
function rgba(width, height, grey) {
  const out = new Uint8Array(width * height * 4);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) out.set([grey(x, y), grey(x, y), grey(x, y), 255], 4 * (y * width + x));
  return out;
}

/** Ink's box and centre of mass. @param {Uint8Array} p */
function measure(p) {
  let left = 28,
    right = -1,
    top = 28,
    bottom = -1,
    sum = 0,
    sx = 0,
    sy = 0;
  p.forEach((v, i) => {
    if (!v) return;
    const x = i % 28,
      y = Math.floor(i / 28);
    left = Math.min(left, x);
    right = Math.max(right, x);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
    sum += v;
    sx += v * x;
    sy += v * y;
  });
  return { width: right - left + 1, height: bottom - top + 1, x: sx / sum, y: sy / sum };
}

test('ink of any colour on transparency is the same digit; transparent or opaque all over is none', async () => {
  const trainer = await createTrainer(),
    side = 200;
  const inked = (/** @type {number} */ value, /** @type {(x: number, y: number) => number} */ alpha) =>
    Uint8Array.from({ length: 4 * side * side }, (_, i) =>
      i % 4 < 3 ? value : alpha((i >> 2) % side, Math.floor((i >> 2) / side)),
    );
  const seven = (/** @type {number} */ x, /** @type {number} */ y) =>
    (y >= 40 && y < 55 && x >= 60 && x < 130) || (y >= 40 && y < 160 && Math.abs(x - (130 - 0.4 * (y - 40))) < 9);
  const soft = (/** @type {number} */ x, /** @type {number} */ y) =>
    [-1, 0, 1]
      .flatMap((u) => [-1, 0, 1].map((v) => (seven(x + u, y + v) ? 1 : 0)))
      .reduce((a, b) => a + b, /** @type {number} */ (0)) * 28;
  const black = trainer.engine.predict(inked(0, soft), side, side).picture;
  for (const value of [255, 250, 227, 216])
    assert.deepEqual(trainer.engine.predict(inked(value, soft), side, side).picture, black, `ink of ${value}`);
  assert.notDeepEqual(black, new Uint8Array(784));
  for (const alpha of [0, 3, 255])
    assert.throws(
      () =>
        trainer.engine.predict(
          inked(255, () => alpha),
          side,
          side,
        ),
      /no ink found/,
      `alpha ${alpha} all over`,
    );
});

test('a digit: either polarity, any place and size, uneven light and specks: 20 x 20, centred by mass', async () => {
  const { trainer } = await loadWasm(tar(smallTar()));
  // A seven: a bar and a slanted stem.
  const seven = (/** @type {number} */ u, /** @type {number} */ v) =>
    (v > 0 && v < 0.12 && u > 0 && u < 0.7) || (v > 0 && v < 1 && Math.abs(u - (0.64 - 0.4 * v)) < 0.07);
  /** @type {[string, Uint8Array, number, number][]} */
  const pictures = [
    ['dark on light', rgba(200, 200, (x, y) => (seven((x - 60) / 100, (y - 50) / 100) ? 20 : 250)), 200, 200],
    ['light on dark', rgba(200, 200, (x, y) => (seven((x - 60) / 100, (y - 50) / 100) ? 250 : 20)), 200, 200],
    [
      'small in a corner of a large sheet',
      rgba(900, 700, (x, y) => (seven((x - 30) / 90, (y - 560) / 90) ? 40 : 245)),
      900,
      700,
    ],
    [
      'uneven light',
      rgba(400, 400, (x, y) => (seven((x - 120) / 200, (y - 100) / 200) ? 0.3 : 1) * (120 + x * 0.15 + y * 0.15)),
      400,
      400,
    ],
    [
      'specks',
      rgba(300, 300, (x, y) => (seven((x - 80) / 150, (y - 80) / 150) || (x % 97 < 2 && y % 89 < 2) ? 30 : 240)),
      300,
      300,
    ],
  ];
  const all = pictures.map(([what, bytes, w, h]) => {
    const { picture } = trainer.engine.predict(bytes, w, h);
    const m = measure(picture);
    assert.equal(m.height, 20, `${what}: the longer side fills 20 pixels`);
    assert.ok(Math.abs(m.width - 14) <= 1, `${what}: its shape is kept, ${m.width} wide`);
    assert.ok(Math.abs(m.x - 14) <= 0.5 && Math.abs(m.y - 14) <= 0.5, `${what}: centre of mass ${m.x}, ${m.y}`);
    assert.equal(Math.max(...picture), 255, what);
    return picture;
  });
  assert.deepEqual(all[0], all[1], 'polarity makes no difference');
  for (const [i, picture] of all.entries()) {
    const apart = picture.reduce((s, v, j) => s + Math.abs(v - all[0][j]), 0) / 784;
    assert.ok(apart < 12, `${pictures[i][0]}: mean difference ${apart.toFixed(1)} of 255 from the plain one`);
  }
  assert.throws(
    () =>
      trainer.engine.predict(
        rgba(50, 50, () => 128),
        50,
        50,
      ),
    /no ink found/,
  );
  assert.throws(
    () =>
      trainer.engine.predict(
        rgba(50, 50, (x) => 128 + (x % 3)),
        50,
        50,
      ),
    /no ink found/,
  );
  assert.throws(() => trainer.engine.predict(new Uint8Array(10), 50, 50), /needs 10000 bytes; 10 were given/);
  assert.throws(() => trainer.engine.predict(new Uint8Array(4), 0, 1), /each side must be from 1/);
  assert.equal(
    trainer.engine.predict(
      rgba(1, 4096, (_, y) => (y > 2000 ? 255 : 0)),
      1,
      4096,
    ).picture.length,
    784,
  );
  assert.equal(
    measure(
      trainer.engine.predict(
        new Uint8Array(100 * 100 * 4).map((_, i) =>
          i % 4 === 3 ? (Math.floor(i / 4) % 100 > 40 && Math.floor(i / 4) % 100 < 50 ? 255 : 0) : 0,
        ),
        100,
        100,
      ).picture,
    ).height,
    20,
    'transparent is paper',
  );
});

test(
  "a digit: MNIST's own test pictures come out as they are",
  { skip: missing('data/idx/t10k-images-idx3-ubyte.gz') },
  async () => {
    const { trainer } = await loadWasm(tar(smallTar()));
    const pixels = gunzipSync(
      readFileSync(/** @type {string} */ (shared('data/idx/t10k-images-idx3-ubyte.gz'))),
    ).subarray(16);
    let sum = 0;
    const n = 1000;
    for (let k = 0; k < n; k++) {
      const given = pixels.subarray(784 * k, 784 * (k + 1));
      const { picture } = trainer.engine.predict(
        rgba(28, 28, (x, y) => given[28 * y + x]),
        28,
        28,
      );
      sum += picture.reduce((s, v, i) => s + Math.abs(v - given[i]), 0) / 784;
    }
    assert.ok(sum / n < 4, `mean difference ${(sum / n).toFixed(2)} of 255`);
  },
);
