// @ts-check
/**
 * slots.js - two places that are written in turn, so that one of them always holds a whole record: the last one or the
 * one before it, even if a write was cut off, torn or reordered.
 *
 * A record is a head and a payload. The checksum covers all bytes that follow it, the record's number included, so that
 * parts of an older record in the same place do not count as a newer one.
 */
import { crc32 } from './sources/crc32.js';

/**
 * `write` resolves when the bytes would survive a loss of power. After `close` the place can be opened again.
 * @typedef {{ read(): Promise<Uint8Array>, write(bytes: Uint8Array): Promise<void>, close?(): void }} Place
 */

const MAGIC = 0x4b4b4e49; // "INKK"
/** Magic word, checksum, number of the record, length of its payload: 4, 4, 8 and 8 bytes, little-endian. */
const HEAD = 24,
  CHECKED_FROM = 8;

/** @param {number} number @param {Uint8Array} payload */
export function makeRecord(number, payload) {
  const record = new Uint8Array(HEAD + payload.length),
    head = new DataView(record.buffer);
  head.setUint32(0, MAGIC, true);
  head.setFloat64(8, number, true);
  head.setFloat64(16, payload.length, true);
  record.set(payload, HEAD);
  head.setUint32(4, crc32(record.subarray(CHECKED_FROM)), true);
  return record;
}

/**
 * The record in a place; null where there is no whole one. Bytes after the record are an older one's.
 * @param {Uint8Array} bytes
 */
export function readRecord(bytes) {
  if (bytes.length < HEAD) return null;
  const head = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const number = head.getFloat64(8, true),
    length = head.getFloat64(16, true);
  if (head.getUint32(0, true) !== MAGIC || !(Number.isSafeInteger(number) && number > 0)) return null;
  if (!(Number.isSafeInteger(length) && length >= 0 && length <= bytes.length - HEAD)) return null;
  if (head.getUint32(4, true) !== crc32(bytes.subarray(CHECKED_FROM, HEAD + length))) return null;
  return { number, payload: bytes.subarray(HEAD, HEAD + length) };
}

/**
 * The calls that are used of a file handle within a worker.
 * @typedef {{ getSize(): number, read(to: Uint8Array, o: { at: number }): number, write(from: Uint8Array, o: { at:
 *   number }): number, truncate(size: number): void, flush(): void, close?(): void }} Handle
 */

/** @param {Handle} handle @returns {Place} */
export function filePlace(handle) {
  return {
    async read() {
      const bytes = new Uint8Array(handle.getSize());
      return bytes.subarray(0, handle.read(bytes, { at: 0 }));
    },
    async write(bytes) {
      if (handle.write(bytes, { at: 0 }) !== bytes.length)
        throw new DOMException('the disk is full', 'QuotaExceededError');
      handle.truncate(bytes.length);
      handle.flush();
    },
    close: () => handle.close?.(),
  };
}

export class Slots {
  #places;
  /** The newest record's number, and the index of its place; -1 before the places are read. */
  #number = 0;
  #newest = -1;

  /** @param {[Place, Place]} places */
  constructor(places) {
    this.#places = places;
  }

  /** Returns the newest payload that is whole, or null. */
  async load() {
    const found = await Promise.all(this.#places.map(async (place) => readRecord(await place.read())));
    this.#newest = (found[1]?.number ?? 0) > (found[0]?.number ?? 0) ? 1 : 0;
    this.#number = found[this.#newest]?.number ?? 0;
    const payload = found[this.#newest]?.payload;
    return payload?.length ? payload : null;
  }

  /** Writes a record over the older one. If that fails, the newest record stays. @param {Uint8Array} payload */
  async save(payload) {
    if (this.#newest < 0) await this.load();
    const to = 1 - this.#newest;
    await this.#places[to].write(makeRecord(this.#number + 1, payload));
    this.#number++;
    this.#newest = to;
  }

  close() {
    for (const place of this.#places) place.close?.();
  }

  /** Makes both places hold an empty record, so that nothing is kept. */
  async clear() {
    for (let i = 0; i < 2; i++) await this.save(new Uint8Array());
  }
}
