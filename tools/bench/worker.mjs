// @ts-check
/** worker.mjs - a session (session.mjs) in a worker of a page: a thread that may wait. */
import { Session } from './session.mjs';

const createScriptURL = () => new URL('../../web/core/helper.js', import.meta.url).href;
/** The site's policy (tools/site/serve.mjs) holds here too. */
const policy = /** @type {any} */ (globalThis).trustedTypes?.createPolicy('inklearn', { createScriptURL }) ?? {
  createScriptURL,
};

/** @type {import('../../web/core/engine.js').StartThread} */
function startThread(thread, onLost) {
  const worker = new Worker(policy.createScriptURL(''), { type: 'module' });
  worker.onerror = onLost;
  worker.postMessage(thread);
  return worker;
}

/** @type {Blob} */
let archive;
const session = new Session({
  readModule: async (file) => (await fetch(new URL(`../../build/${file}`, import.meta.url))).arrayBuffer(),
  startThread,
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
