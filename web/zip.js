// @ts-check
/**
 * zip.js - the files in a zip archive, as entries of a source (sources.js); those of NumPy's .npz, translated. It is
 * loaded when one is opened. The directory at the end says where they lie; all it says is held against the bytes.
 */
import { EngineError } from './engine.js';
import { npyEntries } from './npy.js';

/** Bytes read in one go: pictures are small, and each read costs time. */
const WINDOW = 4 << 20;
/** What a directory may take; and what all files may expand to, as of other archives. */
const DIRECTORY_MOST = 256 << 20, MOST_TIMES = 200, FREE_BYTES = 64 << 20;
const END = 0x06054b50, END64_PLACE = 0x07064b50, END64 = 0x06064b50, ENTRY = 0x02014b50, LOCAL = 0x04034b50;
const STORED = 0, DEFLATED = 8, ENCRYPTED = 1, NOT_HERE = 0xffffffff;

/** What holds the archive's bytes. @typedef {{ size: number, read: (from: number, to: number) => Promise<Uint8Array> }} Archive */
/** @typedef {{ name: string, method: number, packed: number, size: number, offset: number }} Item */

/** @param {Uint8Array} bytes */
const viewOf = (bytes) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** @param {Blob} blob @returns {Archive} */
export const blobArchive = (blob) => ({ size: blob.size, read: async (from, to) => new Uint8Array(await blob.slice(from, to).arrayBuffer()) });

/** Where the directory is. @param {Archive} archive @param {(what: string) => EngineError} bad */
async function findDirectory(archive, bad) {
  const from = Math.max(0, archive.size - 22 - 0xffff - 20), tail = await archive.read(from, archive.size), view = viewOf(tail);
  let at = tail.length - 22;
  while (at >= 0 && !(view.getUint32(at, true) === END && at + 22 + view.getUint16(at + 20, true) <= tail.length)) at--;
  if (at < 0) throw bad('the zip archive has no end: it is damaged or cut short');
  let count = view.getUint16(at + 10, true), length = view.getUint32(at + 12, true), offset = view.getUint32(at + 16, true);
  if (at >= 20 && view.getUint32(at - 20, true) === END64_PLACE) {
    const place = Number(view.getBigUint64(at - 12, true)), end = place + 56 <= archive.size ? viewOf(await archive.read(place, place + 56)) : null;
    if (end?.getUint32(0, true) !== END64) throw bad('the zip archive is damaged: its end is not where it says');
    [count, length, offset] = [32, 40, 48].map((field) => Number(end.getBigUint64(field, true)));
  }
  if (offset + length > archive.size || length > DIRECTORY_MOST || count * 46 > length) throw bad('the zip archive is damaged: its directory does not fit');
  return { count, bytes: await archive.read(offset, offset + length) };
}

/** @param {DataView} view @param {number} at  of an entry @param {number} from  of its extra fields @param {number} to @returns {[number, number, number]} size, packed size, offset */
function placeOf(view, at, from, to) {
  const fields = [24, 20, 42].map((field) => view.getUint32(at + field, true));
  for (let next = from; next + 4 <= to; next += 4 + view.getUint16(next + 2, true)) {
    if (view.getUint16(next, true) !== 1) continue; // of 64 bits, those that did not fit above, in this order
    let value = next + 4;
    for (let i = 0; i < 3; i++)
      if (fields[i] === NOT_HERE && value + 8 <= to) {
        fields[i] = Number(view.getBigUint64(value, true));
        value += 8;
      }
  }
  return /** @type {[number, number, number]} */ (fields);
}

/** @param {Archive} archive @param {(what: string) => EngineError} bad @returns {Promise<Item[]>} */
async function readDirectory(archive, bad) {
  const { count, bytes } = await findDirectory(archive, bad), view = viewOf(bytes), decoder = new TextDecoder();
  const items = [];
  for (let i = 0, at = 0; i < count; i++) {
    if (at + 46 > bytes.length || view.getUint32(at, true) !== ENTRY) throw bad(`the zip archive is damaged: entry ${i + 1} of its directory is none`);
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((field) => view.getUint16(at + field, true));
    const extra = at + 46 + nameLength, next = extra + extraLength + commentLength;
    if (next > bytes.length) throw bad('the zip archive is damaged: its directory ends too early');
    const name = decoder.decode(bytes.slice(at + 46, extra)), flags = view.getUint16(at + 8, true), method = view.getUint16(at + 10, true);
    const [size, packed, offset] = placeOf(view, at, extra, extra + extraLength);
    at = next;
    if (name.endsWith('/')) continue;
    if (flags & ENCRYPTED) throw bad(`${name} in it is encrypted`);
    if (method !== STORED && method !== DEFLATED) throw bad(`${name} in it is compressed in a way (${method}) that is not known here`);
    if (!(offset + 30 + packed <= archive.size)) throw bad(`the zip archive is damaged: ${name} lies outside`);
    items.push({ name, method, packed, size, offset });
  }
  const total = items.reduce((sum, item) => sum + item.size, 0);
  if (total > FREE_BYTES && total > MOST_TIMES * archive.size) throw bad(`it expands to more than ${MOST_TIMES} times its size; no archive of pictures does`);
  return items.sort((a, b) => a.offset - b.offset); // as they lie
}

/** Neighbours come from one read. @param {Archive} archive */
function windowed(archive) {
  let start = 0;
  /** @type {Uint8Array} */
  let bytes = new Uint8Array();
  return async (/** @type {number} */ from, /** @type {number} */ to) => {
    if (from < start || to > start + bytes.length) {
      bytes = await archive.read(from, Math.min(archive.size, Math.max(to, from + WINDOW)));
      start = from;
    }
    return bytes.slice(from - start, to - start);
  };
}

/**
 * @param {Archive} archive
 * @param {string} archiveName  for what is said
 * @returns {Promise<import('./sources.js').Entry[]>}
 * @throws {EngineError} code `data`, if it is damaged, encrypted, or expands beyond reason
 */
export async function zipEntries(archive, archiveName) {
  const bad = (/** @type {string} */ what) => new EngineError('data', `${archiveName}: ${what}`), read = windowed(archive);
  const entries = (await readDirectory(archive, bad)).map(({ name, method, packed, size, offset }) => ({
    name, size,
    async open() {
      const damaged = () => bad(`the zip archive is damaged: ${name} is not what its directory says`);
      const head = viewOf(await read(offset, offset + 30));
      if (head.getUint32(0, true) !== LOCAL) throw damaged();
      let at = offset + 30 + head.getUint16(26, true) + head.getUint16(28, true), seen = 0;
      const end = at + packed;
      if (end > archive.size) throw damaged();
      /** @type {ReadableStream<any>} */
      const raw = new ReadableStream({
        async pull(controller) {
          if (at >= end) return controller.close();
          const to = Math.min(end, at + WINDOW), chunk = await read(at, to);
          at = to;
          controller.enqueue(chunk);
        },
      });
      const reader = (method === STORED ? raw : raw.pipeThrough(new DecompressionStream('deflate-raw'))).getReader();
      return new ReadableStream({
        async pull(controller) {
          const { value, done } = await reader.read().catch(() => { throw damaged(); });
          seen += value?.length ?? 0;
          if (seen > size || (done && seen !== size)) throw damaged();
          if (done) controller.close();
          else controller.enqueue(value);
        },
        cancel: () => reader.cancel(),
      });
    },
  }));
  return entries.length > 0 && entries.every(({ name }) => name.endsWith('.npy')) ? npyEntries(entries, archiveName) : entries;
}
