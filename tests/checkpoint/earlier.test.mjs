/**
 * earlier.test.mjs - checkpoints of an earlier build, without the resolved layers, still open everywhere: in the core,
 * the command line, each export and PyTorch. Runs resume with the bits that the earlier build reached.
 *
 * The files in fixtures/ were written by that build before its runs were finished; expected.json has what it then
 * said of them: the logits of one picture, a validation, and SHA-256 sums of the tensors at the end of the resumed
 * run and one epoch later.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { InferenceSession, Tensor, env } from 'onnxruntime-web/wasm';
import { createTrainer, pathEntries } from '../../tools/node/node.mjs';
import { ROOT, scratchFile } from '../support/core.mjs';
import { digitPng, smallTar } from '../support/files.mjs';

env.wasm.numThreads = 1;
const python = spawnSync(
  ['python3', '/usr/bin/python3'].find((p) => spawnSync(p, ['-c', 'import torch']).status === 0) ?? 'false',
  ['-c', 'import sys; print(sys.executable)'],
  { encoding: 'utf8' },
).stdout.trim();
const noTorch = python ? false : 'python3-torch is not there (apt-get install python3-torch)';

const fixture = (/** @type {string} */ name) => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));
const expected = JSON.parse(readFileSync(fixture('expected.json'), 'utf8'));
const folder = mkdtempSync(join(tmpdir(), 'inklearn-'));
const data = scratchFile(smallTar({ perClass: 24, classes: ['a', 'b', 'c', 'd'] }));
const PICTURE = digitPng(14),
  picture = join(folder, 'picture.png');
writeFileSync(picture, PICTURE);

/** The sum of the bytes behind the header: all tensors, the optimiser's state included. @param {Uint8Array} file */
function digestOf(file) {
  const header = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
  return createHash('sha256')
    .update(file.subarray(8 + header))
    .digest('hex');
}

/** @param {string[]} args @returns {any[]} events */
function inklearn(...args) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['tools/inklearn.mjs', ...args, '--json', '--variant', 'deterministic'],
    { cwd: ROOT, encoding: 'utf8' },
  );
  assert.equal(status, 0, `inklearn ${args.join(' ')}: ${stdout.slice(0, 1000)}${stderr}`);
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

for (const [name, { line, classes, label, logits, validLoss, accuracy, resumed, continued }] of Object.entries(
  expected,
)) {
  const path = fixture(`${name}.safetensors`),
    file = new Uint8Array(readFileSync(path));

  test(`${name}: the core opens it and predicts, validates and resumes with the same bits`, async () => {
    const trainer = await createTrainer({ threads: 1, arithmetic: 'deterministic' });
    assert.deepEqual(trainer.open(file).classes, classes);
    const prediction = trainer.engine.predictPng(PICTURE, 'picture');
    assert.deepEqual([prediction.label, ...prediction.logits], [label, ...logits]);
    await trainer.load('small', await pathEntries(data));
    trainer.open(file, { keepData: true });
    const evaluation = trainer.evaluate();
    assert.deepEqual([evaluation.validLoss, evaluation.accuracy], [validLoss, accuracy]);
    if (resumed) {
      for (const report of trainer.resume(file)) assert.ok(report);
      assert.equal(digestOf(trainer.engine.save(true)), resumed, 'at the end of its run');
      const settings = /** @type {any} */ (trainer.engine.settings());
      for (const report of trainer.continue({ ...settings, epochs: 1 })) assert.ok(report);
      assert.equal(digestOf(trainer.engine.save(true)), continued, 'an epoch later');
    }
    trainer.engine.close();
  });

  test(`${name}: the command line shows, evaluates and uses it`, () => {
    const info = inklearn('info', '--load', path).find((e) => e.event === 'info');
    assert.deepEqual([info.line, info.classes], [line, classes]);
    const evaluated = inklearn('evaluate', '--load', path, '--data', data).find((e) => 'accuracy' in e);
    assert.equal(evaluated.accuracy, accuracy);
    const predicted = inklearn('predict', '--load', path, '--as', 'picture', '--tensors', picture);
    assert.deepEqual(predicted.find((e) => e.event === 'prediction').logits, logits);
  });

  test(`${name}: it is exported as ONNX, a page, a PyTorch script and a notebook`, async () => {
    const to = join(folder, `${name}.onnx`);
    inklearn('export', '--onnx', '--load', path, '--to', to);
    const session = await InferenceSession.create(new Uint8Array(readFileSync(to)));
    const trainer = await createTrainer({ threads: 1, arithmetic: 'deterministic' });
    trainer.open(file);
    const { picture: pixels } = trainer.engine.predictPng(PICTURE, 'picture');
    trainer.engine.close();
    const { logits: found } = await session.run({ pictures: new Tensor('uint8', pixels, [1, 1, 28, 28]) });
    logits.forEach((/** @type {number} */ v, /** @type {number} */ i) =>
      assert.ok(Math.abs(Number(found.data[i]) - v) < 1e-4, `logit ${i}: ${found.data[i]} in ONNX, ${v} here`),
    );
    await session.release();

    inklearn('export', '--page', '--load', path, '--to', join(folder, `${name}.html`));
    assert.match(readFileSync(join(folder, `${name}.html`), 'utf8'), /const CLASSES = \["a","b","c","d"\]/);
    for (const format of ['pytorch', 'notebook']) {
      const place = join(folder, `${name}-${format}`);
      inklearn('export', '--format', format, '--load', path, '--data', data, '--to', place);
      const text = readFileSync(join(place, format === 'pytorch' ? 'train.py' : 'notebook.ipynb'), 'utf8');
      assert.match(text, /nn\.(Sequential|Linear)\(/);
    }
  });

  test(`${name}: PyTorch opens it, and its export trains`, { skip: noTorch }, () => {
    const predictions = join(folder, `${name}.jsonl`);
    const events = inklearn('predict', '--load', path, '--as', 'picture', '--tensors', picture);
    writeFileSync(predictions, events.map((e) => JSON.stringify(e)).join('\n'));
    const opened = spawnSync(python, [join(ROOT, 'tools/open_in_pytorch.py'), path, predictions], { encoding: 'utf8' });
    assert.equal(opened.status, 0, opened.stdout + opened.stderr);
    assert.match(opened.stdout, /logits of 1 pictures differ by at most/);
    const place = join(folder, `${name}-script`);
    inklearn('export', '--pytorch', '--load', path, '--data', data, '--to', place);
    const trained = spawnSync(python, [join(place, 'train.py'), '--steps', '1'], { encoding: 'utf8' });
    assert.equal(trained.status, 0, trained.stdout + trained.stderr);
    assert.match(trained.stdout, /"event": "step", "step": 0, "loss": [\d.]+/);
  });
}

test('PyTorch without Node: the message says how to write the file anew', { skip: noTorch }, () => {
  const { status, stderr } = spawnSync(
    python,
    [join(ROOT, 'tools/open_in_pytorch.py'), fixture('linear.safetensors')],
    { encoding: 'utf8', env: { ...process.env, PATH: '' } },
  );
  assert.equal(status, 1);
  assert.match(stderr, /earlier version, .*: inklearn export --load OLD --to NEW \(/);
});
