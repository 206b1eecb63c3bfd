/**
 * look.test.mjs - looking at a network (src/look/look.c): numbers that can be checked, and training that goes on with
 * the same bits.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { smallTar } from '../support/files.mjs';
import { loadWasm } from '../support/core.mjs';

/** A trainer with a small data set. */
async function small() {
  const { trainer } = await loadWasm([{ name: 'small.tar', bytes: smallTar({ classes: ['a', 'b', 'c'] }) }]);
  return trainer;
}
const MODEL = 'conv(4,5) relu maxpool(4) linear(8) relu linear(classes)';
const SETTINGS = { model: MODEL, epochs: 3, batch: 4, lr: 0.05, seed: 5 };
/** @param {import('../../web/core/engine.js').Engine} engine */
function digit(engine) {
  const { pixels } = /** @type {any} */ (engine.picture('valid', 1));
  const rgba = new Uint8Array(784 * 4);
  pixels.forEach((/** @type {number} */ v, /** @type {number} */ i) => rgba.set([v, v, v, 255], 4 * i));
  return engine.predict(rgba, 28, 28);
}

test('looking changes nothing: the same weights after a run, watched or not', async () => {
  const digests = [];
  for (const watched of [false, true]) {
    const trainer = await small(),
      { engine } = trainer;
    for (const report of trainer.fit(SETTINGS)) {
      if (!watched || !report) continue;
      digit(engine);
      engine.predictions('valid', [0, 1, 2]);
      engine.features('train', [0, 1]);
      engine.occlusion(0);
      engine.activations(2, 4 * 6 * 6);
      engine.spreads();
    }
    digests.push(engine.digest);
  }
  assert.match(digests[0], /^[0-9a-f]{16}$/);
  assert.equal(digests[0], digests[1]);
});

test("predictions of many are those of one; features and activations have the layers' shapes and values", async () => {
  const trainer = await small(),
    { engine } = trainer;
  assert.equal(engine.digest, '');
  assert.throws(() => engine.predictions('valid', [0]), /no training has been started/);
  [...trainer.fit(SETTINGS)];
  const all = [...Array(engine.pictureCount('valid')).keys()],
    many = engine.predictions('valid', all);
  all.forEach((i) =>
    assert.deepEqual(
      engine.predictions('valid', [i]),
      many.slice(3 * i, 3 * i + 3),
      `picture ${i} alone and among others`,
    ),
  );
  assert.throws(() => engine.predictions('valid', [999]), /there is no picture 999/);
  const read = digit(engine);
  assert.equal(engine.featureCount, 8);
  const features = engine.digitFeatures(),
    last = engine.activations(engine.describe({ model: MODEL }).layers.length - 2, 8);
  assert.deepEqual(features, last, 'the last linear layer sees what the relu before it gives');
  const logits = engine.activations(engine.describe({ model: MODEL }).layers.length - 1, 3),
    sum = logits.reduce((s, z) => s + Math.exp(z), 0);
  logits.forEach((z, c) => assert.ok(Math.abs(Math.exp(z) / sum - /** @type {any} */ (read.probabilities)[c]) < 1e-6));
  const conv = engine.activations(0, 4 * 24 * 24),
    relu = engine.activations(1, 4 * 24 * 24);
  relu.forEach((v, i) => assert.equal(v, Math.max(0, conv[i])));
  assert.throws(() => engine.activations(99, 1), /there is no layer 99/);
});

test('occlusion of a linear network is what its weights say', async () => {
  const trainer = await small(),
    { engine } = trainer;
  [...trainer.fit({ model: 'linear', epochs: 4, batch: 4, lr: 0.5, seed: 1 })];
  const { picture, probabilities, label } = digit(engine),
    heat = engine.occlusion(label),
    { filters } = /** @type {any} */ (engine.filters());
  assert.ok(heat.every(Number.isFinite));
  // A patch by hand: what falls when the pixels under it are gone.
  const z = engine.activations(engine.describe({ model: 'linear' }).layers.length - 1, 3);
  const softmax = (/** @type {number[]} */ v) => Math.exp(v[label]) / v.reduce((s, x) => s + Math.exp(x), 0);
  const fall = (/** @type {number} */ top, /** @type {number} */ left) => {
    const without = [...z];
    for (let y = top; y < Math.min(28, top + 5); y++)
      for (let x = left; x < Math.min(28, left + 5); x++)
        for (let c = 0; c < 3; c++) without[c] -= (filters[c][28 * y + x] * picture[28 * y + x]) / 255;
    return /** @type {any} */ (probabilities)[label] - softmax(without);
  };
  for (const [y, x] of [
    [14, 14],
    [4, 20],
    [0, 0],
    [27, 27],
  ]) {
    let total = 0,
      n = 0;
    for (let top = 0; top < 28; top += 2)
      for (let left = 0; left < 28; left += 2)
        if (top <= y && y < top + 5 && left <= x && x < left + 5 && top <= 24 && left <= 24) {
          total += fall(top, left);
          n++;
        }
    assert.ok(
      Math.abs(heat[28 * y + x] - total / n) < 1e-5,
      `at ${y}, ${x}: ${heat[28 * y + x]}, by hand ${total / n}`,
    );
  }
});

test('spreads count every value between the least and the most', async () => {
  const trainer = await small(),
    { engine } = trainer;
  [...trainer.fit(SETTINGS)];
  const spreads = /** @type {any[]} */ (engine.spreads());
  assert.deepEqual(
    spreads.map((s) => s.name),
    ['0.weight', '0.bias', '4.weight', '4.bias', '6.weight', '6.bias'],
  );
  assert.deepEqual(
    spreads.map((s) => s.values.counts.reduce((/** @type {number} */ a, /** @type {number} */ b) => a + b)),
    [100, 4, 8 * 144, 8, 24, 3],
  );
  const { filters } = /** @type {any} */ (engine.filters()),
    flat = filters.flatMap((/** @type {Float32Array} */ f) => [...f]);
  assert.equal(spreads[0].values.least, Math.min(...flat));
  assert.equal(spreads[0].values.most, Math.max(...flat));
  assert.ok(spreads[0].gradients.most > spreads[0].gradients.least);
});

test('in the middle of a run: another rate takes hold at once, and frozen layers keep their weights', async () => {
  const run = async (/** @type {(engine: any, step: number) => void} */ change) => {
    const trainer = await small(),
      { engine } = trainer;
    engine.train({ ...SETTINGS, epochs: 6 });
    for (let step = 0; step < 26; step++) {
      change(engine, step);
      const { lr, kind } = engine.advance();
      if (kind === 1 && step > 6) engine.lrSeen = lr;
    }
    return engine;
  };
  const plain = await run(() => {});
  const faster = await run((engine, step) => {
    if (step === 5) engine.setRate(0.2);
  });
  assert.ok(Math.abs(/** @type {any} */ (faster).lrSeen - 0.2) < 1e-12);
  assert.notEqual(faster.digest, plain.digest);
  assert.equal((await run((engine) => engine.setRate(0.05))).digest, plain.digest, 'the same rate changes nothing');
  let before = '',
    after = '';
  const frozen = await run((engine, step) => {
    if (step === 3) engine.freeze(true);
    if (step === 3) before = JSON.stringify(engine.filters());
    if (step === 9) {
      after = JSON.stringify(engine.filters());
      engine.freeze(false);
    }
  });
  assert.equal(after, before);
  assert.notEqual(JSON.stringify(frozen.filters()), before, 'it learns again');
  assert.throws(() => frozen.setRate(0), /lr must be a number above 0/);
  assert.throws(() => frozen.setRate(NaN), /lr must be a number above 0/);
});

test('multiply-adds are told', async () => {
  const { engine } = await small();
  assert.equal(engine.describe({ model: 'linear' }).macs, 784 * 3);
  assert.equal(engine.describe({ model: 'cnn' }).macs, 32 * 25 * 24 * 24 + 64 * 32 * 25 * 8 * 8 + 1024 * 128 + 128 * 3);
});

/**
 * A seven-segment figure with its top left corner at (x, y), as ink on paper.
 * @param {Uint8Array} rgba
 * @param {number} width
 * @param {number} x
 * @param {number} y
 * @param {string} segments
 */
function figure(rgba, width, x, y, segments) {
  const bars = /** @type {Record<string, number[]>} */ ({
    a: [0, 0, 24, 5],
    b: [20, 0, 5, 24],
    c: [20, 20, 5, 24],
    d: [0, 40, 24, 5],
    e: [0, 20, 5, 24],
    f: [0, 0, 5, 24],
    g: [0, 20, 24, 5],
  });
  for (const s of segments) {
    const [left, top, w, h] = bars[s];
    for (let v = 0; v < h; v++)
      for (let u = 0; u < w; u++) rgba.set([20, 20, 20, 255], 4 * ((y + top + v) * width + x + left + u));
  }
}

test('several digits in one picture are read in order, each as if it were alone', async () => {
  const trainer = await small(),
    { engine } = trainer,
    width = 220,
    height = 160;
  const paper = () => new Uint8Array(4 * width * height).fill(255);
  /** @type {[number, number, string][]} */
  const figures = [
    [20, 12, 'bc'],
    [70, 8, 'abged'],
    [120, 14, 'afgcd'],
    [30, 90, 'abc'],
    [90, 94, 'abcdef'],
  ];
  const all = paper();
  for (const [x, y, segments] of [...figures].reverse()) figure(all, width, x, y, segments);
  const { digits, grey, width: w, height: h, shown, chosen } = engine.read(all, width, height);
  assert.equal(digits.length, 5);
  assert.deepEqual([w, h, grey.length, chosen, shown.label], [width, height, width * height, 0, -1]);
  figures.forEach(([x, y, segments], i) => {
    const alone = paper();
    figure(alone, width, x, y, segments);
    const [one, ...more] = engine.read(alone, width, height).digits;
    assert.equal(more.length, 0);
    assert.deepEqual(digits[i].picture, one.picture, `digit ${i}`);
    assert.deepEqual(one.picture, trainer.engine.predict(alone, width, height).picture);
    assert.deepEqual([digits[i].left, digits[i].top], [x + (segments === 'bc' ? 20 : 0), y]);
    assert.ok(digits[i].scaled.some((v) => v === 255));
  });
  const raw = engine.read(all, width, height, -1);
  assert.ok(raw.shown.picture.filter((v) => v > 200).length > 500, 'as it came, the paper is bright');
});
