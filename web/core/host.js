// @ts-check
/**
 * host.js - answers requests (protocol.js) for a trainer, and trains in slices, looking at its
 * messages between two of them. The page's worker is one host; the package has others.
 */
import { EngineError } from './engine.js';
import { Glance, nearest } from './look.js';
import { BUILD, PROTOCOL_VERSION } from './protocol.js';
import { canShare } from './variants.js';

/** @typedef {import('./trainer.js').Trainer} Trainer */
/** @typedef {import('./protocol.js').Request} Request */
/** @typedef {import('./protocol.js').State} State */

/** ms that a load gets after each slice of a run that goes on beside it: about as long as the slice. */
const LOAD_SHARE = 25;

// Between slices the messages that wait are handled; a timer would wait 4 ms each time. Node would
// take a thousand messages from this channel before it looked at another, and has setImmediate.
const { setImmediate } = /** @type {any} */ (globalThis);
const turn = setImmediate ? null : new MessageChannel();
/** @type {(() => void)[]} */
const waiting = [];
if (turn) turn.port1.onmessage = () => waiting.shift()?.();
/** @returns {Promise<void>} */
function nextTurn() {
  return new Promise((resolve) => {
    if (!turn) return setImmediate(resolve);
    waiting.push(resolve);
    turn.port2.postMessage(null);
  });
}

/**
 * @param {Promise<Trainer>} trainer  that is being started
 * @param {(report: import('./protocol.js').Report, transfer: Transferable[]) => void} send  to whoever asks
 * @param {(source: any, signal: AbortSignal) => Promise<import('./sources/sources.js').Entry[]>} entriesOf  what a source holds
 * @returns {(request: any) => Promise<void>} to be given each request
 */
export function createHost(trainer, send, entriesOf) {
  /** The state of the run or the search. A load is separate from it. @type {Exclude<State, 'loading'>} */
  let state = 'idle';
  /** The message that is sent with that state. @type {string | undefined} */
  let message;
  let run = 0;
  /** @type {Iterator<any> | null} */
  let slices = null;
  /** Of a run that was stopped and can go on. @type {Iterator<any> | null} */
  let stopped = null;
  let looping = false;
  /** A mini-batch is between two of its layers. */
  let underWay = false;
  /** A running sample of the validation pictures. @type {Glance | null} */
  let glance = null;
  /** @type {{ abort: AbortController, settled: Promise<unknown> } | null} */
  let loading = null;
  /** A search for a learning rate; `keep`: its network is gone already. @type {{ end: (keep?: boolean) => void } | null} */
  let finding = null;

  /** @param {import('./protocol.js').Report} report  @param {Transferable[]} [transfer] */
  function post(report, transfer = []) {
    send(report, transfer);
  }

  /** @param {number | null} id  @param {unknown} error */
  function postError(id, error) {
    const code =
      error instanceof EngineError
        ? error.code
        : error instanceof DOMException && error.name === 'AbortError'
          ? 'aborted'
          : 'internal';
    const message = error instanceof Error ? error.message : String(error);
    const { problems, skipped } = /** @type {any} */ (error ?? {});
    post({ type: 'error', id, code, message, problems, skipped });
  }

  const isRunning = () => state === 'training' || state === 'paused';

  /** Returns `loading` only where nothing else is at work. @returns {State} */
  const shownState = () => (loading && !isRunning() && state !== 'finding' ? 'loading' : state);

  function tellLoading() {
    if (shownState() === 'loading') post({ type: 'state', state: 'loading', run });
  }

  /** @param {Exclude<State, 'loading'>} next  @param {string} [text] */
  function setState(next, text) {
    state = next;
    message = text;
    post({ type: 'state', state, run, message });
    tellLoading();
  }

  /** The next slice, and its reports. @param {Iterator<any>} iterator @param {import('./engine.js').Engine} engine */
  function takeSlice(iterator, engine) {
    underWay = false;
    try {
      const { value, done } = iterator.next();
      if (done) {
        slices = null;
        setState('finished', engine.digest);
      } else if (value.type === 'part') {
        underWay = true;
      } else {
        const epoch = value.type === 'steps' && value.phase === 'train' ? value.epoch : -1;
        post(value, value.type === 'steps' ? [value.losses.buffer, value.smoothLosses.buffer] : []);
        const seen = epoch < 0 ? null : (glance ??= new Glance(engine)).look(epoch);
        if (seen) post({ type: 'glance', run, ...seen }, [seen.counts.buffer]);
      }
    } catch (error) {
      slices = null;
      if (error instanceof EngineError && error.code === 'diverged') setState('diverged', error.message);
      else {
        if (error instanceof EngineError && error.code !== 'crashed') setState('stopped'); // else this worker is lost, the run is not
        postError(null, error);
      }
    }
  }

  /** Trains as long as nobody stops it. A failure is reported as one of the trainer, since no request waits for it. */
  async function loop() {
    if (looping) return;
    looping = true;
    try {
      const { engine } = await trainer;
      while (state === 'training' && slices) {
        takeSlice(slices, engine);
        await (loading ? new Promise((resolve) => setTimeout(resolve, LOAD_SHARE)) : nextTurn());
      }
    } catch (error) {
      postError(null, error);
    } finally {
      looping = false;
    }
  }

  /** A mini-batch that is under way goes to its end: until then nothing else may touch the network, nor after waiting for a turn. @param {Trainer} t */
  function settle(t) {
    while (underWay && slices) takeSlice(slices, t.engine);
  }

  /** Training or a search ends; the model of a run stays, if nothing has taken its place. @param {string} [digest] @param {boolean} [replaced] */
  function stop(digest, replaced) {
    slices = stopped = null;
    finding?.end(replaced);
    if (isRunning()) setState('stopped', digest);
  }

  /**
   * Replaces the network or the data set. If `make` fails, everything continues unchanged.
   * @template T @param {Trainer} t  @param {() => T} make  @returns {T}
   */
  function replace(t, make) {
    settle(t);
    const digest = isRunning() ? t.engine.digest : undefined,
      made = make();
    stop(digest, true);
    return made;
  }

  /**
   * A run or a search goes on until the new set is whole. A load takes the place of one that is still running, which is
   * aborted first.
   * @param {Trainer} t  @param {import('./protocol.js').Source} source
   */
  async function load(t, source) {
    const abort = new AbortController(),
      older = loading;
    const end = () => {
      if (loading === mine) loading = null;
    };
    older?.abort.abort();
    const work = (async () => {
      await older?.settled;
      abort.signal.throwIfAborted();
      return t.load(source.name, await entriesOf(source, abort.signal), {
        signal: abort.signal,
        onProgress: (progress) => post({ type: 'progress', ...progress }),
        finish: (take) =>
          replace(t, () => {
            take();
            end();
          }),
      });
    })();
    const mine = (loading = { abort, settled: work.catch(() => {}) }); // `await work` tells why it failed
    tellLoading();
    try {
      const report = await work;
      setState('idle');
      return report;
    } catch (error) {
      const told = loading === mine && shownState() === 'loading';
      end();
      if (told) setState(state, message);
      throw error;
    }
  }

  /** The learning-rate finder, looking at messages between its steps. @param {Trainer} t @param {Extract<Request, { type: 'find' }>} request */
  async function find(t, { settings, here, sweep: range }) {
    if (here) stop();
    const points = [],
      sweep = here ? t.findHere(range) : replace(t, () => t.find(settings, range)),
      before = state;
    const mine = (finding = {
      end(keep = false) {
        finding = null;
        sweep.return(null);
        if (!here && !keep) t.reset();
        if (state === 'finding') setState(here ? before : 'idle');
      },
    });
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
    if (loading) throw new EngineError('state', 'the data set is still loading');
  }

  function refuseWhileBusy() {
    refuseWhileLoading();
    if (state === 'training' || state === 'finding')
      throw new EngineError(
        'state',
        `the trainer is ${state === 'training' ? 'training' : 'searching for a learning rate'}: stop it first`,
      );
  }

  /** @param {Trainer} t  @param {Request} request  @returns {Promise<any>} */
  async function answer(t, request) {
    if (request.type !== 'pause' && request.type !== 'resume') settle(t);
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
        if (request.type === 'continue') finding?.end(); // on the network that it goes on with
        slices =
          request.type === 'train' ? t.fit(settings, request.run, request.changes) : t.continue(settings, request.run);
        finding?.end(true);
        run = request.run;
        glance = stopped = null;
        setState('training');
        void loop();
        return info;
      }
      case 'weights': {
        refuseWhileLoading();
        const info = t.describe(request.settings);
        replace(t, () => t.loadWeights(request.settings, new Uint8Array(request.bytes)));
        run = request.run;
        setState('stopped');
        return info;
      }
      case 'pause':
        if (state === 'training') setState('paused');
        return { state: shownState() };
      case 'resume':
        if (state === 'stopped' && stopped) [slices, stopped] = [stopped, null];
        if (slices && ['paused', 'stopped'].includes(state)) {
          setState('training');
          void loop();
        }
        return { state: shownState() };
      case 'stop': {
        const kept = slices ?? stopped;
        stop();
        stopped = kept;
        return { state: shownState() };
      }
      case 'reset':
        stop();
        t.reset();
        setState('idle');
        return { state: shownState() };
      case 'top':
        return t.topLosses(request.most, request.cell);
      case 'filters':
        return t.filters();
      case 'preview':
        return t.preview(request.settings, request.count, request.draw);
      case 'predictions':
        return { probabilities: t.engine.predictions(request.split, request.indices) };
      case 'explain':
        return {
          heat: t.engine.occlusion(request.label),
          nearest: request.nearest
            ? await nearest(t.engine, request.nearest, () => nextTurn().then(() => settle(t)))
            : [],
        };
      case 'activations':
        return request.layers.map(({ index, count }) => t.engine.activations(index, count));
      case 'spreads':
        return t.engine.spreads();
      case 'adjust':
        t.change(request);
        return {};
      case 'cancel':
        loading?.abort.abort();
        return {};
      case 'evaluate':
        refuseWhileBusy();
        stopped = null; // it may have stopped in the middle of a validation
        return t.evaluate();
      case 'confusion':
        return t.confusion();
      case 'confused':
        return t.mostConfused(request.least);
      case 'reliability':
        return t.reliability();
      case 'settings':
        return t.settings();
      case 'open': {
        refuseWhileLoading();
        const opened = replace(t, () => t.open(new Uint8Array(request.bytes), request));
        setState('stopped');
        return opened;
      }
      case 'png':
        return t.predictPng(new Uint8Array(request.bytes), request.as);
      case 'decode':
        return t.engine.decodePng(new Uint8Array(request.bytes), request.most);
      case 'kind':
        return t.engine.kindOf(new Uint8Array(request.bytes));
      case 'digest':
        return t.engine.digest;
      case 'save':
        return t.save(request.resumable ?? true);
      case 'restore': {
        refuseWhileLoading();
        slices = replace(t, () => t.resume(new Uint8Array(request.bytes), request.run, request));
        run = request.run;
        setState('paused');
        return {};
      }
      case 'find':
        refuseWhileLoading();
        return find(t, request);
      case 'reader':
        t.engine.setReader(new Uint8Array(request.bytes));
        return {};
      case 'predict':
        return t.engine.read(new Uint8Array(request.rgba), request.width, request.height, request.chosen);
      case 'pictures':
        return t.pictures(request.split, request.indices);
      default:
        throw new EngineError('argument', `no such request: ${String(/** @type {any} */ (request).type)}`);
    }
  }

  const started = trainer.then((t) => {
    t.interruptible = true;
    t.onChange = (change) => post({ type: 'changed', run, change });
    const tell = () =>
      post({
        type: 'ready',
        version: PROTOCOL_VERSION,
        build: BUILD,
        variant: t.variant,
        threads: t.threads,
        canShare: canShare(),
      });
    t.onThreadLost = tell;
    tell();
    return t;
  });
  started.catch((error) => postError(null, error)); // before the requests that wait are refused for the same reason

  return async (data) => {
    if (typeof data?.id !== 'number') {
      postError(null, new EngineError('argument', 'a message without an id is no request'));
      return;
    }
    try {
      const value = await answer(await started, data);
      post(
        { type: 'reply', id: data.id, value },
        data.type === 'save' ? [value.buffer] : data.type === 'decode' ? [value.rgba.buffer] : [],
      );
    } catch (error) {
      postError(data.id, error);
    }
  };
}
