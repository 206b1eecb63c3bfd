/** worker.test.mjs - messages to the worker: in any order, twice, late, and such as nobody should send. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createHost } from '../../web/core/host.js';
import { digitPng, smallTar } from '../support/files.mjs';
import { startTrainer as start } from '../support/trainer.mjs';

const source = (o = {}) => ({
  kind: 'files',
  name: 'set',
  files: [{ path: 'set.tar', file: new Blob([smallTar({ classes: ['a', 'b'], perClass: 20, ...o })]) }],
});
const SETTINGS = { model: 'mlp', epochs: 3, batch: 4, lr: 0.01, seed: 1 };
// By far the longest that can be asked for: a fast machine is through with 10,000 epochs of a small one in a second.
const forever = { ...SETTINGS, model: 'linear(400) relu linear(400) relu linear(classes)', batch: 1, epochs: 10000 };

/** A worker with data. */
async function loaded() {
  const w = start();
  assert.equal((await w.ask({ type: 'load', source: source() })).type, 'reply');
  return w;
}

test('what is no request is refused by an error, and the worker goes on', async () => {
  const w = start();
  assert.equal((await w.until((m) => m.type === 'ready')).version, 1);
  const odd = [
    null,
    undefined,
    5,
    'train',
    [],
    {},
    { type: 'train' },
    { id: 'x', type: 'stop' },
    { id: null, type: 'stop' },
  ];
  for (const message of odd) w.send(message);
  for (const type of ['__proto__', 'constructor', 'toString', 'Train', '', undefined, 7]) {
    const answer = await w.ask({ type });
    assert.deepEqual([answer.type, answer.code], ['error', 'argument'], String(type));
    assert.match(answer.message, /no such request/);
  }
  assert.equal(w.said.filter((m) => m.type === 'error' && m.id === null && m.code === 'argument').length, odd.length);
  assert.equal((await w.ask({ type: 'stop' })).type, 'reply');
  await w.end();
});

test('before there are data or a model: each request has an answer, none a crash', async () => {
  const w = start();
  for (const type of ['pause', 'resume', 'stop', 'stop', 'reset', 'reset', 'pause', 'stop'])
    assert.equal((await w.ask({ type })).type, 'reply', type);
  for (const request of [
    { type: 'train', settings: SETTINGS },
    { type: 'continue', settings: SETTINGS },
    { type: 'find', settings: SETTINGS },
    { type: 'save' },
    { type: 'describe', settings: SETTINGS },
    { type: 'weights', settings: SETTINGS, bytes: new ArrayBuffer(3) },
    { type: 'restore', bytes: new ArrayBuffer(3) },
    { type: 'preview', settings: SETTINGS, count: 1, draw: 0 },
    { type: 'pictures', split: 'train', indices: [0] },
  ]) {
    const answer = await w.ask({ run: 1, ...request });
    assert.equal(answer.type, 'error', request.type);
    assert.ok(['state', 'argument'].includes(answer.code), `${request.type}: ${answer.code}: ${answer.message}`);
  }
  assert.ok(!w.said.some((m) => m.type === 'crash' || m.code === 'internal'));
  await w.end();
});

test('start twice, stop thrice, start while stopping: the last word counts, and reports carry their run', async () => {
  const w = await loaded();
  const starts = [1, 2, 3].map((run) => w.ask({ type: 'train', run, settings: forever }));
  for (const answer of await Promise.all(starts)) assert.equal(answer.type, 'reply');
  await w.until((m) => m.type === 'steps' && m.run === 3);
  const third = w.said.findIndex((m) => m.type === 'state' && m.run === 3);
  assert.ok(
    w.said.slice(third).every((m) => m.run === undefined || m.run === 3),
    'nothing of an older run after the new one began',
  );
  const answers = await Promise.all([
    ...['stop', 'stop', 'stop'].map((type) => w.ask({ type })),
    w.ask({ type: 'train', run: 4, settings: SETTINGS }),
  ]);
  assert.ok(answers.every((a) => a.type === 'reply'));
  await w.until((m) => m.type === 'state' && m.state === 'finished' && m.run === 4);
  assert.equal(w.said.filter((m) => m.type === 'epoch' && m.run === 4).length, 3);
  await w.end();
});

test('pause and resume in any number: the run is the same to the bit', async () => {
  const digests = [];
  for (const often of [0, 5]) {
    const w = await loaded();
    await w.ask({ type: 'train', run: 1, settings: { ...SETTINGS, epochs: 40 } });
    for (let i = 0; i < often; i++)
      for (const type of ['pause', 'pause', 'resume', 'resume', 'resume']) w.send({ type, id: 1000 + i });
    digests.push((await w.until((m) => m.type === 'state' && m.state === 'finished')).message);
    await w.end();
  }
  assert.match(digests[0], /^[0-9a-f]{16}$/);
  assert.equal(digests[0], digests[1]);
});

test('a long step is left between two layers for a pause; what else is asked waits for its end, and the run is the same to the bit', async () => {
  const settings = { model: 'resnet18', epochs: 3, batch: 64, lr: 0.001, optimizer: 'adam', ema: 0.9, seed: 1 },
    digests = [];
  let ended = 0;
  for (const asked of [[], ['digest', 'pause', 'save', 'predictions', 'pause', 'digest']]) {
    const w = start();
    await w.ask({ type: 'load', source: source({ perClass: 100 }) });
    const steps = () => w.said.filter((m) => m.type === 'steps').length;
    await w.ask({ type: 'train', run: 1, settings });
    for (const type of asked) {
      await w.ask({ type: 'pause' });
      const before = steps();
      const answer = await w.ask({ type, split: 'valid', indices: [0, 1] });
      assert.equal(answer.type, 'reply', answer.message);
      const more = steps() - before;
      assert.ok(more <= (type === 'pause' ? 0 : 1), `${type}: ${more} steps while paused`);
      ended += more;
      const next = w.until((m) => m.type === 'steps' && steps() > before + more);
      await w.ask({ type: 'resume' });
      await next;
    }
    // This one has pieces, between which training goes on.
    if (asked.length) assert.equal((await w.ask({ type: 'explain', label: 0, nearest: 3 })).value.nearest.length, 3);
    digests.push((await w.until((m) => m.type === 'state' && m.state === 'finished')).message);
    await w.end();
  }
  assert.ok(ended > 0, 'a pause came in the midst of a step, which takes longer than a slice everywhere');
  assert.match(digests[0], /^[0-9a-f]{16}$/);
  assert.equal(digests[0], digests[1]);
});

test('searches for a learning rate: a second ends the first; training ends it and is not harmed', async () => {
  const w = await loaded();
  // The search takes many seconds, so that it is under way when something ends it, even on a busy machine.
  const long = {
    type: 'find',
    settings: { ...SETTINGS, model: 'linear(2000) relu linear(2000) relu linear(classes)' },
    sweep: { start: 1e-9, end: 1e-8, steps: 1000 },
  };
  const [first, second] = await Promise.all([w.ask(long), w.ask({ type: 'find', settings: SETTINGS })]);
  assert.deepEqual([first.type, first.code], ['error', 'aborted']);
  assert.equal(second.type, 'reply', second.message);
  assert.ok(second.value.points.length > 5);
  const third = w.ask(long);
  const train = await w.ask({ type: 'train', run: 7, settings: SETTINGS });
  assert.equal(train.type, 'reply', train.message);
  assert.equal((await third).code, 'aborted');
  const digest = (await w.until((m) => m.type === 'state' && m.state === 'finished' && m.run === 7)).message;
  await w.ask({ type: 'train', run: 8, settings: SETTINGS });
  assert.equal(
    (await w.until((m) => m.type === 'state' && m.state === 'finished' && m.run === 8)).message,
    digest,
    'the same as without a search',
  );
  const stopped = w.ask(long);
  assert.equal((await w.ask({ type: 'stop' })).value.state, 'idle');
  assert.equal((await stopped).code, 'aborted');
  await w.end();
});

test('loads: the second takes the place of the first; what needs data waits for neither; a failed one loses nothing', async () => {
  const w = await loaded();
  const other = source({ classes: ['x', 'y', 'z'] });
  const first = w.ask({ type: 'load', source: { kind: 'url', url: 'never', name: 'never' } });
  await w.until(
    (m) => m.type === 'state' && m.state === 'loading' && w.said.filter((s) => s.state === 'loading').length === 2,
  );
  for (const request of [
    { type: 'train', run: 1 },
    { type: 'continue', run: 1 },
    { type: 'find' },
    { type: 'weights', run: 1, bytes: new ArrayBuffer(8) },
    { type: 'restore', run: 1, bytes: new ArrayBuffer(8) },
  ])
    assert.equal(
      (await w.ask({ ...request, settings: SETTINGS })).code,
      'state',
      `${request.type}: not while it loads`,
    );
  assert.deepEqual((await w.ask({ type: 'stop' })).value, { state: 'loading' });
  const second = await w.ask({ type: 'load', source: other });
  assert.equal((await first).code, 'aborted');
  assert.deepEqual(second.value.classes, ['x', 'y', 'z']);
  const bad = {
    kind: 'files',
    name: 'bad',
    files: [{ path: 'bad.tar', file: new Blob([smallTar().subarray(0, 5000)]) }],
  };
  assert.equal((await w.ask({ type: 'load', source: bad })).code, 'data');
  assert.equal(
    (await w.ask({ type: 'train', run: 2, settings: SETTINGS })).type,
    'reply',
    'the data that were there are there',
  );
  await w.until((m) => m.type === 'state' && m.state === 'finished' && m.run === 2);
  await w.end();
});

test('requests with values that make no sense: an error each, and a run that goes on', async () => {
  const w = await loaded();
  await w.ask({ type: 'train', run: 1, settings: forever });
  const settings = [
    { ...SETTINGS, lr: NaN },
    { ...SETTINGS, lr: 1e308 },
    { ...SETTINGS, lr: '1,5' },
    { ...SETTINGS, epochs: 0 },
    { ...SETTINGS, epochs: '' },
    { ...SETTINGS, batch: -1 },
    { ...SETTINGS, batch: Infinity },
    { ...SETTINGS, seed: 2 ** 53 },
    { ...SETTINGS, model: '' },
    { ...SETTINGS, model: 'linear\nlr=5' },
    { ...SETTINGS, model: 'relu '.repeat(900) },
    { ...SETTINGS, model: null },
    { ...SETTINGS, lr: {} },
    { ...SETTINGS, toString: 1 },
    { ...SETTINGS, 'lr=1\nepochs': 1 },
    undefined,
    null,
  ];
  const odd = [
    ...settings.map((s) => ({ type: 'train', run: 9, settings: s })),
    ...settings.map((s) => ({ type: 'describe', settings: s })),
    { type: 'predict', rgba: new ArrayBuffer(10), width: 5, height: 5 },
    { type: 'predict', rgba: new ArrayBuffer(0), width: 0, height: 0 },
    { type: 'predict', rgba: new ArrayBuffer(4), width: -1, height: -1 },
    { type: 'predict', rgba: new ArrayBuffer(4), width: NaN, height: 1e300 },
    { type: 'predict' },
    ...[-1, 1e10, NaN, 2 ** 32, 40].map((i) => ({ type: 'pictures', split: 'train', indices: [i] })),
    { type: 'pictures' },
    { type: 'preview', settings: SETTINGS, count: 0, draw: 0 },
    { type: 'preview', settings: SETTINGS, count: 1e9, draw: 0 },
    { type: 'preview', settings: SETTINGS, count: 1, draw: NaN },
    { type: 'restore', run: 9, bytes: new ArrayBuffer(0) },
    { type: 'restore', run: 9, bytes: new TextEncoder().encode('{"weights":1}'.repeat(9)).buffer },
    { type: 'weights', run: 9, settings: null, bytes: new ArrayBuffer(8) },
    { type: 'adjust', lr: -1 },
    { type: 'adjust', lr: NaN },
    ...[0, NaN, undefined].map((most) => ({ type: 'decode', bytes: Uint8Array.from(digitPng(1)).buffer, most })),
    { type: 'decode', bytes: new ArrayBuffer(0), most: 9 },
    { type: 'decode' },
  ];
  for (const request of odd) {
    const answer = await w.ask(request);
    assert.equal(answer.type, 'error', JSON.stringify(request));
    assert.ok(answer.message, JSON.stringify(request));
  }
  const step = w.said.filter((m) => m.type === 'steps').at(-1).step;
  await w.until((m) => m.type === 'steps' && m.run === 1 && m.step > step + 10);
  assert.equal(w.state(), 'training', 'the run was not touched');
  assert.ok(!w.said.some((m) => m.type === 'crash' || m.run === 9));
  await w.end();
});

test('a failure between two slices of training is reported, and the next run trains', async () => {
  /** @type {any[]} */
  const said = [];
  /** @type {(() => void)[]} */
  const listeners = [];
  let refuses = false;
  const heard = (/** @type {(report: any) => boolean} */ fits) =>
    new Promise((resolve) => {
      const look = () => {
        if (said.some(fits)) resolve(undefined);
      };
      listeners.push(look);
      look();
    });
  const send = (/** @type {any} */ report) => {
    if (refuses && report.type === 'error') {
      refuses = false;
      throw new Error('this report could not be sent');
    }
    said.push(report);
    for (const look of listeners) look();
  };
  const slices = [
    () => {
      throw new Error('a slice failed');
    },
    () => ({ done: true }),
  ];
  const engine = { digest: 'digest', describe: () => ({}) };
  const trainer = { engine, fit: () => ({ next: slices.shift() }) };
  const answer = createHost(/** @type {any} */ (Promise.resolve(trainer)), send, async () => []);
  refuses = true;
  await answer({ id: 1, type: 'train', run: 1, settings: SETTINGS });
  await heard((r) => r.type === 'error' && r.id === null && r.message === 'this report could not be sent');
  await answer({ id: 2, type: 'train', run: 2, settings: SETTINGS });
  await heard((r) => r.type === 'state' && r.state === 'finished' && r.run === 2);
});
