/** pytorch.test.mjs - PyTorch opens our checkpoints strictly and answers as we do; where python3-torch is there. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createTrainer, pathEntries } from '../tools/node.mjs';
import { ROOT, scratchFile } from './core.mjs';
import { digitPng, smallTar } from './files.mjs';

const python = ['python3', '/usr/bin/python3'].find((p) => spawnSync(p, ['-c', 'import torch']).status === 0);
const skip = python ? false : 'python3-torch is not there (apt-get install python3-torch)';

const MODELS = {
  linear: 'linear', mlp: 'mlp', cnn: 'cnn', resnet18: 'resnet18',
  'a line of every kind of layer': 'conv(6,5,2,pad=2,bias=no) bn(eps=1e-3) relu maxpool(3,2,1) residual(conv(8,3,1,1) bn relu | conv(8,1,bias=no)) '
    + 'sequence(block(8) block(12,2)) avgpool(2) residual( | ) dropout split adaptiveavgpool(1) linear(9) bn relu linear(classes, bias=no)',
  'pools of two kinds': 'conv(4,3) adaptivemaxpool(3) flatten dropout(0.2) linear(classes)',
};

for (const [name, model] of Object.entries(MODELS))
  test(`PyTorch: ${name}`, { skip }, async (t) => {
    const trainer = await createTrainer(), folder = mkdtempSync(join(tmpdir(), 'inklearn-'));
    await trainer.load('small', await pathEntries(scratchFile(smallTar({ perClass: 8, classes: ['a', 'b', 'c', 'd'] }))));
    const settings = { model, epochs: 2, batch: 16, lr: 0.001, optimizer: 'fastai_adam', augment: 'fastai', seed: 2 };
    for (const r of trainer.fit(/** @type {any} */ (settings))) assert.ok(r);
    const file = join(folder, 'x.safetensors'), predictions = join(folder, 'x.jsonl');
    writeFileSync(file, trainer.save(true));
    writeFileSync(predictions, [3, 14, 25, 36, 47].map((n) => {
      const { input, logits } = trainer.predictPng(digitPng(n), 'picture');
      return JSON.stringify({ event: 'prediction', input: [...input], logits: [...logits] });
    }).join('\n'));
    const { status, stdout, stderr } = spawnSync(/** @type {string} */ (python), [join(ROOT, 'tools/open_in_pytorch.py'), file, predictions], { encoding: 'utf8' });
    assert.equal(status, 0, stdout + stderr);
    assert.match(stdout, new RegExp(`, ${trainer.describe(/** @type {any} */ (settings)).parameters} parameters\n`));
    t.diagnostic(stdout.trim().split('\n').slice(1).join('; '));
  });
