// @ts-check
/**
 * pace.js - how fast a run trains, how far it is, and how long the rest takes. It reads no clock: the trainer passes
 * times in.
 */
import { EVENT_KINDS } from '../../build/schema.js';

/** @typedef {import('./engine.js').EngineEvent} EngineEvent */

/** Work of training one picture, in units of validating one: one pass forward, and a backward pass that costs two. */
const TRAIN_WORK = 3;
/** Milliseconds of training over which the speed is measured. */
const WINDOW_MS = 1000;
/** The most slices in that window when the clock stands still. */
const WINDOW_SLICES = 1000;

/** Work of one epoch, its validation included. @param {EngineEvent} event */
const workOfEpoch = ({ trainCount, validCount }) => trainCount * TRAIN_WORK + validCount;

export class Pace {
  /** Work that this run has done, and the seconds that it took. */
  #work = 0;
  #seconds = 0;
  /**
   * Slices of about the last second: when each ended, its pictures, and the seconds spent on them.
   * @type {{ atMs: number, images: number, seconds: number }[]}
   */
  #window = [];
  /** Seconds of the current epoch. */
  #epoch = { trainSeconds: 0, validSeconds: 0 };

  /** Counts one mini-batch. @param {EngineEvent} event @param {number} seconds  that it took */
  add({ kind, images }, seconds) {
    this.#seconds += seconds;
    if (kind === EVENT_KINDS.step) {
      this.#epoch.trainSeconds += seconds;
      this.#work += TRAIN_WORK * images;
    } else {
      this.#epoch.validSeconds += seconds;
      this.#work += images;
    }
  }

  /**
   * Ends a slice: from now on it counts for the speed.
   * @param {number} atMs  time @param {number} images  pictures it trained on @param {number} seconds  spent on them
   */
  endSlice(atMs, images, seconds) {
    const window = this.#window;
    if (images) window.push({ atMs, images, seconds });
    while (window.length > 1 && (window[0].atMs < atMs - WINDOW_MS || window.length > WINDOW_SLICES)) window.shift();
  }

  /** Training pictures a second over about the last second; NaN before the first slice of training. */
  get imagesPerSecond() {
    const sum = (/** @type {'images' | 'seconds'} */ what) => this.#window.reduce((all, slice) => all + slice[what], 0);
    return sum('images') / (sum('seconds') || NaN);
  }

  /**
   * How far the run is: its share that is done, 0 to 1, validations included, and the seconds for the rest; NaN before
   * there is a measurement.
   * @param {EngineEvent} event  the last one
   */
  progress(event) {
    const { epoch, epochs, firstEpoch, trained, validated } = event;
    const total = (epochs - firstEpoch) * workOfEpoch(event);
    const done = (epoch - firstEpoch) * workOfEpoch(event) + trained * TRAIN_WORK + validated;
    return { progress: done / total, secondsLeft: (this.#seconds * (total - done)) / this.#work };
  }

  /** Returns the seconds of the epoch that ends here, and begins the next. */
  endEpoch() {
    const { trainSeconds, validSeconds } = this.#epoch;
    this.#epoch = { trainSeconds: 0, validSeconds: 0 };
    return { seconds: trainSeconds + validSeconds, trainSeconds, validSeconds };
  }
}
