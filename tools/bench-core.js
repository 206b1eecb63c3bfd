// @ts-check
/** bench-core.js - the measurements themselves; runs in Node and in a page alike. */
import { Engine } from '../web/engine.js';
import { Trainer } from '../web/trainer.js';

/** Best of `times` runs: others on the machine can only make it slower. @param {() => void} run */
function best(run, times = 15) {
  let least = Infinity;
  for (let i = 0; i < times; i++) {
    const start = performance.now();
    run();
    least = Math.min(least, performance.now() - start);
  }
  return least / 1000;
}

/**
 * GFLOPS of products beside those of a loop that only multiplies and adds in registers.
 * @param {Uint8Array<ArrayBuffer>} wasm  build/bench.wasm
 */
export async function measureProducts(wasm) {
  const { instance } = await WebAssembly.instantiate(wasm, { env: { emscripten_notify_memory_growth() {} } });
  const x = /** @type {any} */ (instance.exports);
  x._initialize();
  const rows = [];
  for (const [m, k, n] of [[240, 240, 256], [480, 480, 512], [10, 784, 256], [30, 784, 256]]) {
    if (x.bench_prepare(0, m, k, n)) throw new Error('not enough memory');
    const work = 2 * m * k * n, repeats = Math.max(1, Math.round(5e7 / work)), iterations = 5e5;
    x.bench_registers(iterations);
    const registers = (iterations * 12 * 8) / best(() => x.bench_registers(iterations)) / 1e9;
    const product = (repeats * work) / best(() => x.bench_product(repeats)) / 1e9;
    const gradient = (repeats * work) / best(() => x.bench_weight_gradient(repeats)) / 1e9;
    rows.push({ shape: `${m} x ${k} x ${n}`, registers, product, gradient });
  }
  return rows;
}

/**
 * Seconds to load, and for an epoch of each model: the median of epochs 2 to 6.
 * @param {BufferSource} wasm  build/inklearn.wasm
 * @param {import('../web/sources.js').Entry[]} entries
 */
export async function measureTraining(wasm, entries) {
  const trainer = new Trainer(await Engine.create(wasm));
  const loads = [];
  for (let i = 0; i < 3; i++) loads.push((await trainer.load('bench', entries)).seconds);
  const epochs = [];
  for (const model of ['linear', 'mlp']) {
    const seconds = [];
    for (const r of trainer.fit({ model, epochs: 6, batch: 256, lr: 0.01, momentum: 0, weightDecay: 0, seed: 0 }))
      if (r.type === 'epoch') seconds.push(r.seconds);
    epochs.push({ model, seconds: seconds.slice(1).sort((a, b) => a - b)[2] });
  }
  return { load: Math.min(...loads), epochs };
}
