/**
 * isolation.test.mjs - a host that sends no headers, from a folder below its root: one thread, and from the second load
 * on as many as there are.
 */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import sirv from 'sirv';
import { listen } from '../../tools/site/serve.mjs';
import { launch, openPage } from '../../tools/site/browser.mjs';
import { said, SITE, skip, text, WAIT, waitState } from '../support/page.mjs';

/** @type {import('node:http').Server} */
let server;
/** @type {any} */
let browser;
let address = '';
before(async () => {
  if (skip) return;
  const files = sirv(SITE, { dev: true });
  server = createServer((request, response) => {
    const inside = request.url?.startsWith('/some/where/');
    if (inside) request.url = /** @type {string} */ (request.url).slice('/some/where'.length);
    const missing = () => response.writeHead(404).end();
    if (inside) files(request, response, missing);
    else missing();
  });
  address = `http://localhost:${await listen(server, 8190)}/some/where/`;
  browser = await launch();
});
after(async () => {
  await browser?.close();
  server?.close();
});

/** @param {import('playwright-core').Page} page */
const isReady = (page) =>
  page.waitForFunction(
    () =>
      !(/** @type {HTMLButtonElement} */ (document.getElementById('train')).disabled) &&
      'ready' in document.documentElement.dataset,
    null,
    WAIT,
  );

/** Trains, and says what the network has become. @param {import('playwright-core').Page} page */
async function train(page) {
  await page.click('#train');
  await waitState(page, 'finished');
  return said(page, /^Done: /);
}

test('without headers: one thread at first, two after a reload, and the same network', { skip }, async () => {
  const { page, complaints } = await openPage(browser, { serviceWorkers: 'allow' });
  await page.goto(`${address}#model=mlp&epochs=2&threads=2&seed=3`);
  await isReady(page);
  assert.equal(await page.evaluate(() => crossOriginIsolated), false);
  assert.match(await text(page, 'variant'), /one thread; this host allows no more/);
  const alone = await train(page);
  await page.waitForFunction(
    () => /Reload/.test(document.getElementById('threads-hint')?.textContent ?? ''),
    null,
    WAIT,
  );
  await page.reload();
  await isReady(page);
  assert.equal(await page.evaluate(() => crossOriginIsolated), true);
  assert.match(await text(page, 'variant'), /2 threads\.$/);
  assert.equal(await text(page, 'threads-hint'), '');
  assert.equal(await train(page), alone);
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test('a browser that refuses service workers: one thread, now and later, without a complaint', { skip }, async () => {
  const { page, complaints } = await openPage(browser);
  await page.goto(`${address}#model=linear&epochs=1&threads=2`);
  for (let visit = 0; visit < 2; visit++) {
    // Going to the same address once more would stay in the same page, because of its '#'.
    if (visit) await page.reload();
    await isReady(page);
    await train(page);
    assert.match(await text(page, 'variant'), /one thread; this host allows no more/);
    assert.equal(await text(page, 'threads-hint'), '');
  }
  assert.deepEqual(complaints, []);
  await page.context().close();
});
