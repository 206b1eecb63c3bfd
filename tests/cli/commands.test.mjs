/** commands.test.mjs - each command of the command line, as a program: what it writes, prints and refuses. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { nearest } from '../../tools/package/nearest.mjs';
import { scratchFile } from '../support/core.mjs';
import { noPython, readDrawing } from '../support/drawings.mjs';
import { digitPng, png, readSafetensors, safetensors, smallTar } from '../support/files.mjs';
import { folder, inklearn, data, events, widthOf, network } from '../support/commands.mjs';

test('help: an overview, and the options of each command; what there is not, with the nearest name', () => {
  const overview = inklearn('--help');
  assert.equal(overview.status, 0);
  for (const command of ['train', 'evaluate', 'predict', 'lr-find', 'export', 'info', 'bench']) {
    assert.match(overview.stdout, new RegExp(`^  ${command} `, 'm'));
    const { status, stdout } = inklearn(command, '--help');
    assert.equal(status, 0);
    assert.match(stdout, new RegExp(`^usage: inklearn ${command} `));
    assert.match(stdout, /^ {2}--json /m);
  }
  const says = (/** @type {string[]} */ args, /** @type {RegExp} */ message) => {
    const { status, stdout, stderr } = inklearn(...args);
    assert.deepEqual([status, stdout], [2, '']);
    assert.match(stderr, message);
  };
  says([], /^usage: inklearn COMMAND/);
  says(['evalaute'], /^there is no command 'evalaute'; did you mean evaluate\?\n$/);
  says(['fly'], /^there is no command 'fly'\n$/);
  says(['train', '--ephocs', '3'], /^there is no option --ephocs; did you mean --epochs\?\n$/);
  says(['train', 'picture.png'], /Unexpected argument 'picture\.png'/);
  says(['train', '--table', 'pretty'], /--table must be one of plain, fastai, not 'pretty'/);
  says(['predict', 'a.png'], /--load FILE is needed/);
  says(['predict', '--load', 'x'], /name the PNG files/);
  says(['predict', '--as', 'letter', 'a.png'], /--as must be digit or picture/);
  says(['export', '--load', 'x'], /--to PATH is needed/);
  says(['export', '--load', 'x', '--to', 'y', '--format', 'onxn'], /--format must be one of safetensors/);
  says(['lr-find', '--steps', '5'], /--steps must be a whole number from 6 to 1000, not '5'/);
  says(['bench', '--seconds', '0'], /--seconds must/);
  assert.deepEqual([nearest('lrr', ['lr', 'lr-find']), nearest('xyz', ['lr'])], ['lr', null]);
});

test('train --interpret --plots: text, events and SVG files that agree', () => {
  const plots = join(folder(), 'p'),
    args = [
      'train',
      '--data',
      data,
      '--epochs',
      '2',
      '--batch',
      '10',
      '--lr',
      '0.003',
      '--model',
      'mlp',
      '--interpret',
      '--plots',
      plots,
    ];
  const all = events(...args),
    { confusion, most_confused: confused, top_losses: top } = all.find((e) => e.event === 'interpretation');
  assert.deepEqual(
    all.map((e) => e.event),
    ['load', 'epoch', 'epoch', 'plots', 'interpretation', 'plots', 'done'],
  );
  assert.deepEqual(confusion, all.at(-1).confusion);
  const want = confusion
    .map((count, i) => [`${Math.floor(i / 3)}`, `${i % 3}`, count])
    .filter(([a, p, count]) => a !== p && count > 0)
    .sort((a, b) => b[2] - a[2]);
  assert.deepEqual(confused, want);
  assert.equal(top.length, 9);
  assert.ok(
    top.every(
      (t, i) =>
        t.path.includes(`/testing/${t.actual}/`) &&
        (i === 0 || t.loss <= top[i - 1].loss) &&
        t.probability > 0 &&
        t.probability <= 1,
    ),
  );
  assert.deepEqual(readdirSync(plots).sort(), [
    'accuracy.svg',
    'confusion-matrix.svg',
    'first-layer.svg',
    'loss.svg',
    'top-losses.svg',
  ]);
  for (const name of readdirSync(plots)) assert.ok(widthOf(join(plots, name)) > 100, name);
  assert.deepEqual(
    all.filter((e) => e.event === 'plots').flatMap((e) => e.files),
    ['loss', 'accuracy', 'confusion-matrix', 'top-losses', 'first-layer'].map((name) => join(plots, `${name}.svg`)),
  );
  if (!noPython) {
    const counts = readDrawing(readFileSync(join(plots, 'confusion-matrix.svg')))
      .tagged('text')
      .map((e) => e.text)
      .slice(-confusion.length);
    assert.deepEqual(counts.map(Number), confusion, 'the drawing has the numbers of the event');
  }

  const { status, stdout } = inklearn(...args);
  assert.equal(status, 0);
  assert.match(stdout, /^Confusion matrix: rows actual, columns predicted\n +0 +1 +2\n/m);
  for (const row of [0, 1, 2])
    assert.match(stdout, new RegExp(`^ +${row} +${confusion.slice(3 * row, 3 * row + 3).join(' +')}$`, 'm'));
  if (want.length) assert.match(stdout, new RegExp(`^Most confused: .*\n  ${want[0].join('  ')}$`, 'm'));
  assert.match(
    stdout,
    new RegExp(
      `^Top losses: .*\n  ${top[0].predicted}  ${top[0].actual}  ${top[0].loss.toFixed(2)}  ${top[0].probability.toFixed(2)}  ${top[0].path}$`,
      'm',
    ),
  );
});

test('train --steps: an event for each step; --table fastai: its rows, a table for each fit', () => {
  const args = [
    'train',
    '--data',
    data,
    '--schedule',
    'fine_tune',
    '--epochs',
    '2',
    '--batch',
    '25',
    '--drop-last',
    '1',
    '--optimizer',
    'fastai_adam',
    '--lr',
    ':3e-3',
  ];
  const all = events(...args, '--steps'),
    steps = all.filter((e) => e.event === 'step'),
    epochs = all.filter((e) => e.event === 'epoch');
  assert.deepEqual(
    steps.map((s) => [s.epoch, s.step]),
    [
      [0, 0],
      [0, 1],
      [1, 2],
      [1, 3],
      [2, 4],
      [2, 5],
    ],
  );
  assert.ok(
    steps.every((s) => s.loss > 0 && s.smooth_loss > 0 && s.lr > 0 && s.momentum >= 0.85 && s.momentum <= 0.95),
  );
  assert.equal(steps[0].lr, Math.fround(3e-3 / 25));
  const { stdout } = inklearn(...args, '--table', 'fastai');
  const table = stdout.slice(stdout.indexOf('epoch'));
  const row = (/** @type {number} */ i, /** @type {number} */ shown) =>
    `${shown}      ${epochs[i].train_loss_smoothed.toFixed(6)}    ${epochs[i].valid_loss.toFixed(6)}    ${epochs[i].accuracy.toFixed(6)}  00:00\n`;
  const head = 'epoch  train_loss  valid_loss  accuracy  time\n';
  assert.equal(table, head + row(0, 0) + head + row(1, 0) + row(2, 1));
});

test('pictures held out: judged by them, calibrated to them, and no longer trained on; test-time averaging beside the plain figures', () => {
  const file = join(folder(), 'held.safetensors'),
    how = ['--data', data, '--model', 'mlp', '--epochs', '2', '--batch', '10', '--lr', '0.1'];
  const told = events('train', ...how, '--hold-out', '15', '--save', file),
    [load] = told,
    calibration = told.find((e) => e.event === 'calibration');
  assert.deepEqual([load.train, load.test], [45, 15]);
  assert.equal(
    told.at(-1).confusion.reduce((/** @type {number} */ a, /** @type {number} */ b) => a + b),
    15,
  );
  assert.ok(calibration.loss <= calibration.loss_before);
  const evaluation = events('evaluate', '--data', data, '--load', file, '--shifts').at(-1);
  assert.equal(evaluation.temperature, calibration.temperature, 'the file keeps it');
  assert.equal(
    evaluation.reliability.reduce((/** @type {number} */ n, /** @type {any} */ b) => n + b.count, 0),
    evaluation.pictures,
  );
  assert.ok(evaluation.shifted_accuracy >= 0 && evaluation.shifted_loss !== evaluation.valid_loss);
  assert.match(
    inklearn('train', ...how, '--hold-out', '60').stderr,
    /--hold-out must be a whole number from 1 to 59, not '60'/,
  );
});

test("train --load with --preset: the preset's settings; another model than that of the file is refused", () => {
  const file = join(folder(), 'quick.safetensors');
  events('train', '--data', data, '--preset', 'quick', '--epochs', '1', '--save', file);
  const kept = events('train', '--data', data, '--load', file, '--epochs', '1', '--steps'),
    preset = events('train', '--data', data, '--load', file, '--preset', 'quick', '--epochs', '1', '--steps');
  const first = (/** @type {any[]} */ told) => told.find((e) => e.event === 'step').lr;
  assert.deepEqual(
    [first(kept), first(preset)],
    [0.01, 0.01 / 25].map(Math.fround),
    'constant, and the first of a cycle',
  );
  assert.match(
    inklearn('train', '--data', data, '--load', file, '--preset', 'good').stderr,
    /to go on with it, leave the model as it is/,
  );
});

test("evaluate: the last epoch's numbers; of other data; of weights that do not say their model", () => {
  const trained = events('train', '--data', data, '--model', 'mlp', '--epochs', '3', '--batch', '10', '--lr', '0.1')
    .filter((e) => e.event === 'epoch')
    .at(-1);
  const evaluation = events('evaluate', '--data', data, '--load', network()).at(-1);
  for (const key of ['valid_loss', 'accuracy', 'batch_accuracy']) assert.equal(evaluation[key], trained[key], key);
  const more = scratchFile(smallTar({ perClass: 30 }));
  assert.equal(events('evaluate', '--data', more, '--load', network()).at(-1).pictures, 90);
  const bare = scratchFile(
    safetensors(
      Object.fromEntries(
        Object.entries(readSafetensors(readFileSync(network())).tensors).filter(
          ([name]) => !name.startsWith('optimizer.'),
        ),
      ),
    ),
  );
  assert.equal(
    events('evaluate', '--data', data, '--load', bare, '--model', 'mlp', '--batch', '10').at(-1).valid_loss,
    trained.valid_loss,
  );
  const wrong = inklearn('evaluate', '--data', data, '--load', bare, '--model', 'linear');
  assert.equal(wrong.status, 1);
  assert.match(wrong.stderr, /no tensor weight/);
  const plots = join(folder(), 'p');
  assert.ok(
    events('evaluate', '--data', data, '--load', network(), '--plots', plots).some((e) => e.event === 'interpretation'),
  );
  assert.ok(existsSync(join(plots, 'confusion-matrix.svg')));
  const others = inklearn(
    'evaluate',
    '--data',
    scratchFile(smallTar({ classes: ['0', '1', '3'] })),
    '--load',
    network(),
  );
  assert.match(others.stderr, /the checkpoint's class 2 is '2', which the data set's is not/);
});

test('train --load: the network goes on as it was trained, but for what is given; another model is refused', () => {
  const file = join(folder(), 'next.safetensors'),
    settings = (/** @type {string[]} */ ...args) => {
      const all = events('train', '--data', data, '--epochs', '1', '--save', file, ...args);
      return { epoch: all.find((e) => e.event === 'epoch').epoch, ...events('info', '--load', file).at(-1).settings };
    };
  const first = settings(
    '--model',
    'mlp',
    '--batch',
    '10',
    '--optimizer',
    'adam',
    '--momentum',
    '0.8',
    '--augment',
    'fastai,-flip',
    '--schedule',
    'one_cycle',
    '--seed',
    '5',
  );
  const next = settings('--load', file, '--lr', '0.02');
  assert.deepEqual(
    [next.epoch, next.lr, next.schedule, next.model],
    [1, '0.02', 'constant', 'mlp'],
    "epochs go on counting; rate and schedule are this run's",
  );
  for (const key of ['batch', 'optimizer', 'momentum', 'augment', 'seed']) assert.equal(next[key], first[key], key);
  const other = settings('--load', file, '--optimizer', 'sgd', '--batch', '20');
  assert.deepEqual(
    [other.batch, other.momentum, other.augment],
    ['20', '0', 'fastai,-flip'],
    "momentum was the other optimiser's",
  );
  assert.match(
    inklearn('train', '--data', data, '--load', network(), '--model', 'linear').stderr,
    /the trained network is 'linear\(30\) relu linear\(classes\)'/,
  );
});

test("predict: each picture's class; one that is damaged is named, the others are told", () => {
  const good = [3, 41, 22].map((n) => scratchFile(digitPng(n))),
    bad = scratchFile(Buffer.from('no PNG')),
    args = ['predict', '--load', network(), '--as', 'picture'];
  const all = events(...args, ...good, '--tensors');
  assert.deepEqual(all[0], { event: 'load', classes: ['0', '1', '2'] });
  for (const [i, e] of all.slice(1).entries()) {
    assert.deepEqual([e.event, e.file, e.input.length, e.logits.length], ['prediction', good[i], 784, 3]);
    assert.ok(Math.abs(e.probabilities.reduce((a, b) => a + b) - 1) < 1e-6);
    assert.equal(e.label, String(e.logits.indexOf(Math.max(...e.logits))));
    assert.equal(e.probability, Math.max(...e.probabilities));
  }
  const { status, stdout, stderr } = inklearn(...args, good[0], bad, '/nowhere.png', good[1]);
  assert.equal(status, 1);
  assert.deepEqual(
    stdout
      .trim()
      .split('\n')
      .map((line) => line.split(':')[0]),
    [good[0], good[1]],
  );
  assert.match(stdout, /: [012] \d+\.\d %, [012] \d+\.\d %, [012] \d+\.\d %\n/);
  assert.match(stderr, new RegExp(`^${bad}: .*PNG.*\n/nowhere\\.png: there is no such file\n$`));
  const nothing = inklearn('predict', '--load', bad, good[0]);
  assert.equal(nothing.status, 1);
  assert.match(nothing.stderr, /not a safetensors file/);
});

test('predict: what every viewer shows is read, and another kind of file is named, with what to do', () => {
  const plain = png({ width: 90, height: 90, sample: (x, y) => (x > 40 && x < 52 && y > 15 && y < 75 ? 20 : 250) });
  const white = png({
    width: 90,
    height: 90,
    colour: 6,
    sample: (x, y, c) => (c === 3 && !(x > 40 && x < 52 && y > 15 && y < 75) ? 0 : 255),
  });
  const shown = [plain, Buffer.concat([plain, Buffer.from('\n')]), white].map((bytes) => scratchFile(bytes));
  const labels = events('predict', '--load', network(), ...shown)
    .slice(1)
    .map(({ probabilities }) => probabilities);
  assert.deepEqual(labels.slice(1), [labels[0], labels[0]]);
  /** @type {[Buffer, string][]} */
  const others = [
    [Buffer.from('ffd8ffe000104a464946', 'hex'), 'it is a JPEG, not a PNG: save it as PNG'],
    [Buffer.from('RIFF\0\0\0\0WEBPVP8 ', 'latin1'), 'it is a WebP, not a PNG: save it as PNG'],
    [Buffer.from('\0\0\0\x18ftypheic', 'latin1'), 'it is a HEIC, not a PNG: save it as PNG'],
    [Buffer.from('%PDF-1.7'), 'it is a PDF, not a PNG: save its page as PNG'],
    [Buffer.from('<svg/>'), 'it is an SVG, not a PNG: export it as PNG'],
  ];
  const files = others.map(([bytes]) => scratchFile(bytes)),
    { status, stderr } = inklearn('predict', '--load', network(), ...files);
  assert.equal(status, 1);
  assert.deepEqual(
    stderr.trim().split('\n'),
    others.map(([, reason], i) => `${files[i]}: ${reason}`),
  );
});

test('export: the weights alone, under the same names; info: what is in a checkpoint, what a model line makes', () => {
  const to = join(folder(), 'sub/weights.safetensors');
  const event = events('export', '--load', network(), '--to', to).at(-1);
  assert.deepEqual([event.event, event.file, event.bytes], ['export', to, readFileSync(to).length]);
  const { tensors } = readSafetensors(readFileSync(to)),
    all = readSafetensors(readFileSync(network())).tensors;
  assert.deepEqual(Object.keys(tensors), ['0.weight', '0.bias', '2.weight', '2.bias']);
  for (const name of Object.keys(tensors)) assert.deepEqual(tensors[name], all[name]);
  const nowhere = inklearn('export', '--load', network(), '--to', '/dev/null/x');
  assert.equal(nowhere.status, 1);
  assert.match(nowhere.stderr, /^\/dev\/null\/x could not be written/);

  const inside = events('info', '--load', to).at(-1);
  assert.deepEqual(
    [inside.line, inside.parameters, inside.classes, inside.settings.model, inside.settings.batch],
    ['linear(30) relu linear(classes)', 784 * 30 + 30 + 93, ['0', '1', '2'], 'mlp', '10'],
  );
  const made = events('info', '--data', data, '--model', 'resnet18', '--batch', '8').at(-1);
  assert.deepEqual([made.parameters, made.layers.at(-1).shape], [11703872 + 512 * 3, [3]]);
  assert.ok(made.bytes > 4 * made.parameters);
  const wrong = inklearn('info', '--data', data, '--model', 'conv(8,3) maxpol(2)');
  assert.equal(wrong.status, 1);
  assert.match(wrong.stderr, /column 11, 'maxpol': no such layer/);
});

test('lr-find: points, suggestions, a plot; of a network, which is only read', () => {
  const plots = join(folder(), 'p');
  const all = events(
    'lr-find',
    '--data',
    data,
    '--model',
    'mlp',
    '--batch',
    '10',
    '--steps',
    '60',
    '--end',
    '100',
    '--plots',
    plots,
  );
  const points = all.filter((e) => e.event === 'point');
  assert.ok(points.length > 20 && points.every((p, i) => i === 0 || p.lr > points[i - 1].lr));
  assert.equal(all.at(-1).steps, points.length);
  assert.ok(points.some((p) => p.lr === all.at(-1).suggestions.steep));
  assert.ok(widthOf(join(plots, 'lr-find.svg')) > 100);
  const before = readFileSync(network());
  assert.match(
    inklearn('lr-find', '--data', data, '--load', network()).stdout,
    /minimum\/10: \d\.\d\de[-+]\d+, steepest point: .*, valley: .*, after \d+ steps\n$/,
  );
  assert.deepEqual(readFileSync(network()), before);
  assert.match(inklearn('lr-find', '--data', data, '--start', '1', '--end', '0.5').stderr, /0 < start < end/);
});
