// @ts-check
/**
 * interrupt.mjs - Ctrl-C and termination while training: the first asks to stop and save, the second
 * ends the program at once, as it would have without us.
 */
import { constants } from 'node:os';

/** @typedef {'SIGINT' | 'SIGTERM'} Signal */

export class Interrupt {
  /** What was asked, if anything was. @type {Signal | null} */
  signal = null;
  /** @type {(signal: NodeJS.Signals) => void} */
  #heard;

  /** @param {(signal: Signal) => void} tell */
  constructor(tell) {
    this.#heard = (signal) => {
      this.release(); // without listeners the next one ends the program
      this.signal = /** @type {Signal} */ (signal);
      tell(this.signal);
    };
    process.on('SIGINT', this.#heard);
    process.on('SIGTERM', this.#heard);
  }

  release() {
    process.removeListener('SIGINT', this.#heard);
    process.removeListener('SIGTERM', this.#heard);
  }

  /** What a shell sees of a program that a signal has ended. */
  get exitCode() {
    return this.signal ? 128 + constants.signals[this.signal] : 0;
  }
}

/** Lets signals be heard between two slices of training. */
export const turn = () => new Promise((resolve) => { setImmediate(resolve); });
