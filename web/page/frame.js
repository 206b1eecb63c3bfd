// @ts-check
/**
 * frame.js - drawing. Each part of the page says how it is drawn and how often at most; a frame
 * draws what is due and stops when its share of time is gone, so that the page goes on moving.
 */

/** Milliseconds of a frame's 16 that drawing may take before the rest waits for the next. */
const SHARE = 8;

/** @typedef {{ draw: () => boolean | void, every: number, at: number, due: boolean }} Part */
/** @type {Part[]} */
const parts = [];
let asked = false;

/**
 * @param {() => boolean | void} draw  true: there is more to draw, in another frame
 * @param {number} [every]  milliseconds between two drawings
 * @returns {(now?: boolean) => void}  to be called when there is news; `now` waits only for the frame
 */
export function part(draw, every = 100) {
  /** @type {Part} */
  const made = { draw, every, at: -Infinity, due: false };
  parts.push(made);
  return (now) => {
    made.due = true;
    if (now) made.at = -Infinity;
    ask();
  };
}

/** A hidden page has no frames, but a title that tells how far it is. */
function ask() {
  if (asked) return;
  asked = true;
  if (document.hidden) setTimeout(() => frame(performance.now()));
  else requestAnimationFrame(frame);
}
document.addEventListener('visibilitychange', () => {
  if (!asked) return;
  asked = false; // the frame that was asked for may not come
  ask();
});

/** @param {number} now */
function frame(now) {
  asked = false;
  const start = performance.now();
  let wait = Infinity;
  for (const one of parts) {
    if (!one.due) continue;
    const left = one.at + one.every - now;
    if (left > 0) {
      wait = Math.min(wait, left);
      continue;
    }
    if (performance.now() - start > SHARE) return ask();
    one.due = false;
    one.at = now;
    if (one.draw()) {
      one.due = true;
      one.at = -Infinity;
      ask();
    }
  }
  if (wait < Infinity) setTimeout(ask, wait);
}

/** All parts again: the language or the colours are others. */
export function redrawAll() {
  for (const one of parts) {
    one.due = true;
    one.at = -Infinity;
  }
  ask();
}
