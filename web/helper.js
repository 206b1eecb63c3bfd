// @ts-check
/**
 * helper.js - one more thread of the core: an instance of its own on the owner's memory. It is told
 * what to run by the core, through that memory, and never returns.
 */
import { importsOn, joinRest } from './engine.js';

/** `rest`: of a core in two parts. @typedef {{ module: WebAssembly.Module, rest?: WebAssembly.Module, memory: WebAssembly.Memory, stack: number }} Thread */

/** @param {Thread} thread  `stack` is where its stack begins; it grows downwards */
export function help({ module, rest, memory, stack }) {
  const first = new WebAssembly.Instance(module, importsOn(memory)).exports, x = /** @type {any} */ ({ ...first, ...(rest && joinRest(rest, first, memory)) });
  x.stackRestore(stack);
  try {
    x.ink_thread_run();
  } catch (error) {
    x.ink_thread_failed(); // or the owner would wait for ever
    throw error;
  }
}

globalThis.onmessage = (/** @type {MessageEvent<Thread>} */ { data }) => help(data);
