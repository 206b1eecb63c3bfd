// @ts-check
/** run.js - the record of one run: its settings, curves, epochs and changes. */
import { Column } from './history.js';

/** @typedef {Omit<import('../core/protocol.js').EpochReport, 'confusion'>} EpochNumbers */
/** A change in the middle of the run. @typedef {{ x: number, text: string }} Mark */

/** Most epochs whose confusion matrices are kept. */
const MATRICES = 200;
/** Most points of each curve. Beyond it every second point is removed, so that memory does not grow with time. */
const POINTS = 1 << 20;

/** Returns the time, or the start of 1970 if the clock's value is no valid date. */
export function timeNow() {
  const now = Date.now();
  return Math.abs(now) < 8e15 ? now : 0;
}

export class Run {
  /** Position of each step in epochs, its loss, the smoothed loss after it, and its learning rate. */
  x = new Column();
  loss = new Column();
  smooth = new Column();
  lr = new Column();
  /** @type {EpochNumbers[]} */
  epochs = [];
  /** The confusion matrix of each epoch, the last epochs only. @type {Uint32Array[]} */
  matrices = [];
  /**
   * The confusion matrix of a sample, during an epoch.
   * @type {{ counts: Uint32Array, pictures: number, of: number, worst: import('../core/protocol.js').Mistake[] } |
   *   null}
   */
  glance = null;
  /** @type {import('../core/protocol.js').StepsReport | null} */
  latest = null;
  /** @type {Mark[]} */
  marks = [];
  /**
   * The changes that the marks show: with them the run can be made again.
   * @type {import('../core/protocol.js').Change[]}
   */
  changes = [];
  /** How the run ended; '' before its end. */
  end = '';
  /** The digest of the weights at its end. */
  digest = '';
  started = timeNow();
  /** Returns digits that no other run has, even if the clock is wrong. */
  id = String(crypto.getRandomValues(new BigUint64Array(1))[0]);
  /** Changes that were planned when the run started. @type {import('../core/protocol.js').Change[]} */
  plan = [];
  paused = false;
  /** The data set and the model of the run. */
  dataName = '';
  /** @type {string[]} */
  classes = [];
  line = '';
  name = '';

  /** @param {number} number  that its reports carry  @param {import('../core/protocol.js').Settings} settings */
  constructor(number, settings) {
    this.number = number;
    this.settings = settings;
  }

  /** The confusion matrix of the last epoch. @returns {Uint32Array | null} */
  get confusion() {
    return this.matrices.at(-1) ?? null;
  }

  /** @param {import('../core/protocol.js').StepsReport} report */
  addSteps(report) {
    this.latest = report;
    const first = report.step - report.losses.length;
    report.losses.forEach((loss, i) => {
      this.x.push((first + i + 1) / report.stepsPerEpoch);
      this.loss.push(loss);
      this.smooth.push(report.smoothLosses[i]);
      this.lr.push(report.lrs[i]);
    });
    if (this.x.length > POINTS) for (const column of [this.x, this.loss, this.smooth, this.lr]) column.thin();
  }

  /** @param {import('../core/protocol.js').EpochReport} report */
  addEpoch({ confusion, ...numbers }) {
    this.epochs.push(numbers);
    this.matrices.push(confusion);
    if (this.matrices.length > MATRICES) this.matrices.shift();
    this.glance = null;
  }

  /**
   * Takes the run back to an earlier moment.
   * @param {{ at: number, epochs: number, step: number }} moment  in epochs, those that had ended, and steps
   */
  cut({ at, epochs, step }) {
    const x = this.x.values();
    let length = x.length;
    while (length > 0 && x[length - 1] > at) length--;
    for (const column of [this.x, this.loss, this.smooth, this.lr]) column.length = length;
    this.matrices.length = Math.max(0, this.matrices.length - Math.max(0, this.epochs.length - epochs));
    this.epochs.length = Math.min(this.epochs.length, epochs);
    this.marks = this.marks.filter(({ x }) => x <= at);
    this.changes = this.changes.filter((change) => change.step <= step);
    this.glance = null;
  }

  /** Says if a change has frozen all layers but the last. */
  get held() {
    // `more` unfreezes
    return this.changes.findLast(({ frozen, more }) => frozen !== undefined || more)?.frozen ?? false;
  }

  /** Returns the changes after a number of steps. @param {number} step */
  ahead(step) {
    return this.plan.filter(
      (change) =>
        change.step >= step &&
        !this.changes.some(
          (made) =>
            made.step === change.step &&
            made.lr === change.lr &&
            made.frozen === change.frozen &&
            made.more === change.more,
        ),
    );
  }

  /** The run's position, in epochs. */
  get at() {
    return this.x.length ? this.x.values()[this.x.length - 1] : 0;
  }

  /** The best validation of the run. */
  get accuracy() {
    return this.epochs.at(-1)?.accuracy ?? NaN;
  }
}

/** Smooths losses as fastai does, and continues where it stopped while the curve grows. */
export class Smoothing {
  #beta = -1;
  #value = 0;
  /** @type {Column} */
  #column = new Column();
  /** @type {Column | null} */
  #of = null;

  /** @param {Column} losses  @param {number} beta  0 to below 1 */
  of(losses, beta) {
    if (beta !== this.#beta || losses !== this.#of) {
      this.#beta = beta;
      this.#of = losses;
      this.#value = 0;
      this.#column = new Column();
    }
    const values = losses.values();
    if (values.length < this.#column.length) {
      // the curve was cut or thinned
      this.#value = 0;
      this.#column = new Column();
    }
    for (let i = this.#column.length; i < values.length; i++) {
      this.#value = beta * this.#value + (1 - beta) * values[i];
      this.#column.push(this.#value / (1 - beta ** (i + 1)));
    }
    return this.#column.values();
  }
}
