// @ts-check
/** worker.js - the host in a worker of its own. Its first message says how to compute. */
import { createHost } from '../../web/core/host.js';
import { sourceEntries } from '../../web/core/sources/sources.js';
import { startEngine } from '../../web/core/start.js';
import { askForThread, isLostThread } from '../../web/core/threads.js';
import { Trainer } from '../../web/core/trainer.js';
// Not when it is needed: bundlers make one file of a worker
import * as archive from '../../web/core/sources/archive.js';

/** Written out, so that bundlers find the files. @type {Record<string, () => URL>} */
const MODULES = {
  'inklearn.wasm': () => new URL('../../build/inklearn.wasm', import.meta.url),
  'inklearn-threads.wasm': () => new URL('../../build/inklearn-threads.wasm', import.meta.url),
  'inklearn-relaxed.wasm': () => new URL('../../build/inklearn-relaxed.wasm', import.meta.url),
  'inklearn-threads-relaxed.wasm': () => new URL('../../build/inklearn-threads-relaxed.wasm', import.meta.url),
};

/** @param {import('../../web/core/variants.js').Wish} wish */
const start = async (wish) =>
  new Trainer(
    await startEngine(
      wish,
      navigator.hardwareConcurrency,
      (file) => {
        const { href } = MODULES[file]();
        return {
          name: href,
          remedy: "Look at what the server sends there, and reload the page without the browser's cache.",
          content: fetch(href),
        };
      },
      askForThread,
    ),
  );

self.onmessage = ({ data: wish }) => {
  const answer = createHost(
    start(wish),
    (report, transfer) => /** @type {any} */ (self).postMessage(report, transfer),
    (source, signal) => sourceEntries(source, { load: async () => archive }, signal),
  );
  self.onmessage = ({ data }) => isLostThread(data) || answer(data);
};
