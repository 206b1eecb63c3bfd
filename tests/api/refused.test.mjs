/**
 * refused.test.mjs - what the trainer refuses takes nothing away: the run goes on, and comes to the same bits as one
 * that was left alone.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTrainer } from '../../tools/package/node.mjs';
import { smallTar } from '../support/files.mjs';
import { startTrainer } from '../support/trainer.mjs';

const good = smallTar({ classes: ['a', 'b'], perClass: 20 });
/** @param {string} path @param {Uint8Array} bytes */
const source = (path, bytes) => ({
  kind: 'files',
  name: path,
  files: [{ path, file: new Blob([/** @type {any} */ (bytes)]) }],
});
// Seconds of training: all that is refused comes before its end.
const SETTINGS = {
  model: 'linear(200) relu linear(200) relu linear(classes)',
  epochs: 150,
  batch: 2,
  lr: 0.01,
  seed: 1,
};
const noNetwork = () => new TextEncoder().encode('no network, '.repeat(20)).buffer;

/** Each with the code that refuses it. @type {[string, any][]} */
const REFUSED = [
  ['data', { type: 'load', source: source('cut.tar', good.subarray(0, 5000)) }],
  ['data', { type: 'load', source: source('none.txt', new TextEncoder().encode('no pictures')) }],
  ['data', { type: 'load', source: source('damaged.zip', Uint8Array.of(0x50, 0x4b, 3, 4, 5, 6, 7, 8)) }],
  ['argument', { type: 'find', settings: { ...SETTINGS, lr: NaN } }],
  ['model', { type: 'find', settings: { ...SETTINGS, model: 'linear(' } }],
  ['argument', { type: 'train', run: 9, settings: { ...SETTINGS, batch: -1 } }],
  ['argument', { type: 'continue', run: 9, settings: { ...SETTINGS, epochs: 0 } }],
  ['*', { type: 'weights', run: 9, settings: SETTINGS, bytes: noNetwork() }],
  ['*', { type: 'restore', run: 9, bytes: noNetwork() }],
  ['*', { type: 'open', bytes: noNetwork(), keepData: true }],
  ['*', { type: 'open', bytes: noNetwork(), keepData: false }],
  ['*', { type: 'adjust', lr: -1 }],
];

/** The trainer with the data set, and run 1 begun. */
async function begun() {
  const w = startTrainer();
  await w.ask({ type: 'load', source: source('set.tar', good) });
  await w.ask({ type: 'train', run: 1, settings: SETTINGS });
  await w.until((m) => m.type === 'steps');
  return w;
}
/** @param {ReturnType<typeof startTrainer>} w */
const digestOf = async (w) => (await w.until((m) => m.type === 'state' && m.state === 'finished')).message;

/** The digest of the run that nobody disturbs. @type {Promise<string> | undefined} */
let undisturbed;
const wanted = () => (undisturbed ??= begun().then(digestOf));

/** @param {ReturnType<typeof startTrainer>} w */
async function refuseAll(w) {
  for (const [code, request] of REFUSED) {
    const before = w.state(),
      answer = await w.ask(request);
    assert.equal(answer.type, 'error', request.type);
    if (code !== '*') assert.equal(answer.code, code, `${request.type}: ${answer.message}`);
    assert.equal(w.state(), before, `${request.type} changes nothing`);
  }
  // A load that never ends, and is called off.
  const never = w.ask({ type: 'load', source: { kind: 'url', url: 'never', name: 'never' } });
  await w.ask({ type: 'cancel' });
  assert.equal((await never).code, 'aborted');
}

for (const [state, request] of /** @type {const} */ ([
  ['training', 'describe'],
  ['paused', 'pause'],
  ['stopped', 'stop'],
]))
  test(`a run that is ${state}: what is refused leaves it as it was, to the same weights`, async () => {
    const w = await begun();
    await w.ask({ type: request, settings: SETTINGS });
    await refuseAll(w);
    assert.equal(w.state(), state);
    assert.equal((await w.ask({ type: 'resume' })).value.state, 'training');
    assert.equal(await digestOf(w), await wanted());
    assert.ok(!w.said.some((m) => m.run === 9), 'no report of a run that was refused');
    await w.end();
  });

test('a run that has finished is still there, with its digest, after all that is refused', async () => {
  const w = await begun(),
    digest = await digestOf(w);
  await refuseAll(w);
  assert.deepEqual([w.state(), w.said.findLast((m) => m.type === 'state').message], ['finished', digest]);
  assert.equal((await w.ask({ type: 'digest' })).value, digest);
  assert.equal((await w.ask({ type: 'continue', run: 2, settings: { ...SETTINGS, epochs: 1 } })).type, 'reply');
  await w.end();
});

test('a run trains while a data set is loading, is paused, goes on and is stopped; the set that is whole takes its place', async () => {
  const w = await begun();
  const never = w.ask({ type: 'load', source: { kind: 'url', url: 'never', name: 'never' } });
  const step = w.said.findLast((m) => m.type === 'steps').step;
  await w.until((m) => m.type === 'steps' && m.step > step + 20);
  assert.equal((await w.ask({ type: 'pause' })).value.state, 'paused');
  assert.equal((await w.ask({ type: 'train', run: 5, settings: SETTINGS })).code, 'state');
  assert.equal((await w.ask({ type: 'resume' })).value.state, 'training');
  const digestBefore = w.ask({ type: 'digest' }),
    other = source('other.tar', smallTar({ classes: ['x', 'y', 'z'] }));
  assert.match((await digestBefore).value, /^[0-9a-f]{16}$/);
  const { value } = await w.ask({ type: 'load', source: other });
  assert.equal((await never).code, 'aborted');
  assert.deepEqual(value.classes, ['x', 'y', 'z']);
  const states = w.said.filter((m) => m.type === 'state').slice(-2);
  assert.deepEqual(
    states.map((m) => [m.state, m.run]),
    [
      ['stopped', 1],
      ['idle', 1],
    ],
  );
  assert.match(states[0].message, /^[0-9a-f]{16}$/, 'what its weights were');
  assert.equal((await w.ask({ type: 'resume' })).value.state, 'idle', 'the older run is gone with its data');
  assert.equal((await w.ask({ type: 'train', run: 6, settings: { ...SETTINGS, epochs: 1 } })).type, 'reply');
  await w.until((m) => m.type === 'state' && m.state === 'finished' && m.run === 6);
  await w.end();
});

test('stopped while a data set is loading: it can still go on when that is called off', async () => {
  const w = await begun(),
    never = w.ask({ type: 'load', source: { kind: 'url', url: 'never', name: 'never' } });
  assert.equal((await w.ask({ type: 'stop' })).value.state, 'loading');
  assert.ok(w.said.some((m) => m.type === 'state' && m.state === 'stopped' && m.run === 1));
  await w.ask({ type: 'cancel' });
  assert.equal((await never).code, 'aborted');
  assert.equal(w.state(), 'stopped');
  await w.ask({ type: 'resume' });
  assert.equal(await digestOf(w), await wanted());
  await w.end();
});

test('a search goes on while a data set is refused', async () => {
  const w = startTrainer();
  await w.ask({ type: 'load', source: source('set.tar', good) });
  const searched = w.ask({ type: 'find', settings: SETTINGS, sweep: { steps: 1000 } });
  assert.equal((await w.ask(REFUSED[0][1])).code, 'data');
  assert.equal((await searched).type, 'reply');
  await w.end();
});

test('in the package: a load that is refused leaves the run, one that succeeds ends it with the digest of what it had learnt', async () => {
  const trainer = await createTrainer({ threads: 1 });
  await trainer.load(new Blob([/** @type {any} */ (good)]), { name: 'set.tar' });
  const options = { ...SETTINGS, epochs: 10_000 },
    run = trainer.fit(options);
  await new Promise((resolve) => trainer.addEventListener('step', resolve, { once: true }));
  await assert.rejects(trainer.load(new Blob([/** @type {any} */ (good.subarray(0, 5000))]), { name: 'cut.tar' }), {
    code: 'data',
  });
  const { step } = await new Promise((resolve) =>
    trainer.addEventListener('step', ({ detail }) => resolve(detail), { once: true }),
  );
  assert.ok(step > 0, 'it goes on');
  await trainer.load(new Blob([/** @type {any} */ (smallTar({ classes: ['x', 'y', 'z'] }))]), { name: 'other.tar' });
  const { reason, digest } = await run;
  assert.equal(reason, 'stopped');
  assert.match(digest, /^[0-9a-f]{16}$/);
  await trainer.dispose();
});
