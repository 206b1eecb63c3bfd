// @ts-check
/** places.mjs - where sessions (session.mjs) run: here in Node, and in a headless Chromium. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { launch } from '../site/browser.mjs';
import { pathEntries, ROOT, startThread } from '../node/node.mjs';
import { createSite, listen } from '../site/serve.mjs';
import { Session } from './session.mjs';

/**
 * @typedef {object} Place
 * @property {string} name
 * @property {string} version
 * @property {(method: string, ...args: any[]) => Promise<any>} call  a method of Session
 * @property {() => Promise<void>} close
 */

/** @param {string} archive @returns {Place} */
export function openNode(archive) {
  const session = new Session({
    readModule: (file) => readFile(join(ROOT, 'build', file)),
    startThread,
    entries: () => pathEntries(archive),
  });
  return {
    name: 'Node',
    version: `Node ${process.versions.node}, V8 ${process.versions.v8}`,
    call: async (method, ...args) => /** @type {any} */ (session)[method](...args),
    close: async () => session.close(),
  };
}

/** @param {string} archive @returns {Promise<Place>} */
export async function openChromium(archive) {
  const server = createSite(ROOT);
  const origin = `http://localhost:${await listen(server, 8190)}`;
  const browser = await launch();
  const page = await browser.newPage({ bypassCSP: true });
  await page.route('**/bench-archive', (route) =>
    route.fulfill({ path: archive, contentType: 'application/octet-stream' }),
  );
  await page.goto(`${origin}/web/icon.svg`); // a page with the site's headers, where nothing else runs
  await page.evaluate(async () => {
    const worker = new Worker('/tools/bench/worker.mjs', { type: 'module' });
    worker.postMessage(await (await fetch('/bench-archive')).blob());
    /** @type {Map<number, (data: any) => void>} */
    const waiting = new Map();
    worker.onmessage = ({ data }) => waiting.get(data.id)?.(data);
    worker.onerror = (event) =>
      waiting.forEach((answer) => answer({ error: event.message ?? 'the worker did not start' }));
    let id = 0;
    /** @type {any} */ (globalThis).bench = (/** @type {string} */ method, /** @type {any[]} */ args) =>
      new Promise((resolve) => {
        waiting.set(++id, resolve);
        worker.postMessage({ id, method, args });
      });
  });
  return {
    name: 'Chromium',
    version: `Chromium ${browser.version()}`,
    async call(method, ...args) {
      const { value, error } = await page.evaluate(
        ([m, a]) => /** @type {any} */ (globalThis).bench(m, a),
        /** @type {[string, any[]]} */ ([method, args]),
      );
      if (error) throw new Error(`in Chromium: ${error}`);
      return value;
    },
    async close() {
      await browser.close();
      server.close();
      server.closeAllConnections();
    },
  };
}
