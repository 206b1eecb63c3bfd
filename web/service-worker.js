// @ts-check
/**
 * service-worker.js - the site without a network, and with the two headers that threads need, for hosts that cannot
 * send headers of one's own (shared memory is for pages that no other origin can look into).
 *
 * The page comes from the network where there is one, so the newest is shown; without one, the page of the build that
 * was kept whole. Whatever else it needs has a name that tells what is in it, so that no page gets a file of another
 * build. The build before is kept too, for tabs that still show it.
 */
const worker = /** @type {any} */ (self);

/** `make site` writes them here: the build, files whose names tell what is in them, and others. */
const BUILD = 'unbuilt', NAMED = /** @type {string[]} */ ([]), OTHERS = /** @type {string[]} */ ([]);
const { scope } = worker.registration;
/** An origin may hold several sites. */
const OURS = `inklearn ${scope} `, CACHE = OURS + BUILD;
/** Milliseconds after which a network that does not answer is none. */
const PATIENCE = 5000;

/** Newest first. */
const cachesOfOurs = async () => (await caches.keys()).filter((name) => name.startsWith(OURS)).reverse().sort((a, b) => Number(b === CACHE) - Number(a === CACHE));

/** @param {string} address @param {string[]} [where] */
async function kept(address, where) {
  for (const name of where ?? await cachesOfOurs()) {
    const found = await (await caches.open(name)).match(address, { ignoreSearch: true });
    if (found) return found;
  }
  return null;
}

/** All of this build, or nothing: a site that is being replaced may still send another's page. */
async function install() {
  const page = await fetch(scope, { cache: 'no-cache' });
  if (!page.ok || !(await page.clone().text()).includes(` data-build="${BUILD}"`)) throw new Error(`the page is not of build ${BUILD}`);
  const cache = await caches.open(CACHE);
  for (const name of NAMED) {
    const address = new URL(name, scope).href, had = await kept(address);
    await (had ? cache.put(address, had) : cache.add(address));
  }
  await cache.addAll(OTHERS.map((name) => new Request(new URL(name, scope), { cache: 'no-cache' })));
  await cache.put(scope, page);
  await worker.skipWaiting();
}

async function activate() {
  const names = await cachesOfOurs();
  await Promise.all(names.slice(2).map((name) => caches.delete(name)));
  // Not awaited: in Firefox (153) a claim ends when every worker of the page has answered, which threads that wait for
  // work never do. Until the activation ends, the browser holds back every request of the page.
  worker.clients.claim().catch(() => {}); // then pages are controlled from their next visit on
}

/** @param {Request} request @param {string} address  that it may have been kept under */
async function fromNetwork(request, address) {
  const answer = fetch(request);
  const late = kept(address, [CACHE]).then((found) => (found ? new Promise((resolve) => setTimeout(() => resolve(found), PATIENCE)) : answer));
  try {
    return await Promise.race([answer, late]);
  } catch (error) {
    const found = await kept(address, [CACHE]);
    if (found) return found;
    throw error;
  }
}

/** @param {Request} request */
async function answer(request) {
  const url = new URL(request.url), name = url.href.startsWith(scope) ? url.pathname.slice(new URL(scope).pathname.length) : url.href;
  if (['', 'index.html'].includes(name)) return fromNetwork(request, scope);
  if (OTHERS.includes(name)) return fromNetwork(request, url.href);
  return (await kept(url.href)) ?? fetch(request);
}

/** @param {Response} response */
function isolate(response) {
  if (response.status < 200 || [204, 205, 304].includes(response.status)) return response; // these have no body, and may not be made
  const headers = new Headers(response.headers);
  headers.set('Cross-Origin-Opener-Policy', 'same-origin');
  headers.set('Cross-Origin-Embedder-Policy', 'require-corp');
  headers.set('Cross-Origin-Resource-Policy', 'same-origin');
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers });
}

worker.addEventListener('install', (/** @type {any} */ event) => event.waitUntil(install().catch(async (error) => {
  await caches.delete(CACHE);
  throw error;
})));
worker.addEventListener('activate', (/** @type {any} */ event) => event.waitUntil(activate()));
worker.addEventListener('fetch', (/** @type {any} */ event) => {
  const { request } = event;
  if (request.method === 'GET' && new URL(request.url).origin === location.origin) event.respondWith(answer(request).then(isolate));
});
