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
    opened = null; // it could not be opened, or is gone since somebody cleared the site's storage: the next call opens it again
    return transaction();
  }
}

/** A run as it is kept: plain data. @typedef {{ id: string, name: string, at: number, settings: any, line: string, dataName: string, classes: string[], end: string, digest: string, build: string,
 *   epochs: import('./run.js').EpochNumbers[], x: Float64Array, smooth: Float64Array, marks: import('./run.js').Mark[], changes?: import('../core/protocol.js').Change[], matrix: Uint32Array | null }} KeptRun */

const NUMBERS = ['epoch', 'trainLoss', 'validLoss', 'accuracy', 'seconds'];
/** Of the shape that this page writes: what another one left there, or somebody changed, is passed over. @param {any} run @returns {run is KeptRun} */
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
