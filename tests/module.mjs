/** module.mjs - starts a WebAssembly build of the tests, with threads where it has them. */
import { readFileSync } from 'node:fs';
import { importsOn, sharedMemory } from '../web/engine.js';
import { startThread } from '../tools/node.mjs';

/**
 * @param {string} path
 * @param {number} [threads]  more than one: of a module with threads; all have begun when this returns
 */
export async function startModule(path, threads = 1) {
  const memory = threads > 1 ? sharedMemory() : undefined;
  const module = new WebAssembly.Module(readFileSync(path));
  const unused = new Proxy({}, { get: () => () => 0 });
  const imports = importsOn(memory);
  const x = /** @type {any} */ ({ memory, ...new WebAssembly.Instance(module, { ...imports, wasi_snapshot_preview1: unused }).exports });
  x._initialize();
  const helpers = Array.from({ length: threads - 1 }, () => startThread({ module, memory, stack: x.ink_thread_stack() }, () => {}));
  while (threads > 1 && x.ink_threads() < threads) await new Promise((resolve) => setTimeout(resolve, 1));
  return { x, close: () => Promise.all(helpers.map((helper) => helper.terminate())) };
}
