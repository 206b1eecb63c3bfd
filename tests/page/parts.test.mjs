/**
 * page-parts.test.mjs - files of the site that do not arrive, or not whole: each is named in a sentence, the rest
 * works, and trying again helps.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openPage } from '../../tools/site/browser.mjs';
import { SITE, skip, startSite, text, WAIT, waitState } from '../support/page.mjs';

const site = startSite();

/** The file of the site whose name begins so. @param {string} start */
const fileOf = (start) => {
  const name = ['', 'data/']
    .flatMap((folder) => readdirSync(join(SITE, folder)).map((file) => folder + file))
    .find((file) => file.startsWith(start));
  assert.ok(name, `the site has a file ${start}`);
  return name;
};
/** @type {Record<string, string>} */
const TYPES = {
  js: 'text/javascript',
  css: 'text/css',
  json: 'application/json',
  safetensors: 'application/octet-stream',
  html: 'text/html',
};

/** The ways in which a file fails to arrive. @type {Record<string, (route: any, name: string) => Promise<void>>} */
const FAULTS = {
  'as 404': (route) => route.fulfill({ status: 404, body: 'not found' }),
  'cut in half': (route, name) => {
    const bytes = readFileSync(join(SITE, name));
    return route.fulfill({
      status: 200,
      contentType: TYPES[name.split('.').pop() ?? ''],
      body: bytes.subarray(0, bytes.length >> 1),
    });
  },
  'as a page of HTML': (route) =>
    route.fulfill({ status: 200, contentType: 'text/html', body: '<!doctype html><title>Please log in</title>' }),
  'over a connection that breaks': (route) => route.abort('connectionreset'),
};

/**
 * A page without some files, and what nobody handled in it.
 * @param {string[]} starts  how their names begin @param {keyof FAULTS} fault @param {string} [locale]
 */
async function pageWithout(starts, fault, locale) {
  const { page } = await openPage(site.browser, { locale });
  /** @type {string[]} */
  const unhandled = [];
  page.on('pageerror', (error) => unhandled.push(error.message));
  const names = starts.map(fileOf);
  for (const name of names)
    await page.route(
      (url) => url.pathname === `/${name}`,
      (route) => FAULTS[fault](route, name),
    );
  await page.goto(`${site.origin}/#epochs=1&threads=1`);
  return { page, unhandled };
}

/** The parts that the page says are missing. @param {import('playwright-core').Page} page @param {string[]} parts */
async function saysMissing(page, parts) {
  for (const part of parts) await page.waitForSelector(`[data-part="${part}"]`, WAIT);
  const shown = await page
    .locator('[data-part]')
    .evaluateAll((all) =>
      all.map((note) => [
        /** @type {HTMLElement} */ (note).dataset.part,
        note.querySelector('span')?.textContent ?? '',
      ]),
    );
  assert.deepEqual(shown.map(([part]) => part).sort(), [...parts].sort());
  for (const [part, sentence] of shown)
    assert.match(sentence ?? '', /^\p{Lu}.*[.]$/u, `${part}: no sentence, but ${sentence}`);
}

/** @param {import('playwright-core').Page} page */
async function trains(page) {
  await page.waitForFunction(
    () => !(/** @type {HTMLButtonElement} */ (document.getElementById('train')).disabled),
    null,
    WAIT,
  );
  await page.click('#train');
  await waitState(page, 'finished');
}

for (const fault of Object.keys(FAULTS)) {
  test(
    `parts that come later, ${fault}: a sentence for each, the rest trains, and trying again brings them`,
    { skip },
    async () => {
      const { page, unhandled } = await pageWithout(
        ['charts-', 'keeper-', 'panels-', 'es-', 'reader-', 'data/index.json'],
        fault,
        'es',
      );
      await page.waitForFunction(() => 'ready' in document.documentElement.dataset, null, WAIT);
      await page.click('#pad-example');
      await saysMissing(page, ['charts', 'keeper', 'style', 'language', 'reader', 'sets']);
      assert.equal(
        await page.locator('#language').inputValue(),
        'en',
        'the list shows the language that the page is in',
      );
      await trains(page);
      assert.equal(await page.locator('[data-part]').count(), 6, 'the sentences stay until they no longer hold');
      if (fault === 'as 404') {
        await page.unrouteAll();
        await page.click('#reset');
        for (const part of ['language', 'charts', 'style', 'sets', 'reader'])
          await page.click(`[data-part="${part}"] button`);
        await page.waitForSelector('.uplot', { ...WAIT, state: 'attached' });
        await page.waitForFunction(() => document.documentElement.lang === 'es', null, WAIT);
        assert.equal(await page.locator('#language').inputValue(), 'es');
        await page.waitForFunction(() => document.querySelectorAll('[data-part]').length === 1, null, WAIT);
        await page.click('[data-part="keeper"] button');
        await page.waitForFunction(() => !document.querySelector('[data-part="keeper"]'), null, WAIT);
      }
      assert.deepEqual(unhandled, []);
      await page.context().close();
    },
  );

  for (const part of ['soon', 'later'])
    test(`the page without ${part}.js, ${fault}: a sentence, and it trains`, { skip }, async () => {
      const { page, unhandled } = await pageWithout([`${part}-`], fault);
      await page.waitForSelector(`[data-part="${part}"]`, WAIT);
      await trains(page);
      assert.ok(await page.locator(`[data-part="${part}"]`).count(), 'the sentence stays');
      assert.deepEqual(
        await page.evaluate(() =>
          document.body.innerText.match(/\b[a-z]+(\.[a-z]+)+\b(?<!\.js|\.gz|\.zip|\.npz|\.tar)/g),
        ),
        null,
        'keys of the words are on screen',
      );
      assert.deepEqual(unhandled, []);
      await page.context().close();
    });

  test(`the page without its style, ${fault}: a sentence`, { skip }, async () => {
    const { page, unhandled } = await pageWithout(['style-'], fault);
    await saysMissing(page, ['style']);
    assert.deepEqual(unhandled, []);
    await page.context().close();
  });

  test(`the page without its worker, ${fault}: a sentence, and a way out`, { skip }, async () => {
    const { page, unhandled } = await pageWithout(['worker-'], fault);
    await waitState(page, 'failed');
    assert.match(await text(page, 'sentence'), /trainer|training engine/);
    assert.deepEqual(unhandled, []);
    await page.context().close();
  });

  test(`the page without its script, ${fault}: the sentence that stands in it`, { skip }, async () => {
    const { page } = await pageWithout(['main-'], fault);
    assert.match(await text(page, 'sentence'), /^The page’s script did not start\./);
    await page.context().close();
  });
}

test('the search for a learning rate does not arrive: a sentence, and trying again searches', { skip }, async () => {
  const { page, unhandled } = await pageWithout(['finder-'], 'as 404');
  await page.waitForFunction(
    () => !(/** @type {HTMLButtonElement} */ (document.getElementById('find')).disabled),
    null,
    WAIT,
  );
  await page.click('#find');
  await saysMissing(page, ['finder']);
  await trains(page);
  await page.unrouteAll();
  await page.click('[data-part="finder"] button');
  await page.waitForSelector('#found button', WAIT);
  await saysMissing(page, []);
  assert.deepEqual(unhandled, []);
  await page.context().close();
});

/**
 * Features that an engine may lack, and what the page still does.
 * @type {Record<string, { lacks: string, trains: boolean, parts?: string[] }>}
 */
const ENGINES = {
  'no workers': { lacks: 'delete globalThis.Worker', trains: false, parts: ['keeper'] },
  'workers that are refused': {
    lacks: "globalThis.Worker = function () { throw new DOMException('no', 'SecurityError'); }",
    trains: false,
    parts: ['keeper'],
  },
  'a language that is none': {
    lacks:
      "for (const [name, value] of [['language', 'C'], ['languages', ['C']]]) Object.defineProperty(Navigator.prototype, name, { get: () => value, configurable: true })",
    trains: true,
  },
  'no list of languages': {
    lacks: "Object.defineProperty(navigator, 'languages', { get: () => undefined })",
    trains: true,
  },
  'no number formats': {
    lacks: "Intl.NumberFormat = function () { throw new RangeError('no'); }",
    trains: true,
    parts: ['charts'],
  },
  'no date formats': { lacks: 'delete Intl.DateTimeFormat', trains: true, parts: ['charts'] },
  'no canvas': {
    lacks: 'HTMLCanvasElement.prototype.getContext = () => null',
    trains: true,
    parts: ['charts', 'soon'],
  },
  'storages that throw': {
    lacks:
      "for (const name of ['localStorage', 'sessionStorage', 'indexedDB', 'caches']) Object.defineProperty(globalThis, name, { get() { throw new DOMException('denied', 'SecurityError'); } })",
    trains: true,
  },
  'no storages': {
    lacks:
      "for (const name of ['localStorage', 'sessionStorage', 'indexedDB', 'caches']) Object.defineProperty(globalThis, name, { value: undefined }); Object.defineProperty(navigator, 'storage', { value: undefined })",
    trains: true,
  },
  'no service worker, no locks, no clipboard': {
    lacks:
      "for (const name of ['serviceWorker', 'locks', 'clipboard', 'wakeLock']) Object.defineProperty(navigator, name, { value: undefined })",
    trains: true,
  },
  'a clock that is no number': { lacks: 'Date.now = () => NaN', trains: true },
};
for (const [name, { lacks, trains: can, parts = [] }] of Object.entries(ENGINES))
  test(`an engine with ${name}: what is missing is said, and the rest works`, { skip }, async () => {
    const { page } = await openPage(site.browser);
    /** @type {string[]} */
    const unhandled = [];
    page.on('pageerror', (error) => unhandled.push(error.message));
    await page.addInitScript(lacks);
    await page.goto(`${site.origin}/#epochs=1&threads=1`);
    if (can) await trains(page);
    else await waitState(page, 'failed');
    await page.waitForFunction(() => 'ready' in document.documentElement.dataset, null, WAIT);
    await saysMissing(page, parts);
    assert.deepEqual(unhandled, []);
    await page.context().close();
  });
