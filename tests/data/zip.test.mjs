/**
 * zip.test.mjs - zip archives: stored, deflated, of 64 bits, as other programs write them; damaged and hostile ones.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createTrainer, pathEntries } from '../../tools/node/node.mjs';
import { blobArchive, zipEntries } from '../../web/core/sources/zip.js';
import { crc32, digitPng, zip, zipField } from '../support/files.mjs';

/** @typedef {import('../support/files.mjs').ZipFile & { name: string }} File */
/** A small data set. @param {(file: File, index: number) => File} [change] */
function files(change = (file) => file) {
  /** @type {File[]} */
  const found = [
    { name: 'set/', data: new Uint8Array(), method: 0 },
    { name: '__MACOSX/set/training/cat/._0.png', data: Buffer.from('resource') },
  ];
  for (const split of ['training', 'testing'])
    for (const [i, name] of ['cat', 'dog'].entries())
      for (let n = 0; n < 4; n++)
        found.push({ name: `set/${split}/${name}/${n}.png`, data: digitPng(10 * n + i), method: n % 2 ? 8 : 0 });
  return found.map(change);
}

/** @param {Buffer} bytes */
async function load(bytes) {
  const trainer = await createTrainer({ threads: 1 });
  return { trainer, report: await trainer.load('a.zip', await zipEntries(blobArchive(new Blob([bytes])), 'a.zip')) };
}

test('stored and deflated, of 32 and 64 bits, from a blob and from the disk: the same pictures', async () => {
  const seen = new Set();
  for (const long of [false, true]) {
    const { trainer, report } = await load(zip(files(), { long }));
    assert.deepEqual([report.train, report.valid, report.skipped, report.classes], [8, 8, 0, ['cat', 'dog']]);
    const { pictures, paths } = trainer.pictures('train', [...Array(8).keys()]);
    assert.equal(paths[0], 'set/training/cat/0.png');
    seen.add(JSON.stringify(pictures.map((p) => [...p])));
  }
  const path = join(mkdtempSync(join(tmpdir(), 'inklearn-zip-')), 'set.zip');
  writeFileSync(path, zip(files()));
  const trainer = await createTrainer({ threads: 1 });
  await trainer.load('set.zip', await pathEntries(path));
  seen.add(JSON.stringify(trainer.pictures('train', [...Array(8).keys()]).pictures.map((p) => [...p])));
  assert.equal(seen.size, 1);
});

/** The archive with another end. @param {(end: Buffer) => void} change */
function changedEnd(change) {
  const bytes = zip(files());
  change(bytes.subarray(-22));
  return bytes;
}

test('what cannot be trusted is refused, with the file and the reason', async () => {
  const one = (/** @type {Partial<File>} */ change) => files((file, i) => (i === 5 ? { ...file, ...change } : file));
  /** @type {[Buffer, RegExp][]} */
  const cases = [
    [zip(files()).subarray(0, 900), /no end: it is damaged or cut short/],
    [zip(one({ claims: 7 })), /cat\/3\.png is longer than the 7 bytes that its directory states/],
    [zip(one({ claims: 70000 })), /cat\/3\.png has \d+ bytes, its directory states 70000/],
    [zip([{ name: 'set/training/a/0.png', data: Buffer.alloc(80e6) }]), /more than 200 times its size/],
    [zip(files(), { count: 17 }), /its end states 17 entries, its directory has 18/],
    [changedEnd((end) => end.writeUInt16LE(3, 4)), /the last part of a zip archive that was split/],
    [
      changedEnd((end) => end.writeUInt32LE(0x10000001, 12)),
      /directory takes 268435457 bytes; 268435456 are the limit/,
    ],
    [
      zip(files(), { long: true }).map((byte, i, all) => (i === all.length - 98 + 34 ? 0x7b : byte)),
      /the zip archive has 8060946 entries; 8000000 are the limit/,
    ],
    [
      Buffer.concat([
        zip(files()).subarray(0, -22),
        Buffer.from(
          zip(files())
            .subarray(-22)
            .map((b, i) => (i === 17 ? b ^ 0xff : b)),
        ),
      ]),
      /lies outside/,
    ],
  ];
  for (const [bytes, expected] of cases)
    await assert.rejects(
      load(bytes),
      (/** @type {any} */ error) => error.name === 'EngineError' && expected.test(error.message),
      String(expected),
    );
});

test('damage anywhere ends in pictures or in a sentence, never in anything else', async () => {
  const good = zip(files(), { long: true });
  const trainer = await createTrainer({ threads: 1 });
  let refused = 0,
    state = 12345;
  const random = (/** @type {number} */ n) => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) % n;
  for (let i = 0; i < 400; i++) {
    const bytes = Buffer.from(i % 4 ? good : good.subarray(0, random(good.length)));
    for (let k = 0; k < 1 + (i % 3) && bytes.length; k++)
      bytes[i % 2 ? bytes.length - 1 - random(Math.min(bytes.length, 1400)) : random(bytes.length)] ^= 1 << random(8);
    try {
      await trainer.load('a.zip', await zipEntries(blobArchive(new Blob([bytes])), 'a.zip'));
    } catch (error) {
      assert.equal(/** @type {any} */ (error).name, 'EngineError', `${error}`);
      refused++;
    }
  }
  assert.ok(refused > 100 && refused < 400, `${refused} of 400 refused`);
});

// ---- as other programs write them ----

/**
 * A data set in folders whose names are bytes: 2 training pictures and 1 test picture of each.
 * @param {Uint8Array[]} classes
 * @param {Partial<import('../support/files.mjs').ZipFile>} [more]
 */
const named = (classes, more = {}) =>
  classes.flatMap((name, i) =>
    ['training', 'training', 'testing'].map((split, n) => ({
      name: Buffer.concat([Buffer.from(`s/${split}/`), name, Buffer.from(`/${n}.png`)]),
      data: digitPng(10 * n + i),
      ...more,
    })),
  );
const CP850 = [Buffer.from([0x82]), Buffer.from([0x8a]), Buffer.from('a')],
  UTF8 = [...'éèa'].map((c) => Buffer.from(c));

test('names: UTF-8 by its flag, UTF-8 without it, code page 437, Unicode path', async () => {
  const wanted = ['a', 'è', 'é'];
  const path = (/** @type {Uint8Array} */ raw, /** @type {Uint8Array} */ name) => {
    const sum = Buffer.alloc(4);
    sum.writeUInt32LE(crc32(raw));
    return zipField(0x7075, Buffer.concat([Buffer.from([1]), sum, name]));
  };
  const escaped = named([Buffer.from('#1'), Buffer.from('#2'), Buffer.from('a')]).map((file) => {
    const text = file.name.toString('latin1').replace('#1', 'é').replace('#2', 'è');
    return { ...file, extra: Buffer.concat([zipField(0x5455, Buffer.alloc(5)), path(file.name, Buffer.from(text))]) };
  });
  /** @type {[string, import('../support/files.mjs').ZipFile[], string[]][]} */
  const cases = [
    ['flag', named(UTF8, { flags: 1 << 11 }), wanted],
    ['no flag, UTF-8', named(UTF8), wanted],
    ['code page 437', named(CP850, { madeBy: 0 }), wanted],
    [
      'bytes that are UTF-8 beside others that are not: all are code page 437',
      named([UTF8[0], CP850[0], CP850[1]]),
      ['è', 'é', '├⌐'],
    ],
    ['a flag that lies', named(CP850, { flags: 1 << 11 }), wanted],
    ['Unicode path', escaped, wanted],
    [
      'Unicode path of another name',
      escaped.map((file) => ({ ...file, name: Buffer.from(file.name.toString().replace('#', '$')) })),
      ['$1', '$2', 'a'],
    ],
    [
      'every byte of the code page',
      named([0xff, 0xe1, 0x80, 0xb3, 0xfd].map((byte) => Buffer.from([byte]))),
      ['\u00a0', 'ß', 'Ç', '│', '²'].sort(),
    ],
  ];
  for (const [what, list, classes] of cases) {
    const { report } = await load(zip(list));
    assert.deepEqual(
      [report.train, report.valid, report.skipped, [...report.classes].sort()],
      [2 * classes.length, classes.length, 0, classes],
      what,
    );
  }
});

test('back-slashes between folders, where the system that made it has them', async () => {
  const back = (/** @type {number} */ madeBy) =>
    zip(files((file) => ({ ...file, name: file.name.replaceAll('/', '\\'), madeBy })));
  for (const madeBy of [0, 10])
    assert.deepEqual(
      await load(back(madeBy)).then(({ report }) => [report.train, report.valid, report.skipped, report.classes]),
      [8, 8, 0, ['cat', 'dog']],
    );
  await assert.rejects(load(back(3)), /no pictures were found/, 'on Unix a name may hold them');
  const { report } = await load(zip(named([Buffer.from('a\\b'), Buffer.from('c')], { madeBy: 0 })));
  assert.deepEqual(report.classes, ['a\\b', 'c'], 'a name with slashes has its folders already');
});

test('behind other bytes: a program that unpacks itself', async () => {
  const before = Buffer.alloc(5000, 'MZ and more of a program. ');
  for (const bytes of [zip(files()), zip(files(), { long: true }), zip(files(), { comment: 'a comment' })]) {
    const path = join(mkdtempSync(join(tmpdir(), 'inklearn-zip-')), 'set.zip');
    writeFileSync(path, Buffer.concat([before, bytes]));
    const trainer = await createTrainer({ threads: 1 }),
      fromDisk = await trainer.load('set.zip', await pathEntries(path));
    for (const report of [fromDisk, (await load(Buffer.concat([before, bytes]))).report])
      assert.deepEqual([report.train, report.valid, report.skipped], [8, 8, 0]);
  }
  const stub = Buffer.concat([before, zip(files())]),
    shifted = zip(files().map((file, i) => ({ ...file, data: i ? file.data : before, method: 0 })));
  assert.equal((await load(shifted)).report.train, 8, 'offsets that count from the first byte');
  assert.ok(stub.length > 5000);
});

test('more than 65,535 entries without 64 bits: the number in the end is modulo 65,536', async () => {
  const filler = Array.from({ length: 65530 }, (_, i) => ({ name: `set/${i}`, data: Buffer.from('x'), method: 0 }));
  const all = [...filler, ...files()];
  const { report } = await load(zip(all, { count: all.length % 65536 }));
  assert.deepEqual([report.train, report.valid, report.skipped], [8, 8, 65530]);
});

test('a byte that is flipped in any entry is found by its CRC-32; both sums are named', async () => {
  const good = zip(files()),
    list = files();
  for (const [i, { name, method }] of list.entries()) {
    if (i < 2) continue;
    const bytes = Buffer.from(good),
      at = good.indexOf(name) + name.length; // of the data, behind the name in its header
    bytes[at + 60] ^= 1;
    await assert.rejects(load(bytes), (/** @type {any} */ error) => {
      assert.equal(error.name, 'EngineError');
      if (method === 0) {
        const changed = Buffer.from(list[i].data);
        changed[60] ^= 1;
        assert.equal(
          error.message,
          `a.zip: the zip archive is damaged: ${name} has the CRC-32 ${crc32(changed).toString(16).padStart(8, '0')}, its directory states ${crc32(list[i].data).toString(16).padStart(8, '0')}`,
        );
      } else
        assert.match(
          error.message,
          new RegExp(
            `the zip archive is damaged: ${name} (has the CRC-32 [0-9a-f]{8}, its directory states [0-9a-f]{8}|cannot be unpacked|ends too early|has|takes|is longer)`,
          ),
        );
      return true;
    });
  }
  const wrong = zip(files((file, i) => (i === 5 ? { ...file, sum: 0x01020304 } : file)));
  await assert.rejects(
    load(wrong),
    new RegExp(
      `cat/3\\.png has the CRC-32 ${crc32(files()[5].data).toString(16).padStart(8, '0')}, its directory states 01020304$`,
    ),
  );
});

test('an entry that cannot be unpacked is skipped, counted and named; the others are read', async () => {
  const { report } = await load(
    zip(
      files((file, i) =>
        i === 5
          ? { ...file, flags: 1 }
          : i === 6
            ? { ...file, method: 14 }
            : i === 7
              ? { ...file, method: 200 }
              : i === 1
                ? { ...file, flags: 1 }
                : file,
      ),
    ),
  );
  assert.deepEqual([report.train, report.valid, report.skipped], [5, 8, 3]);
  assert.deepEqual(report.problems, [
    {
      path: 'set/training/cat/3.png',
      reason: 'it is encrypted; unpack the archive with its password and use the folder',
    },
    {
      path: 'set/training/dog/0.png',
      reason: 'it is compressed with LZMA (method 14), which is not read; unpack the archive and use the folder',
    },
    {
      path: 'set/training/dog/1.png',
      reason:
        'it is compressed with a method of its own (method 200), which is not read; unpack the archive and use the folder',
    },
  ]);
  await assert.rejects(
    load(zip(files((file) => ({ ...file, flags: 1 })))),
    /no pictures were found; files skipped: 16, the first set\/training\/cat\/0\.png: it is encrypted/,
  );
  const twice = [
    ...files(),
    { name: 'set/training/cat/0.png', data: digitPng(7) },
    { name: 'set/training/cat/0\0.png', data: digitPng(8) },
  ];
  assert.deepEqual(
    (await load(zip(twice))).report.problems.map(({ reason }) => reason),
    ['its name holds a zero byte', 'there is a picture of the same path already'],
  );
});

const scratch = mkdtempSync(join(tmpdir(), 'inklearn-zips-'));
for (const { name, data } of files()) {
  if (name.endsWith('/') || name.startsWith('__')) continue;
  mkdirSync(join(scratch, name, '..'), { recursive: true });
  writeFileSync(join(scratch, name), data);
}
const here = (/** @type {string} */ command) => spawnSync(command, ['--help']).status === 0;

test(
  'what Info-ZIP writes: deflated, stored, encrypted, to a pipe, with a prefix that it counts',
  { skip: here('zip') ? false : 'zip is missing: apt-get install zip' },
  async () => {
    const run = (/** @type {string} */ ...args) => {
      rmSync(join(scratch, 'a.zip'), { force: true });
      const { status, stdout, stderr } = spawnSync('sh', ['-c', args.join(' && ')], {
        cwd: scratch,
        maxBuffer: 1 << 26,
      });
      assert.equal(status, 0, `${stderr}`);
      return stdout.length ? stdout : readFileSync(join(scratch, 'a.zip'));
    };
    for (const command of ['zip -qr a.zip set', 'zip -q0r a.zip set', 'zip -qr - set | cat', 'zip -qfz -r a.zip set']) {
      const { report } = await load(run(command));
      assert.deepEqual(
        [report.train, report.valid, report.skipped, report.classes],
        [8, 8, 0, ['cat', 'dog']],
        command,
      );
    }
    assert.equal(
      (await load(run('zip -qr b.zip set', '(printf "#!/bin/sh\\n"; cat b.zip) >a.zip', 'zip -qA a.zip'))).report.train,
      8,
    );
    await assert.rejects(load(run('zip -qr -P secret a.zip set')), /files skipped: 16, .*: it is encrypted/);
  },
);

const python =
  ['python3', '/usr/bin/python3'].find((p) => spawnSync(p, ['-c', 'import zipfile, bz2, lzma']).status === 0) ?? '';
test(
  'what Python writes: into a pipe, of 64 bits, names in Unicode, bzip2 and LZMA beside deflate',
  { skip: python ? false : 'Python 3 is missing: apt-get install python3' },
  async () => {
    const { status, stderr } = spawnSync(
      python,
      [
        '-c',
        `
import io, os, sys, zipfile
files = [(os.path.join(r, f)) for r, d, n in os.walk('set') for f in sorted(n)]
def put(out, method=zipfile.ZIP_DEFLATED, rename=lambda p: p, force=False):
    with zipfile.ZipFile(out, 'w', method) as z:
        for p in sorted(files):
            with z.open(zipfile.ZipInfo(rename(p)) if method == zipfile.ZIP_STORED else rename(p), 'w', force_zip64=force) as f: f.write(open(p, 'rb').read())
class Pipe(io.RawIOBase):
    def __init__(self, path): self.f = open(path, 'wb')
    def writable(self): return True
    def write(self, b): return self.f.write(b)
    def close(self): self.f.close()
p = Pipe('pipe.zip'); put(p); p.close()
put('long.zip', force=True)
put('unicode.zip', rename=lambda p: p.replace('cat', 'gató').replace('dog', '狗'))
put('bzip2.zip', zipfile.ZIP_BZIP2); put('lzma.zip', zipfile.ZIP_LZMA)
`,
      ],
      { cwd: scratch, encoding: 'utf8' },
    );
    assert.equal(status, 0, stderr);
    for (const [name, classes] of /** @type {[string, string[]][]} */ ([
      ['pipe', ['cat', 'dog']],
      ['long', ['cat', 'dog']],
      ['unicode', ['gató', '狗']],
    ])) {
      const { report } = await load(readFileSync(join(scratch, `${name}.zip`)));
      assert.deepEqual([report.train, report.valid, report.skipped, report.classes], [8, 8, 0, classes], name);
    }
    for (const [name, method] of [
      ['bzip2', 'bzip2 (method 12)'],
      ['lzma', 'LZMA (method 14)'],
    ])
      await assert.rejects(load(readFileSync(join(scratch, `${name}.zip`))), (/** @type {any} */ error) =>
        error.message.includes(
          `it is compressed with ${method}, which is not read; unpack the archive and use the folder`,
        ),
      );
  },
);
