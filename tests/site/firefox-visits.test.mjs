/**
 * firefox-visits.test.mjs - Firefox as a person has it, on the site as `make run` serves it: a profile that stays,
 * service workers, nothing emulated or intercepted. Visits, reloads and restarts, with threads.
 */
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { listen } from '../../tools/site/serve.mjs';
import { answerFrom } from '../../tools/site/static.mjs';
import { paths } from '../../tools/site/browser.mjs';
import { startFirefox } from '../../tools/site/firefox.mjs';
import { SITE, skipIn } from '../support/page.mjs';

const skip = skipIn('firefox'),
  profile = mkdtempSync(join(tmpdir(), 'inklearn-profile-'));
/** @type {import('node:http').Server} */
let server;
let origin = '';
/** The function that answers the host's requests now. */
let answer = answerFrom(SITE);
/** @type {string[]} */
const requests = [];
/** @type {Awaited<ReturnType<typeof open>> | undefined} */
let firefox;
before(async () => {
  if (skip) return;
  server = createServer((request, response) => answer(request, response));
  server.prependListener('request', ({ url }) => requests.push(String(url)));
  origin = `http://localhost:${await listen(server, 8390)}`;
});
after(async () => {
  await firefox?.kill();
  server?.close();
  server?.closeAllConnections();
  rmSync(profile, { recursive: true, force: true });
});

/** Milliseconds after which whatever Firefox has been asked for counts as a hang. */
const PATIENCE_MS = 90_000;

/** Starts Firefox with the profile, and returns its tab. */
async function open() {
  const browser = await startFirefox(paths.firefox, {
    userDataDir: profile,
    protocolTimeout: PATIENCE_MS,
    // Firefox ends a service worker that hangs after a minute, and the page continues then. Here a service worker may
    // hang for longer than the test waits.
    extraPrefsFirefox: { 'dom.serviceWorkers.idle_extended_timeout': 600_000 },
  });
  const [page] = await browser.pages();
  page.setDefaultTimeout(PATIENCE_MS);
  const run = page.evaluate.bind(page);
  return {
    run,
    /**
     * Waits until a function in the page returns true.
     * @param {(given: any) => unknown} condition
     * @param {any} [given]
     */
    async until(condition, given) {
      const end = Date.now() + PATIENCE_MS;
      while (!(await run(condition, given))) {
        assert.ok(Date.now() < end, `Firefox hangs: ${condition}`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
    goto: (/** @type {string} */ url) => page.goto(url),
    reload: () => page.reload(),
    close: () => browser.close(),
    async kill() {
      const child = browser.process();
      if (child?.exitCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

const isReady = () =>
  'ready' in document.documentElement.dataset &&
  !(/** @type {HTMLButtonElement} */ (document.getElementById('train')).disabled);
const isActivated = async () =>
  (await navigator.serviceWorker.getRegistration())?.active?.state === 'activated' &&
  navigator.serviceWorker.controller !== null;
/** The sentence is drawn a frame or more after the state. */
const isFinished = () => /^Done: /.test(document.getElementById('sentence')?.textContent ?? '');

/** Trains on two threads, and returns the sentence about the result. */
async function train() {
  assert.match(await firefox?.run(() => document.getElementById('variant')?.textContent), / 2 threads\.$/);
  await firefox?.run(() => document.getElementById('train')?.click());
  await firefox?.until(isFinished);
  return firefox?.run(() => document.getElementById('sentence')?.textContent);
}

test(
  'a service worker that takes over a page with threads: it trains, fetches, reloads, follows links, and does so again after a restart',
  { skip, timeout: 600_000 },
  async () => {
    const results = new Set();
    for (const visit of ['the first', 'the second']) {
      firefox = await open();
      await firefox.goto(`${origin}/#model=mlp&epochs=1&threads=2&seed=3`);
      await firefox.until(isReady);
      await firefox.until(isActivated);
      results.add(await train());
      requests.length = 0;
      assert.equal(await firefox.run(() => fetch('data/index.json').then(({ status }) => status)), 200);
      assert.ok(requests.includes('/data/index.json'), `a request after the service worker took over, ${visit} start`);
      await firefox.reload();
      await firefox.until(isReady);
      results.add(await train());
      await firefox.goto(`${origin}/licences.txt`);
      assert.match(await firefox.run(() => document.body.textContent), /MIT/);
      await firefox.goto(`${origin}/#model=mlp&epochs=1&threads=2&seed=3`);
      await firefox.until(isReady);
      await firefox.close();
      firefox = undefined;
    }
    assert.equal(results.size, 1, [...results].join('\n'));
  },
);

test(
  'another build takes over while an old tab trains on threads: both go on',
  { skip, timeout: 600_000 },
  async () => {
    const build = /** @type {RegExpExecArray} */ (
      /data-build="(\w+)"/.exec(readFileSync(join(SITE, 'index.html'), 'utf8'))
    )[1];
    const OTHER = 'ffffffffffff';
    const newer = mkdtempSync(join(tmpdir(), 'inklearn-newer-'));
    try {
      cpSync(SITE, newer, { recursive: true });
      for (const name of ['index.html', 'service-worker.js'])
        writeFileSync(join(newer, name), readFileSync(join(newer, name), 'utf8').replaceAll(build, OTHER));
      firefox = await open();
      await firefox.goto(`${origin}/#model=mlp&epochs=500&threads=2&seed=3`);
      await firefox.until(isReady);
      await firefox.until(isActivated);
      await firefox.run(() => document.getElementById('train')?.click());
      await firefox.until(() => document.getElementById('state')?.dataset.state === 'training');
      answer = answerFrom(newer);
      await firefox.run(() => navigator.serviceWorker.getRegistration().then((registration) => registration?.update()));
      await firefox.until(async (name) => (await caches.keys()).some((key) => key.endsWith(name)), OTHER);
      await firefox.until(async () => {
        const registration = await navigator.serviceWorker.getRegistration();
        return registration?.active?.state === 'activated' && !registration.installing && !registration.waiting;
      });
      // The old tab: its files, the host's, and its run.
      answer = (request, response) => response.writeHead(404).end();
      assert.equal(
        await firefox.run(
          async () =>
            (await fetch(/** @type {HTMLScriptElement} */ (document.querySelector('script[src]')).src)).status,
        ),
        200,
        'what it was loaded from is kept',
      );
      assert.equal(await firefox.run(() => document.getElementById('state')?.dataset.state), 'training');
      answer = answerFrom(newer);
      await firefox.reload();
      assert.equal(await firefox.run(() => document.documentElement.dataset.build), OTHER);
      await firefox.close();
      firefox = undefined;
    } finally {
      answer = answerFrom(SITE);
      rmSync(newer, { recursive: true, force: true });
    }
  },
);
