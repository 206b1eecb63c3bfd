// @ts-check
/**
 * node.mjs - the trainer under Node: the same engine, with files of the disk as its sources.
 */
import { createReadStream } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { Engine, EngineError } from '../web/engine.js';
import { Trainer } from '../web/trainer.js';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));
export const WASM = join(ROOT, 'build/inklearn.wasm');

/** @param {string} [wasm]  path of the module */
export async function createTrainer(wasm = WASM) {
  const bytes = await readFile(wasm).catch(() => {
    throw new EngineError('start', `${wasm} is not there: build it with \`make core\``);
  });
  return new Trainer(await Engine.create(bytes));
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
    open: async () => /** @type {ReadableStream<Uint8Array>} */ (
      Readable.toWeb(createReadStream(path, { highWaterMark: 1 << 18 }))),
  };
}

/**
 * What a path holds: one file, or all files under a folder.
 * @param {string} path
 * @returns {Promise<import('../web/sources.js').Entry[]>}
 */
export async function pathEntries(path) {
  const info = await stat(path).catch(() => {
    throw new EngineError('argument', `${path}: there is no such file or folder`);
  });
  if (!info.isDirectory()) return [fileEntry(path, basename(path), info.size)];
  const entries = [];
  for (const item of await readdir(path, { recursive: true, withFileTypes: true })) {
    if (!item.isFile()) continue;
    const full = join(item.path, item.name);
    entries.push(fileEntry(full, join(basename(path), full.slice(path.length)), (await stat(full)).size));
  }
  if (entries.length === 0) throw new EngineError('data', `${path}: the folder is empty`);
  return entries;
}
