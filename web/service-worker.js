// @ts-check
/**
 * service-worker.js - the site without a network, and with the headers that threads and the policy need, for hosts that
 * cannot send headers of one's own (shared memory is for pages that no other origin can look into).
 *
 * The page comes from the network where there is one, so the newest is shown; without one, the page of the build that
 * was kept whole. Whatever else it needs has a name that tells what is in it, so that no page gets a file of another
 * build. The build before is kept too, for tabs that still show it.
 *
 * It answers for the site's own files alone. The browser's storage may fail at any call: the network answers then.
 */
const worker = /** @type {any} */ (self);

/** `make site` writes these four. */
const BUILD = 'unbuilt';
/** Files whose names tell what is in them: their content types, and the SHA-256 of their bytes; some hosts unpack a .gz. */
const NAMED = /** @type {Record<string, { type: string, sha256: string[] }>} */ ({});
/** The content types of other files. */
const OTHERS = /** @type {Record<string, string>} */ ({});
const HEADERS = /** @type {Record<string, string>} */ ({});

/** Such names have the files of all builds: an open tab may show the build before. */
const NAME_OF_A_BUILD = /^(data\/)?[\w-]+-[0-9a-z]{8}\.(css|idx\.gz|js|png|safetensors|svg|wasm)$/;
/** `index.html` is the page under its other name. */
const PAGES = ['', 'index.html'];

const { scope } = worker.registration;
/** An origin may hold several sites. */
const OURS = `inklearn ${scope} `,
  CACHE = OURS + BUILD;
/** A network, or a storage, that has not answered by then is taken for one that does not. */
const PATIENCE_MS = 5000;

/** @template T @param {T} value @returns {Promise<T>} */
const afterPatience = (value) => new Promise((resolve) => setTimeout(resolve, PATIENCE_MS, value));

/** Newest first. */
async function cachesOfOurs() {
  const names = (await caches.keys()).filter((name) => name.startsWith(OURS)).reverse();
  return names.sort((a, b) => Number(b === CACHE) - Number(a === CACHE));
}

/** @param {string} address @param {string[]} [where] */
async function find(address, where) {
  for (const cacheName of where ?? (await cachesOfOurs())) {
    const found = await caches.match(address, { cacheName, ignoreSearch: true });
    if (found) return found;
  }
  return null;
}

/** A storage that fails or hangs has nothing. @param {string} address @param {string[]} [where] */
const kept = (address, where) => Promise.race([find(address, where).catch(() => null), afterPatience(null)]);

// ---- keeping a build ----

/**
 * The bytes of a response, if they have one of these hashes.
 * @param {Response | null} response @param {string[]} sha256
 */
async function checked(response, sha256) {
  if (!response?.ok) return null;
  const bytes = await response.arrayBuffer();
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return sha256.includes([...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('')) ? bytes : null;
}

/** Its bytes: from a build before, the browser's own cache, or the host. @param {string} name */
async function fileOf(name) {
  const address = new URL(name, scope).href,
    { sha256 } = NAMED[name];
  const bytes =
    (await checked(await kept(address), sha256)) ??
    (await checked(await fetch(address), sha256)) ??
    (await checked(await fetch(address, { cache: 'reload' }), sha256));
  if (!bytes) throw new Error(`${address} is another file than that of build ${BUILD}`);
  return bytes;
}

/** A file that changes without its name: a page of the host is not one. @param {string} name */
async function otherOf(name) {
  const response = await fetch(new URL(name, scope), { cache: 'no-cache' });
  if (!response.ok || /html/i.test(response.headers.get('content-type') ?? ''))
    throw new Error(`the host sends a page as ${name}`);
  return response.arrayBuffer();
}

/** All of this build, or nothing: a site that is being replaced may still send another's page. */
async function install() {
  const response = await fetch(scope, { cache: 'no-cache' }),
    page = await response.text();
  const whole = page.includes(` data-build="${BUILD}"`) && page.includes('</html>');
  if (!response.ok || !whole) throw new Error(`the page is not of build ${BUILD}`);
  const cache = await caches.open(CACHE);
  /** @param {string} name @param {BodyInit} body @param {string} type  the host's may be wrong */
  const keep = (name, body, type) =>
    cache.put(new URL(name, scope).href, new Response(body, { headers: { 'Content-Type': type } }));
  for (const [name, { type }] of Object.entries(NAMED)) await keep(name, await fileOf(name), type);
  for (const [name, type] of Object.entries(OTHERS)) await keep(name, await otherOf(name), type);
  await keep('', page, 'text/html;charset=utf-8'); // the last: a cache that has it is whole
  await worker.skipWaiting();
}

/** This build and the last whole one before it are kept. */
async function deleteOlder() {
  let before = false;
  for (const name of (await cachesOfOurs()).filter((other) => other !== CACHE))
    if (before || !(await find(scope, [name]))) await caches.delete(name);
    else before = true;
}

// ---- answering ----

/** @param {Request} request @param {string} address  that it may have been kept under */
async function fromNetwork(request, address) {
  const answer = fetch(request);
  const late = kept(address, [CACHE]).then((found) => (found ? afterPatience(found) : answer));
  try {
    return await Promise.race([answer, late]);
  } catch (error) {
    const found = await kept(address, [CACHE]);
    if (found) return found;
    throw error;
  }
}

/** The site's own name for what is asked, or null: that is not for us. @param {Request} request */
function nameOf({ method, url }) {
  if (method !== 'GET' || !url.startsWith(scope)) return null;
  const name = new URL(url).pathname.slice(new URL(scope).pathname.length);
  return PAGES.includes(name) || Object.hasOwn(OTHERS, name) || NAME_OF_A_BUILD.test(name) ? name : null;
}

/** @param {Request} request @param {string} name */
async function answer(request, name) {
  if (PAGES.includes(name)) return fromNetwork(request, scope);
  const address = new URL(name, scope).href;
  if (Object.hasOwn(OTHERS, name)) return fromNetwork(request, address);
  return (await kept(address)) ?? fetch(request);
}

/** With the headers that a host should send. A policy of the host holds beside the site's own. @param {Response} response */
function withHeaders(response) {
  if (response.status < 200 || [204, 205, 304].includes(response.status)) return response; // these have no body, and may not be made
  const headers = new Headers(response.headers);
  for (const [name, value] of Object.entries(HEADERS))
    headers[name === 'Content-Security-Policy' ? 'append' : 'set'](name, value);
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers });
}

worker.addEventListener('install', (/** @type {any} */ event) =>
  event.waitUntil(
    install().catch(async (error) => {
      await caches.delete(CACHE).catch(() => {}); // the next installation goes on with it, file by file
      throw error; // the browser shows it among its messages; the page goes on without what was to be kept
    }),
  ),
);
worker.addEventListener('activate', (/** @type {any} */ event) => {
  // Not waited for: in Firefox (153) a claim ends when every worker of the page has answered, which threads that wait for
  // work never do. Until the activation ends, the browser holds back every request of the page.
  worker.clients.claim().catch(() => {}); // then pages are controlled from their next visit on
  event.waitUntil(Promise.race([deleteOlder().catch(() => {}), afterPatience(null)])); // or the next build deletes them
});
worker.addEventListener('fetch', (/** @type {any} */ event) => {
  const { request } = event,
    name = nameOf(request);
  if (name !== null) event.respondWith(answer(request, name).then(withHeaders));
});
