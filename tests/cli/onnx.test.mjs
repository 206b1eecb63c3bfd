/** onnx.test.mjs - exported networks answer in onnxruntime-web as they do here. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { InferenceSession, Tensor, env } from 'onnxruntime-web/wasm';
import * as exportCommand from '../../tools/cli/commands/export.mjs';
import { createTrainer, pathEntries } from '../../tools/node/node.mjs';
import { allLayers, layersOf } from '../../tools/export/layers.js';
import { toOnnx } from '../../tools/export/onnx.js';
import { readSafetensors } from '../../tools/export/safetensors.js';
import { scratchFile } from '../support/core.mjs';
import { digitPng, smallTar } from '../support/files.mjs';
import { metadataOf } from '../support/onnx-file.mjs';

env.wasm.numThreads = 1;
const CLASSES = ['ant', 'bée', 'cat', 'dog'],
  PICTURES = [3, 14, 25, 36, 47];

/** A little training, so that batch norm has statistics of its own. @param {string} model */
async function trained(model) {
  const trainer = await createTrainer({ threads: 1 });
  await trainer.load('small', await pathEntries(scratchFile(smallTar({ perClass: 8, classes: CLASSES }))));
  for (const r of trainer.fit(/** @type {any} */ ({ model, epochs: 2, batch: 8, lr: 0.01, seed: 2, temperature: 1.5 })))
    assert.ok(r);
  return trainer;
}

const MODELS = {
  linear: 'linear',
  mlp: 'mlp',
  cnn: 'cnn',
  resnet18: 'resnet18',
  'batch norm': 'conv(8,3) bn(eps=1e-3) relu conv(8,3,2,bias=no) bn relu linear(16) bn relu linear(classes, bias=no)',
  'every kind of layer':
    'conv(6,5,2,pad=2,bias=no) bn(eps=1e-3) relu maxpool(3,2,1) residual(conv(8,3,1,1) bn relu | conv(8,1,bias=no)) ' +
    'sequence(block(8) block(12,2)) avgpool(2,pad=1) residual( | ) dropout split concatpool linear(9) relu ' +
    'linear(classes)',
  'pools that do not divide':
    'conv(4,3) adaptivemaxpool(7) conv(5,2) adaptiveavgpool(4) flatten dropout(0.2) linear(classes)',
  'flattened at last': 'rgb conv(classes,3) adaptiveavgpool(1) flatten',
  'one sequence': 'sequence(linear(classes))',
  'one residual': 'residual(linear(classes) | linear(classes))',
};

for (const [name, model] of Object.entries(MODELS))
  test(`ONNX: ${name}`, async (t) => {
    const trainer = await trained(model),
      expected = PICTURES.map((n) => trainer.engine.predictPng(digitPng(n), 'picture'));
    const session = await InferenceSession.create(toOnnx(trainer.engine.save(false)));
    const pixels = Uint8Array.from(expected.flatMap(({ picture }) => [...picture]));
    const { logits, probabilities } = await session.run({
      pictures: new Tensor('uint8', pixels, [PICTURES.length, 1, 28, 28]),
    });
    assert.deepEqual(logits.dims, [PICTURES.length, CLASSES.length]);
    let most = 0;
    expected.forEach((e, i) =>
      e.logits.forEach((v, c) => {
        most = Math.max(most, Math.abs(Number(logits.data[i * CLASSES.length + c]) - v) / Math.max(1, Math.abs(v)));
        assert.ok(
          Math.abs(
            Number(probabilities.data[i * CLASSES.length + c]) - /** @type {Float32Array} */ (e.probabilities)[c],
          ) < 1e-4,
          `probability ${c} of picture ${i}`,
        );
      }),
    );
    assert.ok(most < 1e-4, `logits differ by ${most}`);
    t.diagnostic(`logits differ by at most ${most.toExponential(1)}`);
    await session.release();
    trainer.engine.close();
  });

test('ONNX: the file names its classes, its model and what goes in; the command writes the same', async () => {
  const trainer = await trained('linear'),
    folder = mkdtempSync(join(tmpdir(), 'inklearn-')),
    to = join(folder, 'x.onnx'),
    load = join(folder, 'x.safetensors');
  const facts = metadataOf(toOnnx(trainer.engine.save(false)));
  assert.deepEqual(JSON.parse(facts.classes), CLASSES);
  assert.equal(facts.model, 'linear(classes)');
  assert.match(facts.preprocessing, /u8 \[N, 1, 28, 28\]/);
  writeFileSync(load, trainer.engine.save(true));
  await exportCommand.run(/** @type {any} */ ({ load, to, onnx: true, threads: '1', variant: 'fast', json: true }));
  assert.deepEqual(new Uint8Array(readFileSync(to)), toOnnx(trainer.engine.save(false)));
  await assert.rejects(
    exportCommand.run(
      /** @type {any} */ ({ load, to, onnx: true, format: 'safetensors', threads: '1', variant: 'fast' }),
    ),
    /one format at a time/,
  );
  trainer.engine.close();
});

test('the resolved layers name the tensors of the state dict, with their shapes, in its order', async () => {
  for (const model of Object.values(MODELS)) {
    const trainer = await createTrainer({ threads: 1 });
    await trainer.load('small', await pathEntries(scratchFile(smallTar({ perClass: 8, classes: CLASSES }))));
    trainer.fit(/** @type {any} */ ({ model, epochs: 1, batch: 8, lr: 0.01, seed: 2 })).next();
    const { metadata, tensors } = readSafetensors(trainer.engine.save(false)),
      layers = layersOf(metadata);
    const listed = allLayers(layers).flatMap(({ tensors: own }) => Object.entries(own ?? {}));
    const inFile = [...tensors].map(([name, { shape }]) => [name, shape]);
    const byName = (/** @type {any[]} */ a, /** @type {any[]} */ b) => (a[0] < b[0] ? -1 : 1);
    assert.deepEqual(listed.sort(byName), inFile.sort(byName), model);
    for (const { path, layers: inside, tensors: own } of allLayers(layers))
      for (const name of inside ? [] : Object.keys(own)) {
        assert.ok(path !== undefined, `${model}: ${name} is in a module`);
        assert.equal(name.slice(0, name.lastIndexOf('.') + 1), path ? `${path}.` : '', model);
      }
    assert.deepEqual(layers[0].input, [1, 28, 28], model);
    assert.deepEqual(layers.at(-1)?.output, [CLASSES.length], model);
    trainer.engine.close();
  }
});
