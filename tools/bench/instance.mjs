// @ts-check
/** instance.mjs - a bare WebAssembly build of tests or bench, with threads where it has them. */
import { sharedMemory } from '../../web/core/engine.js';
import { importsOn } from '../../web/core/imports.js';

/**
 * @param {BufferSource} bytes
 * @param {number} threads  more than one: of a module with threads; all have begun when this returns
 * @param {import('../../web/core/engine.js').StartThread} startThread
 */
export async function startInstance(bytes, threads, startThread) {
  const memory = threads > 1 ? sharedMemory() : undefined;
  const module = await WebAssembly.compile(bytes);
  const unused = new Proxy({}, { get: () => () => 0 });
  const instance = await WebAssembly.instantiate(module, { ...importsOn(memory), wasi_snapshot_preview1: unused });
  const x = /** @type {any} */ ({ memory, ...instance.exports });
  x._initialize();
  const helpers = Array.from({ length: threads - 1 }, () =>
    startThread({ module, memory: /** @type {WebAssembly.Memory} */ (memory), stack: x.ink_thread_stack() }, () => {}),
  );
  while (threads > 1 && x.ink_threads() < threads) await new Promise((resolve) => setTimeout(resolve, 1));
  return { x, close: () => Promise.all(helpers.map((helper) => helper.terminate())) };
}
