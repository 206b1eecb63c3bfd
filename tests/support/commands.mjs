/** commands.mjs - runs the command line as a program, and reads what it writes. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT, scratchFile } from './core.mjs';
import { noPython, readDrawing } from './drawings.mjs';
import { smallTar } from './files.mjs';

export const PROGRAM = join(ROOT, 'tools/inklearn.mjs');
export const folder = () => mkdtempSync(join(tmpdir(), 'inklearn-'));
export const inklearn = (/** @type {string[]} */ ...args) =>
  spawnSync(process.execPath, [PROGRAM, ...args], { cwd: folder(), encoding: 'utf8', maxBuffer: 1 << 28 });
export const data = scratchFile(smallTar({ perClass: 20 }));

/** The events of a command that ends well. @param {string[]} args */
export function events(...args) {
  const run = inklearn(...args, '--json');
  assert.equal(run.status, 0, run.stderr);
  return run.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

/** The width of an SVG file, which another parser reads. @param {string} path */
export const widthOf = (path) => {
  const svg = readFileSync(path);
  return noPython ? Number(/width="([\d.]+)"/.exec(svg.toString())?.[1]) : readDrawing(svg).width;
};

/** A trained network, once for all tests. */
export const network = (() => {
  let file = '';
  return () => {
    if (!file) {
      file = join(folder(), 'network.safetensors');
      events(
        'train',
        '--data',
        data,
        '--model',
        'mlp',
        '--epochs',
        '3',
        '--batch',
        '10',
        '--lr',
        '0.1',
        '--save',
        file,
      );
    }
    return file;
  };
})();

/** Runs a command, calls `hear` with each line of either stream, and tells how it ended. */
export function listen(args, hear) {
  const child = spawn(process.execPath, [PROGRAM, ...args], { cwd: folder() });
  for (const stream of [child.stdout, child.stderr]) {
    let rest = '';
    stream.setEncoding('utf8').on('data', (text) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) hear(line, child);
    });
  }
  return new Promise((resolve) => child.on('close', (code, signal) => resolve({ code, signal })));
}
