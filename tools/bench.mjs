// @ts-check
/**
 * bench.mjs - speed beside its yardsticks, in Node and in Chromium: `make bench`, or
 * bench.mjs [archive]. Compare within one run only: the machine is shared.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launch, noBrowser } from '../tests/browser.mjs';
import { measureProducts, measureTraining } from './bench-core.js';
import { pathEntries, ROOT, WASM } from './node.mjs';
import { createSite, listen } from './serve.mjs';

const SITE = join(ROOT, 'build/site');
const archive = process.argv[2] ?? (existsSync(join(SITE, 'data/mnist_png.tar.gz')) ? join(SITE, 'data/mnist_png.tar.gz') : join(ROOT, 'build/digits.tar.gz'));

/** @typedef {Awaited<ReturnType<typeof measureProducts>>} Products */
/** @typedef {Awaited<ReturnType<typeof measureTraining>>} Training */

/** gunzip, then a native stb_image loop, one after the other: one thread's work. */
function nativeLoad() {
  const tar = join(tmpdir(), `bench-${process.pid}.tar`);
  const times = [];
  for (let i = 0; i < 3; i++) {
    const start = performance.now();
    execFileSync('sh', ['-c', 'gzip -dc "$1" >"$2"', 'sh', archive, tar]);
    const unpacked = (performance.now() - start) / 1000;
    const [decoded] = execFileSync(join(ROOT, 'build/bench-load'), [tar], { encoding: 'utf8' }).split(' ').map(Number);
    times.push(unpacked + decoded);
  }
  rmSync(tar);
  return Math.min(...times);
}

/** @returns {Promise<{ products: Products, training: Training } | null>} */
async function inChromium() {
  if (noBrowser) {
    console.log(`Chromium is skipped: ${noBrowser}`);
    return null;
  }
  const server = createSite(ROOT);
  const origin = `http://localhost:${await listen(server, 8190)}`;
  const browser = await launch();
  try {
    const page = await browser.newPage({ bypassCSP: true });
    await page.goto(`${origin}/web/icon.svg`);
    const urls = { core: '/tools/bench-core.js', bench: '/build/bench.wasm', wasm: '/build/inklearn.wasm', archive: archive.startsWith(ROOT) ? `/${archive.slice(ROOT.length)}` : null };
    if (!urls.archive) console.log(`Chromium trains on the built-in digits: ${archive} is outside the project`);
    return await page.evaluate(async (u) => {
      const core = await import(u.core);
      const bytes = async (/** @type {string} */ url) => new Uint8Array(await (await fetch(url)).arrayBuffer());
      const blob = new Blob([await bytes(u.archive ?? '/build/digits.tar.gz')]);
      return {
        products: await core.measureProducts(await bytes(u.bench)),
        training: await core.measureTraining(await bytes(u.wasm), [{ name: 'bench', size: blob.size, open: async () => blob.stream() }]),
      };
    }, urls);
  } finally {
    await browser.close();
    server.close();
    server.closeAllConnections();
  }
}

/** @param {string} where @param {Products} rows */
function printProducts(where, rows) {
  console.log(`\nmatrix products, ${where}, one thread      registers  product        weight gradient  GFLOPS`);
  for (const { shape, registers, product, gradient } of rows)
    console.log(`  ${shape.padEnd(36)} ${registers.toFixed(1).padStart(9)}  ${product.toFixed(1).padStart(5)} (${Math.round((100 * product) / registers)} %)  ${gradient.toFixed(1).padStart(6)} (${Math.round((100 * gradient) / registers)} %)`);
}

/** @param {string} where @param {Training} t @param {number} native */
function printTraining(where, t, native) {
  console.log(`\n${where}: load ${t.load.toFixed(2)} s, ${(t.load / native).toFixed(2)} of native gunzip + stb_image (${native.toFixed(2)} s)`);
  for (const { model, seconds } of t.epochs) console.log(`  ${model.padEnd(8)} ${seconds.toFixed(3)} s an epoch (median of 5)`);
}

console.log(`archive: ${archive}`);
const native = nativeLoad();
printProducts('Node', await measureProducts(new Uint8Array(readFileSync(join(ROOT, 'build/bench.wasm')))));
printTraining('Node', await measureTraining(readFileSync(WASM), await pathEntries(archive)), native);
const chromium = await inChromium();
if (chromium) {
  printProducts('Chromium', chromium.products);
  printTraining('Chromium', chromium.training, native);
}
