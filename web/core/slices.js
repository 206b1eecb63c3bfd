// @ts-check
/**
 * slices.js - how training is cut into slices. After each slice the trainer sends a report and the host handles the
 * messages that wait, so the length of a slice decides how soon a pause takes effect. Every function here is pure: the
 * trainer reads the clock and passes times in, in milliseconds.
 */

/** How long a slice lasts; it ends with the first mini-batch that is done after this time. */
export const SLICE_MS = 25;
/** The most mini-batches in a slice when the clock stands still or goes back. */
const UNTIMED_STEPS = 64;

/**
 * The state of a slice after one of its mini-batches.
 * @typedef {object} Slice
 * @property {number} elapsedMs  since the slice began
 * @property {number} steps  mini-batches in it so far, of training or of validation
 * @property {boolean} first  it is the first slice of the run
 * @property {boolean} endsEpoch  this mini-batch was the last of an epoch
 * @property {boolean} changeDue  a planned change comes before the next mini-batch
 */

/**
 * Decides whether a slice ends here. The first slice ends after one mini-batch, so that a run shows at once that it
 * has begun.
 * @param {Slice} slice
 */
export function sliceEnds({ elapsedMs, steps, first, endsEpoch, changeDue }) {
  if (endsEpoch || changeDue || first) return true;
  if (!(elapsedMs > 0)) return steps >= UNTIMED_STEPS; // also where the clock has no time: NaN
  return elapsedMs >= SLICE_MS;
}

/**
 * Decides whether a mini-batch is so slow that messages should also be handled between two of its layers.
 * @param {number} stepMs  how long the last one took
 */
export const needsParts = (stepMs) => stepMs > SLICE_MS;

/**
 * Decides whether messages should be handled now, between two layers of a mini-batch.
 * @param {number} elapsedMs  since they could last be handled
 */
export const turnIsDue = (elapsedMs) => elapsedMs >= SLICE_MS;
