// @ts-check
/**
 * worker.js - the page's trainer, in a thread of its own: starts the engine as its own address asks,
 * and lets host.js answer.
 */
import { Engine, EngineError } from './engine.js';
import { createHost } from './host.js';
import { BUILD } from './protocol.js';
import { sourceEntries } from './sources.js';
import { Trainer } from './trainer.js';
import { chooseVariant, MOST_THREADS } from './variants.js';

const asked = new URL(self.location.href).searchParams, threads = Number(asked.get('threads'));
const variant = chooseVariant({
  threads: threads >= 1 ? Math.min(Math.floor(threads), MOST_THREADS) : 'auto',
  arithmetic: asked.get('arithmetic') === 'deterministic' ? 'deterministic' : 'fast',
}, navigator.hardwareConcurrency);
const trainer = Engine.create(fetch(new URL(variant.file, import.meta.url)), variant)
  .then((engine) => {
    if (BUILD !== 'unbuilt' && engine.build !== BUILD) throw new EngineError('build', `The training engine is of build ${engine.build}, this page of ${BUILD}: reload the page, without the browser's cache.`);
    return new Trainer(engine);
  });

const answer = createHost(trainer, (report, transfer) => /** @type {any} */ (self).postMessage(report, transfer),
  (source, signal) => sourceEntries(source, () => import('./zip.js'), signal));
self.onmessage = ({ data }) => answer(data);
