// @ts-check
/**
 * startup.mjs - the page itself, in Chromium: from navigation to the first training step, what was
 * sent until then, and how long a pause takes in the longest step.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { launch } from '../site/browser.mjs';
import { ROOT } from '../node/node.mjs';
import { createSite, listen } from '../site/serve.mjs';
import { summarize } from './stats.mjs';

/** @typedef {import('./parts.mjs').Row} Row */

export const SITE = join(ROOT, 'build/site');

/** A server, and a browser that knows nothing yet. @param {import('node:http').Server} server */
export async function start(server) {
  const origin = `http://localhost:${await listen(server, 8200)}`,
    browser = await launch();
  return {
    origin,
    browser,
    async close() {
      await browser.close();
      server.close();
      server.closeAllConnections();
    },
  };
}

/** ms until a browser has ended the page before and begun the next: none of that is the page's. */
export const REST = 300;

/**
 * Runs in the page before its own scripts: presses Train as soon as that can be done, and says when the page was told
 * of the first step.
 */
function pressTrain() {
  let told = false;
  /** @type {any} */ (globalThis).Worker = class extends Worker {
    /** @param {any} address @param {WorkerOptions} options */
    constructor(address, options) {
      super(address, options);
      this.addEventListener('message', ({ data }) => {
        if (data.type !== 'steps' || data.losses.length === 0 || told) return;
        told = true;
        console.debug('first step', performance.now());
      });
    }
  };
  const observer = new MutationObserver(() => {
    const button = /** @type {HTMLButtonElement | null} */ (document.getElementById('train'));
    if (!button || button.disabled || document.readyState === 'loading') return;
    observer.disconnect();
    button.click();
  });
  observer.observe(document, { subtree: true, childList: true, attributes: true });
}

/** gzip's bytes of a file of the site. @param {string} path */
export const compressed = (path) => gzipSync(readFileSync(join(SITE, path)), { level: 9 }).length;

/** @param {import('./parts.mjs').Bench} bench @returns {Promise<Row[]>} */
export async function startup({ size, tell }) {
  const server = createSite(SITE);
  /** @type {{ path: string, at: number }[]} */
  let requests = [];
  server.on('request', ({ url }) => requests.push({ path: new URL(url ?? '/', 'http://x').pathname, at: Date.now() }));
  const site = await start(server);
  const empty = await start(
    createServer((_, response) =>
      response.setHeader('content-type', 'text/html').end('<!doctype html><script>loaded = performance.now()</script>'),
    ),
  );
  const times = { page: /** @type {number[]} */ ([]), empty: /** @type {number[]} */ ([]) },
    bytes = { code: 0, all: 0 };
  let threads = 0,
    variant = '';
  try {
    for (let i = 0; i <= size.startup; i++) {
      // the first warms the browser up
      tell(`start ${i}`);
      requests = [];
      const page = await (await site.browser.newContext({ viewport: { width: 1440, height: 900 } })).newPage();
      await page.addInitScript(pressTrain);
      await page.waitForTimeout(REST);
      // The page reports it by itself: polling would slow it down.
      const said = page.waitForEvent('console', {
        predicate: (message) => message.text().startsWith('first step'),
        timeout: 60000,
      });
      await page.goto(site.origin, { waitUntil: 'commit' });
      const first = Number((await said).text().split(' ').at(-1)),
        origin = await page.evaluate(() => performance.timeOrigin);
      await page.context().close();
      const blank = await (await empty.browser.newContext()).newPage();
      await blank.waitForTimeout(REST);
      await blank.goto(empty.origin);
      const nothing = await blank.evaluate(() => /** @type {any} */ (globalThis).loaded);
      await blank.context().close();
      if (i === 0) continue;
      times.page.push(first / 1000);
      times.empty.push(nothing / 1000);
      const before = [
        ...new Set(
          requests.filter(({ at }) => at <= origin + first).map(({ path }) => (path === '/' ? '/index.html' : path)),
        ),
      ].filter((path) => existsSync(join(SITE, path)));
      const module = String(before.find((path) => path.endsWith('.wasm')));
      [variant, threads] = [module.includes('relaxed') ? 'relaxed' : 'simd128', module.includes('threads') ? 2 : 1];
      const sum = (/** @type {string[]} */ paths) => paths.reduce((n, path) => n + compressed(path), 0);
      bytes.code = sum(before.filter((path) => /\.(js|wasm)$/.test(path)));
      bytes.all = sum(before.filter((path) => !path.startsWith('/data/digits')));
    }
  } finally {
    await site.close();
    await empty.close();
  }
  const row = { part: 'startup', place: 'Chromium', variant, threads };
  return [
    {
      ...row,
      what: 'navigation to the first step',
      unit: 's',
      ...summarize(times.page),
      reference: { name: 'an empty page', ...summarize(times.empty) },
    },
    { ...row, what: 'JavaScript and WebAssembly before it, gzip', unit: 'bytes', ...summarize([bytes.code]) },
    { ...row, what: 'all before it but the pictures, gzip', unit: 'bytes', ...summarize([bytes.all]) },
  ];
}

/**
 * From asking the page's worker to pause until it has, in the midst of a ResNet-18's training.
 * @param {import('./parts.mjs').Bench} bench
 * @returns {Promise<Row[]>}
 */
export async function pause({ size, configs, tell }) {
  const site = await start(createSite(SITE)),
    page = await site.browser.newPage({ bypassCSP: true });
  /** @type {Row[]} */
  const rows = [];
  try {
    await page.goto(`${site.origin}/licences.txt`); // a page with the site's headers, where nothing else runs
    for (const { threads, arithmetic } of configs) {
      tell(`pause, ${arithmetic}, ${threads}`);
      const { waits, variant } = await page.evaluate(
        async ({ script, query, times }) => {
          const worker = new Worker(`/${script}?${query}`, { type: 'module' });
          /** @type {((message: any) => void)[]} */
          let listeners = [];
          worker.onmessage = ({ data }) => listeners.forEach((listener) => listener(data));
          const next = (/** @type {(message: any) => boolean} */ wanted) =>
            new Promise((resolve) => {
              const listener = (/** @type {any} */ message) => {
                if (!wanted(message)) return;
                listeners = listeners.filter((l) => l !== listener);
                resolve(message);
              };
              listeners.push(listener);
            });
          let id = 0;
          const ask = async (/** @type {any} */ request) => {
            const mine = ++id,
              answer = next((m) => m.id === mine);
            worker.postMessage({ id: mine, ...request });
            const reply = await answer;
            if (reply.type === 'error') throw new Error(reply.message);
            return reply;
          };
          const ready = await next((m) => m.type === 'ready');
          await ask({ type: 'load', source: { kind: 'url', url: '/data/digits.tar.gz', name: 'digits' } });
          const settings = { model: 'resnet18', batch: 64, epochs: 100, optimizer: 'adam', lr: 0.001, seed: 0 };
          const stepped = next((m) => m.type === 'steps');
          await ask({ type: 'train', run: 1, settings });
          await stepped;
          const waits = [];
          for (let i = 0; i < times; i++) {
            await next((m) => m.type === 'steps');
            await new Promise((resolve) => setTimeout(resolve, (40 * i) % 170)); // anywhere within a step
            const start = performance.now();
            await ask({ type: 'pause' });
            waits.push((performance.now() - start) / 1000);
            await ask({ type: 'resume' });
          }
          worker.terminate();
          return { waits, variant: ready.variant };
        },
        {
          script: readdirSync(SITE).find((name) => /^worker-/.test(name)),
          query: `threads=${threads}&arithmetic=${arithmetic}`,
          times: size.pause,
        },
      );
      rows.push({
        part: 'pause',
        what: 'resnet18, batch 64',
        place: 'Chromium',
        variant,
        threads,
        unit: 's',
        ...summarize(waits),
      });
    }
  } finally {
    await site.close();
  }
  return rows;
}
