/**
 * firefox.test.mjs - what a person does with the page, in Debian's Firefox: the very tests that Chromium passes. Others
 * can be tried there by INK_BROWSER=firefox; those that kill trainers, touch or emulate ask for Chromium's protocol.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { STATES } from '../../tools/figures/states.mjs';

process.env.INK_BROWSER = 'firefox'; // before browser.mjs looks
const { skip, startSite, waitPoints, waitState } = await import('../support/page.mjs');
const { openPage } = await import('../../tools/site/browser.mjs');

describe('Firefox', async () => {
  for (const name of ['page', 'sets', 'runs', 'digit', 'inside']) await import(`./${name}.test.mjs`);
  const site = startSite();

  test('reloaded in mid-run: it is offered to go on, with its curves', { skip }, async () => {
    const { page, complaints } = await openPage(site.browser);
    await STATES.continue(page, site.origin);
    await page.click('#continue button');
    await waitState(page, 'training');
    await waitPoints(page, 20, 'its curve from before');
    await page.click('#stop');
    await waitState(page, 'stopped');
    assert.deepEqual(complaints, []);
    await page.context().close();
  });
});
