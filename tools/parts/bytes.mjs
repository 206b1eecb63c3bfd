// @ts-check
/** bytes.mjs - reads and writes what WebAssembly's binary format is made of: bytes, LEB128 numbers, lists of known length. */

export class Reader {
  /** @param {Uint8Array} bytes @param {number} [at] */
  constructor(bytes, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }

  byte() {
    return this.bytes[this.at++];
  }

  number() {
    let value = 0, scale = 1, byte;
    do {
      byte = this.byte();
      value += (byte & 127) * scale;
      scale *= 128;
    } while (byte & 128);
    return value;
  }

  signed() {
    const start = this.at;
    let value = 0n;
    while (this.byte() & 128);
    for (let i = this.at; i-- > start;) value = value << 7n | BigInt(this.bytes[i] & 127);
    return BigInt.asIntN(7 * (this.at - start), value);
  }

  /** @param {number} length */
  take(length) {
    return this.bytes.subarray(this.at, this.at += length);
  }

  /** So many bytes as are said first. */
  sized() {
    return this.take(this.number());
  }

  text() {
    return new TextDecoder().decode(this.sized());
  }

  /** @template T @param {(r: Reader) => T} item @returns {T[]} */
  list(item) {
    return Array.from({ length: this.number() }, () => item(this));
  }
}

/** A number is one byte. @typedef {number | Uint8Array | readonly unknown[]} Bytes */

/** @param {Bytes} bytes @returns {number[]} */
const flat = (bytes) => (typeof bytes === 'number' ? [bytes] : bytes instanceof Uint8Array ? [...bytes] : /** @type {Bytes[]} */ (bytes).flatMap(flat));

/** @param {number} value @returns {number[]} */
export const unsigned = (value) => (value < 128 ? [value] : [value % 128 + 128, ...unsigned(Math.floor(value / 128))]);

/** @param {number | bigint} value @returns {number[]} */
export const signed = (value) => (value >= -64 && value < 64 ? [Number(value) & 127] : [Number(BigInt(value) & 127n) | 128, ...signed(BigInt(value) >> 7n)]);

/** @param {readonly Bytes[]} items @returns {Bytes} */
export const list = (items) => [unsigned(items.length), ...items];

/** After their length. @param {Bytes} bytes @returns {Bytes} */
export const sized = (bytes) => list(flat(bytes));

/** @param {string} text */
export const name = (text) => list([...new TextEncoder().encode(text)]);

/** A module of these sections. @param {(readonly [number, Bytes] | null)[]} sections */
export const assemble = (sections) => Uint8Array.from(flat([Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0), ...sections.filter((s) => !!s).map(([id, bytes]) => [id, sized(bytes)])]));

/** @param {string} what @returns {never} */
export function refuse(what) {
  throw new Error(`a module with ${what}, which tools/parts does not know`);
}
