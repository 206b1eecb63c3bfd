// @ts-check
/** run.js - one run of training, as its user sees it. */

/** @typedef {import('./index.js').Epoch} Epoch */

/**
 * A run that `fit` returns (Fit in index.d.ts): await it for the result, or iterate over it for the epochs. The trainer
 * adds epochs as the host reports them, and ends the run.
 */
export class Run {
  /** @type {Epoch[]} */
  #epochs = [];
  #read = 0;
  #ended = false;
  /** @type {unknown} */
  #error = null;
  /** @type {(() => void)[]} */
  #waiting = [];
  #stop;
  /** @type {Promise<import('./index.js').RunResult>} */
  #result;
  /** @type {(result: any) => void} */
  #resolve = () => {};
  /** @type {(error: unknown) => void} */
  #reject = () => {};

  /** @param {() => Promise<void>} stop  called when the iteration is left early */
  constructor(stop) {
    this.#stop = stop;
    this.#result = new Promise((resolve, reject) => ([this.#resolve, this.#reject] = [resolve, reject]));
    this.#result.catch(() => {}); // callers that await or iterate the run get the error
  }

  #wake() {
    for (const go of this.#waiting.splice(0)) go();
  }

  get ended() {
    return this.#ended;
  }

  /** @param {Epoch} epoch */
  add(epoch) {
    this.#epochs.push(epoch);
    this.#wake();
  }

  /** @param {'finished' | 'stopped'} reason @param {string} digest */
  end(reason, digest) {
    if (this.#ended) return;
    this.#ended = true;
    this.#resolve({ reason, epochs: this.#epochs, digest });
    this.#wake();
  }

  /** @param {unknown} error */
  fail(error) {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error;
    this.#reject(error);
    this.#wake();
  }

  /** @returns {Promise<IteratorResult<Epoch>>} */
  async next() {
    while (this.#read === this.#epochs.length && !this.#ended)
      await new Promise((/** @type {(_: void) => void} */ go) => this.#waiting.push(go));
    if (this.#read < this.#epochs.length) return { value: this.#epochs[this.#read++], done: false };
    const error = this.#error;
    this.#error = null;
    if (error) throw error;
    return { value: undefined, done: true };
  }

  /** @returns {Promise<IteratorResult<Epoch>>} */
  async return() {
    await this.#stop();
    return { value: undefined, done: true };
  }

  [Symbol.asyncIterator]() {
    return this;
  }

  /** @param {any} resolve @param {any} [reject] @returns {PromiseLike<any>} */
  then(resolve, reject) {
    return this.#result.then(resolve, reject);
  }
}
