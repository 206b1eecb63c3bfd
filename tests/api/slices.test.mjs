/** slices.test.mjs - how training is cut into slices: the rules alone, and a trainer whose clock is made. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Trainer } from '../../web/core/trainer.js';
import { EVENT_KINDS } from '../../build/schema.js';
import { needsParts, SLICE_MS, sliceEnds, turnIsDue } from '../../web/core/slices.js';

const going = { elapsedMs: 1, steps: 1, first: false, endsEpoch: false, changeDue: false };

test('a slice ends after its time, at the end of an epoch, before a planned change, and after the first step of a run', () => {
  assert.equal(sliceEnds(going), false);
  assert.equal(sliceEnds({ ...going, elapsedMs: SLICE_MS - 0.1 }), false);
  assert.equal(sliceEnds({ ...going, elapsedMs: SLICE_MS }), true);
  for (const end of [{ first: true }, { endsEpoch: true }, { changeDue: true }])
    assert.equal(sliceEnds({ ...going, ...end }), true, JSON.stringify(end));
});

test('a clock that stands still, goes back or has no time: a slice has at most 64 steps', () => {
  for (const elapsedMs of [0, -5, NaN]) {
    assert.equal(sliceEnds({ ...going, elapsedMs, steps: 63 }), false, `${elapsedMs}`);
    assert.equal(sliceEnds({ ...going, elapsedMs, steps: 64 }), true, `${elapsedMs}`);
  }
  assert.equal(sliceEnds({ ...going, steps: 1000 }), false, 'a clock that goes decides alone');
});

test('a step is cut into parts where it is longer than a slice', () => {
  assert.deepEqual([needsParts(SLICE_MS), needsParts(SLICE_MS + 1), needsParts(NaN)], [false, true, false]);
  assert.deepEqual([turnIsDue(SLICE_MS - 1), turnIsDue(SLICE_MS), turnIsDue(NaN)], [false, true, false]);
});

/**
 * The engine's calls that training uses; each mini-batch takes `ms` on the clock.
 * @param {number} count
 * @param {number} ms
 */
function made(count, ms) {
  let now = 0,
    step = 0,
    part = 0;
  const event = (/** @type {number} */ kind) => ({
    ...{ kind, step, epoch: 0, epochs: 1, firstEpoch: 0, stepsPerEpoch: count, images: 8, trainCount: 8 * count },
    ...{ validCount: 8, trained: 8 * step, validated: 0, loss: step, smoothLoss: step, lr: step, momentum: step },
  });
  const advance = () => {
    now += ms;
    if (step === count) return event(part++ ? EVENT_KINDS.done : EVENT_KINDS.epoch);
    step++;
    return event(EVENT_KINDS.step);
  };
  let layer = 0;
  const engine = {
    train() {},
    advance,
    advancePart() {
      if (part || ++layer % 5 === 0) return advance();
      now += ms;
      return event(EVENT_KINDS.part);
    },
    confusion: () => new Uint32Array(4),
  };
  return new Trainer(/** @type {any} */ (engine), () => now);
}

test('a made clock: steps of 10 ms make slices of 1, 3, 3, 3 and the rest; each step has its own numbers', () => {
  const reports = [...made(12, 10).fit(/** @type {any} */ ({}))],
    steps = reports.filter((r) => r.type === 'steps');
  assert.deepEqual(
    steps.map((r) => r.losses.length),
    [1, 3, 3, 3, 2],
  );
  for (const numbers of /** @type {const} */ (['losses', 'smoothLosses', 'lrs', 'momenta']))
    assert.deepEqual(
      steps.flatMap((r) => [...r[numbers]]),
      Array.from({ length: 12 }, (_, i) => i + 1),
      numbers,
    );
  assert.equal(steps[1].imagesPerSecond, 800);
  const { seconds, trainSeconds, validSeconds } = /** @type {any} */ (reports.at(-1));
  assert.deepEqual(
    [seconds, trainSeconds, validSeconds].map((s) => Math.round(1000 * s)),
    [130, 120, 10],
  );
});

test('a made clock: a step of 50 ms is left between its layers, every 30 ms; its time is the same', () => {
  const trainer = made(3, 10);
  trainer.interruptible = true;
  const reports = /** @type {any[]} */ ([...trainer.fit(/** @type {any} */ ({}))]);
  assert.deepEqual(
    reports.map((r) => r.type),
    ['part', 'steps', 'part', 'steps', 'part', 'steps', 'part', 'steps', 'epoch'],
  );
  assert.equal(reports[1].imagesPerSecond, 160);
});
