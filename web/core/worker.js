// @ts-check
/**
 * worker.js - the page's trainer, in a thread of its own: starts the engine as its own address asks,
 * and lets host.js answer.
 */
import { EngineError } from './engine.js';
import { createHost } from './host.js';
import { BUILD } from './protocol.js';
import { sourceEntries } from './sources/sources.js';
import { startEngine } from './start.js';
import { askForThread, isLostThread } from './threads.js';
import { Trainer } from './trainer.js';
import { threadsOfLink } from './variants.js';

/** The address of each build of the core. @type {Record<string, URL>} */
const MODULES = {
  'inklearn.wasm': new URL('./inklearn.wasm', import.meta.url),
  'inklearn-threads.wasm': new URL('./inklearn-threads.wasm', import.meta.url),
  'inklearn-relaxed.wasm': new URL('./inklearn-relaxed.wasm', import.meta.url),
  'inklearn-threads-relaxed.wasm': new URL('./inklearn-threads-relaxed.wasm', import.meta.url),
};

const asked = new URL(self.location.href).searchParams,
  cores = navigator.hardwareConcurrency;
const trainer = startEngine(
  {
    threads: threadsOfLink(asked.get('threads'), cores),
    arithmetic: asked.get('arithmetic') === 'deterministic' ? 'deterministic' : 'fast',
  },
  cores,
  (file) => ({
    name: MODULES[file].pathname.split('/').pop() ?? file,
    remedy: "Reload the page without the browser's cache.",
    content: fetch(MODULES[file]),
  }),
  askForThread,
).then((engine) => {
  if (BUILD !== 'unbuilt' && engine.build !== BUILD)
    throw new EngineError(
      'build',
      `The training engine is of build ${engine.build}, this page of ${BUILD}: ` +
        "reload the page, without the browser's cache.",
    );
  return new Trainer(engine);
});

/** @type {import('./sources/sources.js').Decoders} */
const decoders = { load: () => import('./sources/archive.js') };
const answer = createHost(
  trainer,
  (report, transfer) => /** @type {any} */ (self).postMessage(report, transfer),
  (source, signal) => sourceEntries(source, decoders, signal),
);
self.onmessage = ({ data }) => {
  if (!isLostThread(data)) void answer(data); // a failure is reported to the page, as the answer
};
