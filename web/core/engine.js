// @ts-check
/**
 * engine.js - the training engine: an instance of the core and its threads. Together with the files of engine/ it is
 * all that knows the core is WebAssembly.
 *
 * The calls stand by subject in engine/: calls.js (how a call is made), data.js, training.js, looking.js.
 */
import { EngineError } from './engine/calls.js';
import { LookingCalls } from './engine/looking.js';
import { checkSupport, sharedMemory } from './engine/support.js';
import { importsOn } from './imports.js';

export { checkSupport, EngineError, sharedMemory };
/** @typedef {import('./engine/training.js').EngineEvent} EngineEvent */

/**
 * Starts helper.js in a thread of its own; `onLost` is called if that fails.
 * @callback StartThread
 * @param {import('./helper.js').Thread} thread
 * @param {() => void} onLost
 * @returns {{ terminate(): unknown }}
 */

export class Engine extends LookingCalls {
  /** @type {Set<{ terminate(): unknown }>} */
  #helpers = new Set();
  /** Called when a thread was lost; the others do its work. @type {(() => void) | null} */
  onThreadLost = null;

  /**
   * @param {WebAssembly.Exports} exports  of an instance
   * @param {WebAssembly.Memory | null} [memory]  if the instance does not export it
   */
  constructor(exports, memory) {
    super(exports, memory);
    this.onEnd = () => {
      for (const helper of this.#helpers) helper.terminate();
      this.#helpers.clear();
    };
  }

  /**
   * @param {BufferSource | WebAssembly.Module} wasm
   * @param {{ threads?: number, memory?: WebAssembly.Memory | null, startThread?: StartThread }} [options]  more than
   *   one thread needs a module with threads, memory that they share, and a way to start one
   * @throws {EngineError} code `unsupported` where the browser or Node lacks WebAssembly SIMD, `start` where it fails
   */
  static async create(wasm, { threads = 1, memory = threads > 1 ? sharedMemory() : null, startThread } = {}) {
    checkSupport();
    try {
      const module = wasm instanceof WebAssembly.Module ? wasm : await WebAssembly.compile(wasm);
      const { exports } = await WebAssembly.instantiate(module, importsOn(memory)),
        engine = new Engine(exports, memory);
      if (memory && startThread) engine.#startThreads({ module, memory }, threads - 1, startThread);
      return engine;
    } catch (error) {
      throw new EngineError(
        'start',
        error instanceof RangeError
          ? 'The training engine could not be started for lack of memory: ' +
              `close other tabs or programs, and try again (${error.message}).`
          : `The training engine could not be started: ${String(error)}`,
      );
    }
  }

  /**
   * Starts threads. Those that can be started do the work of those that cannot; `threads` says how many there are.
   * @param {Omit<import('./helper.js').Thread, 'stack'>} core @param {number} count @param {StartThread} start
   */
  #startThreads(core, count, start) {
    for (let i = 0; i < count; i++) {
      try {
        this.call('thread_stack');
        const helper = start({ ...core, stack: this.number() }, () => {
          if (this.#helpers.delete(helper)) this.onThreadLost?.();
        });
        this.#helpers.add(helper);
      } catch {
        return; // there is no memory for its stack, or no thread: the others do its work
      }
    }
  }

  /** Ends all threads but the caller's; the engine cannot be used any more. */
  close() {
    this.end(new EngineError('state', 'the training engine is closed'));
  }

  /** The build that the core belongs to. */
  get build() {
    this.call('about');
    return this.text(0);
  }

  /** The name of the kernels: `simd128`, ... */
  get variant() {
    this.call('about');
    return this.text(1);
  }

  /** Threads that work or are starting, the caller's among them. */
  get threads() {
    return this.#helpers.size + 1;
  }

  /** Threads that work already. */
  get threadsAtWork() {
    this.call('threads');
    return this.number();
  }
}
