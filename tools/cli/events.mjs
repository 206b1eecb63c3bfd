// @ts-check
/**
 * events.mjs - reads the output of `train --json` line by line: with --steps it can be larger than memory.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { EngineError } from '../../web/core/engine.js';
import { reasonOf } from './files.mjs';

const CHUNK_BYTES = 1 << 20;
/** The limit of a line; every event is shorter: the confusion matrix of 255 classes has 65,025 numbers. */
const MOST_LETTERS = 1 << 24;

/**
 * Reads the lines of a file, without their line ends.
 * @param {string} path
 * @returns {Generator<{ text: string, whole: boolean }>} `whole`: the line has its end
 */
function* linesOf(path) {
  const file = openSync(path, 'r'),
    decoder = new TextDecoder(),
    chunk = new Uint8Array(CHUNK_BYTES);
  try {
    let rest = '',
      count = -1;
    while (count !== 0) {
      count = readSync(file, chunk);
      const lines = (rest + decoder.decode(chunk.subarray(0, count), { stream: count > 0 })).split('\n');
      rest = /** @type {string} */ (lines.pop());
      for (const text of lines) yield { text, whole: true };
      if (rest.length > MOST_LETTERS) yield { text: rest, whole: true };
    }
    if (rest) yield { text: rest, whole: false };
  } finally {
    closeSync(file);
  }
}

/**
 * Reads the events of a file. A last line that was cut off, as when the program was killed, is ignored.
 * @param {string} path
 * @returns {Generator<{ event: any, line: number }>}
 */
export function* readEvents(path) {
  let line = 0;
  try {
    for (const { text, whole } of linesOf(path)) {
      line++;
      if (text.trim() === '') continue;
      let event;
      try {
        if (text.length > MOST_LETTERS) throw new Error('too long');
        event = JSON.parse(text);
      } catch {
        if (!whole && line > 1) return;
        throw new EngineError(
          'argument',
          `${path}: line ${line} is not JSON: name a file that train --json has filled`,
        );
      }
      yield { event, line };
    }
  } catch (error) {
    if (error instanceof EngineError) throw error;
    throw new EngineError(
      'argument',
      `${path}: ${/** @type {any} */ (error).code === 'ENOENT' ? 'there is no such file' : reasonOf(error)}`,
    );
  }
}

/**
 * Reads a number of an event; NaN where it is not known, which JSON writes as null.
 * @param {any} event @param {string} name @param {string} where @param {number} [most]
 */
export function numberOf(event, name, where, most = Number.MAX_VALUE) {
  const value = event[name] ?? NaN;
  if (typeof value !== 'number' || value < 0 || value > most) {
    throw new EngineError(
      'argument',
      `${where}: ${name} must be ${most === 1 ? 'a number from 0 to 1' : 'a number of at least 0'}, ` +
        `not ${JSON.stringify(value).slice(0, 40)}`,
    );
  }
  return value;
}
