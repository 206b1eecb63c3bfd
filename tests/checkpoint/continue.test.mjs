/**
 * continue.test.mjs - a run continues in PyTorch, in one process and in two, where python3-torch is there; and the
 * notebook, as far as it runs without fastai.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createTrainer, pathEntries } from '../../tools/node/node.mjs';
import { ROOT, scratchFile } from '../support/core.mjs';
import { smallTar } from '../support/files.mjs';

const python = ['python3', '/usr/bin/python3'].find((p) => spawnSync(p, ['-c', 'import torch']).status === 0) ?? '';
const skip = python ? false : 'python3-torch is not there (apt-get install python3-torch)';
const folder = mkdtempSync(join(tmpdir(), 'inklearn-')),
  data = scratchFile(smallTar({ perClass: 24, classes: ['a', 'b', 'c', 'd'] }));

/** @param {string[]} args @returns {any[]} events */
function inklearn(...args) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['tools/inklearn.mjs', ...args, '--json'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  assert.equal(status, 0, `inklearn ${args.join(' ')}: ${stdout.slice(0, 1000)}${stderr}`);
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

/** @param {string} command @param {string[]} args */
function run(command, ...args) {
  const { status, stdout, stderr } = spawnSync(command, args, {
    encoding: 'utf8',
    env: { ...process.env, OMP_NUM_THREADS: '1' },
  });
  assert.equal(status, 0, `${command} ${args.join(' ')}: ${stdout.slice(0, 1000)}${stderr.slice(-3000)}`);
  return stdout;
}

/** Trains one epoch and exports it. @param {string} name @param {string[]} settings */
function exported(name, settings, format = '--pytorch') {
  const load = join(folder, `${name}.safetensors`),
    to = join(folder, name);
  inklearn('train', '--data', data, '--batch', '10', '--seed', '5', '--epochs', '1', ...settings, '--save', load);
  inklearn('export', format, '--data', data, '--load', load, '--to', to);
  return { load, to };
}

/** The losses that the script has printed. @param {string} stdout */
const lossesIn = (stdout) => [...stdout.matchAll(/"loss": ([\d.e-]+)/g)].map((m) => Number(m[1]));

/** @param {number[]} losses @param {number[]} ours */
function assertNear(losses, ours) {
  assert.equal(losses.length, ours.length);
  losses.forEach((loss, i) =>
    assert.ok(Math.abs(loss - ours[i]) < 1e-4, `step ${i}: ${loss} in PyTorch, ${ours[i]} here`),
  );
}

/** The losses of the same run continued here. @param {string} load @param {string[]} settings */
const oursOf = (load, settings) =>
  inklearn('train', '--data', data, '--load', load, '--epochs', '1', ...settings, '--steps')
    .filter((e) => e.event === 'step')
    .map((e) => e.loss);

// Settings of the run, then those of the network. The rates are such that the losses move within five steps.
const RECIPES = {
  sgd: [
    ['--lr', '0.05'],
    ['--model', 'mlp', '--momentum', '0.9', '--nesterov', '1', '--weight-decay', '0.01'],
  ],
  'adam, one cycle': [
    ['--lr', '0.003', '--schedule', 'one_cycle'],
    [
      '--model',
      'conv(4,3) relu maxpool(2) linear(classes)',
      '--optimizer',
      'adam',
      '--weight-decay',
      '0.1',
      '--clip',
      '0.5',
    ],
  ],
  'fastai, groups and norms': [
    ['--lr', '1e-4:1e-2', '--schedule', 'one_cycle'],
    [
      '--model',
      'rgb conv(6,3,2,bias=no) bn relu split block(6) block(8,2) split residual(conv(8,1) | ) concatpool bn ' +
        'linear(9) relu linear(classes)',
      '--optimizer',
      'fastai_adam',
      '--label-smoothing',
      '0.1',
      '--drop-last',
      '1',
      '--weight-decay',
      '0.2',
    ],
  ],
};

for (const [name, [own, kept]] of Object.entries(RECIPES))
  test(`PyTorch continues with the losses of Inklearn: ${name}`, { skip }, () => {
    const { load, to } = exported(name.replaceAll(/\W+/g, '-'), [...own, ...kept]),
      ours = oursOf(load, own).slice(0, 5);
    assert.ok(new Set(ours).size === 5, 'the losses do not move');
    assertNear(lossesIn(run(python, join(to, 'train.py'), '--epochs', '1', '--steps', '5')), ours);
  });

test('PyTorch continues with averaged weights, and validates the averages', { skip }, () => {
  const own = ['--lr', '0.05'],
    { load, to } = exported('averages', [...own, '--model', 'mlp', '--momentum', '0.9', '--ema', '0.9']);
  const events = inklearn('train', '--data', data, '--load', load, '--epochs', '1', ...own, '--steps');
  assertNear(
    lossesIn(run(python, join(to, 'train.py'), '--epochs', '1', '--steps', '5')),
    events
      .filter((e) => e.event === 'step')
      .map((e) => e.loss)
      .slice(0, 5),
  );
  const [, loss] = run(python, join(to, 'train.py'), '--epochs', '1').match(/valid loss ([\d.]+)/) ?? [];
  assert.equal(
    loss,
    events
      .filter((e) => e.event === 'epoch')
      .at(-1)
      .valid_loss.toFixed(4),
  );
});

test('PyTorch continues in two processes with the same losses, and Inklearn opens the result', { skip }, async () => {
  const own = ['--lr', '0.05'],
    { load, to } = exported('two', [...own, '--model', 'mlp', '--momentum', '0.9']),
    script = join(to, 'train.py'),
    ours = oursOf(load, own);
  // Output is redirected, because PyTorch 1.13's launcher fails with Python 3.11 otherwise.
  const torchrun = [
    '-m',
    'torch.distributed.run',
    '-r',
    '1',
    '-t',
    '1',
    '--rdzv_backend',
    'c10d',
    '--rdzv_endpoint',
    'localhost:0',
    '--nproc_per_node',
    '2',
    script,
    '--epochs',
    '1',
  ];
  assertNear(lossesIn(run(python, ...torchrun, '--steps', '5')), ours.slice(0, 5));
  const told = run(python, ...torchrun).match(/valid loss ([\d.]+), accuracy ([\d.]+)/) ?? [];
  const [epoch] = inklearn('train', '--data', data, '--load', load, '--epochs', '1', ...own).filter(
    (e) => e.event === 'epoch',
  );
  assert.deepEqual(told.slice(1), [epoch.valid_loss.toFixed(4), epoch.accuracy.toFixed(4)]);
  const trainer = await createTrainer({ threads: 1 });
  await trainer.load('small', await pathEntries(data));
  trainer.engine.trainWith(/** @type {any} */ ({ model: 'mlp' }), readFileSync(join(to, 'trained.safetensors')));
  assert.equal(trainer.evaluate().validLoss.toFixed(4), told[1]);
  trainer.engine.close();
});

test('the notebook is sound, and its cells before fastai open the network', () => {
  const { to } = exported(
    'notebook',
    [...RECIPES['fastai, groups and norms'].flat(), '--augment', 'fastai,-flip'],
    '--notebook',
  );
  const notebook = JSON.parse(readFileSync(join(to, 'notebook.ipynb'), 'utf8'));
  assert.deepEqual([notebook.nbformat, notebook.nbformat_minor], [4, 5]);
  assert.equal(new Set(notebook.cells.map((/** @type {any} */ c) => c.id)).size, notebook.cells.length);
  /** @type {string[]} */
  const code = notebook.cells
    .filter((/** @type {any} */ c) => c.cell_type === 'code')
    .map((/** @type {any} */ c) => c.source.join(''));
  const all = code.join('\n');
  assert.match(all, /learn\.fit_one_cycle\(1, lr_max=slice\(0\.0001, 0\.01\), div=25/);
  assert.match(all, /aug_transforms\(size=28, do_flip=False\)/);
  assert.match(
    all,
    /opt_func=partial\(Adam, mom=0\.9, sqr_mom=0\.99, eps=0\.00001, decouple_wd=True\), wd=0\.2, splitter=splitter/,
  );
  if (!python) return;
  const program = join(to, 'cells.py');
  writeFileSync(
    program,
    code
      .slice(
        0,
        code.findIndex((c) => c.includes('fastai')),
      )
      .join('\n\n'),
  );
  assert.equal(spawnSync(python, [program], { cwd: to, encoding: 'utf8' }).stderr, '');
  writeFileSync(
    program,
    'import ast, json\nfor cell in json.load(open("notebook.ipynb"))["cells"]:\n    if cell["cell_type"] == "code":\n' +
      '        ast.parse("".join(cell["source"]))\n',
  );
  assert.equal(spawnSync(python, [program], { cwd: to, encoding: 'utf8' }).stderr, '');
});

test('an export with data of other classes is refused', () => {
  const { load } = exported('fit', ['--model', 'linear']),
    other = scratchFile(smallTar({ classes: ['x', 'y'] }));
  const refused = spawnSync(
    process.execPath,
    ['tools/inklearn.mjs', 'export', '--pytorch', '--data', other, '--load', load, '--to', join(folder, 'no')],
    { cwd: ROOT, encoding: 'utf8' },
  );
  assert.equal(refused.status, 1);
  assert.match(refused.stderr, /class/);
});
