// @ts-check
/**
 * kept.js - turns a run in progress into bytes (its position, curves and checkpoint), and back. The bytes may come from
 * an older page, so every value is checked when it is read.
 */
import { reduce } from '../plots/reduce.js';
import { Run } from './run.js';

/** The most points of each curve that are kept. */
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
  const head = {
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
  const text = new TextEncoder().encode(JSON.stringify(head)),
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
 * Restores a run's curves if they are consistent: lists of numbers, all of one length.
 * @param {any} raw
 * @param {number} number
 * @param {any} settings
 */
function runFrom(raw, number, settings) {
  const run = new Run(number, settings);
  if (isText(raw?.line)) run.line = raw.line;
  if (isText(raw?.name)) run.name = raw.name;
  if (isNumber(raw?.started)) run.started = raw.started;
  if (/^\d{1,20}$/.test(raw?.id)) run.id = String(raw.id);
  for (const key of /** @type {const} */ (['plan', 'changes']))
    if (Array.isArray(raw?.[key])) run[key] = raw[key].filter(isChange);
  if (Array.isArray(raw?.classes) && raw.classes.every(isText)) run.classes = raw.classes;
  if (CURVES.every((c) => Array.isArray(raw?.[c]) && raw[c].length === raw.x.length && raw[c].every(isNumber)))
    for (const c of CURVES) for (const value of raw[c]) run[c].push(value);
  if (Array.isArray(raw?.marks))
    run.marks = raw.marks.filter((/** @type {any} */ m) => isNumber(m?.x) && isText(m?.text));
  if (
    Array.isArray(raw?.epochs) &&
    raw.epochs.every((/** @type {any} */ e) => e && NUMBERS.every((n) => isNumber(e[n])))
  )
    run.epochs = raw.epochs;
  const n = run.classes.length,
    counts = raw?.confusion;
  if (run.epochs.length && Array.isArray(counts) && counts.length === n * n && counts.every(isNumber))
    run.matrices = [Uint32Array.from(counts)];
  return run;
}

/**
 * Returns null if the bytes were not written by toBytes.
 * @param {Uint8Array} bytes
 * @param {number} number  of the run that it becomes
 * @returns {Kept | null}
 */
export function fromBytes(bytes, number) {
  try {
    const length = new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getUint32(0, true);
    const raw = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(4, 4 + length)));
    const { at, settings, dataName, build, epoch, step } = raw,
      checkpoint = bytes.slice(4 + length);
    if (
      ![at, epoch, step].every(isNumber) ||
      ![dataName, build].every(isText) ||
      typeof settings !== 'object' ||
      !settings ||
      !checkpoint.length
    )
      return null;
    const run = runFrom(raw.run, number, settings);
    run.dataName = dataName;
    return { at, settings, dataName, build, epoch, step, run, checkpoint };
  } catch {
    return null;
  }
}
