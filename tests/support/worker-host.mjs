/** worker-host.mjs - web/core/worker.js in a thread of Node, with what a browser's worker has and Node's has not. */
import { readFileSync } from 'node:fs';
import { parentPort, Worker, workerData } from 'node:worker_threads';

const port = /** @type {import('node:worker_threads').MessagePort} */ (parentPort);
const scope = /** @type {any} */ (globalThis);
scope.navigator ??= { hardwareConcurrency: 1 };
/** @type {Worker[]} */
const helpers = [];
/** Starts a thread, as the page does (web/page/client.js). @param {{ number: number, thread: any }} request */
function help({ number, thread }) {
  const helper = new Worker(new URL('../../tools/node/helper.mjs', import.meta.url), { workerData: thread });
  helper.on('error', () => scope.self.onmessage({ data: { type: 'lost', number } }));
  helpers.push(helper);
}
// One thread unless more are asked for: what is asked here is how messages are answered.
scope.self = {
  location: new URL(`../../web/core/worker.js?threads=${workerData?.threads ?? 1}`, import.meta.url),
  postMessage: (/** @type {any} */ message, /** @type {any} */ transfer) =>
    message.type === 'thread' ? help(message) : port.postMessage(message, transfer),
};
scope.fetch = async (/** @type {string | URL} */ url, /** @type {{ signal?: AbortSignal }} */ { signal } = {}) => {
  if (String(url) === 'never')
    // some bytes, and no end
    return new Response(
      new ReadableStream({
        start(body) {
          body.enqueue(new Uint8Array(600));
          signal?.addEventListener('abort', () => body.error(signal.reason));
        },
      }),
    );
  const path = new URL(url).pathname.endsWith('.wasm') ? `../../build/${String(url).split('/').pop()}` : url;
  return new Response(readFileSync(new URL(path, import.meta.url)), {
    headers: { 'content-type': 'application/wasm' },
  });
};
await import('../../web/core/worker.js');
port.on('message', (data) => {
  if (data?.killHelpers)
    for (const helper of helpers) void helper.terminate(); // the core notices
  else scope.self.onmessage({ data });
});
