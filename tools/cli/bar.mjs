// @ts-check
/** bar.mjs - a progress bar on standard error, where that is a terminal. */

/** Letters of the bar at most, and milliseconds between two drawings. */
const MOST = 40,
  MS = 100;

/** It changes nothing of the terminal but its own line, so that Ctrl-C may end the program at any time. */
export class Bar {
  #format;
  #total = 1;
  #value = 0;
  /** @type {Record<string, string | number>} */
  #fields = {};
  #drawn = -Infinity;
  #shown = false;
  #out;

  /**
   * @param {string} format  with {bar}, {percentage}, and the fields that updates carry
   * @param {{ isTTY?: boolean, columns?: number, write(text: string): unknown }} [out]
   */
  constructor(format, out = process.stderr) {
    this.#format = format;
    this.#out = out;
  }

  /** @param {number} total @param {number} value @param {Record<string, string | number>} fields */
  start(total, value, fields) {
    this.#total = total;
    this.#drawn = -Infinity;
    this.update(value, fields);
  }

  /** @param {number} value @param {Record<string, string | number>} fields */
  update(value, fields) {
    [this.#value, this.#fields] = [value, fields];
    if (!this.#out.isTTY || performance.now() - this.#drawn < MS) return;
    const share = Math.min(1, Math.max(0, this.#value / this.#total)),
      columns = (this.#out.columns || 80) - 1;
    /** @type {Record<string, string | number>} */
    const all = {
      value: this.#value,
      total: this.#total,
      ...this.#fields,
      bar: '{bar}',
      percentage: Math.floor(share * 100),
    };
    const text = this.#format.replace(/\{(\w+)\}/g, (_, name) => String(all[name] ?? ''));
    const width = Math.max(10, Math.min(MOST, columns - text.length + '{bar}'.length)),
      full = Math.round(share * width);
    this.#out.write(
      `\r\x1b[K${text.replace('{bar}', '\u2588'.repeat(full) + '\u2591'.repeat(width - full)).slice(0, columns)}`,
    );
    [this.#drawn, this.#shown] = [performance.now(), true];
  }

  stop() {
    if (this.#shown) this.#out.write('\r\x1b[K');
    this.#shown = false;
  }
}
