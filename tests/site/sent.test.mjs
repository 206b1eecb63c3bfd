/** sent.test.mjs - how the site is served, and which of its files a first step asks for. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { get } from 'node:http';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { compressed } from '../../tools/bench/startup.mjs';
import { HEADERS } from '../../tools/site/headers.mjs';
import { createSite, listen } from '../../tools/site/serve.mjs';
import { openPage } from '../../tools/site/browser.mjs';
import { SITE, skipAgain, startSite, WAIT, waitPoints, waitState } from '../support/page.mjs';

const site = startSite();

test('headers: isolation, policy, types', { skip: skipAgain }, async () => {
  const named = (/** @type {RegExp} */ what) => `/${readdirSync(SITE).find((name) => what.test(name))}`;
  for (const [path, type] of [
    ['/', 'text/html'],
    [named(/^inklearn-........\.wasm$/), 'application/wasm'],
    [named(/^worker-/), 'text/javascript'],
    ['/data/digits.tar.gz', 'application/gzip'],
  ]) {
    const response = await fetch(site.origin + path, { headers: { 'accept-encoding': 'identity' } });
    assert.equal(response.status, 200, path);
    assert.match(String(response.headers.get('content-type')), new RegExp(`^${type}`), path);
    assert.equal(response.headers.get('content-encoding'), null, `${path} is sent as it is`);
    for (const [name, value] of Object.entries(HEADERS))
      assert.equal(response.headers.get(name), value, `${name} of ${path}`);
    assert.equal(
      response.headers.get('cache-control'),
      /\.(js|wasm)$/.test(path) ? 'public, max-age=31536000, immutable' : 'no-cache',
      path,
    );
    assert.equal(
      Number(response.headers.get('content-length')),
      (await response.arrayBuffer()).byteLength,
      `length of ${path}`,
    );
  }
  assert.ok(existsSync(`${SITE}/../../package.json`), 'there is something to reach outside');
  // The paths are sent unchanged; fetch would resolve the dots.
  for (const path of [
    '/../../package.json',
    '/data/../../../package.json',
    '/..%2f..%2fpackage.json',
    '/%2e%2e/%2e%2e/package.json',
    '/..%5c..%5cpackage.json',
  ]) {
    const status = await new Promise((resolve) => {
      get({ host: 'localhost', port: new URL(site.origin).port, path }, (response) =>
        resolve(response.resume().statusCode),
      );
    });
    assert.equal(status, 404, path);
  }
});

test('serve: a busy port means the next one, a wrong one a sentence', { skip: skipAgain }, async () => {
  const busy = Number(new URL(site.origin).port),
    second = createSite(SITE);
  assert.ok((await listen(second, busy)) > busy);
  second.close();
  for (const [args, expected] of /** @type {[string[], RegExp][]} */ ([
    [[SITE, '--port', 'eighty'], /^--port eighty: a port is a whole number/],
    [[SITE, '--port', '65536'], /from 0 to 65535/],
    [['/nowhere'], /^\/nowhere is not there/],
    [['--quickly'], /'--quickly'[^]*Usage:/],
  ])) {
    const { status, stderr } = spawnSync(
      process.execPath,
      [fileURLToPath(new URL('../../tools/site/serve.mjs', import.meta.url)), ...args],
      { encoding: 'utf8' },
    );
    assert.equal(status, 1);
    assert.match(stderr, expected);
    assert.doesNotMatch(stderr, / at .*:\d+/, 'no stack trace');
  }
});

test(
  'what is sent: scripts, module and charts for a first step are under 190 kB; the module is asked for once, beside the pictures',
  { skip: skipAgain },
  async () => {
    const bytes = readdirSync(SITE)
      .filter((name) => /^(main|worker|charts|inklearn-threads-relaxed)-.*\.(js|wasm)$/.test(name))
      .map((name) => compressed(name));
    assert.equal(bytes.length, 4);
    const sum = bytes.reduce((a, b) => a + b);
    assert.ok(sum <= 190000, `${sum} bytes`);
    const { page } = await openPage(site.browser),
      asked = { module: 0, pictures: 0 };
    /** @type {(value?: unknown) => void} */
    let both = () => {};
    const askedForBoth = new Promise((resolve) => {
      both = resolve;
    });
    // Neither answer comes before both questions: a page whose pictures waited for the module, or whose module waited
    // for the pictures, would not start.
    for (const [what, pattern] of /** @type {const} */ ([
      ['module', '**/*.wasm'],
      ['pictures', '**/digits-train-images-*'],
    ]))
      await page.route(pattern, async (route) => {
        asked[what]++;
        if (asked.module && asked.pictures) both();
        await askedForBoth;
        return route.continue();
      });
    await page.goto(`${site.origin}/#model=cnn&epochs=1`);
    await waitState(page, 'idle');
    await page.click('#train');
    await waitPoints(page, 0, 'it trains');
    assert.deepEqual(asked, { module: 1, pictures: 1 });
    await page.context().close();
  },
);

test(
  'a thread that cannot be loaded is missed: one less does the work, and the page says so',
  { skip: skipAgain },
  async () => {
    const { page } = await openPage(site.browser);
    await page.route('**/helper-*', (route) => route.abort());
    await page.goto(`${site.origin}/#model=mlp&epochs=1&threads=2`);
    await page.waitForFunction(
      () => /, one thread\./.test(document.getElementById('variant')?.textContent ?? ''),
      null,
      WAIT,
    );
    await page.click('#train');
    await waitState(page, 'finished');
    await page.context().close();
  },
);
