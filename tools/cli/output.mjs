// @ts-check
/**
 * output.mjs - what a command says: lines for people or, with --json, events for programs; and
 * progress bars where standard error is a terminal.
 */
import progress from 'cli-progress';

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

/** @param {string} format  with {bar} and the fields that updates carry */
export function createBar(format) {
  return new progress.SingleBar({ format, hideCursor: true, clearOnComplete: true, stream: process.stderr, noTTYOutput: false },
    progress.Presets.shades_classic);
}

/** Clears a bar's line, so that a line of text can take its place. */
export function clearBarLine() {
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
}
