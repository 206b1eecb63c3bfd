// @ts-check
/** worker.mjs - a session (session.mjs) in a worker of a page: a thread that may wait. */
import { startWorker } from '../../web/engine.js';
import { Session } from './session.mjs';

/** @type {Blob} */
let archive;
const session = new Session({
  readModule: async (file) => (await fetch(new URL(`../../build/${file}`, import.meta.url))).arrayBuffer(),
  startThread: startWorker,
  entries: async () => [{ name: 'archive', size: archive.size, open: async () => archive.stream() }],
});

/** The first message is the archive, each other { id, method, args }. */
globalThis.onmessage = async (/** @type {MessageEvent<any>} */ { data }) => {
  if (data instanceof Blob) {
    archive = data;
    return;
  }
  try {
    postMessage({ id: data.id, value: await /** @type {any} */ (session)[data.method](...data.args) });
  } catch (error) {
    postMessage({ id: data.id, error: String(error) });
  }
};
