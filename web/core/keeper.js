// @ts-check
/**
 * keeper.js - a worker that keeps the run under way in the browser: in two slots (slots.js) of the origin's private
 * file system, or of IndexedDB where there is none. It is a worker of its own, so that writing holds up neither the
 * page nor training, and survives a trainer that is lost.
 *
 * One tab at a time can keep its run. Requests of other tabs fail with `OtherTab` until the first tab has closed.
 */
import { filePlace, Slots } from './slots.js';

/**
 * How long to wait for a file or a lock. One that a worker held is free about two seconds after the worker has ended.
 */
const PATIENCE_MS = 6000,
  PAUSE_MS = 250;
/** The wait that is left: after one wait in vain, none. */
let patience = PATIENCE_MS;

/**
 * @template T
 * @param {() => Promise<T>} attempt
 * @param {string} name  of the error that may pass
 * @returns {Promise<T>}
 */
async function patiently(attempt, name) {
  for (let left = patience; ; left -= PAUSE_MS, await new Promise((resolve) => setTimeout(resolve, PAUSE_MS)))
    try {
      return await attempt();
    } catch (error) {
      if (/** @type {any} */ (error).name !== name) throw error;
      if (left <= 0) {
        patience = 0;
        throw error;
      }
    }
}

class OtherTab extends Error {
  name = 'OtherTab';
}

/** Takes the lock, which is held until this worker ends. */
function lock() {
  if (!navigator.locks) return Promise.resolve(undefined); // the file's own lock remains
  return new Promise((resolve, reject) => {
    navigator.locks
      .request('inklearn-kept', { ifAvailable: true }, (got) => {
        if (!got) return reject(new OtherTab('another tab keeps its run'));
        resolve(undefined);
        return new Promise(() => {});
      })
      .catch(reject);
  });
}

async function openFiles() {
  const folder = await navigator.storage.getDirectory();
  const open = async (/** @type {string} */ name) => {
    const file = /** @type {any} */ (await folder.getFileHandle(name, { create: true }));
    return filePlace(await patiently(() => file.createSyncAccessHandle(), 'NoModificationAllowedError'));
  };
  return [await open('kept-a'), await open('kept-b')];
}

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
const done = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

async function openDatabase() {
  const request = indexedDB.open('inklearn-kept', 1);
  request.onupgradeneeded = () => request.result.createObjectStore('slots');
  const db = await done(request);
  return ['a', 'b'].map((key) => ({
    close: () => db.close(),
    read: async () => (await done(db.transaction('slots').objectStore('slots').get(key))) ?? new Uint8Array(),
    write: (/** @type {Uint8Array} */ bytes) =>
      new Promise((/** @type {(value: void) => void} */ resolve, reject) => {
        const transaction = db.transaction('slots', 'readwrite', { durability: 'strict' });
        transaction.objectStore('slots').put(bytes, key);
        transaction.oncomplete = () => resolve();
        transaction.onabort = () => reject(transaction.error); // a full disk ends it so, without an exception
      }),
  }));
}

/** The lock, which is taken once. If it fails, the next request tries again. @type {Promise<unknown> | null} */
let locked = null;
/** The slots. If opening them fails, the next request tries again. @type {Promise<Slots> | null} */
let opened = null;

async function openSlots() {
  await (locked ??= patiently(lock, 'OtherTab').catch((error) => {
    locked = null;
    throw error;
  }));
  const places =
    typeof navigator.storage?.getDirectory === 'function' && 'FileSystemSyncAccessHandle' in globalThis
      ? await openFiles().catch((error) =>
          error.name === 'NoModificationAllowedError' ? Promise.reject(error) : openDatabase(),
        )
      : await openDatabase();
  return new Slots(/** @type {any} */ (places));
}

/** @param {'load' | 'save' | 'clear'} type @param {Uint8Array} bytes */
async function attempt(type, bytes) {
  opened ??= openSlots().catch((error) => {
    opened = null;
    throw error;
  });
  const slots = await opened;
  try {
    return await (type === 'load' ? slots.load() : type === 'save' ? slots.save(bytes) : slots.clear());
  } catch (error) {
    opened = null;
    slots.close();
    throw error;
  }
}

/**
 * If somebody clears the site's storage, open files and an open database are gone, and writing to them fails. So a
 * request that fails is tried once more after opening them again.
 * @param {'load' | 'save' | 'clear'} type @param {Uint8Array} bytes
 */
const answer = (type, bytes) =>
  opened ? attempt(type, bytes).catch(() => attempt(type, bytes)) : attempt(type, bytes);

// Requests run one after the other: a record is whole before the next one is begun.
let last = Promise.resolve();
globalThis.onmessage = (/** @type {MessageEvent} */ { data: { id, type, bytes } }) => {
  last = last
    .then(() => answer(type, bytes))
    .then(
      (value) => postMessage({ id, value }),
      ({ name, message }) => postMessage({ id, error: { name, message } }),
    );
};
