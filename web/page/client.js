// @ts-check
/**
 * client.js - the page's side of the protocol: a request becomes a promise, reports go to one
 * function.
 */
import { PROTOCOL_VERSION } from '../protocol.js';

// Under the site's policy a worker's address must come from this one place, which knows only one.
const worker = new URL('../worker.js', import.meta.url).href;
const policy = /** @type {any} */ (globalThis).trustedTypes?.createPolicy('inklearn', { createScriptURL: () => worker });

/** What the worker refused; `problems` are those of a load that failed. */
export class WorkerError extends Error {
  /** @param {{ code: string, message: string, problems?: { path: string, reason: string }[] }} report */
  constructor({ code, message, problems }) {
    super(message);
    this.code = code;
    this.problems = problems ?? [];
  }
}

export class Client {
  #worker;
  #next = 1;
  /** @type {Map<number, { resolve: (value: any) => void, reject: (error: Error) => void }>} */
  #waiting = new Map();

  /** @param {(report: any) => void} onReport  @param {(error: Error) => void} onFailure */
  constructor(onReport, onFailure) {
    this.#worker = new Worker(policy ? policy.createScriptURL('') : worker, { type: 'module' });
    this.#worker.onerror = (event) => onFailure(new Error(event.message || 'the worker could not be loaded'));
    this.#worker.onmessage = ({ data }) => {
      if (data.type === 'ready' && data.version !== PROTOCOL_VERSION)
        onFailure(new Error('this page and its worker are of different versions: reload the page'));
      else if (data.type === 'error' && data.id === null) onFailure(new WorkerError(data));
      else if (data.type !== 'reply' && data.type !== 'error') onReport(data);
      else {
        const { resolve, reject } = this.#waiting.get(data.id) ?? {};
        this.#waiting.delete(data.id);
        if (data.type === 'reply') resolve?.(data.value);
        else reject?.(new WorkerError(data));
      }
    };
  }

  /**
   * @param {{ type: import('../protocol.js').Request['type'] } & Record<string, any>} request  without its id
   * @param {Transferable[]} [transfer]
   * @returns {Promise<any>}
   */
  ask(request, transfer = []) {
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ ...request, id }, transfer);
    });
  }
}
