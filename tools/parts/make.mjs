#!/usr/bin/env node
// @ts-check
/**
 * make.mjs - the core in two parts (split.mjs). What the first training step of a page needs is found by making it, and
 * going on to the end of a run, which may come before the rest does.
 *   make.mjs --digits build --maps build/maps --to build/parts build/inklearn.wasm ...
 */
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Engine, importsOn, sharedMemory } from '../../web/engine.js';
import { Trainer } from '../../web/trainer.js';
import { pathEntries } from '../node.mjs';
import { instrument, split } from './split.mjs';

const DIGITS = ['train-labels', 'train-images', 'test-labels', 'test-images'].map((name) => `digits-${name}.idx.gz`);
/** As the page opens (MODELS in web/page/settings.js), but for fewer epochs. @type {import('../../web/protocol.js').Settings} */
const SETTINGS = { model: 'linear', epochs: 2, batch: 256, lr: 0.01, optimizer: 'sgd', schedule: 'constant', augment: 'none', seed: 0 };

/**
 * Indices of the functions that a first step calls.
 * @param {Uint8Array<ArrayBuffer>} bytes  a module
 * @param {boolean} threads  it wants shared memory
 * @param {string} digits  the folder of the built-in pictures
 */
async function neededFirst(bytes, threads, digits) {
  const needed = new Set(/** @type {number[]} */ ([])), memory = threads ? sharedMemory() : undefined, imports = importsOn(memory);
  Object.assign(imports.env, { hit: (/** @type {number} */ index) => needed.add(index) });
  const { instance } = await WebAssembly.instantiate(instrument(bytes), imports), engine = new Engine(instance.exports, memory), trainer = new Trainer(engine);
  void [engine.build, engine.variant];
  await trainer.load('digits', (await Promise.all(DIGITS.map((name) => pathEntries(join(digits, name))))).flat());
  trainer.pictures('train', [0]);
  trainer.describe(SETTINGS);
  trainer.interruptible = true;
  for (const report of trainer.fit(SETTINGS)) if (report.type === 'epoch') trainer.confusion();
  void engine.digest; // the host tells it at the end
  return needed;
}

/** @param {{ digits: string, maps: string, to: string }} folders @param {string[]} modules */
export async function makeParts({ digits, maps, to }, modules) {
  await mkdir(to, { recursive: true });
  for (const path of modules) {
    const bytes = new Uint8Array(await readFile(path)), name = basename(path, '.wasm'), map = join(maps, `${name}.wasm`);
    const { first, rest } = split(bytes, await neededFirst(bytes, name.includes('threads'), digits), existsSync(map) ? new Uint8Array(await readFile(map)) : null);
    await writeFile(join(to, `${name}.wasm`), first);
    await writeFile(join(to, `${name}-rest.wasm`), rest);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { digits: { type: 'string' }, maps: { type: 'string' }, to: { type: 'string' } } });
  await makeParts(/** @type {any} */ (values), positionals);
}
