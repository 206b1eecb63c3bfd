/** page-hidden.test.mjs - a tab that nobody looks at trains to the end, and its title says so. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { skip, startSite, WAIT } from '../support/page.mjs';

const site = startSite();

test('hidden, without a frame: training goes on, and the title tells its end', { skip }, async () => {
  const { page, complaints } = await site.ready('#model=linear&epochs=2');
  // Imitates a hidden tab, since a headless browser treats every tab as visible.
  await page.evaluate(() => {
    Object.defineProperty(document, 'hidden', { get: () => true });
    Object.defineProperty(document, 'visibilityState', { get: () => 'hidden' });
    globalThis.requestAnimationFrame = () => 0;
    document.dispatchEvent(new Event('visibilitychange'));
    document.getElementById('train')?.click();
  });
  // By a timer: there are no frames
  await page.waitForFunction(() => document.title.startsWith('✓'), null, { ...WAIT, polling: 50 });
  assert.match(await page.title(), /^✓ \d+\.\d% · /);
  assert.equal(await page.evaluate(() => document.getElementById('state')?.dataset.state), 'finished');
  assert.deepEqual(complaints, []);
  await page.context().close();
});
