/**
 * page-files.test.mjs - files that cannot be read when it is their turn: each gets a sentence with its name, and
 * nothing is rejected unheard.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { digitPng } from '../support/files.mjs';
import { skip, startSite, waitError } from '../support/page.mjs';

const site = startSite();

test(
  'a network of 5 GB; a network, a picture and a file of runs that are gone when they are read',
  { skip, timeout: 240_000 },
  async () => {
    const { page, complaints } = await site.ready('#model=linear&epochs=1'),
      folder = mkdtempSync(join(tmpdir(), 'inklearn-files-'));
    const path = (/** @type {string} */ name, /** @type {Buffer} */ content) => {
      writeFileSync(join(folder, name), content);
      return join(folder, name);
    };
    const complaint = async () => {
      const said = await waitError(page);
      await page.evaluate(() => {
        /** @type {HTMLElement} */ (document.getElementById('error')).hidden = true;
      });
      return said;
    };
    const large = path('large.safetensors', Buffer.alloc(8));
    truncateSync(large, 5e9);
    await page.setInputFiles('#restore', large);
    assert.match(await complaint(), /large\.safetensors has 5\.0 GB; at most 2\.1 GB can be read\./i);

    for (const [name, said] of /** @type {const} */ ([
      ['NotFoundError', 'is no longer there. Choose it again.'],
      ['NotReadableError', 'cannot be read: it has changed'],
    ])) {
      await page.evaluate((error) => {
        Blob.prototype.arrayBuffer = async () => {
          throw new DOMException("an engine's own words", error);
        };
      }, name);
      for (const [input, file, content] of /** @type {const} */ ([
        ['restore', 'net.safetensors', Buffer.alloc(99)],
        ['pad-file', 'seven.png', digitPng(7)],
        ['runs-import', 'runs.json', Buffer.from('{}')],
      ])) {
        await page.setInputFiles(`#${input}`, path(file, content));
        const found = await complaint();
        assert.ok(found.toLowerCase().startsWith(file) && found.includes(said), found);
      }
    }
    assert.deepEqual(complaints, []);
    rmSync(folder, { recursive: true });
    await page.context().close();
  },
);
