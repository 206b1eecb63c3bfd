/**
 * page-refused.test.mjs - the page refuses a data set or a network, and loses nothing: what trained goes on to the same
 * weights, or waits as it did.
 */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { kept } from '../../tools/figures/states.mjs';
import { digitPng, smallTar, zip } from '../support/files.mjs';
import { drop, skip, startSite, WAIT, waitError, waitState } from '../support/page.mjs';

const site = startSite();
/** @typedef {import('playwright-core').Page} Page */
const hash = '#model=mlp&epochs=40&batch=64&lr=0.05&seed=4';
const damaged = { name: 'pictures.tar.gz', bytes: gzipSync(smallTar({ perClass: 20 })).subarray(0, 4000) };
const noNetwork = {
  name: 'net.safetensors',
  mimeType: 'application/octet-stream',
  buffer: Buffer.from('{"weights":1}'.repeat(9)),
};

/** The digest of the newest run that has ended. @param {Page} page */
async function digest(page) {
  await page.waitForFunction(
    () => /[0-9a-f]{16}/.test(document.querySelector('#runs-table tbody tr')?.getAttribute('title') ?? ''),
    null,
    WAIT,
  );
  return page.locator('#runs-table tbody tr').first().getAttribute('title');
}
/** @type {Promise<string | null> | undefined} */
let undisturbed;
const wanted = () =>
  (undisturbed ??= (async () => {
    const { page } = await site.ready(hash);
    await page.click('#train');
    const found = await digest(page);
    await page.context().close();
    return found;
  })());

/** A complaint that is about this file, and then none. @param {Page} page @param {string} name */
async function refused(page, name) {
  assert.ok((await waitError(page)).includes(name));
  await page.evaluate(() => {
    /** @type {HTMLElement} */ (document.getElementById('error')).hidden = true;
  });
}

/** All that a person may bring and the page refuses. @param {Page} page */
async function refuseAll(page) {
  await drop(page, [damaged]);
  await refused(page, damaged.name);
  await drop(page, [{ name: 'broken.zip', bytes: zip([{ name: 'a/b.png', data: Buffer.alloc(30) }]).subarray(0, 40) }]);
  await refused(page, 'broken.zip');
  await page.setInputFiles('#restore', noNetwork);
  await refused(page, noNetwork.name);
  await page.setInputFiles('#runs-import', {
    name: 'runs.json',
    mimeType: 'application/json',
    buffer: Buffer.from('{}'),
  });
  await page.waitForSelector('.toast', WAIT);
  await drop(page, [{ name: 'one.png', bytes: digitPng(3) }]); // a digit to read
}

test(
  'while a run trains, and while it is paused: what is refused leaves it, and it comes to the same weights',
  { skip, timeout: 240_000 },
  async () => {
    const want = await wanted(),
      { page, complaints } = await site.ready(hash);
    await page.click('#train');
    await waitState(page, 'training');
    await drop(page, [damaged]);
    await refused(page, damaged.name);
    assert.equal(await page.locator('#state').getAttribute('data-state'), 'training');
    await page.click('#train');
    await waitState(page, 'paused');
    await refuseAll(page);
    assert.equal(await page.locator('#state').getAttribute('data-state'), 'paused');
    await page.click('#train');
    assert.equal(await digest(page), want);
    assert.deepEqual(complaints, []);
    await page.context().close();
  },
);

test(
  'a run that was stopped can still go on, and one that has finished keeps its digest',
  { skip, timeout: 240_000 },
  async () => {
    const want = await wanted(),
      { page, complaints } = await site.ready(hash);
    await page.click('#train');
    await page.waitForSelector('#epoch-table tbody tr', { ...WAIT, state: 'attached' });
    await page.click('#stop');
    await waitState(page, 'stopped');
    await refuseAll(page);
    await page.click('#midrun-resume');
    await waitState(page, 'training');
    assert.equal(await digest(page), want);
    await waitState(page, 'finished');
    await refuseAll(page);
    assert.equal(await digest(page), want, 'said once more, and the same');
    assert.ok(await page.locator('#midrun-train').isVisible(), 'more epochs can be asked for');
    assert.deepEqual(complaints, []);
    await page.context().close();
  },
);

test(
  'after a refused drop a reload offers to go on; a refused network leaves the offer',
  { skip, timeout: 240_000 },
  async () => {
    const want = await wanted(),
      { page } = await site.ready(hash);
    await page.click('#train');
    await kept(page);
    await drop(page, [damaged]);
    await refused(page, damaged.name);
    await page.reload();
    await page.waitForSelector('#continue:not([hidden])', WAIT);
    await refuseAll(page);
    await page.click('#continue button');
    assert.equal(await digest(page), want);
    await page.context().close();
  },
);

test(
  'a run goes on while a data set is on its way: its buttons work, and the page tells of both',
  { skip, timeout: 240_000 },
  async () => {
    const want = await wanted(),
      { page } = await site.ready(hash);
    await page.route('**/slow.tar', () => {}); // no answer, as long as the test runs
    await page.click('#train');
    await waitState(page, 'training');
    await page.locator('#data-url').evaluate((field) => {
      /** @type {HTMLInputElement} */ (field).value = 'slow.tar';
      /** @type {HTMLInputElement} */ (field).form?.requestSubmit();
    });
    await page.waitForFunction(
      () => /^Reading slow\.tar\. Epoch/.test(document.getElementById('sentence')?.textContent ?? ''),
      null,
      WAIT,
    );
    await page.click('#train');
    await waitState(page, 'paused');
    await page.click('#train');
    await waitState(page, 'training');
    assert.equal(await digest(page), want);
    await waitState(page, 'loading');
    await page.context().close();
  },
);

test(
  'a model that no memory holds is refused: the run before it is still shown, and goes on',
  { skip, timeout: 240_000 },
  async () => {
    const { page } = await site.ready(hash);
    await page.click('#train');
    await page.waitForSelector('#epoch-table tbody tr', { ...WAIT, state: 'attached' });
    await page.click('#stop');
    await waitState(page, 'stopped');
    const epochs = await page.locator('#epoch-table tbody tr').count();
    await page.evaluate(() => {
      location.hash =
        '#model=sequence(conv(2000,3,pad=1) relu conv(2000,3,pad=1)) concatpool linear(classes)&batch=20000&epochs=1';
    });
    await page.click('#train');
    await waitError(page);
    assert.equal(await page.locator('#state').getAttribute('data-state'), 'stopped');
    assert.equal(await page.locator('#epoch-table tbody tr').count(), epochs);
    await page.click('#midrun-resume');
    await waitState(page, 'training');
    await page.context().close();
  },
);

test('a folder of many files: no message holds more than a few', { skip, timeout: 240_000 }, async () => {
  const { page, complaints } = await site.ready('#model=linear&epochs=1');
  await page.evaluate(() => {
    const seen = /** @type {any} */ (globalThis.seen = { most: 0, all: 0 });
    const count = (/** @type {any} */ value, depth = 0) =>
      value instanceof File
        ? 1
        : depth < 4 && value && typeof value === 'object'
          ? Object.values(value).reduce((/** @type {number} */ sum, v) => sum + count(v, depth + 1), 0)
          : 0;
    for (const of of [Worker, MessagePort]) {
      const { postMessage } = of.prototype;
      of.prototype.postMessage = function (/** @type {any} */ message, /** @type {any} */ more) {
        const files = count(message);
        seen.most = Math.max(seen.most, files);
        seen.all += files;
        return postMessage.call(this, message, more);
      };
    }
  });
  const folder = mkdtempSync(join(tmpdir(), 'inklearn-folder-')),
    count = 400;
  for (let i = 0; i < count; i++) {
    const place = join(folder, 'many', i % 4 ? 'train' : 'test', String(i % 3));
    mkdirSync(place, { recursive: true });
    writeFileSync(join(place, `${i}.png`), digitPng(i));
  }
  await page.setInputFiles('#data-folder', join(folder, 'many'));
  await page.waitForFunction(
    (n) => document.getElementById('data-summary')?.textContent?.startsWith(`many (${n} files): 300 pictures`),
    count,
    WAIT,
  );
  const { most, all } = await page.evaluate(() => /** @type {any} */ (globalThis).seen);
  assert.equal(all, count);
  assert.ok(most <= 32, `${most} files in a message`);
  assert.equal(await page.locator('#data-choice').inputValue(), 'own');
  assert.deepEqual(complaints, []);
  rmSync(folder, { recursive: true });
  await page.context().close();
});
