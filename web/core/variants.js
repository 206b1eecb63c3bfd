// @ts-check
/**
 * variants.js - chooses the build of the core that a browser or Node can run. The same build gives the same bits
 * everywhere, with any number of threads.
 */

export const MOST_THREADS = 64;
/** The most threads that are used without being asked for: a step has too little work for more. */
const ENOUGH_THREADS = 8;

/**
 * Returns how many threads the link of a page asks for. Anybody may have written the link, so the number stays below
 * twice the cores; a few more threads than cores do no harm.
 * @param {string | null} text @param {number} cores
 * @returns {'auto' | number}
 */
export function threadsOfLink(text, cores) {
  const asked = Math.floor(Number(text));
  return asked >= 1 ? Math.min(asked, Math.max(ENOUGH_THREADS, 2 * (cores || 1)), MOST_THREADS) : 'auto';
}

/**
 * A module whose only function, () -> v128, is three times `i32.const 0, i8x16.splat`, then `f32x4.relaxed_madd`: it is
 * valid where relaxed SIMD is known.
 */
const RELAXED = Uint8Array.from(atob('AGFzbQEAAAABBQFgAAF7AwIBAAoTAREAQQD9D0EA/Q9BAP0P/YUCCw=='), (letter) =>
  letter.charCodeAt(0),
);

export function hasRelaxed() {
  return typeof WebAssembly === 'object' && WebAssembly.validate(RELAXED);
}

/** True if threads may share memory. A browser asks for two headers (tools/site/serve.mjs), Node for none. */
export function canShare() {
  return typeof SharedArrayBuffer === 'function' && /** @type {any} */ (globalThis).crossOriginIsolated !== false;
}

/**
 * A user's wishes.
 * @typedef {object} Wish
 * @property {'auto' | number} [threads]  from 1 to MOST_THREADS
 * @property {'fast' | 'deterministic'} [arithmetic]  deterministic: without relaxed SIMD, whose
 * rounding may differ between processors
 */

/**
 * @param {Wish} wish
 * @param {number} cores
 * @returns {{ file: string, threads: number }} name of the module
 */
export function chooseVariant({ threads = 'auto', arithmetic = 'fast' }, cores) {
  const wanted = threads === 'auto' ? Math.min(cores, ENOUGH_THREADS) : threads;
  const shared = wanted > 1 && canShare();
  const parts = ['inklearn', shared && 'threads', arithmetic === 'fast' && hasRelaxed() && 'relaxed'];
  return { file: `${parts.filter(Boolean).join('-')}.wasm`, threads: shared ? wanted : 1 };
}
