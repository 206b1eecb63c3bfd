// @ts-check
/** worker.js - the host in a worker of its own. Its first message says how to compute. */
import { Engine } from '../../web/engine.js';
import { createHost } from '../../web/host.js';
import { sourceEntries } from '../../web/sources.js';
import { askForThread, isLostThread } from '../../web/threads.js';
import { Trainer } from '../../web/trainer.js';
import { chooseVariant } from '../../web/variants.js';
import * as zip from '../../web/zip.js'; // not when it is needed: bundlers make one file of a worker

/** Written out, so that bundlers find the files. @type {Record<string, () => URL>} */
const MODULES = {
  'inklearn.wasm': () => new URL('../../build/inklearn.wasm', import.meta.url),
  'inklearn-threads.wasm': () => new URL('../../build/inklearn-threads.wasm', import.meta.url),
  'inklearn-relaxed.wasm': () => new URL('../../build/inklearn-relaxed.wasm', import.meta.url),
  'inklearn-threads-relaxed.wasm': () => new URL('../../build/inklearn-threads-relaxed.wasm', import.meta.url),
};

/** @param {import('../../web/variants.js').Wish} wish */
async function start(wish) {
  const { file, threads } = chooseVariant(wish, navigator.hardwareConcurrency);
  const response = await fetch(MODULES[file]());
  // Some hosts send another type, and a stream is then refused.
  const bytes = response.headers.get('content-type')?.startsWith('application/wasm') ? response : await response.arrayBuffer();
  return new Trainer(await Engine.create(bytes, { threads, startThread: askForThread }));
}

self.onmessage = ({ data: wish }) => {
  const answer = createHost(start(wish), (report, transfer) => /** @type {any} */ (self).postMessage(report, transfer),
    (source, signal) => sourceEntries(source, async () => zip, signal));
  self.onmessage = ({ data }) => isLostThread(data) || answer(data);
};
