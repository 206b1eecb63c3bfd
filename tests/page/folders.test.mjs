/** page-folders.test.mjs - folders on the page: what it says of files that were not read, and names as they are. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { digitPng, gz, smallTar } from '../support/files.mjs';
import { drop, skip, startSite, text, WAIT, waitError } from '../support/page.mjs';

const site = startSite();

/** @param {Record<string, Uint8Array | string>} files  by their paths @returns {string} the folder */
function folderOf(files) {
  const root = join(mkdtempSync(join(tmpdir(), 'inklearn-page-')), 'mine');
  for (const [path, bytes] of Object.entries(files)) {
    mkdirSync(join(root, path, '..'), { recursive: true });
    writeFileSync(join(root, path), bytes);
  }
  return root;
}
const pictures = (/** @type {string[]} */ roles) =>
  Object.fromEntries(
    roles.flatMap((role) =>
      ['cat', 'dog'].flatMap((name, c) => [0, 1].map((n) => [`${role}/${name}/${n}.png`, digitPng(10 * c + n)])),
    ),
  );
const bad = (/** @type {number} */ count) =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`train/cat/bad${i}.png`, 'x']));

test(
  'a folder with validation and test pictures, hidden files and many that are no pictures',
  { skip, timeout: 120_000 },
  async () => {
    const { page, complaints } = await site.ready();
    const root = folderOf({
      ...pictures(['train', 'val', 'test']),
      ...bad(250),
      'train/.ipynb_checkpoints/0.png': digitPng(1),
      'train/cat/Thumbs.db': 'x',
      'set.tar': smallTar({ perClass: 1 }),
    });
    await page.setInputFiles('#data-folder', root);
    await page.waitForFunction(
      () => document.getElementById('data-summary')?.textContent?.startsWith('mine'),
      null,
      WAIT,
    );
    const summary = await text(page, 'data-summary');
    assert.match(
      summary,
      /: 4 pictures to learn from, 4 to be tested on, .* The validation pictures are used; 4 test .* 2 hidden files /,
    );
    assert.equal(await text(page, 'load-report summary'), '251 files were skipped; the first 200 are listed');
    assert.equal(await page.locator('#load-report li').count(), 201);
    assert.deepEqual(complaints, []);
    await page.context().close();
  },
);

test(
  'a folder that is refused: all files that were skipped are counted, and its name keeps its case',
  { skip, timeout: 120_000 },
  async () => {
    const { page, complaints } = await site.ready();
    await page.setInputFiles('#data-folder', folderOf({ ...bad(250), 'train/dog/0.png': digitPng(1) }));
    assert.match(
      await waitError(page),
      /^mine \(251 files\) was not loaded: no test pictures were found; files skipped: 250, /,
    );
    assert.equal(await text(page, 'load-report summary'), '250 files were skipped; the first 200 are listed');
    await drop(page, [{ name: 'mnist.tar.gz', bytes: gz(smallTar()).subarray(0, 300) }]);
    await page.waitForFunction(
      () => document.getElementById('error')?.textContent?.startsWith('mnist.tar.gz'),
      null,
      WAIT,
    );
    assert.match(await text(page, 'error'), /^mnist\.tar\.gz was not loaded: mnist\.tar\.gz: /);
    assert.deepEqual(complaints, []);
    await page.context().close();
  },
);
