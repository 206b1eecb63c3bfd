// @ts-check
/**
 * node.mjs - the trainer under Node: the same engine, with files of the disk as its sources.
 */
import { createReadStream, existsSync } from 'node:fs';
import { open, readdir, readFile, stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import { pipeline, Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import { createGunzip } from 'node:zlib';
import { EngineError } from '../web/engine.js';
import { startEngine } from '../web/start.js';
import { Trainer } from '../web/trainer.js';
import { chooseVariant, hasRelaxed } from '../web/variants.js';
import { zipEntries } from '../web/zip.js';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));
export const WASM = join(ROOT, 'build/inklearn.wasm');

/** Node 20 knows relaxed SIMD and wants to be asked for it. */
if (!hasRelaxed()) setFlagsFromString('--experimental-wasm-relaxed-simd');

/**
 * A thread that does not keep the process alive.
 * @type {import('../web/engine.js').StartThread}
 */
export function startThread(thread, onLost) {
  const worker = new Worker(new URL('helper.mjs', import.meta.url), { workerData: thread });
  worker.on('error', onLost);
  worker.unref();
  return worker;
}

/** Where a module is; without relaxed SIMD where that was not built. @param {string} file */
function pathOf(file) {
  const path = join(ROOT, 'build', file);
  return existsSync(path) ? path : path.replace('-relaxed', '');
}

/**
 * The module for a wish.
 * @param {import('../web/variants.js').Wish} [wish]
 */
export function chooseModule(wish = {}) {
  const { file, threads } = chooseVariant(wish, availableParallelism());
  return { path: pathOf(file), threads };
}

/** @param {import('../web/variants.js').Wish} [wish] */
export async function createTrainer(wish = {}) {
  const remedy = 'Build it again with `make core`, or install the package again.';
  return new Trainer(await startEngine(wish, availableParallelism(), (file) => {
    const name = pathOf(file), content = readFile(name).catch((error) => {
      throw new EngineError('start', error.code === 'ENOENT' ? `${name} is not there: build it with \`make core\`, or install the package again` : `${name} cannot be read: ${error.message}`);
    });
    return { name, remedy, content };
  }, startThread));
}

/** Node's DecompressionStream gives 16 kB at a time, and takes four times as long over it as zlib. */
const GUNZIP_BYTES = 1 << 18;

/**
 * As a browser's DecompressionStream: what follows the end is an error.
 * @param {ReadableStream<Uint8Array>} compressed
 */
export async function* gunzip(compressed) {
  let given = 0;
  const source = compressed.getReader(), engine = createGunzip({ chunkSize: GUNZIP_BYTES });
  const chunks = async function* () {
    for (let read = await source.read(); !read.done; read = await source.read()) {
      given += read.value.length;
      yield read.value;
    }
  };
  pipeline(Readable.from(chunks()), engine, () => {}); // errors come out of the engine
  yield* engine;
  if (engine.bytesWritten !== given || !(await source.read()).done) throw new Error('more follows the end');
}

/**
 * @param {string} path
 * @param {string} name
 * @param {number} size
 * @returns {import('../web/sources.js').Entry}
 */
function fileEntry(path, name, size) {
  return {
    name,
    size,
    gunzip,
    open: async () => /** @type {ReadableStream<Uint8Array>} */ (
      Readable.toWeb(createReadStream(path, { highWaterMark: 1 << 18 }))),
  };
}

/** @param {string} path @param {number} size @returns {import('../web/zip.js').Archive} */
function fileArchive(path, size) {
  return {
    size,
    async read(from, to) {
      const file = await open(path);
      try {
        const { buffer, bytesRead } = await file.read(new Uint8Array(to - from), 0, to - from, from);
        return buffer.subarray(0, bytesRead);
      } finally {
        await file.close();
      }
    },
  };
}

/**
 * What a path holds: one file, what is in a zip archive, or all files under a folder.
 * @param {string} path
 * @returns {Promise<import('../web/sources.js').Entry[]>}
 */
export async function pathEntries(path) {
  const info = await stat(path).catch(() => {
    throw new EngineError('argument', `${path}: there is no such file or folder`);
  });
  if (!info.isDirectory()) return /\.(zip|npz)$/i.test(path) ? zipEntries(fileArchive(path, info.size), basename(path)) : [fileEntry(path, basename(path), info.size)];
  const entries = [];
  for (const item of await readdir(path, { recursive: true, withFileTypes: true })) {
    if (!item.isFile()) continue;
    const full = join(item.path, item.name);
    entries.push(fileEntry(full, join(basename(path), full.slice(path.length)), (await stat(full)).size));
  }
  if (entries.length === 0) throw new EngineError('data', `${path}: the folder is empty`);
  return entries;
}
