/** data.test.mjs - archives, folders, IDX files and PNGs: good, damaged and hostile. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { createTrainer, pathEntries } from '../../tools/node/node.mjs';
import { loadNative, loadWasm, missing, shared } from '../support/core.mjs';
import {
  chunk,
  crc32,
  digitPng,
  gz,
  idx,
  ihdr,
  paxRecord,
  png,
  SIGNATURE,
  smallTar,
  tarEntry,
  TAR_END,
  zip,
} from '../support/files.mjs';

/** Both builds must say the same; returns what. @param {import('../support/core.mjs').Stream[]} streams */
async function load(streams) {
  const native = loadNative(streams),
    wasm = await loadWasm(streams);
  assert.equal(native.live, 0, 'the native build leaks');
  assert.equal(native.message, wasm.message);
  if (native.status === 0) assert.deepEqual(wasm.facts, native.facts);
  return native;
}

/** @param {Buffer} bytes */
const tar = (bytes) => [{ name: 'set.tar', bytes }];

/** A data set in which training/a/p.png is the picture in question. @param {Buffer} picture */
function around(picture) {
  return Buffer.concat([
    tarEntry('s/training/a/p.png', picture),
    tarEntry('s/training/b/0.png', digitPng(1)),
    tarEntry('s/testing/a/0.png', digitPng(2)),
    TAR_END,
  ]);
}

// ---- PNG (more of it in png.test.mjs) ----

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

// ---- tar ----

test('tar: pushed in pieces of any size, the result is the same', async () => {
  const bytes = smallTar({ perClass: 3 });
  const whole = loadNative(tar(bytes));
  assert.equal(whole.status, 0, whole.message);
  for (const step of [1, 7, 511, 512, 513, 1000])
    assert.deepEqual(loadNative(tar(bytes), { step }).facts, whole.facts, `${step} bytes a push`);
});

test('tar: truncated within an entry it is refused with the byte; between two, what came is read', () => {
  const entries = ['training', 'testing'].flatMap((split) =>
    ['a', 'b'].map((name, i) => tarEntry(`s/${split}/${name}/0.png`, digitPng(i))),
  );
  const described = [
    tarEntry('x', paxRecord('path', 's/testing/b/1.png'), { type: 'x' }),
    tarEntry('short', digitPng(2)),
  ];
  const bytes = Buffer.concat([
      ...entries,
      tarEntry('g', paxRecord('comment', 'x'), { type: 'g' }),
      ...described,
      TAR_END,
    ]),
    ends = new Set([0]);
  for (const entry of [...entries, tarEntry('g', paxRecord('comment', 'x'), { type: 'g' }), Buffer.concat(described)])
    ends.add(Math.max(...ends) + entry.length);
  for (let at = 512; at < bytes.length; at += 512)
    for (const cut of [at, at + 100]) {
      if (cut >= bytes.length) continue;
      const { status, message, live } = loadNative(tar(bytes.subarray(0, cut)));
      assert.equal(live, 0);
      if (ends.has(cut) || cut === bytes.length - 512)
        assert.ok(
          status === 0 || /no (training|test) pictures|only one class/.test(message),
          `cut at ${cut}: ${message}`,
        );
      else {
        assert.equal(status, 2, `cut at ${cut}`);
        assert.match(message, new RegExp(`cut short at byte ${cut}`), `cut at ${cut}`);
      }
    }
  assert.deepEqual(
    loadNative(tar(bytes.subarray(0, -1024))).facts,
    loadNative(tar(bytes)).facts,
    'without its two blocks of zeros',
  );
});

test('tar: names by prefix, GNU long name, PAX path; sizes by PAX and base 256', async () => {
  const long = `${'deep/'.repeat(40)}training/a/1.png`;
  const picture = digitPng(4);
  const base256 = Buffer.alloc(12);
  base256[0] = 0x80;
  base256.writeUInt32BE(picture.length, 8);
  const bytes = Buffer.concat([
    tarEntry('training/a/2.png', picture, { prefix: 'some/where' }),
    tarEntry('././@LongLink', Buffer.from(`${long}\0`), { type: 'L', magic: 'ustar  \0' }),
    tarEntry(long.slice(0, 100), picture),
    tarEntry('x', paxRecord('path', 'päx/training/b/3.png'), { type: 'x' }),
    tarEntry('short', picture),
    tarEntry('x', paxRecord('size', String(picture.length)), { type: 'x' }),
    tarEntry('p/training/b/4.png', picture, { size: `${'0'.repeat(11)}\0` }),
    tarEntry('p/training/b/5.png', picture, { size: base256 }),
    tarEntry('g', paxRecord('comment', 'global'), { type: 'g' }),
    tarEntry('p/testing/a/0.png', picture),
    TAR_END,
  ]);
  const { status, message, facts } = await load(tar(bytes));
  assert.equal(status, 0, message);
  assert.deepEqual(
    facts
      .filter((f) => f.startsWith('train['))
      .map((f) => f.split(' ')[1])
      .sort(),
    [long, 'p/training/b/4.png', 'p/training/b/5.png', 'päx/training/b/3.png', 'some/where/training/a/2.png'].sort(),
  );
});

test('tar: what is no file is passed over; what is no picture is counted and named', async () => {
  const bytes = Buffer.concat([
    tarEntry('s/training/', undefined, { type: '5' }),
    tarEntry('s/training/a/link.png', undefined, { type: '2' }),
    tarEntry('s/training/a/device', undefined, { type: '3' }),
    tarEntry('s/training/a/._0.png', Buffer.from('x')),
    tarEntry('s/.DS_Store', Buffer.from('x')),
    tarEntry('__MACOSX/s/training/a/0.png', Buffer.from('x')),
    tarEntry('s/README.txt', Buffer.from('hello')),
    tarEntry('s/training/a/notes.csv', Buffer.from('1,2')),
    tarEntry('s/training/a/sparse.png', undefined, { type: 'S' }),
    tarEntry('s/training/a/odd.png', digitPng(3), { type: 'Z' }),
    tarEntry('x', paxRecord('GNU.sparse.major', '1'), { type: 'x' }),
    tarEntry('s/training/a/sparse2.png', digitPng(3)),
    tarEntry('s/training/a/hard.png', undefined, { type: '1' }),
    tarEntry(`s/training/${'n'.repeat(70)}/0.png`, digitPng(0)),
    tarEntry('s/training/bad\x01name/0.png', digitPng(0)),
    smallTar({ classes: ['a', 'b'], perClass: 1, root: 's', extra: [tarEntry('s/training/a/0.png', digitPng(9))] }),
  ]);
  const { status, message, facts } = await load(tar(bytes));
  assert.equal(status, 0, message);
  assert.deepEqual(
    facts.filter((f) => !/^(train|valid|classes)/.test(f)),
    [
      'skipped 11',
      'problem s/training/a/link.png: a link, which is not followed',
      'problem s/training/a/device: a device, not a file',
      'problem s/README.txt: it is in no folder <training or testing>/<class>',
      'problem s/training/a/notes.csv: not a PNG',
      'problem s/training/a/sparse.png: a sparse file, which is not supported',
      'problem s/training/a/odd.png: an entry of an unknown kind',
      'problem s/training/a/sparse2.png: a sparse file, which is not supported',
      'problem s/training/a/hard.png: a link, which is not followed',
      `problem s/training/${'n'.repeat(70)}/0.png: the name of its folder cannot be a class: it is too long or no text`,
      'problem s/training/bad\x01name/0.png: the name of its folder cannot be a class: it is too long or no text',
      'problem s/training/a/0.png: there is a picture of the same path already',
    ],
  );
});

test('tar: hard links are the pictures that they link to, if those came before; others are counted and named', async () => {
  const long = `set/training/b/${'n'.repeat(150)}.png`,
    link = (/** @type {string} */ name, /** @type {string} */ to) => tarEntry(name, undefined, { type: '1', link: to });
  const bytes = Buffer.concat([
    tarEntry('./set/training/a/0.png', digitPng(0)),
    link('set/training/b/0.png', 'set/training/a/0.png'),
    link('set/testing/b/0.png', './set/training/b/0.png'),
    tarEntry('x', paxRecord('path', long), { type: 'x' }),
    tarEntry('short', digitPng(1)),
    tarEntry('x', paxRecord('linkpath', long), { type: 'x' }),
    link('set/testing/a/1.png', 'cut'),
    tarEntry('K', Buffer.from(`${long}\0`), { type: 'K', magic: 'ustar  \0' }),
    link('set/testing/a/2.png', 'cut'),
    link('set/training/a/forward.png', 'set/training/a/later.png'),
    tarEntry('set/training/a/later.png', digitPng(2)),
    link('set/training/a/self.png', 'set/training/a/self.png'),
    link('set/training/a/missing.png', 'set/training/a/none.png'),
    tarEntry('set/training/a/text.png', Buffer.from('text')),
    link('set/training/a/text-too.png', 'set/training/a/text.png'),
    link('set/elsewhere.png', 'set/training/a/0.png'),
    link('set/training/.hidden/0.png', 'set/training/a/0.png'),
    link('set/training/a/0.png', 'set/training/a/later.png'),
    TAR_END,
  ]);
  const { facts } = await load(tar(bytes)),
    hash = (/** @type {string} */ path) => facts.find((f) => f.includes(` ${path} `))?.replace(/.* hash/, '');
  assert.deepEqual(
    facts.filter((f) => /^(skipped|problem|classes)/.test(f)),
    [
      'skipped 7',
      'problem set/training/a/forward.png: a link to set/training/a/later.png, which is not a picture earlier in the archive',
      'problem set/training/a/self.png: a link to set/training/a/self.png, which is not a picture earlier in the archive',
      'problem set/training/a/missing.png: a link to set/training/a/none.png, which is not a picture earlier in the archive',
      'problem set/training/a/text.png: not a PNG',
      'problem set/training/a/text-too.png: a link to set/training/a/text.png, which is not a picture earlier in the archive',
      'problem set/elsewhere.png: it is in no folder <training or testing>/<class>',
      'problem set/training/a/0.png: there is a picture of the same path already',
      'classes a b',
    ],
  );
  for (const path of ['set/training/b/0.png', 'set/testing/b/0.png'])
    assert.equal(hash(path), hash('set/training/a/0.png'), path);
  for (const path of ['set/testing/a/1.png', 'set/testing/a/2.png']) assert.equal(hash(path), hash(long), path);
  assert.equal(facts.filter((f) => f.startsWith('train[') || f.startsWith('valid[')).length, 7);
  for (let allocation = 0; allocation < 40; allocation++)
    assert.equal(loadNative(tar(bytes), { failAfter: allocation }).live, 0, 'without memory');
});

test('what GNU tar packs of a folder with hard links', () => {
  const folder = mkdtempSync(join(tmpdir(), 'inklearn-links-'));
  for (const split of ['training', 'testing'])
    for (const c of ['a', 'b']) {
      mkdirSync(join(folder, 'set', split, c), { recursive: true });
      for (let n = 0; n < 40; n++) {
        writeFileSync(join(folder, 'set', split, c, `${n}.png`), digitPng(10 * n));
        linkSync(join(folder, 'set', split, c, `${n}.png`), join(folder, 'set', split, c, `${n}-too.png`));
      }
    }
  for (const format of ['gnu', 'posix', 'v7']) {
    const { status, stdout } = spawnSync('tar', ['-C', folder, `--format=${format}`, '-cf', '-', 'set'], {
      maxBuffer: 1 << 26,
    });
    assert.equal(status, 0);
    const { facts } = loadNative(tar(stdout));
    assert.equal(facts[0], 'skipped 0');
    assert.match(facts.find((f) => f.startsWith('train ')) ?? '', /^train 160 /, format);
  }
});

test('tar: extended headers as bsdtar on macOS writes them, up to 1 MB', async () => {
  const fork = (/** @type {number} */ bytes) =>
    tarEntry(
      'x',
      Buffer.concat([
        paxRecord('LIBARCHIVE.xattr.com.apple.ResourceFork', 'x'.repeat(bytes)),
        paxRecord('path', 's/testing/a/1.png'),
      ]),
      { type: 'x' },
    );
  const { facts } = await load(
    tar(
      Buffer.concat([
        fork(90000),
        tarEntry('short', digitPng(3)),
        fork(1048400),
        tarEntry('short', digitPng(4)),
        smallTar({ root: 's', classes: ['a', 'b'] }),
      ]),
    ),
  );
  assert.deepEqual(facts.slice(0, 3), [
    'skipped 2',
    ...Array(2).fill('problem s/testing/a/1.png: there is a picture of the same path already'),
  ]);
});

test('tar: damage in its structure is refused with the byte', () => {
  const good = smallTar();
  const flipped = Buffer.from(good);
  flipped[1024 + 3] ^= 0x40;
  const png0 = digitPng(0);
  const negative = Buffer.alloc(12, 0xff);
  /** @type {[string, Buffer, RegExp][]} */
  const cases = [
    ['header checksum', flipped, /header at byte 1024 has a wrong checksum/],
    ['no size', Buffer.concat([tarEntry('a', png0, { size: 'xyz' }), TAR_END]), /header at byte 0 has no valid size/],
    ['negative size', Buffer.concat([tarEntry('a', png0, { size: negative }), TAR_END]), /no valid size/],
    [
      'size beyond the file',
      Buffer.concat([tarEntry('s/training/a/0.png', png0, { size: '00000777777\0' })]),
      /cut short at byte 1024, inside s\/training\/a\/0\.png: \d+ bytes of it are missing/,
    ],
    [
      'huge extended header',
      Buffer.concat([tarEntry('x', png0, { type: 'x', size: '00077777777\0' })]),
      /extended header of/,
    ],
    [
      'malformed PAX',
      Buffer.concat([tarEntry('x', Buffer.from('99 path=a\n'), { type: 'x' }), good]),
      /PAX header .* malformed/,
    ],
    ['PAX without =', Buffer.concat([tarEntry('x', Buffer.from('8 path\n\n'), { type: 'x' }), good]), /malformed/],
  ];
  for (const [what, bytes, reason] of cases) {
    const { status, message, live } = loadNative(tar(bytes));
    assert.equal(status, 2, what);
    assert.match(message, reason, what);
    assert.equal(live, 0, what);
  }
});

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

// ---- IDX ----

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

// ---- the real thing ----

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

// ---- a person's digit ----

/** @param {number} width @param {number} height @param {(x: number, y: number) => number} grey */
function rgba(width, height, grey) {
  const out = new Uint8Array(width * height * 4);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) out.set([grey(x, y), grey(x, y), grey(x, y), 255], 4 * (y * width + x));
  return out;
}

/** Ink's box and centre of mass. @param {Uint8Array} p */
function measure(p) {
  let left = 28,
    right = -1,
    top = 28,
    bottom = -1,
    sum = 0,
    sx = 0,
    sy = 0;
  p.forEach((v, i) => {
    if (!v) return;
    const x = i % 28,
      y = Math.floor(i / 28);
    left = Math.min(left, x);
    right = Math.max(right, x);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
    sum += v;
    sx += v * x;
    sy += v * y;
  });
  return { width: right - left + 1, height: bottom - top + 1, x: sx / sum, y: sy / sum };
}

test('ink of any colour on transparency is the same digit; transparent or opaque all over is none', async () => {
  const trainer = await createTrainer(),
    side = 200;
  const inked = (/** @type {number} */ value, /** @type {(x: number, y: number) => number} */ alpha) =>
    Uint8Array.from({ length: 4 * side * side }, (_, i) =>
      i % 4 < 3 ? value : alpha((i >> 2) % side, Math.floor((i >> 2) / side)),
    );
  const seven = (/** @type {number} */ x, /** @type {number} */ y) =>
    (y >= 40 && y < 55 && x >= 60 && x < 130) || (y >= 40 && y < 160 && Math.abs(x - (130 - 0.4 * (y - 40))) < 9);
  const soft = (/** @type {number} */ x, /** @type {number} */ y) =>
    [-1, 0, 1]
      .flatMap((u) => [-1, 0, 1].map((v) => (seven(x + u, y + v) ? 1 : 0)))
      .reduce((a, b) => a + b, /** @type {number} */ (0)) * 28;
  const black = trainer.engine.predict(inked(0, soft), side, side).picture;
  for (const value of [255, 250, 227, 216])
    assert.deepEqual(trainer.engine.predict(inked(value, soft), side, side).picture, black, `ink of ${value}`);
  assert.notDeepEqual(black, new Uint8Array(784));
  for (const alpha of [0, 3, 255])
    assert.throws(
      () =>
        trainer.engine.predict(
          inked(255, () => alpha),
          side,
          side,
        ),
      /no ink found/,
      `alpha ${alpha} all over`,
    );
});

test('a digit: either polarity, any place and size, uneven light and specks: 20 x 20, centred by mass', async () => {
  const { trainer } = await loadWasm(tar(smallTar()));
  // A seven: a bar and a slanted stem.
  const seven = (/** @type {number} */ u, /** @type {number} */ v) =>
    (v > 0 && v < 0.12 && u > 0 && u < 0.7) || (v > 0 && v < 1 && Math.abs(u - (0.64 - 0.4 * v)) < 0.07);
  /** @type {[string, Uint8Array, number, number][]} */
  const pictures = [
    ['dark on light', rgba(200, 200, (x, y) => (seven((x - 60) / 100, (y - 50) / 100) ? 20 : 250)), 200, 200],
    ['light on dark', rgba(200, 200, (x, y) => (seven((x - 60) / 100, (y - 50) / 100) ? 250 : 20)), 200, 200],
    [
      'small in a corner of a large sheet',
      rgba(900, 700, (x, y) => (seven((x - 30) / 90, (y - 560) / 90) ? 40 : 245)),
      900,
      700,
    ],
    [
      'uneven light',
      rgba(400, 400, (x, y) => (seven((x - 120) / 200, (y - 100) / 200) ? 0.3 : 1) * (120 + x * 0.15 + y * 0.15)),
      400,
      400,
    ],
    [
      'specks',
      rgba(300, 300, (x, y) => (seven((x - 80) / 150, (y - 80) / 150) || (x % 97 < 2 && y % 89 < 2) ? 30 : 240)),
      300,
      300,
    ],
  ];
  const all = pictures.map(([what, bytes, w, h]) => {
    const { picture } = trainer.engine.predict(bytes, w, h);
    const m = measure(picture);
    assert.equal(m.height, 20, `${what}: the longer side fills 20 pixels`);
    assert.ok(Math.abs(m.width - 14) <= 1, `${what}: its shape is kept, ${m.width} wide`);
    assert.ok(Math.abs(m.x - 14) <= 0.5 && Math.abs(m.y - 14) <= 0.5, `${what}: centre of mass ${m.x}, ${m.y}`);
    assert.equal(Math.max(...picture), 255, what);
    return picture;
  });
  assert.deepEqual(all[0], all[1], 'polarity makes no difference');
  for (const [i, picture] of all.entries()) {
    const apart = picture.reduce((s, v, j) => s + Math.abs(v - all[0][j]), 0) / 784;
    assert.ok(apart < 12, `${pictures[i][0]}: mean difference ${apart.toFixed(1)} of 255 from the plain one`);
  }
  assert.throws(
    () =>
      trainer.engine.predict(
        rgba(50, 50, () => 128),
        50,
        50,
      ),
    /no ink found/,
  );
  assert.throws(
    () =>
      trainer.engine.predict(
        rgba(50, 50, (x) => 128 + (x % 3)),
        50,
        50,
      ),
    /no ink found/,
  );
  assert.throws(() => trainer.engine.predict(new Uint8Array(10), 50, 50), /needs 10000 bytes; 10 were given/);
  assert.throws(() => trainer.engine.predict(new Uint8Array(4), 0, 1), /each side must be from 1/);
  assert.equal(
    trainer.engine.predict(
      rgba(1, 4096, (_, y) => (y > 2000 ? 255 : 0)),
      1,
      4096,
    ).picture.length,
    784,
  );
  assert.equal(
    measure(
      trainer.engine.predict(
        new Uint8Array(100 * 100 * 4).map((_, i) =>
          i % 4 === 3 ? (Math.floor(i / 4) % 100 > 40 && Math.floor(i / 4) % 100 < 50 ? 255 : 0) : 0,
        ),
        100,
        100,
      ).picture,
    ).height,
    20,
    'transparent is paper',
  );
});

test(
  "a digit: MNIST's own test pictures come out as they are",
  { skip: missing('data/idx/t10k-images-idx3-ubyte.gz') },
  async () => {
    const { trainer } = await loadWasm(tar(smallTar()));
    const pixels = gunzipSync(
      readFileSync(/** @type {string} */ (shared('data/idx/t10k-images-idx3-ubyte.gz'))),
    ).subarray(16);
    let sum = 0;
    const n = 1000;
    for (let k = 0; k < n; k++) {
      const given = pixels.subarray(784 * k, 784 * (k + 1));
      const { picture } = trainer.engine.predict(
        rgba(28, 28, (x, y) => given[28 * y + x]),
        28,
        28,
      );
      sum += picture.reduce((s, v, i) => s + Math.abs(v - given[i]), 0) / 784;
    }
    assert.ok(sum / n < 4, `mean difference ${(sum / n).toFixed(2)} of 255`);
  },
);
