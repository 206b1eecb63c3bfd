// @ts-check
/**
 * client.js - the page's side of the protocol: a request becomes a promise, reports go to one
 * function. A worker that is lost can be started again.
 */
import { BUILD, PROTOCOL_VERSION } from '../core/protocol.js';
import { giveThread } from '../core/threads.js';

// Under the site's policy a script's address must come from this one place, which knows only these.
const place = new URL('../core/worker.js', import.meta.url),
  chosen = new URLSearchParams(location.hash.slice(1));
for (const name of ['threads', 'arithmetic'])
  if (chosen.has(name)) place.searchParams.set(name, chosen.get(name) ?? '');
/** The trainer's arithmetic. */
export const arithmetic = chosen.get('arithmetic') === 'deterministic' ? 'deterministic' : 'fast';
/** @type {Record<string, string>} */
const addresses = {
  trainer: place.href,
  helper: new URL('../core/helper.js', import.meta.url).href,
  keeper: new URL('../core/keeper.js', import.meta.url).href,
  service: new URL('../core/service-worker.js', import.meta.url).href,
};
const createScriptURL = (/** @type {string} */ name) => addresses[name];
const policy = /** @type {any} */ (globalThis).trustedTypes?.createPolicy('inklearn', { createScriptURL });
/** @type {(name: 'trainer' | 'helper' | 'keeper' | 'service') => any} */
export const scriptAddress = (name) => (policy ?? { createScriptURL }).createScriptURL(name);

/** @param {'trainer' | 'helper' | 'keeper'} name */
export const startWorker = (name) => new Worker(scriptAddress(name), { type: 'module' });

/** The worker refused a request. `problems` and `skipped` belong to a load that failed. */
export class WorkerError extends Error {
  /**
   * @param {{ code: string, message: string, problems?: { path: string, reason: string }[], skipped?: number }} report
   */
  constructor({ code, message, problems, skipped }) {
    super(message);
    this.code = code;
    this.problems = problems ?? [];
    this.skipped = skipped ?? 0;
  }
}

/** ms until a worker that has not started is replaced. This happens once: a slow network may take longer. */
const START = 15000;

/** The build of the page. */
const page = document.documentElement.dataset.build ?? BUILD;

export class Client {
  /** @type {(report: any) => void} */
  onReport = () => {};
  /** The worker itself has failed. @type {(error: Error) => void} */
  onFailure = () => {};
  /** @type {Worker} */
  #worker;
  /** The worker's threads. @type {Worker[]} */
  #helpers = [];
  #next = 1;
  /** Counts how often the worker was replaced. */
  restarts = 0;
  /**
   * @type {Map<number, { resolve: (value: any) => void, reject: (error: Error) => void, message: any, transfer:
   *   Transferable[] }>}
   */
  #waiting = new Map();
  /** The worker has started. Until then it gets nothing that can be transferred only once. */
  #ready = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #late;

  constructor() {
    this.#worker = this.#start();
    this.#late = setTimeout(() => {
      this.#end();
      this.#worker = this.#start();
      for (const { message, transfer } of this.#waiting.values())
        if (!transfer.length) this.#worker.postMessage(message);
    }, START);
  }

  #start() {
    const worker = this.#newWorker();
    this.#ready = false;
    const fail = (/** @type {string} */ code, /** @type {string} */ message) => {
      clearTimeout(this.#late);
      worker.onmessage = null; // its later messages cannot be trusted
      this.#refuseAll(code, message);
      this.onFailure(new WorkerError({ code, message }));
    };
    worker.onerror = (event) =>
      fail(/** @type {any} */ (event).code ?? 'lost', event.message || 'the worker could not be loaded');
    worker.onmessage = ({ data }) => {
      if (data.type === 'thread')
        return void this.#helpers.push(...giveThread(worker, data, () => startWorker('helper')));
      const other = data.type === 'ready' && [BUILD, data.build].find((build) => build !== page);
      if (other || (data.type === 'ready' && data.version !== PROTOCOL_VERSION))
        fail(
          'build',
          `this page and its trainer are of different builds (${page}, ${other || data.version}): reload the page, without the browser's cache`,
        );
      else if (data.type === 'error' && data.id === null) {
        clearTimeout(this.#late);
        if (!this.#ready) this.#refuseAll('aborted', data.message); // one sentence is enough
        this.onFailure(new WorkerError(data));
      } else if (data.type !== 'reply' && data.type !== 'error') {
        if (data.type === 'ready' && !this.#ready) this.#begin();
        this.onReport(data);
      } else this.#settle(data);
    };
    return worker;
  }

  /** Starts a worker. Where the browser refuses, an object that does nothing takes its place, and the page shows it. */
  #newWorker() {
    try {
      return startWorker('trainer');
    } catch (error) {
      const message = `This browser did not start the worker that trains (${error}): allow scripts and workers for this page, or use another browser`;
      queueMicrotask(() => worker.onerror?.(/** @type {any} */ ({ message, code: 'start' })));
      const worker = /** @type {Worker} */ (/** @type {unknown} */ ({ postMessage() {}, terminate() {} }));
      return worker;
    }
  }

  #begin() {
    clearTimeout(this.#late);
    this.#ready = true;
    for (const { message, transfer } of this.#waiting.values())
      if (transfer.length) this.#worker.postMessage(message, transfer);
  }

  #end() {
    clearTimeout(this.#late);
    this.#worker.onmessage = this.#worker.onerror = null;
    this.#worker.terminate();
    for (const helper of this.#helpers.splice(0)) helper.terminate();
  }

  /** @param {any} data */
  #settle(data) {
    const { resolve, reject } = this.#waiting.get(data.id) ?? {};
    this.#waiting.delete(data.id);
    if (data.type === 'reply') resolve?.(data.value);
    else reject?.(new WorkerError(data));
  }

  /** @param {string} code @param {string} message */
  #refuseAll(code, message) {
    for (const id of [...this.#waiting.keys()]) this.#settle({ type: 'error', id, code, message });
  }

  /** Starts a new worker, which knows nothing, and rejects all pending requests to the old one. */
  restart() {
    this.#end();
    this.#refuseAll('aborted', 'the trainer was started again');
    this.#worker = this.#start();
    this.restarts++;
  }

  /**
   * @param {{ type: import('../core/protocol.js').Request['type'] } & Record<string, any>} request  without its id
   * @param {Transferable[]} [transfer]
   * @returns {Promise<any>}
   */
  ask(request, transfer = []) {
    const id = this.#next++,
      message = { ...request, id };
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject, message, transfer });
      if (this.#ready || !transfer.length) this.#worker.postMessage(message, transfer);
    });
  }
}
