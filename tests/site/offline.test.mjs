/**
 * offline.test.mjs - the site from a plain static host, in a folder below its root: without a network from the second
 * visit on, and after an upgrade, without a file of another build.
 */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { PNG } from 'pngjs';
import sirv from 'sirv';
import { drawIcon, ICONS } from '../../tools/site/icons.mjs';
import { createSite, listen } from '../../tools/site/serve.mjs';
import { makeSite } from '../../tools/site/site.mjs';
import { launch, openPage } from '../../tools/site/browser.mjs';
import { ROOT } from '../support/core.mjs';
import { digitPng, zip } from '../support/files.mjs';
import { drop, said, SITE, skip, text, WAIT, waitState } from '../support/page.mjs';

const OTHER = 'ffffffffffff',
  work = mkdtempSync(join(tmpdir(), 'inklearn-offline-')),
  older = join(work, 'site');
const built = () =>
  /** @type {string} */ (readFileSync(join(SITE, 'index.html'), 'utf8').match(/ data-build="([0-9a-f]{12})"/)?.[1]);

const pictures = ['train', 'test'].flatMap((split) =>
  ['cat', 'dog'].flatMap((name, i) =>
    [0, 1, 2, 3].map((n) => ({ name: `pets/${split}/${name}/${n}.png`, data: digitPng(10 * n + i) })),
  ),
);

/** A host that may be down, and what it sends. */
const host = { up: true, files: sirv(SITE, { dev: true }), /** @type {Map<string, string>} */ instead: new Map() };
/** @type {import('node:http').Server} */
let server;
/** @type {any} */
let browser;
let address = '';
before(async () => {
  if (skip) return;
  mkdirSync(join(work, 'modules'));
  for (const name of readdirSync(join(ROOT, 'build')).filter((n) => /^inklearn.*\.wasm$/.test(n))) {
    const bytes = readFileSync(join(ROOT, 'build', name)),
      at = bytes.indexOf(built());
    assert.ok(at >= 0, `${name} says its build`);
    bytes.write(OTHER, at);
    writeFileSync(join(work, 'modules', name), bytes);
  }
  await makeSite({ build: OTHER, modules: join(work, 'modules'), digits: join(ROOT, 'build'), to: older });
  server = createServer((request, response) => {
    if (!host.up) return request.socket.destroy();
    const name = request.url?.startsWith('/some/where/') ? request.url.slice('/some/where/'.length) : null,
      instead = host.instead.get(name ?? '');
    if (instead) return response.writeHead(200, { 'content-type': 'text/html' }).end(readFileSync(instead));
    if (name === null) return response.writeHead(404).end();
    request.url = `/${name}`;
    host.files(request, response, () => response.writeHead(404).end());
  });
  address = `http://localhost:${await listen(server, 8290)}/some/where/`;
  browser = await launch();
});
after(async () => {
  await browser?.close();
  server?.close();
  server?.closeAllConnections();
  rmSync(work, { recursive: true, force: true });
});

/** @param {string} folder */
function serve(folder) {
  host.up = true;
  host.files = sirv(folder, { dev: true });
  host.instead.clear();
}

/** @param {import('playwright-core').Page} page */
const isReady = (page) =>
  page.waitForFunction(
    () =>
      !(/** @type {HTMLButtonElement} */ (document.getElementById('train')).disabled) &&
      'ready' in document.documentElement.dataset,
    null,
    WAIT,
  );
/** @param {import('playwright-core').Page} page */
const buildOf = (page) => page.evaluate(() => document.documentElement.dataset.build);
/**
 * Everything of that build is kept, and its service worker answers.
 * @param {import('playwright-core').Page} page
 * @param {string} build
 */
const isKept = (page, build) =>
  page.evaluate(async (wanted) => {
    for (; ; await new Promise((resolve) => setTimeout(resolve, 50))) {
      const registration = await navigator.serviceWorker.getRegistration(),
        name = (await caches.keys()).find((key) => key.endsWith(` ${wanted}`));
      if (
        registration?.active?.state === 'activated' &&
        !registration.installing &&
        !registration.waiting &&
        name &&
        (await (await caches.open(name)).match(registration.scope))
      )
        return;
    }
  }, build);

/** Trains, and says what the network has become. @param {import('playwright-core').Page} page */
async function train(page) {
  await page.click('#train');
  await waitState(page, 'finished');
  return said(page, /^Done: /);
}

test('the second visit needs no network: page, threads, pictures and languages are there', { skip }, async () => {
  serve(SITE);
  const { page, complaints, requests } = await openPage(browser, { serviceWorkers: 'allow' });
  await page.goto(`${address}#model=mlp&epochs=1&threads=2&seed=3`);
  await isReady(page);
  const online = await train(page);
  await isKept(page, built());
  host.up = false;
  await page.reload();
  await isReady(page);
  assert.equal(await page.evaluate(() => crossOriginIsolated), true);
  assert.match(await text(page, 'variant'), /2 threads\.$/);
  assert.equal(await train(page), online);
  await page.selectOption('#language', 'es');
  await page.waitForFunction(() => document.documentElement.lang === 'es', null, WAIT);
  assert.deepEqual(complaints, []);
  assert.ok(
    requests.every((url) => url.startsWith(address) || /^(blob|data):/.test(url)),
    'nothing from elsewhere',
  );
  await page.context().close();
});

test(
  'an upgrade: the new page at once, the old tab goes on with its own files, and then the new one without a network',
  { skip },
  async () => {
    serve(older);
    const { page, complaints } = await openPage(browser, { serviceWorkers: 'allow' });
    await page.goto(address);
    await isReady(page);
    assert.equal(await buildOf(page), OTHER);
    await isKept(page, OTHER);
    const old = await page.context().newPage();
    await old.goto(`${address}#model=linear&epochs=1&batch=8`);
    await isReady(old);

    serve(SITE);
    await page.reload();
    await isReady(page);
    assert.equal(await buildOf(page), built());
    await isKept(page, built());
    // The old tab needs a file of its build that no server has any more.
    assert.equal(await buildOf(old), OTHER);
    await drop(old, [{ name: 'two.zip', bytes: zip(pictures) }]);
    await old.waitForFunction(
      () => document.getElementById('data-summary')?.textContent?.includes('two.zip'),
      null,
      WAIT,
    );
    assert.match(await train(old), /right/);
    await old.close();

    host.up = false;
    await page.reload();
    await isReady(page);
    assert.equal(await buildOf(page), built());
    assert.equal(await text(page, 'build'), `Build ${built()}.`);
    assert.deepEqual(complaints, []);
    await page.context().close();
  },
);

test('a site that is half replaced is not kept: the build before stays', { skip }, async () => {
  serve(older);
  const { page } = await openPage(browser, { serviceWorkers: 'allow' });
  await page.goto(address);
  await isReady(page);
  await isKept(page, OTHER);
  serve(SITE);
  for (const name of ['', 'index.html']) host.instead.set(name, join(older, 'index.html'));
  const ended = await page.evaluate(() =>
    navigator.serviceWorker.getRegistration().then(
      (registration) =>
        new Promise((resolve) => {
          registration?.addEventListener('updatefound', () => {
            const { installing } = /** @type {ServiceWorkerRegistration} */ (registration);
            installing?.addEventListener('statechange', () => resolve(installing.state));
          });
          registration?.update().catch(() => {}); // the state of the installation is what is tested
        }),
    ),
  );
  assert.equal(ended, 'redundant');
  assert.deepEqual(
    (await page.evaluate(() => caches.keys())).map((key) => key.split(' ').pop()),
    [OTHER],
  );
  host.up = false;
  await page.reload();
  await isReady(page);
  assert.equal(await buildOf(page), OTHER);
  await page.context().close();
});

test('the icons in assets are drawings of icon.svg: tools/site/icons.mjs draws them again', { skip }, async () => {
  for (const [name, side] of ICONS) {
    const [kept, drawn] = [readFileSync(join(ROOT, 'assets', name)), await drawIcon(browser, name, side)].map(
      (bytes) => PNG.sync.read(bytes).data,
    );
    const far = drawn.reduce((sum, value, i) => sum + Math.abs(value - kept[i]), 0) / drawn.length;
    // Browsers smooth edges in their own ways
    assert.ok(far < 0.5, `${name} is another drawing: ${far} levels on average`);
  }
});

test("installable: a manifest that the browser and the site's policy accept", { skip }, async () => {
  const strict = createSite(SITE),
    origin = `http://localhost:${await listen(strict, 8290)}`,
    { page, complaints } = await openPage(browser);
  try {
    await page.goto(origin);
    const session = await page.context().newCDPSession(page),
      { url, errors, data } = await session.send('Page.getAppManifest');
    assert.equal(url, `${origin}/manifest.webmanifest`);
    assert.deepEqual(errors, []);
    const { icons, display, start_url: start } = JSON.parse(data ?? '{}');
    assert.deepEqual([display, start], ['standalone', './']);
    /** @type {{ status: number, type: string | null, size: string }[]} */
    const found = [];
    for (const { src } of [...icons, { src: await page.getAttribute('link[rel=apple-touch-icon]', 'href') }]) {
      const response = await fetch(`${origin}/${src}`),
        type = response.headers.get('content-type'),
        bytes = Buffer.from(await response.arrayBuffer());
      found.push({
        status: response.status,
        type,
        size: type === 'image/png' ? [16, 20].map((at) => bytes.readUInt32BE(at)).join('x') : 'any',
      });
    }
    assert.deepEqual(
      found.slice(0, -1),
      icons.map((/** @type {any} */ icon) => ({ status: 200, type: icon.type, size: icon.sizes })),
    );
    assert.deepEqual(
      icons.map((/** @type {any} */ icon) => `${icon.sizes} ${icon.purpose ?? ''}`.trim()),
      ['any', '192x192', '512x512', '512x512 maskable'],
    );
    assert.equal(found.at(-1)?.type, 'image/png', "Apple's is no drawing");
    await isReady(page);
    const { installabilityErrors } = await session.send('Page.getInstallabilityErrors');
    assert.deepEqual(
      installabilityErrors.map(({ errorId }) => errorId).filter((id) => id !== 'in-incognito'),
      [],
    );
    assert.deepEqual(complaints, []);
  } finally {
    await page.context().close();
    strict.close();
    strict.closeAllConnections();
  }
});
