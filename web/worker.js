// @ts-check
/**
 * worker.js - owns the trainer, answers the page's requests (protocol.js), and trains in slices,
 * looking at its messages between two of them.
 */
import { Engine, EngineError } from './engine.js';
import { Glance, nearest } from './look.js';
import { BUILD, PROTOCOL_VERSION } from './protocol.js';
import { sourceEntries } from './sources.js';
import { Trainer } from './trainer.js';
import { canShare, chooseVariant, MOST_THREADS } from './variants.js';

/** @typedef {import('./protocol.js').Request} Request */
/** @typedef {import('./protocol.js').State} State */

/** @type {State} */
let state = 'idle';
let run = 0;
/** @type {Iterator<any> | null} */
let slices = null;
/** Of a run that was stopped and can go on. @type {Iterator<any> | null} */
let stopped = null;
let looping = false;
/** A running sample of the validation pictures. @type {Glance | null} */
let glance = null;
/** @type {{ abort: AbortController, settled: Promise<unknown> } | null} */
let loading = null;
/** A search for a learning rate. @type {{ end: () => void } | null} */
let finding = null;

/** How it was asked to compute, in its own address. */
const asked = new URL(self.location.href).searchParams, threads = Number(asked.get('threads'));
const variant = chooseVariant({
  threads: threads >= 1 ? Math.min(Math.floor(threads), MOST_THREADS) : 'auto',
  arithmetic: asked.get('arithmetic') === 'deterministic' ? 'deterministic' : 'fast',
}, navigator.hardwareConcurrency);
const trainer = Engine.create(fetch(new URL(variant.file, import.meta.url)), variant)
  .then((engine) => {
    if (BUILD !== 'unbuilt' && engine.build !== BUILD) throw new EngineError('build', `The training engine is of build ${engine.build}, this page of ${BUILD}: reload the page, without the browser's cache.`);
    return new Trainer(engine);
  });

/** @param {import('./protocol.js').Report} report  @param {Transferable[]} [transfer] */
function post(report, transfer = []) {
  /** @type {any} */ (self).postMessage(report, transfer);
}

/** @param {number | null} id  @param {unknown} error */
function postError(id, error) {
  const code = error instanceof EngineError ? error.code
    : error instanceof DOMException && error.name === 'AbortError' ? 'aborted' : 'internal';
  const message = error instanceof Error ? error.message : String(error);
  const problems = /** @type {any} */ (error)?.problems;
  post({ type: 'error', id, code, message, problems });
}

/** @param {State} next  @param {string} [message] */
function setState(next, message) {
  state = next;
  post({ type: 'state', state, run, message });
}

// Between slices the messages that wait are handled; a timer would wait 4 ms each time. Node would
// take a thousand messages from this channel before it looked at another, and has setImmediate.
const { setImmediate } = /** @type {any} */ (globalThis);
const turn = new MessageChannel();
/** @type {(() => void)[]} */
const waiting = [];
turn.port1.onmessage = () => waiting.shift()?.();
/** @returns {Promise<void>} */
function nextTurn() {
  return new Promise((resolve) => {
    if (setImmediate) return setImmediate(resolve);
    waiting.push(resolve);
    turn.port2.postMessage(null);
  });
}

async function loop() {
  if (looping) return;
  looping = true;
  const { engine } = await trainer;
  try {
    while (state === 'training' && slices) {
      const { value, done } = slices.next();
      if (done) {
        slices = null;
        setState('finished', engine.digest);
      } else {
        const epoch = value.type === 'steps' && value.phase === 'train' ? value.epoch : -1;
        post(value, value.type === 'steps' ? [value.losses.buffer, value.smoothLosses.buffer] : []);
        const seen = epoch < 0 ? null : (glance ??= new Glance(engine)).look(epoch);
        if (seen) post({ type: 'glance', run, ...seen }, [seen.counts.buffer]);
        await nextTurn();
      }
    }
  } catch (error) {
    slices = null;
    if (error instanceof EngineError && error.code === 'diverged') setState('diverged', error.message);
    else {
      if (error instanceof EngineError && error.code !== 'crashed') setState('stopped'); // else this worker is lost, the run is not
      postError(null, error);
    }
  } finally {
    looping = false;
  }
}

/** Training or a search ends; the model of a run stays. */
function stop() {
  slices = stopped = null;
  finding?.end();
  if (state === 'training' || state === 'paused') setState('stopped');
}

/**
 * A load takes the place of one that is still running, which is aborted first.
 * @param {Trainer} t  @param {import('./protocol.js').Source} source
 */
async function load(t, source) {
  stop();
  const before = state === 'loading' ? 'idle' : state;
  setState('loading');
  const abort = new AbortController();
  const older = loading;
  older?.abort.abort();
  const work = (async () => {
    await older?.settled;
    abort.signal.throwIfAborted();
    return t.load(source.name, await sourceEntries(source, abort.signal), {
      signal: abort.signal,
      onProgress: (progress) => post({ type: 'progress', ...progress }),
    });
  })();
  const mine = loading = { abort, settled: work.catch(() => {}) };
  try {
    const report = await work;
    setState('idle');
    return report;
  } catch (error) {
    if (loading === mine) setState(before);
    throw error;
  } finally {
    if (loading === mine) loading = null;
  }
}

/** The learning-rate finder, looking at messages between its steps. @param {Trainer} t @param {import('./protocol.js').Settings} settings */
async function find(t, settings) {
  const points = [], sweep = t.find(settings);
  // Whoever ends it does so before anything else takes the place of the model that it trains.
  const mine = finding = {
    end() {
      finding = null;
      sweep.return(null);
      t.reset();
      if (state === 'finding') setState('idle');
    },
  };
  setState('finding');
  try {
    for (;;) {
      const { value, done } = sweep.next();
      if (done) return { points, suggestions: value };
      points.push(value);
      await nextTurn();
      if (finding !== mine) throw new EngineError('aborted', 'the search was stopped');
    }
  } finally {
    if (finding === mine) mine.end();
  }
}

function refuseWhileLoading() {
  if (state === 'loading') throw new EngineError('state', 'the data set is still loading');
}

/** @param {Trainer} t  @param {Request} request  @returns {Promise<any>} */
async function answer(t, request) {
  switch (request.type) {
    case 'load':
      return load(t, request.source);
    case 'describe':
      return t.describe(request.settings);
    case 'train':
    case 'continue': {
      refuseWhileLoading();
      const { settings } = request;
      const info = t.describe(settings);
      finding?.end();
      slices = request.type === 'train' ? t.fit(settings, request.run, request.changes) : t.continue(settings, request.run);
      run = request.run;
      glance = stopped = null;
      setState('training');
      loop();
      return info;
    }
    case 'weights': {
      refuseWhileLoading();
      const info = t.describe(request.settings);
      stop();
      t.loadWeights(request.settings, new Uint8Array(request.bytes));
      run = request.run;
      setState('stopped');
      return info;
    }
    case 'pause':
      if (state === 'training') setState('paused');
      return { state };
    case 'resume':
      if (state === 'stopped' && stopped) [slices, stopped] = [stopped, null];
      if (slices && ['paused', 'stopped'].includes(state)) {
        setState('training');
        loop();
      }
      return { state };
    case 'stop': {
      const kept = slices ?? stopped;
      stop();
      stopped = kept;
      return { state };
    }
    case 'reset':
      stop();
      if (state !== 'loading') {
        t.reset();
        setState('idle');
      }
      return { state };
    case 'top':
      return t.topLosses(request.most, request.cell);
    case 'filters':
      return t.filters();
    case 'preview':
      return t.preview(request.settings, request.count, request.draw);
    case 'predictions':
      return { probabilities: t.engine.predictions(request.split, request.indices) };
    case 'explain':
      return { heat: t.engine.occlusion(request.label), nearest: request.nearest ? await nearest(t.engine, request.nearest, nextTurn) : [] };
    case 'activations':
      return request.layers.map(({ index, count }) => t.engine.activations(index, count));
    case 'spreads':
      return t.engine.spreads();
    case 'adjust':
      t.change(request);
      return {};
    case 'digest':
      return t.engine.digest;
    case 'save':
      return t.save(true);
    case 'restore': {
      refuseWhileLoading();
      finding?.end();
      stopped = null;
      const resumed = t.resume(new Uint8Array(request.bytes), request.run, request);
      slices = resumed;
      run = request.run;
      setState('paused');
      return {};
    }
    case 'find':
      refuseWhileLoading();
      stop();
      return find(t, request.settings);
    case 'predict':
      return t.engine.read(new Uint8Array(request.rgba), request.width, request.height, request.chosen);
    case 'pictures':
      return t.pictures(request.split, request.indices);
    default:
      throw new EngineError('argument', `no such request: ${String(/** @type {any} */ (request).type)}`);
  }
}

self.onmessage = async ({ data }) => {
  if (typeof data?.id !== 'number') {
    postError(null, new EngineError('argument', 'a message without an id is no request'));
    return;
  }
  try {
    const value = await answer(await trainer, data);
    post({ type: 'reply', id: data.id, value }, data.type === 'save' ? [value.buffer] : []);
  } catch (error) {
    postError(data.id, error);
  }
};

trainer.then((t) => {
  t.onChange = (change) => post({ type: 'changed', run, change });
  const tell = () => post({ type: 'ready', version: PROTOCOL_VERSION, build: BUILD, variant: t.variant, threads: t.threads, canShare: canShare() });
  t.onThreadLost = tell;
  tell();
}).catch((error) => postError(null, error));
