// @ts-check
/**
 * helper.js - one more thread of the core: an instance of its own on the owner's memory. The core gives it work through
 * that memory. It never returns.
 */
import { importsOn } from './imports.js';

/** @typedef {{ module: WebAssembly.Module, memory: WebAssembly.Memory, stack: number }} Thread */

/** Runs the thread. @param {Thread} thread  `stack` is the end of its stack, which grows downwards */
export function help({ module, memory, stack }) {
  const x = /** @type {any} */ (new WebAssembly.Instance(module, importsOn(memory)).exports);
  x.stackRestore(stack);
  try {
    x.ink_thread_run();
  } catch (error) {
    x.ink_thread_failed(); // otherwise the owner would wait for ever
    throw error;
  }
}

/** Called where the memory cannot be shared with this thread. */
globalThis.onmessageerror = () => {
  throw new Error('the thread could not be given its memory');
};
globalThis.onmessage = (/** @type {MessageEvent<Thread>} */ { data }) => help(data);
