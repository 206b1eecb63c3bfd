// @ts-check
/** store.js - what the browser keeps between visits: runs, and the network of a run that is under way. */

/** @type {Promise<IDBDatabase> | null} */
let opened = null;

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
const done = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

function open() {
  if (opened) return opened;
  const request = indexedDB.open('inklearn', 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore('runs', { keyPath: 'id' });
    request.result.createObjectStore('network');
  };
  return (opened = done(request));
}

/** @param {'runs' | 'network'} name @param {IDBTransactionMode} mode */
const store = async (name, mode) => (await open()).transaction(name, mode).objectStore(name);

/** A run as it is kept: plain data. @typedef {{ id: string, name: string, at: number, settings: any, line: string, dataName: string, classes: string[], end: string, digest: string, build: string,
 *   epochs: import('./run.js').EpochNumbers[], x: Float64Array, smooth: Float64Array, marks: import('./run.js').Mark[], changes?: import('../protocol.js').Change[], matrix: Uint32Array | null }} KeptRun */

/** @returns {Promise<KeptRun[]>} */
export const keptRuns = async () => done((await store('runs', 'readonly')).getAll());
/** @param {KeptRun} run */
export const keepRun = async (run) => done((await store('runs', 'readwrite')).put(run));
/** @param {string} id */
export const dropRun = async (id) => done((await store('runs', 'readwrite')).delete(id));

/** @typedef {{ at: number, settings: any, dataName: string, epoch: number, bytes: Uint8Array, run: any }} KeptNetwork */
/** @returns {Promise<KeptNetwork | undefined>} */
export const keptNetwork = async () => done((await store('network', 'readonly')).get('current'));
/** @param {KeptNetwork} network */
export const keepNetwork = async (network) => done((await store('network', 'readwrite')).put(network, 'current'));
export const dropNetwork = async () => done((await store('network', 'readwrite')).delete('current'));
