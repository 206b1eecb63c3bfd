/**
 * page-states.test.mjs - every state of the page is reached, says what it is, and is accessible; the page stays within
 * its means.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { STATES } from '../../tools/figures/states.mjs';
import { openPage } from '../../tools/site/browser.mjs';
import { said, skip, startSite, text, WAIT } from '../support/page.mjs';

const site = startSite();
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** The state's name, and the text of the bar or a notice in it. @type {Record<string, [string, RegExp]>} */
const SAYS = {
  ready: ['idle', /^Ready: Drawn digits, 20,000 pictures/],
  training: ['training', /^Epoch \d+ of 4000: [\d.]+% right/],
  paused: ['paused', /^Paused in epoch \d+, at step/],
  stopped: ['stopped', /^Stopped in epoch \d+/],
  finished: ['finished', /^Done: [\d.]+% right .* Most often/],
  diverged: ['diverged', /no longer a number/],
  loading: ['loading', /^Reading Drawn digits/],
  empty: ['idle', /^Drop pictures to begin/],
  found: ['idle', /^Ready/],
  memory: ['idle', /^Ready/],
  lost: ['failed', /stopped unexpectedly/],
  'no-simd': ['failed', /This browser cannot run it.*Firefox 89/],
  'no-threads': ['idle', /^Ready/],
  offline: ['idle', /^Ready/],
  continue: ['idle', /^Ready/],
  tour: ['finished', /^Done/],
};
/** Other texts that the page shows in a state, with the id of the element. @type {Record<string, [string, RegExp]>} */
const ALSO = {
  diverged: ['ways-out', /tenth of the rate/],
  empty: ['error', /404/],
  found: ['found', /valley/],
  memory: ['ways-out', /quarter of the batch/],
  lost: ['ways-out', /Start the trainer again/],
  'no-simd': ['error', /cannot run WebAssembly SIMD/],
  'no-threads': ['variant', /one thread; this host allows no more/],
  offline: ['offline', /goes on as before/],
  continue: ['continue', /Continue the run of/],
  tour: ['tour', /Here: [\d.]+%/],
};

for (const [name, reach] of Object.entries(STATES))
  test(`state ${name}: reached, said, nothing for axe to find`, { skip }, async () => {
    // axe is put in as a script, which the page's own policy forbids.
    const { page } = await openPage(site.browser, { bypassCSP: true });
    await reach(page, site.origin);
    const [state, sentence] = SAYS[name];
    await page.waitForFunction((s) => document.getElementById('state')?.dataset.state === s, state, WAIT);
    await said(page, sentence);
    if (ALSO[name]) assert.match(await text(page, ALSO[name][0]), ALSO[name][1]);
    await page.evaluate(axe);
    const violations = await page.evaluate(async () =>
      (await /** @type {any} */ (window).axe.run()).violations.map(
        (/** @type {any} */ v) => `${v.id}: ${v.nodes.map((/** @type {any} */ n) => n.html.slice(0, 160)).join(' | ')}`,
      ),
    );
    assert.deepEqual(violations, []);
    await page.context().close();
  });

test(
  'what axe does not see: names, one polite region, keyboard to every control, targets of 24 pixels, 320 wide and 200 %',
  { skip },
  async () => {
    const { page } = await openPage(site.browser, { viewport: { width: 320, height: 640 }, hasTouch: true });
    await STATES.finished(page, site.origin);
    const nameless = await page.evaluate(() =>
      [...document.querySelectorAll('canvas[role=img], [role=group], [role=region], figure')]
        .filter(
          (e) => !e.getAttribute('aria-label') && !e.getAttribute('aria-labelledby') && !e.querySelector('figcaption'),
        )
        .map((e) => e.outerHTML.slice(0, 90)),
    );
    assert.deepEqual(nameless, []);
    assert.equal(
      await page.locator('[role=status], [role=alert], [aria-live]').count(),
      2,
      'one polite region, one for errors',
    );
    assert.ok(
      await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth),
      'no sideways scroll at 320 pixels',
    );
    const small = await page.evaluate(() =>
      [...document.querySelectorAll('button, .button, select, summary, input:not(.visually-hidden)')]
        .filter((e) => {
          const { width, height } = e.getBoundingClientRect(),
            label = e.closest('label')?.getBoundingClientRect();
          return width && Math.min(Math.max(width, label?.width ?? 0), Math.max(height, label?.height ?? 0)) < 23.5;
        })
        .map((e) => `${e.id || e.outerHTML.slice(0, 70)} ${e.getBoundingClientRect().height}`),
    );
    assert.deepEqual(small, []);
    // Tab goes through everything that can be used, and comes to each once.
    const all = await page.evaluate(
      () =>
        [
          ...document.querySelectorAll(
            'a[href], button:not(:disabled), select, textarea, summary, input:not(:disabled), [tabindex="0"]',
          ),
        ].filter((e) => e.checkVisibility({ contentVisibilityAuto: true })).length,
    );
    const reached = new Set();
    for (let i = 0; i < all + 30; i++) {
      await page.keyboard.press('Tab');
      reached.add(
        await page.evaluate(() => {
          const e = /** @type {any} */ (document.activeElement);
          e.mark ??= Math.random();
          return e.mark;
        }),
      );
    }
    assert.ok(reached.size >= all - 8, `${reached.size} of ${all} reached`); // of radio buttons one stands for all
    await page.context().close();
  },
);

// `make bench ONLY=page` measures how long the page's tasks take; a test on a shared machine cannot.
test(
  'while it trains, settings are opened and filled in, and curves changed: no complaint, no request to elsewhere',
  { skip },
  async () => {
    const { page, complaints, requests } = await site.ready('#model=mlp&lr=0.05&batch=64&epochs=4000');
    await page.click('#train');
    await page.waitForTimeout(2000);
    await page.locator('#settings .more summary').last().click();
    await page.fill('#seed', '12');
    await page.click('#log');
    await page.waitForTimeout(1000);
    await page.click('#stop');
    await page.waitForFunction(() => document.getElementById('state')?.dataset.state === 'stopped', null, WAIT);
    assert.deepEqual(
      requests.filter((url) => !url.startsWith(site.origin) && !/^(blob|data):/.test(url)),
      [],
    );
    assert.deepEqual(complaints, []);
    await page.context().close();
  },
);
