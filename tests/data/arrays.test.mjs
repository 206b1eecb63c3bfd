/**
 * arrays.test.mjs - arrays of pixels and labels as other libraries have them, and streams that somebody reads: they are
 * loaded as they are meant, or refused with what is wrong.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTrainer } from '../../tools/package/node.mjs';

const N = 40,
  PIXELS = 784;
const bytes = Uint8Array.from(
  { length: N * PIXELS },
  (_, i) => (i % 28 < 14 === (Math.floor(i / PIXELS) % 2 === 0) ? 229 : 5) + ((i * 7919) % 26),
);
const labels = Array.from({ length: N }, (_, i) => i % 2);
const arrays = (/** @type {any} */ more = {}) => ({
  train: bytes,
  trainLabels: labels,
  valid: bytes,
  validLabels: labels,
  ...more,
});
const start = () => createTrainer({ inline: true, threads: 1, arithmetic: 'deterministic' });

test('floats of 0 to 1 are the bytes that they stand for', async () => {
  const trainer = await start(),
    digests = [];
  const floats = [Float32Array, Float64Array].map((of) => of.from(bytes, (v) => v / 255));
  for (const pixels of [bytes, new Uint8ClampedArray(bytes), ...floats]) {
    const report = await trainer.load(/** @type {any} */ (arrays({ train: pixels, valid: pixels })));
    assert.deepEqual([report.train, report.valid, report.classes], [N, N, ['0', '1']]);
    digests.push((await trainer.fit({ model: 'linear', epochs: 2, batch: 8, lr: 0.1 })).digest);
    const { picture } = await trainer.predict(
      { width: 28, height: 28, grey: /** @type {any} */ (pixels.subarray(0, PIXELS)) },
      { as: 'picture' },
    );
    assert.deepEqual(picture, bytes.subarray(0, PIXELS));
  }
  assert.deepEqual(new Set(digests).size, 1);
  await trainer.dispose();
});

/** @type {[string, any, RegExp][]} */
const REFUSED = [
  ['floats of 0 to 255', { train: Float32Array.from(bytes) }, /^train\[0\] is 2\d\d; floats are from 0 to 1/],
  ['not a number', { valid: new Float32Array(N * PIXELS).fill(NaN) }, /^valid\[0\] is NaN; floats/],
  ['words of 16 bits', { train: Uint16Array.from(bytes) }, /^train is a value of type Uint16Array; pixels are bytes/],
  ['signed words', { valid: Int32Array.from(bytes) }, /^valid is a value of type Int32Array/],
  ['plain arrays', { train: [...bytes] }, /^train is a value of type Array/],
  ['nested arrays', { train: [[[1]]] }, /^train is a value of type Array/],
  [
    'BigInt labels',
    { trainLabels: BigInt64Array.from(labels.map(BigInt)) },
    /^trainLabels\[0\] is a bigint; a label is a number/,
  ],
  ['text labels', { validLabels: labels.map(String) }, /^validLabels\[0\] is a string/],
  [
    'labels between two',
    { trainLabels: labels.map((v) => v + 0.5) },
    /^trainLabels\[0\] is 0\.5; a label is a whole number from 0 to 63/,
  ],
  ['a label below', { trainLabels: labels.map((v) => v - 1) }, /^trainLabels\[0\] is -1;/],
  [
    'a label of 2^32',
    { trainLabels: labels.map((v) => v * 2 ** 32) },
    /^trainLabels\[1\] is 4294967296; a label is a whole number from 0 to 63/,
  ],
  ['a label that is no number', { trainLabels: labels.map(() => NaN) }, /^trainLabels\[0\] is NaN/],
  [
    'a label without a class',
    { validLabels: labels.map((v) => v + 1), classes: ['a', 'b'] },
    /^validLabels\[1\] is 2; there are 2 classes/,
  ],
  [
    'one-hot labels',
    { trainLabels: labels.flatMap((v) => [1 - v, v]) },
    /^80 pictures of 28 x 28 are 62720 pixels; train has 31360/,
  ],
  ['labels that are a text', { trainLabels: 'ab' }, /^trainLabels is a string/],
];

test('what is no pixel and no label is refused by name, and the data set that was there stays', async () => {
  const trainer = await start();
  await trainer.load(/** @type {any} */ (arrays()));
  for (const [what, more, message] of REFUSED)
    await assert.rejects(trainer.load(/** @type {any} */ (arrays(more))), (/** @type {any} */ error) => {
      assert.deepEqual([error.name, error.code], ['ArgumentError', 'argument'], `${what}: ${error.stack}`);
      assert.match(error.message, message, what);
      return true;
    });
  for (const picture of [
    { width: 28, height: 28, grey: new Uint16Array(PIXELS) },
    { width: 28, height: 28, data: new Float32Array(4 * PIXELS).fill(9) },
  ])
    await assert.rejects(trainer.predict(/** @type {any} */ (picture)), { name: 'ArgumentError' });
  assert.equal((await trainer.fit({ model: 'linear', epochs: 1, batch: 8 })).reason, 'finished');
  await trainer.dispose();
});

test('a stream that somebody reads, and a response that was read, are refused', async () => {
  for (const inline of [true, false]) {
    const trainer = await createTrainer({ inline, threads: 1 });
    const locked = new Blob([bytes]).stream();
    locked.getReader();
    await assert.rejects(trainer.load(/** @type {any} */ (locked)), {
      name: 'ArgumentError',
      message: /that stream is locked/,
    });
    const response = new Response(bytes);
    await response.arrayBuffer();
    await assert.rejects(trainer.load(response), { name: 'ArgumentError', message: /is read already/ });
    await trainer.dispose();
  }
});
