/**
 * kills.test.mjs - trainers killed at random moments, and files torn with them: what goes on from what was kept ends
 * with the same bits. KILLS says how many.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Slots } from '../../web/core/slots.js';
import { smallTar } from '../support/files.mjs';
import { startTrainer } from '../support/trainer.mjs';

const KILLS = Number(process.env.KILLS ?? 6);
const source = {
  kind: 'files',
  name: 'set',
  files: [{ path: 'set.tar', file: new Blob([smallTar({ classes: ['a', 'b', 'c'], perClass: 40 })]) }],
};

/**
 * All that a checkpoint has to hold: two fits, frozen and not, moments, a schedule, draws for dropout and augmentation,
 * places in the middle of epochs, running statistics.
 * @type {Record<string, any>}
 */
const RUNS = {
  'fine_tune, adam, bn, dropout, augmented': {
    model: 'conv(4,3) bn relu flatten split linear(20) relu dropout(0.3) linear(classes)',
    schedule: 'fine_tune',
    freezeEpochs: 5,
    optimizer: 'fastai_adam',
    batch: 7,
    lr: 0.01,
    augment: 'fastai',
    weightDecay: 0.01,
    seed: 11,
  },
  'one_cycle, sgd with momentum': {
    model: 'mlp',
    schedule: 'one_cycle',
    optimizer: 'sgd',
    momentum: 0.9,
    batch: 16,
    lr: 0.05,
    labelSmoothing: 0.1,
    clip: 1,
    seed: 5,
  },
};

/** The same each time. */
let state = 12345;
const random = (/** @type {number} */ below) => ((state = (state * 1103515245 + 12345) % 2 ** 31) / 2 ** 31) * below;

/** A file whose writing a kill may cut: then it holds part of the new bytes. */
class Torn {
  bytes = new Uint8Array();
  /** Number of bytes of the next write that are done before the kill. */
  cut = Infinity;
  async read() {
    return this.bytes;
  }
  async write(/** @type {Uint8Array} */ bytes) {
    const done = Math.min(this.cut, bytes.length),
      after = new Uint8Array(Math.max(done, this.cut < bytes.length ? this.bytes.length : 0));
    after.set(this.bytes.subarray(0, after.length));
    after.set(bytes.subarray(0, done));
    this.bytes = after;
    if (this.cut < bytes.length) throw new Error('killed while it wrote');
  }
}

async function ready() {
  const trainer = startTrainer();
  assert.equal((await trainer.ask({ type: 'load', source })).type, 'reply');
  return trainer;
}
const finished = (/** @type {any} */ trainer) =>
  trainer
    .until((/** @type {any} */ m) => m.type === 'state' && m.state === 'finished')
    .then((/** @type {any} */ m) => m.message);

for (const [name, settings] of Object.entries(RUNS))
  test(`${KILLS} kills, ${name}: the same weights`, { timeout: 1_200_000 }, async (t) => {
    const long = { ...settings, epochs: 40 + 20 * KILLS };
    const calm = await ready();
    await calm.ask({ type: 'train', run: 1, settings: long });
    const want = await finished(calm),
      { step: total } = calm.said.findLast((m) => m.type === 'epoch');
    await calm.end();
    assert.match(want, /^[0-9a-f]{16}$/);

    const places = [new Torn(), new Torn()];
    let kills = 0,
      torn = 0,
      restored = 0,
      at = 0;
    for (;;) {
      const trainer = await ready(),
        slots = new Slots([places[0], places[1]]),
        kept = await slots.load();
      if (kept) {
        restored++;
        assert.equal((await trainer.ask({ type: 'restore', run: 1, bytes: kept.slice().buffer })).type, 'reply');
        await trainer.ask({ type: 'resume' });
      } else await trainer.ask({ type: 'train', run: 1, settings: long });
      const end = finished(trainer);
      if (kills === KILLS) {
        assert.equal(await end, want);
        await trainer.end();
        break;
      }
      // So many steps further it is kept, whole or torn; or it is killed before its answer, or some steps later.
      for (let alive = true; alive;) {
        const target = at + random((0.8 * total) / KILLS);
        await Promise.race([end, trainer.until((m) => m.type === 'steps' && m.step >= target)]);
        await new Promise((resolve) => setTimeout(resolve, random(4)));
        const saving = trainer.ask({ type: 'save' }),
          { step } = trainer.said.findLast((m) => m.type === 'steps') ?? { step: 0 };
        if (random(4) < 1) break;
        const { value } = await saving;
        const tear = random(4) < 1;
        for (const place of places) place.cut = tear ? Math.floor(random(value.length)) : Infinity;
        await slots.save(value).then(
          () => {
            at = step;
          },
          () => {
            torn++;
            alive = false;
          },
        );
        if (alive && random(2) < 1) {
          await new Promise((resolve) => setTimeout(resolve, random(30)));
          alive = false;
        }
      }
      await trainer.end();
      kills++;
    }
    t.diagnostic(`${kills} kills, ${torn} in the middle of a write, gone on from a checkpoint ${restored} times`);
    assert.ok(restored >= KILLS / 4, 'from checkpoints, not from the beginning');
  });

test('a helper that is killed leaves the trainer waiting: it is silent, and a new one goes on', async () => {
  const settings = {
    ...RUNS['one_cycle, sgd with momentum'],
    model: 'linear(400) relu linear(400) relu linear(classes)',
    epochs: 400,
  };
  const calm = await ready();
  await calm.ask({ type: 'train', run: 1, settings });
  const want = await finished(calm);
  await calm.end();

  const first = startTrainer({ threads: 3 });
  await first.ask({ type: 'load', source });
  assert.equal((await first.until((/** @type {any} */ m) => m.type === 'ready')).threads, 3);
  await first.ask({ type: 'train', run: 1, settings });
  await first.until((/** @type {any} */ m) => m.type === 'steps' && m.step > 10);
  const { value } = await first.ask({ type: 'save' });
  first.send({ killHelpers: true });
  // Silent: whatever it is asked, nothing comes.
  let heard = performance.now();
  first.listen(() => {
    heard = performance.now();
  });
  while (performance.now() - heard < 1500) await new Promise((resolve) => setTimeout(resolve, 100));
  await first.end();

  const second = startTrainer({ threads: 3 });
  await second.ask({ type: 'load', source });
  assert.equal((await second.ask({ type: 'restore', run: 1, bytes: value.buffer })).type, 'reply');
  await second.ask({ type: 'resume' });
  assert.equal(await finished(second), want);
  await second.end();
});
