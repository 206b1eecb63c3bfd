/**
 * batches.test.mjs - a folder of many files reaches the trainer a few at a time, all of them, in their order; one that
 * ends early is refused.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BATCH, serveFiles } from '../../web/core/batches.js';
import { filesFrom } from '../../web/core/sources/listed.js';
import { Listing } from '../../web/page/listing.js';
import { digitPng } from '../support/files.mjs';
import { startTrainer } from '../support/trainer.mjs';

const SETTINGS = { model: 'linear', epochs: 1, batch: 8, lr: 0.1, seed: 1 };
const COUNT = 5 * BATCH + 7;
const files = Array.from({ length: COUNT }, (_, i) => ({
  path: `set/${i % 5 ? 'train' : 'test'}/${i % 3}/${i}.png`,
  file: /** @type {any} */ (new Blob([/** @type {any} */ (digitPng(i))])),
}));
async function* slowly() {
  for (const file of files) {
    await new Promise(setImmediate);
    yield file;
  }
}

test('each message holds a few files, in their order; a listing can be gone through again', async () => {
  const listing = new Listing(slowly());
  /** @type {number[]} */
  const told = [];
  listing.onProgress = (found) => told.push(found);
  for (let round = 0; round < 2; round++) {
    /** @type {number[]} */
    const sizes = [];
    const port = serveFiles(async (from, to) => {
      const some = await listing.between(from, to);
      sizes.push(some.length);
      return some;
    });
    const found = await filesFrom(port);
    assert.deepEqual(
      found.map(({ path }) => path),
      files.map(({ path }) => path),
    );
    assert.deepEqual(sizes, [...Array(5).fill(BATCH), 7, 0]);
  }
  assert.deepEqual([told[0], told.at(-1)], [BATCH, COUNT], 'how many were found is told while they are listed');
  assert.equal((await new Listing(files.slice(0, BATCH).values()).few())?.length, BATCH);
  assert.equal(await new Listing(files.slice(0, BATCH + 1).values()).few(), null);
});

test('a folder in batches is the data set that its files are in one message', async () => {
  const digests = [];
  for (const batched of [false, true]) {
    const w = startTrainer(),
      source = batched
        ? { kind: 'batches', port: serveFiles(async (from, to) => files.slice(from, to)), name: 'set' }
        : { kind: 'files', files, name: 'set' };
    const loaded = await w.ask({ type: 'load', source }, batched ? [source.port] : []);
    assert.equal(loaded.type, 'reply', loaded.message);
    assert.equal(loaded.value.train + loaded.value.valid, COUNT);
    await w.ask({ type: 'train', run: 1, settings: SETTINGS });
    digests.push((await w.until((m) => m.type === 'state' && m.state === 'finished')).message);
    await w.end();
  }
  assert.equal(digests[1], digests[0]);
});

test('a listing that fails, one that is called off, and a file that is gone', async () => {
  const w = startTrainer();
  const failing = serveFiles(async (from) =>
    from ? Promise.reject(new Error('it has moved')) : files.slice(0, BATCH),
  );
  const refused = await w.ask({ type: 'load', source: { kind: 'batches', port: failing, name: 'set' } }, [failing]);
  assert.deepEqual([refused.type, refused.code], ['error', 'data']);
  assert.match(refused.message, /the folder cannot be read: it has moved/);
  const silent = serveFiles(() => new Promise(() => {})),
    waits = w.ask({ type: 'load', source: { kind: 'batches', port: silent, name: 'set' } }, [silent]);
  await w.ask({ type: 'cancel' });
  assert.equal((await waits).code, 'aborted');
  const some = [...files.slice(0, 40), { path: 'set/train/1/gone.png', file: null }],
    port = serveFiles(async (from, to) => some.slice(from, to));
  const { value } = await w.ask({ type: 'load', source: { kind: 'batches', port, name: 'set' } }, [port]);
  assert.deepEqual([value.train + value.valid, value.skipped, value.problems[0].path], [40, 1, 'set/train/1/gone.png']);
  assert.match(value.problems[0].reason, /no longer there/);
  await w.end();
});
