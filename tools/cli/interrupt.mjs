// @ts-check
/**
 * interrupt.mjs - Ctrl-C, termination and a closed terminal while a network trains: the first signal asks to stop and
 * save, a second Ctrl-C or termination ends the program at once. A terminal that closes sends more than one SIGHUP:
 * those after the first are ignored.
 */
import { constants } from 'node:os';

/** @typedef {'SIGINT' | 'SIGTERM' | 'SIGHUP'} Signal */

/** @type {Signal[]} */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

export class Interrupt {
  /** The first signal, if there was one. @type {Signal | null} */
  signal = null;
  /** @type {(signal: NodeJS.Signals) => void} */
  #heard;

  /** @param {(signal: Signal) => void} tell */
  constructor(tell) {
    this.#heard = (signal) => {
      if (this.signal) return;
      this.signal = /** @type {Signal} */ (signal);
      // Without a listener the next signal ends the program.
      for (const name of SIGNALS) if (name !== 'SIGHUP') process.removeListener(name, this.#heard);
      tell(this.signal);
    };
    for (const name of SIGNALS) process.on(name, this.#heard);
  }

  release() {
    for (const name of SIGNALS) process.removeListener(name, this.#heard);
  }

  /** The exit code of a program that a signal has ended. */
  get exitCode() {
    return this.signal ? 128 + constants.signals[this.signal] : 0;
  }
}

/** Lets signals arrive between two slices of training. */
export const turn = () =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

/**
 * Waits until every signal that has come so far is handled: the first turn may belong to a round of the event loop
 * that looked for signals before they came.
 */
export async function hearSignals() {
  await turn();
  await turn();
}

let held = false;

/** Delays signals until the synchronous work of this turn is done; then they end the program, as usual. */
export function holdSignals() {
  if (held) return;
  held = true;
  const names = SIGNALS.filter((name) => process.listenerCount(name) === 0);
  const release = () => {
    held = false;
    for (const name of names) process.removeListener(name, raise);
  };
  const raise = (/** @type {NodeJS.Signals} */ signal) => {
    release();
    process.kill(process.pid, signal);
  };
  for (const name of names) process.on(name, raise);
  void hearSignals().then(release); // neither can fail
}
