/**
 * storage-faults.test.mjs - the built service worker in a scope of this test's own: every call of the browser's storage
 * fails in every way, and a network that is fine still answers. The site's names are answered, and no others.
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, test } from 'node:test';
import { createContext, runInContext } from 'node:vm';
import { HEADERS } from '../../tools/site/headers.mjs';
import { SITE } from '../support/page.mjs';

const SCOPE = 'https://host.example/some/where/';
const skip = existsSync(SITE) ? false : 'build/site is missing: make site';
const source = skip ? '' : readFileSync(join(SITE, 'service-worker.js'), 'utf8');

/** @param {string} name  '' for the page */
const fileOf = (name) => new Uint8Array(readFileSync(join(SITE, name || 'index.html')));
/** @param {string} name */
const typeOf = (name) => (/(^|\.html)$/.test(name) ? 'text/html' : 'application/octet-stream');

/** A storage of caches, by the words of its specification, as far as the service worker uses them. */
class Storage {
  /** @type {Map<string, Map<string, Response>>} */
  #caches = new Map();
  /** @param {(asked: any) => Promise<Response>} fetch */
  constructor(fetch) {
    this.fetch = fetch;
  }
  /** @param {string} name */
  async open(name) {
    const cache = this.#caches.get(name) ?? new Map();
    this.#caches.set(name, cache);
    const put = async (/** @type {any} */ asked, /** @type {Response} */ response) =>
      void cache.set(asked.url ?? asked, response);
    const add = async (/** @type {any} */ asked) => put(asked, await this.fetch(asked));
    return {
      put,
      add,
      addAll: (/** @type {any[]} */ all) => Promise.all(all.map(add)),
      match: async (/** @type {string} */ url) => cache.get(url)?.clone(),
    };
  }
  /** @param {string} url @param {{ cacheName?: string }} [options] */
  async match(url, { cacheName } = {}) {
    for (const [name, cache] of this.#caches)
      if (!cacheName || cacheName === name) if (cache.has(url)) return cache.get(url)?.clone();
    return undefined;
  }
  async keys() {
    return [...this.#caches.keys()];
  }
  /** @param {string} name */
  async delete(name) {
    return this.#caches.delete(name);
  }
}

/** A service worker's scope, with the site's host. */
function start() {
  /** @type {Record<string, (event: any) => void>} */
  const listeners = {};
  const scope = {
    storage: new Storage((asked) => global.fetch(asked)),
    /** The host's answers. @type {(url: string, options: any) => Promise<Response>} */
    fetch: async (url) => {
      await new Promise(setImmediate); // a network is slower than a storage that fails
      const name = url.slice(SCOPE.length);
      return new Response(fileOf(name), { headers: { 'content-type': typeOf(name) } });
    },
  };
  const global = {
    registration: { scope: SCOPE },
    clients: { claim: () => started.claim() },
    skipWaiting: async () => {},
    addEventListener: (/** @type {string} */ type, /** @type {any} */ listener) => {
      listeners[type] = listener;
    },
    get caches() {
      return scope.storage;
    },
    fetch: (/** @type {any} */ request, /** @type {any} */ options) =>
      scope.fetch(new URL(request.url ?? request).href, options),
    // A hundredth of the time: what hangs here hangs for ever.
    setTimeout: (/** @type {any} */ work, /** @type {number} */ ms, /** @type {any[]} */ ...rest) =>
      setTimeout(work, ms / 100, ...rest),
    location: new URL(SCOPE),
    crypto,
    Headers,
    Request,
    Response,
    URL,
    Uint8Array,
    ArrayBuffer,
  };
  const context = createContext(
    Object.defineProperty(Object.defineProperties({}, Object.getOwnPropertyDescriptors(global)), 'self', {
      get: () => runInContext('globalThis', context),
    }),
  );
  runInContext(source, context);
  /** @param {string} type @param {any} [more] */
  const dispatch = async (type, more = {}) => {
    const waits = /** @type {Promise<any>[]} */ ([]);
    listeners[type]({
      ...more,
      waitUntil: (/** @type {Promise<any>} */ work) => waits.push(work),
      respondWith: (/** @type {Promise<any>} */ work) => waits.push(work),
    });
    return waits.length ? { answer: await waits[0] } : null;
  };
  const started = {
    scope,
    claim: async () => {},
    install: () => dispatch('install'),
    activate: () => dispatch('activate'),
    /**
     * The answer, or null where it leaves the request to the browser.
     * @param {string} url
     * @param {string} [method]
     * @returns {Promise<Response | null>}
     */
    ask: async (url, method = 'GET') =>
      (await dispatch('fetch', { request: { url: new URL(url, SCOPE).href, method } }))?.answer ?? null,
  };
  return started;
}

/** Some files of each kind. */
const names = skip ? [] : [...source.matchAll(/"([\w/.-]+-[0-9a-z]{8}\.[a-z.]+)"/g)].map(([, name]) => name);
const cacheName = `inklearn ${SCOPE} ${/BUILD = "(\w+)"/.exec(source)?.[1]}`;

describe('the service worker', { skip }, () => {
  let worker = start();
  beforeEach(() => {
    worker = start();
  });

  /** The page, a script, and a file that changes come from somewhere. @param {string} why */
  async function siteIsThere(why) {
    for (const name of ['', 'index.html', names.find((n) => n.startsWith('main-')) ?? '', 'data/index.json']) {
      const answer = await worker.ask(name);
      assert.equal(answer?.status, 200, `${name}: ${why}`);
      assert.deepEqual(
        new Uint8Array(await /** @type {Response} */ (answer).arrayBuffer()),
        fileOf(name),
        `${name}: ${why}`,
      );
    }
  }

  test('keeps the whole site, and answers without a network', async () => {
    await worker.install();
    await worker.activate();
    assert.deepEqual(await worker.scope.storage.keys(), [cacheName]);
    worker.scope.fetch = () => Promise.reject(new TypeError('no network'));
    await siteIsThere('without a network');
    for (const name of names) assert.equal((await worker.ask(`${name}?threads=2`))?.status, 200, name);
  });

  /** @type {Record<string, () => any>} */
  const faults = {
    throws: () => {
      throw new DOMException('broken', 'UnknownError');
    },
    rejects: () => Promise.reject(new DOMException('broken', 'UnknownError')),
    hangs: () => new Promise(() => {}),
  };
  for (const call of /** @type {const} */ (['open', 'match', 'keys', 'delete', 'all']))
    for (const [way, fault] of Object.entries(faults))
      test(`storage whose ${call} ${way}: a network that is fine answers`, async () => {
        await worker.install();
        await worker.activate();
        const { storage } = worker.scope;
        for (const name of /** @type {const} */ (['open', 'match', 'keys', 'delete']))
          if (call === name || call === 'all') storage[name] = fault;
        // A cache of the storage has the call `match` too.
        if (call === 'match')
          storage.open = async (name) => ({ ...(await Storage.prototype.open.call(storage, name)), match: fault });
        await siteIsThere(`${call} ${way}`);
      });

  test('no storage at all: a network that is fine answers', async () => {
    Object.defineProperty(worker.scope, 'storage', {
      get() {
        throw new DOMException('denied', 'SecurityError');
      },
    });
    await siteIsThere('storage is denied');
    await assert.rejects(worker.install());
  });

  test('a full storage ends the installation at any file, and nothing stays of it', async () => {
    const { open } = Storage.prototype;
    for (let room = 0; room < names.length + 4; room += 3) {
      worker = start();
      let left = room;
      worker.scope.storage.open = async function full(name) {
        const cache = await open.call(this, name),
          { put } = cache;
        cache.put = (url, response) =>
          left-- > 0 ? put(url, response) : Promise.reject(new DOMException('full', 'QuotaExceededError'));
        return cache;
      };
      await assert.rejects(worker.install(), { name: 'QuotaExceededError' }, `room for ${room}`);
      assert.deepEqual(await worker.scope.storage.keys(), []);
      await siteIsThere('storage is full');
    }
  });

  test('an installation that is interrupted anywhere goes on the next time, and keeps each file as it is', async () => {
    for (let many = 0; many < names.length; many += 4) {
      worker = start();
      const { fetch } = worker.scope;
      let left = many;
      // The browser ends it there
      worker.scope.fetch = (url, options) => (left-- > 0 ? fetch(url, options) : new Promise(() => {}));
      void worker.install(); // it does not end
      while (left >= 0) await new Promise(setImmediate);
      worker.scope.fetch = fetch;
      await siteIsThere('it was interrupted');
      await worker.install();
      await worker.activate();
      worker.scope.fetch = () => Promise.reject(new TypeError('no network'));
      await siteIsThere('it went on');
      for (const name of names)
        assert.deepEqual(
          new Uint8Array(await /** @type {Response} */ (await worker.ask(name)).arrayBuffer()),
          fileOf(name),
          name,
        );
    }
  });

  test('a page in place of any file, half of one, other bytes: the build is not kept; nor from a build before', async () => {
    const other = [...names, 'manifest.webmanifest', 'licences.txt', 'data/index.json', ''];
    const page = () =>
      new Response('<!doctype html><title>Sign in</title>', { headers: { 'content-type': 'text/html' } });
    for (const name of other) {
      worker = start();
      const { fetch } = worker.scope;
      worker.scope.fetch = async (url, options) => (url === SCOPE + name ? page() : fetch(url, options));
      await assert.rejects(worker.install(), new RegExp(name || 'page'));
      assert.deepEqual(await worker.scope.storage.keys(), [], name);
      if (!names.includes(name)) continue;
      const bytes = fileOf(name),
        changed = bytes.slice();
      changed[bytes.length >> 1] ^= 1;
      for (const wrong of [bytes.slice(0, bytes.length >> 1), changed, new Uint8Array()]) {
        worker.scope.fetch = async (url, options) =>
          url === SCOPE + name
            ? new Response(wrong, { headers: { 'content-type': 'text/javascript' } })
            : fetch(url, options);
        await assert.rejects(worker.install(), new RegExp(name));
      }
      // A build before has kept a page under this name.
      worker.scope.fetch = fetch;
      const before = await worker.scope.storage.open(`inklearn ${SCOPE} before`);
      await before.put(SCOPE + name, page());
      await before.put(SCOPE, page());
      await worker.install();
      worker.scope.fetch = () => Promise.reject(new TypeError('no network'));
      const answer = /** @type {Response} */ (await worker.ask(name));
      assert.deepEqual(new Uint8Array(await answer.arrayBuffer()), bytes, name);
      assert.doesNotMatch(String(answer.headers.get('content-type')), /html/);
    }
  });

  test("a page in the browser's own cache is asked for again", async () => {
    const { fetch } = worker.scope,
      name = names[0];
    worker.scope.fetch = async (url, options) =>
      url === SCOPE + name && options?.cache !== 'reload' ? new Response('<!doctype html>') : fetch(url, options);
    await worker.install();
    await siteIsThere('one file was asked for again');
  });

  test('a host that names wrong types, or unpacks .gz files: each is kept as what it is', async () => {
    const { gunzipSync } = await import('node:zlib');
    worker.scope.fetch = async (url) => {
      const name = url.slice(SCOPE.length),
        bytes = fileOf(name);
      return new Response(name.endsWith('.gz') ? gunzipSync(bytes) : bytes, {
        headers: { 'content-type': name ? 'text/plain' : 'text/html' },
      });
    };
    await worker.install();
    worker.scope.fetch = () => Promise.reject(new TypeError('no network'));
    for (const [name, type] of [
      ['', 'text/html;charset=utf-8'],
      [names.find((n) => /^main.*js$/.test(n)), 'text/javascript'],
      [names.find((n) => /wasm$/.test(n)), 'application/wasm'],
    ])
      assert.equal((await worker.ask(name ?? ''))?.headers.get('content-type'), type);
  });

  test("the site's own names get the headers; every other request is left to the browser", async () => {
    await worker.install();
    for (const name of ['', 'index.html', '?utm=1', 'data/index.json', ...names]) {
      const answer = await worker.ask(name);
      for (const [header, value] of Object.entries(HEADERS))
        assert.equal(answer?.headers.get(header), value, `${header} of ${name}`);
    }
    for (const url of [
      'data/mine.tar.gz',
      'data/digits.tar.gz',
      'data/',
      'other.html',
      'other/',
      'other/main-0a1b2c3d.js',
      'data/mine-20240101.tar.gz',
      'page-20240101.html',
      'service-worker.js',
      '/',
      '/index.html',
      '/some/',
      '/some/where',
      '/some/wherever/',
      '/main-0a1b2c3d.js',
      'https://elsewhere.example/some/where/',
      'constructor',
      '__proto__',
      'toString',
    ])
      assert.equal(await worker.ask(url), null, url);
    for (const method of ['HEAD', 'POST', 'PUT', 'OPTIONS']) assert.equal(await worker.ask('', method), null, method);
  });

  test("a policy of the host holds beside the site's", async () => {
    worker.scope.fetch = async () => new Response('', { headers: { 'content-security-policy': "img-src 'none'" } });
    assert.equal(
      (await worker.ask(''))?.headers.get('content-security-policy'),
      `img-src 'none', ${HEADERS['Content-Security-Policy']}`,
    );
  });

  test('an activation keeps the last whole build before, and none that was never whole', async () => {
    const whole = async (/** @type {string} */ build, /** @type {boolean} */ page) => {
      const cache = await worker.scope.storage.open(`inklearn ${SCOPE} ${build}`);
      await cache.put(`${SCOPE}main-${build}.js`, new Response(build));
      if (page) await cache.put(SCOPE, new Response(build));
    };
    await worker.scope.storage.open('inklearn https://host.example/another/ site');
    await worker.scope.storage.open('of another program');
    await whole('00000001', true);
    await whole('00000002', true);
    await whole('00000003', false);
    await worker.install();
    await worker.activate();
    assert.deepEqual(await worker.scope.storage.keys(), [
      'inklearn https://host.example/another/ site',
      'of another program',
      `inklearn ${SCOPE} 00000002`,
      cacheName,
    ]);
    assert.equal(await (await worker.ask('main-00000002.js'))?.text(), '00000002', 'for a tab that still shows it');
  });

  test('an activation ends, whether pages are claimed and caches deleted or not', async () => {
    await worker.scope.storage.open(`inklearn ${SCOPE} before`);
    await worker.install();
    worker.claim = () => new Promise(() => {}); // as in Firefox, while a thread of the page waits for work
    for (const fault of Object.values(faults))
      for (const call of /** @type {const} */ (['keys', 'match', 'delete'])) {
        worker.scope.storage = Object.assign(Object.create(worker.scope.storage), { [call]: fault });
        await worker.activate();
      }
  });
});
