/**
 * saved.test.mjs - what the command line saves can be opened, also of a run at a rate far too high
 * (tests/checkpoint/sound.c tries many).
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createTrainer, pathEntries } from '../../tools/node/node.mjs';
import { ROOT, scratchFile } from '../support/core.mjs';
import { smallTar } from '../support/files.mjs';

const data = scratchFile(smallTar({ perClass: 12 })),
  folder = mkdtempSync(join(tmpdir(), 'inklearn-'));

/** @param {string[]} args */
const inklearn = (...args) =>
  spawnSync(process.execPath, [join(ROOT, 'tools/inklearn.mjs'), ...args], { cwd: folder, encoding: 'utf8' });

const RUNS = {
  'batch norm, 1e5': ['--model', 'conv(4,5,2,bias=no) bn relu linear(classes)', '--lr', '1e5'],
  'batch norm, 1e6': [
    '--model',
    'linear(8) bn relu linear(8) bn relu linear(classes)',
    '--lr',
    '1e6',
    '--momentum',
    '0.9',
  ],
  'averages, 1e6': [
    '--model',
    'linear(8) bn relu linear(classes)',
    '--lr',
    '1e6',
    '--optimizer',
    'adam',
    '--ema',
    '0.9',
  ],
  'a rate that learns': ['--model', 'linear(8) bn relu linear(classes)', '--lr', '0.05'],
};

for (const [name, args] of Object.entries(RUNS))
  test(`saved and opened: ${name}`, () => {
    const file = join(folder, `${name}.safetensors`);
    const { status, stderr } = inklearn(
      'train',
      '--data',
      data,
      '--epochs',
      '12',
      '--batch',
      '6',
      ...args,
      '--save',
      file,
    );
    assert.ok(status === 0 || status === 3, stderr);
    assert.equal(
      status === 3,
      /no longer a finite number at step \d+ of epoch \d+ \(parameter group \d+, learning rate /.test(stderr),
      stderr,
    );
    assert.ok(existsSync(file));
    for (const next of [
      ['info', '--load', file],
      ['evaluate', '--data', data, '--load', file],
      ['train', '--data', data, '--load', file, '--epochs', '1', '--lr', '0.01'],
    ]) {
      const again = inklearn(...next);
      assert.ok(
        again.status === 0 ||
          (again.status === 1 && /no longer a finite number/.test(again.stderr)) ||
          again.status === 3,
        `${next[0]}: ${again.stderr}`,
      );
      assert.doesNotMatch(again.stderr, /not a finite number|makes no sense|was not loaded|    at /, next[0]);
    }
  });

test('saved and opened in a trainer: after each slice of runs at rates from fine to far too high', async () => {
  const trainer = await createTrainer({ threads: 1 }),
    reader = await createTrainer({ threads: 1 });
  await trainer.load('small', await pathEntries(data));
  let diverged = 0,
    saved = 0;
  for (const lr of [0.01, 100, 1e4, 1e5, 1e6])
    for (const optimizer of ['sgd', 'adam'])
      try {
        for (const r of trainer.fit(
          /** @type {any} */ ({ model: 'conv(4,5,2) bn relu linear(classes)', epochs: 6, batch: 6, lr, optimizer }),
        )) {
          assert.ok(r);
          reader.open(trainer.engine.save(true));
          saved++;
        }
      } catch (error) {
        assert.equal(/** @type {any} */ (error).code, 'diverged', String(error));
        reader.open(trainer.engine.save(true));
        diverged++;
      }
  assert.ok(diverged > 0 && saved > 20, `${diverged} diverged, ${saved} saved`);
  trainer.engine.close();
  reader.engine.close();
});
