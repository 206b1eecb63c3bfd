/**
 * memory.test.mjs - training takes all of its memory when it begins: steps and validations take no more.
 * INK_SOAK=1 (make soak) makes 2,000 steps of each model, else the large ones make a few.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { createTrainer, pathEntries } from '../../tools/node/node.mjs';
import { ROOT } from '../support/core.mjs';

const SOAK = process.env.INK_SOAK === '1';
const MODELS = {
  linear: { batch: 256, steps: 2000 },
  mlp: { batch: 256, steps: 2000 },
  cnn: { batch: 128, steps: SOAK ? 2000 : 90, optimizer: 'adam' },
  resnet18: { batch: 64, steps: SOAK ? 2000 : 4, optimizer: 'adam', augment: 'fastai' },
};
/** The most memory that training a ResNet-18 may take, with mini-batches of 64. */
const MOST_BYTES = 300e6;

for (const [model, { steps, ...settings }] of Object.entries(MODELS))
  test(`${model}: ${steps} steps take no memory`, { timeout: 3_600_000 }, async (t) => {
    const trainer = await createTrainer({ threads: 2 }),
      { engine } = trainer;
    await trainer.load('digits', await pathEntries(join(ROOT, 'build/digits.tar.gz')));
    const before = engine.memoryBytes;
    engine.train({ model, epochs: 10000, lr: 0.001, ...settings });
    for (let i = 0; i < 2; i++) engine.advance();
    engine.evaluate();
    const taken = engine.memoryBytes;
    for (let i = 0; i < steps; i++) engine.advance();
    assert.equal(engine.memoryBytes, taken, `bytes after ${steps} more steps`);
    t.diagnostic(`${((taken - before) / 1e6).toFixed(1)} MB in training`);
    if (model === 'resnet18') assert.ok(taken - before < MOST_BYTES, `${(taken - before) / 1e6} MB, beside the data`);
    trainer.engine.close();
  });
