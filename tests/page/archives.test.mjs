/**
 * page-archives.test.mjs - archives on the page: what its browser cannot unpack alone, and files that vanish before
 * they are read.
 */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { digitPng, gz, smallTar, zip } from '../support/files.mjs';
import { drop, skip, startSite, text, WAIT, waitError } from '../support/page.mjs';

const site = startSite();
const tar = smallTar({ classes: ['cat', 'dog'] }),
  twice = Buffer.concat([gz(tar.subarray(0, 3000)), gz(tar.subarray(3000)), Buffer.alloc(512)]);
const pictures = (/** @type {string} */ root) =>
  ['train', 'valid'].flatMap((split) =>
    ['cat', 'dog'].flatMap((name, c) =>
      [0, 1].map((n) => ({ name: `${root}/${split}/${name}/${n}.png`, data: digitPng(10 * c + n) })),
    ),
  );

/** @param {any} page @param {string} name */
const summaryOf = async (page, name) => {
  await page.waitForFunction(
    (/** @type {string} */ n) =>
      document.getElementById('data-summary')?.textContent?.startsWith(n) ||
      document.getElementById('error')?.textContent,
    name,
    WAIT,
  );
  return text(page, 'data-summary');
};

test('several gzip members, zeros behind them, and a zip archive', { skip, timeout: 120_000 }, async () => {
  const { page, complaints } = await site.ready();
  await drop(page, [{ name: 'twice.tar.gz', bytes: twice }]);
  assert.match(await summaryOf(page, 'twice'), /^twice\.tar\.gz: 8 pictures to learn from, 8 to be tested on/);
  await drop(page, [{ name: 'set.zip', bytes: Buffer.concat([Buffer.alloc(5000, 'MZ'), zip(pictures('set'))]) }]);
  assert.match(await summaryOf(page, 'set'), /^set\.zip: 4 pictures to learn from, 4 to be tested on/);
  await drop(page, [{ name: 'set.7z', bytes: Buffer.from('7z\xbc\xaf\x27\x1c and more', 'latin1') }]);
  assert.match(await waitError(page), /set\.7z: it is a 7-Zip archive, not a PNG: unpack it and use the folder/);
  await drop(page, [{ name: 'junk.tar.gz', bytes: Buffer.concat([gz(tar), Buffer.from('junk')]) }]);
  await page.waitForFunction(() => document.getElementById('error')?.textContent?.includes('junk.tar.gz'), null, WAIT);
  assert.match(await text(page, 'error'), new RegExp(`damaged at byte ${gz(tar).length}: more follows its end`));
  assert.deepEqual(complaints, []);
  await page.context().close();
});

/**
 * Chooses files of the disk, which vanish before the page reads them.
 * @param {any} page
 * @param {string} path
 * @param {string[]} gone
 * @param {boolean} folder
 */
async function chooseGone(page, path, gone, folder) {
  await page.evaluate((/** @type {boolean} */ f) => {
    const input = Object.assign(document.createElement('input'), { type: 'file', id: 'held', webkitdirectory: f });
    document.getElementById('held')?.remove();
    document.body.append(input);
  }, folder);
  await page.setInputFiles('#held', path);
  for (const file of gone) rmSync(file);
  await page.evaluate((/** @type {boolean} */ f) => {
    const input = /** @type {HTMLInputElement} */ (document.getElementById(f ? 'data-folder' : 'data-files'));
    input.files = /** @type {HTMLInputElement} */ (document.getElementById('held')).files;
    input.dispatchEvent(new Event('change'));
  }, folder);
}

test(
  'files that vanish between the choice and the reading: the reason, and the others are read',
  { skip, timeout: 120_000 },
  async () => {
    const { page, complaints } = await site.ready(),
      root = mkdtempSync(join(tmpdir(), 'inklearn-gone-'));
    for (const [name, bytes] of /** @type {[string, Buffer][]} */ ([
      ['gone.tar', tar],
      ['gone.tar.gz', gz(tar)],
      ['gone.zip', zip(pictures('set'))],
    ])) {
      writeFileSync(join(root, name), bytes);
      await chooseGone(page, join(root, name), [join(root, name)], false);
      await page.waitForFunction(
        (/** @type {string} */ n) => document.getElementById('error')?.textContent?.includes(n),
        name,
        WAIT,
      );
      assert.match(
        await text(page, 'error'),
        new RegExp(
          `${name}: the file (is no longer there|cannot be read: it has changed since it was chosen, or may not be read); choose it again`,
        ),
      );
    }
    for (const { name, data } of pictures('mine')) {
      mkdirSync(join(root, name, '..'), { recursive: true });
      writeFileSync(join(root, name), data);
    }
    await chooseGone(page, join(root, 'mine'), [join(root, 'mine/train/cat/1.png')], true);
    assert.match(await summaryOf(page, 'mine'), /: 3 pictures to learn from, 4 to be tested on/);
    assert.match(
      (await page.locator('#load-report li').textContent()) ?? '',
      /^mine\/train\/cat\/1\.png: the file (is no longer there|cannot be read)/,
    );
    assert.deepEqual(complaints, []);
    await page.context().close();
  },
);
