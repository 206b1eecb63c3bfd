// @ts-check
/** support.js - whether WebAssembly can run here as the core needs it, and how much memory threads may share. */
import { EngineError } from './calls.js';

/**
 * A module whose only function, () -> v128, is `i32.const 0, i8x16.splat`: it is valid where SIMD is known. Its bytes
 * are the magic word and the version, then the sections of types, functions and code.
 */
const SIMD = Uint8Array.from(atob('AGFzbQEAAAABBQFgAAF7AwIBAAoIAQYAQQD9Dws='), (letter) => letter.charCodeAt(0));

/** @throws {EngineError} code `unsupported` where no core can run */
export function checkSupport() {
  if (typeof WebAssembly !== 'object')
    throw new EngineError('unsupported', 'WebAssembly, which Inklearn needs, is missing or switched off here.');
  if (!WebAssembly.validate(SIMD))
    throw new EngineError(
      'unsupported',
      'This browser cannot run WebAssembly SIMD, which Inklearn needs: please use a newer one.',
    );
}

/** Pages of 64 KiB, as the module is linked. */
const INITIAL_PAGES = 256,
  MOST_PAGES = 65536,
  LEAST_PAGES = 4096;

/** Reserves as much memory as threads may share here, all at once. Returns null where they may share none. */
export function sharedMemory() {
  for (let maximum = MOST_PAGES; maximum >= LEAST_PAGES; maximum /= 2) {
    try {
      return new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum, shared: true });
    } catch {
      // less may be possible
    }
  }
  return null;
}
