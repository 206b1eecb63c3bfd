// @ts-check
/**
 * watch.js - detects a trainer that sends nothing any more: it hangs, was killed, or waits for a lost thread. It has no
 * clock: the caller passes the time.
 */

/** ms between two checks; ms of silence that are too long; a slow machine's multiplications per second. */
export const LOOK = 1000,
  SILENCE = 7000,
  SLOW = 3e8;
/** Checks without a message, too: after sleep or a frozen page, messages may still be on their way. */
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

  /** The trainer sent a message. @param {number} now */
  hear(now) {
    if (Number.isNaN(this.#heard)) return;
    this.#longest = Math.max(this.#longest, now - this.#heard);
    this.#limit = Math.max(SILENCE, 4 * this.#longest); // if steps take seconds, some take longer
    this.#heard = now;
    this.#looks = 0;
  }

  /** The trainer may be silent from now on. */
  stop() {
    this.#heard = NaN;
  }

  /** Says if the trainer has been silent for too long; call it every second. @param {number} now */
  look(now) {
    return ++this.#looks >= LOOKS && now - this.#heard > this.#limit;
  }
}
