/** native.test.mjs - the test programs in C, under sanitizers and in WebAssembly; and the goldens. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { missing, ROOT, scratchFile, shared } from './support/core.mjs';
import { runGoldens } from './goldens/goldens.mjs';

/** A program that ends with `N passed, N failed, N skipped`. */
function run(t, command, ...args) {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', cwd: ROOT, maxBuffer: 1 << 26 });
  t.diagnostic(stdout.trim().split('\n').at(-1));
  assert.equal(status, 0, `${stdout.slice(0, 3000)}${stderr.slice(0, 3000)}`);
  assert.match(stdout, /[1-9]\d* passed, 0 failed/);
}

test('kernels, native', (t) => run(t, 'build/tests/kernels'));
test('kernels, WebAssembly: scalar and simd128', (t) =>
  run(t, process.execPath, '--no-warnings', 'tests/support/run-wasm.mjs', 'build/tests/kernels.wasm'));
test(
  'kernels, WebAssembly: relaxed',
  { skip: existsSync(join(ROOT, 'build/tests/kernels-relaxed.wasm')) ? false : 'no compiler of relaxed SIMD is here' },
  (t) => run(t, process.execPath, '--no-warnings', 'tests/support/run-wasm.mjs', 'build/tests/kernels-relaxed.wasm'),
);
test('layers, native', (t) => run(t, 'build/tests/layers'));
test('convolutions with few multiplications: the matrices', (t) => run(t, 'build/tests/toom'));
test('model lines and first weights, native', (t) => run(t, 'build/tests/models'));
test('the learner, native', (t) => run(t, 'build/tests/learner'));
test("fastai's check values and the traps", (t) => run(t, 'build/tests/semantics'));
test('what recipes are made of: averages, distortion, pictures held out, test-time averaging, calibration, presets', (t) =>
  run(t, 'build/tests/recipes'));

test('checkpoints: resumed to the bit, damaged, hostile', (t) => run(t, 'build/tests/checkpoint'));
test('what was saved can be loaded, whatever the rate', (t) => run(t, 'build/tests/sound'));
test('hostile input costs no more than its size: checkpoints, settings, model lines', (t) =>
  run(t, 'build/tests/growth'));
test('settings, model lines and archives at their limits, native', (t) => run(t, 'build/tests/limits'));
test('settings, model lines and archives at their limits, WebAssembly', (t) =>
  run(t, process.execPath, '--no-warnings', 'tests/support/run-wasm.mjs', 'build/tests/limits.wasm'));
test('augmentation, native', (t) => run(t, 'build/tests/augment'));

test("goldens: PyTorch's numbers", { skip: missing('reference/goldens/manifest.json') }, async (t) => {
  const lines = [];
  const { passed, failed } = await runGoldens(shared('reference/goldens'), (line) => lines.push(line));
  t.diagnostic(lines.at(-1));
  assert.equal(failed, 0, lines.filter((l) => !l.startsWith('skipped')).join('\n'));
  assert.ok(passed > 0);
});

test(
  'goldens: a folder that cannot be read is refused with its reason, a wrong number is found',
  { skip: missing('reference/goldens/manifest.json') },
  async () => {
    await assert.rejects(
      runGoldens('/nowhere', () => {}),
      /manifest\.json/,
    );
    const { mkdtempSync, writeFileSync, copyFileSync, readdirSync } = await import('node:fs');
    const folder = mkdtempSync(join(scratchFile(Buffer.alloc(0)), '../goldens-'));
    for (const name of readdirSync(shared('reference/goldens')))
      copyFileSync(join(shared('reference/goldens'), name), join(folder, name));
    const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'));
    manifest.cases = manifest.cases.filter((c) => c.op === 'linear').slice(0, 2);
    const y = manifest.cases[0].tensors.find((t) => t.name === 'y'),
      dx = manifest.cases[1].tensors.find((t) => t.name === 'dx');
    [y.offset, dx.rtol, dx.atol] = [y.offset + 16, 0, 0];
    writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest));
    const lines = [];
    const { failed } = await runGoldens(folder, (line) => lines.push(line));
    assert.ok(failed >= 1, lines.join('\n'));
    assert.match(lines.join('\n'), /linear_00\S+ \(native scalar, sanitized\): y\[0\]: got \S+, want \S+ within/);
    writeFileSync(join(folder, 'layers.bin'), 'short');
    await assert.rejects(
      runGoldens(folder, () => {}),
      /layers\.bin has 5 bytes, not/,
    );
  },
);
