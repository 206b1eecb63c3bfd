// @ts-check
/** listed.js - the worker's half of batches.js: receives the files of a folder, a batch at a time. */
import { EngineError } from '../engine.js';

/** @typedef {import('../batches.js').Listed} Listed */

/**
 * Receives all files that `serveFiles` sends, and closes the port.
 * @param {MessagePort} port  returned by `serveFiles`
 * @param {AbortSignal} [signal]
 * @returns {Promise<Listed[]>} rejected with an EngineError when the sender cannot read the folder, or with the reason
 *   of the abort
 */
export async function filesFrom(port, signal) {
  /** @type {Listed[]} */
  const found = [];
  /** @type {() => void} */
  let abort = () => {};
  try {
    for (;;) {
      signal?.throwIfAborted();
      const { files, error } = await new Promise((resolve, reject) => {
        signal?.removeEventListener('abort', abort);
        signal?.addEventListener('abort', (abort = () => reject(signal.reason)));
        port.onmessage = ({ data }) => resolve(data);
        port.postMessage(null);
      });
      if (error !== undefined) throw new EngineError('data', `the folder cannot be read: ${error}`);
      if (files.length === 0) return found;
      for (const file of files) found.push(file);
    }
  } finally {
    signal?.removeEventListener('abort', abort);
    port.close();
  }
}
