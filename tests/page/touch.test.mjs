/**
 * page-touch.test.mjs - a phone: drawing with a finger, Train in reach, nothing sideways; and a screen that stays
 * awake.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { said, skip, startSite, WAIT, waitState } from '../support/page.mjs';

const site = startSite();
const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

/** A finger's way over the screen. @param {import('playwright-core').Page} page @param {[number, number][]} way */
async function swipe(page, way) {
  const devtools = await page.context().newCDPSession(page);
  const send = (/** @type {string} */ type, /** @type {[number, number][]} */ points) =>
    devtools.send('Input.dispatchTouchEvent', {
      type: /** @type {any} */ (type),
      touchPoints: points.map(([x, y]) => ({ x, y })),
    });
  await send('touchStart', [way[0]]);
  for (let i = 1; i < way.length; i++)
    for (let k = 1; k <= 8; k++)
      await send('touchMove', [
        [way[i - 1][0] + ((way[i][0] - way[i - 1][0]) * k) / 8, way[i - 1][1] + ((way[i][1] - way[i - 1][1]) * k) / 8],
      ]);
  await send('touchEnd', []);
}

test(
  'a phone: trained and drawn with a finger; a stroke does not scroll the page, elsewhere it does',
  { skip },
  async () => {
    const { page, complaints } = await site.ready('#model=mlp&epochs=6&batch=64&lr=0.1&momentum=0.9', PHONE);
    const inView = (/** @type {string} */ selector) =>
      page.locator(selector).evaluate((e) => {
        const { top, bottom, height } = e.getBoundingClientRect();
        return height >= 24 && top >= 0 && bottom <= innerHeight;
      });
    assert.equal(await inView('#train'), true);
    await page.tap('#train');
    await waitState(page, 'finished');
    await page.locator('#pad').scrollIntoViewIfNeeded();
    await page.evaluate(() =>
      /** @type {HTMLElement} */ (document.getElementById('pad')).scrollIntoView({
        block: 'center',
        behavior: 'instant',
      }),
    );
    const box = /** @type {{ x: number, y: number, width: number, height: number }} */ (
        await page.locator('#pad').boundingBox()
      ),
      before = await page.evaluate(() => scrollY);
    assert.ok(before > 100, 'the pad lies further down');
    const at = (/** @type {number} */ x, /** @type {number} */ y) =>
      /** @type {[number, number]} */ ([box.x + x * box.width, box.y + y * box.height]);
    await swipe(page, [at(0.25, 0.2), at(0.75, 0.2), at(0.42, 0.85)]);
    await page.waitForFunction(() => /^7, /.test(document.getElementById('answer')?.textContent ?? ''), null, WAIT);
    assert.equal(await page.evaluate(() => scrollY), before, 'drawing does not scroll');
    assert.equal(await inView('#train'), true, 'Train is in reach wherever the page is');
    await swipe(page, [
      [200, 60],
      [200, 300],
    ]);
    await page.waitForFunction((y) => scrollY < y, before, WAIT);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
    assert.deepEqual(complaints, []);
    await page.context().close();
  },
);

test(
  'while it trains the screen stays awake; who asked is told of the end when they look elsewhere',
  { skip },
  async () => {
    const { page, complaints } = await site.ready('#model=mlp&epochs=3000&batch=64');
    await page.context().grantPermissions(['notifications']);
    await page.evaluate(() => {
      const seen = /** @type {any} */ (window.seen = { locks: 0, released: 0, told: /** @type {string[]} */ ([]) });
      Object.defineProperty(navigator, 'wakeLock', {
        value: {
          request: async () => {
            const lock = new EventTarget();
            seen.locks++;
            return Object.assign(lock, {
              released: false,
              async release() {
                /** @type {any} */ (lock).released = true;
                seen.released++;
              },
            });
          },
        },
      });
      /** @type {any} */ (window).Notification = class {
        static requestPermission = async () => 'granted';
        constructor(/** @type {string} */ title, /** @type {any} */ { body }) {
          seen.told.push(body);
        }
      };
    });
    const seen = () => page.evaluate(() => /** @type {any} */ (window).seen);
    await page.click('#train');
    await page.waitForFunction(() => /** @type {any} */ (window).seen.locks === 1, null, WAIT);
    await page.click('#notify');
    await page.waitForFunction(
      () => document.getElementById('notify')?.getAttribute('aria-pressed') === 'true',
      null,
      WAIT,
    );
    await page.click('#train');
    await waitState(page, 'paused');
    await page.waitForFunction(() => /** @type {any} */ (window).seen.released === 1, null, WAIT);
    await page.click('#stop');
    // A run that ends in a visible page gives no notification; one that ends in a hidden page gives its result.
    await page.fill('#epochs', '1');
    await page.click('#train');
    await waitState(page, 'finished');
    assert.deepEqual((await seen()).told, []);
    await page.evaluate(() => {
      Object.defineProperty(document, 'hidden', { value: true });
    });
    await page.click('#train');
    await page.waitForFunction(() => /** @type {any} */ (window).seen.told.length > 0, null, WAIT);
    assert.match((await seen()).told[0], /^Done: [\d.]+% right/);
    await page.waitForFunction(() => /^✓ [\d.]+% · /.test(document.title), null, WAIT);
    assert.deepEqual(complaints, []);
    await page.context().close();
  },
);

test(
  'paused and resumed at any moment: one answer each, and the run ends as if nothing had been',
  { skip },
  async () => {
    const { page } = await site.ready('#model=mlp&epochs=60&batch=64&seed=3');
    const digest = async () => {
      await waitState(page, 'finished');
      await page.waitForFunction(
        () => document.querySelector('#runs-table tbody tr')?.getAttribute('title'),
        null,
        WAIT,
      );
      return page.locator('#runs-table tbody tr').first().getAttribute('title');
    };
    await page.click('#train');
    const whole = await digest();
    await page.click('#runs-table tbody tr:first-child td:last-child button:last-child');
    await page.waitForFunction(() => !document.querySelector('#runs-table tbody tr'), null, WAIT);
    // Each change of state is written down as it is shown.
    await page.evaluate(() => {
      const states = /** @type {any} */ (window.states = /** @type {string[]} */ ([])),
        chip = /** @type {HTMLElement} */ (document.getElementById('state'));
      new MutationObserver(() => states.push(chip.dataset.state ?? '')).observe(chip, {
        attributeFilter: ['data-state'],
      });
    });
    await page.click('#train');
    const pauses = await page.evaluate(async () => {
      const chip = /** @type {HTMLElement} */ (document.getElementById('state')),
        button = /** @type {HTMLElement} */ (document.getElementById('train'));
      const until = async (/** @type {(state: string) => boolean} */ good) => {
        while (!good(chip.dataset.state ?? '')) await new Promise((resolve) => setTimeout(resolve));
      };
      await until((state) => state === 'training');
      let count = 0;
      for (let i = 0; i < 50; i++) {
        await new Promise((resolve) => setTimeout(resolve, (i * 37) % 60));
        if (chip.dataset.state !== 'training') break;
        button.click();
        await until((state) => state !== 'training');
        if (chip.dataset.state !== 'paused') break;
        count++;
        button.click();
        await until((state) => state !== 'paused');
      }
      return count;
    });
    assert.ok(pauses >= 3, `${pauses} pauses`);
    assert.equal(await digest(), whole);
    const states = await page.evaluate(() =>
      /** @type {string[]} */ (/** @type {any} */ (window).states).filter((s, i, all) => s !== all[i - 1]),
    ); // one for each change
    if (states[0] === 'finished') states.shift(); // of the run before, said again as it was forgotten
    assert.deepEqual(states, ['training', ...Array(pauses).fill(['paused', 'training']).flat(), 'finished']);
    await said(page, /^Done/);
    await page.context().close();
  },
);
