/** page.mjs - what the tests of the page share: the site, a page ready to train, and how to look at it. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createSite, listen } from '../../tools/site/serve.mjs';
import { BROWSER, launch, missing, openPage } from '../../tools/site/browser.mjs';

export const SITE = fileURLToPath(new URL('../../build/site', import.meta.url));
/**
 * A reason to skip what needs a browser and the site, or false.
 * @param {import('../../tools/site/browser.mjs').Name} [name]
 */
export const skipIn = (name) => missing(name) || (existsSync(SITE) ? false : 'build/site is missing: make site');
export const skip = skipIn();
/** The reason to skip a test that one browser is enough for. */
export const skipAgain = skip || (BROWSER === 'chromium' ? false : 'Chromium has done it: it is about the page alone');
export const WAIT = { timeout: 60000 };

/** The sites, by the browser's name. Test files that run in one process share them. @type {Map<string, Site>} */
const sites = new Map();
/** @typedef {ReturnType<typeof makeSite>} Site */

/**
 * Serves the site and starts a browser for the tests of one file.
 * @param {import('../../tools/site/browser.mjs').Name} [name]
 */
export function startSite(name = BROWSER) {
  const site = sites.get(name) ?? makeSite(name);
  sites.set(name, site);
  return site;
}

/** @param {import('../../tools/site/browser.mjs').Name} name */
function makeSite(name) {
  const site = {
    origin: '',
    /** @type {any} */
    browser: null,
    /**
     * The page, with its built-in data loaded and its model described.
     * @param {string} [hash]
     * @param {import('playwright-core').BrowserContextOptions} [options]
     */
    async ready(hash = '', options = {}) {
      const opened = await openPage(site.browser, options);
      await opened.page.goto(`${site.origin}/${hash}`);
      await opened.page.waitForFunction(
        () =>
          !(/** @type {HTMLButtonElement} */ (document.getElementById('train')).disabled) &&
          'ready' in document.documentElement.dataset &&
          document.getElementById('model-summary')?.textContent !== '',
        null,
        WAIT,
      );
      return opened;
    },
  };
  /** @type {import('node:http').Server} */
  let server;
  before(async () => {
    if (skipIn(name)) return;
    server = createSite(SITE);
    site.origin = `http://localhost:${await listen(server, 8090)}`;
    site.browser = await launch(name);
  });
  after(async () => {
    await site.browser?.close();
    server?.close();
  });
  return site;
}

/** @param {import('playwright-core').Page} page @param {string} id */
export const text = (page, id) => page.locator(`#${id}`).innerText();
/** @param {import('playwright-core').Page} page @param {string} state */
export const waitState = (page, state) =>
  page.waitForFunction((s) => document.getElementById('state')?.dataset.state === s, state, WAIT);
/**
 * Waits for the page's text about its state, which is drawn a frame or more after the state changes.
 * @param {import('playwright-core').Page} page
 * @param {RegExp} pattern
 */
export async function said(page, pattern) {
  await page
    .waitForFunction(
      (p) => new RegExp(p, 'u').test(document.getElementById('sentence')?.textContent ?? ''),
      pattern.source,
      { timeout: 20000 },
    )
    .catch(() => {}); // the assertion below shows the sentence
  const sentence = await text(page, 'sentence');
  assert.match(sentence, pattern);
  return sentence;
}
/**
 * The loss chart has more points than that.
 * @param {import('playwright-core').Page} page
 * @param {number} points
 * @param {string} why
 */
export const waitPoints = (page, points, why) =>
  page
    .waitForFunction(
      (n) => /** @type {any} */ (document.getElementById('loss-chart')).chartData()[0].length > n,
      points,
      { timeout: 20000 },
    )
    .catch(() => assert.fail(`${why}: more than ${points} points`));
/**
 * All that was to be drawn is: each part of the page waits at most that long, and then for a frame that has the time.
 * @param {import('playwright-core').Page} page
 */
export const drawn = (page) =>
  page.evaluate(
    () =>
      new Promise((done) => {
        let frames = 5;
        const next = () => (frames-- ? requestAnimationFrame(next) : done(undefined));
        setTimeout(next, 400);
      }),
  );
/**
 * @param {import('playwright-core').Page} page
 * @param {string} id
 * @returns {Promise<(number | null | undefined)[][]>}
 */
export const chartData = (page, id) =>
  page.evaluate((i) => /** @type {any} */ (document.getElementById(i)).chartData(), id);
/** @param {import('playwright-core').Page} page */
export const waitError = async (page) => {
  await page.waitForSelector('#error:not([hidden])', WAIT);
  return text(page, 'error');
};

/**
 * Drops files on the page.
 * @param {import('playwright-core').Page} page
 * @param {{ name: string, bytes: Buffer }[]} files
 */
export async function drop(page, files) {
  await page.evaluate(
    (list) => {
      const transfer = new DataTransfer();
      for (const { name, base64 } of list)
        transfer.items.add(new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], name));
      document.body.dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true }));
    },
    files.map(({ name, bytes }) => ({ name, base64: bytes.toString('base64') })),
  );
}

/** The sum of the exact matrix. @param {import('playwright-core').Page} page */
export async function confusionSum(page) {
  await page.waitForFunction(
    () => document.querySelector('.confusion caption')?.textContent?.startsWith('Exact'),
    null,
    WAIT,
  );
  const cells = await page
    .locator('.confusion tbody td')
    .evaluateAll((all) => all.map((cell) => Number(/** @type {HTMLElement} */ (cell).dataset.count)));
  return cells.reduce((sum, count) => sum + count, 0);
}
