/** core.mjs - the two builds of the core that the tests drive: WebAssembly, and native with sanitizers. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createTrainer } from '../../tools/node/node.mjs';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SHARED = process.env.INK_SHARED || join(ROOT, '../shared');

/** A path in the shared folder, or null. @param {string} path */
export function shared(path) {
  const full = join(SHARED, path);
  return existsSync(full) ? full : null;
}

/** A reason to skip where a shared file is missing, or false. @param {string} path */
export function missing(path) {
  return shared(path) ? false : `${path} is not there (looked in ${SHARED}; INK_SHARED says where else)`;
}

const scratch = mkdtempSync(join(tmpdir(), 'inklearn-'));
let files = 0;

/** @param {Uint8Array} bytes  @returns {string} its path */
export function scratchFile(bytes) {
  const path = join(scratch, `${files++}`);
  writeFileSync(path, bytes);
  return path;
}

/** @typedef {{ name: string, bytes: Buffer }} Stream */

/**
 * Loads streams in the native build. A sanitizer's finding fails the test.
 * @param {Stream[]} streams
 * @param {{ step?: number, failAfter?: number }} [options]
 */
export function loadNative(streams, { step = 65536, failAfter = -1 } = {}) {
  const args = streams.flatMap(({ name, bytes }) => [name, scratchFile(bytes)]);
  const run = spawnSync(join(ROOT, 'build/tests/load'), [String(step), String(failAfter), ...args], {
    encoding: 'utf8',
  });
  if (run.status !== 0) throw new Error(`load ended with ${run.status ?? run.signal}: ${run.stderr.slice(0, 2000)}`);
  const lines = run.stdout.trim().split('\n');
  const [, status, message] = /** @type {RegExpMatchArray} */ (lines[0].match(/^status (\d+) (.*)$/));
  const [, total, live] = /** @type {RegExpMatchArray} */ (
    String(lines.at(-1)).match(/^allocations (\d+) live (\d+)$/)
  );
  return { status: Number(status), message, facts: lines.slice(1, -1), total: Number(total), live: Number(live) };
}

/** @param {Uint8Array} bytes */
function hash(bytes) {
  let h = 2166136261;
  for (const b of bytes) h = Math.imul(h ^ b, 16777619);
  return (h >>> 0).toString(16).padStart(8, '0');
}

/**
 * @param {import('../../web/core/trainer.js').Trainer} trainer
 * @param {'train' | 'valid'} split
 * @param {number} count
 */
function items(trainer, split, count) {
  const { pictures, labels, paths } = trainer.pictures(split, [...Array(count).keys()]);
  return [
    `${split} ${count} pixels ${hash(Buffer.concat(pictures))} labels ${hash(Uint8Array.from(labels))}`,
    ...pictures.slice(0, 40).map((p, i) => `${split}[${i}] ${paths[i] ?? '-'} label ${labels[i]} hash ${hash(p)}`),
  ];
}

/**
 * Loads streams in the WebAssembly build, with the same facts as loadNative.
 * @param {Stream[]} streams
 * @param {import('../../web/core/trainer.js').Trainer} [trainer]
 */
export async function loadWasm(streams, trainer) {
  trainer ??= await createTrainer();
  const entries = streams.map(({ name, bytes }) => ({
    name,
    size: bytes.length,
    open: async () => new Blob([bytes]).stream(),
  }));
  try {
    const report = await trainer.load('test', entries);
    return {
      status: 0,
      message: '',
      trainer,
      report,
      facts: [
        `skipped ${report.skipped}`,
        ...report.problems.map((p) => `problem ${p.path}: ${p.reason}`),
        `classes ${report.classes.join(' ')}`,
        ...items(trainer, 'train', report.train),
        ...items(trainer, 'valid', report.valid),
      ],
    };
  } catch (error) {
    const { code, message, problems = [] } = /** @type {any} */ (error);
    return {
      status: code,
      message,
      trainer,
      facts: problems.map((/** @type {any} */ p) => `problem ${p.path}: ${p.reason}`),
    };
  }
}
