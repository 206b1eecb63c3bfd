/** trainer.mjs - the page's trainer in a thread of Node, to ask and to listen to. */
import { after } from 'node:test';
import { Worker } from 'node:worker_threads';

/** A test that fails leaves its own behind, which would keep the process from its end. @type {Worker[]} */
const workers = [];
after(() => Promise.all(workers.map((worker) => worker.terminate())));

/** A worker and what it has said. @param {{ threads?: number }} [options] */
export function startTrainer(options = {}) {
  const worker = new Worker(new URL('worker-host.mjs', import.meta.url), { workerData: options });
  workers.push(worker);
  /** @type {any[]} */
  const said = [];
  /** @type {((message: any) => void)[]} */
  let listeners = [];
  worker.on('message', (message) => {
    said.push(message);
    for (const listener of [...listeners]) listener(message);
  });
  worker.on('error', (error) => said.push({ type: 'crash', error }));
  let next = 1;
  /** The first message, said or to come, that fits. @param {(message: any) => boolean} fits @returns {Promise<any>} */
  const until = (fits) =>
    new Promise((resolve) => {
      const found = said.find(fits);
      if (found) return resolve(found);
      const listener = (/** @type {any} */ message) => {
        if (!fits(message)) return;
        listeners = listeners.filter((l) => l !== listener);
        resolve(message);
      };
      listeners.push(listener);
    });
  /** @param {any} request  without its id @param {any[]} [transfer] */
  const ask = (request, transfer = []) => {
    const id = next++;
    worker.postMessage({ ...request, id }, transfer);
    return until((m) => m.id === id && (m.type === 'reply' || m.type === 'error'));
  };
  return {
    said,
    until,
    ask,
    listen: (/** @type {(message: any) => void} */ listener) => listeners.push(listener),
    send: (/** @type {any} */ message) => worker.postMessage(message),
    end: () => worker.terminate(),
    /** The last state. */
    state: () => said.filter((m) => m.type === 'state').at(-1)?.state,
  };
}
