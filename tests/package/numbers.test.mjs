/** numbers.test.mjs - the package: classes that are numbers are in numeric order, of arrays and of single pictures. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTrainer } from '../../tools/package/node.mjs';

/** Pictures of `labels`: each is as bright as its label says. @param {number[]} labels */
const pixelsOf = (labels) => Uint8Array.from({ length: labels.length * 784 }, (_, i) => labels[Math.floor(i / 784)]);
const range = (/** @type {number} */ from, /** @type {number} */ to) =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);

test('arrays with labels 0 to 61, 1 to 26 and 0 to 9: the classes are their numbers, in numeric order', async () => {
  const trainer = await createTrainer({ inline: true, threads: 1 });
  for (const labels of [range(0, 61), range(1, 26), range(0, 9)]) {
    const reversed = [...labels].reverse(),
      tested = reversed.flatMap((label) => Array(1 + (label % 3)).fill(label));
    const { classes } = await trainer.load({
      train: pixelsOf(reversed),
      trainLabels: Uint8Array.from(reversed),
      valid: pixelsOf(tested),
      validLabels: Uint8Array.from(tested),
    });
    assert.deepEqual(classes, labels.map(String));
    await trainer.fit({ model: 'linear', epochs: 1, batch: 8 });
    const confusion = await trainer.confusion(),
      n = classes.length;
    for (const [i, label] of labels.entries())
      assert.equal(
        confusion.subarray(i * n, (i + 1) * n).reduce((sum, count) => sum + count),
        1 + (label % 3),
        `the pictures of ${label}`,
      );
  }
  await trainer.dispose();
});

test('pictures one by one: classes that are all numbers are in numeric order, others in that of texts', async () => {
  const trainer = await createTrainer({ inline: true, threads: 1 });
  const load = async (/** @type {string[]} */ names) =>
    (
      await trainer.load(
        names.flatMap((name) =>
          /** @type {const} */ (['train', 'valid']).map((split) => ({
            class: name,
            split,
            image: { grey: new Uint8Array(784).fill(9), width: 28, height: 28 },
          })),
        ),
      )
    ).classes;
  assert.deepEqual(await load(['10', '9', '2', '100']), ['2', '9', '10', '100']);
  assert.deepEqual(await load(['10', '9', 'x', '100']), ['10', '100', '9', 'x']);
  assert.deepEqual(await load(['01', '1', '-1']), ['-1', '01', '1']);
  await trainer.dispose();
});
