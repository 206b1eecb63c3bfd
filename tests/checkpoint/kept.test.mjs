/** kept.test.mjs - a run under way as bytes, and back, whatever has become of them; and the watch over a trainer. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromBytes, toBytes } from '../../web/page/kept.js';
import { Run } from '../../web/page/run.js';
import { SILENCE, Watch } from '../../web/page/watch.js';

const SETTINGS = { model: 'mlp', epochs: 9, batch: 10, lr: 0.1, seed: 3 };

/** @param {number} steps */
function makeRun(steps) {
  const run = new Run(4, SETTINGS);
  run.dataName = 'digits';
  run.classes = ['a', 'b'];
  const numbers = Float32Array.from({ length: steps }, (_, i) => 1 / (1 + i));
  run.addSteps(
    /** @type {any} */ ({
      step: steps,
      stepsPerEpoch: 100,
      losses: numbers,
      smoothLosses: numbers,
      lrs: new Float32Array(steps).fill(0.1),
      lr: 0.1,
      epoch: Math.floor(steps / 100),
    }),
  );
  for (let epoch = 0; epoch < Math.floor(steps / 100); epoch++)
    run.addEpoch(
      /** @type {any} */ ({
        epoch,
        step: 100 * epoch,
        trainLoss: 1,
        trainLossSmoothed: 1,
        validLoss: 1,
        accuracy: 0.5,
        batchAccuracy: 0.5,
        seconds: 1,
        trainSeconds: 1,
        validSeconds: 0,
        confusion: Uint32Array.of(1, 2, 3, epoch),
      }),
    );
  run.marks.push({ x: 1.5, text: '<b>lr</b>' });
  return run;
}

test('a run comes back with its curves, epochs, changes and checkpoint', () => {
  const run = makeRun(750),
    checkpoint = Uint8Array.of(9, 8, 7);
  run.plan = [
    { step: 100, lr: 0.2 },
    { step: 800, frozen: false },
  ];
  run.changes = [
    { step: 100, lr: 0.2 },
    { step: 300, frozen: true },
  ];
  const back = fromBytes(toBytes(run, checkpoint, 'build', 123), 5);
  assert.ok(back);
  assert.deepEqual([back.at, back.step, back.epoch, back.build, back.dataName], [123, 750, 8, 'build', 'digits']);
  assert.deepEqual(back.settings, SETTINGS);
  assert.deepEqual(back.checkpoint, checkpoint);
  assert.equal(back.run.number, 5);
  assert.deepEqual(back.run.x.values(), run.x.values());
  assert.deepEqual(back.run.loss.values(), run.loss.values());
  assert.deepEqual(back.run.epochs, run.epochs);
  assert.deepEqual(back.run.marks, run.marks);
  assert.deepEqual(back.run.confusion, Uint32Array.of(1, 2, 3, 6));
  assert.deepEqual([back.run.held, back.run.started], [true, run.started]);
  assert.deepEqual([back.run.changes, back.run.ahead(750)], [run.changes, [{ step: 800, frozen: false }]]);
});

test('a long run is kept in few bytes', () => {
  const bytes = toBytes(makeRun(200_000), new Uint8Array(10), 'b', 1);
  assert.ok(bytes.length < 1e6, `${bytes.length}`);
  assert.ok((fromBytes(bytes, 1)?.run.x.length ?? 0) > 1000);
});

test('cut back to a moment: what came after it is gone', () => {
  const run = makeRun(750);
  run.marks.push({ x: 7.2, text: 'later' });
  run.changes = [
    { step: 430, frozen: true },
    { step: 431, frozen: false },
  ];
  run.plan = [
    { step: 430, frozen: true },
    { step: 600, lr: 1 },
  ];
  run.cut({ at: 4.3, epochs: 4, step: 430 });
  assert.deepEqual([run.held, run.ahead(430)], [true, [{ step: 600, lr: 1 }]]);
  assert.equal(run.x.length, 430);
  assert.equal(run.at, 4.3);
  assert.deepEqual([run.epochs.length, run.matrices.length, run.marks.length], [4, 4, 1]);
});

test('millions of steps: the curves take no more memory, and keep their shape', () => {
  const run = new Run(1, SETTINGS),
    numbers = new Float32Array(1000);
  let most = 0;
  for (let step = 1000; step <= 5_000_000; step += 1000) {
    numbers.fill(1 / step);
    run.addSteps(
      /** @type {any} */ ({
        step,
        stepsPerEpoch: 1000,
        losses: numbers,
        smoothLosses: numbers,
        lrs: Float32Array.from(numbers, (_, i) => (step - 999 + i) / 1e6),
        lr: step / 1e6,
        epoch: 0,
      }),
    );
    most = Math.max(most, run.x.length);
  }
  assert.ok(most <= (1 << 20) + 1000, `${most} points`);
  const x = run.x.values();
  assert.ok(
    x.every((v, i) => i === 0 || v > x[i - 1]),
    'rising',
  );
  assert.equal(run.at, 5000);
  assert.ok(x[0] < 1 && [run.loss, run.smooth, run.lr].every((c) => c.length === x.length));
  assert.ok(Math.abs(run.lr.values()[x.length >> 1] - x[x.length >> 1] / 1000) < 2e-3, 'the columns are thinned alike');
});

test('bytes that are something else: null, or a run without what makes no sense', () => {
  const whole = toBytes(makeRun(300), Uint8Array.of(1), 'b', 1);
  for (const bytes of [
    new Uint8Array(),
    new Uint8Array(3),
    new Uint8Array(100),
    Uint8Array.of(255, 255, 255, 255, 1),
    whole.subarray(0, 50),
    whole.subarray(0, whole.length - 1),
  ])
    assert.equal(fromBytes(bytes, 1), null);
  const told = JSON.parse(new TextDecoder().decode(whole.subarray(4, whole.length - 1)));
  const make = (/** @type {any} */ value) => {
    const text = new TextEncoder().encode(JSON.stringify(value)),
      bytes = new Uint8Array(5 + text.length);
    new DataView(bytes.buffer).setUint32(0, text.length, true);
    bytes.set(text, 4);
    return bytes;
  };
  for (const odd of [
    null,
    5,
    'x',
    [],
    {},
    { ...told, at: 'x' },
    { ...told, step: null },
    { ...told, settings: null },
    { ...told, settings: 5 },
    { ...told, dataName: 7 },
    { ...told, build: {} },
    { ...told, epoch: [] },
  ])
    assert.equal(fromBytes(make(odd), 1), null, JSON.stringify(odd)?.slice(0, 60));
  for (const run of [
    null,
    5,
    'x',
    [],
    {},
    { x: 1 },
    { ...told.run, x: [1], loss: [] },
    { ...told.run, x: ['1'] },
    { ...told.run, epochs: [null] },
    { ...told.run, epochs: {} },
    { ...told.run, confusion: [1] },
    { ...told.run, confusion: 'x' },
    { ...told.run, classes: [1] },
    { ...told.run, marks: [null, { x: 'a' }, 5] },
    { ...told.run, lr: null },
    { ...told.run, plan: 5, changes: [null, { step: 'x' }, { step: 1, lr: {} }] },
    { ...told.run, __proto__: { polluted: 1 } },
  ]) {
    const back = fromBytes(make({ ...told, run }), 1);
    assert.ok(back, JSON.stringify(run)?.slice(0, 60));
    assert.equal(back.run.x.length, back.run.lr.length);
    assert.ok(
      back.run.epochs.every((e) => Number.isFinite(e.accuracy)) &&
        back.run.marks.every((m) => typeof m.text === 'string'),
    );
  }
});

test('a trainer that falls silent is noticed within ten seconds, whenever it happens', () => {
  for (let dies = 0; dies < 3000; dies += 137) {
    const watch = new Watch();
    watch.start(0, 1e6);
    let noticed = 0;
    for (let now = 25; now < 20_000 && !noticed; now += 25) {
      if (now <= dies) watch.hear(now);
      if (now % 1000 === 0 && watch.look(now)) noticed = now;
    }
    assert.ok(noticed > dies + SILENCE && noticed <= dies + 10_000, `dead at ${dies}, noticed at ${noticed}`);
  }
});

test('slow steps, sleep and a frozen page are no silence; nor is a pause', () => {
  const watch = new Watch();
  watch.start(0, 6e9); // a large first step: 20 s on a slow machine
  for (let now = 1000; now <= 26_000; now += 1000) assert.equal(watch.look(now), false, `${now}`);
  watch.hear(26_500);
  for (let now = 27_000; now <= 60_000; now += 1000)
    assert.equal(watch.look(now), false, 'steps of 26 s may take longer once');
  watch.hear(61_000);
  const still = new Watch();
  still.start(0, 0);
  for (let now = 1000; now <= SILENCE; now += 1000)
    assert.equal(still.look(now), false, `${now}: as long as it may be`);
  assert.equal(still.look(SILENCE + 1), true);
  const gone = new Watch();
  gone.start(0, 0);
  assert.deepEqual(
    [3_600_000, 3_601_000, 3_602_000].map((now) => gone.look(now)),
    [false, false, true],
    'an hour of sleep, and nothing comes after it',
  );
  const awake = new Watch();
  awake.start(0, 0);
  awake.hear(900);
  assert.equal(awake.look(3_600_000), false, 'an hour of sleep: its messages come now');
  awake.hear(3_600_001);
  assert.equal(awake.look(3_601_000), false);
  awake.stop();
  for (let now = 3_602_000; now < 3_700_000; now += 1000) assert.equal(awake.look(now), false, 'paused');
  awake.hear(3_700_000);
  for (let now = 3_701_000; now < 3_800_000; now += 1000)
    assert.equal(awake.look(now), false, 'a late word does not start the watch');
});
