/** people.test.mjs - digits as people give them: rows in photographs of paper, and drawn with a mouse; read by the network that comes with the page. */
import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createTrainer, pathEntries } from '../tools/node.mjs';
import { missing, ROOT, shared } from './core.mjs';
import { HEIGHT, photograph, readRows, WIDTH } from './photographs.mjs';
import { readRedrawn } from './redrawn.mjs';

const READER = join(ROOT, 'assets/reader.safetensors'), MNIST = 'data/mnist_png.tar.gz', skip = missing(MNIST);
/** @type {import('../web/trainer.js').Trainer} */
let trainer;
before(async () => {
  if (skip) return;
  trainer = await createTrainer({ arithmetic: 'deterministic' });
  await trainer.load('mnist', await pathEntries(shared(MNIST)));
  trainer.open(readFileSync(READER), { keepData: true });
});
after(() => trainer?.close());

test('the network that comes with the page is small, and has seen drawn digits only, but reads MNIST', { skip }, () => {
  assert.ok(statSync(READER).size < 500_000, `${statSync(READER).size} bytes`);
  const { accuracy } = trainer.evaluate();
  assert.ok(accuracy >= 0.97, `${accuracy} of MNIST's test pictures`);
});

test('rows of five in photographs: plain, ruled and squared paper, black and blue ink, shadows, JPEG', { skip }, (t) => {
  const rows = Object.entries(readRows(trainer, 120));
  assert.equal(rows.length, 6);
  for (const [kind, { found, of }] of rows) assert.ok(found >= 0.9 * of, `${kind}: five digits were found in ${found} of ${of}`);
  const right = rows.reduce((n, [, row]) => n + row.right, 0);
  t.diagnostic(`${right} of 120 rows were read right`);
  assert.ok(right >= 0.8 * 120, `${right} of 120 rows were read right`);
});

test('redrawn as a mouse draws', { skip }, (t) => {
  const { right, of } = readRedrawn(trainer, 200);
  t.diagnostic(`${right} of ${of}`);
  assert.ok(right >= 0.92 * of, `${right} of ${of}`);
});

test('photographs of empty paper, unevenly lit: no ink', async () => {
  const own = await createTrainer(), blank = new Uint8Array(784);
  for (let number = 0; number < 60; number += 3) // plain paper
    assert.throws(() => own.engine.read(photograph(number, Array(5).fill(blank), false).rgba, WIDTH, HEIGHT), /no ink/, `photograph ${number}`);
  own.close();
});
