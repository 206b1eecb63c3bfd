// @ts-check
/** run.js - what is remembered of one run. */
import { Column } from './history.js';

export class Run {
  /** Position of each step in epochs, its loss, and the smoothed loss after it. */
  x = new Column();
  loss = new Column();
  smooth = new Column();
  /** @type {import('../protocol.js').EpochReport[]} */
  epochs = [];
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
}
