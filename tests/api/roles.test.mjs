/**
 * roles.test.mjs - which files of an archive or a folder are read, and as what: training, validation and test pictures,
 * litter, archives beside folders, names of classes. The native and the WebAssembly build must agree.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadNative, loadWasm } from '../support/core.mjs';
import { digitPng, gz, smallTar, TAR_END, tarEntry, zip } from '../support/files.mjs';

/** @typedef {[path: string, picture: number]} Picture */
/** @typedef {import('../support/core.mjs').Stream} Stream */

/** @param {Picture[]} pictures @param {Buffer[]} [extra] */
const tarOf = (pictures, extra = []) =>
  Buffer.concat([...pictures.map(([path, n]) => tarEntry(path, digitPng(n))), ...extra, TAR_END]);
/** @param {Picture[]} pictures @returns {Stream[]} */
const folderOf = (pictures) => pictures.map(([name, n]) => ({ name, bytes: digitPng(n) }));
/** @param {Picture[]} pictures @returns {Stream[]} */
const archiveOf = (pictures) => [{ name: 'set.tar', bytes: tarOf(pictures) }];

/** Loads in both builds. @param {Stream[]} streams */
async function load(streams) {
  const native = loadNative(streams),
    wasm = await loadWasm(streams);
  assert.equal(native.live, 0, 'the native build leaks');
  assert.equal(native.message, wasm.message);
  if (native.status === 0) assert.deepEqual(wasm.facts, native.facts);
  return { ...native, report: wasm.report };
}

/**
 * Two classes with two pictures in each folder.
 * @param {string} root @param {string[]} folders @param {string[]} [classes] @returns {Picture[]}
 */
const set = (root, folders, classes = ['cat', 'dog']) =>
  folders.flatMap((folder, f) =>
    classes.flatMap((name, c) =>
      [0, 1].map((n) => /** @type {Picture} */ ([`${root}/${folder}/${name}/${n}.png`, 10 * f + 2 * c + n])),
    ),
  );

const LITTER = [
  '.ipynb_checkpoints/0-checkpoint.png',
  'cat/._0.png',
  '.hidden/0.png',
  'cat/.git/0.png',
  '__MACOSX/0.png',
  'cat/Thumbs.db',
  'cat/desktop.ini',
  '.DS_Store',
];

test('litter is no class and no picture, is counted, and is not among the files skipped', async () => {
  const pictures = set('s', ['training', 'testing']),
    litter = LITTER.map((path) => /** @type {Picture} */ ([`s/training/${path}`, 7]));
  for (const streams of [
    folderOf([...litter, ...pictures]),
    archiveOf([...pictures, ...litter]),
    archiveOf([...pictures, ['.cache/training/mouse/0.png', 3], ...litter.slice(1)]),
  ]) {
    const { report, message } = await load(streams);
    assert.equal(message, '');
    assert.deepEqual(
      [report?.classes, report?.train, report?.valid, report?.skipped, report?.litter],
      [['cat', 'dog'], 4, 4, 0, LITTER.length],
    );
  }
  const all = /** @type {Picture[]} */ (pictures.map(([path, n]) => [`.cache/${path}`, n]));
  assert.match((await load(archiveOf(all))).message, /^no pictures were found, but 8 hidden files: /);
  // Paths that only look like it.
  const odd = await load(
    archiveOf([...set('./s', ['training', 'testing']), ['../s/training/dog/9.png', 4], ['s/./training/a..b/0.png', 5]]),
  );
  assert.deepEqual([odd.report?.classes, odd.report?.litter], [['a..b', 'cat', 'dog'], 0]);
});

test('roles: folders of every name that torchvision and fastai use, in upper and lower case', async () => {
  for (const [train, valid] of [
    ['training', 'testing'],
    ['train', 'test'],
    ['train', 'val'],
    ['train', 'valid'],
    ['train', 'validation'],
    ['Train', 'TEST'],
    ['TRAINING', 'Validation'],
  ]) {
    const { report, message } = await load(folderOf(set('s', [train, valid])));
    assert.deepEqual([message, report?.train, report?.valid, report?.apart], ['', 4, 4, 0], `${train} and ${valid}`);
  }
});

test('train, val and test: validation is taken and test kept apart, whatever comes first', async () => {
  const pictures = set('s', ['train', 'val', 'test']);
  const val = (await load(folderOf(pictures.slice(0, 8)))).facts;
  const orders = [
    pictures,
    [...pictures].reverse(),
    [...pictures.slice(8), ...pictures.slice(0, 8)],
    [pictures[0], pictures[8], pictures[4], ...pictures],
  ];
  for (const [i, order] of orders.entries())
    for (const streams of [folderOf([...new Set(order)]), archiveOf([...new Set(order)])]) {
      const { report, facts } = await load(streams);
      assert.deepEqual([report?.train, report?.valid, report?.apart, report?.skipped], [4, 4, 4, 0], `order ${i}`);
      assert.deepEqual(facts, val, `order ${i}`);
    }
  // A class that only the pictures kept apart have does no harm; nor do they take the place of training pictures.
  const other = await load(folderOf([...pictures, ['s/test/zebra/0.png', 3]]));
  assert.deepEqual([other.report?.classes, other.report?.apart], [['cat', 'dog'], 5]);
  assert.match((await load(folderOf(pictures.slice(4)))).message, /^no training pictures were found/);
});

test('an archive beside the folder that came out of it is left out and named, whatever comes first', async () => {
  const pictures = set('set', ['training', 'testing']),
    loose = folderOf(pictures.map(([path, n]) => [`x/${path}`, n]));
  const archive = { name: 'x/set.tar', bytes: tarOf(pictures) },
    without = await load(loose);
  const reason = '8 pictures in it are left out: those of the folders beside it are taken; open it by itself';
  for (const streams of [
    [archive, ...loose],
    [...loose, archive],
    [...loose.slice(0, 3), archive, ...loose.slice(3)],
  ]) {
    const { facts, message } = await load(streams);
    assert.deepEqual([message, facts], ['', ['skipped 1', `problem x/set.tar: ${reason}`, ...without.facts.slice(1)]]);
  }
  // If only one source has pictures of a role, its pictures are used.
  const { report } = await load([archive, ...loose.slice(0, 4)]);
  assert.deepEqual(
    [report?.train, report?.valid, report?.problems],
    [4, 4, [{ path: 'x/set.tar', reason: reason.replace('8', '4') }]],
  );
  for (const alone of [[archive], [archive, { name: 'x/preview.png', bytes: digitPng(3) }]]) {
    const { report: only } = await load(alone);
    assert.deepEqual([only?.train, only?.valid], [4, 4], 'it is what the folder holds');
  }
  // Two sources that were named are both read.
  const both = await load([{ ...archive, name: 'set.tar' }, ...loose]);
  assert.deepEqual([both.report?.train, both.report?.valid, both.report?.skipped], [8, 8, 0]);
});

test('an archive inside a folder or an archive that is not opened: a sentence says what to open', async () => {
  const inner = { zip: zip([{ name: 'a.png', data: digitPng(1) }]), gzip: gz(smallTar()), tar: smallTar() };
  const { report } = await load([
    {
      name: 'set.tar',
      bytes: tarOf(set('s', ['train', 'test']), [
        tarEntry('s/a.zip', inner.zip),
        tarEntry('s/a.tar.gz', inner.gzip),
        tarEntry('s/a.tar', inner.tar),
      ]),
    },
  ]);
  assert.deepEqual(
    report?.problems.map(({ path, reason }) => `${path}: ${reason}`),
    [
      's/a.zip: it is a zip archive inside a folder or an archive; open it by itself',
      's/a.tar.gz: it is gzip inside an archive; unpack the archive and open its folder',
      's/a.tar: it is an archive inside an archive; unpack that and open what comes out',
    ],
  );
  assert.match(
    (await load([{ name: 'z/set.zip', bytes: inner.zip }])).message,
    /the first z\/set\.zip: it is a zip archive inside a folder/,
  );
});

test('names of classes that differ only in how their accents are written are one class', async () => {
  const composed = 'caf\u00e9',
    decomposed = 'cafe\u0301',
    korean = '\ud55c\uae00';
  const pictures = [
    ...set('s', ['train'], [composed, korean.normalize('NFD')]),
    ...set('s', ['test'], [decomposed, korean]),
  ];
  for (const streams of [
    folderOf(pictures),
    archiveOf(pictures),
    folderOf([...pictures, [`s/train/${decomposed}/7.png`, 7]]),
  ]) {
    const { status, message, report } = await loadWasm(streams);
    assert.equal(status, 0, message);
    assert.deepEqual([report?.classes, report?.valid], [[composed, korean], 4]);
  }
  const { trainer } = await loadWasm(folderOf([...pictures, [`s/train/${decomposed}/7.png`, 7]]));
  assert.deepEqual(trainer.pictures('train', [0, 1, 2, 3, 4]).labels.sort(), [0, 0, 0, 1, 1]);
  // All classes, spelt in two ways: no more than 64.
  const many = Array.from({ length: 64 }, (_, i) => `\u00e9${i}`);
  const twice = await loadWasm(
    folderOf([
      ...set('s', ['train', 'test'], many),
      ...set(
        't',
        ['train'],
        many.map((name) => name.normalize('NFD')),
      ),
    ]),
  );
  assert.deepEqual([twice.message, twice.report?.classes.length], ['', 64]);
});

test('folders of numbers stay in the order of texts, as torchvision sorts them', async () => {
  const names = Array.from({ length: 12 }, (_, i) => `${i + 1}`);
  assert.deepEqual((await load(folderOf(set('s', ['train', 'test'], names)))).report?.classes, [...names].sort());
});
