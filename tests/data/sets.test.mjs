/** sets.test.mjs - archives and folders as data sets: files of other kinds, gzip, order, and what is missing. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createTrainer, pathEntries } from '../../tools/node/node.mjs';
import { loadNative, loadWasm } from '../support/core.mjs';
import { digitPng, gz, idx, smallTar, tarEntry, TAR_END, zip } from '../support/files.mjs';
import { around, load, tar } from '../support/loaded.mjs';

test('an archive of nothing, of one class, of a class without training pictures; other files', async () => {
  const gzip = gz(smallTar());
  /** @type {[string, Buffer, RegExp][]} */
  const cases = [
    ['zero entries', TAR_END, /no pictures were found/],
    ['one class', smallTar({ classes: ['a'] }), /only one class, 'a'/],
    [
      '65 classes',
      smallTar({ classes: Array.from({ length: 65 }, (_, i) => `c${i}`), perClass: 1 }),
      /more than 64 classes/,
    ],
    [
      'test class unknown',
      smallTar({ extra: [tarEntry('s/testing/zebra/0.png', digitPng(0))] }),
      /class 'zebra' has test pictures but no training/,
    ],
    [
      'training only',
      Buffer.concat([tarEntry('s/train/a/0.png', digitPng(0)), tarEntry('s/train/b/0.png', digitPng(0)), TAR_END]),
      /no test pictures/,
    ],
    ['gzip in gzip', gz(gzip), /gzip inside gzip/],
    ['zip', Buffer.from('PK\x03\x04 and so on'), /zip archive/],
    ['text', Buffer.from('hello'), /no pictures were found; files skipped: 1, the first set\.tar: it is in no folder/],
    ['empty', Buffer.alloc(0), /no pictures were found/],
  ];
  for (const [what, bytes, reason] of cases) {
    const { message } = await loadWasm(tar(bytes));
    assert.match(message, reason, what);
  }
  // All 64 are allowed.
  assert.equal(
    (await load(tar(smallTar({ classes: Array.from({ length: 64 }, (_, i) => `c${i}`), perClass: 1 })))).status,
    0,
  );
});

test('files of other kinds: what they are, by their bytes or their names, and what to do', async () => {
  const text = (/** @type {string} */ s) => Buffer.from(s, 'latin1'),
    unpack = 'unpack it and use the folder',
    convert = 'write its pictures as PNG files in folders, as IDX or as .npz';
  /** @type {[string, Buffer, string, string][]} */
  const cases = [
    ['set.tar.xz', text('\xfd7zXZ\0\0\x04'), 'an xz archive', unpack],
    ['set.tar.bz2', text('BZh91AY&SY'), 'a bzip2 archive', unpack],
    ['set.tar.zst', text('\x28\xb5\x2f\xfd\x04'), 'a Zstandard archive', unpack],
    ['set.7z', text('7z\xbc\xaf\x27\x1c\0\x04'), 'a 7-Zip archive', unpack],
    ['set.rar', text('Rar!\x1a\x07\x01\0'), 'a RAR archive', unpack],
    ['renamed.png', text('Rar!\x1a\x07\0'), 'a RAR archive', unpack],
    ['mnist_train.csv', text('label,1x1,1x2\n5,0,0\n'), 'a table of text (CSV)', convert],
    ['MNIST.CSV', text('5,0,0\n'), 'a table of text (CSV)', convert],
    ['mnist.pkl', text('\x80\x04\x95\0'), 'a Python pickle', convert],
    ['old.pkl', text('(lp0\n'), 'a Python pickle', convert],
    [
      'x.npy',
      text('\x93NUMPY\x01\0v\0'),
      'an array of NumPy',
      "numpy.savez('set.npz', x_train=..., y_train=..., x_test=..., y_test=...) makes what is read",
    ],
    ['mnist.mat', text('MATLAB 5.0 MAT-file, Platform: GLNXA64'), 'a MATLAB file', convert],
    ['train.parquet', text('PAR1\x15\0'), 'a Parquet file', convert],
    ['set.h5', text('\x89HDF\r\n\x1a\n'), 'an HDF5 file', convert],
    ['digits.pdf', text('%PDF-1.7'), 'a PDF', 'save its page as PNG'],
    ['IMG_1.HEIC', text('\0\0\0\x18ftypheic'), 'a HEIC', 'save it as PNG'],
    ['IMG_1.jpg', text('\xff\xd8\xff\xe0'), 'a JPEG', 'save it as PNG'],
  ];
  for (const [name, bytes, kind, advice] of cases) {
    const reason = `it is ${kind}, not a PNG: ${advice}`;
    assert.equal(
      (await load([{ name, bytes }])).message,
      `no pictures were found; files skipped: 1, the first ${name}: ${reason}`,
    );
    assert.equal(
      (await loadWasm([{ name: `${name}.gz`, bytes: gz(bytes) }])).message,
      `no pictures were found; files skipped: 1, the first ${name}.gz: ${reason}`,
      'compressed',
    );
    const { facts } = await load([{ name: 's.tar', bytes: smallTar({ extra: [tarEntry(`set/${name}`, bytes)] }) }]);
    assert.equal(facts[1], `problem set/${name}: ${reason}`, 'in an archive');
  }
  const large = Buffer.alloc(33 << 20, '7');
  large.set(text('7z\xbc\xaf\x27\x1c'));
  assert.match(
    loadNative([{ name: 'large.7z', bytes: large }]).message,
    /large\.7z: it is a 7-Zip archive, not a PNG: unpack it and use the folder$/,
  );
  assert.match(
    loadNative([{ name: 'large.bin', bytes: large.subarray(6) }]).message,
    /large\.bin: the file is larger than 32 MB$/,
  );
});

test('gzip: damaged, cut, or not gzip; what was loaded before stays', async () => {
  const trainer = await createTrainer();
  const good = gz(smallTar({ classes: ['x', 'y'] }));
  assert.equal((await loadWasm([{ name: 'good', bytes: good }], trainer)).status, 0);
  const damaged = Buffer.from(good);
  damaged[good.length - 6] ^= 1; // the checksum at the end, after all entries were read
  for (const bytes of [
    good.subarray(0, good.length - 1),
    good.subarray(0, 30),
    damaged,
    Buffer.from('1f8b0800', 'hex'),
  ]) {
    const { status, message } = await loadWasm([{ name: 'bad.tar.gz', bytes }], trainer);
    assert.equal(status, 'data', message);
    assert.match(message, /^bad\.tar\.gz: the gzip data is damaged or cut short/);
    assert.equal(trainer.pictures('train', [0]).paths[0], 'set/training/x/0.png');
  }
  const tiny = {
    name: 'g',
    size: null,
    open: async () =>
      new ReadableStream({
        start(c) {
          for (const b of good) c.enqueue(Uint8Array.of(b));
          c.close();
        },
      }),
  };
  assert.equal((await trainer.load('byte by byte', [tiny])).train, 8);
});

test('order is by path, component by component, as strings, and of one path the first stays', async () => {
  const names = ['10.png', '2.png', '1.png', 'a-b.png', 'a.png', 'Z.png', '1000.png', '2.png'];
  const bytes = Buffer.concat([
    tarEntry('s/training/a b/0.png', digitPng(9)),
    tarEntry('s/training/a/x.png', digitPng(8)),
    ...names.map((n, i) => tarEntry(`s/training/a/${n}`, digitPng(i))),
    tarEntry('s/testing/a/0.png', digitPng(0)),
    TAR_END,
  ]);
  const { facts } = await load(tar(bytes));
  const inOrder = ['1.png', '10.png', '1000.png', '2.png', 'Z.png', 'a-b.png', 'a.png'];
  const alone = (
    await Promise.all([...inOrder.map((n) => names.indexOf(n)), 8, 9].map((n) => load(tar(around(digitPng(n))))))
  ).map((one) => one.facts.find((f) => f.includes('/p.png'))?.replace(/.*hash/, 'hash'));
  assert.equal(new Set(alone).size, alone.length, 'nine pictures that differ');
  assert.deepEqual(
    facts.filter((f) => f.startsWith('train[')),
    [...inOrder.map((n) => `a/${n} label 0`), 'a/x.png label 0', 'a b/0.png label 1'].map(
      (path, i) => `train[${i}] s/training/${path} ${alone[i]}`,
    ),
  );
  assert.deepEqual(facts.slice(0, 2), [
    'skipped 1',
    'problem s/training/a/2.png: there is a picture of the same path already',
  ]);
});

test('a folder: each file a stream of its own, the names are paths', async () => {
  const streams = ['train', 'valid'].flatMap((split) =>
    ['cat', 'dog'].map((c, i) => ({ name: `mine/${split}/${c}/1.png`, bytes: digitPng(i) })),
  );
  const { status, facts } = await load([
    ...streams,
    { name: 'mine/readme.md', bytes: Buffer.from('# hi') },
    { name: 'mine/train/.hidden.png', bytes: Buffer.from('x') },
  ]);
  assert.equal(status, 0);
  assert.deepEqual(facts.slice(0, 3), [
    'skipped 1',
    'problem mine/readme.md: it is in no folder <training or testing>/<class>',
    'classes cat dog',
  ]);
  assert.match(facts[3], /^train 2 /);
});

test('files that vanish before they are read: of a folder they are skipped with the reason, alone they are refused', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'inklearn-gone-')),
    trainer = await createTrainer({ threads: 1 });
  const put = (/** @type {string} */ name, /** @type {Uint8Array} */ bytes) => {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    writeFileSync(join(folder, name), bytes);
  };
  for (const split of ['train', 'valid'])
    for (const c of ['a', 'b']) for (const n of [0, 1]) put(`set/${split}/${c}/${n}.png`, digitPng(n));
  put('set/train/.DS_Store', Buffer.from('x'));
  const entries = await pathEntries(join(folder, 'set'));
  for (const name of ['train/a/1.png', 'train/.DS_Store']) rmSync(join(folder, 'set', name));
  writeFileSync(join(folder, 'set/valid/b/0.png'), digitPng(0).subarray(0, 20));
  const report = await trainer.load('set', entries);
  assert.deepEqual([report.train, report.valid, report.skipped], [3, 3, 2]);
  assert.deepEqual(
    report.problems.sort((x, y) => (x.path < y.path ? -1 : 1)),
    [
      { path: 'set/train/a/1.png', reason: 'the file is no longer there' },
      { path: 'set/valid/b/0.png', reason: 'it became shorter while it was read' },
    ],
  );
  put('one.tar', smallTar());
  put(
    'one.zip',
    zip([
      { name: 'set/train/a/0.png', data: digitPng(0) },
      { name: 'set/train/b/0.png', data: digitPng(0) },
    ]),
  );
  for (const name of ['one.tar', 'one.zip']) {
    const [entry, ...others] = await pathEntries(join(folder, name));
    rmSync(join(folder, name));
    await assert.rejects(trainer.load(name, [entry, ...others]), {
      name: 'EngineError',
      code: 'data',
      message: `${name}: the file is no longer there`,
    });
  }
  await assert.rejects(pathEntries(join(folder, 'one.tar')), {
    message: `${join(folder, 'one.tar')}: there is no such file or folder`,
  });
  assert.equal(trainer.pictures('train', [0]).paths.length, 1, 'what was loaded before stays');
});

test('an archive of which only a part can be read is refused', async () => {
  const trainer = await createTrainer({ threads: 1 }),
    bytes = smallTar();
  const gone = (/** @type {string} */ name, /** @type {Buffer} */ part) => ({
    name,
    size: null,
    reason: async () => 'it is gone',
    open: async () =>
      (async function* () {
        yield part;
        throw new Error('no');
      })(),
  });
  for (const [name, part] of /** @type {[string, Buffer][]} */ ([
    ['a.tar', bytes.subarray(0, 5000)],
    ['train-images', idx([9, 28, 28], new Uint8Array(800))],
  ]))
    await assert.rejects(
      trainer.load('set', [gone(name, part), { name: 'b', size: null, open: async () => new Blob([bytes]).stream() }]),
      { code: 'data', message: `${name}: it is gone` },
    );
});
