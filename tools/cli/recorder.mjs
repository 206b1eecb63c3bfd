// @ts-check
/**
 * recorder.mjs - keeps the steps and epochs of a run, makes rows of a table and events of them, and draws their curves.
 */
import { drawLines } from '../../web/plots/lines.js';
import { COLOURS } from '../../web/plots/svg.js';

/** @typedef {import('../../web/core/protocol.js').EpochReport} EpochReport */
/** @typedef {import('../../web/core/protocol.js').StepsReport} StepsReport */

/** @param {EpochReport} r */
export const epochEvent = (r) => ({
  event: 'epoch',
  epoch: r.epoch,
  train_loss: r.trainLoss,
  train_loss_smoothed: r.trainLossSmoothed,
  valid_loss: r.validLoss,
  accuracy: r.accuracy,
  batch_accuracy: r.batchAccuracy,
  seconds: r.seconds,
  train_seconds: r.trainSeconds,
  valid_seconds: r.validSeconds,
});

/** Formats a time as fastai does: mm:ss, or h:mm:ss from an hour on. @param {number} seconds */
export function clock(seconds) {
  const s = Math.floor(seconds),
    two = (/** @type {number} */ n) => String(n).padStart(2, '0');
  return s < 3600
    ? `${two(Math.floor(s / 60))}:${two(s % 60)}`
    : `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
}

/**
 * The table of epochs: plain, or as fastai prints it. fastai's train_loss is the smoothed one, and each fit has a table
 * of its own.
 */
export const TABLES = {
  plain: {
    head: 'epoch  train loss  valid loss  accuracy  batch accuracy  seconds',
    anew: () => false,
    /** @param {EpochReport} r */
    row: (r) =>
      [
        String(r.epoch).padStart(5),
        r.trainLoss.toFixed(4).padStart(10),
        r.validLoss.toFixed(4).padStart(10),
        r.accuracy.toFixed(4).padStart(8),
        r.batchAccuracy.toFixed(4).padStart(14),
        r.seconds.toFixed(3).padStart(7),
      ].join('  '),
  },
  fastai: {
    head: 'epoch  train_loss  valid_loss  accuracy  time',
    /** @param {EpochReport} r */
    anew: (r) => r.fitEpoch === 0 && r.fit > 0,
    /** @param {EpochReport} r */
    row: (r) =>
      [
        String(r.fitEpoch).padEnd(5),
        r.trainLossSmoothed.toFixed(6).padEnd(10),
        r.validLoss.toFixed(6).padEnd(10),
        r.accuracy.toFixed(6),
        clock(r.seconds),
      ].join('  '),
  },
};

export class Recorder {
  /** The first steps, which the loss curve leaves out as fastai's does. */
  static SKIP = 5;
  /** @type {number[]} */ steps = [];
  /** @type {number[]} */ smooth = [];
  /** @type {EpochReport[]} */ epochs = [];

  /** @param {StepsReport} r */
  addSteps(r) {
    const first = r.step - r.losses.length;
    r.smoothLosses.forEach((loss, i) => {
      this.steps.push(first + i);
      this.smooth.push(loss);
    });
  }

  /** Returns an event for each step. @param {StepsReport} r */
  static stepEvents(r) {
    const first = r.step - r.losses.length;
    return Array.from(r.losses, (loss, i) => ({
      event: 'step',
      epoch: r.epoch,
      step: first + i,
      loss,
      smooth_loss: r.smoothLosses[i],
      lr: r.lrs[i],
      momentum: r.momenta[i],
    }));
  }

  /** Draws the curves of the run, as SVG files by name. */
  draw() {
    const ends = this.epochs.map((e) => e.step);
    const skip = this.steps.length > 2 * Recorder.SKIP ? Recorder.SKIP : 0;
    return {
      loss: drawLines({
        title: 'Loss',
        xLabel: 'Step',
        yLabel: 'Loss',
        lines: [
          { label: 'train, smoothed', colour: COLOURS.blue, x: this.steps.slice(skip), y: this.smooth.slice(skip) },
          { label: 'valid', colour: COLOURS.orange, x: ends, y: this.epochs.map((e) => e.validLoss), points: true },
        ],
      }),
      accuracy: drawLines({
        title: 'Accuracy on the test pictures',
        xLabel: 'Step',
        yLabel: 'Accuracy',
        lines: [
          { label: 'accuracy', colour: COLOURS.green, x: ends, y: this.epochs.map((e) => e.accuracy), points: true },
        ],
      }),
    };
  }
}
