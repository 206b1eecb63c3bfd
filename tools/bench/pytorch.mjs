// @ts-check
/** pytorch.mjs - PyTorch at the same work on the same pictures (pytorch.py), asked line by line. */
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { createTrainer, pathEntries } from '../node/node.mjs';

const SCRIPT = fileURLToPath(new URL('pytorch.py', import.meta.url));

/** The first Python that has PyTorch, or null. */
export function findPyTorch() {
  const pythons = process.env.PYTHON ? [process.env.PYTHON] : ['python3', '/usr/bin/python3'];
  return pythons.find((python) => spawnSync(python, ['-c', 'import torch'], { stdio: 'ignore' }).status === 0) ?? null;
}

/** All pictures, then all labels, a byte each: what PyTorch trains on. @param {string} archive @param {string} path */
async function writePictures(archive, path) {
  const trainer = await createTrainer({ threads: 1 });
  const { train, valid, classes } = await trainer.load('bench', await pathEntries(archive));
  const file = openSync(path, 'w');
  const pieces = /** @type {const} */ ([
    ['train', train],
    ['valid', valid],
  ]);
  for (const [split, count] of pieces)
    for (let i = 0; i < count; i += 1000)
      writeSync(file, Buffer.concat(trainer.pictures(split, range(i, Math.min(count, i + 1000))).pictures));
  for (const [split, count] of pieces)
    writeSync(
      file,
      Uint8Array.from(range(0, count), (i) => trainer.engine.label(split, i)),
    );
  closeSync(file);
  trainer.engine.close();
  return { train, valid, classes: classes.length };
}

/** @param {number} from @param {number} to */
const range = (from, to) => Array.from({ length: to - from }, (_, i) => from + i);

/** @typedef {Awaited<ReturnType<typeof startPyTorch>>} PyTorch */

/** @param {string} python @param {string} archive */
export async function startPyTorch(python, archive) {
  const folder = mkdtempSync(join(tmpdir(), 'inklearn-bench-')),
    file = join(folder, 'pictures');
  const { train, valid, classes } = await writePictures(archive, file);
  const child = spawn(python, [SCRIPT, file, String(train), String(valid), String(classes)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const read = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error('PyTorch ended');
    return JSON.parse(value);
  };
  const { version, blas } = await read();
  rmSync(folder, { recursive: true });
  return {
    version: `PyTorch ${version}, ${blas}`,
    /**
     * @param {'steps' | 'epoch' | 'validate'} what
     * @param {string} model
     * @param {number} count
     * @param {number} threads
     * @returns {Promise<number[]>} seconds of each
     */
    async run(what, model, count, threads) {
      child.stdin.write(`${what} ${model} ${count} ${threads}\n`);
      return read();
    },
    /** @param {string} model @returns {Promise<number>} */
    async parameters(model) {
      child.stdin.write(`parameters ${model} 0 1\n`);
      return read();
    },
    close: () => child.stdin.end(),
  };
}
