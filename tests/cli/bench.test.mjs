/**
 * bench.test.mjs - the bench measures what it says, and can be held against an earlier run. What it finds is nobody's
 * promise here.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ROOT } from '../support/core.mjs';

const folder = mkdtempSync(join(tmpdir(), 'inklearn-bench-'));
const json = join(folder, 'bench.json');
/** @param {string[]} args */
const bench = (...args) =>
  spawnSync(
    process.execPath,
    [
      'tools/bench/bench.mjs',
      '--tiny',
      '--data',
      'build/digits.tar.gz',
      '--places',
      'Node',
      '--no-pytorch',
      '--json',
      json,
      ...args,
    ],
    { cwd: ROOT, encoding: 'utf8' },
  );

test('kernels, layers, steps and loading in Node: every row has times, and the table stands beside an earlier one', () => {
  const first = bench('--only', 'kernels,layers,steps,loading');
  assert.equal(first.status, 0, first.stderr);
  const { rows, engines, data, machine, load } = JSON.parse(readFileSync(json, 'utf8'));
  assert.ok(machine.processor && machine.cores > 0 && engines.length > 0);
  assert.equal(data.pictures, 'digits.tar.gz');
  assert.deepEqual(Object.keys(load), ['kernels', 'layers', 'steps', 'loading']);
  for (const row of rows) {
    assert.ok(row.min > 0 || row.part === 'layers', `${row.what}: ${row.min}`); // a layer may be faster than the clock
    assert.ok(row.min <= row.median && row.median <= row.max && row.n >= 1, row.what);
  }
  for (const model of ['linear', 'mlp', 'cnn', 'resnet18'])
    assert.ok(
      rows.some((/** @type {any} */ r) => r.part === 'steps' && r.what.startsWith(`${model}, batch`)),
      model,
    );
  const second = bench('--only', 'loading', '--base', json);
  assert.equal(second.status, 0, second.stderr);
  assert.match(second.stdout, /speed to base/);
  rmSync(folder, { recursive: true });
});

test('what cannot be measured is refused', () => {
  const { status, stderr } = bench('--only', 'speed');
  assert.equal(status, 2);
  assert.match(stderr, /no 'speed' to measure/);
});
