/** program.mjs - the command line as a process, for tests of what goes wrong around it. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './core.mjs';

export const PROGRAM = join(ROOT, 'tools/inklearn.mjs');

/** A new folder. */
export const folder = () => mkdtempSync(join(tmpdir(), 'inklearn-'));

/**
 * A reason to skip where a program is not there, or false.
 * @param {string[]} command  one that ends with 0
 * @param {string} reason
 */
export const without = ([program, ...args], reason) =>
  spawnSync(program, args, { stdio: 'ignore' }).status === 0 ? false : reason;

/** Reasons to skip, or false. */
export const notLinux = process.platform === 'linux' ? false : 'it is about Linux';
export const noMounts = without(
  ['unshare', '--user', '--map-root-user', '--mount', 'mount', '-t', 'tmpfs', 'none', '/mnt'],
  'this system does not let us mount a disk of our own',
);

/**
 * @param {string[]} args
 * @param {import('node:child_process').SpawnSyncOptions &
 *   { program?: string, node?: string, flags?: string[] }} [options]
 */
export function run(args, { program = PROGRAM, node = process.execPath, flags = [], ...options } = {}) {
  const { status, signal, stdout, stderr } = spawnSync(node, [...flags, program, ...args], {
    cwd: folder(),
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    ...options,
  });
  return { status, signal, stdout: String(stdout), stderr: String(stderr) };
}

/** Events of --json. @param {string} stdout @returns {any[]} */
export const eventsIn = (stdout) =>
  stdout
    .trim()
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));

/**
 * Runs a command and calls `hear` with each line of either stream.
 * @param {string[]} args
 * @param {(line: string, child: import('node:child_process').ChildProcess) => void} hear
 * @param {import('node:child_process').SpawnOptions & { flags?: string[] }} [options]
 * @returns {Promise<{ code: number | null, signal: string | null, lines: string[] }>}
 */
export function listen(args, hear, { flags = [], ...options } = {}) {
  const child = spawn(process.execPath, [...flags, PROGRAM, ...args], { cwd: folder(), stdio: 'pipe', ...options });
  /** @type {string[]} */
  const all = [];
  for (const stream of [child.stdout, child.stderr]) {
    let rest = '';
    stream?.setEncoding('utf8').on('data', (text) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        all.push(line);
        hear(line, child);
      }
    });
  }
  return new Promise((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal, lines: all }));
  });
}

/** Node's flags that run a piece of code before the program. @param {string} code */
export const first = (code) => ['--import', `data:text/javascript,${encodeURIComponent(code)}`];
