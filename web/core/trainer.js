// @ts-check
/**
 * trainer.js - loads data and trains, for the worker and for the command line alike. Nothing here
 * knows of pages or terminals.
 */
import { DONE, EngineError, EPOCH, PART, STEP } from './engine.js';
import { readEntry, UnreadableError } from './sources/sources.js';

/** Milliseconds of training between two reports: a pause waits no longer than this and one batch, or one layer of it (below). */
const SLICE_MS = 25;
/** Work of training one picture, in units of validating one: forward, and backward twice that. */
const TRAIN_WORK = 3;
/** Seconds of training over which the speed is told. */
const SPEED_WINDOW = 1;
/** Steps of a slice, and slices of that window, for a clock that stands still. */
const UNTIMED_STEPS = 64,
  MOST_SLICES = 1000;

export class Trainer {
  #engine;
  /** Steps that the run has done. */
  #steps = 0;
  /** Told of each change in the middle of a run. @type {(change: import('./protocol.js').Change) => void} */
  onChange = () => {};
  /**
   * Whether a mini-batch that takes longer than a slice may be left between two layers: the iterators of training then
   * also yield `{ type: 'part' }`, after which nothing but their next() may be called.
   */
  interruptible = false;

  /** @param {import('./engine.js').Engine} engine */
  constructor(engine) {
    this.#engine = engine;
  }

  /** For looking inside (look.js). */
  get engine() {
    return this.#engine;
  }

  get variant() {
    return this.#engine.variant;
  }

  get threads() {
    return this.#engine.threads;
  }

  /** @param {() => void} tell */
  set onThreadLost(tell) {
    this.#engine.onThreadLost = tell;
  }

  /** Ends its threads; it cannot be used any more. */
  close() {
    this.#engine.close();
  }

  /**
   * Loads a data set in place of the one that is there; if anything fails that one stays.
   * @param {string} name
   * @param {import('./sources/sources.js').Entry[]} entries
   * @param {{ signal?: AbortSignal, onProgress?: (progress: { bytes: number, totalBytes: number | null,
   *   train: number, valid: number, skipped: number }) => void, finish?: (take: () => void) => void }} [options]
   *   `finish` calls `take`, with which the new set takes the old one's place at once
   * @returns {Promise<import('./protocol.js').LoadReport>}
   */
  async load(name, entries, { signal, onProgress, finish = (take) => take() } = {}) {
    const engine = this.#engine,
      start = performance.now();
    let bytes = 0,
      reported = start;
    const sum = () => entries.reduce((all, entry) => all + (entry.size ?? NaN), 0);
    let total = sum();
    const onRead = (/** @type {number} */ n) => {
      bytes += n;
      const now = performance.now();
      if (!onProgress || now < reported + 50) return;
      reported = now;
      if (Number.isNaN(total)) total = sum(); // an address's size comes with its first bytes
      const { train, valid, skipped } = engine.loadCounts();
      onProgress({ bytes, totalBytes: total >= bytes ? total : null, train, valid, skipped });
    };
    engine.loadStart();
    if (entries.some(({ numbered }) => numbered)) engine.loadNumberClasses();
    try {
      for (const entry of entries) {
        engine.loadStream(entry.name);
        if (entry.inFolder && !engine.loadWanted()) {
          engine.loadEnd();
          continue;
        }
        try {
          for await (const chunk of readEntry(entry, onRead, signal)) engine.loadPush(chunk);
        } catch (error) {
          if (entries.length === 1 || !(error instanceof UnreadableError)) throw error;
          engine.loadSkip(error.reason);
          continue;
        }
        engine.loadEnd();
      }
      signal?.throwIfAborted();
      finish(() => engine.loadFinish());
    } catch (error) {
      engine.loadCancel();
      if (error instanceof Error && !signal?.aborted)
        Object.assign(error, { problems: engine.loadProblems(), skipped: engine.loadCounts().skipped });
      throw error;
    }
    return { ...this.#report(name), seconds: (performance.now() - start) / 1000 };
  }

  /** @param {string} name */
  #report(name) {
    const { train, valid, skipped, apart, litter } = this.#engine.loadCounts();
    return {
      name,
      train,
      valid,
      apart,
      skipped,
      litter,
      problems: this.#engine.loadProblems(),
      classes: this.#engine.classes(),
    };
  }

  /** @param {Partial<import('./protocol.js').Settings>} settings */
  describe(settings) {
    return this.#engine.describe(settings);
  }

  /**
   * @param {'train' | 'valid'} split
   * @param {number[]} indices
   */
  pictures(split, indices) {
    const found = indices.map((i) => {
      const picture = this.#engine.picture(split, i);
      if (!picture) throw new EngineError('argument', `there is no picture ${i} in that split`);
      return picture;
    });
    return {
      pictures: found.map((p) => p.pixels),
      labels: found.map((p) => p.label),
      paths: found.map((p) => p.path),
    };
  }

  /**
   * @param {Uint8Array} rgba
   * @param {number} width
   * @param {number} height
   */
  predict(rgba, width, height) {
    return this.#engine.predict(rgba, width, height);
  }

  /** A PNG file, read as a person's digit or as the data set's pictures are. @param {Uint8Array} bytes @param {'digit' | 'picture'} [as] */
  predictPng(bytes, as = 'digit') {
    return this.#engine.predictPng(bytes, as);
  }

  /** [classes * classes] of the last validation, row = actual. */
  confusion() {
    return this.#engine.confusion();
  }

  /** Pairs of classes by falling count, as fastai lists them. @param {number} [least] */
  mostConfused(least = 1) {
    return this.#engine.mostConfused(least);
  }

  /** @param {number} most @param {{ actual: number, predicted: number }} [cell] */
  topLosses(most, cell) {
    return this.#engine.topLosses(most, cell);
  }

  /** A safetensors file of the model; a resumable one also holds the position in its run. @param {boolean} resumable */
  save(resumable) {
    return this.#engine.save(resumable);
  }

  /**
   * Goes on where a resumable checkpoint stopped.
   * @param {Uint8Array} bytes
   * @param {number} [run]
   * @param {{ step?: number, held?: boolean, changes?: import('./protocol.js').Change[], settings?: Partial<import('./protocol.js').Settings> }} [more]  what it does not hold (protocol.js)
   */
  resume(bytes, run = 0, { step = 0, held = false, changes = [], settings = {} } = {}) {
    this.#engine.restore(bytes);
    if (held) this.#engine.freeze(true);
    this.#steps = step;
    return this.#stages(settings, run, changes);
  }

  /**
   * The network of a checkpoint of ours. Without data it can predict and be saved; with keepData it is
   * of the data set that is there, and goes on where the file stopped if that has as many pictures.
   * @param {Uint8Array} bytes
   * @param {{ keepData?: boolean }} [options]
   */
  open(bytes, { keepData = false } = {}) {
    this.#engine.open(bytes, keepData);
    return {
      classes: this.#engine.classes(),
      settings: /** @type {Record<string, string>} */ (this.#engine.settings()),
    };
  }

  /** Names of the classes; none while there is neither data nor network. */
  get classes() {
    return this.#engine.classes();
  }

  /** Of the network that is there, by their names in the core; null without one. */
  settings() {
    return this.#engine.settings();
  }

  reset() {
    this.#engine.reset();
  }

  /**
   * Trains a new model; each step of the iterator is a slice of about 25 ms, so that whoever
   * iterates may stop, wait, or do something else in between.
   * @param {import('./protocol.js').Settings} settings
   * @param {number} [run]  a number to find in the reports
   * @param {import('./protocol.js').Change[]} [changes]  to be made on the way, by rising step
   * @returns {Generator<import('./protocol.js').StepsReport | import('./protocol.js').EpochReport>}
   */
  fit(settings, run = 0, changes = []) {
    this.#engine.train(settings);
    this.#steps = 0;
    return this.#stages(settings, run, changes);
  }

  /**
   * Trains the network that is there further; its optimiser's state is kept. Epochs go on counting.
   * @param {Partial<import('./protocol.js').Settings>} settings  of the same model
   * @param {number} [run]
   * @param {import('./protocol.js').Change[]} [changes]
   * @returns {Generator<import('./protocol.js').StepsReport | import('./protocol.js').EpochReport>}
   */
  continue(settings, run = 0, changes = []) {
    this.#engine.continue(settings);
    this.onChange({ step: this.#steps, more: settings.epochs });
    return this.#stages(settings, run, changes);
  }

  /**
   * To the end, and on from there where `more` epochs are planned.
   * @param {Partial<import('./protocol.js').Settings>} settings @param {number} run @param {import('./protocol.js').Change[]} changes
   * @returns {Generator<import('./protocol.js').StepsReport | import('./protocol.js').EpochReport>}
   */
  *#stages(settings, run, changes) {
    const end = changes.findIndex(({ more }) => more);
    yield* this.#slices(run, end < 0 ? changes : changes.slice(0, end));
    if (end >= 0) yield* this.continue({ ...settings, epochs: changes[end].more }, run, changes.slice(end + 1));
  }

  /**
   * A new model with the weights of any safetensors file that has its names and shapes; what is there stays if
   * this fails.
   * @param {Partial<import('./protocol.js').Settings>} settings
   * @param {Uint8Array} bytes
   */
  loadWeights(settings, bytes) {
    this.#engine.trainWith(settings, bytes);
  }

  /** A whole validation with the weights of this moment. @returns {import('./protocol.js').Evaluation} */
  evaluate() {
    const { validLoss, accuracy, batchAccuracy } = this.#engine.evaluate();
    return { validLoss, accuracy, batchAccuracy, confusion: this.#engine.confusion() };
  }

  /** The same with the mean of nine views of each picture, shifted by up to a pixel. @returns {import('./protocol.js').Evaluation} */
  evaluateShifted() {
    const { validLoss, accuracy, batchAccuracy } = this.#engine.evaluateShifted();
    return { validLoss, accuracy, batchAccuracy, confusion: this.#engine.confusion() };
  }

  /**
   * Holds training pictures out: they take the place of the validation pictures, so that choices can be made without
   * looking at those. What was trained is gone.
   * @param {number} count @param {number} seed
   */
  holdOut(count, seed) {
    this.#engine.holdOut(count, seed);
  }

  /** Fits the temperature of the probabilities to the last validation. */
  calibrate() {
    return this.#engine.calibrate();
  }

  /** Of the last validation. */
  reliability() {
    return this.#engine.reliability();
  }

  filters() {
    return this.#engine.filters();
  }

  /** @param {Partial<import('./protocol.js').Settings>} settings @param {number} count @param {number} draw */
  preview(settings, count, draw) {
    return this.#engine.preview(settings, count, draw);
  }

  /**
   * The learning-rate finder on a new model: a point for each step.
   * @param {import('./protocol.js').Settings} settings
   * @param {{ start?: number, end?: number, steps?: number }} [options]
   */
  find(settings, options) {
    this.#engine.train(settings);
    return this.#engine.find(options);
  }

  /** The same on the network that is there. @param {{ start?: number, end?: number, steps?: number }} [options] */
  findHere(options) {
    return this.#engine.find(options);
  }

  /** A change from the next step on. @param {{ lr?: number, frozen?: boolean }} change */
  change({ lr, frozen }) {
    if (lr !== undefined) this.#engine.setRate(lr);
    if (frozen !== undefined) this.#engine.freeze(frozen);
    this.onChange({
      step: this.#steps,
      ...(lr === undefined ? {} : { lr }),
      ...(frozen === undefined ? {} : { frozen }),
    });
  }

  /**
   * @param {number} run
   * @param {import('./protocol.js').Change[]} [changes]
   * @returns {Generator<any>}  reports, and parts where it is interruptible
   */
  *#slices(run, changes = []) {
    const engine = this.#engine;
    let slow = true; // as far as is known: the first step is the longest
    let slice = 0; // ms: the first step is told at once
    let workHere = 0,
      busy = 0,
      trainSeconds = 0,
      validSeconds = 0,
      lastSmooth = NaN;
    /** @type {{ at: number, images: number, seconds: number }[]} */
    const window = [],
      planned = [...changes];

    for (;;) {
      while (planned[0]?.step <= this.#steps)
        this.change(/** @type {import('./protocol.js').Change} */ (planned.shift()));
      const losses = [],
        smoothLosses = [],
        lrs = [],
        momenta = [];
      let event,
        images = 0,
        seconds = 0,
        steps = 0;
      const sliceStart = performance.now();
      let now = sliceStart,
        turn = now; // when messages could last be looked at
      do {
        const inParts = slow && this.interruptible;
        let spent = 0;
        do {
          const before = now;
          event = inParts ? engine.advancePart() : engine.advance();
          now = performance.now();
          spent += (now - before) / 1000;
          if (event.kind === PART && now - turn >= SLICE_MS) {
            yield { type: 'part' };
            now = turn = performance.now();
          }
        } while (event.kind === PART);
        this.#steps = event.step;
        steps++;
        if (event.kind === DONE) return;
        if (event.kind === STEP || !slow) slow = spent * 1000 > SLICE_MS; // a validation is faster
        busy += spent;
        if (event.kind === STEP) {
          losses.push(event.loss);
          smoothLosses.push((lastSmooth = event.smoothLoss));
          lrs.push(event.lr);
          momenta.push(event.momentum);
          images += event.images;
          seconds += spent;
          trainSeconds += spent;
          workHere += TRAIN_WORK * event.images;
        } else {
          validSeconds += spent;
          workHere += event.images;
        }
      } while (
        event.kind !== EPOCH &&
        now - sliceStart < slice &&
        (now > sliceStart || steps < UNTIMED_STEPS) &&
        !(planned[0]?.step <= event.step)
      );
      slice = SLICE_MS;

      if (images) window.push({ at: now, images, seconds });
      while (window.length > 1 && (window[0].at < now - SPEED_WINDOW * 1000 || window.length > MOST_SLICES))
        window.shift();
      const { epochs } = event,
        perEpoch = event.trainCount * TRAIN_WORK + event.validCount;
      const totalWork = (epochs - event.firstEpoch) * perEpoch;
      const work = (event.epoch - event.firstEpoch) * perEpoch + event.trained * TRAIN_WORK + event.validated;
      yield {
        type: 'steps',
        run,
        phase: event.kind === STEP ? 'train' : 'valid',
        epoch: event.epoch,
        step: event.step,
        stepsPerEpoch: event.stepsPerEpoch,
        epochs,
        losses: Float32Array.from(losses),
        smoothLosses: Float32Array.from(smoothLosses),
        lrs: Float32Array.from(lrs),
        momenta: Float32Array.from(momenta),
        lr: event.lr,
        progress: work / totalWork,
        imagesPerSecond: window.reduce((n, w) => n + w.images, 0) / (window.reduce((n, w) => n + w.seconds, 0) || NaN),
        secondsLeft: (busy * (totalWork - work)) / workHere,
      };
      if (event.kind !== EPOCH) continue;
      yield {
        type: 'epoch',
        run,
        epoch: event.epoch,
        fit: event.fit,
        fitEpoch: event.fitEpoch,
        step: event.step,
        trainLoss: event.trainLoss,
        trainLossSmoothed: lastSmooth,
        validLoss: event.validLoss,
        accuracy: event.accuracy,
        batchAccuracy: event.batchAccuracy,
        seconds: trainSeconds + validSeconds,
        trainSeconds,
        validSeconds,
        confusion: engine.confusion(),
      };
      trainSeconds = validSeconds = 0;
    }
  }
}
