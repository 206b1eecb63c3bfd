// @ts-check
/**
 * host.js - answers requests (protocol.js) for a trainer, and trains in slices, handling messages between two of them.
 * The page's worker is one host; the package has others. What each request does stands in requests.js.
 */
import { EngineError } from './engine.js';
import { Glance } from './look.js';
import { BUILD, PROTOCOL_VERSION } from './protocol.js';
import { checkNeeds, handlerOf } from './requests.js';
import { canShare } from './variants.js';

/** @typedef {import('./trainer.js').Trainer} Trainer */
/** @typedef {import('./protocol.js').Request} Request */
/** @typedef {import('./protocol.js').Report} Report */
/** @typedef {import('./protocol.js').State} State */
/** @typedef {import('./sources/sources.js').Entry} Entry */
/** @typedef {(report: Report, transfer: Transferable[]) => void} Send */
/** Opens a source. @typedef {(source: any, signal: AbortSignal) => Promise<Entry[]>} EntriesOf */
/** A source that is being opened. @typedef {{ abort: AbortController, entries: Promise<Entry[]> }} Opened */

/** Milliseconds that a load gets after each slice of a run beside it: about as long as the slice. */
const LOAD_SHARE_MS = 25;

// Between two slices the messages that wait are handled. A timer would wait 4 ms each time. Node would take a thousand
// messages from this channel before it handled any other, and has setImmediate.
const { setImmediate } = /** @type {any} */ (globalThis);
const channel = setImmediate ? null : new MessageChannel();
/** @type {(() => void)[]} */
const waiting = [];
if (channel) channel.port1.onmessage = () => waiting.shift()?.();
/** @returns {Promise<void>} */
function nextTurn() {
  return new Promise((resolve) => {
    if (!channel) return setImmediate(resolve);
    waiting.push(resolve);
    channel.port2.postMessage(null);
  });
}

/** @param {Send} send @param {number | null} id  null where no request waits @param {unknown} error */
function sendError(send, id, error) {
  const aborted = error instanceof DOMException && error.name === 'AbortError';
  const code = error instanceof EngineError ? error.code : aborted ? 'aborted' : 'internal';
  const message = error instanceof Error ? error.message : String(error);
  const { problems, skipped } = /** @type {any} */ (error ?? {});
  send({ type: 'error', id, code, message, problems, skipped }, []);
}

/** The state of one trainer: its run, its search for a learning rate, its load. */
export class Host {
  /** @readonly @type {Trainer} */
  trainer;
  #send;
  /** The state of the run or the search. A load is separate from it. @type {Exclude<State, 'loading'>} */
  #state = 'idle';
  /** The message that is sent with that state. @type {string | undefined} */
  #message;
  #run = 0;
  /** @type {Iterator<any> | null} */
  #slices = null;
  /** The slices of a run that was stopped and can be resumed. @type {Iterator<any> | null} */
  #stopped = null;
  #looping = false;
  /** A mini-batch is between two of its layers. */
  #midStep = false;
  /** A running sample of the validation pictures. @type {Glance | null} */
  #glance = null;
  /** @type {{ abort: AbortController, settled: Promise<unknown> } | null} */
  #loading = null;
  /**
   * A search for a learning rate. `end(true)` leaves the network alone, since another has taken its place.
   * @type {{ end: (replaced?: boolean) => void } | null}
   */
  #finding = null;

  /**
   * @param {Trainer} trainer
   * @param {Send} send
   */
  constructor(trainer, send) {
    this.trainer = trainer;
    this.#send = send;
    trainer.interruptible = true;
    trainer.onChange = (change) => this.#post({ type: 'changed', run: this.#run, change });
    trainer.engine.onThreadLost = () => this.#postReady();
    this.#postReady();
  }

  get engine() {
    return this.trainer.engine;
  }

  get state() {
    return this.#state;
  }

  get isLoading() {
    return this.#loading !== null;
  }

  // ---- states and reports ----

  /** @param {Report} report @param {Transferable[]} [transfer] */
  #post(report, transfer = []) {
    this.#send(report, transfer);
  }

  #postReady() {
    const { variant, threads } = this.engine;
    this.#post({ type: 'ready', version: PROTOCOL_VERSION, build: BUILD, variant, threads, canShare: canShare() });
  }

  get #isRunning() {
    return this.#state === 'training' || this.#state === 'paused';
  }

  /** The state that is shown: `loading` only while nothing else is at work. @returns {State} */
  get #shownState() {
    return this.#loading && !this.#isRunning && this.#state !== 'finding' ? 'loading' : this.#state;
  }

  #postLoading() {
    if (this.#shownState === 'loading') this.#post({ type: 'state', state: 'loading', run: this.#run });
  }

  /** @param {Exclude<State, 'loading'>} state @param {string} [message] */
  #setState(state, message) {
    this.#state = state;
    this.#message = message;
    this.#post({ type: 'state', state, run: this.#run, message });
    this.#postLoading();
  }

  // ---- training ----

  /** Trains for one slice and reports it. */
  #takeSlice() {
    const slices = /** @type {Iterator<any>} */ (this.#slices);
    this.#midStep = false;
    try {
      const { value, done } = slices.next();
      if (done) {
        this.#slices = null;
        this.#setState('finished', this.engine.digest);
      } else if (value.type === 'part') {
        this.#midStep = true;
      } else {
        this.#post(value, value.type === 'steps' ? [value.losses.buffer, value.smoothLosses.buffer] : []);
        if (value.type === 'steps' && value.phase === 'train') this.#lookAt(value.epoch);
      }
    } catch (error) {
      this.#slices = null;
      const code = error instanceof EngineError ? error.code : '';
      if (code === 'diverged') return this.#setState('diverged', /** @type {EngineError} */ (error).message);
      if (code && code !== 'crashed') this.#setState('stopped'); // after a crash the worker is lost, the run is not
      sendError(this.#send, null, error);
    }
  }

  /** Looks at some validation pictures, if it is time to. @param {number} epoch */
  #lookAt(epoch) {
    this.#glance ??= new Glance(this.engine, this.trainer.now);
    const seen = this.#glance.look(epoch);
    if (seen) this.#post({ type: 'glance', run: this.#run, ...seen }, [seen.counts.buffer]);
  }

  /**
   * Trains until the run ends or is stopped. No request waits for a failure here, so it is reported as the trainer's.
   */
  async #loop() {
    if (this.#looping) return;
    this.#looping = true;
    try {
      while (this.#state === 'training' && this.#slices) {
        this.#takeSlice();
        await (this.#loading ? new Promise((resolve) => setTimeout(resolve, LOAD_SHARE_MS)) : nextTurn());
      }
    } catch (error) {
      sendError(this.#send, null, error);
    } finally {
      this.#looping = false;
    }
  }

  /** Finishes the mini-batch under way, after which the network may be used. */
  finishStep() {
    while (this.#midStep && this.#slices) this.#takeSlice();
  }

  /** Lets other messages be handled; afterwards the network may be used again. */
  async nextTurn() {
    await nextTurn();
    this.finishStep();
  }

  /**
   * Begins a run. If `make` fails, everything continues unchanged.
   * @param {number} run  its number @param {() => Iterator<any>} make
   */
  begin(run, make) {
    this.#slices = make();
    this.#finding?.end(true);
    this.#run = run;
    this.#glance = this.#stopped = null;
    this.#setState('training');
    void this.#loop();
  }

  /** Makes a run that is paused at its beginning. @param {number} run @param {() => Iterator<any>} make */
  hold(run, make) {
    this.#slices = this.replace(make);
    this.#run = run;
    this.#setState('paused');
  }

  /** There is a network that is not training. @param {number} [run]  its number, if it has one */
  setStopped(run = this.#run) {
    this.#run = run;
    this.#setState('stopped');
  }

  pause() {
    if (this.#state === 'training') this.#setState('paused');
    return { state: this.#shownState };
  }

  /** Resumes a run that was paused, or one that was stopped and that nothing has replaced. */
  resume() {
    if (this.#state === 'stopped' && this.#stopped) [this.#slices, this.#stopped] = [this.#stopped, null];
    if (this.#slices && (this.#state === 'paused' || this.#state === 'stopped')) {
      this.#setState('training');
      void this.#loop();
    }
    return { state: this.#shownState };
  }

  /** Stops the run, which can be resumed. */
  stopAndKeep() {
    const kept = this.#slices ?? this.#stopped;
    this.#stop();
    this.#stopped = kept;
    return { state: this.#shownState };
  }

  forgetStopped() {
    this.#stopped = null;
  }

  /** Drops the network. */
  reset() {
    this.#stop();
    this.engine.reset();
    this.#setState('idle');
    return { state: this.#shownState };
  }

  /**
   * Ends the run or the search. The network of a run stays, unless another has taken its place.
   * @param {string} [digest]  of the network that was replaced @param {boolean} [replaced]
   */
  #stop(digest, replaced) {
    this.#slices = this.#stopped = null;
    this.#finding?.end(replaced);
    if (this.#isRunning) this.#setState('stopped', digest);
  }

  /**
   * Replaces the network or the data set. If `make` fails, everything continues unchanged.
   * @template T @param {() => T} make @returns {T}
   */
  replace(make) {
    this.finishStep();
    const digest = this.#isRunning ? this.engine.digest : undefined,
      made = make();
    this.#stop(digest, true);
    return made;
  }

  // ---- loading ----

  /** Cancels the load that is running. */
  cancelLoad() {
    this.#loading?.abort.abort();
  }

  /**
   * Loads a data set. A run or a search continues until the new set is whole. The load replaces one that is still
   * running, which is aborted first.
   * @param {string} name @param {Opened} opened
   */
  async load(name, { abort, entries }) {
    const older = this.#loading;
    const end = () => {
      if (this.#loading === mine) this.#loading = null;
    };
    older?.abort.abort();
    const work = (async () => {
      await older?.settled;
      abort.signal.throwIfAborted();
      return this.trainer.load(name, await entries, {
        signal: abort.signal,
        onProgress: (progress) => this.#post({ type: 'progress', ...progress }),
        finish: (take) =>
          this.replace(() => {
            take();
            end();
          }),
      });
    })();
    const mine = (this.#loading = { abort, settled: work.catch(() => {}) }); // `await work` reports the failure
    this.#postLoading();
    try {
      const report = await work;
      this.#setState('idle');
      return report;
    } catch (error) {
      const shown = this.#loading === mine && this.#shownState === 'loading';
      end();
      if (shown) this.#setState(this.#state, this.#message);
      throw error;
    }
  }

  // ---- the learning-rate finder ----

  /** Ends a search for a learning rate. */
  endSearch() {
    this.#finding?.end();
  }

  /**
   * Runs the learning-rate finder, handling messages between its steps. A search on a network that is `here` leaves it
   * as it was; otherwise the network of the search is dropped at its end.
   * @param {Extract<Request, { type: 'find' }>} request
   */
  async find({ settings, here, sweep: range }) {
    if (here) this.#stop();
    const { trainer, engine } = this,
      points = [],
      sweep = here ? engine.find(range) : this.replace(() => trainer.find(settings, range)),
      before = this.#state;
    const mine = (this.#finding = {
      end: (replaced = false) => {
        this.#finding = null;
        sweep.return(null);
        if (!here && !replaced) engine.reset();
        if (this.#state === 'finding') this.#setState(here ? before : 'idle');
      },
    });
    this.#setState('finding');
    try {
      for (;;) {
        const { value, done } = sweep.next();
        if (done) return { points, suggestions: value };
        points.push(value);
        await nextTurn();
        if (this.#finding !== mine) throw new EngineError('aborted', 'the search was stopped');
      }
    } finally {
      if (this.#finding === mine) mine.end();
    }
  }
}

/**
 * Answers requests for a trainer that is being started.
 * @param {Promise<Trainer>} trainer
 * @param {Send} send  passes a report to the asker
 * @param {EntriesOf} entriesOf  called as soon as a load is asked for, so that bytes arrive while the engine starts
 * @returns {(request: any) => Promise<void>} to be called with each request
 */
export function createHost(trainer, send, entriesOf) {
  const started = trainer.then((t) => new Host(t, send));
  // Reported before the requests that wait are refused for the same reason.
  started.catch((error) => sendError(send, null, error));

  return async (request) => {
    if (typeof request?.id !== 'number') {
      sendError(send, null, new EngineError('argument', 'a message without an id is no request'));
      return;
    }
    try {
      const { needs, prepare, run, transfer } = handlerOf(request),
        prepared = prepare?.(request, entriesOf),
        host = await started;
      checkNeeds(host, needs);
      const value = await run(host, request, prepared);
      send({ type: 'reply', id: request.id, value }, transfer?.(value) ?? []);
    } catch (error) {
      sendError(send, request.id, error);
    }
  };
}
