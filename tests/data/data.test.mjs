/** data.test.mjs - pictures in archives, IDX files, MNIST and the built-in digits, in both builds of the core. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { createTrainer, pathEntries } from '../../tools/node/node.mjs';
import { loadNative, loadWasm, missing, shared } from '../support/core.mjs';
import { chunk, crc32, digitPng, idx, ihdr, png, SIGNATURE, tarEntry } from '../support/files.mjs';
import { around, load, tar } from '../support/loaded.mjs';

test('PNG: what is damaged is counted and named, and the rest loads', async () => {
  const good = digitPng(5);
  const damaged = Buffer.from(good.map((b, i) => (i === 45 ? b ^ 1 : b)));
  /** @type {[Buffer, string][]} */
  const cases = [
    [Buffer.alloc(0), 'an empty file'],
    [Buffer.from('hello'), 'not a PNG'],
    [Buffer.from('ffd8ffe000104a464946', 'hex'), 'it is a JPEG, not a PNG: save it as PNG'],
    [damaged, 'PNG: wrong checksum of chunk IDAT at byte 33'],
    [good.subarray(0, 50), 'PNG: chunk IDAT at byte 33 claims 61 bytes, 5 remain'],
  ];
  const bad = cases.map(([bytes], i) => tarEntry(`s/training/a/bad${i}.png`, bytes));
  const { status, message, facts } = await load(tar(Buffer.concat([...bad, around(good)])));
  assert.equal(status, 0, message);
  assert.deepEqual(facts.slice(0, 1 + cases.length), [
    `skipped ${cases.length}`,
    ...cases.map(([, reason], i) => `problem s/training/a/bad${i}.png: ${reason}`),
  ]);
});

test('PNG: of data that inflate to more than the picture needs, no more is inflated', async () => {
  const { deflateSync } = await import('node:zlib');
  const bomb = Buffer.concat([
    SIGNATURE,
    ihdr({ width: 28, height: 28 }),
    chunk('IDAT', deflateSync(Buffer.alloc(50e6))),
    chunk('IEND'),
  ]);
  const { facts } = await load(tar(Buffer.concat([tarEntry('s/training/a/bomb.png', bomb), around(digitPng(3))]))),
    black = png({ width: 28, height: 28, sample: () => 0 });
  assert.deepEqual(
    facts,
    (await load(tar(Buffer.concat([tarEntry('s/training/a/bomb.png', black), around(digitPng(3))])))).facts,
  );
  assert.equal(facts[0], 'skipped 0');
});

test('pictures of other sizes are cropped to a square and resized', async () => {
  const wide = png({ width: 90, height: 30, sample: (x) => (x < 30 ? 10 : x < 60 ? 200 : 30) });
  const { trainer } = await loadWasm(tar(around(wide)));
  assert.deepEqual(trainer.pictures('train', [0]).pictures[0], new Uint8Array(784).fill(200), 'the middle square');
  const one = png({ width: 1, height: 1, sample: () => 77 });
  assert.deepEqual(
    (await loadWasm(tar(around(one)))).trainer.pictures('train', [0]).pictures[0],
    new Uint8Array(784).fill(77),
  );
  assert.equal((await load(tar(around(png({ width: 4096, height: 3, sample: () => 5 }))))).facts[0], 'skipped 0');
});

test('IDX: four files, in any order; errors by name and count', async () => {
  const images = (/** @type {number} */ n) =>
    idx(
      [n, 28, 28],
      Uint8Array.from({ length: n * 784 }, (_, i) => i % 251),
    );
  const labels = (/** @type {number[]} */ l) => idx([l.length], Uint8Array.from(l));
  const four = [
    { name: 't10k-labels-idx1-ubyte', bytes: labels([3, 7]) },
    { name: 'train-images-idx3-ubyte', bytes: images(4) },
    { name: 'train-labels-idx1-ubyte', bytes: labels([7, 3, 3, 7]) },
    { name: 't10k-images-idx3-ubyte', bytes: images(2) },
  ];
  const { status, message, facts } = await load(four);
  assert.equal(status, 0, message);
  assert.equal(facts[1], 'classes 3 7');
  assert.equal(facts.find((f) => f.startsWith('train[0]'))?.split(' ')[3], '1');
  const { trainer } = await loadWasm(four);
  assert.equal(trainer.pictures('train', [1]).pictures[0][5], (784 + 5) % 251);
  assert.deepEqual(loadNative(four, { step: 3 }).facts, facts);

  const change = (/** @type {number} */ i, /** @type {Buffer} */ bytes, name = four[i].name) =>
    four.map((f, j) => (j === i ? { name, bytes } : f));
  /** @type {[string, import('../support/core.mjs').Stream[], RegExp][]} */
  const cases = [
    ['cut short', change(1, images(4).subarray(0, 2000)), /header announces 3152 bytes, the file has 2000/],
    ['too long', change(1, Buffer.concat([images(4), Buffer.alloc(5)])), /more bytes than the 3152/],
    ['cut in the header', change(1, images(4).subarray(0, 9)), /cut short in the header/],
    ['counts differ', change(2, labels([1, 2])), /4 training images, but 2 labels/],
    ['labels missing', four.slice(1), /the IDX file of the test labels is missing/],
    ['label 64', change(2, labels([7, 64, 3, 7])), /training label 1 is 64; 64 classes are the limit/],
    ['label unknown in training', change(0, labels([3, 9])), /class '9' has test pictures/],
    ['a claim of 4 billion', change(1, idx([0xffffffff, 28, 28], new Uint8Array(100))), /claims 4294967295 items/],
    ['huge pictures', change(1, idx([4, 5000, 5000], new Uint8Array(100))), /pictures of 5000 x 5000/],
    ['no pictures', change(1, idx([0, 28, 28], new Uint8Array())), /claims 0 items/],
    ['name says nothing', change(1, images(4), 'images'), /told apart by their names/],
    ['twice', [...four, four[0]], /^$/],
    [
      'two different ones',
      [...four, { name: 'other/t10k-labels', bytes: labels([7, 3]) }],
      /two different IDX files of test labels: t10k-labels-idx1-ubyte and other\/t10k-labels;/,
    ],
    ['two dimensions', change(1, idx([2, 2], new Uint8Array(4))), /2 dimensions/],
    [
      'images of floats',
      change(1, Buffer.from(images(4).map((b, i) => (i === 2 ? 0x0d : b)))),
      /values of type 0x0d; only unsigned bytes/,
    ],
    [
      "images under the labels' name and the other way round",
      [{ ...four[0] }, { ...four[1], name: 'train-labels' }, { ...four[2], name: 'train-images' }, four[3]],
      /^$/,
    ],
  ];
  for (const [what, streams, reason] of cases) assert.match((await load(streams)).message, reason, what);
});

test("MNIST: every pixel and label, in the notebook's order", { skip: missing('data/mnist_png.tar.gz') }, async () => {
  const trainer = await createTrainer();
  const report = await trainer.load(
    'mnist',
    await pathEntries(/** @type {string} */ (shared('data/mnist_png.tar.gz'))),
  );
  assert.deepEqual(
    [report.train, report.valid, report.skipped, report.classes.join('')],
    [60000, 10000, 0, '0123456789'],
  );
  const sums = {
    train: [
      '78988f00cb3962c6e44a62fde8caa67366bd9f8daaa61e508b30524f253e3410',
      'b5c4bd231f54422cd0165032d2e8869929e8552fe3ef2bcfe53c39d1ae1e37f0',
    ],
    valid: [
      '2f34e0f85154a694ba31bd77ec6505ac19571609d9c8206e5649f0458592f2c6',
      'f7cd9d3a7438833ddaff2865a3ef3497a9479b8a1fc1e2dc2db0faf6648419c2',
    ],
  };
  for (const split of /** @type {('train' | 'valid')[]} */ (['train', 'valid'])) {
    const pixels = createHash('sha256'),
      labels = createHash('sha256');
    for (let i = 0; i < report[split]; i += 1000) {
      const some = trainer.pictures(
        split,
        Array.from({ length: 1000 }, (_, j) => i + j),
      );
      for (const p of some.pictures) pixels.update(p);
      labels.update(Uint8Array.from(some.labels));
    }
    assert.deepEqual([pixels.digest('hex'), labels.digest('hex')], sums[split], split);
  }
});

test('the built-in digits: 20,000 and 4,000, nothing skipped, each build the same bytes', async () => {
  const trainer = await createTrainer();
  const report = await trainer.load('digits', await pathEntries('build/digits.tar.gz'));
  assert.deepEqual(
    [report.train, report.valid, report.skipped, report.classes.join('')],
    [20000, 4000, 0, '0123456789'],
  );
  const again = spawnSync('build/digits', { maxBuffer: 1 << 28 });
  assert.deepEqual(
    crc32(again.stdout.subarray(0, 1 << 20)),
    crc32(gunzipSync(readFileSync('build/digits.tar.gz')).subarray(0, 1 << 20)),
  );
  assert.ok(readFileSync('build/digits.tar.gz').length < 8e6, 'under 8 MB');
});
