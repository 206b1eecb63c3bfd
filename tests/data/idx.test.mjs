/**
 * idx.test.mjs - IDX files as people have them: torchvision's folder, packed and unpacked beside each other, in tar
 * archives, EMNIST's names, labels and mappings. The order of the classes is that of their numbers.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadNative, loadWasm } from '../support/core.mjs';
import { digitPng, gz, idx, TAR_END, tarEntry } from '../support/files.mjs';

/** @typedef {import('../support/core.mjs').Stream} Stream */

const images = (/** @type {number} */ n, side = 28) =>
  idx(
    [n, side, side],
    Uint8Array.from({ length: n * side * side }, (_, i) => i % 251),
  );
const labels = (/** @type {ArrayLike<number>} */ values) => idx([values.length], Uint8Array.from(values));
const range = (/** @type {number} */ from, /** @type {number} */ to) =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);

/**
 * The four files of a set.
 * @param {string} folder @param {number[]} [train] @param {number[]} [test] @returns {Stream[]}
 */
const four = (folder, train = [3, 7, 7, 3], test = [7, 3], prefix = '') => [
  { name: `${folder}${prefix}train-images-idx3-ubyte`, bytes: images(train.length) },
  { name: `${folder}${prefix}train-labels-idx1-ubyte`, bytes: labels(train) },
  { name: `${folder}${prefix}t10k-images-idx3-ubyte`, bytes: images(test.length) },
  { name: `${folder}${prefix}t10k-labels-idx1-ubyte`, bytes: labels(test) },
];
/** @param {Stream[]} files */
const zipped = (files) => files.map(({ name, bytes }) => ({ name: `${name}.gz`, bytes: gz(bytes) }));
/** @param {Stream[]} files @returns {Stream[]} */
const tarOf = (files, name = 'idx.tar') => [
  { name, bytes: Buffer.concat([...files.map((file) => tarEntry(file.name, file.bytes)), TAR_END]) },
];

/** Loads in both builds; the native one takes no gzip. @param {Stream[]} streams */
async function load(streams) {
  const wasm = await loadWasm(streams);
  if (streams.some(({ bytes }) => bytes[0] === 0x1f)) return wasm;
  const native = loadNative(streams);
  assert.deepEqual([native.live, native.message], [0, wasm.message]);
  if (native.status === 0) assert.deepEqual(wasm.facts, native.facts);
  return wasm;
}

test("the file's own name tells its role, and a folder only where that says nothing", async () => {
  const plain = (await load(four(''))).facts;
  const folders = ['MNIST/raw/', 'mnist-train-data/', 'test/', 'training/latest/', './', 'mnist-train-data/t10k/'];
  for (const folder of folders) assert.deepEqual((await load(four(folder))).facts, plain, folder);
  const byFolder = four('').map(({ name, bytes }) => ({
    name: `set/${name.replace(/^train-/, 'train/').replace(/^t10k-/, 'test/')}`,
    bytes,
  }));
  assert.deepEqual((await load(byFolder)).facts, plain);
  assert.match(
    (await load([{ name: 'set/images', bytes: images(2) }])).message,
    /^set\/images: IDX files are told apart by their names: /,
  );
});

test('equal files count once; different ones are refused, with both paths', async () => {
  const files = four('MNIST/raw/'),
    plain = (await load(files)).facts;
  assert.deepEqual((await load([...files, ...zipped(files)])).facts, plain, "torchvision's folder");
  assert.deepEqual((await load([...zipped(files).reverse(), ...files])).facts, plain);
  assert.deepEqual((await load(zipped(files))).facts, plain);
  for (const other of [labels([3, 7, 7, 7]), labels([3, 7])])
    assert.match(
      (await load([...files, { name: 'old/train-labels-idx1-ubyte', bytes: other }])).message,
      /^two different IDX files of training labels: MNIST\/raw\/train-labels\S+ and old\/train-labels\S+; open /,
    );
});

test('a tar of IDX files, also of files that are larger than a picture may be', async () => {
  const files = four('MNIST/raw/'),
    plain = (await load(files)).facts;
  for (const archive of [tarOf(files), tarOf(four('./')), tarOf(four('')), tarOf([...files, ...files])])
    assert.deepEqual((await load(archive)).facts, plain);
  assert.deepEqual(loadNative(tarOf(files), { step: 7 }).facts, plain);

  const many = 43000; // 33.7 MB
  const large = [
    { name: 'm/train-images', bytes: images(many) },
    { name: 'm/train-labels', bytes: labels(Array.from({ length: many }, (_, i) => i % 2)) },
    ...four('m/', [0, 1], [1, 0]).slice(2),
  ];
  const { facts } = await load(large);
  assert.match(facts[2], /^train 43000 /);
  assert.deepEqual((await load(tarOf(large))).facts, facts);
  const cut = await load(tarOf([{ name: 'm/train-images', bytes: large[0].bytes.subarray(0, -1) }]));
  assert.match(cut.message, /^m\/train-images: IDX: the header announces 33712016 bytes, the file has 33712015$/);
  const other = { name: 'm/film.mp4', bytes: Buffer.alloc((32 << 20) + 1, 1) };
  const beside = await load(tarOf([...four('m/'), other, { name: 'm/.cache/film.mp4', bytes: other.bytes }]));
  assert.deepEqual(
    [beside.report?.problems, beside.report?.litter],
    [[{ path: 'm/film.mp4', reason: 'the file is larger than 32 MB' }], 1],
  );
});

test('IDX files beside folders of pictures are left out and named', async () => {
  const pictures = ['train', 'test'].flatMap((role) =>
    ['3', '7'].map((c, i) => ({ name: `x/${role}/${c}/0.png`, bytes: digitPng(i) })),
  );
  const { facts } = await load(pictures);
  for (const streams of [
    [...pictures, ...four('x/raw/')],
    [...four('x/raw/'), ...pictures],
  ]) {
    const both = await load(streams);
    assert.equal(both.message, '');
    assert.deepEqual(
      both.facts.filter((fact) => !/^(problem|skipped)/.test(fact)),
      facts.slice(1),
    );
    assert.deepEqual(
      both.report?.problems.map(({ path }) => path).sort(),
      four('x/raw/')
        .map(({ name }) => name)
        .sort(),
    );
  }
});

test('a validation set beside test files is taken, and the test files are kept apart', async () => {
  const val = [
    { name: 'val_images', bytes: images(3) },
    { name: 'val_labels', bytes: labels([3, 3, 7]) },
  ];
  const { report } = await load([...four(''), ...val]);
  assert.deepEqual([report?.train, report?.valid, report?.apart], [4, 3, 2]);
});

test('classes are in numeric order: EMNIST has 1 to 26, 0 to 46 and 0 to 61', async () => {
  for (const all of [range(1, 26), range(0, 46), range(0, 61), range(0, 9), [63, 2, 10]]) {
    const { report, trainer, message } = await load(four('', [...all].reverse(), [all[0], all[1]]));
    assert.equal(message, '');
    const sorted = [...all].sort((a, b) => a - b);
    assert.deepEqual(report?.classes, sorted.map(String));
    assert.deepEqual(
      trainer.pictures(
        'train',
        all.map((_, i) => i),
      ).labels,
      [...all].reverse().map((label) => sorted.indexOf(label)),
    );
    assert.deepEqual(trainer.pictures('valid', [0, 1]).labels, [sorted.indexOf(all[0]), sorted.indexOf(all[1])]);
  }
  assert.match(
    (await load(four('', range(0, 64), [0, 1]))).message,
    /training label 64 is 64; 64 classes are the limit/,
  );
});

test("EMNIST's files by their names, packed, with the mapping that names the classes", async () => {
  const letters = range(1, 26)
    .map((label) => `${label} ${label + 64} ${label + 96}`)
    .join('\n');
  const emnist = (/** @type {string} */ set) =>
    four('gzip/', range(1, 26), [26, 1], `emnist-${set}-`).map(({ name, bytes }) => ({
      name: name.replace('t10k', 'test'),
      bytes,
    }));
  const mapping = (/** @type {string} */ text, set = 'letters') => ({
    name: `gzip/emnist-${set}-mapping.txt`,
    bytes: Buffer.from(text),
  });
  const alphabet = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];
  for (const text of [letters, `${letters}\r\n`, letters.replaceAll('\n', ' \n')])
    for (const files of [
      [...zipped(emnist('letters')), mapping(text)],
      [mapping(text), ...emnist('letters')],
      tarOf([...emnist('letters'), mapping(text)]),
    ]) {
      const { report, message } = await load(files);
      assert.deepEqual([message, report?.classes, report?.skipped], ['', alphabet, 0]);
    }
  // Codes that are not in the order of their labels: the labels' order stays.
  const swapped = await load([
    ...four('', [2, 1, 10], [1, 2], 'emnist-x-'),
    { name: 'emnist-x-mapping.txt', bytes: Buffer.from('1 90\n2 65\n10 97\n') },
  ]);
  assert.deepEqual(swapped.report?.classes, ['Z', 'A', 'a']);
  for (const [bad, reason] of /** @type {const} */ ([
    [mapping('a b\n'), 'it is not a list of labels and characters'],
    [mapping('1 65\n2 65\n'), 'it is not a list of labels and characters'],
    [mapping('1 7\n'), 'it is not a list of labels and characters'],
    [mapping('64 65\n'), 'it is not a list of labels and characters'],
    [mapping(letters, 'balanced'), 'it names the classes of IDX files that are not here'],
  ])) {
    const { report, message } = await load([...emnist('letters'), bad]);
    assert.deepEqual(
      [message, report?.classes, report?.problems],
      ['', range(1, 26).map(String), [{ path: bad.name, reason }]],
    );
  }
});
