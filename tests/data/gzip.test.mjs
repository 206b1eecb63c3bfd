/**
 * gzip.test.mjs - compressed archives, good and damaged, in Node and in Chromium: one verdict, though their own
 * decoders differ. A browser's delivers data before it knows that they are bad, and reads one member only.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { constants, deflateRawSync, gzipSync } from 'node:zlib';
import { DECODERS } from '../../tools/node/node.mjs';
import { ByteInput, inflate } from '../../web/core/sources/inflate.js';
import { readEntry } from '../../web/core/sources/sources.js';
import { openPage } from '../../tools/site/browser.mjs';
import { loadWasm, ROOT, scratchFile, shared } from '../support/core.mjs';
import { crc32, gz, smallTar } from '../support/files.mjs';
import { skip, startSite } from '../support/page.mjs';

const site = startSite();
const tar = smallTar(),
  good = gz(tar),
  at = (/** @type {number} */ i, bit = 1) =>
    Buffer.from(good.map((b, j) => (j === (i + good.length) % good.length ? b ^ bit : b)));
const named = gzipSync(tar);
const withName = Buffer.concat([
  named.subarray(0, 3),
  Buffer.from([8]),
  named.subarray(4, 10),
  Buffer.from('set.tar\0'),
  named.subarray(10),
]);

/** A header with all of its optional fields. @param {number} [wrong]  bits of its checksum that are flipped */
function longHeader(wrong = 0) {
  const head = Buffer.concat([
      Buffer.from([0x1f, 0x8b, 8, 2 | 4 | 8 | 16, 0, 0, 0, 0, 0, 3, 4, 0]),
      Buffer.from('BC\0\0set.tar\0a comment\0'),
    ]),
    sum = Buffer.alloc(2);
  sum.writeUInt16LE((crc32(head) & 0xffff) ^ wrong);
  return Buffer.concat([head, sum, named.subarray(10)]);
}
const halves = [gz(tar.subarray(0, 2000)), gz(tar.subarray(2000))];

/**
 * The expected result of each file: the archive (true), or an error message.
 * @type {[string, Buffer, true | RegExp][]}
 */
const CASES = [
  ['as it is', good, true],
  ['not compressed', tar, true],
  ['with a file name in its header', withName, true],
  ['with all fields in its header', longHeader(), true],
  ['stored', gzipSync(tar, { level: 0 }), true],
  ['in the fixed code', gzipSync(tar, { strategy: constants.Z_FIXED }), true],
  ['Huffman codes alone', gzipSync(tar, { strategy: constants.Z_HUFFMAN_ONLY }), true],
  ['in two members', Buffer.concat(halves), true],
  [
    'in two members, the first stored',
    Buffer.concat([gzipSync(tar.subarray(0, 70), { level: 0 }), gz(tar.subarray(70))]),
    true,
  ],
  [
    'in 300 members',
    Buffer.concat(
      Array.from({ length: 300 }, (_, i) =>
        gz(tar.subarray(Math.floor((tar.length * i) / 300), Math.floor((tar.length * (i + 1)) / 300))),
      ),
    ),
    true,
  ],
  ['as bgzip ends it: an empty member', Buffer.concat([good, gz(Buffer.alloc(0))]), true],
  ['zeros behind it', Buffer.concat([good, Buffer.alloc(512)]), true],
  ['a zero behind it', Buffer.concat([good, Buffer.alloc(1)]), true],
  ['two members and zeros', Buffer.concat([...halves, Buffer.alloc(70000)]), true],
  ['empty', gz(Buffer.alloc(0)), true],
  ['cut by a byte', good.subarray(0, -1), /cut short after \d+ bytes/],
  ['cut before its checksum', good.subarray(0, -8), /cut short/],
  ['cut in the middle', good.subarray(0, good.length >> 1), /cut short/],
  ['cut in its header', good.subarray(0, 5), /cut short after 5 bytes/],
  ['cut in its second member', Buffer.concat(halves).subarray(0, -4), /cut short/],
  ['cut in the header of its second member', Buffer.concat([good, good.subarray(0, 3)]), /cut short/],
  ['wrong checksum', at(-8), /damaged at byte \d+: its data have the CRC-32 [0-9a-f]{8}, it states [0-9a-f]{8}/],
  [
    'wrong checksum of its first member',
    Buffer.concat([halves[0].map((b, i) => (i === halves[0].length - 8 ? b ^ 1 : b)), halves[1]]),
    /its data have the CRC-32/,
  ],
  ['wrong length', at(-1), /it holds \d+ bytes, it states \d+/],
  ['wrong checksum of its header', longHeader(1), /its header's CRC-16 is [0-9a-f]{4}, it states [0-9a-f]{4}/],
  ['a bit in the middle', at(good.length >> 1), /damaged at byte \d+: |cut short/],
  ['another method', at(2), /its method is 9; only 8, deflate, is known/],
  ['a flag of the future', at(3, 0x80), /flags that are not known/],
  [
    'junk behind it',
    Buffer.concat([good, Buffer.from('junk')]),
    new RegExp(`damaged at byte ${good.length}: more follows its end`),
  ],
  [
    'zeros and junk behind it',
    Buffer.concat([good, Buffer.alloc(600), Buffer.from('x')]),
    new RegExp(`damaged at byte ${good.length + 600}: more follows its end`),
  ],
  ['a byte like a member behind it', Buffer.concat([good, Buffer.from([0x1f])]), /cut short/],
];

/**
 * @param {string} where
 * @param {string} name
 * @param {true | RegExp} wanted
 * @param {{ error: string, same: boolean }} got
 */
function check(where, name, wanted, got) {
  if (wanted === true) return assert.deepEqual(got, { error: '', same: true }, `${name}, ${where}`);
  assert.match(got.error, /^x\.tar\.gz: the gzip data is (damaged|cut short)/, `${name}, ${where}`);
  assert.match(got.error, wanted, `${name}, ${where}`);
}

const expected = (/** @type {string} */ name) => (name === 'empty' ? Buffer.alloc(0) : tar);

/** @param {Partial<import('../../web/core/sources/sources.js').Entry>} entry */
async function read(entry) {
  try {
    const parts = [];
    for await (const part of readEntry(/** @type {any} */ ({ name: 'x.tar.gz', size: null, ...entry }), () => {}))
      parts.push(part);
    return { error: '', bytes: Buffer.concat(parts) };
  } catch (error) {
    assert.equal(/** @type {any} */ (error).name, 'EngineError', `${error}`);
    return { error: /** @type {Error} */ (error).message, bytes: Buffer.alloc(0) };
  }
}
/** A stream of pieces of that many bytes. @param {Buffer} bytes @param {number} step */
const inPieces = (bytes, step) =>
  new ReadableStream({
    start(c) {
      for (let from = 0; from < bytes.length; from += step)
        c.enqueue(new Uint8Array(bytes.subarray(from, from + step)));
      c.close();
    },
  });

for (const [
  which,
  decoders,
  more,
] of /** @type {[string, import('../../web/core/sources/sources.js').Decoders, object][]} */ ([
  ['zlib', DECODERS, {}],
  ['a stream that comes once', DECODERS, { once: true }],
]))
  test(`gzip in Node, ${which}`, async () => {
    for (const [name, bytes, wanted] of CASES)
      for (const step of [1 << 20, 7]) {
        const { error, bytes: got } = await read({ open: async () => inPieces(bytes, step), decoders, ...more });
        check('Node', name, wanted, { error, same: got.equals(expected(name)) });
      }
  });

test('a file that changes between two readings is refused', async () => {
  let opened = 0;
  const { error } = await read({
    open: async () => inPieces(opened++ ? gz(Buffer.alloc(0)) : Buffer.concat([...halves, Buffer.alloc(9)]), 1 << 20),
    decoders: DECODERS,
  });
  assert.equal(error, 'x.tar.gz: the file changed while it was read; load it again');
});

test('the same by the command line, and what bgzip writes', async () => {
  const run = (/** @type {string} */ data) =>
    spawnSync(process.execPath, ['tools/inklearn.mjs', 'train', '--data', data, '--epochs', '1', '--json'], {
      cwd: ROOT,
      encoding: 'utf8',
    });
  const path = scratchFile(Buffer.concat([...halves, Buffer.alloc(100)]));
  assert.equal(JSON.parse(run(path).stdout.split('\n')[0]).train, 12);
  writeFileSync(path, Buffer.concat([good, Buffer.from('junk')]));
  assert.match(run(path).stderr + run(path).stdout, /damaged at byte \d+: more follows its end/);
  writeFileSync(path, tar);
  const bgzip = spawnSync('bgzip', ['-c', path], { maxBuffer: 1 << 26 });
  if (bgzip.status === 0)
    assert.ok(
      (await read({ open: async () => inPieces(bgzip.stdout, 100), decoders: { load: DECODERS.load } })).bytes.equals(
        tar,
      ),
    );
});

/** Inflates raw deflate with our decoder. @param {Uint8Array} raw @param {number} step */
async function ours(raw, step) {
  let from = 0;
  const parts = [],
    input = new ByteInput(async () => (from < raw.length ? raw.subarray(from, (from += step)) : undefined));
  for await (const part of inflate(input)) parts.push(part);
  return { bytes: Buffer.concat(parts), position: input.position };
}

test('our own decoder: the bytes that zlib compressed, at every level, and the place where they end', async () => {
  const digits = shared('data/idx/t10k-labels-idx1-ubyte.gz'),
    samples = [
      tar,
      Buffer.alloc(300000, 'ab'),
      Buffer.from(tar.map((b, i) => (i * 2654435761) >>> 24)),
      Buffer.alloc(0),
      Buffer.from('x'),
    ];
  if (digits) samples.push(readFileSync(digits)); // compressed already
  for (const sample of samples)
    for (const level of [0, 1, 6, 9])
      for (const strategy of [constants.Z_DEFAULT_STRATEGY, constants.Z_FIXED, constants.Z_RLE]) {
        const raw = deflateRawSync(sample, { level, strategy });
        for (const step of [raw.length + 1, 997]) {
          const { bytes, position } = await ours(Buffer.concat([raw, Buffer.from('behind')]), step);
          assert.ok(
            bytes.equals(sample),
            `${sample.length} bytes, level ${level}, strategy ${strategy}, pieces of ${step}`,
          );
          assert.equal(position, raw.length);
        }
      }
});

test('our own decoder: damage ends in an error or in other bytes, as in zlib', async () => {
  const good = deflateRawSync(tar.subarray(0, 6000)),
    { inflateRawSync } = await import('node:zlib');
  let state = 7,
    refused = 0;
  const random = (/** @type {number} */ n) => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) % n;
  for (let i = 0; i < 1500; i++) {
    const bytes = Buffer.from(i % 3 ? good : good.subarray(0, random(good.length)));
    if (bytes.length) bytes[random(i % 2 ? Math.min(bytes.length, 80) : bytes.length)] ^= 1 << random(8);
    let theirs = null;
    try {
      theirs = inflateRawSync(bytes);
    } catch {
      refused++;
    }
    const got = await ours(bytes, 100).catch((error) => (assert.equal(error.name, 'Error', `${error}`), null));
    assert.equal(got === null, theirs === null, `change ${i}: one refuses it`);
    if (got && theirs) assert.ok(got.bytes.equals(theirs), `change ${i}: other bytes`);
  }
  assert.ok(refused > 300, `${refused} refused`);
});

test('gzip in Chromium, and where DecompressionStream is missing', { skip }, async () => {
  const { page } = await openPage(site.browser);
  await page.goto(site.origin);
  // The site has it bundled: here it comes as it is.
  await page.route(/\/(web\/core|build)\/.*\.js$/, (route) =>
    route.fulfill({ path: join(ROOT, new URL(route.request().url()).pathname), contentType: 'text/javascript' }),
  );
  for (const lacking of [false, true])
    for (const [name, bytes, wanted] of CASES) {
      const got = await page.evaluate(
        async ({ given, want, lacking: without }) => {
          if (without) delete (/** @type {any} */ (globalThis).DecompressionStream);
          const from = (/** @type {string} */ s) => Uint8Array.from(atob(s), (c) => c.charCodeAt(0));
          const { readEntry } = await import(/** @type {any} */ ('/web/core/sources/sources.js')),
            load = () => import(/** @type {any} */ ('/web/core/sources/archive.js'));
          /** @type {number[]} */
          const all = [];
          try {
            for await (const part of readEntry(
              { name: 'x.tar.gz', size: null, open: async () => new Blob([from(given)]).stream(), decoders: { load } },
              () => {},
            ))
              all.push(...part);
          } catch (error) {
            return { error: /** @type {Error} */ (error).message, same: false };
          }
          const wantBytes = from(want);
          return { error: '', same: all.length === wantBytes.length && all.every((b, i) => b === wantBytes[i]) };
        },
        { given: bytes.toString('base64'), want: expected(name).toString('base64'), lacking },
      );
      check(lacking ? 'Chromium without DecompressionStream' : 'Chromium', name, wanted, got);
    }
});

test('a bomb is refused long before its end, and its data come to nothing', async () => {
  const bomb = gzipSync(Buffer.concat([tar, Buffer.alloc(80e6)]));
  const { trainer } = await loadWasm([{ name: 'good', bytes: good }]);
  const { status, message } = await loadWasm([{ name: 'bomb.tar.gz', bytes: bomb }], trainer);
  assert.deepEqual(
    [status, message],
    ['data', 'bomb.tar.gz: it expands to more than 200 times its size; no archive of pictures does'],
  );
  assert.equal(trainer.pictures('train', [0]).paths[0], 'set/training/0/0.png', 'what was there is there');
});
