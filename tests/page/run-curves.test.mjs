/**
 * run-curves.test.mjs - the curves of a run as the page keeps them: each step has its own loss, smoothed loss and rate.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTrainer } from '../../tools/node/node.mjs';
import { fromBytes, toBytes } from '../../web/page/kept.js';
import { Run } from '../../web/page/run.js';
import { Recorder } from '../../tools/cli/recorder.mjs';
import { smallTar } from '../support/files.mjs';

/** The clock stands still, so that a slice has 64 steps and the run few slices. */
const SETTINGS = {
  model: 'linear',
  epochs: 3,
  batch: 2,
  lr: 0.01,
  optimizer: 'adam',
  schedule: 'one_cycle',
  seed: 1,
};
const STEPS = 300;

/** fastai's one-cycle rate, by its definition: up to `max` over a quarter of the run, then down, both along cosines. */
function oneCycle(/** @type {number} */ step, max = 0.01, div = 25, divFinal = 1e5, part = 0.25) {
  const cosine = (/** @type {number} */ a, /** @type {number} */ b, /** @type {number} */ u) =>
    a + ((1 - Math.cos(Math.PI * u)) * (b - a)) / 2;
  const at = step / STEPS;
  return at < part ? cosine(max / div, max, at / part) : cosine(max, max / divFinal, (at - part) / (1 - part));
}

const near = (/** @type {number} */ got, /** @type {number} */ want) => Math.abs(got - want) <= 1e-6 * 0.01;

test('a one-cycle run of few slices: the rate of each step is that of the schedule', async (t) => {
  const trainer = await createTrainer({ threads: 1, arithmetic: 'deterministic' });
  const bytes = smallTar({ classes: ['a', 'b'], perClass: 100 });
  await trainer.load('set.tar', [
    { name: 'set.tar', size: bytes.length, open: async () => /** @type {any} */ (new Blob([bytes]).stream()) },
  ]);
  t.mock.method(performance, 'now', () => 5);
  const run = new Run(1, SETTINGS),
    events = [];
  let slices = 0;
  for (const report of trainer.fit(SETTINGS)) {
    if (report.type === 'steps') {
      run.addSteps(report);
      events.push(...Recorder.stepEvents(report));
      slices += Number(report.losses.length > 0);
    } else run.addEpoch(report);
  }
  assert.equal(run.lr.length, STEPS);
  assert.ok(slices < 12, `${slices} slices`);
  run.lr.values().forEach((rate, i) => assert.ok(near(rate, oneCycle(i)), `rate of step ${i}: ${rate}`));

  // the smoothed loss is fastai's: a debiased moving average of the losses
  let sum = 0;
  run.loss.values().forEach((loss, i) => {
    sum = 0.98 * sum + 0.02 * loss;
    const want = sum / (1 - 0.98 ** (i + 1)),
      got = run.smooth.values()[i];
    assert.ok(Math.abs(got - want) < 1e-5 * (1 + want), `smoothed loss of step ${i}: ${got}, not ${want}`);
  });

  // what is kept of the run in the browser, and what `train --json --steps` prints, say the same
  const back = fromBytes(toBytes(run, Uint8Array.of(1), 'build', 5), 2)?.run;
  assert.deepEqual(back?.lr.values(), run.lr.values());
  assert.deepEqual(
    Float64Array.from(events, ({ lr }) => lr),
    run.lr.values(),
  );
  const momenta = events.map(({ momentum }) => momentum);
  assert.ok(Math.abs(momenta[0] - 0.95) < 1e-6 && Math.abs(Math.min(...momenta) - 0.85) < 1e-6);
  assert.equal(new Set(momenta).size > 200, true, 'each step has its own momentum');
});
