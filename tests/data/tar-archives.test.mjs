/**
 * tar-archives.test.mjs - tar archives: names, sizes, links and headers of all kinds; damage is refused with its byte.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { linkSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadNative } from '../support/core.mjs';
import { digitPng, paxRecord, smallTar, tarEntry, TAR_END } from '../support/files.mjs';
import { load, tar } from '../support/loaded.mjs';

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
