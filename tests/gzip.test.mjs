/**
 * gzip.test.mjs - compressed archives, good and damaged, in Node and in Chromium, whose gunzips differ:
 * a browser's delivers data before it knows that they are bad, and takes one part only.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { gunzip } from '../tools/node.mjs';
import { readEntry } from '../web/sources.js';
import { openPage } from './browser.mjs';
import { loadWasm, ROOT } from './core.mjs';
import { gz, smallTar } from './files.mjs';
import { skip, startSite } from './page.mjs';

const site = startSite();
const tar = smallTar(), good = gz(tar), at = (/** @type {number} */ i, bit = 1) => Buffer.from(good.map((b, j) => (j === (i + good.length) % good.length ? b ^ bit : b)));
const named = gzipSync(tar);
const withName = Buffer.concat([named.subarray(0, 3), Buffer.from([8]), named.subarray(4, 10), Buffer.from('set.tar\0'), named.subarray(10)]);

/** What must become of each: true: the archive; false: refused; null: either, but never other bytes. @type {[string, Buffer, boolean | null][]} */
const CASES = [
  ['as it is', good, true],
  ['not compressed', tar, true],
  ['with a file name in its header', withName, true],
  ['stored', gzipSync(tar, { level: 0 }), true],
  ['cut by a byte', good.subarray(0, -1), false],
  ['cut before its checksum', good.subarray(0, -8), false],
  ['cut in the middle', good.subarray(0, good.length >> 1), false],
  ['cut in its header', good.subarray(0, 5), false],
  ['wrong checksum', at(-8), false],
  ['wrong length', at(-1), false],
  ['a bit in the middle', at(good.length >> 1), false],
  ['another method', at(2), false],
  ['junk behind it', Buffer.concat([good, Buffer.from('junk')]), false],
  ['zeros behind it', Buffer.concat([good, Buffer.alloc(512)]), null],
  ['in two parts', Buffer.concat([gz(tar.subarray(0, 2000)), gz(tar.subarray(2000))]), null],
  ['empty', gz(Buffer.alloc(0)), true],
];

/** @param {string} where @param {string} name @param {boolean | null} wanted @param {{ error: string, same: boolean }} got */
function check(where, name, wanted, got) {
  if (wanted === true) assert.deepEqual(got, { error: '', same: true }, `${name}, ${where}`);
  else if (wanted === false || got.error) assert.match(got.error, /^x\.tar\.gz: the gzip data is damaged or cut short, or more follows its end \(\d+ bytes were read\)$/, `${name}, ${where}`);
  else assert.ok(got.same, `${name}, ${where}: other bytes`);
}

const expected = (/** @type {string} */ name) => (name === 'empty' ? Buffer.alloc(0) : tar);

for (const [which, own] of /** @type {[string, any][]} */ ([['Node', undefined], ['Node, as for files', gunzip]])) test(`gzip in ${which}`, async () => {
  for (const [name, bytes, wanted] of CASES) {
    const got = { error: '', same: false };
    try {
      const parts = [];
      for await (const part of readEntry({ name: 'x.tar.gz', size: bytes.length, gunzip: own, open: async () => new Blob([bytes]).stream() }, () => {})) parts.push(part);
      got.same = Buffer.concat(parts).equals(expected(name));
    } catch (error) {
      got.error = /** @type {Error} */ (error).message;
    }
    check(which, name, wanted, got);
  }
});

test('gzip in Chromium', { skip }, async () => {
  const { page } = await openPage(site.browser);
  await page.goto(site.origin);
  // The site has it bundled: here it comes as it is.
  await page.route('**/web/*.js', (route) => route.fulfill({ path: join(ROOT, new URL(route.request().url()).pathname), contentType: 'text/javascript' }));
  for (const [name, bytes, wanted] of CASES) {
    const got = await page.evaluate(async ({ given, want }) => {
      const from = (/** @type {string} */ s) => Uint8Array.from(atob(s), (c) => c.charCodeAt(0));
      const { readEntry: read } = await import(/** @type {any} */ ('/web/sources.js'));
      /** @type {number[]} */
      const all = [];
      try {
        for await (const part of read({ name: 'x.tar.gz', size: null, open: async () => new Blob([from(given)]).stream() }, () => {})) all.push(...part);
      } catch (error) {
        return { error: /** @type {Error} */ (error).message, same: false };
      }
      const wantBytes = from(want);
      return { error: '', same: all.length === wantBytes.length && all.every((b, i) => b === wantBytes[i]) };
    }, { given: bytes.toString('base64'), want: expected(name).toString('base64') });
    check('Chromium', name, wanted, got);
  }
});

test('a bomb is refused long before its end, and its data come to nothing', async () => {
  const bomb = gzipSync(Buffer.concat([tar, Buffer.alloc(80e6)]));
  const { trainer } = await loadWasm([{ name: 'good', bytes: good }]);
  const { status, message } = await loadWasm([{ name: 'bomb.tar.gz', bytes: bomb }], trainer);
  assert.deepEqual([status, message], ['data', 'bomb.tar.gz: it expands to more than 200 times its size; no archive of pictures does']);
  assert.equal(trainer.pictures('train', [0]).paths[0], 'set/training/0/0.png', 'what was there is there');
});
