// @ts-check
/** store.js - the runs that the browser keeps between visits. A run that is under way is kept by keep.js. */

/** @type {Promise<IDBDatabase> | null} */
let opened = null;

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
const done = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

function open() {
  if (opened) return opened;
  const request = indexedDB.open('inklearn', 1);
  request.onupgradeneeded = () => request.result.createObjectStore('runs', { keyPath: 'id' });
  return (opened = done(request));
}

/** @param {IDBTransactionMode} mode */
async function store(mode) {
  const transaction = async () => (await open()).transaction('runs', mode).objectStore('runs');
  try {
    return await transaction();
  } catch {
    // It could not be opened, or the storage of the site was cleared: the next call opens it again.
    opened = null;
    return transaction();
  }
}

/**
 * A run in storage: plain data.
 * @typedef {object} KeptRun
 * @property {string} id
 * @property {string} name  that the user gave it
 * @property {number} at  ms since 1970: its start
 * @property {any} settings
 * @property {string} line  the model line
 * @property {string} dataName
 * @property {string[]} classes
 * @property {string} end  how it ended
 * @property {string} digest  of its weights at the end
 * @property {string} build
 * @property {import('./run.js').EpochNumbers[]} epochs
 * @property {Float64Array} x  the position of each step, in epochs
 * @property {Float64Array} smooth  the smoothed loss after each step
 * @property {import('./run.js').Mark[]} marks
 * @property {import('../core/protocol.js').Change[]} [changes]
 * @property {Uint32Array | null} matrix  the confusion matrix of the last epoch
 */

const NUMBERS = ['epoch', 'trainLoss', 'validLoss', 'accuracy', 'seconds'];
/**
 * Returns whether a stored run has the shape that this page writes. Others are skipped: another version of the page or
 * a person may have written them.
 * @param {any} run
 * @returns {run is KeptRun}
 */
function isSound(run) {
  const { id, name, at, settings, line, dataName, classes, epochs, x, smooth, marks, matrix } = run ?? {};
  return (
    [id, name, line, dataName, settings?.model].every((v) => typeof v === 'string') &&
    Number.isFinite(at) &&
    Math.abs(at) < 8e15 &&
    Array.isArray(classes) &&
    classes.every((c) => typeof c === 'string') &&
    Array.isArray(epochs) &&
    epochs.length > 0 &&
    epochs.every((e) => e && NUMBERS.every((n) => Number.isFinite(e[n]))) &&
    x instanceof Float64Array &&
    smooth instanceof Float64Array &&
    x.length === smooth.length &&
    Array.isArray(marks) &&
    marks.every((m) => Number.isFinite(m?.x) && typeof m.text === 'string') &&
    (matrix === null || (matrix instanceof Uint32Array && matrix.length === classes.length ** 2))
  );
}

/** @returns {Promise<KeptRun[]>} */
export const keptRuns = async () => (await done((await store('readonly')).getAll())).filter(isSound);
/** @param {KeptRun} run */
export const keepRun = async (run) => done((await store('readwrite')).put(run));
/** @param {string} id */
export const dropRun = async (id) => done((await store('readwrite')).delete(id));
