// @ts-check
/**
 * helper.js - one more thread of the core: an instance of its own on the owner's memory. It is told
 * what to run by the core, through that memory, and never returns.
 */
import { importsOn } from './imports.js';

/** @typedef {{ module: WebAssembly.Module, memory: WebAssembly.Memory, stack: number }} Thread */

/** @param {Thread} thread  `stack` is where its stack begins; it grows downwards */
export function help({ module, memory, stack }) {
  const x = /** @type {any} */ (new WebAssembly.Instance(module, importsOn(memory)).exports);
  x.stackRestore(stack);
  try {
    x.ink_thread_run();
  } catch (error) {
    x.ink_thread_failed(); // or the owner would wait for ever
    throw error;
  }
}

/** Called where the memory cannot be shared with this thread. */
globalThis.onmessageerror = () => {
  throw new Error('the thread could not be given its memory');
};
globalThis.onmessage = (/** @type {MessageEvent<Thread>} */ { data }) => help(data);
