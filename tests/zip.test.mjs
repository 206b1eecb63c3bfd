/** zip.test.mjs - zip archives: stored, deflated, of 64 bits; damaged and hostile ones. */
import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createTrainer, pathEntries } from '../tools/node.mjs';
import { blobArchive, zipEntries } from '../web/zip.js';
import { digitPng, zip } from './files.mjs';

/** @typedef {{ name: string, data: Uint8Array, method?: number, flags?: number, claims?: number }} File */
/** A small data set. @param {(file: File, index: number) => File} [change] */
function files(change = (file) => file) {
  /** @type {File[]} */
  const found = [{ name: 'set/', data: new Uint8Array(), method: 0 }, { name: '__MACOSX/set/training/cat/._0.png', data: Buffer.from('resource') }];
  for (const split of ['training', 'testing']) for (const [i, name] of ['cat', 'dog'].entries()) for (let n = 0; n < 4; n++) found.push({ name: `set/${split}/${name}/${n}.png`, data: digitPng(10 * n + i), method: n % 2 ? 8 : 0 });
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

test('what cannot be trusted is refused, with the file and the reason', async () => {
  const one = (/** @type {Partial<File>} */ change) => files((file, i) => (i === 5 ? { ...file, ...change } : file));
  /** @type {[Buffer, RegExp][]} */
  const cases = [
    [zip(files()).subarray(0, 900), /no end: it is damaged or cut short/],
    [zip(one({ flags: 1 })), /set\/training\/cat\/3\.png in it is encrypted/],
    [zip(one({ method: 12 })), /compressed in a way \(12\)/],
    [zip(one({ claims: 7 })), /cat\/3\.png is not what its directory says/],
    [zip(one({ claims: 70000 })), /cat\/3\.png is not what its directory says/],
    [zip([{ name: 'set/training/a/0.png', data: Buffer.alloc(80e6) }]), /more than 200 times its size/],
    [Buffer.concat([zip(files()).subarray(0, -22), Buffer.from(zip(files()).subarray(-22).map((b, i) => (i === 17 ? b ^ 0xff : b)))]), /its directory does not fit|is none/],
  ];
  for (const [bytes, expected] of cases) await assert.rejects(load(bytes), (/** @type {any} */ error) => error.name === 'EngineError' && expected.test(error.message), String(expected));
});

test('damage anywhere ends in pictures or in a sentence, never in anything else', async () => {
  const good = zip(files(), { long: true });
  const trainer = await createTrainer({ threads: 1 });
  let refused = 0, state = 12345;
  const random = (/** @type {number} */ n) => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) % n;
  for (let i = 0; i < 400; i++) {
    const bytes = Buffer.from(i % 4 ? good : good.subarray(0, random(good.length)));
    for (let k = 0; k < 1 + (i % 3) && bytes.length; k++) bytes[i % 2 ? bytes.length - 1 - random(Math.min(bytes.length, 1400)) : random(bytes.length)] ^= 1 << random(8);
    try {
      await trainer.load('a.zip', await zipEntries(blobArchive(new Blob([bytes])), 'a.zip'));
    } catch (error) {
      assert.equal(/** @type {any} */ (error).name, 'EngineError', `${error}`);
      refused++;
    }
  }
  assert.ok(refused > 100 && refused < 400, `${refused} of 400 refused`);
});
