/** tools.test.mjs - the command line, the trainer under Node, and the pure parts of the page. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { createTrainer, pathEntries } from '../../tools/node/node.mjs';
import { Column, join } from '../../web/page/history.js';
import { reduce } from '../../web/plots/reduce.js';
import { missing, ROOT, scratchFile, shared } from '../support/core.mjs';
import { smallTar } from '../support/files.mjs';

const inklearn = (...args) =>
  spawnSync(process.execPath, ['tools/inklearn.mjs', ...args], { cwd: ROOT, encoding: 'utf8' });

test('train: the epoch table, and --json one event a line and nothing else', () => {
  const data = scratchFile(smallTar());
  const plain = inklearn('train', '--data', data, '--model', 'mlp', '--epochs', '2', '--batch', '5');
  assert.equal(plain.status, 0, plain.stderr);
  assert.match(plain.stdout, /12 training and 12 test pictures of 3 classes/);
  assert.equal(plain.stdout.match(/^ +\d +\d\.\d{4} /gm).length, 2);
  const json = inklearn('train', '--data', data, '--model', 'mlp', '--epochs', '2', '--batch', '5', '--json');
  const events = json.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.deepEqual(
    events.map((e) => e.event),
    ['load', 'epoch', 'epoch', 'done'],
  );
  assert.deepEqual(events[0].classes, ['0', '1', '2']);
  for (const key of [
    'train_loss',
    'train_loss_smoothed',
    'valid_loss',
    'accuracy',
    'batch_accuracy',
    'seconds',
    'train_seconds',
    'valid_seconds',
  ])
    assert.ok(Number.isFinite(events[1][key]), key);
  assert.deepEqual([events[1].epoch, events[2].epoch], [0, 1]);
});

test('train: errors have one line, a code, and the exit code 1 or 2', () => {
  const data = scratchFile(smallTar());
  assert.match(inklearn('train', '--data', '/nowhere').stderr, /\/nowhere: there is no such file or folder/);
  const wrong = inklearn('train', '--data', data, '--model', 'linear(3) rleu', '--json');
  assert.equal(wrong.status, 1);
  assert.deepEqual(JSON.parse(wrong.stdout.trim().split('\n').at(-1)).code, 'model');
  assert.equal(inklearn('train', '--data', data, '--lr', 'fast').status, 1);
  assert.equal(inklearn('train', '--quickly').status, 2);
  assert.equal(inklearn('fly').status, 2);
  assert.equal(inklearn('train', '--help').status, 0);
});

test('the same seed gives the same bits, twice; another seed does not', async () => {
  const data = scratchFile(smallTar({ perClass: 20 }));
  const losses = [];
  for (const seed of [5, 5, 6]) {
    const trainer = await createTrainer();
    await trainer.load('small', await pathEntries(data));
    const settings = { model: 'mlp', epochs: 3, batch: 7, lr: 0.3, momentum: 0.9, weightDecay: 0.01, seed };
    losses.push(
      [...trainer.fit(settings)].flatMap((r) => (r.type === 'steps' ? [...r.losses] : [r.validLoss, r.trainLoss])),
    );
  }
  assert.deepEqual(losses[0], losses[1]);
  assert.notDeepEqual(losses[0], losses[2]);
});

test('reports: steps add up, progress ends at 1', async () => {
  const trainer = await createTrainer();
  await trainer.load('small', await pathEntries(scratchFile(smallTar({ perClass: 20 }))));
  const reports = [
    ...trainer.fit({ model: 'linear', epochs: 4, batch: 8, lr: 0.1, momentum: 0, weightDecay: 0, seed: 0 }, 9),
  ];
  const steps = reports.filter((r) => r.type === 'steps'),
    epochs = reports.filter((r) => r.type === 'epoch');
  assert.equal(
    steps.reduce((n, r) => n + r.losses.length, 0),
    4 * Math.ceil(60 / 8),
  );
  assert.equal(steps[0].losses.length, 1, 'the first step is told at once');
  assert.equal(steps.at(-1).progress, 1);
  assert.ok(reports.every((r) => r.run === 9));
  assert.deepEqual(
    epochs.map((e) => e.epoch),
    [0, 1, 2, 3],
  );
  const last = epochs.at(-1),
    right = [0, 4, 8].reduce((n, i) => n + last.confusion[i], 0);
  assert.equal(
    last.confusion.reduce((a, b) => a + b),
    60,
  );
  assert.equal(last.accuracy, right / 60);
});

test(
  "MNIST, linear, 20 epochs: within PyTorch's range of single runs",
  { skip: missing('data/mnist_png.tar.gz') },
  async () => {
    const trainer = await createTrainer();
    await trainer.load('mnist', await pathEntries(shared('data/mnist_png.tar.gz')));
    const last = [
      ...trainer.fit({ model: 'linear', epochs: 20, batch: 256, lr: 0.01, momentum: 0, weightDecay: 0, seed: 1 }),
    ].at(-1);
    assert.ok(Math.abs(last.trainLoss - 0.401) < 0.003, `training loss ${last.trainLoss}`);
    assert.ok(Math.abs(last.accuracy - 0.9003) < 0.003, `accuracy ${last.accuracy}`);
  },
);

test('history: a column grows; a reduced curve keeps its ends and what stands out', () => {
  const column = new Column();
  for (let i = 0; i < 5000; i++) column.push(i);
  assert.deepEqual([column.length, column.values()[4999]], [5000, 4999]);
  const x = Float64Array.from({ length: 10000 }, (_, i) => i / 100),
    y = x.map((v) => Math.sin(v));
  y[1234] = 50;
  y[8765] = -50;
  const kept = reduce(x, y, 100);
  assert.ok(kept.length <= 202 && kept.includes(1234) && kept.includes(8765));
  assert.deepEqual([kept[0], kept.at(-1)], [0, 9999]);
  assert.ok(
    kept.every((k, i) => i === 0 || k > kept[i - 1]),
    'rising',
  );
  assert.deepEqual(reduce(x.subarray(0, 5), y.subarray(0, 5), 100), [0, 1, 2, 3, 4]);
  assert.deepEqual(reduce(new Float64Array(), new Float64Array(), 10), []);
  assert.ok(reduce(new Float64Array(1000).fill(3), y.subarray(0, 1000), 10).length >= 2, 'all at one x');
});

test('history: curves of different x are joined; what is not finite is a gap', () => {
  assert.deepEqual(
    join([
      { x: [1, 2, 4], y: [10, NaN, 40] },
      { x: [2, 3], y: [5, 6] },
    ]),
    [
      [1, 2, 3, 4],
      [10, null, undefined, 40],
      [undefined, 5, 6, undefined],
    ],
  );
});
