// @ts-check
/**
 * watch.js - notices a trainer that has fallen silent: it hangs, it was killed, or it waits for a
 * thread that is gone. Pure: whoever uses it says what time it is.
 */

/** ms between two looks; ms of silence that are too many; a slow machine's multiplications in a second. */
export const LOOK = 1000,
  SILENCE = 7000,
  SLOW = 3e8;
/** Looks without a word, too: after a machine has slept, or a page was frozen, its messages still have to arrive. */
const LOOKS = 3;

export class Watch {
  #heard = NaN;
  #looks = 0;
  #longest = 0;
  #limit = SILENCE;

  /** Training begins. @param {number} now ms @param {number} work  multiplications of its first step */
  start(now, work) {
    this.#heard = now;
    this.#looks = this.#longest = 0;
    this.#limit = SILENCE + (1000 * (Number.isFinite(work) ? work : 0)) / SLOW;
  }

  /** It has said something. @param {number} now */
  hear(now) {
    if (Number.isNaN(this.#heard)) return;
    this.#longest = Math.max(this.#longest, now - this.#heard);
    this.#limit = Math.max(SILENCE, 4 * this.#longest); // of steps that take seconds, some take longer
    this.#heard = now;
    this.#looks = 0;
  }

  /** It need not say anything. */
  stop() {
    this.#heard = NaN;
  }

  /** To be asked every second: it is silent for too long. @param {number} now */
  look(now) {
    return ++this.#looks >= LOOKS && now - this.#heard > this.#limit;
  }
}
