// @ts-check
/**
 * trainer.js - the trainer that a program holds: it asks a host (web/core/host.js), in another thread or in
 * this one, and hands on what that reports. index.d.ts says what each method does.
 */
import { SETTING_NAMES } from '../../build/schema.js';
import { BATCH, serveFiles } from '../../web/core/batches.js';
import { toOnnx } from '../export/onnx.js';
import { nearest } from './nearest.mjs';
import { keptSettings } from './kept.mjs';
import { ArgumentError, StateError, toError } from './errors.js';
import { readBlob } from './network-file.js';
import { toPng } from './pictures.js';
import { toSource } from './sources.js';

/** @typedef {import('./index.js').Epoch} Epoch */
/** @typedef {import('../../web/core/protocol.js').Report} Report */

/**
 * Where the host is.
 * @typedef {object} Port
 * @property {(request: any, transfer: Transferable[]) => void} send
 * @property {(report: Report) => void} [onReport]  set by the trainer
 * @property {(error: Error) => void} [onLost]  set by the trainer
 * @property {(busy: boolean) => void} [hold]  whether the process is to be kept alive
 * @property {() => unknown} end
 * @property {(given: string | URL) => import('../../web/core/protocol.js').Source} locate  what a text or an address
 *   means
 */

/** Older browsers lack it. @type {typeof Symbol.asyncDispose} */
const asyncDispose = /** @type {any} */ (Symbol.asyncDispose ?? Symbol.for('Symbol.asyncDispose'));
/** Names that users of other libraries bring along. @type {Record<string, string>} */
const ELSEWHERE = {
  batchSize: 'batch',
  batch_size: 'batch',
  bs: 'batch',
  learningRate: 'lr',
  learning_rate: 'lr',
  wd: 'weightDecay',
};

/** @param {Record<string, any>} options @param {string[]} known */
function refuseUnknown(options, known) {
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  const near = ELSEWHERE[unknown] ?? nearest(unknown, known);
  throw new ArgumentError('argument', `there is no option ${unknown}${near ? `; did you mean ${near}?` : ''}`);
}

/** A run: epochs come in as they are reported, and go out as they are asked for. */
class Run {
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

  /** @param {() => Promise<void>} stop */
  constructor(stop) {
    this.#stop = stop;
    this.#result = new Promise((resolve, reject) => ([this.#resolve, this.#reject] = [resolve, reject]));
    this.#result.catch(() => {}); // whoever iterates hears of it there
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

export class Trainer extends EventTarget {
  #port;
  #seed;
  #nextId = 1;
  #nextRun = 1;
  /** @type {Map<number, { resolve: (value: any) => void, reject: (error: unknown) => void }>} */
  #asked = new Map();
  /** @type {Run | null} */
  #run = null;
  #runNumber = 0;
  /** Settled when the host has heard of the run. @type {Promise<unknown>} */
  #begun = Promise.resolve();
  /** The next fit continues with the present network. */
  #hasNetwork = false;
  /** @type {string | undefined} */
  #model;
  /** @type {string[]} */
  #classes = [];
  /** @type {unknown} */
  #closed = null;
  #loads = 0;
  variant = '';
  threads = 1;

  /** @param {Port} port @param {import('./index.js').CreateOptions} options */
  constructor(port, { seed = 0 }) {
    super();
    this.#port = port;
    this.#seed = seed;
    port.onReport = (report) => this.#hear(report);
    port.onLost = (error) =>
      this.#close(toError({ code: 'crashed', message: `The trainer stopped unexpectedly (${error.message}).` }));
  }

  /**
   * @param {Port} port
   * @param {import('./index.js').CreateOptions} options
   * @returns {Promise<Trainer>} once its engine runs
   */
  static async start(port, options) {
    refuseUnknown(options, ['threads', 'arithmetic', 'seed', 'signal', 'inline']);
    const { signal } = options,
      trainer = new Trainer(port, options);
    try {
      signal?.throwIfAborted();
      signal?.addEventListener('abort', () => trainer.#close(signal.reason), { once: true });
      await trainer.#ask({ type: 'digest' }); // answered after `ready`, or not at all
    } catch (error) {
      trainer.#close(error);
      throw error;
    }
    return trainer;
  }

  // ---- asking and hearing ----

  #hold() {
    this.#port.hold?.(this.#asked.size > 0 || Boolean(this.#run && !this.#run.ended));
  }

  /** @param {any} request  without its id @param {Transferable[]} [transfer] @returns {Promise<any>} */
  #ask(request, transfer = []) {
    if (this.#closed) return Promise.reject(this.#closed);
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#asked.set(id, { resolve, reject });
      this.#hold();
      this.#port.send({ ...request, id }, transfer);
    }).finally(() => {
      this.#asked.delete(id);
      this.#hold();
    });
  }

  /** @param {string} type @param {unknown} detail */
  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  /** @param {Report} report */
  #hear(report) {
    const mine = 'run' in report && report.run === this.#runNumber;
    if (report.type === 'reply') this.#asked.get(report.id)?.resolve(report.value);
    else if (report.type === 'error' && report.id !== null) this.#asked.get(report.id)?.reject(toError(report));
    else if (report.type === 'error') {
      if (report.code === 'crashed' || !this.variant) this.#close(toError(report));
      else this.#run?.fail(toError(report));
    } else if (report.type === 'ready') [this.variant, this.threads] = [report.variant, report.threads];
    else if (report.type === 'progress') {
      const { type, ...progress } = report;
      this.#tell(type, { phase: 'load', ...progress });
    } else if (report.type === 'steps' && mine) this.#hearSteps(report);
    else if (report.type === 'epoch' && mine) {
      const { type, run, ...epoch } = report;
      this.#run?.add(epoch);
      this.#tell(type, epoch);
    } else if (report.type === 'state' && mine) this.#hearState(report.state, report.message ?? '');
  }

  /** @param {import('../../web/core/protocol.js').StepsReport} r */
  #hearSteps({ step, losses, smoothLosses, lrs, momenta, epoch, phase, progress, imagesPerSecond, secondsLeft }) {
    losses.forEach((loss, i) =>
      this.#tell('step', {
        epoch,
        step: step - losses.length + i,
        loss,
        smoothLoss: smoothLosses[i],
        lr: lrs[i],
        momentum: momenta[i],
      }),
    );
    this.#tell('progress', { phase, progress, imagesPerSecond, secondsLeft });
  }

  /** @param {string} state @param {string} message */
  #hearState(state, message) {
    const run = this.#run;
    if (!run || run.ended) return;
    if (state === 'finished') run.end('finished', message);
    else if (state === 'diverged') run.fail(toError({ code: 'diverged', message }));
    else if (state === 'stopped' && message)
      run.end('stopped', message); // something has taken the network's place
    else if (state === 'stopped' || state === 'idle')
      this.#ask({ type: 'digest' }).then(
        (digest) => run.end('stopped', digest),
        (error) => run.fail(error),
      );
    this.#hold();
  }

  /** @param {unknown} why */
  #close(why) {
    if (this.#closed) return;
    this.#closed = why;
    for (const { reject } of this.#asked.values()) reject(why);
    this.#run?.fail(why);
    this.#port.end();
  }

  /**
   * Waits for some work, or for the signal: then `cancel` is asked to end it.
   * @template T @param {AbortSignal | undefined} signal @param {() => Promise<T>} work @param {any} cancel  a request
   * @returns {Promise<T>}
   */
  async #abortable(signal, work, cancel) {
    signal?.throwIfAborted();
    const abort = () => void this.#ask(cancel).catch(() => {}); // the work itself says whether it was ended
    signal?.addEventListener('abort', abort, { once: true });
    try {
      return await work();
    } catch (error) {
      throw signal?.aborted ? signal.reason : error;
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }

  // ---- data and model ----

  /** @param {import('./index.js').DataSource} given @param {import('./index.js').LoadOptions} [options] */
  async load(given, options = {}) {
    refuseUnknown(options, ['name', 'signal']);
    const { name, signal } = options;
    /** @type {{ error?: unknown }} */
    const failed = {},
      mine = ++this.#loads;
    try {
      const located =
        typeof given === 'string' || given instanceof URL
          ? this.#port.locate(given)
          : await toSource(given, name, (error) => {
              failed.error = error;
            });
      const source = { ...located, name: name ?? located.name };
      /** @type {import('./index.js').LoadReport} */
      const report = await this.#abortable(signal, () => this.#send(source), { type: 'cancel' });
      if (mine === this.#loads) {
        this.#hasNetwork = false;
        this.#classes = report.classes;
      }
      return report;
    } catch (error) {
      throw signal?.aborted ? signal.reason : (failed.error ?? error);
    }
  }

  /**
   * Streams and files go over as they are; where they cannot (Safari's streams, Node's files), they are read first.
   * @param {any} source
   */
  async #send(source) {
    try {
      if (source.kind === 'files' && source.files.length > BATCH) {
        structuredClone(source.files[0].file); // where that fails they are read first
        const port = serveFiles(async (from, to) => source.files.slice(from, to));
        return await this.#ask({ type: 'load', source: { kind: 'batches', port, name: source.name } }, [port]);
      }
      return await this.#ask({ type: 'load', source }, source.kind === 'stream' ? [source.stream] : []);
    } catch (error) {
      const { name, code } = /** @type {any} */ (error ?? {});
      if (name !== 'DataCloneError' && code !== 'ERR_INVALID_STATE') throw error;
      const files = source.files ?? [{ path: source.name, file: await new Response(source.stream).blob() }];
      for (const item of files) item.file = new Blob([await item.file.arrayBuffer()]);
      return this.#ask({ type: 'load', source: { kind: 'files', files, name: source.name } });
    }
  }

  /** @param {string} line @returns {Promise<import('./index.js').ModelInfo>} */
  async model(line) {
    const info = await this.#ask({ type: 'describe', settings: { model: line } });
    this.#model = line;
    this.#hasNetwork = false;
    return info;
  }

  // ---- training ----

  /** @param {import('./index.js').FitOptions} [options] @returns {import('./index.js').Fit} */
  fit(options = {}) {
    return this.#start(options.signal, async (run) => {
      refuseUnknown(options, [...SETTING_NAMES, 'signal']);
      const { signal: _, ...given } = options,
        before = this.#hasNetwork ? await this.#ask({ type: 'settings' }) : null;
      const anew =
        !before ||
        given.preset !== undefined ||
        (given.model !== undefined && given.model !== before.model) ||
        (given.seed !== undefined && String(given.seed) !== before.seed);
      const settings = anew ? this.#fresh(given) : keptSettings(before, given);
      await this.#ask({ type: anew ? 'train' : 'continue', run, settings });
    });
  }

  /** @param {Record<string, any>} given */
  #fresh(given) {
    const { preset, ...others } = given; // which comes before all others: they change it
    return {
      ...(preset === undefined ? { model: this.#model } : { preset }),
      seed: this.#seed,
      ...Object.fromEntries(Object.entries(others).filter(([, value]) => value !== undefined)),
    };
  }

  /**
   * @param {Blob | ArrayBuffer | Uint8Array} file
   * @param {{ signal?: AbortSignal }} [options]
   * @returns {import('./index.js').Fit}
   */
  resumeFrom(file, { signal } = {}) {
    return this.#start(signal, async (run) => {
      await this.#ask({ type: 'restore', run, bytes: await bytesOf(file) });
      await this.#ask({ type: 'resume' });
    });
  }

  /** @param {AbortSignal | undefined} signal @param {(run: number) => Promise<void>} begin @returns {any} */
  #start(signal, begin) {
    const run = new Run(async () => {
      if (this.#run === run && !run.ended) await this.stop();
    });
    const older = this.#run;
    if (older && !older.ended) {
      run.fail(new StateError('state', 'a run is under way: stop it first'));
      return run;
    }
    const abort = () => {
      run.fail(signal?.reason);
      this.#ask({ type: 'stop' }).catch(() => {}); // the run has failed already, for the signal's reason
    };
    this.#run = run;
    this.#runNumber = this.#nextRun++;
    if (signal?.aborted) run.fail(signal.reason);
    else {
      signal?.addEventListener('abort', abort, { once: true });
      const release = () => signal?.removeEventListener('abort', abort);
      run.then(release, release);
      this.#begun = begin(this.#runNumber)
        .then(() => {
          this.#hasNetwork = true;
          if (run.ended) return this.#ask({ type: 'stop' }); // it was aborted meanwhile
        })
        .catch((error) => run.fail(error));
    }
    return run;
  }

  async pause() {
    await this.#begun;
    await this.#ask({ type: 'pause' });
  }

  async resume() {
    await this.#ask({ type: 'resume' });
  }

  async stop() {
    const run = this.#run;
    await this.#begun;
    await this.#ask({ type: 'stop' });
    await run?.then(
      () => {},
      () => {},
    ); // whoever awaits the run hears why it failed
  }

  async reset() {
    await this.#ask({ type: 'reset' });
    this.#hasNetwork = false;
  }

  /** @param {import('./index.js').LrFindOptions} [options] @returns {Promise<import('./index.js').LrFindResult>} */
  async lrFind(options = {}) {
    refuseUnknown(options, [...SETTING_NAMES, 'start', 'end', 'steps', 'signal']);
    const { start, end, steps, signal, ...given } = options;
    const sweep = Object.fromEntries(Object.entries({ start, end, steps }).filter(([, value]) => value !== undefined));
    if (this.#run && !this.#run.ended) throw new StateError('state', 'a run is under way: stop it first');
    return this.#abortable(
      signal,
      () => this.#ask({ type: 'find', here: this.#hasNetwork, settings: this.#fresh(given), sweep }),
      { type: 'stop' },
    );
  }

  // ---- results ----

  /**
   * @param {import('./index.js').PredictSource} picture
   * @param {{ as?: 'digit' | 'picture' }} [options]
   * @returns {Promise<import('./index.js').Prediction>}
   */
  async predict(picture, { as = 'digit' } = {}) {
    if (as !== 'digit' && as !== 'picture')
      throw new ArgumentError('argument', `as must be digit or picture, not ${JSON.stringify(as)}`);
    const png = await toPng(picture),
      found = await this.#ask({ type: 'png', as, bytes: png.buffer }, [png.buffer]);
    return { ...found, class: this.#classes[found.label] };
  }

  /** @param {{ signal?: AbortSignal }} [options] @returns {Promise<import('./index.js').Evaluation>} */
  async evaluate({ signal } = {}) {
    signal?.throwIfAborted();
    const found = await this.#ask({ type: 'evaluate' });
    signal?.throwIfAborted();
    return found;
  }

  /** @returns {Promise<Uint32Array>} */
  async confusion() {
    this.#needNetwork();
    return this.#ask({ type: 'confusion' });
  }

  /** @param {number} [least] @returns {Promise<import('./index.js').Confused[]>} */
  async mostConfused(least = 1) {
    this.#needNetwork();
    return this.#ask({ type: 'confused', least });
  }

  /**
   * @param {number} [count]
   * @param {{ actual: number, predicted: number }} [cell]
   * @returns {Promise<import('./index.js').TopLoss[]>}
   */
  async topLosses(count = 9, cell) {
    this.#needNetwork();
    return this.#ask({ type: 'top', most: count, cell });
  }

  #needNetwork() {
    if (!this.#closed && !this.#hasNetwork) throw new StateError('state', 'there is no network yet: fit makes one');
  }

  // ---- keeping ----

  /** @param {{ weightsOnly?: boolean }} [options] @returns {Promise<Uint8Array>} */
  save({ weightsOnly = false } = {}) {
    return this.#ask({ type: 'save', resumable: !weightsOnly });
  }

  /** @returns {Promise<Uint8Array>} */
  async exportOnnx() {
    return toOnnx(await this.save({ weightsOnly: true }));
  }

  /** @param {Blob | ArrayBuffer | Uint8Array} file */
  async loadCheckpoint(file) {
    const bytes = await bytesOf(file),
      keepData = this.#loads > 0 && this.#classes.length > 0;
    const { classes, settings } = await this.#ask({ type: 'open', bytes, keepData });
    this.#hasNetwork = true;
    this.#classes = classes;
    return { model: settings.model, classes };
  }

  async dispose() {
    this.#close(new StateError('state', 'the trainer is disposed'));
  }

  [asyncDispose]() {
    return this.dispose();
  }
}

/** @param {Blob | ArrayBuffer | Uint8Array} file @returns {Promise<ArrayBuffer>} a copy */
async function bytesOf(file) {
  const blob = file instanceof Blob ? file : new Blob([/** @type {any} */ (file)]),
    bytes = await readBlob(blob);
  if (typeof bytes === 'string') throw toError({ code: 'data', message: bytes });
  return bytes;
}

/**
 * The trainer as index.d.ts declares it: its events have types there.
 * @param {Omit<import('./index.js').Trainer, 'addEventListener'>} trainer
 */
export const declared = (trainer) => /** @type {import('./index.js').Trainer} */ (trainer);
