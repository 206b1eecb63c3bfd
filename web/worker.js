// @ts-check
/**
 * worker.js - the page's trainer, in a thread of its own: starts the engine as its own address asks,
 * and lets host.js answer.
 */
import { Engine, EngineError } from './engine.js';
import { createHost } from './host.js';
import { BUILD } from './protocol.js';
import { sourceEntries } from './sources.js';
import { askForThread, isLostThread } from './threads.js';
import { Trainer } from './trainer.js';
import { chooseVariant, MOST_THREADS } from './variants.js';

/** Where each build of the core is, by its name: what a first step needs, and the rest. @type {Record<string, [URL, URL]>} */
const MODULES = {
  'inklearn.wasm': [new URL('./inklearn.wasm', import.meta.url), new URL('./inklearn-rest.wasm', import.meta.url)],
  'inklearn-threads.wasm': [new URL('./inklearn-threads.wasm', import.meta.url), new URL('./inklearn-threads-rest.wasm', import.meta.url)],
  'inklearn-relaxed.wasm': [new URL('./inklearn-relaxed.wasm', import.meta.url), new URL('./inklearn-relaxed-rest.wasm', import.meta.url)],
  'inklearn-threads-relaxed.wasm': [new URL('./inklearn-threads-relaxed.wasm', import.meta.url), new URL('./inklearn-threads-relaxed-rest.wasm', import.meta.url)],
};

/** @param {URL} address @returns {import('./engine.js').Rest} */
const restAt = (address) => {
  const refuse = (/** @type {number} */ status) => { throw new EngineError('network', `the server answered ${status} for ${address.pathname}`); };
  return {
    async fetch() {
      const response = await fetch(address);
      return WebAssembly.compile(response.ok ? await response.arrayBuffer() : refuse(response.status));
    },
    now() {
      const request = new XMLHttpRequest();
      request.open('GET', address, false);
      request.responseType = 'arraybuffer';
      request.send();
      return new WebAssembly.Module(request.status === 200 ? request.response : refuse(request.status));
    },
  };
};
const asked = new URL(self.location.href).searchParams, threads = Number(asked.get('threads'));
const variant = chooseVariant({
  threads: threads >= 1 ? Math.min(Math.floor(threads), MOST_THREADS) : 'auto',
  arithmetic: asked.get('arithmetic') === 'deterministic' ? 'deterministic' : 'fast',
}, navigator.hardwareConcurrency);
const [first, rest] = MODULES[variant.file];
const trainer = Engine.create(fetch(first), { ...variant, startThread: askForThread, rest: restAt(rest) })
  .then((engine) => {
    if (BUILD !== 'unbuilt' && engine.build !== BUILD) throw new EngineError('build', `The training engine is of build ${engine.build}, this page of ${BUILD}: reload the page, without the browser's cache.`);
    return new Trainer(engine);
  });
/** ms until the rest of the core is fetched: after the first step was told, or Train can be pressed; and while no one trains. */
const SEEN = 50, UNTRAINED = 150;
/** @type {Promise<void> | undefined} */
let loading;
/** Whoever needs it asks again, and complains. @param {number} wait  ms */
const loadRest = (wait) => (loading ??= new Promise((resolve) => setTimeout(resolve, wait)).then(() => trainer).then((t) => t.engine.loadRest()).catch(() => {}));

const zip = () => import('./zip.js');
/** What the built-in pictures need is fetched while the engine is still starting. @type {WeakMap<object, Promise<import('./sources.js').Entry[]>>} */
const opened = new WeakMap();
const answer = createHost(trainer, (report, transfer) => {
  /** @type {any} */ (self).postMessage(report, transfer);
  if (report.type === 'steps') loadRest(SEEN);
  else if (report.type === 'state' && report.state === 'idle') setTimeout(loadRest, UNTRAINED, 0);
}, (source, signal) => opened.get(source) ?? sourceEntries(source, zip, signal));
/** What comes after a run that waits for the rest waits behind it. @type {Promise<void> | undefined} */
let behind;
self.onmessage = async ({ data }) => {
  if (isLostThread(data)) return;
  if (data?.source?.kind === 'urls') opened.set(data.source, sourceEntries(data.source, zip));
  const beyond = data?.type === 'predictions' || ((data?.type === 'describe' || data?.type === 'train') && data.settings?.model !== 'linear');
  const there = beyond ? loadRest(SEEN) : behind;
  if (data?.type === 'train') behind = there;
  await there; // not behind a description or predictions: a run that goes on is not to wait for them
  answer(data);
};
