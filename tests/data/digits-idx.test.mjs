/**
 * digits-idx.test.mjs - the built-in pictures as the page has them, and as the archive does: the same to the bit, in
 * the same order.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createTrainer, pathEntries } from '../../tools/node/node.mjs';
import { ROOT } from '../support/core.mjs';

/** @param {string[]} paths */
async function load(...paths) {
  const trainer = await createTrainer({ arithmetic: 'deterministic' });
  await trainer.load('digits', (await Promise.all(paths.map((path) => pathEntries(join(ROOT, 'build', path))))).flat());
  return trainer;
}

test('IDX files and archive: the same pictures, classes and order, and the same network', async () => {
  const names = ['train-labels', 'train-images', 'test-labels', 'test-images'].map((name) => `digits-${name}.idx.gz`);
  const [archive, parts] = [await load('digits.tar.gz'), await load(...names)];
  assert.deepEqual(parts.classes, archive.classes);
  for (const split of /** @type {const} */ (['train', 'valid'])) {
    const count = archive.engine.pictureCount(split);
    assert.equal(parts.engine.pictureCount(split), count);
    for (let i = 0; i < count; i++) {
      const [a, b] = [archive.engine.picture(split, i), parts.engine.picture(split, i)];
      assert.ok(a && b && a.label === b.label && Buffer.compare(a.pixels, b.pixels) === 0, `${split} ${i}`);
    }
  }
  const digests = [archive, parts].map((trainer) => {
    for (const _ of trainer.fit({ model: 'mlp', epochs: 1, batch: 256, lr: 0.1, seed: 1 }));
    return trainer.engine.digest;
  });
  assert.equal(digests[0], digests[1]);
  assert.ok(names.reduce((sum, name) => sum + readFileSync(join(ROOT, 'build', name)).length, 0) < 3e6, 'under 3 MB');
});
