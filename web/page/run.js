// @ts-check
/** run.js - what is remembered of one run. */
import { Column } from './history.js';

/** @typedef {Omit<import('../protocol.js').EpochReport, 'confusion'>} EpochNumbers */

export class Run {
  /** Position of each step in epochs, its loss, and the smoothed loss after it. */
  x = new Column();
  loss = new Column();
  smooth = new Column();
  /** @type {EpochNumbers[]} */
  epochs = [];
  /** Of the last epoch. @type {Uint32Array | null} */
  confusion = null;
  /** @type {import('../protocol.js').StepsReport | null} */
  latest = null;

  /** @param {number} number  that its reports carry  @param {import('../protocol.js').Settings} settings */
  constructor(number, settings) {
    this.number = number;
    this.settings = settings;
  }

  /** @param {import('../protocol.js').StepsReport} report */
  addSteps(report) {
    this.latest = report;
    const first = report.step - report.losses.length;
    report.losses.forEach((loss, i) => {
      this.x.push((first + i + 1) / report.stepsPerEpoch);
      this.loss.push(loss);
      this.smooth.push(report.smoothLosses[i]);
    });
  }

  /** @param {import('../protocol.js').EpochReport} report */
  addEpoch({ confusion, ...numbers }) {
    this.epochs.push(numbers);
    this.confusion = confusion;
  }
}
