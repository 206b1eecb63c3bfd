/**
 * predictor.test.mjs - the network as one page: from the disk it gives the probabilities that the command line gives.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { launch, noBrowser, openPage } from '../../tools/site/browser.mjs';
import { ROOT, scratchFile } from '../support/core.mjs';
import { digitPng, png, smallTar } from '../support/files.mjs';

/** @param {string[]} args @returns {any[]} */
function inklearn(...args) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['tools/inklearn.mjs', ...args, '--json'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  assert.equal(status, 0, stderr);
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

test(
  'export --page: the same probabilities for any picture, from the disk, without a request',
  { skip: noBrowser },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'inklearn-')),
      load = join(folder, 'x.safetensors'),
      to = join(folder, 'x.html'),
      evil = '<img src=x onerror=alert(1)>';
    inklearn(
      'train',
      '--data',
      scratchFile(smallTar({ perClass: 20, classes: ['a', 'b', evil] })),
      '--model',
      'mlp',
      '--batch',
      '8',
      '--epochs',
      '2',
      '--lr',
      '0.05',
      '--save',
      load,
    );
    inklearn('export', '--page', '--load', load, '--to', to);
    const pictures = {
      'digit.png': digitPng(7),
      'dark-on-white.png': png({
        width: 90,
        height: 60,
        colour: 2,
        sample: (x, y) => (x > 30 && x < 42 && y > 10 && y < 50 ? 20 : 240),
      }),
      'transparent.png': png({
        width: 50,
        height: 50,
        colour: 6,
        sample: (x, y, c) => (c === 3 ? (x > 20 && x < 30 ? 255 : 0) : 10),
      }),
    };
    const browser = await launch();
    try {
      const { page, complaints, requests } = await openPage(browser);
      await page.goto(pathToFileURL(to).href);
      await page.waitForSelector('html[data-ready]', { timeout: 60000 });
      for (const [name, bytes] of Object.entries(pictures)) {
        const path = join(folder, name);
        writeFileSync(path, bytes);
        await page.setInputFiles('#file', path);
        await page.waitForFunction((n) => document.getElementById('state')?.textContent === n, name, {
          timeout: 60000,
        });
        const shown = await page
          .locator('#bars tr')
          .evaluateAll((rows) => rows.map((row) => Number(row.dataset.probability)));
        const told = inklearn('predict', '--load', load, '--variant', 'deterministic', path).find(
          (e) => e.event === 'prediction',
        );
        assert.equal(shown.length, 3);
        told.probabilities.forEach((/** @type {number} */ p, /** @type {number} */ i) =>
          assert.ok(Math.abs(p - shown[i]) < 1e-4, `${name}: class ${i} has ${p}, the page shows ${shown[i]}`),
        );
      }
      assert.equal(await page.locator('#bars th').nth(0).innerText(), evil, 'names are text');
      await page.mouse.move(...(await middle(page, -60)));
      await page.mouse.down();
      await page.mouse.move(...(await middle(page, 60)));
      await page.mouse.up();
      assert.notEqual(await page.locator('#answer').innerText(), '');
      writeFileSync(join(folder, 'words.txt'), 'no picture');
      await page.setInputFiles('#file', join(folder, 'words.txt'));
      await page.waitForFunction(() => /no picture/.test(document.getElementById('state')?.textContent ?? ''), null, {
        timeout: 60000,
      });
      writeFileSync(join(folder, 'photo.tif'), Buffer.from('II*\0\b\0\0\0', 'latin1'));
      await page.setInputFiles('#file', join(folder, 'photo.tif'));
      await page.waitForFunction(
        () => document.getElementById('state')?.textContent === 'This is no picture that this browser can read (TIFF).',
        null,
        { timeout: 60000 },
      );
      // A PNG that is larger than the core's limit.
      writeFileSync(
        join(folder, 'wide.png'),
        png({ width: 4200, height: 300, sample: (x, y) => (x > 2000 && x < 2060 && y > 40 && y < 260 ? 20 : 240) }),
      );
      await page.setInputFiles('#file', join(folder, 'wide.png'));
      await page.waitForFunction(() => document.getElementById('state')?.textContent === 'wide.png', null, {
        timeout: 60000,
      });
      assert.deepEqual(
        requests.filter((url) => !/^(file|data|blob):/.test(url)),
        [],
      );
      assert.deepEqual(complaints, []);
    } finally {
      await browser.close();
    }
  },
);

/**
 * A point on the pad.
 * @param {import('playwright-core').Page} page
 * @param {number} down
 * @returns {Promise<[number, number]>}
 */
async function middle(page, down) {
  const { x, y, width, height } = /** @type {{ x: number, y: number, width: number, height: number }} */ (
    await page.locator('#pad').boundingBox()
  );
  return [x + width / 2, y + height / 2 + down];
}
