// @ts-check
/** requests.js - requests to the host, and the promises of their replies. */
import { toError } from './errors.js';

/** @typedef {import('../../web/core/protocol.js').Report} Report */

/**
 * The way to the host, which is in another thread or in this one.
 * @typedef {object} Port
 * @property {(request: any, transfer: Transferable[]) => void} send
 * @property {(report: Report) => void} [onReport]  set by the trainer
 * @property {(error: Error) => void} [onLost]  set by the trainer
 * @property {(busy: boolean) => void} [hold]  whether the process is to be kept alive
 * @property {() => unknown} end
 * @property {(given: string | URL) => import('../../web/core/protocol.js').Source} locate  what a text or an address
 *   means
 */

/** The requests of one trainer, and whether it is closed. */
export class Requests {
  #port;
  #changed;
  #nextId = 1;
  /** @type {Map<number, { resolve: (value: any) => void, reject: (error: unknown) => void }>} */
  #waiting = new Map();
  /** @type {unknown} */
  #closed = null;

  /** @param {Port} port @param {() => void} changed  called when a request begins or ends to wait */
  constructor(port, changed) {
    this.#port = port;
    this.#changed = changed;
  }

  /** The number of requests that wait for a reply. */
  get waiting() {
    return this.#waiting.size;
  }

  /** The reason why no more requests are sent, or null. */
  get closed() {
    return this.#closed;
  }

  /** @param {any} request  without its id @param {Transferable[]} [transfer] @returns {Promise<any>} */
  ask(request, transfer = []) {
    if (this.#closed) return Promise.reject(this.#closed);
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#changed();
      this.#port.send({ ...request, id }, transfer);
    }).finally(() => {
      this.#waiting.delete(id);
      this.#changed();
    });
  }

  /**
   * Settles the request that a report belongs to.
   * @param {Report} report
   * @returns {boolean} false if the report belongs to no request
   */
  settle(report) {
    if (report.type === 'reply') this.#waiting.get(report.id)?.resolve(report.value);
    else if (report.type === 'error' && report.id !== null) this.#waiting.get(report.id)?.reject(toError(report));
    else return false;
    return true;
  }

  /** Rejects the requests that wait, and all later ones. @param {unknown} reason */
  close(reason) {
    this.#closed = reason;
    for (const { reject } of this.#waiting.values()) reject(reason);
  }

  /**
   * Waits for some work. When the signal aborts, it sends `cancel`, which ends the work.
   * @template T
   * @param {AbortSignal | undefined} signal
   * @param {() => Promise<T>} work
   * @param {any} cancel  a request
   * @returns {Promise<T>}
   */
  async abortable(signal, work, cancel) {
    signal?.throwIfAborted();
    const abort = () => void this.ask(cancel).catch(() => {}); // the request that is cancelled tells its caller
    signal?.addEventListener('abort', abort, { once: true });
    try {
      return await work();
    } catch (error) {
      throw signal?.aborted ? signal.reason : error;
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }
}
