// @ts-check
/**
 * kept.js - a run under way as bytes: how far it is, its curves, and the checkpoint from which it
 * goes on; and back. What comes back may be of an older page, and is believed only where it makes sense.
 */
import { reduce } from '../plots/reduce.js';
import { Run } from './run.js';

/** Points of each curve that are kept. */
const POINTS = 2000,
  EPOCHS = 10000;
const CURVES = /** @type {const} */ (['x', 'loss', 'smooth', 'lr']);
const NUMBERS = /** @type {const} */ ([
  'epoch',
  'step',
  'trainLoss',
  'trainLossSmoothed',
  'validLoss',
  'accuracy',
  'batchAccuracy',
  'seconds',
  'trainSeconds',
  'validSeconds',
]);

/**
 * @typedef {{ at: number, settings: any, dataName: string, build: string, epoch: number, step: number, run: Run,
 *   checkpoint: Uint8Array<ArrayBuffer> }} Kept
 */

/** @param {Run} run @param {Uint8Array} checkpoint @param {string} build @param {number} now */
export function toBytes(run, checkpoint, build, now) {
  const x = run.x.values(),
    points = reduce(x, run.smooth.values(), POINTS / 2),
    { settings, dataName, classes, line, name, id, started, marks, latest, confusion } = run;
  const told = {
    at: now,
    settings,
    dataName,
    build,
    epoch: (latest?.epoch ?? 0) + 1,
    step: latest?.step ?? 0,
    run: {
      classes,
      line,
      name,
      id,
      started,
      plan: run.plan,
      changes: run.changes,
      marks,
      epochs: run.epochs.slice(-EPOCHS),
      confusion: confusion && Array.from(confusion),
      ...Object.fromEntries(CURVES.map((c) => [c, points.map((i) => run[c].values()[i])])),
    },
  };
  const text = new TextEncoder().encode(JSON.stringify(told)),
    bytes = new Uint8Array(4 + text.length + checkpoint.length);
  new DataView(bytes.buffer).setUint32(0, text.length, true);
  bytes.set(text, 4);
  bytes.set(checkpoint, 4 + text.length);
  return bytes;
}

const isText = (/** @type {unknown} */ v) => typeof v === 'string' && v.length < 5000;
const isNumber = (/** @type {unknown} */ v) => typeof v === 'number' && Number.isFinite(v);

const isChange = (/** @type {any} */ c) =>
  isNumber(c?.step) &&
  (c.lr === undefined || isNumber(c.lr)) &&
  (c.frozen === undefined || typeof c.frozen === 'boolean');

/**
 * Its curves, as far as they make sense: each list as long as the others, numbers only.
 * @param {any} told
 * @param {number} number
 * @param {any} settings
 */
function runFrom(told, number, settings) {
  const run = new Run(number, settings);
  if (isText(told?.line)) run.line = told.line;
  if (isText(told?.name)) run.name = told.name;
  if (isNumber(told?.started)) run.started = told.started;
  if (/^\d{1,20}$/.test(told?.id)) run.id = String(told.id);
  for (const key of /** @type {const} */ (['plan', 'changes']))
    if (Array.isArray(told?.[key])) run[key] = told[key].filter(isChange);
  if (Array.isArray(told?.classes) && told.classes.every(isText)) run.classes = told.classes;
  if (CURVES.every((c) => Array.isArray(told?.[c]) && told[c].length === told.x.length && told[c].every(isNumber)))
    for (const c of CURVES) for (const value of told[c]) run[c].push(value);
  if (Array.isArray(told?.marks))
    run.marks = told.marks.filter((/** @type {any} */ m) => isNumber(m?.x) && isText(m?.text));
  if (
    Array.isArray(told?.epochs) &&
    told.epochs.every((/** @type {any} */ e) => e && NUMBERS.every((n) => isNumber(e[n])))
  )
    run.epochs = told.epochs;
  const n = run.classes.length,
    counts = told?.confusion;
  if (run.epochs.length && Array.isArray(counts) && counts.length === n * n && counts.every(isNumber))
    run.matrices = [Uint32Array.from(counts)];
  return run;
}

/**
 * null where it is not what toBytes made.
 * @param {Uint8Array} bytes
 * @param {number} number  of the run that it becomes
 * @returns {Kept | null}
 */
export function fromBytes(bytes, number) {
  try {
    const length = new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getUint32(0, true);
    const told = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(4, 4 + length)));
    const { at, settings, dataName, build, epoch, step } = told,
      checkpoint = bytes.slice(4 + length);
    if (
      ![at, epoch, step].every(isNumber) ||
      ![dataName, build].every(isText) ||
      typeof settings !== 'object' ||
      !settings ||
      !checkpoint.length
    )
      return null;
    const run = runFrom(told.run, number, settings);
    run.dataName = dataName;
    return { at, settings, dataName, build, epoch, step, run, checkpoint };
  } catch {
    return null;
  }
}
