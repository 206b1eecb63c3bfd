// @ts-check
/**
 * node.mjs - the trainer under Node: the same engine, with files of the disk as its sources.
 */
import { createReadStream, existsSync } from 'node:fs';
import { open, readFile, stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { pipeline, Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import { createGunzip } from 'node:zlib';
import * as archive from '../../web/core/sources/archive.js';
import { EngineError } from '../../web/core/engine.js';
import { unpackedEntries, unreadableEntry, withArrays } from '../../web/core/sources/sources.js';
import { startEngine } from '../../web/core/start.js';
import { Trainer } from '../../web/core/trainer.js';
import { chooseVariant, hasRelaxed } from '../../web/core/variants.js';
import { filesUnder, reasonOf } from './folder.mjs';

/** This is not `new URL('../..', import.meta.url)`, since bundlers of servers take that for a module and fail. */
export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../../');
export const WASM = join(ROOT, 'build/inklearn.wasm');

/** Node 20 knows relaxed SIMD and wants to be asked for it. */
if (!hasRelaxed()) setFlagsFromString('--experimental-wasm-relaxed-simd');

/**
 * A thread that does not keep the process alive.
 * @type {import('../../web/core/engine.js').StartThread}
 */
export function startThread(thread, onLost) {
  const worker = new Worker(new URL('helper.mjs', import.meta.url), { workerData: thread });
  worker.on('error', onLost);
  worker.unref();
  return worker;
}

/** Returns the place of a module; the one without relaxed SIMD if that was not built. @param {string} file */
function pathOf(file) {
  const path = join(ROOT, 'build', file);
  return existsSync(path) ? path : path.replace('-relaxed', '');
}

/**
 * The module for a wish.
 * @param {import('../../web/core/variants.js').Wish} [wish]
 */
export function chooseModule(wish = {}) {
  const { file, threads } = chooseVariant(wish, availableParallelism());
  return { path: pathOf(file), threads };
}

/** @param {import('../../web/core/variants.js').Wish} [wish] */
export async function createTrainer(wish = {}) {
  const remedy = 'Build it again with `make core`, or install the package again.';
  return new Trainer(
    await startEngine(
      wish,
      availableParallelism(),
      (file) => {
        const name = pathOf(file),
          content = readFile(name).catch((error) => {
            throw new EngineError(
              'start',
              error.code === 'ENOENT'
                ? `${name} is not there: build it with \`make core\`, or install the package again`
                : `${name} cannot be read: ${error.message}`,
            );
          });
        return { name, remedy, content };
      },
      startThread,
    ),
  );
}

/** Node's DecompressionStream gives 16 kB at a time, and takes four times as long over it as zlib. */
const GUNZIP_BYTES = 1 << 18;

/**
 * Throws if anything but gzip follows the end; readEntry then finds out what is wrong.
 * @param {ReadableStream<Uint8Array>} compressed
 */
export async function* gunzip(compressed) {
  let given = 0;
  const source = compressed.getReader(),
    engine = createGunzip({ chunkSize: GUNZIP_BYTES });
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

/** @type {import('../../web/core/sources/sources.js').Decoders} */
export const DECODERS = { load: async () => archive, gunzip };

/**
 * @param {string} path
 * @param {string} name
 * @param {number | null} size
 * @returns {import('../../web/core/sources/sources.js').Entry}
 */
function fileEntry(path, name, size) {
  return {
    name,
    size,
    open: async () => createReadStream(path, { highWaterMark: 1 << 18 }),
    reason: async (error) => reasonOf(error),
    decoders: DECODERS,
  };
}

/**
 * @param {string} path
 * @param {string} name
 * @param {number} size
 * @returns {import('../../web/core/sources/sources.js').Archive}
 */
function fileArchive(path, name, size) {
  /** @param {unknown} error @returns {never} */
  const refuse = (error) => {
    throw new EngineError('data', `${name}: ${reasonOf(error)}`);
  };
  return {
    size,
    async read(from, to) {
      const file = await open(path).catch(refuse);
      try {
        const { buffer, bytesRead } = await file.read(new Uint8Array(to - from), 0, to - from, from).catch(refuse);
        return bytesRead === to - from ? buffer : refuse(null);
      } finally {
        await file.close();
      }
    },
  };
}

/**
 * Returns the entries of a path: one file, the files in a zip archive, or all files under a folder.
 * @param {string} path
 * @returns {Promise<import('../../web/core/sources/sources.js').Entry[]>}
 */
export async function pathEntries(path) {
  const info = await stat(path).catch((error) => {
    throw new EngineError(
      'argument',
      `${path}: ${error.code === 'ENOENT' ? 'there is no such file or folder' : reasonOf(error)}`,
    );
  });
  const name = basename(path);
  if (info.isFile())
    return unpackedEntries(fileEntry(path, name, info.size), fileArchive(path, name, info.size), DECODERS);
  // A pipe: its bytes come once, in order
  if (!info.isDirectory()) return [{ ...fileEntry(path, name, null), once: true }];
  const found = await filesUnder(path);
  if (found.length === 0) throw new EngineError('data', `${path}: the folder is empty`);
  const entries = found.map((file) => ({
    ...(file.reason ? unreadableEntry(file.name, file.reason) : fileEntry(file.path, file.name, file.size)),
    inFolder: true,
  }));
  return withArrays(entries, (_, i) => fileArchive(found[i].path, found[i].name, found[i].size), DECODERS);
}
