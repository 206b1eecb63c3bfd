/**
 * npy.test.mjs - NumPy's archives of arrays: a stored one, and those that NumPy writes where it is installed; damaged
 * ones.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createTrainer as createPublic } from '../../tools/package/node.mjs';
import { createTrainer, pathEntries } from '../../tools/node/node.mjs';
import { blobArchive, zipEntries } from '../../web/core/sources/zip.js';
import { ROOT } from '../support/core.mjs';
import { crc32, zip } from '../support/files.mjs';

const HERE = fileURLToPath(new URL('numpy', import.meta.url)),
  GOOD = join(HERE, 'good.npz');
const python = ['python3', '/usr/bin/python3'].find((p) => spawnSync(p, ['-c', 'import numpy']).status === 0) ?? '';

/** @param {string | Buffer} source  a path, or bytes */
async function load(source) {
  const trainer = await createTrainer({ threads: 1 });
  const report = await trainer.load(
    'a.npz',
    typeof source === 'string' ? await pathEntries(source) : await zipEntries(blobArchive(new Blob([source])), 'a.npz'),
  );
  return { trainer, report };
}
/** Asserts that the pictures are those that arrays.py wrote. @param {{ trainer: any, report: any }} loaded */
function assertGood({ trainer, report }) {
  assert.deepEqual([report.train, report.valid, report.skipped, report.classes], [20, 10, 0, [...'0123456789']]);
  for (const [split, count] of [
    ['train', 20],
    ['valid', 10],
  ]) {
    const { pictures, labels } = trainer.pictures(split, [...Array(count).keys()]);
    assert.deepEqual(
      [...labels],
      [...Array(count).keys()].map((i) => i % 10),
    );
    pictures.forEach((/** @type {Uint8Array} */ picture, /** @type {number} */ i) =>
      assert.deepEqual(
        [...picture],
        Array.from({ length: 784 }, (_, p) => (i * 7 + p) % 256),
      ),
    );
  }
}
/** @param {Promise<unknown>} loading @param {RegExp} expected */
const refused = (loading, expected) =>
  assert.rejects(loading, (/** @type {any} */ error) => {
    assert.equal(error.name, 'EngineError');
    assert.match(error.message, expected);
    return true;
  });

test('the archive in tests/data/numpy, from the disk and from a blob', async () => {
  assertGood(await load(GOOD));
  assertGood(await load(readFileSync(GOOD)));
});

test('by the command line and as a library', async () => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['tools/inklearn.mjs', 'train', '--data', GOOD, '--epochs', '1', '--batch', '5', '--json'],
    { cwd: ROOT, encoding: 'utf8' },
  );
  assert.equal(status, 0, stderr);
  assert.equal(JSON.parse(stdout.trim().split('\n')[0]).train, 20);
  const trainer = await createPublic({ threads: 1 });
  for (const source of [GOOD, new Blob([readFileSync(GOOD)]).stream()]) {
    const report = await trainer.load(source, { name: 'good.npz' });
    assert.deepEqual([report.train, report.valid], [20, 10]);
  }
  await trainer.dispose();
});

test(
  'what NumPy writes is read, or refused with the reason',
  { skip: python ? false : 'NumPy is missing: apt-get install python3-numpy' },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'inklearn-npy-'));
    assert.equal(spawnSync(python, [join(HERE, 'arrays.py'), folder], { encoding: 'utf8' }).stderr, '');
    for (const name of [
      'good',
      'stored',
      'big-endian',
      'float',
      'float64',
      'float16',
      'float-whole',
      'channel',
      'colour',
      'integers',
      'capital',
      'medmnist',
      'kmnist',
    ])
      assertGood(await load(join(folder, name === 'kmnist' ? name : `${name}.npz`)));
    for (const [name, expected] of /** @type {[string, RegExp][]} */ ([
      [
        'float-minus',
        /^float-minus\.npz: x_train\.npy: its values go from -1 to 1, not all whole; pictures have 0\.\.1, or whole numbers 0\.\.255$/,
      ],
      ['float-between', /x_train\.npy: its values go from 0 to 229\.5, not all whole; pictures have/],
      ['float-nan', /x_train\.npy: its values go from .*NaN/],
      [
        'sixteen',
        /x_train\.npy: value 1 is below 0 or above 255; pictures have 0\.\.255, or 0\.\.1 as floating-point numbers/,
      ],
      ['complex', /x_train\.npy: its values are of type <c8; pictures must be whole or floating-point numbers/],
      ['float-labels', /y_train\.npy: its values are of type <f8; labels must be whole numbers/],
      ['fortran', /x_train\.npy: it lies in Fortran order; numpy\.ascontiguousarray/],
      ['flat', /x_train\.npy: its shape is \(20, 784\); pictures have \(number, height, width\)/],
      ['one-hot', /y_train\.npy: its shape is \(20, 10\); labels have \(number,\)/],
      ['negative', /y_test\.npy: label 0 is below 0 or above 255/],
      ['large', /y_test\.npy: label 0 is below 0 or above 255/],
      ['short', /20 training images, but 19 labels/],
      ['empty', /it claims 0 items/],
      ['record', /y_train\.npy: its header does not state type/],
      ['text', /type <U1; labels must be whole numbers/],
      ['others', /^others\.npz: it holds a, b; arrays must be x_train, y_train, x_test, y_test/],
      ['no-test', /it holds x_train, y_train; arrays must be/],
      ['unlabelled', /it holds x_train, y_train, x_test; arrays must be/],
      ['twice', /it holds x_train, y_train, x_test, y_test, X_train; arrays must be/],
      [
        'kmnist/kmnist-train-imgs',
        /it holds arr_0; arrays must be .*Files of one array each, as of KMNIST, are opened together$/,
      ],
    ]))
      await refused(load(join(folder, `${name}.npz`)), expected);
  },
);

test(
  'NumPy: arrays beside those that are known, 0 and 1 as pictures, test arrays beside validation arrays',
  { skip: python ? false : 'NumPy is missing: apt-get install python3-numpy' },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'inklearn-npy-'));
    assert.equal(spawnSync(python, [join(HERE, 'arrays.py'), folder], { encoding: 'utf8' }).stderr, '');
    const more = (await load(join(folder, 'more.npz'))).report;
    assert.deepEqual(
      [more.train, more.valid, more.problems],
      [20, 10, [{ path: 'class_names.npy', reason: 'it is not one of the arrays that hold pictures and labels' }]],
    );
    const ink = await load(join(folder, 'bool.npz'));
    assert.deepEqual([ink.report.train, ink.report.classes], [20, ['0', '1']]);
    assert.deepEqual(
      [...ink.trainer.pictures('train', [1]).pictures[0]],
      Array.from({ length: 784 }, (_, p) => ((7 + p) % 256 > 127 ? 255 : 0)),
    );
    const mixed = (await load(join(folder, 'mixed'))).report;
    assert.deepEqual(
      [mixed.train, mixed.valid, mixed.problems.map(({ path }) => path).sort()],
      [20, 10, ['mixed/broken.npz', 'mixed/embeddings.npz']],
    );
    const { trainer, report } = await load(join(folder, 'medmnist-val.npz'));
    assert.deepEqual([report.train, report.valid, report.apart], [20, 20, 10]);
    assert.equal(
      trainer.pictures('valid', [1]).pictures[0][3],
      255 - (7 + 3),
      'the validation pictures are those of val',
    );
  },
);

/** A header's dictionary, and as many bytes after it. @param {string} dictionary @param {Uint8Array} values */
function npy(dictionary, values, version = 1) {
  const head = Buffer.alloc(version === 1 ? 10 : 12),
    text = Buffer.from(`${dictionary}\n`);
  head.set([0x93, ...Buffer.from('NUMPY'), version, 0]);
  if (version === 1) head.writeUInt16LE(text.length, 8);
  else head.writeUInt32LE(text.length, 8);
  return Buffer.concat([head, text, values]);
}
const dictionary = (/** @type {string} */ shape, type = '|u1') =>
  `{'descr': '${type}', 'fortran_order': False, 'shape': (${shape}), }`;
/** A whole archive, one of its arrays another. @param {Record<string, Buffer>} changes */
const archive = (changes) =>
  zip(
    Object.entries({
      x_train: npy(dictionary('4, 28, 28'), Buffer.alloc(4 * 784)),
      y_train: npy(dictionary('4,'), Buffer.from([0, 1, 0, 1])),
      x_test: npy(dictionary('2, 28, 28'), Buffer.alloc(2 * 784)),
      y_test: npy(dictionary('2,'), Buffer.from([0, 1])),
      ...changes,
    }).map(([name, data]) => ({ name: `${name}.npy`, data })),
  );

test('a label that is flipped is found by the CRC-32 of its entry, stored or deflated', async () => {
  const labels = npy(dictionary('4,'), Buffer.from([0, 1, 0, 1])),
    sum = crc32(labels);
  labels[labels.length - 1] = 0;
  for (const method of [0, 8]) {
    const bytes = zip(
      ['x_train', 'x_test', 'y_train', 'y_test'].map((name) => ({
        name: `${name}.npy`,
        method,
        ...(name === 'y_train' ? { data: labels, sum } : { data: npy(dictionary('2,'), Buffer.from([0, 1])) }),
      })),
    );
    const trainer = await createTrainer({ threads: 1 }),
      [, , entry] = await zipEntries(blobArchive(new Blob([bytes])), 'a.npz');
    await refused(
      trainer.load('a.npz', [entry]),
      new RegExp(
        `^a\\.npz: the zip archive is damaged: y_train\\.npy has the CRC-32 ${crc32(labels).toString(16).padStart(8, '0')}, its directory states ${sum.toString(16).padStart(8, '0')}$`,
      ),
    );
  }
});

test('other versions of the header; headers that lie or are none', async () => {
  for (const version of [2, 3])
    assert.equal(
      (await load(archive({ y_test: npy(dictionary('2,', '<i2'), Buffer.from([0, 0, 1, 0]), version) }))).report.valid,
      2,
    );
  const labels = Buffer.from([0, 1]);
  for (const [y_test, expected] of /** @type {[Buffer, RegExp][]} */ ([
    [Buffer.from('<!doctype html>'), /y_test\.npy: it is not an array of NumPy/],
    [Buffer.alloc(0), /y_test\.npy: it is cut short in its header/],
    [npy(dictionary('2,'), labels).subarray(0, 40), /y_test\.npy: it is cut short in its header/],
    [npy(dictionary('2,'), labels, 9), /version 9/],
    [npy(dictionary('2,'), labels.subarray(1)), /its header announces 2 bytes, there are 1/],
    [npy(dictionary('2,'), Buffer.alloc(3)), /its header announces 2 bytes, there are 3/],
    [npy(dictionary('2,').padEnd(5000), labels), /its header is too long/],
    [npy(dictionary('-2,'), labels), /does not state type, order and shape/],
    [npy(dictionary(''), labels), /its header does not state|its shape is \(\)/],
    [npy(dictionary('9'.repeat(30)), labels), /too large/],
    [npy('{}', labels), /does not state type, order and shape/],
  ]))
    await refused(load(archive({ y_test })), expected);
});

test('damage anywhere ends in pictures or in a sentence, never in anything else', async () => {
  const good = readFileSync(GOOD),
    trainer = await createTrainer({ threads: 1 });
  let state = 99,
    refusals = 0;
  const random = (/** @type {number} */ n) => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) % n;
  for (let i = 0; i < 300; i++) {
    const labels = npy(dictionary('4,'), Buffer.from([0, 1, 0, 1]));
    labels[random(labels.length)] ^= 1 << random(8);
    const bytes = i % 2 ? archive({ y_train: labels }) : Buffer.from(good);
    if (i % 2 === 0) bytes[random(bytes.length)] ^= 1 << random(8);
    try {
      await trainer.load('a.npz', await zipEntries(blobArchive(new Blob([bytes])), 'a.npz'));
    } catch (error) {
      assert.equal(/** @type {any} */ (error).name, 'EngineError', `${error}`);
      refusals++;
    }
  }
  assert.ok(refusals > 100 && refusals < 300, `${refusals} of 300 refused`);
});
