// @ts-check
/**
 * trainer.js - the trainer that a program uses. Each method sends requests to a host (web/core/host.js), and the host's
 * reports become events and epochs of a run. index.d.ts documents the methods.
 */
import { SETTING_NAMES } from '../../build/schema.js';
import { BATCH, serveFiles } from '../../web/core/batches.js';
import { toOnnx } from '../export/onnx.js';
import { keptSettings } from './kept.mjs';
import { ArgumentError, StateError, toError } from './errors.js';
import { readBlob } from './network-file.js';
import { refuseUnknown } from './options.js';
import { toPng } from './pictures.js';
import { Requests } from './requests.js';
import { Run } from './run.js';
import { toSource } from './sources.js';

/** @typedef {import('./requests.js').Port} Port */
/** @typedef {import('../../web/core/protocol.js').Report} Report */

/** Older browsers have no Symbol.asyncDispose. @type {typeof Symbol.asyncDispose} */
const asyncDispose = /** @type {any} */ (Symbol.asyncDispose ?? Symbol.for('Symbol.asyncDispose'));

export class Trainer extends EventTarget {
  #port;
  #requests;
  #seed;
  #nextRun = 1;
  /** @type {Run | null} */
  #run = null;
  #runNumber = 0;
  /** Settles when the host has begun the run or has refused it. @type {Promise<unknown>} */
  #begun = Promise.resolve();
  /** True if the next fit continues with the present network. */
  #hasNetwork = false;
  /** @type {string | undefined} */
  #model;
  /** @type {string[]} */
  #classes = [];
  #loads = 0;
  variant = '';
  threads = 1;

  /** @param {Port} port @param {import('./index.js').CreateOptions} options */
  constructor(port, { seed = 0 }) {
    super();
    this.#port = port;
    this.#requests = new Requests(port, () => this.#hold());
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
      await trainer.#requests.ask({ type: 'digest' }); // answered after `ready`, or not at all
    } catch (error) {
      trainer.#close(error);
      throw error;
    }
    return trainer;
  }

  // ---- requests and reports ----

  /** Keeps the process alive while there are requests or a run. */
  #hold() {
    this.#port.hold?.(this.#requests.waiting > 0 || Boolean(this.#run && !this.#run.ended));
  }

  /** @param {string} type @param {unknown} detail */
  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  /** @param {Report} report */
  #hear(report) {
    const mine = 'run' in report && report.run === this.#runNumber;
    if (this.#requests.settle(report)) return;
    if (report.type === 'error') {
      if (report.code === 'crashed' || !this.variant) this.#close(toError(report));
      else this.#run?.fail(toError(report));
    } else if (report.type === 'ready') [this.variant, this.threads] = [report.variant, report.threads];
    else if (report.type === 'progress') {
      const { type, ...progress } = report;
      this.#emit(type, { phase: 'load', ...progress });
    } else if (report.type === 'steps' && mine) this.#hearSteps(report);
    else if (report.type === 'epoch' && mine) {
      const { type, run, ...epoch } = report;
      this.#run?.add(epoch);
      this.#emit(type, epoch);
    } else if (report.type === 'state' && mine) this.#hearState(report.state, report.message ?? '');
  }

  /** @param {import('../../web/core/protocol.js').StepsReport} r */
  #hearSteps({ step, losses, smoothLosses, lrs, momenta, epoch, phase, progress, imagesPerSecond, secondsLeft }) {
    losses.forEach((loss, i) =>
      this.#emit('step', {
        epoch,
        step: step - losses.length + i,
        loss,
        smoothLoss: smoothLosses[i],
        lr: lrs[i],
        momentum: momenta[i],
      }),
    );
    this.#emit('progress', { phase, progress, imagesPerSecond, secondsLeft });
  }

  /** @param {string} state @param {string} message */
  #hearState(state, message) {
    const run = this.#run;
    if (!run || run.ended) return;
    if (state === 'finished') run.end('finished', message);
    else if (state === 'diverged') run.fail(toError({ code: 'diverged', message }));
    else if (state === 'stopped' && message)
      run.end('stopped', message); // a new network has replaced this one
    else if (state === 'stopped' || state === 'idle')
      this.#requests.ask({ type: 'digest' }).then(
        (digest) => run.end('stopped', digest),
        (error) => run.fail(error),
      );
    this.#hold();
  }

  /** @param {unknown} why */
  #close(why) {
    if (this.#requests.closed) return;
    this.#requests.close(why);
    this.#run?.fail(why);
    this.#port.end();
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
      const report = await this.#requests.abortable(signal, () => this.#send(source), { type: 'cancel' });
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
   * Sends data to the host. Streams and files are sent as they are. Where the platform cannot send them (Safari's
   * streams, Node's files), they are read first.
   * @param {any} source
   */
  async #send(source) {
    try {
      if (source.kind === 'files' && source.files.length > BATCH) {
        structuredClone(source.files[0].file); // throws where files cannot be sent, see below
        const port = serveFiles(async (from, to) => source.files.slice(from, to));
        return await this.#requests.ask({ type: 'load', source: { kind: 'batches', port, name: source.name } }, [port]);
      }
      return await this.#requests.ask({ type: 'load', source }, source.kind === 'stream' ? [source.stream] : []);
    } catch (error) {
      const { name, code } = /** @type {any} */ (error ?? {});
      if (name !== 'DataCloneError' && code !== 'ERR_INVALID_STATE') throw error;
      const files = source.files ?? [{ path: source.name, file: await new Response(source.stream).blob() }];
      for (const item of files) item.file = new Blob([await item.file.arrayBuffer()]);
      return this.#requests.ask({ type: 'load', source: { kind: 'files', files, name: source.name } });
    }
  }

  /** @param {string} line @returns {Promise<import('./index.js').ModelInfo>} */
  async model(line) {
    const info = await this.#requests.ask({ type: 'describe', settings: { model: line } });
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
        before = this.#hasNetwork ? await this.#requests.ask({ type: 'settings' }) : null;
      const anew =
        !before ||
        given.preset !== undefined ||
        (given.model !== undefined && given.model !== before.model) ||
        (given.seed !== undefined && String(given.seed) !== before.seed);
      const settings = anew ? this.#fresh(given) : keptSettings(before, given);
      await this.#requests.ask({ type: anew ? 'train' : 'continue', run, settings });
    });
  }

  /** Settings of a new network. @param {Record<string, any>} given */
  #fresh(given) {
    const { preset, ...others } = given; // the preset comes first, since the others change it
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
      await this.#requests.ask({ type: 'restore', run, bytes: await bytesOf(file) });
      await this.#requests.ask({ type: 'resume' });
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
      this.#requests.ask({ type: 'stop' }).catch(() => {}); // the run has told its caller the signal's reason
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
          if (run.ended) return this.#requests.ask({ type: 'stop' }); // it was aborted before the host answered
        })
        .catch((error) => run.fail(error));
    }
    return run;
  }

  async pause() {
    await this.#begun;
    await this.#requests.ask({ type: 'pause' });
  }

  async resume() {
    await this.#requests.ask({ type: 'resume' });
  }

  async stop() {
    const run = this.#run;
    await this.#begun;
    await this.#requests.ask({ type: 'stop' });
    await run?.then(
      () => {},
      () => {},
    ); // the run itself rejects with the reason
  }

  async reset() {
    await this.#requests.ask({ type: 'reset' });
    this.#hasNetwork = false;
  }

  /** @param {import('./index.js').LrFindOptions} [options] @returns {Promise<import('./index.js').LrFindResult>} */
  async lrFind(options = {}) {
    refuseUnknown(options, [...SETTING_NAMES, 'start', 'end', 'steps', 'signal']);
    const { start, end, steps, signal, ...given } = options;
    const sweep = Object.fromEntries(Object.entries({ start, end, steps }).filter(([, value]) => value !== undefined));
    if (this.#run && !this.#run.ended) throw new StateError('state', 'a run is under way: stop it first');
    return this.#requests.abortable(
      signal,
      () => this.#requests.ask({ type: 'find', here: this.#hasNetwork, settings: this.#fresh(given), sweep }),
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
      found = await this.#requests.ask({ type: 'png', as, bytes: png.buffer }, [png.buffer]);
    return { ...found, class: this.#classes[found.label] };
  }

  /** @param {{ signal?: AbortSignal }} [options] @returns {Promise<import('./index.js').Evaluation>} */
  async evaluate({ signal } = {}) {
    signal?.throwIfAborted();
    const found = await this.#requests.ask({ type: 'evaluate' });
    signal?.throwIfAborted();
    return found;
  }

  /** @returns {Promise<Uint32Array>} */
  async confusion() {
    this.#needNetwork();
    return this.#requests.ask({ type: 'confusion' });
  }

  /** @param {number} [least] @returns {Promise<import('./index.js').Confused[]>} */
  async mostConfused(least = 1) {
    this.#needNetwork();
    return this.#requests.ask({ type: 'confused', least });
  }

  /**
   * @param {number} [count]
   * @param {{ actual: number, predicted: number }} [cell]
   * @returns {Promise<import('./index.js').TopLoss[]>}
   */
  async topLosses(count = 9, cell) {
    this.#needNetwork();
    return this.#requests.ask({ type: 'top', most: count, cell });
  }

  #needNetwork() {
    if (!this.#requests.closed && !this.#hasNetwork)
      throw new StateError('state', 'there is no network yet: fit makes one');
  }

  // ---- checkpoints and export ----

  /** @param {{ weightsOnly?: boolean }} [options] @returns {Promise<Uint8Array>} */
  save({ weightsOnly = false } = {}) {
    return this.#requests.ask({ type: 'save', resumable: !weightsOnly });
  }

  /** @returns {Promise<Uint8Array>} */
  async exportOnnx() {
    return toOnnx(await this.save({ weightsOnly: true }));
  }

  /** @param {Blob | ArrayBuffer | Uint8Array} file */
  async loadCheckpoint(file) {
    const bytes = await bytesOf(file),
      keepData = this.#loads > 0 && this.#classes.length > 0;
    const { classes, settings } = await this.#requests.ask({ type: 'open', bytes, keepData });
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
 * The trainer with the type of index.d.ts, which gives its events types.
 * @param {Omit<import('./index.js').Trainer, 'addEventListener'>} trainer
 */
export const declared = (trainer) => /** @type {import('./index.js').Trainer} */ (trainer);
