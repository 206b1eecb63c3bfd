// @ts-check
/**
 * requests.js - the table of requests: for each type in protocol.js, what it needs before it may run, and how it is
 * answered. host.js reads it; the page, the package and the command line send the requests.
 *
 * The core itself checks that there is a data set or a network, and refuses with a status of its own.
 */
import { EngineError } from './engine.js';
import { nearest } from './look.js';

/** @typedef {import('./host.js').Host} Host */
/** @typedef {import('./protocol.js').Request} Request */
/** @typedef {keyof typeof NEEDS} Need */

/**
 * `prepare` runs when the request arrives, even before the engine has started; `run` gets what it returns, and the
 * value that it returns, or a promise of it, is the reply. `transfer` names the parts of the value that move to the
 * asker rather than being copied.
 * @template {Request} R
 * @typedef {{ needs: Need[], prepare?: (request: R, entriesOf: import('./host.js').EntriesOf) => any,
 *   run: (host: Host, request: R, prepared: any) => any,
 *   transfer?: (value: any) => Transferable[] }} Handler
 */

/** The conditions that a request may need. Each function brings its condition about, or throws. */
const NEEDS = {
  /** The mini-batch under way is whole: between two of its layers nothing else may touch the network. */
  wholeStep: (/** @type {Host} */ host) => host.finishStep(),
  /** No data set is loading. */
  noLoad(/** @type {Host} */ { isLoading }) {
    if (isLoading) throw new EngineError('state', 'the data set is still loading');
  },
  /** The trainer neither trains nor searches for a learning rate. A paused run does not count. */
  idle(/** @type {Host} */ { state }) {
    if (state === 'training') throw new EngineError('state', 'the trainer is training: stop it first');
    if (state === 'finding')
      throw new EngineError('state', 'the trainer is searching for a learning rate: stop it first');
  },
};

const bytesOf = (/** @type {{ bytes: ArrayBuffer }} */ { bytes }) => new Uint8Array(bytes);

/** @type {{ [T in Request['type']]: Handler<Extract<Request, { type: T }>> }} */
const REQUESTS = {
  // ---- data ----
  load: {
    needs: ['wholeStep'],
    prepare({ source }, entriesOf) {
      const abort = new AbortController(),
        entries = entriesOf(source, abort.signal);
      entries.catch(() => {}); // `run` reports it
      return { abort, entries };
    },
    run: (host, { source }, opened) => host.load(source.name, opened),
  },
  cancel: { needs: ['wholeStep'], run: (host) => (host.cancelLoad(), {}) },
  pictures: { needs: ['wholeStep'], run: ({ trainer }, { split, indices }) => trainer.pictures(split, indices) },
  preview: {
    needs: ['wholeStep'],
    run: ({ engine }, { settings, count, draw }) => engine.preview(settings, count, draw),
  },
  decode: {
    needs: ['wholeStep'],
    run: ({ engine }, request) => engine.decodePng(bytesOf(request), request.most),
    transfer: ({ rgba }) => [rgba.buffer],
  },
  kind: { needs: ['wholeStep'], run: ({ engine }, request) => engine.kindOf(bytesOf(request)) },

  // ---- a run ----
  describe: { needs: ['wholeStep'], run: ({ engine }, { settings }) => engine.describe(settings) },
  train: {
    needs: ['wholeStep', 'noLoad'],
    run(host, { settings, run, changes }) {
      const info = host.engine.describe(settings);
      host.begin(run, () => host.trainer.fit(settings, run, changes));
      return info;
    },
  },
  continue: {
    needs: ['wholeStep', 'noLoad'],
    run(host, { settings, run }) {
      const info = host.engine.describe(settings);
      host.endSearch(); // it ran on the network that is trained further
      host.begin(run, () => host.trainer.continue(settings, run));
      return info;
    },
  },
  restore: {
    needs: ['wholeStep', 'noLoad'],
    run(host, request) {
      host.hold(request.run, () => host.trainer.resume(bytesOf(request), request.run, request));
      return {};
    },
  },
  pause: { needs: [], run: (host) => host.pause() },
  resume: { needs: [], run: (host) => host.resume() },
  stop: { needs: ['wholeStep'], run: (host) => host.stopAndKeep() },
  reset: { needs: ['wholeStep'], run: (host) => host.reset() },
  adjust: { needs: ['wholeStep'], run: ({ trainer }, request) => (trainer.change(request), {}) },
  find: { needs: ['wholeStep', 'noLoad'], run: (host, request) => host.find(request) },

  // ---- a network, in files ----
  weights: {
    needs: ['wholeStep', 'noLoad'],
    run(host, request) {
      const info = host.engine.describe(request.settings);
      host.replace(() => host.engine.trainWith(request.settings, bytesOf(request)));
      host.setStopped(request.run);
      return info;
    },
  },
  open: {
    needs: ['wholeStep', 'noLoad'],
    run(host, request) {
      const opened = host.replace(() => host.trainer.open(bytesOf(request), request));
      host.setStopped();
      return opened;
    },
  },
  save: {
    needs: ['wholeStep'],
    run: ({ engine }, { resumable = true }) => engine.save(resumable),
    transfer: (bytes) => [bytes.buffer],
  },
  reader: { needs: ['wholeStep'], run: ({ engine }, request) => (engine.setReader(bytesOf(request)), {}) },
  settings: { needs: ['wholeStep'], run: ({ engine }) => engine.settings() },
  digest: { needs: ['wholeStep'], run: ({ engine }) => engine.digest },

  // ---- what the network says ----
  evaluate: {
    needs: ['wholeStep', 'noLoad', 'idle'],
    run(host) {
      host.forgetStopped(); // it may have stopped in the middle of a validation
      return host.trainer.evaluate();
    },
  },
  confusion: { needs: ['wholeStep'], run: ({ engine }) => engine.confusion() },
  confused: { needs: ['wholeStep'], run: ({ engine }, { least }) => engine.mostConfused(least) },
  top: { needs: ['wholeStep'], run: ({ engine }, { most, cell }) => engine.topLosses(most, cell) },
  reliability: { needs: ['wholeStep'], run: ({ engine }) => engine.reliability() },
  predict: {
    needs: ['wholeStep'],
    run: ({ engine }, { rgba, width, height, chosen }) => engine.read(new Uint8Array(rgba), width, height, chosen),
  },
  png: { needs: ['wholeStep'], run: ({ engine }, request) => engine.predictPng(bytesOf(request), request.as) },
  predictions: {
    needs: ['wholeStep'],
    run: ({ engine }, { split, indices }) => ({ probabilities: engine.predictions(split, indices) }),
  },
  explain: {
    needs: ['wholeStep'],
    run: async (host, { label, nearest: count }) => ({
      heat: host.engine.occlusion(label),
      nearest: count ? await nearest(host.engine, count, () => host.nextTurn()) : [],
    }),
  },
  activations: {
    needs: ['wholeStep'],
    run: ({ engine }, { layers }) => layers.map((index) => engine.activations(index)),
  },
  spreads: { needs: ['wholeStep'], run: ({ engine }) => engine.spreads() },
  filters: { needs: ['wholeStep'], run: ({ engine }) => engine.filters() },
};

/**
 * Returns the handler of a request.
 * @param {{ type: string }} request
 * @returns {Handler<any>}
 */
export function handlerOf({ type }) {
  if (Object.hasOwn(REQUESTS, type)) return /** @type {any} */ (REQUESTS)[type];
  return {
    needs: ['wholeStep'],
    run() {
      throw new EngineError('argument', `no such request: ${String(type)}`);
    },
  };
}

/** Checks what a request needs. @param {Host} host @param {Need[]} needs @throws {EngineError} code `state` */
export function checkNeeds(host, needs) {
  for (const need of needs) NEEDS[need](host);
}
