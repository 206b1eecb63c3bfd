// @ts-check
/**
 * calls.js - the one way in which the engine calls the core.
 *
 * Each export `ink_api_<name>` returns a status. What it gives back stands in memory until the next call: `spans`,
 * ranges of bytes, and `numbers`. include/ink_api.h says for each function what it puts where.
 *
 * C owns every byte. A view into its memory lives inside one method here, since any call may move the memory; callers
 * get copies, which they may keep or transfer.
 */

import { STATUSES } from '../../../build/schema.js';

/** An error for a call that the core refused: `message` is a sentence for people. */
export class EngineError extends Error {
  /**
   * @param {string} code  the name of a status of the core, or a code of the caller's own
   * @param {string} message
   */
  constructor(code, message) {
    super(message);
    this.name = 'EngineError';
    this.code = code;
  }
}

/** Bytes of a span in memory: its address and its length, 32 bits each. */
const SPAN_BYTES = 8;

/** @typedef {Partial<import('../protocol.js').Settings>} GivenSettings */

/**
 * Writes settings as the core reads them, a line `name=value` each; weightDecay is weight_decay.
 * @param {GivenSettings} settings
 */
function settingsText(settings) {
  return Object.entries(settings)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`)}=${value}`.replaceAll('\n', ' '))
    .join('\n');
}

export class Calls {
  /** @type {Record<string, any>} */
  #exports;
  #memory;
  /** Addresses of the results. */
  #spans;
  #numbers;
  /** After the end: what every later call throws. @type {EngineError | null} */
  #ended = null;
  /** Called when the engine ends. */
  onEnd = () => {};

  /**
   * @param {WebAssembly.Exports} exports  of an instance
   * @param {WebAssembly.Memory | null} [memory]  if the instance does not export it
   */
  constructor(exports, memory) {
    this.#exports = exports;
    this.#memory = /** @type {WebAssembly.Memory} */ (memory ?? exports.memory);
    this.#run('_initialize', []);
    this.#spans = Number(this.#run('ink_api_spans', []));
    this.#numbers = Number(this.#run('ink_api_numbers', []));
  }

  /**
   * Calls a function of the core.
   * @param {string} name  without `ink_api_`
   * @param {...number} values  its arguments
   * @throws {EngineError} with the name of the status that is not `ok`, or code `crashed`
   */
  call(name, ...values) {
    const status = this.#run(`ink_api_${name}`, values);
    if (status === 0) return;
    this.#run('ink_api_error', []);
    throw new EngineError(STATUSES[status], this.text());
  }

  /**
   * A call that traps, here or in another thread, leaves the core in the middle of its work: no other call can be
   * trusted after it.
   * @param {string} name @param {number[]} values
   */
  #run(name, values) {
    if (this.#ended) throw this.#ended;
    try {
      return this.#exports[name](...values);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const crash = new EngineError('crashed', `The training engine failed and must be started again (${reason}).`);
      this.end(crash);
      throw crash;
    }
  }

  /** Ends the engine: every later call throws the first error that this was called with. @param {EngineError} error */
  end(error) {
    this.#ended ??= error;
    this.onEnd();
  }

  /** Bytes of memory that the core has taken; they only grow. */
  get memoryBytes() {
    return this.#memory.buffer.byteLength;
  }

  // ---- what goes in ----

  /** Gives the core bytes, which its next call reads. @param {Uint8Array | Uint8ClampedArray} bytes */
  input(bytes) {
    this.call('input', bytes.length);
    new Uint8Array(this.#memory.buffer, this.#span(0).address, bytes.length).set(bytes);
  }

  /** @param {string} text */
  inputText(text) {
    this.input(new TextEncoder().encode(text));
  }

  /** @param {GivenSettings} settings */
  inputSettings(settings) {
    this.inputText(settingsText(settings));
  }

  /**
   * Settings, and after them bytes; returns how many bytes the settings take.
   * @param {GivenSettings} settings
   * @param {Uint8Array} bytes
   */
  inputSettingsAnd(settings, bytes) {
    const text = new TextEncoder().encode(settingsText(settings)),
      both = new Uint8Array(text.length + 1 + bytes.length); // a 0 ends the settings
    both.set(text);
    both.set(bytes, text.length + 1);
    this.input(both);
    return text.length;
  }

  // ---- what came back, as copies ----

  /** @param {number} index */
  #span(index) {
    const [address, length] = new Uint32Array(this.#memory.buffer, this.#spans + SPAN_BYTES * index, 2);
    return { address, length };
  }

  /** The first numbers. @param {number} count @returns {number[]} */
  numbers(count) {
    return Array.from(new Float64Array(this.#memory.buffer, this.#numbers, count));
  }

  /** The first number. */
  number() {
    return this.numbers(1)[0];
  }

  /** @param {number} [index]  of a span of bytes */
  bytes(index = 0) {
    const { address, length } = this.#span(index);
    return new Uint8Array(this.#memory.buffer, address, length).slice();
  }

  /** @param {number} [index]  of a span of UTF-8 */
  text(index = 0) {
    return new TextDecoder().decode(this.bytes(index)); // of the copy: a decoder refuses shared bytes
  }

  /** @param {number} [index]  of a span of floats */
  floats(index = 0) {
    const { address, length } = this.#span(index);
    return new Float32Array(this.#memory.buffer, address, length / 4).slice();
  }

  /** @param {number} [index]  of a span of whole numbers of 32 bits */
  whole(index = 0) {
    const { address, length } = this.#span(index);
    return new Uint32Array(this.#memory.buffer, address, length / 4).slice();
  }

  /** @param {number} [index]  of a span of doubles */
  doubles(index = 0) {
    const { address, length } = this.#span(index);
    return new Float64Array(this.#memory.buffer, address, length / 8).slice();
  }
}
