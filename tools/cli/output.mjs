// @ts-check
/**
 * output.mjs - prints what a command reports: lines for people or, with --json, events for programs; and progress bars
 * where standard error is a terminal.
 */
import { closeSync } from 'node:fs';
import { join } from 'node:path';
import { isatty } from 'node:tty';
import { Bar } from './bar.mjs';
import { reasonOf, saveFile } from './files.mjs';
import { hearSignals } from './interrupt.mjs';

/** Escapes the characters of a name from outside that control a terminal. @param {string} text */
export function plain(text) {
  return text.replace(
    /[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Escapes each of several lines. @param {string} text */
const plainLines = (text) => text.split('\n').map(plain).join('\n');

export class Output {
  /** The program continues if nobody reads standard output, because it saves files. */
  static goesOn = false;
  /** Standard output is closed; `failed`: because of an error, and not because its reader has stopped. */
  static closed = false;
  static failed = false;

  /** Decides what happens when standard output or standard error cannot be written. */
  static watch() {
    process.stderr.on('error', () => {}); // there is no other place to report it
    process.stdout.on('error', (error) => {
      if (Output.closed) return;
      Output.closed = true;
      // A reader that stops, as in `| head`, and a terminal that is gone are no failures.
      Output.failed = !['EPIPE', 'EIO'].includes(/** @type {NodeJS.ErrnoException} */ (error).code ?? '');
      if (Output.failed) process.stderr.write(`standard output could not be written: ${reasonOf(error)}\n`);
      // Ctrl-C in `train | tee log` ends tee too: the signal is heard first, and the checkpoint saved.
      void hearSignals().then(() => Output.goesOn || process.exit(Output.failed ? 1 : 0));
    });
    const terminals = [0, 1, 2].filter(isatty);
    // At its end Node restores each terminal that is still open, and aborts where that terminal is gone.
    process.on('exit', () => {
      for (const terminal of terminals) if (!isatty(terminal)) closeSync(terminal);
    });
  }

  /** @param {boolean} json */
  constructor(json) {
    this.json = json;
  }

  /** Prints a line for people. @param {string} line */
  print(line) {
    if (!this.json && !Output.closed) process.stdout.write(`${plainLines(line)}\n`);
  }

  /** Prints an event for programs. @param {{ event: string } & Record<string, unknown>} event */
  emit(event) {
    // `plain` escapes with \u and four digits, as JSON does.
    if (this.json && !Output.closed) process.stdout.write(`${plain(JSON.stringify(event))}\n`);
  }

  /** Prints a line beside the results, on standard error. @param {string} line */
  note(line) {
    process.stderr.write(`${plainLines(line)}\n`);
  }
}

/** @param {string} format  with {bar}, {percentage} and the fields that updates carry */
export const createBar = (format) => new Bar(format);

/** Clears a bar's line, so that a line of text can take its place. */
export function clearBarLine() {
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
}

/**
 * Saves plots in a folder.
 * @param {string} folder
 * @param {Record<string, string>} plots  SVG files, by their names without .svg
 * @param {Output} out
 */
export function savePlots(folder, plots, out) {
  const files = Object.entries(plots).map(([name, svg]) => {
    const path = join(folder, `${name}.svg`);
    saveFile(path, Buffer.from(svg));
    return path;
  });
  out.emit({ event: 'plots', files });
  out.print(`wrote ${files.join(', ')}`);
}
