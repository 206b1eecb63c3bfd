// @ts-check
/** node.mjs - the trainer in Node: its host is a thread of its own, or this one. */
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { basename } from 'node:path';
import { Worker } from 'node:worker_threads';
import { startHost } from './host.mjs';
import { toError } from './errors.js';
import { declared, Trainer } from './trainer.js';

export * from './errors.js';
export { Trainer };

/** A path, or an address that can be fetched. @param {string | URL} given @returns {any} */
function locate(given) {
  if (/^https?:/.test(String(given))) return { kind: 'url', url: String(given), name: basename(new URL(given).pathname) };
  const path = given instanceof URL || /^file:/.test(given) ? fileURLToPath(given) : given;
  return { kind: 'path', path, name: basename(path) };
}

/** @param {import('./index.js').CreateOptions} options @returns {import('./trainer.js').Port} */
function inlinePort(options) {
  /** @type {import('./trainer.js').Port} */
  const port = { send: (request) => void answer(request), end: () => close(), locate };
  const { answer, close } = startHost(options, (report) => port.onReport?.(report));
  return port;
}

/** @param {import('./index.js').CreateOptions} options @returns {Promise<import('./trainer.js').Port>} once the thread runs */
async function threadPort({ threads, arithmetic }) {
  const worker = new Worker(new URL('./thread.mjs', import.meta.url), { workerData: { threads, arithmetic } });
  /** @type {import('./trainer.js').Port} */
  const port = {
    send: (request, transfer) => worker.postMessage(request, /** @type {any} */ (transfer)),
    end: () => worker.terminate(),
    hold: (busy) => (busy ? worker.ref() : worker.unref()),
    locate,
  };
  worker.on('message', (report) => port.onReport?.(report));
  worker.on('error', (error) => port.onLost?.(/** @type {Error} */ (error)));
  await once(worker, 'online');
  return port;
}

/** Said where a bundler has moved the files that a thread needs. */
const UNBUNDLED = "Keep inklearn out of the server's bundle (Next.js: serverExternalPackages: ['inklearn']), or create the trainer with inline: true.";

/** Where no thread can be started, the trainer works in this one. @param {import('./index.js').CreateOptions} options */
async function anyPort(options) {
  try {
    return options.inline ? inlinePort(options) : await threadPort(options);
  } catch (error) {
    const { code, message } = /** @type {NodeJS.ErrnoException} */ (error);
    if (/MODULE_NOT_FOUND$/.test(code ?? '')) throw toError({ code: 'start', message: `The trainer's thread could not be started: ${message}. ${UNBUNDLED}` });
    if (code !== 'ERR_WORKER_INIT_FAILED') throw error;
    return inlinePort(options);
  }
}

/** @type {typeof import('./index.js').createTrainer} */
export async function createTrainer(options = {}) {
  return declared(await Trainer.start(await anyPort(options), options));
}
