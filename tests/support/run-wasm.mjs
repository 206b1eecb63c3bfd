/** run-wasm.mjs - runs a test program that was compiled to WebAssembly: run-wasm.mjs <file> */
import { readFileSync } from 'node:fs';
import { WASI } from 'node:wasi';
import '../../tools/node/node.mjs'; // switches relaxed SIMD on

const wasi = new WASI({ version: 'preview1', args: process.argv.slice(2) });
const { instance } = await WebAssembly.instantiate(readFileSync(process.argv[2]), {
  wasi_snapshot_preview1: wasi.wasiImport,
  env: { emscripten_notify_memory_growth() {} },
});
process.exitCode = wasi.start(instance);
