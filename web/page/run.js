// @ts-check
/** run.js - what is remembered of one run. */
import { Column } from './history.js';

/** @typedef {Omit<import('../core/protocol.js').EpochReport, 'confusion'>} EpochNumbers */
/** A change in the middle of the run. @typedef {{ x: number, text: string }} Mark */

/** Epochs whose matrices are kept, to look back at. */
const MATRICES = 200;
/** Points of each curve: with more, every second one goes, so that days of training take no more memory than hours. */
const POINTS = 1 << 20;

/** Returns the time, or the beginning of 1970 if a calendar cannot show what the clock says. */
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
   * During an epoch, of some of the pictures.
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
  /** How it ended, '' before. */
  end = '';
  /** The digest of the weights at its end. */
  digest = '';
  started = timeNow();
  /** Returns digits that no other run has, whatever the clock says. */
  id = String(crypto.getRandomValues(new BigUint64Array(1))[0]);
  /** Changes that were planned when it began. @type {import('../core/protocol.js').Change[]} */
  plan = [];
  paused = false;
  /** Data and model that it was made with. */
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

  /** All but the last layer are frozen, by a change. */
  get held() {
    return this.changes.findLast(({ frozen, more }) => frozen !== undefined || more)?.frozen ?? false; // `more` melts
  }

  /** Changes still to come after so many steps. @param {number} step */
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

  /** Where it is now, in epochs. */
  get at() {
    return this.x.length ? this.x.values()[this.x.length - 1] : 0;
  }

  /** The best of its validations. */
  get accuracy() {
    return this.epochs.at(-1)?.accuracy ?? NaN;
  }
}

/** Smooths as fastai does, and goes on where it stopped while the curve grows. */
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
      // cut, or thinned
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
