// @ts-check
/**
 * files.mjs - reads and writes the files of all commands. A file is written as a whole or not at all, and each error
 * says what is wrong with which path.
 */
import { randomBytes } from 'node:crypto';
import {
  accessSync,
  closeSync,
  constants,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { EngineError } from '../../web/core/engine.js';
import { MOST_BYTES, tooLarge } from '../package/network-file.js';
import { holdSignals } from './interrupt.mjs';

/** The meanings of the system's error codes. @type {Record<string, string>} */
const REASONS = {
  ENOENT: 'there is no such file or folder',
  ENOTDIR: 'a part of its path is a file, not a folder',
  EISDIR: 'it is a folder, not a file',
  EACCES: 'permission is denied',
  EPERM: 'it is not permitted',
  EROFS: 'that disk is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'your share of the disk is full',
  ENAMETOOLONG: 'the name is too long',
  ELOOP: 'its symbolic links lead in a circle',
  EIO: 'the disk reports an error',
};

/** Returns the cause of a system error, in words. @param {unknown} error */
export function reasonOf(error) {
  const { code = '', message } = /** @type {NodeJS.ErrnoException} */ (error);
  return REASONS[code] ?? message;
}

/**
 * Does something with a file, and turns errors into sentences.
 * @template T
 * @param {string} begin  of the sentence
 * @param {() => T} work
 * @returns {T}
 */
function attempt(begin, work) {
  try {
    return work();
  } catch (error) {
    throw new EngineError('argument', `${begin}: ${reasonOf(error)}`);
  }
}

/** @param {string} path */
export function readFile(path) {
  try {
    return readFileSync(path);
  } catch (error) {
    const missing = /** @type {NodeJS.ErrnoException} */ (error).code === 'ENOENT';
    throw new EngineError('argument', `${path}: ${missing ? 'there is no such file' : reasonOf(error)}`);
  }
}

/** Reads the file of a network after a check of its size. @param {string} path */
export function readNetwork(path) {
  const size = find(path)?.size ?? 0;
  if (size > MOST_BYTES) throw new EngineError('argument', `${path}: ${tooLarge(size)}`);
  return readFile(path);
}

/** Returns the facts about a path, or null if nothing is there. @param {string} path @param {typeof statSync} stat */
function find(path, stat = statSync) {
  try {
    return stat(path);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(/** @type {NodeJS.ErrnoException} */ (error).code ?? '')) return null;
    throw error;
  }
}

/**
 * Says whether a path is a device or a pipe: bytes are written into it, and no file can replace it. Refuses folders.
 * @param {string} path
 */
function isStream(path) {
  const there = find(path);
  if (there?.isDirectory() || /[/\\]$/.test(path)) throw new Error('it is a folder: name a file in it');
  return /^\/(dev\/(std|fd\/)|proc\/)/.test(path) || (there !== null && !there.isFile());
}

/**
 * Creates a new file in a folder, under a name that nobody can guess and no link can have.
 * @param {string} folder
 * @param {string} end  of its name
 * @param {number} mode
 */
function create(folder, end, mode) {
  const path = join(folder, `${end ? '' : '.'}inklearn-${randomBytes(8).toString('hex')}${end}`);
  return { path, file: openSync(path, 'wx', mode) };
}

/** @param {string} path */
function discard(path) {
  try {
    unlinkSync(path);
  } catch {
    // It is gone with its folder, or the disk takes no more changes. The error before this one is reported.
  }
}

/**
 * Fills a new file and closes it. Afterwards it is on the disk, or removed.
 * @param {{ path: string, file: number }} created
 * @param {Uint8Array} bytes
 */
function fill({ path, file }, bytes) {
  try {
    try {
      writeFileSync(file, bytes);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    discard(path);
    throw error;
  }
}

/** Writes a folder's changed names to the disk, where the system can do that. @param {string} folder */
function syncFolder(folder) {
  try {
    const file = openSync(folder, 'r');
    try {
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  } catch {
    // Windows and some network disks cannot: the file itself is complete.
  }
}

/** Bytes of a file that is written as a test: a full disk takes empty files. */
const PROBE = new Uint8Array(4096);

/**
 * Makes a file in the nearest existing folder above a path, and removes it: permissions alone are no proof.
 * @param {string} path
 */
function probe(path) {
  let nearest = dirname(resolve(path));
  while (!find(nearest, lstatSync)) nearest = dirname(nearest);
  // None of the names that are still missing may be too long.
  for (const name of relative(nearest, resolve(path)).split(sep)) find(join(nearest, name), lstatSync);
  const created = create(nearest, '', 0o600);
  fill(created, PROBE);
  unlinkSync(created.path);
}

/**
 * Refuses a place where saveFile would fail, before any work is done. It leaves nothing behind.
 * @param {string} path
 * @param {string[]} [inputs]  files that must not be overwritten
 */
export function checkFile(path, inputs = []) {
  attempt(`${path} could not be written`, () => {
    if (isStream(path)) return accessSync(path, constants.W_OK);
    const there = find(path);
    if (there && inputs.some((input) => find(input)?.ino === there.ino && find(input)?.dev === there.dev))
      throw new Error('it holds the data of this run');
    return probe(path);
  });
}

/** Refuses a folder in which files could not be saved. @param {string} folder */
export function checkFolder(folder) {
  attempt(`${folder} could not be written`, () => {
    if (find(folder)?.isDirectory() === false) throw new Error('it is a file, not a folder');
    probe(join(folder, 'file'));
  });
}

/**
 * Writes a file beside its place and moves it there when it is on the disk. Signals wait meanwhile.
 * @param {string} path
 * @param {Uint8Array} bytes
 */
export function saveFile(path, bytes) {
  holdSignals();
  attempt(`${path} could not be written`, () => {
    if (isStream(path)) return writeFileSync(path, bytes);
    const folder = dirname(path);
    mkdirSync(folder, { recursive: true });
    const created = create(folder, '', 0o666);
    fill(created, bytes);
    try {
      renameSync(created.path, path);
    } catch (error) {
      discard(created.path);
      throw error;
    }
    return syncFolder(folder);
  });
}

/**
 * Saves a network. If its place fails, it becomes a new file in the temporary folder or the home folder.
 * @param {string} path
 * @param {Uint8Array} bytes
 * @returns {{ path: string, error: EngineError | null }} where it is now, and the error if that is another place
 */
export function saveNetwork(path, bytes) {
  try {
    saveFile(path, bytes);
    return { path, error: null };
  } catch (error) {
    const { message } = /** @type {Error} */ (error),
      reasons = [];
    for (const findFolder of [tmpdir, homedir])
      try {
        const folder = findFolder(),
          created = create(folder, '.safetensors', 0o600);
        fill(created, bytes);
        syncFolder(folder);
        return {
          path: created.path,
          error: new EngineError('argument', `${message}; the network was saved to ${created.path} instead`),
        };
      } catch (other) {
        reasons.push(reasonOf(other));
      }
    throw new EngineError(
      'argument',
      `${message}; the network could not be saved to the temporary folder (${reasons[0]}) ` +
        `or the home folder (${reasons[1]}) either`,
    );
  }
}
