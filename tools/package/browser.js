// @ts-check
/** browser.js - the trainer in a page or in a worker: its host is a worker of its own. */
import { giveThread } from '../../web/core/threads.js';
import { toError } from './errors.js';
import { declared, Trainer } from './trainer.js';

export * from './errors.js';
export { Trainer };

/** The message if the worker's script is not found: some bundlers copy this file alone. */
const UNBUNDLED =
  `its script was not found beside ${import.meta.url}. Vite's dev server needs optimizeDeps: { exclude: ['inklearn'] }; ` +
  'esbuild --external:inklearn, and an import map in the page';

/** @type {typeof import('./index.js').createTrainer} */
export async function createTrainer(options = {}) {
  const { threads = 'auto', arithmetic = 'fast' } = options;
  // Written out: this is the form that bundlers look for.
  const startTrainer = () => new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
  const startHelper = () => new Worker(new URL('../../web/core/helper.js', import.meta.url), { type: 'module' });
  /** @type {Worker} */
  let worker;
  try {
    worker = startTrainer();
  } catch (error) {
    throw toError({ code: 'start', message: `The trainer needs a worker, which could not be started: ${error}` });
  }
  /** @type {Worker[]} */
  const helpers = [];
  /** @type {import('./requests.js').Port} */
  const port = {
    send: (request, transfer) => worker.postMessage(request, transfer),
    end() {
      worker.onmessage = null; // no thread for a worker that is gone
      for (const one of [worker, ...helpers]) one.terminate();
    },
    locate(given) {
      const url = new URL(given, self.location.href).href;
      return { kind: 'url', url, name: url.split(/[?#]/)[0].split('/').pop() || url };
    },
  };
  worker.onmessage = ({ data }) =>
    data.type === 'thread' ? helpers.push(...giveThread(worker, data, startHelper)) : port.onReport?.(data);
  worker.onerror = (event) => port.onLost?.(new Error(event.message || UNBUNDLED));
  worker.postMessage({ threads, arithmetic });
  return declared(await Trainer.start(port, options));
}
