// @ts-check
/**
 * trainer.js - loads data and trains, for the worker and for the command line alike. It knows neither pages nor
 * terminals. Whatever needs no more than one call of the core is asked of `engine` directly.
 */
import { EVENT_KINDS } from '../../build/schema.js';
import { EngineError } from './engine.js';
import { Pace } from './pace.js';
import { needsParts, sliceEnds, turnIsDue } from './slices.js';
import { readEntry, UnreadableError } from './sources/sources.js';

/** @typedef {import('./engine.js').EngineEvent} EngineEvent */
/** @typedef {import('./protocol.js').Settings} Settings */
/** @typedef {import('./protocol.js').Change} Change */
/** @typedef {import('./protocol.js').StepsReport} StepsReport */
/** @typedef {import('./protocol.js').EpochReport} EpochReport */
/** @typedef {{ bytes: number, totalBytes: number | null, train: number, valid: number, skipped: number }} Progress */
/**
 * `finish` calls `take`, which puts the new set in the old one's place at once.
 * @typedef {{ signal?: AbortSignal, onProgress?: (progress: Progress) => void, finish?: (take: () => void) => void }}
 *   LoadOptions
 */
/** @typedef {Generator<StepsReport | EpochReport>} Slices  one report each; see `interruptible` */

/** Milliseconds between two reports of a load. */
const PROGRESS_MS = 50;

/** The measurements of a slice: a number for each step, and how many pictures took how many seconds. */
class Measured {
  /** @type {number[]} */ losses = [];
  /** @type {number[]} */ smoothLosses = [];
  /** @type {number[]} */ lrs = [];
  /** @type {number[]} */ momenta = [];
  images = 0;
  seconds = 0;

  /** Adds a training step. @param {EngineEvent} event @param {number} seconds */
  add(event, seconds) {
    this.losses.push(event.loss);
    this.smoothLosses.push(event.smoothLoss);
    this.lrs.push(event.lr);
    this.momenta.push(event.momentum);
    this.images += event.images;
    this.seconds += seconds;
  }

  /** Returns the arrays of a StepsReport. */
  arrays() {
    return {
      losses: Float32Array.from(this.losses),
      smoothLosses: Float32Array.from(this.smoothLosses),
      lrs: Float32Array.from(this.lrs),
      momenta: Float32Array.from(this.momenta),
    };
  }
}

export class Trainer {
  /** The engine, for all questions that need one call. @readonly @type {import('./engine.js').Engine} */
  engine;
  /** The only clock of training, loading and looking, in milliseconds. @readonly @type {() => number} */
  now;
  /** Steps that the run has done. */
  #steps = 0;
  /** Called after each change in the middle of a run. @type {(change: Change) => void} */
  onChange = () => {};
  /**
   * True if a mini-batch that takes longer than a slice may be left between two layers: the iterators of training then
   * also yield `{ type: 'part' }`, after which nothing but their next() may be called.
   */
  interruptible = false;

  /**
   * @param {import('./engine.js').Engine} engine
   * @param {() => number} [now]  a clock in milliseconds, for tests
   */
  constructor(engine, now = () => performance.now()) {
    this.engine = engine;
    this.now = now;
  }

  // ---- data ----

  /**
   * Loads a data set in place of the one that is there; if anything fails that one stays.
   * @param {string} name
   * @param {import('./sources/sources.js').Entry[]} entries
   * @param {LoadOptions} [options]
   * @returns {Promise<import('./protocol.js').LoadReport>}
   */
  async load(name, entries, { signal, onProgress, finish = (take) => take() } = {}) {
    const { engine } = this,
      start = this.now(),
      onRead = this.#progressOf(entries, start, onProgress);
    engine.loadStart();
    try {
      if (entries.some(({ numbered }) => numbered)) engine.loadNumberClasses();
      for (const entry of entries) await this.#loadEntry(entry, entries.length === 1, onRead, signal);
      signal?.throwIfAborted();
      finish(() => engine.loadFinish());
    } catch (error) {
      engine.loadCancel();
      if (error instanceof Error && !signal?.aborted)
        Object.assign(error, { problems: engine.loadProblems(), skipped: engine.loadCounts().skipped });
      throw error;
    }
    const { train, valid, skipped, apart, litter } = engine.loadCounts();
    return {
      name,
      train,
      valid,
      apart,
      skipped,
      litter,
      problems: engine.loadProblems(),
      classes: engine.classes(),
      seconds: (this.now() - start) / 1000,
    };
  }

  /**
   * Loads one entry. If it cannot be read and there are others, it is skipped and the report names it.
   * @param {import('./sources/sources.js').Entry} entry @param {boolean} alone  it is the only one
   * @param {(bytes: number) => void} onRead @param {AbortSignal} [signal]
   */
  async #loadEntry(entry, alone, onRead, signal) {
    const { engine } = this;
    engine.loadStream(entry.name);
    if (!entry.inFolder || engine.loadWanted()) {
      try {
        for await (const chunk of readEntry(entry, onRead, signal)) engine.loadPush(chunk);
      } catch (error) {
        if (alone || !(error instanceof UnreadableError)) throw error;
        engine.loadSkip(error.reason);
        return;
      }
    }
    engine.loadEnd();
  }

  /**
   * Returns a function that counts the bytes that were read and reports now and then.
   * @param {import('./sources/sources.js').Entry[]} entries @param {number} start  time
   * @param {((progress: Progress) => void) | undefined} report
   */
  #progressOf(entries, start, report) {
    const sum = () => entries.reduce((all, entry) => all + (entry.size ?? NaN), 0);
    let bytes = 0,
      reported = start,
      total = sum();
    return (/** @type {number} */ count) => {
      bytes += count;
      const now = this.now();
      if (!report || now < reported + PROGRESS_MS) return;
      reported = now;
      if (Number.isNaN(total)) total = sum(); // the size of an address comes with its first bytes
      const { train, valid, skipped } = this.engine.loadCounts();
      report({ bytes, totalBytes: total >= bytes ? total : null, train, valid, skipped });
    };
  }

  /**
   * Returns pictures of a split with their labels and paths.
   * @param {'train' | 'valid'} split
   * @param {number[]} indices
   * @throws {EngineError} code `argument` where there is no such picture
   */
  pictures(split, indices) {
    const found = indices.map((i) => {
      const picture = this.engine.picture(split, i);
      if (!picture) throw new EngineError('argument', `there is no picture ${i} in that split`);
      return picture;
    });
    return {
      pictures: found.map((p) => p.pixels),
      labels: found.map((p) => p.label),
      paths: found.map((p) => p.path),
    };
  }

  // ---- training ----

  /**
   * Trains a new model. Each step of the iterator is a slice of about 25 ms (slices.js), so that the caller may stop,
   * wait, or do something else in between.
   * @param {Settings} settings
   * @param {number} [run]  a number to find in the reports
   * @param {Change[]} [changes]  to be made on the way, by rising step
   * @returns {Slices}
   */
  fit(settings, run = 0, changes = []) {
    this.engine.train(settings);
    this.#steps = 0;
    return this.#stages(settings, run, changes);
  }

  /**
   * Trains the current network further. Its optimiser's state is kept, and epochs continue to count.
   * @param {Partial<Settings>} settings  of the same model
   * @param {number} [run]
   * @param {Change[]} [changes]
   * @returns {Slices}
   */
  continue(settings, run = 0, changes = []) {
    this.engine.continue(settings);
    this.onChange({ step: this.#steps, more: settings.epochs });
    return this.#stages(settings, run, changes);
  }

  /**
   * Continues the run of a resumable checkpoint.
   * @param {Uint8Array} bytes
   * @param {number} [run]
   * @param {{ step?: number, held?: boolean, changes?: Change[], settings?: Partial<Settings> }} [more]  what the file
   *   does not hold (`restore` in protocol.js)
   * @returns {Slices}
   */
  resume(bytes, run = 0, { step = 0, held = false, changes = [], settings = {} } = {}) {
    this.engine.restore(bytes);
    if (held) this.engine.freeze(true);
    this.#steps = step;
    return this.#stages(settings, run, changes);
  }

  /**
   * Trains to the end of the run, and then further for each planned change that adds epochs.
   * @param {Partial<Settings>} settings @param {number} run @param {Change[]} changes
   * @returns {Slices}
   */
  *#stages(settings, run, changes) {
    const end = changes.findIndex(({ more }) => more);
    yield* this.#slices(run, end < 0 ? changes : changes.slice(0, end));
    if (end >= 0) yield* this.continue({ ...settings, epochs: changes[end].more }, run, changes.slice(end + 1));
  }

  /** Changes the run from its next step on. @param {{ lr?: number, frozen?: boolean }} change */
  change({ lr, frozen }) {
    if (lr !== undefined) this.engine.setRate(lr);
    if (frozen !== undefined) this.engine.freeze(frozen);
    this.onChange({
      step: this.#steps,
      ...(lr === undefined ? {} : { lr }),
      ...(frozen === undefined ? {} : { frozen }),
    });
  }

  /**
   * @param {number} run
   * @param {Change[]} changes
   * @returns {Generator<any>}  reports, and parts where it is interruptible
   */
  *#slices(run, changes) {
    const planned = [...changes],
      pace = new Pace();
    let slow = true, // the first step counts as slow until it is measured
      first = true,
      lastSmooth = NaN;
    for (;;) {
      while (planned[0]?.step <= this.#steps) this.change(/** @type {Change} */ (planned.shift()));
      const start = this.now(),
        measured = new Measured();
      let event,
        end = start;
      for (let steps = 1, ends = false; !ends; steps++) {
        const taken = yield* this.#advance(slow && this.interruptible, start);
        event = taken.event;
        this.#steps = event.step;
        if (event.kind === EVENT_KINDS.done) return;
        if (event.kind === EVENT_KINDS.step || !slow) slow = needsParts(taken.ms); // a validation is faster than a step
        pace.add(event, taken.ms / 1000);
        if (event.kind === EVENT_KINDS.step) measured.add(event, taken.ms / 1000);
        end = this.now();
        const endsEpoch = event.kind === EVENT_KINDS.epoch,
          changeDue = planned[0]?.step <= event.step;
        ends = sliceEnds({ elapsedMs: end - start, steps, first, endsEpoch, changeDue });
      }
      first = false;
      pace.endSlice(end, measured.images, measured.seconds);
      lastSmooth = measured.smoothLosses.at(-1) ?? lastSmooth;
      const reported = /** @type {EngineEvent} */ (event);
      yield stepsReport(run, reported, measured, pace);
      if (reported.kind === EVENT_KINDS.epoch)
        yield epochReport(run, reported, lastSmooth, pace, this.engine.confusion());
    }
  }

  /**
   * Trains or validates on the next mini-batch.
   * @param {boolean} inParts  a layer at a time: yields between two layers when messages should be handled
   * @param {number} turn  time when messages could last be handled
   * @returns {Generator<{ type: 'part' }, { event: EngineEvent, ms: number }>} `ms` of work
   */
  *#advance(inParts, turn) {
    for (let ms = 0; ;) {
      const before = this.now(),
        event = inParts ? this.engine.advancePart() : this.engine.advance(),
        after = this.now();
      ms += after - before;
      if (event.kind !== EVENT_KINDS.part) return { event, ms };
      if (!turnIsDue(after - turn)) continue;
      yield { type: 'part' };
      turn = this.now();
    }
  }

  // ---- a network ----

  /**
   * Opens the network of a checkpoint of ours. Without data it can predict and be saved; with keepData it is a learner
   * of the data set that is there, and continues where the file stopped if that set has as many pictures as the file's.
   * @param {Uint8Array} bytes
   * @param {{ keepData?: boolean }} [options]
   */
  open(bytes, { keepData = false } = {}) {
    this.engine.open(bytes, keepData);
    return {
      classes: this.engine.classes(),
      settings: /** @type {Record<string, string>} */ (this.engine.settings()),
    };
  }

  /**
   * Validates the current weights on all validation pictures.
   * @param {{ shifted?: boolean }} [options]  shifted: with the mean of nine views of each picture, shifted by up to a
   *   pixel
   * @returns {import('./protocol.js').Evaluation}
   */
  evaluate({ shifted = false } = {}) {
    const { validLoss, accuracy, batchAccuracy } = shifted ? this.engine.evaluateShifted() : this.engine.evaluate();
    return { validLoss, accuracy, batchAccuracy, confusion: this.engine.confusion() };
  }

  /**
   * Runs the learning-rate finder on a new model: yields a point for each step.
   * @param {Settings} settings
   * @param {{ start?: number, end?: number, steps?: number }} [options]
   */
  find(settings, options) {
    this.engine.train(settings);
    return this.engine.find(options);
  }
}

/**
 * @param {number} run
 * @param {EngineEvent} event
 * @param {Measured} measured
 * @param {Pace} pace
 * @returns {StepsReport}
 */
const stepsReport = (run, event, measured, pace) => ({
  type: 'steps',
  run,
  phase: event.kind === EVENT_KINDS.step ? 'train' : 'valid',
  epoch: event.epoch,
  step: event.step,
  stepsPerEpoch: event.stepsPerEpoch,
  epochs: event.epochs,
  ...measured.arrays(),
  lr: event.lr,
  ...pace.progress(event),
  imagesPerSecond: pace.imagesPerSecond,
});

/**
 * @param {number} run @param {EngineEvent} event @param {number} trainLossSmoothed @param {Pace} pace
 * @param {Uint32Array} confusion @returns {EpochReport}
 */
const epochReport = (run, event, trainLossSmoothed, pace, confusion) => ({
  type: 'epoch',
  run,
  epoch: event.epoch,
  fit: event.fit,
  fitEpoch: event.fitEpoch,
  step: event.step,
  trainLoss: event.trainLoss,
  trainLossSmoothed,
  validLoss: event.validLoss,
  accuracy: event.accuracy,
  batchAccuracy: event.batchAccuracy,
  ...pace.endEpoch(),
  confusion,
});
