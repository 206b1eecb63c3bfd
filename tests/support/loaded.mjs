/** loaded.mjs - loads a data set with both builds of the core, which must agree. */
import assert from 'node:assert/strict';
import { loadNative, loadWasm } from './core.mjs';
import { digitPng, tarEntry, TAR_END } from './files.mjs';

/**
 * Loads streams natively and in WebAssembly, and returns the report, which is the same.
 * @param {import('./core.mjs').Stream[]} streams
 */
export async function load(streams) {
  const native = loadNative(streams),
    wasm = await loadWasm(streams);
  assert.equal(native.live, 0, 'the native build leaks');
  assert.equal(native.message, wasm.message);
  if (native.status === 0) assert.deepEqual(wasm.facts, native.facts);
  return native;
}

/** A stream with one archive. @param {Buffer} bytes */
export const tar = (bytes) => [{ name: 'set.tar', bytes }];

/** An archive of three pictures, of which training/a/p.png is the one to test. @param {Buffer} picture */
export function around(picture) {
  return Buffer.concat([
    tarEntry('s/training/a/p.png', picture),
    tarEntry('s/training/b/0.png', digitPng(1)),
    tarEntry('s/testing/a/0.png', digitPng(2)),
    TAR_END,
  ]);
}
