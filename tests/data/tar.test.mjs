/**
 * tar.test.mjs - the same members as GNU tar finds: archives that it writes in each of its formats, and
 * archives made by hand that it reads.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, linkSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { crc32, paxRecord, TAR_END, tarEntry } from '../support/files.mjs';
import { replay } from '../support/replay.mjs';

const scratch = mkdtempSync(join(tmpdir(), 'inklearn-tar-'));

/** @param {string[]} args @param {Buffer} [input] */
function gnuTar(args, input) {
  const { status, stdout, stderr } = spawnSync('tar', args, {
    input,
    cwd: scratch,
    env: { ...process.env, LC_ALL: 'C.UTF-8' },
    maxBuffer: 1 << 26,
  });
  assert.equal(status, 0, `tar ${args.join(' ')}: ${stderr}`);
  return stdout;
}

/** CRC-32 that goes on from another, as zlib's does. @param {number} before @param {Uint8Array} bytes */
function crcOn(before, bytes) {
  let c = ~before;
  for (const byte of bytes) {
    c ^= byte;
    for (let bit = 0; bit < 8; bit++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
  }
  return ~c >>> 0;
}

/**
 * Returns the digest that the fuzz target gives for these members (tests/fuzz/tar.c).
 * @param {[string, Uint8Array][]} members
 */
function digestOf(members) {
  return members.reduce((digest, [path, data]) => {
    const size = Buffer.alloc(8);
    size.writeUInt32LE(data.length);
    return [Buffer.from(`${path}\0`), size, data].reduce(crcOn, digest);
  }, 0);
}

/** Regular files, in their order, by GNU tar. @param {Buffer} archive @returns {[string, Uint8Array][]} */
function membersByGnu(archive) {
  const list = gnuTar(['-tvf', '-', '--quoting-style=literal'], archive).toString().split('\n');
  const names = list.filter((line) => /^[-C]/.test(line)).map((line) => line.replace(/^\S+ +\S+ +\d+ +\S+ +\S+ /, ''));
  const sizes = list.filter((line) => /^[-C]/.test(line)).map((line) => Number(line.split(/ +/)[2]));
  const data = gnuTar(['-xOPf', '-', '--no-wildcards', ...(names.length ? ['--', ...new Set(names)] : [])], archive);
  let at = 0;
  return names.map((name, i) => [name, data.subarray(at, (at += sizes[i]))]);
}

/** @param {[string, Buffer, number][]} cases  what, archive, regular files that must be in it */
function sameAsGnu(cases) {
  const said = replay(
    'tar',
    cases.map(([, archive]) => archive),
  );
  for (const [i, [what, archive, count]] of cases.entries()) {
    const members = membersByGnu(archive),
      { status, message, digest } = said[i];
    assert.equal(members.length, count, `${what}: members by GNU tar`);
    assert.equal(status, 0, `${what}: ${message}`);
    assert.equal(digest, digestOf(members), `${what}: other members than ${members.map(([n]) => n)}`);
  }
}

test("the digest that this test computes is the one of the tests' other CRC-32", () => {
  assert.equal(crcOn(crcOn(0, Buffer.from('ab')), Buffer.from('cd')), crc32(Buffer.from('abcd')));
});

test('archives that GNU tar writes: v7, oldgnu, gnu, ustar, posix; long names, links, folders, empty files', () => {
  const files = {
    'set/training/a/0.png': 'zero',
    'set/training/a/empty': '',
    'set/training/b/ümlaut – 数字.png': 'name in UTF-8',
    'set/training/b/with blank.png': 'b',
    'set/block': 'x'.repeat(512),
    'set/more': 'y'.repeat(1537),
  };
  const long = {
    ...files,
    [`set/${'deep/'.repeat(25)}${'n'.repeat(60)}.png`]: 'long',
    [`set/${'deeper/'.repeat(50)}x.png`]: 'longer',
    [`set/${'n'.repeat(180)}`]: 'long name without folders',
  };
  for (const [path, text] of Object.entries(long)) {
    mkdirSync(join(scratch, dirname(path)), { recursive: true });
    writeFileSync(join(scratch, path), text);
  }
  if (!existsSync(join(scratch, 'set/symbolic'))) {
    symlinkSync('block', join(scratch, 'set/symbolic'));
    linkSync(join(scratch, 'set/block'), join(scratch, 'set/zz-hard'));
  }
  /** @type {[string, Buffer, number][]} */
  const archives = [];
  for (const format of ['v7', 'oldgnu', 'gnu', 'ustar', 'posix']) {
    const names = Object.keys(format === 'v7' || format === 'ustar' ? files : long).sort();
    const archive = gnuTar([
      '-c',
      `--format=${format}`,
      '-f',
      '-',
      'set/training',
      'set/symbolic',
      ...names.filter((n) => !n.startsWith('set/training')),
      'set/zz-hard',
    ]);
    archives.push([format, archive, names.length]);
    assert.equal(membersByGnu(archive).find(([n]) => n.endsWith('more'))?.[1].length, 1537, 'GNU tar is understood');
  }
  sameAsGnu(archives);
});

test('archives made by hand: where a path or size is told twice, the same one counts', () => {
  const data = Buffer.from('hello'),
    base256 = Buffer.alloc(12);
  base256[0] = 0x80;
  base256[11] = 5;
  const path = (/** @type {string} */ p) => tarEntry('x', paxRecord('path', p), { type: 'x' });
  const long = (/** @type {string} */ p) =>
    tarEntry('././@LongLink', Buffer.from(`${p}\0`), { type: 'L', magic: 'ustar  \0' });
  const gnu = { magic: 'ustar  \0' };
  /** @type {[string, Buffer[], number][]} */
  const cases = [
    ['plain', [tarEntry('a', data)], 1],
    ['path by PAX', [path('by pax'), tarEntry('a', data)], 1],
    ['long name', [long('by L'), tarEntry('a', data, gnu)], 1],
    ['PAX, then a long name', [path('by pax'), long('by L'), tarEntry('a', data, gnu)], 1],
    ['a long name, then PAX', [long('by L'), path('by pax'), tarEntry('a', data)], 1],
    ['two long names', [long('first'), long('second'), tarEntry('a', data, gnu)], 1],
    [
      'two paths by PAX',
      [
        tarEntry('x', Buffer.concat([paxRecord('path', 'first'), paxRecord('path', 'second')]), { type: 'x' }),
        tarEntry('a', data),
      ],
      1,
    ],
    ['a path does not go on to the next entry', [path('by pax'), tarEntry('a', data), tarEntry('b', data)], 2],
    ['nor a long name', [long('by L'), tarEntry('a', data, gnu), tarEntry('b', data)], 2],
    [
      'size by PAX',
      [
        tarEntry('x', paxRecord('size', '5'), { type: 'x' }),
        tarEntry('a', data, { size: `${'0'.repeat(11)}\0` }),
        tarEntry('b', data),
      ],
      2,
    ],
    ['size in base 256', [tarEntry('a', data, { size: base256 }), tarEntry('b', data)], 2],
    ['size with blanks before it', [tarEntry('a', data, { size: '          5\0' }), tarEntry('b', data)], 2],
    ['prefix', [tarEntry('name', data, { prefix: 'some/where' })], 1],
    ['a global header', [tarEntry('g', paxRecord('comment', 'x'), { type: 'g' }), tarEntry('a', data)], 1],
    ['contiguous', [tarEntry('a', data, { type: '7' })], 1],
    ['of the first kind', [tarEntry('a', data, { type: '\0', magic: '\0'.repeat(8) })], 1],
    ['folder by its name', [tarEntry('folder/'), tarEntry('b', data)], 1],
    [
      'links, devices',
      [...['1', '2', '3', '4', '6'].map((type) => tarEntry('x', undefined, { type })), tarEntry('b', data)],
      1,
    ],
    ['names that climb or are absolute', [tarEntry('../a', data), tarEntry('b/../../c', data)], 2],
  ];
  sameAsGnu(cases.map(([what, entries, count]) => [what, Buffer.concat([...entries, TAR_END]), count]));
});

test('PAX records and sizes that are malformed: each is refused, by each of its reasons alone', () => {
  const data = Buffer.from('hello');
  const pax = (/** @type {string} */ text) =>
    Buffer.concat([tarEntry('x', Buffer.from(text), { type: 'x' }), tarEntry('a', data), TAR_END]);
  const size = (/** @type {number[]} */ ...bytes) =>
    Buffer.concat([
      tarEntry('a', data, { size: Buffer.from([...bytes, ...Array(12 - bytes.length).fill(0)]) }),
      TAR_END,
    ]);
  /** @type {[string, Buffer, RegExp][]} */
  const cases = [
    ['no length', pax(' path=b\n'), /PAX header/],
    ['only a length', pax('11'), /PAX header/],
    ['no blank behind the length', pax('11_path=bc\n'), /PAX header/],
    ['a length beyond the header', pax('99 path=bc\n'), /PAX header/],
    ['a length one beyond the header', pax('12 path=bc\n'), /PAX header/],
    ['a length within itself', pax('2 path=bc\n'), /PAX header/],
    ['a length of its blank and end', pax('3 \n'), /PAX header/],
    ['a length of nothing', pax('0 path=bc\n'), /PAX header/],
    ['no end of line', pax('11 path=bcd'), /PAX header/],
    ['an end of line too early', pax('10 path=bc\n'), /PAX header/],
    [
      'a record that ends in the padding',
      Buffer.concat([
        tarEntry('x', Buffer.from(`${'30 path=bc'.padEnd(29, 'x')}\n`), {
          type: 'x',
          size: `${'13'.padStart(11, '0')}\0`,
        }),
        tarEntry('a', data),
        TAR_END,
      ]),
      /PAX header/,
    ],
    ['no equals sign', pax('10 pathbc\n'), /PAX header/],
    ['a second record that is none', pax(`${paxRecord('path', 'b')}x`), /PAX header/],
    ['a size that is negative', pax(`${paxRecord('size', '-5')}`), /PAX header/],
    ['a size of 16 digits', pax(`${paxRecord('size', '0000000000000005')}`), /PAX header/],
    ['a size with a letter', pax(`${paxRecord('size', '5a')}`), /PAX header/],
    ['a size above nine', pax(`${paxRecord('size', '5:')}`), /PAX header/],
    ['a negative number in base 256', size(0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5), /no valid size/],
    ['a number above 2^88', size(0x81), /no valid size/],
    ['a number of 2^53', size(0x80, 0, 0, 0, 0, 0x20), /no valid size/],
    ['a number that wraps around 2^64', size(0x80, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 5), /no valid size/],
    ['a number that is none', size(...Buffer.from('5x')), /no valid size/],
    ['an eight', size(...Buffer.from('8')), /no valid size/],
    [
      'an extended header as long as may be',
      tarEntry('x', undefined, { type: 'x', size: `${(1 << 20).toString(8).padStart(11, '0')}\0` }),
      /cut short/,
    ],
    [
      'one byte more',
      tarEntry('x', undefined, { type: 'x', size: `${((1 << 20) + 1).toString(8).padStart(11, '0')}\0` }),
      /an extended header of 1048577 bytes at byte 0; 1048576 are the limit/,
    ],
    [
      'an entry that is passed over, as long',
      tarEntry('x', undefined, { type: 'V', size: `${((1 << 20) + 1).toString(8).padStart(11, '0')}\0` }),
      /cut short/,
    ],
    ['blanks alone', size(...Buffer.from('            ')), /no valid size/],
  ];
  const said = replay(
    'tar',
    cases.map(([, bytes]) => bytes),
  );
  for (const [i, [name, , reason]] of cases.entries()) {
    assert.equal(said[i].status, 2, name);
    assert.match(said[i].message, reason, name);
  }
  // Numbers and records at the limits of what is allowed are read.
  assert.deepEqual(
    replay('tar', [
      pax(`${paxRecord('size', '000000000000005')}`),
      pax('4 =\n'),
      size(...Buffer.from('00000000005 ')),
    ]).map(({ status }) => status),
    [0, 0, 0],
  );
});
