// @ts-check
/** bar.mjs - a progress bar on standard error, where that is a terminal. */

const WIDTH = 40, MS = 100;

/** It changes nothing of the terminal but its own line, so that Ctrl-C may end the program at any time. */
export class Bar {
  #format;
  #total = 1;
  #value = 0;
  /** @type {Record<string, string | number>} */
  #fields = {};
  #drawn = 0;
  #shown = false;
  #out;

  /** @param {string} format  with {bar}, {percentage}, and the fields that updates carry @param {{ isTTY?: boolean, columns?: number, write(text: string): unknown }} [out] */
  constructor(format, out = process.stderr) {
    this.#format = format;
    this.#out = out;
  }

  /** @param {number} total @param {number} value @param {Record<string, string | number>} fields */
  start(total, value, fields) {
    this.#total = total;
    this.#drawn = 0;
    this.update(value, fields);
  }

  /** @param {number} value @param {Record<string, string | number>} fields */
  update(value, fields) {
    [this.#value, this.#fields] = [value, fields];
    if (!this.#out.isTTY || performance.now() - this.#drawn < MS) return;
    const share = Math.min(1, Math.max(0, this.#value / this.#total)), full = Math.round(share * WIDTH);
    const all = { value: this.#value, total: this.#total, ...this.#fields, bar: '\u2588'.repeat(full) + '\u2591'.repeat(WIDTH - full), percentage: Math.floor(share * 100) };
    const line = this.#format.replace(/\{(\w+)\}/g, (_, name) => String(/** @type {Record<string, string | number>} */ (all)[name] ?? ''));
    this.#out.write(`\r\x1b[K${line.slice(0, (this.#out.columns ?? 80) - 1)}`);
    [this.#drawn, this.#shown] = [performance.now(), true];
  }

  stop() {
    if (this.#shown) this.#out.write('\r\x1b[K');
    this.#shown = false;
  }
}
