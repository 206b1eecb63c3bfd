/** use.mjs - a program that has installed the package: everything of its API once. `use.mjs inline|thread archive.tar` */
import assert from 'node:assert/strict';
import { createReadStream, openAsBlob } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import {
  ArgumentError,
  createTrainer,
  DataError,
  DivergedError,
  InklearnError,
  ModelError,
  StateError,
} from 'inklearn';

const [mode, archive] = process.argv.slice(2),
  inline = mode === 'inline';
const trainer = await createTrainer({ inline, threads: 2, seed: 3 });
assert.equal(trainer.threads, 2);
const settings = /** @type {const} */ ({ model: 'mlp', epochs: 2, batch: 16, lr: 0.05, momentum: 0.9 });

// Every kind of source brings the same pictures.
const bytes = await readFile(archive);
/** @param {any} source @param {any} [options] */
const digestOf = async (source, options) => {
  const report = await trainer.load(source, options);
  assert.deepEqual(
    [report.train, report.valid, report.classes],
    [32, 32, ['a', 'b', 'c', 'd']],
    JSON.stringify(report),
  );
  return (await trainer.fit(settings)).digest;
};
const expected = await digestOf(archive);
assert.equal(await digestOf(Readable.toWeb(createReadStream(archive))), expected, 'a stream');
assert.equal(await digestOf(bytes), expected, 'bytes');
assert.equal(await digestOf(await openAsBlob(archive)), expected, 'a Blob');
assert.equal(await digestOf([new File([bytes], 'x.tar')]), expected, 'a list of Files');
assert.equal(await digestOf(new Response(bytes)), expected, 'a Response');
await assert.rejects(trainer.load(bytes.subarray(0, 3000)), (e) => e instanceof DataError && e.code === 'data');
await assert.rejects(
  trainer.load(`${archive}.none`),
  (e) => e instanceof ArgumentError && /no such file/.test(e.message),
);

// Arrays and single pictures: two classes, left ink and right ink.
const side = (/** @type {number} */ n) =>
  Uint8Array.from({ length: 784 }, (_, i) => (i % 28 < 14 === (n % 2 === 0) && i % 7 > n % 5 ? 255 : 0));
const flat = (/** @type {number} */ n) => {
  const out = new Uint8Array(n * 784);
  for (let i = 0; i < n; i++) out.set(side(i), 784 * i);
  return out;
};
const labels = (/** @type {number} */ n) => Array.from({ length: n }, (_, i) => i % 2);
await trainer.load({
  train: flat(60),
  trainLabels: labels(60),
  valid: flat(20),
  validLabels: labels(20),
  classes: ['left', 'right'],
});
const arrays = await trainer.fit({ ...settings, epochs: 4 });
async function* pictures() {
  for (let i = 0; i < 60; i++)
    yield { class: ['left', 'right'][i % 2], image: { width: 28, height: 28, grey: side(i) } };
  for (let i = 0; i < 20; i++)
    yield {
      class: ['left', 'right'][i % 2],
      split: /** @type {const} */ ('valid'),
      image: { width: 28, height: 28, grey: side(i) },
    };
}
const report = await trainer.load(pictures());
assert.deepEqual([report.train, report.valid, report.classes], [60, 20, ['left', 'right']]);
const info = await trainer.model('mlp');
assert.equal(info.line, 'linear(30) relu linear(classes)');
/** @type {any[]} */
const steps = [];
trainer.addEventListener('step', ({ detail }) => steps.push(detail));
const epochs = [];
for await (const epoch of trainer.fit({ ...settings, model: undefined, epochs: 4 })) epochs.push(epoch);
assert.deepEqual(
  epochs.map((e) => e.epoch),
  [0, 1, 2, 3],
);
assert.deepEqual(
  steps.map((s) => s.step),
  [...Array(16).keys()],
  'a step event for each mini-batch',
);
assert.ok(steps.every((s) => s.loss >= 0 && Math.abs(s.lr - 0.05) < 1e-8));
assert.equal(epochs[3].validLoss, arrays.epochs[3].validLoss, 'arrays and pictures one by one are the same data');
assert.equal(epochs[3].accuracy, 1, 'it tells left from right');

// The network's results on the data.
const evaluation = await trainer.evaluate();
assert.equal(evaluation.accuracy, 1);
assert.deepEqual([...(await trainer.confusion())], [10, 0, 0, 10]);
assert.deepEqual(await trainer.mostConfused(), []);
const top = await trainer.topLosses(3);
assert.ok(top.length === 3 && top[0].loss >= top[1].loss && top[0].picture.length === 784);
const rgba = new Uint8ClampedArray(4 * 784).fill(255);
side(1).forEach((v, i) => rgba.fill(v, 4 * i, 4 * i + 3));
for (const picture of [
  { width: 28, height: 28, grey: side(1) },
  { width: 28, height: 28, data: rgba },
]) {
  const prediction = await trainer.predict(picture, { as: 'picture' });
  assert.equal(prediction.class, 'right');
  assert.ok(Math.abs(prediction.probabilities[0] + prediction.probabilities[1] - 1) < 1e-6);
  assert.deepEqual([...prediction.picture], [...side(1)]);
}
assert.equal((await trainer.predict({ width: 28, height: 28, grey: side(0) })).logits.length, 2, 'as a digit');

// The finder leaves the network as it is; so does a file of it.
const before = await trainer.save();
const found = await trainer.lrFind({ steps: 40 });
assert.ok(found.points.length > 10 && found.points[0].lr < 1e-6);
assert.deepEqual(await trainer.save(), before, 'the finder changed the network');
const other = await createTrainer({ inline: !inline, threads: 1 });
assert.deepEqual((await other.loadCheckpoint(before)).classes, ['left', 'right']);
assert.equal((await other.predict({ width: 28, height: 28, grey: side(1) }, { as: 'picture' })).class, 'right');
await other.dispose();

// Further, anew, and in the middle of a run: the same bits.
const further = await trainer.fit({ epochs: 1, lr: 0.05 });
assert.equal(further.epochs[0].epoch, 4, 'fit goes on with the network that is there');
await trainer.reset();
const whole = await trainer.fit({ ...settings, model: 'mlp', epochs: 4 });
const half = await (async () => {
  await trainer.reset();
  for await (const epoch of trainer.fit({ ...settings, model: 'mlp', epochs: 400 })) if (epoch.epoch === 1) break; // leaving the loop stops it
  return trainer.save();
})();
assert.ok(half.length > 0);
await trainer.reset();
const paused = trainer.fit({ ...settings, model: 'mlp', epochs: 4 });
await trainer.pause();
const middle = await trainer.save();
await trainer.resume();
assert.equal((await paused).digest, whole.digest, 'a pause changed the run');
const resumed = trainer.resumeFrom(middle);
assert.equal((await resumed).digest, whole.digest, 'the run was resumed to other bits');

// Aborting, stopping, refusing.
const abort = new AbortController();
await trainer.reset();
await assert.rejects(
  (async () => {
    for await (const epoch of trainer.fit({ ...settings, epochs: 9000, signal: abort.signal }))
      if (epoch.epoch === 2) abort.abort(new Error('enough'));
  })(),
  /enough/,
);
const stopping = trainer.fit({ epochs: 9000 });
await stopping.next();
await trainer.stop();
assert.equal((await stopping).reason, 'stopped');
await assert.rejects(trainer.load(pictures(), { signal: AbortSignal.abort(new Error('no')) }), /no/);
const late = new AbortController();
async function* endless() {
  for (let i = 0; ; i++) {
    if (i === 50) late.abort(new Error('late'));
    yield { class: 'a', image: { width: 28, height: 28, grey: side(i) } };
  }
}
await assert.rejects(trainer.load(endless(), { signal: late.signal }), /late/);
await assert.rejects(
  (async () => {
    await trainer.fit(/** @type {any} */ ({ batchSize: 3 }));
  })(),
  (e) => e instanceof ArgumentError && e.message === 'there is no option batchSize; did you mean batch?',
);
await assert.rejects(
  trainer.model('lineer(3)'),
  (e) => e instanceof ModelError && e instanceof InklearnError && e.code === 'model',
);
await trainer.reset();
await assert.rejects(trainer.confusion(), StateError);
await assert.rejects(
  (async () => {
    for await (const _ of trainer.fit({ model: 'mlp', batch: 10, lr: 1e6, weightDecay: 1 }));
  })(),
  DivergedError,
);
await assert.rejects(
  trainer.load([{ class: 'a/b', image: side(1) }]),
  (e) => e instanceof ArgumentError && /without slashes/.test(e.message),
);
await trainer.dispose();
await trainer.dispose();
await assert.rejects(trainer.evaluate(), (e) => e instanceof StateError && /disposed/.test(e.message));
const gone = new AbortController(),
  created = await createTrainer({ inline, threads: 1, signal: gone.signal });
gone.abort(new Error('all off'));
await assert.rejects(created.evaluate(), /all off/);
await createTrainer({ inline, threads: 2 }); // is not disposed, and does not keep the process alive
console.log('done');
