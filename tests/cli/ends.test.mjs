/**
 * ends.test.mjs - runs of the command line that end early: by a signal, by a loss that is not finite, by a closed pipe.
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { scratchFile } from '../support/core.mjs';
import { readSafetensors, smallTar, tarEntry } from '../support/files.mjs';
import { PROGRAM, folder, inklearn, data, events, listen } from '../support/commands.mjs';

test('a lost loss: exit code 3, the last good weights saved; without --save they are said to be gone', () => {
  const file = join(folder(), 'good.safetensors'),
    args = ['train', '--data', data, '--model', 'mlp', '--batch', '10', '--lr', '1e6', '--weight-decay', '1'];
  const { status, stdout, stderr } = inklearn(...args, '--save', file, '--json');
  assert.equal(status, 3);
  const last = JSON.parse(stdout.trim().split('\n').at(-1));
  assert.deepEqual([last.event, last.code, last.checkpoint], ['error', 'diverged', file]);
  assert.match(
    stderr,
    /no longer a finite number at step \d+ of epoch \d+ \(parameter group 0, learning rate 1e\+06\)/,
  );
  assert.ok(Number.isFinite(events('evaluate', '--data', data, '--load', file).at(-1).valid_loss));
  const gone = inklearn(...args);
  assert.equal(gone.status, 3);
  assert.match(gone.stderr, /--save FILE would have saved them/);
});

for (const [signal, exit] of /** @type {const} */ ([
  ['SIGINT', 130],
  ['SIGTERM', 143],
]))
  test(`${signal}: a checkpoint, from which the run ends with the same bits as one that was left alone`, async () => {
    const run = [
      '--data',
      data,
      '--model',
      'linear(20) bn relu dropout(0.3) linear(classes)',
      '--epochs',
      '60',
      '--batch',
      '7',
      '--drop-last',
      '1',
      '--optimizer',
      'adam',
      '--lr',
      '0.001',
      '--augment',
      'fastai',
      '--seed',
      '4',
    ];
    const half = join(folder(), 'half.safetensors'),
      whole = join(folder(), 'whole.safetensors'),
      resumed = join(folder(), 'resumed.safetensors');
    let seen = 0,
      stopped;
    const ended = await listen(['train', ...run, '--save', half, '--json', '--steps'], (line, child) => {
      if (line.startsWith('{"event":"stopped"')) stopped = JSON.parse(line);
      if (line.startsWith('{"event":"step"') && ++seen === 20) child.kill(signal); // in the middle of an epoch
    });
    assert.deepEqual(ended, { code: exit, signal: null });
    assert.deepEqual(stopped, { event: 'stopped', signal, checkpoint: half });
    const rest = events('train', '--data', data, '--resume', half, '--save', resumed),
      all = events('train', ...run, '--save', whole);
    const first = rest.find((e) => e.event === 'epoch').epoch;
    assert.ok(first < 60, 'it was stopped before its end');
    assert.deepEqual(readFileSync(resumed), readFileSync(whole));
    assert.equal(rest.at(-1).accuracy, all.at(-1).accuracy);
  });

test('a second Ctrl-C stops at once; a checkpoint is there whole or not at all', async () => {
  const file = join(folder(), 'x.safetensors');
  const { code, signal } = await listen(
    [
      'train',
      '--data',
      data,
      '--model',
      'linear(4000) relu linear(4000) relu linear(classes)',
      '--optimizer',
      'adam',
      '--lr',
      '1e-5',
      '--epochs',
      '1000',
      '--save',
      file,
      '--json',
      '--steps',
    ],
    (line, child) => {
      if (line.startsWith('{"event":"step"') || line.startsWith('stopping after this step')) child.kill('SIGINT');
    },
  );
  assert.ok(signal === 'SIGINT' || code === 130, `${code} ${signal}`);
  if (existsSync(file)) assert.ok(Object.keys(readSafetensors(readFileSync(file)).tensors).length > 0);
});

test('bench: a line for each model', () => {
  const all = events(
    'bench',
    '--data',
    data,
    '--model',
    'linear',
    '--model',
    'mlp',
    '--seconds',
    '1',
    '--batch',
    '16',
  ).filter((e) => e.event === 'bench');
  assert.deepEqual(
    all.map((e) => [e.model, e.batch]),
    [
      ['linear', 16],
      ['mlp', 16],
    ],
  );
  assert.ok(all.every((e) => e.images_per_second > 0 && Math.abs(e.ms_per_step * e.images_per_second - 16000) < 1e-6));
});

test(
  'progress bars on a terminal, and nowhere else',
  { skip: spawnSync('script', ['--version']).status === 0 ? false : 'there is no `script` to make a terminal' },
  () => {
    const many = scratchFile(smallTar({ perClass: 300 })),
      command = `"${process.execPath}" "${PROGRAM}" train --data "${many}" --model mlp --batch 4 --epochs 100`;
    const terminal = spawnSync('script', ['-qec', command, '/dev/null'], { cwd: folder(), encoding: 'utf8' });
    assert.match(terminal.stdout, /loading .*%/);
    assert.match(terminal.stdout, /training \S+ \d+%  loss \d\.\d{4}  \d+ pictures\/s  \d+ s left/);
    assert.match(terminal.stdout, / {3}99 {2,}\d\.\d{4}/, 'the table beside it');
    const { stdout, stderr } = spawnSync('sh', ['-c', command], { cwd: folder(), encoding: 'utf8' });
    assert.equal(stderr, '');
    assert.ok(!stdout.includes('%'));
  },
);

test('names from outside do not steer the terminal', () => {
  const steers = /[\x00-\x09\x0b-\x1f\u202e]/;
  const evil = scratchFile(
    smallTar({
      classes: ['a', 'b\u202eb'],
      perClass: 5,
      extra: [tarEntry('set/training/a/\x1b[31m\u202e.png', Buffer.from('x'))],
    }),
  );
  const { status, stdout, stderr } = inklearn('train', '--data', evil, '--epochs', '1', '--interpret', '--batch', '5');
  assert.equal(status, 0, stderr);
  assert.ok(!steers.test(stdout + stderr));
  assert.match(stdout, /b\\u202eb/);
  assert.match(stderr, /\\u001b\[31m\\u202e/);
  const one = inklearn('train', '--data', scratchFile(smallTar({ classes: ['b\u202eb'] })));
  assert.match(one.stderr, /^only one class, 'b\\u202eb'/);
});

test('a reader that stops reading ends the program quietly', async () => {
  const child = spawn(
    'sh',
    ['-c', `"${process.execPath}" "${PROGRAM}" lr-find --data "${data}" --steps 1000 --end 0.1 --json | head -1`],
    { cwd: folder() },
  );
  let stderr = '',
    stdout = '';
  child.stderr.on('data', (text) => {
    stderr += text;
  });
  child.stdout.on('data', (text) => {
    stdout += text;
  });
  await new Promise((resolve) => {
    child.on('close', resolve);
  });
  assert.equal(stderr, '');
  assert.match(stdout, /^\{"event":"load".*\}\n$/);
});
