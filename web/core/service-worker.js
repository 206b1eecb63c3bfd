// @ts-check
/**
 * service-worker.js - serves the site without a network, and adds the headers that threads and the policy need, for
 * hosts that cannot send such headers (shared memory needs a page that is isolated from other origins).
 *
 * The page comes from the network where there is one, so that the newest page is shown; without a network, the page of
 * the build that was kept whole. All other files have a hash of their content in their names, so that no page gets a
 * file of another build. The build before is kept too, for tabs that still show it.
 *
 * It answers only for the site's own files. The browser's storage may fail at any call; then the network answers.
 */
const worker = /** @type {any} */ (self);

/** `make site` writes the values of these four. */
const BUILD = 'unbuilt';
/** Files with a hash in their names: content types and SHA-256s of their bytes. Some hosts unpack a .gz. */
const NAMED = /** @type {Record<string, { type: string, sha256: string[] }>} */ ({});
/** The content types of other files. */
const OTHERS = /** @type {Record<string, string>} */ ({});
const HEADERS = /** @type {Record<string, string>} */ ({});

/** The pattern of such names in all builds, since an open tab may show the build before. */
const NAME_OF_A_BUILD = /^(data\/)?[\w-]+-[0-9a-z]{8}\.(css|idx\.gz|js|png|safetensors|svg|wasm)$/;
/** `index.html` is the page under its other name. */
const PAGES = ['', 'index.html'];

const { scope } = worker.registration;
/** The names of this site's caches begin so: an origin may hold several sites. */
const OURS = `inklearn ${scope} `,
  CACHE = OURS + BUILD;
/** How long a network or a storage may take before it counts as failed. */
const PATIENCE_MS = 5000;

/** @template T @param {T} value @returns {Promise<T>} */
const afterPatience = (value) => new Promise((resolve) => setTimeout(resolve, PATIENCE_MS, value));

/** Returns the names of this site's caches, newest first. */
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

/** Looks a file up. A storage that fails or hangs counts as empty. @param {string} address @param {string[]} [where] */
const kept = (address, where) => Promise.race([find(address, where).catch(() => null), afterPatience(null)]);

// ---- keeping a build ----

/**
 * Returns the bytes of a response, if they have one of these hashes.
 * @param {Response | null} response @param {string[]} sha256
 */
async function checked(response, sha256) {
  if (!response?.ok) return null;
  const bytes = await response.arrayBuffer();
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return sha256.includes([...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('')) ? bytes : null;
}

/** Gets a file's bytes from an earlier build, the browser's own cache, or the host. @param {string} name */
async function fileOf(name) {
  const address = new URL(name, scope).href,
    { sha256 } = NAMED[name];
  const bytes =
    (await checked(await kept(address), sha256)) ??
    (await checked(await fetch(address), sha256)) ??
    (await checked(await fetch(address, { cache: 'reload' }), sha256));
  if (!bytes) throw new Error(`${address} is not the file of build ${BUILD}`);
  return bytes;
}

/** Gets a file whose name has no hash. A page that the host sends in its place does not count. @param {string} name */
async function otherOf(name) {
  const response = await fetch(new URL(name, scope), { cache: 'no-cache' });
  if (!response.ok || /html/i.test(response.headers.get('content-type') ?? ''))
    throw new Error(`the host sends a page as ${name}`);
  return response.arrayBuffer();
}

/** Keeps all files of this build, or fails: a site that is being replaced may still send another build's page. */
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
  await keep('', page, 'text/html;charset=utf-8'); // last, so that a cache with a page is whole
  await worker.skipWaiting();
}

/** Deletes all builds but this one and the last whole one before it. */
async function deleteOlder() {
  let before = false;
  for (const name of (await cachesOfOurs()).filter((other) => other !== CACHE))
    if (before || !(await find(scope, [name]))) await caches.delete(name);
    else before = true;
}

// ---- answering ----

/**
 * Answers from the network, or from the cache where the network fails.
 * @param {Request} request
 * @param {string} address  of the kept file
 */
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

/**
 * Returns the site's name of the requested file, or null if the request is not for the site.
 * @param {Request} request
 */
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

/**
 * Adds the headers that a host should send. A policy of the host applies beside the site's own.
 * @param {Response} response
 */
function withHeaders(response) {
  // Responses without a body cannot be made again.
  if (response.status < 200 || [204, 205, 304].includes(response.status)) return response;
  const headers = new Headers(response.headers);
  for (const [name, value] of Object.entries(HEADERS))
    headers[name === 'Content-Security-Policy' ? 'append' : 'set'](name, value);
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers });
}

worker.addEventListener('install', (/** @type {any} */ event) =>
  event.waitUntil(
    install().catch(async (error) => {
      await caches.delete(CACHE).catch(() => {}); // the next installation goes on with it, file by file
      throw error; // the browser shows it in its console; the page works on without the kept files
    }),
  ),
);
worker.addEventListener('activate', (/** @type {any} */ event) => {
  // The claim is not awaited: in Firefox (153) it ends when every worker of the page has answered, and threads that
  // wait for work never answer. Until the activation ends, the browser holds back every request of the page.
  worker.clients.claim().catch(() => {}); // then pages are controlled from their next visit on
  event.waitUntil(Promise.race([deleteOlder().catch(() => {}), afterPatience(null)])); // or the next build deletes them
});
worker.addEventListener('fetch', (/** @type {any} */ event) => {
  const { request } = event,
    name = nameOf(request);
  if (name !== null) event.respondWith(answer(request, name).then(withHeaders));
});
