// @ts-check
/** runs-file.js - writes runs into one file, and reads such a file, checking every field. */
import { SIZES } from '../../build/schema.js';
import { MOST_CHANGES, planOf, planText } from './plan.js';
import { choiceNames, fieldNames } from './settings.js';

/** @typedef {import('./store.js').KeptRun} KeptRun */
const MOST_RUNS = 10_000,
  MOST_POINTS = 10_000,
  MOST_EPOCHS = 10_000,
  MOST_TEXT = SIZES.modelLineBytes + 1;
const NUMBERS = /** @type {const} */ (['epoch', 'trainLoss', 'validLoss', 'accuracy', 'batchAccuracy', 'seconds']);

/** @param {KeptRun[]} runs */
export const textOfRuns = (runs) =>
  JSON.stringify({
    inklearn: 1,
    runs: runs.map((run) => ({
      ...run,
      x: [...run.x],
      smooth: [...run.smooth],
      matrix: run.matrix && [...run.matrix],
    })),
  });

const isText = (/** @type {unknown} */ v, most = MOST_TEXT) => typeof v === 'string' && v.length <= most;
const isNumber = (/** @type {unknown} */ v) => typeof v === 'number' && Number.isFinite(v);
const isList = (/** @type {unknown} */ v, /** @type {number} */ most, /** @type {(one: any) => boolean} */ good) =>
  Array.isArray(v) && v.length <= most && v.every(good);

/** @param {any} raw @returns {KeptRun | null} null if it is no run */
function runOf(raw) {
  const {
    id,
    name,
    at,
    settings,
    line,
    dataName,
    classes,
    end,
    digest,
    build,
    epochs,
    x,
    smooth,
    marks = [],
    changes = [],
    matrix,
  } = raw ?? {};
  const sound =
    isText(id, 20) &&
    /^\d+$/.test(id) &&
    isText(name, 60) &&
    isNumber(at) &&
    Math.abs(at) < 8e15 &&
    typeof settings === 'object' &&
    settings &&
    isText(line) &&
    isText(dataName) &&
    isList(classes, SIZES.classes, (c) => isText(c)) &&
    classes.length >= 2 &&
    ['finished', 'stopped', 'diverged'].includes(end) &&
    /^[0-9a-f]{0,16}$/.test(digest) &&
    isText(build, 40) &&
    isList(epochs, MOST_EPOCHS, (e) => e && NUMBERS.every((n) => isNumber(e[n]))) &&
    epochs.length > 0 &&
    isList(x, MOST_POINTS, isNumber) &&
    isList(smooth, MOST_POINTS, isNumber) &&
    x.length === smooth.length &&
    x.every((/** @type {number} */ v, /** @type {number} */ i) => i === 0 || v >= x[i - 1]) &&
    isList(marks, MOST_CHANGES, (m) => m && isNumber(m.x) && isText(m.text, 200)) &&
    isList(changes, MOST_CHANGES, (c) => c && typeof c === 'object') &&
    (matrix === null ||
      (isList(matrix, SIZES.classes ** 2, (c) => Number.isInteger(c) && c >= 0 && c < 2 ** 32) &&
        matrix.length === classes.length ** 2));
  if (!sound) return null;
  const known = Object.fromEntries(
    ['model', ...fieldNames(), ...choiceNames()].flatMap((key) =>
      isText(settings[key]) || isNumber(settings[key]) ? [[key, settings[key]]] : [],
    ),
  );
  if (!isText(known.model)) return null;
  return {
    id,
    name,
    at,
    settings: known,
    line,
    dataName,
    classes,
    end,
    digest,
    build,
    changes: planOf(planText(changes)),
    epochs: epochs.map(
      (/** @type {any} */ e) => /** @type {any} */ (Object.fromEntries(NUMBERS.map((n) => [n, e[n]]))),
    ),
    x: Float64Array.from(x),
    smooth: Float64Array.from(smooth),
    marks: marks.map((/** @type {any} */ m) => ({ x: m.x, text: m.text })),
    matrix: matrix && Uint32Array.from(matrix),
  };
}

/**
 * Returns the runs of a file, and the number of entries that are no runs.
 * @param {string} text
 * @returns {{ runs: KeptRun[], refused: number }}
 */
export function runsOf(text) {
  /** @type {unknown} */
  let list;
  try {
    list = JSON.parse(text)?.runs;
  } catch {
    /* refused below */
  }
  if (!Array.isArray(list)) return { runs: [], refused: 1 };
  const runs = list
    .slice(0, MOST_RUNS)
    .map(runOf)
    .filter((run) => !!run);
  return { runs, refused: list.length - runs.length };
}
