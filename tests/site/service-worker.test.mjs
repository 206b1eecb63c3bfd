/**
 * service-worker.test.mjs - the service worker in Chromium on a host that goes wrong: while it keeps the site, while it
 * answers, and while another build takes its place.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { launch, openPage } from '../../tools/site/browser.mjs';
import { SITE, skipIn, WAIT, waitState } from '../support/page.mjs';
import { startHost } from './host.mjs';

const skip = skipIn('chromium');
/** @type {Awaited<ReturnType<typeof startHost>>} */
let host;
/** @type {import('playwright-core').Browser} */
let browser;
before(async () => {
  if (skip) return;
  host = await startHost(8590);
  browser = await launch('chromium');
});
after(async () => {
  await browser?.close();
  host?.close();
});
beforeEach(() => {
  if (skip) return;
  host.up = true;
  host.folder = SITE;
  host.instead.clear();
});

/** A page that remembers how the installation ended that it asked for: `window.installation`. */
async function open() {
  const opened = await openPage(browser, { serviceWorkers: 'allow' });
  await opened.page.addInitScript(() => {
    const { register } = ServiceWorkerContainer.prototype;
    ServiceWorkerContainer.prototype.register = function remember(...given) {
      const registered = register.apply(this, given);
      /** @type {any} */ (window).installation = registered.then(
        ({ installing }) =>
          new Promise((resolve) => {
            installing?.addEventListener(
              'statechange',
              () => ['activated', 'redundant'].includes(installing.state) && resolve(installing.state),
            );
          }),
      );
      return registered;
    };
  });
  return opened;
}
/** @param {import('playwright-core').Page} page */
const isReady = (page) =>
  page.waitForFunction(
    () =>
      'ready' in document.documentElement.dataset &&
      !(/** @type {HTMLButtonElement} */ (document.getElementById('train')).disabled),
    null,
    WAIT,
  );
/** Trains. @param {import('playwright-core').Page} page */
async function train(page) {
  await page.click('#train');
  await waitState(page, 'finished');
}
/**
 * Returns the result of the first installation.
 * @param {import('playwright-core').Page} page
 * @returns {Promise<string>}
 */
async function installed(page) {
  await page.waitForFunction(() => 'installation' in window, null, WAIT);
  return page.evaluate(() => /** @type {any} */ (window).installation);
}
/** Waits until an active service worker controls the page. @param {import('playwright-core').Page} page */
const controlled = (page) =>
  page.waitForFunction(() => navigator.serviceWorker.controller?.state === 'activated', null, WAIT);
/** Counts the kept files, and how many of them are pages. @param {import('playwright-core').Page} page */
const keptIn = (page) =>
  page.evaluate(async () => {
    const kept = { files: 0, pages: 0 };
    for (const name of await caches.keys()) {
      const cache = await caches.open(name);
      for (const request of await cache.keys()) {
        kept.files++;
        if (/<!doctype/i.test((await (await cache.match(request))?.text())?.slice(0, 20) ?? '')) kept.pages++;
      }
    }
    return kept;
  });
/** @param {RegExp} what */
const named = (what) =>
  /** @type {string} */ (
    readdirSync(SITE, { recursive: true })
      .map(String)
      .find((name) => what.test(name))
  );

for (const what of [
  /^es-.*js$/,
  /^inklearn-threads-[0-9a-z]{8}.wasm$/,
  /^reader-/,
  /^icon-512-/,
  /^licences/,
  /^data\/index.json$/,
])
  test(
    `a page in place of ${what.source} while the site is kept: nothing is kept until the host is mended`,
    { skip },
    async () => {
      const { page } = await open();
      host.sendPageAs(named(what));
      await page.goto(`${host.address}#model=linear&epochs=1`);
      await isReady(page);
      assert.equal(await installed(page), 'redundant');
      assert.deepEqual(await keptIn(page), { files: 0, pages: 0 });
      await train(page);

      host.instead.clear();
      await page.reload();
      await isReady(page);
      await controlled(page);
      assert.equal((await keptIn(page)).pages, 1, 'the page itself');
      host.up = false;
      await page.reload();
      await isReady(page);
      await page.selectOption('#language', 'zh');
      await page.waitForFunction(() => document.documentElement.lang === 'zh', null, WAIT);
      await page.context().close();
    },
  );

test('a page that a build before has kept under a name of this build is not taken over', { skip }, async () => {
  const { page } = await open(),
    zip = named(/^es-.*js$/);
  host.sendPageAs('service-worker.js'); // not yet
  await page.goto(host.address);
  await isReady(page);
  await page.evaluate(async (name) => {
    const cache = await caches.open(`inklearn ${new URL('.', location.href).href} before`),
      html = { headers: { 'content-type': 'text/html' } };
    for (const address of [name, '.']) await cache.put(address, new Response('<!doctype html>', html));
  }, zip);
  host.instead.clear();
  await page.reload();
  await isReady(page);
  await controlled(page);
  host.up = false;
  const answer = await page.evaluate(
    (name) => fetch(name).then(async (response) => [response.headers.get('content-type'), await response.text()]),
    zip,
  );
  assert.deepEqual(answer, ['text/javascript', readFileSync(join(SITE, zip), 'utf8')]);
  await page.context().close();
});

test(
  'storage that breaks under a running service worker: the page loads, trains and loads again',
  { skip },
  async () => {
    const { page, complaints } = await open();
    await page.goto(`${host.address}#model=linear&epochs=1`);
    await isReady(page);
    await controlled(page);
    const [worker] = page.context().serviceWorkers();
    for (const way of ['reject', 'throw']) {
      await worker.evaluate((how) => {
        const fault = () => {
          const error = new DOMException('Unexpected internal error.', 'UnknownError');
          if (how === 'throw') throw error;
          return Promise.reject(error);
        };
        for (const of of [CacheStorage, Cache])
          for (const name of ['open', 'match', 'keys', 'delete', 'has', 'put', 'add', 'addAll', 'matchAll'])
            if (name in of.prototype) /** @type {any} */ (of.prototype)[name] = fault;
      }, way);
      await page.reload();
      await isReady(page);
      await train(page);
    }
    assert.deepEqual(complaints, []);
    await page.context().close();
  },
);

test('caches deleted under a running page: the rest of the page comes from the host', { skip }, async () => {
  const { page, complaints } = await open();
  await page.goto(`${host.address}#model=linear&epochs=1`);
  await isReady(page);
  await controlled(page);
  await page.evaluate(async () => Promise.all((await caches.keys()).map((name) => caches.delete(name))));
  await page.selectOption('#language', 'es');
  await page.waitForFunction(() => document.documentElement.lang === 'es', null, WAIT);
  await train(page);
  await page.reload();
  await isReady(page);
  assert.deepEqual(await page.evaluate(() => caches.keys()), [], 'looking for a file makes no cache');
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test('a quota that is too small: the installation fails, nothing stays, the page goes on', { skip }, async () => {
  const { page, complaints } = await open();
  const session = await page.context().newCDPSession(page);
  await session.send('Storage.overrideQuotaForOrigin', { origin: new URL(host.address).origin, quotaSize: 400_000 });
  await page.goto(`${host.address}#model=linear&epochs=1`);
  await isReady(page);
  assert.equal(await installed(page), 'redundant');
  assert.deepEqual(await page.evaluate(() => caches.keys()), []);
  await train(page);
  await page.reload();
  await isReady(page);
  await train(page);
  assert.deepEqual(
    complaints.filter((text) => !/quota/i.test(text)),
    [],
  );
  await page.context().close();
});

test("what is not the site's own is left as the host sends it", { skip }, async () => {
  const { page } = await open();
  const beside = ['data/mine.json', 'other/main-0a1b2c3d.js', '/', '/other.json'];
  for (const name of beside)
    host.instead.set(name, (response) => response.writeHead(200, { 'content-type': 'application/json' }).end('[]'));
  await page.goto(host.address);
  await isReady(page);
  await controlled(page);
  const headers = (/** @type {string} */ name) =>
    page.evaluate(
      (address) =>
        fetch(address).then((response) =>
          ['cross-origin-embedder-policy', 'cross-origin-resource-policy', 'content-security-policy'].filter((header) =>
            response.headers.has(header),
          ),
        ),
      name,
    );
  for (const name of beside) assert.deepEqual(await headers(name), [], name);
  for (const name of ['', 'index.html', 'data/index.json', named(/^worker-.*js$/)])
    assert.equal((await headers(`./${name}`)).length, 3, name);
  await page.context().close();
});
