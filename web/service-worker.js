// @ts-check
/**
 * service-worker.js - for hosts that cannot send headers of one's own: the site's files get the two that
 * threads need (shared memory is for pages that no other origin can look into). It keeps no files.
 */
const worker = /** @type {any} */ (self);

worker.addEventListener('install', () => worker.skipWaiting());
worker.addEventListener('activate', (/** @type {any} */ event) => event.waitUntil(worker.clients.claim()));
worker.addEventListener('fetch', (/** @type {any} */ event) => {
  if (new URL(event.request.url).origin === location.origin) event.respondWith(fetch(event.request).then(isolate));
});

/** @param {Response} response */
function isolate(response) {
  if (response.status < 200 || [204, 205, 304].includes(response.status)) return response; // these have no body, and may not be made
  const headers = new Headers(response.headers);
  headers.set('Cross-Origin-Opener-Policy', 'same-origin');
  headers.set('Cross-Origin-Embedder-Policy', 'require-corp');
  headers.set('Cross-Origin-Resource-Policy', 'same-origin');
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers });
}
