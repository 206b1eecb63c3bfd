// @ts-check
/**
 * frame.js - schedules drawing. Each part of the page registers a function and a shortest interval; a frame draws the
 * parts that are due and stops when its share of time is used up, so that the page stays responsive.
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

/** A hidden page gets no frames, but its title shows the progress. */
function ask() {
  if (asked) return;
  asked = true;
  if (document.hidden) setTimeout(() => frame(performance.now()));
  else requestAnimationFrame(frame);
}
document.addEventListener('visibilitychange', () => {
  if (!asked) return;
  asked = false; // the requested frame may not come
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

/** Draws all parts again, after a change of language or colours. */
export function redrawAll() {
  for (const one of parts) {
    one.due = true;
    one.at = -Infinity;
  }
  ask();
}
