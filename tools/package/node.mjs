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
  if (/^https?:/.test(String(given)))
    return { kind: 'url', url: String(given), name: basename(new URL(given).pathname) };
  const path = given instanceof URL || /^file:/.test(given) ? fileURLToPath(given) : given;
  return { kind: 'path', path, name: basename(path) };
}

/** Adds the remedy to a message if a bundler has moved the files that a thread needs. @param {string} message */
const withRemedy = (message) =>
  /Cannot find (module|package)/.test(message)
    ? `${message}: keep inklearn out of the server's bundle ` +
      "(Next.js: serverExternalPackages: ['inklearn']), or create the trainer with inline: true"
    : message;

/** @param {import('./index.js').CreateOptions} options @returns {import('./requests.js').Port} */
function inlinePort(options) {
  /** @type {import('./requests.js').Port} */
  const port = { send: (request) => void answer(request), end: () => close(), locate };
  const { answer, close } = startHost(options, (report) => port.onReport?.(report));
  return port;
}

/**
 * @param {import('./index.js').CreateOptions} options
 * @returns {Promise<import('./requests.js').Port>} once the thread runs
 */
async function threadPort({ threads, arithmetic }) {
  const worker = new Worker(new URL('./thread.mjs', import.meta.url), { workerData: { threads, arithmetic } });
  /** @type {import('./requests.js').Port} */
  const port = {
    send: (request, transfer) => worker.postMessage(request, /** @type {any} */ (transfer)),
    end: () => worker.terminate(),
    hold: (busy) => (busy ? worker.ref() : worker.unref()),
    locate,
  };
  worker.on('message', (report) => port.onReport?.(report));
  worker.on('error', (error) =>
    port.onLost?.(new Error(withRemedy(String(/** @type {any} */ (error)?.message ?? error)))),
  );
  await once(worker, 'online');
  return port;
}

/**
 * Runs the trainer in this thread, where no other can be started.
 * @param {import('./index.js').CreateOptions} options
 */
async function anyPort(options) {
  try {
    return options.inline ? inlinePort(options) : await threadPort(options);
  } catch (error) {
    const { code, message } = /** @type {NodeJS.ErrnoException} */ (error);
    if (code === 'ERR_WORKER_INIT_FAILED') return inlinePort(options);
    throw toError({ code: 'start', message: `The trainer's thread could not be started: ${withRemedy(message)}` });
  }
}

/** @type {typeof import('./index.js').createTrainer} */
export async function createTrainer(options = {}) {
  return declared(await Trainer.start(await anyPort(options), options));
}
