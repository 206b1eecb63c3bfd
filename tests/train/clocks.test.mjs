/**
 * clocks.test.mjs - clocks that stand still, go back, or have no time: runs are told apart, slices end, and the weights
 * are the same.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTrainer } from '../../tools/node/node.mjs';
import { fromBytes, toBytes } from '../../web/page/kept.js';
import { Run } from '../../web/page/run.js';
import { smallTar } from '../support/files.mjs';

const SETTINGS = { model: 'linear', epochs: 2, batch: 1, lr: 0.1, seed: 1 };

for (const [name, now] of /** @type {const} */ ([
  ['stands still', () => 1e12],
  ['has no time', () => NaN],
  ['is beyond every calendar', () => 1e300],
]))
  test(`a clock that ${name}: two runs are two, and each is kept`, (t) => {
    t.mock.method(Date, 'now', now);
    const [a, b] = [new Run(1, /** @type {any} */ (SETTINGS)), new Run(2, /** @type {any} */ (SETTINGS))];
    assert.notEqual(a.id, b.id);
    assert.match(a.id, /^\d{1,20}$/);
    assert.doesNotThrow(() => new Date(a.started).toISOString());
    const back = fromBytes(toBytes(a, Uint8Array.of(1), 'build', a.started), 7);
    assert.deepEqual([back?.run.id, back?.run.started], [a.id, a.started], 'a run that goes on is the same run');
  });

/** Reports of a whole run. @param {import('node:test').TestContext} t @param {() => number} [now] */
async function train(t, now) {
  const trainer = await createTrainer({ threads: 1, arithmetic: 'deterministic' });
  const bytes = smallTar({ classes: ['a', 'b'], perClass: 100 });
  await trainer.load('set.tar', [
    {
      name: 'set.tar',
      size: bytes.length,
      open: async () => /** @type {any} */ (new Blob([/** @type {any} */ (bytes)]).stream()),
    },
  ]);
  const mocked = now && t.mock.method(performance, 'now', now),
    reports = [...trainer.fit(/** @type {any} */ (SETTINGS))];
  mocked?.mock.restore();
  return { digest: trainer.engine.digest, steps: reports.filter((r) => r.type === 'steps') };
}

let back = 1e9;
for (const [name, now] of /** @type {const} */ ([
  ['stands still', () => 5],
  ['goes back', () => (back -= 1)],
  ['has no time', () => NaN],
]))
  test(`a timer that ${name}: no slice is endless, no number is infinite, the weights are the same`, async (t) => {
    const { digest, steps } = await train(t, now);
    assert.equal(digest, (await train(t)).digest);
    assert.equal(
      steps.reduce((sum, s) => sum + s.losses.length, 0),
      400,
    );
    assert.ok(steps.every((s) => s.losses.length <= 64));
    assert.ok(steps.every((s) => s.imagesPerSecond !== Infinity && s.secondsLeft !== Infinity && s.progress <= 1));
  });
