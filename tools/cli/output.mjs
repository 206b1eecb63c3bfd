// @ts-check
/**
 * output.mjs - what a command says: lines for people or, with --json, events for programs; and
 * progress bars where standard error is a terminal.
 */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { EngineError } from '../../web/engine.js';
import { Bar } from './bar.mjs';

/** Names come from outside: what would steer a terminal is shown by its number. @param {string} text */
export function plain(text) {
  // eslint-disable-next-line no-control-regex
  return text.replace(/[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

export class Output {
  /** @param {boolean} json */
  constructor(json) {
    this.json = json;
  }

  /** A line for people. @param {string} line */
  print(line) {
    if (!this.json) process.stdout.write(`${line}\n`);
  }

  /** An event for programs. @param {{ event: string } & Record<string, unknown>} event */
  emit(event) {
    if (this.json) process.stdout.write(`${JSON.stringify(event)}\n`);
  }

  /** Beside the results, for people in either case. @param {string} line */
  note(line) {
    process.stderr.write(`${line}\n`);
  }
}

/** @param {string} format  with {bar}, {percentage} and the fields that updates carry */
export const createBar = (format) => new Bar(format);

/** Clears a bar's line, so that a line of text can take its place. */
export function clearBarLine() {
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
}

/**
 * A file is there whole or not at all: it is written beside its place and then put there.
 * @param {string} path
 * @param {Uint8Array} bytes
 */
export function saveFile(path, bytes) {
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(`${path}.part`, bytes);
    renameSync(`${path}.part`, path);
  } catch (error) {
    throw new EngineError('argument', `${path} could not be written: ${/** @type {Error} */ (error).message}`);
  }
}

/**
 * Plots as PNG files of one folder.
 * @param {string} folder
 * @param {Record<string, import('../plots/canvas.mjs').Canvas>} plots  by the names of their files, without .png
 * @param {Output} out
 */
export function savePlots(folder, plots, out) {
  const files = Object.entries(plots).map(([name, canvas]) => {
    const path = join(folder, `${name}.png`);
    saveFile(path, canvas.toPng());
    return path;
  });
  out.emit({ event: 'plots', files });
  out.print(`wrote ${files.join(', ')}`);
}
