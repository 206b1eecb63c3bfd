// @ts-check
/**
 * zip.js - the files in a zip archive, as entries of a source (sources.js); those of NumPy's .npz, translated. The
 * directory at the end says where they lie; everything that it states is checked against the bytes.
 * The format: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
 */
import { crc32, hex } from './crc32.js';
import { EngineError } from '../engine.js';
import { ByteInput, DeflateError, inflate } from './inflate.js';
import { npyEntries } from './npy.js';
import { UnreadableError } from './sources.js';
import { zipNames } from './zip-names.js';

export { blobArchive } from './sources.js';

/** Bytes read in one go: pictures are small, and each read costs time. */
const WINDOW = 4 << 20;
/** Entries of an archive, as many as a tar may have (src/data/tar.c), and bytes of the directory that lists them. */
const ENTRIES_MOST = 8_000_000,
  DIRECTORY_MOST = 256 << 20;
/** The limit of what all files may expand to, as in other archives (sources.js). */
const MOST_TIMES = 200,
  FREE_BYTES = 64 << 20;
const END = 0x06054b50,
  END64_PLACE = 0x07064b50,
  END64 = 0x06064b50,
  ENTRY = 0x02014b50,
  LOCAL = 0x04034b50;
const END_BYTES = 22,
  END64_PLACE_BYTES = 20,
  END64_BYTES = 56,
  ENTRY_BYTES = 46,
  LOCAL_BYTES = 30;
const STORED = 0,
  DEFLATED = 8,
  ENCRYPTED = 1,
  IN_EXTRA = 0xffffffff,
  ZIP64 = 1;
/** @type {Record<number, string>} */
const METHODS = {
  1: 'shrink',
  6: 'implode',
  9: 'Deflate64',
  12: 'bzip2',
  14: 'LZMA',
  93: 'Zstandard',
  95: 'xz',
  98: 'PPMd',
};

/** @typedef {import('./sources.js').Archive} Archive */
/** @typedef {(what: string) => EngineError} Bad */
/**
 * Where the directory lies, how many entries it has (`mask`: the bits of that number that are stored), and the shift
 * of each offset.
 * @typedef {{ start: number, length: number, count: number, mask: number, shift: number }} Place
 */

/** @param {Uint8Array} bytes */
const viewOf = (bytes) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
/** @param {DataView} view @param {number} at  of 64 bits */
const long = (view, at) => Number(view.getBigUint64(at, true));

/**
 * Finds the 64-bit record before the end record. Some archives state its place without the bytes before the archive.
 * @param {Archive} archive
 * @param {number} place  that is stated
 * @param {number} usual  where it ends
 * @param {Bad} bad
 */
async function readEnd64(archive, place, usual, bad) {
  for (const at of [place, usual - END64_BYTES]) {
    if (!(at >= 0 && at + END64_BYTES <= usual)) continue;
    const view = viewOf(await archive.read(at, at + END64_BYTES));
    if (view.getUint32(0, true) === END64)
      return { at, count: long(view, 32), length: long(view, 40), offset: long(view, 48) };
  }
  throw bad('the zip archive is damaged: its end is not where it says');
}

/** Finds the end record, from which all else is found. Returns null if there is none. @param {Archive} archive */
async function findEnd(archive) {
  const from = Math.max(0, archive.size - END_BYTES - 0xffff - END64_PLACE_BYTES),
    tail = await archive.read(from, archive.size),
    view = viewOf(tail);
  let at = tail.length - END_BYTES;
  while (
    at >= 0 &&
    !(view.getUint32(at, true) === END && at + END_BYTES + view.getUint16(at + 20, true) <= tail.length)
  )
    at--;
  return at < 0 ? null : { view, at, from };
}

/** @param {Archive} archive @param {Bad} bad @returns {Promise<Place>} */
async function findDirectory(archive, bad) {
  const found = await findEnd(archive);
  if (!found) throw bad('the zip archive has no end: it is damaged or cut short');
  const { view, at, from } = found;
  let end = from + at,
    count = view.getUint16(at + 10, true),
    length = view.getUint32(at + 12, true),
    offset = view.getUint32(at + 16, true),
    mask = 0xffff;
  if (at >= END64_PLACE_BYTES && view.getUint32(at - END64_PLACE_BYTES, true) === END64_PLACE) {
    const end64 = await readEnd64(archive, long(view, at - 12), end - END64_PLACE_BYTES, bad);
    ({ at: end, count, length, offset } = end64);
    mask = -1;
  } else if (view.getUint16(at + 4, true) !== 0) {
    throw bad('it is the last part of a zip archive that was split; put the parts together first (zip -s 0)');
  }
  if (count > ENTRIES_MOST) throw bad(`the zip archive has ${count} entries; ${ENTRIES_MOST} are the limit`);
  if (length > DIRECTORY_MOST)
    throw bad(`the zip archive's directory takes ${length} bytes; ${DIRECTORY_MOST} are the limit`);
  // It ends where the end record begins. Bytes before the archive, as in self-extracting programs, shift all offsets.
  for (const start of [end - length, offset]) {
    if (start < 0 || start + length > archive.size) continue;
    const first = length < 4 ? null : viewOf(await archive.read(start, start + 4)).getUint32(0, true);
    if (first === ENTRY || (length === 0 && count === 0)) return { start, length, count, mask, shift: start - offset };
  }
  throw bad('the zip archive is damaged: its directory does not fit');
}

/**
 * The places of the 32-bit fields that may have 64 bits in the extra field, in the order of the extra field.
 */
const SIZE = 24,
  PACKED = 20,
  OFFSET = 42,
  LONG_FIELDS = [SIZE, PACKED, OFFSET];

/** @param {DataView} view @param {number} at  of an entry @param {number} field  SIZE, PACKED or OFFSET */
function fieldOf(view, at, field) {
  const value = view.getUint32(at + field, true);
  if (value !== IN_EXTRA) return value;
  const from = at + ENTRY_BYTES + view.getUint16(at + 28, true),
    to = from + view.getUint16(at + 30, true);
  for (let next = from; next + 4 <= to; next += 4 + view.getUint16(next + 2, true)) {
    if (view.getUint16(next, true) !== ZIP64) continue;
    const before = LONG_FIELDS.slice(0, LONG_FIELDS.indexOf(field)).filter(
      (other) => view.getUint32(at + other, true) === IN_EXTRA,
    );
    const place = next + 4 + 8 * before.length;
    if (place + 8 <= to) return long(view, place);
  }
  return value;
}

/** An open archive: what its entries share. */
class Zip {
  #archive;
  #name;
  #start = 0;
  /** @type {Uint8Array} */
  #window = new Uint8Array();
  /** @type {DataView} */
  directory = new DataView(new ArrayBuffer(0));
  shift = 0;
  nameAt = (/** @type {number} */ _at) => '';

  /** @param {Archive} archive @param {string} name */
  constructor(archive, name) {
    this.#archive = archive;
    this.#name = name;
  }

  /** @param {string} what */
  bad = (what) => new EngineError('data', `${this.#name}: ${what}`);

  get size() {
    return this.#archive.size;
  }

  /** Reads bytes; neighbouring ranges come from one read. @param {number} from @param {number} to */
  async read(from, to) {
    if (from < this.#start || to > this.#start + this.#window.length) {
      this.#window = await this.#archive.read(from, Math.min(this.size, Math.max(to, from + WINDOW)));
      this.#start = from;
    }
    return this.#window.slice(from - this.#start, to - this.#start);
  }

  /**
   * Reads the directory to its end: some archives state the number of entries modulo 65,536.
   * @returns {Promise<number[]>} where the entries of files stand in it, in the order of their data
   */
  async open() {
    const place = await findDirectory(this.#archive, this.bad);
    const bytes = await this.#archive.read(place.start, place.start + place.length),
      view = viewOf(bytes);
    this.directory = view;
    this.shift = place.shift;
    const names = zipNames(bytes),
      files = [];
    let count = 0,
      total = 0,
      before = 0,
      inOrder = true;
    for (let at = 0; at < bytes.length; count++) {
      if (at + ENTRY_BYTES > bytes.length || view.getUint32(at, true) !== ENTRY)
        throw this.bad(`the zip archive is damaged: entry ${count + 1} of its directory is invalid`);
      const next =
        at +
        ENTRY_BYTES +
        view.getUint16(at + 28, true) +
        view.getUint16(at + 30, true) +
        view.getUint16(at + 32, true);
      if (next > bytes.length) throw this.bad('the zip archive is damaged: its directory ends too early');
      if (count === ENTRIES_MOST) throw this.bad(`the zip archive has more than ${ENTRIES_MOST} entries`);
      names.add(at);
      const offset = fieldOf(view, at, OFFSET) + this.shift;
      if (!(offset >= 0 && offset + LOCAL_BYTES + fieldOf(view, at, PACKED) <= this.size))
        throw this.bad(`the zip archive is damaged: ${names.at(at)} lies outside`);
      if (!names.isFolder(at)) {
        files.push(at);
        total += fieldOf(view, at, SIZE);
        inOrder &&= offset >= before;
        before = offset;
      }
      at = next;
    }
    if ((count & place.mask) !== (place.count & place.mask))
      throw this.bad(`the zip archive is damaged: its end states ${place.count} entries, its directory has ${count}`);
    if (total > FREE_BYTES && total > MOST_TIMES * this.size)
      throw this.bad(`it expands to more than ${MOST_TIMES} times its size; no archive of pictures does`);
    this.nameAt = names.at;
    return inOrder ? files : files.sort((a, b) => fieldOf(view, a, OFFSET) - fieldOf(view, b, OFFSET));
  }
}

/** One file of an archive. There may be millions, so it holds only its place in the directory. */
class ZipEntry {
  /** @param {Zip} zip @param {number} at @param {import('./sources.js').Decoders} [decoders] */
  constructor(zip, at, decoders) {
    this.zip = zip;
    this.at = at;
    this.decoders = decoders;
  }

  get name() {
    return this.zip.nameAt(this.at);
  }

  get size() {
    return fieldOf(this.zip.directory, this.at, SIZE);
  }

  async open() {
    const { zip, at, name } = this,
      flags = zip.directory.getUint16(at + 8, true),
      method = zip.directory.getUint16(at + 10, true);
    if (flags & ENCRYPTED)
      throw new UnreadableError(name, 'it is encrypted; unpack the archive with its password and use the folder');
    if (method !== STORED && method !== DEFLATED)
      throw new UnreadableError(
        name,
        `it is compressed with ${METHODS[method] ?? 'a method of its own'} (method ${method}), which is not read; unpack the archive and use the folder`,
      );
    if (name.includes('\0')) throw new UnreadableError(name, 'its name holds a zero byte');
    return this.#data(method);
  }

  /** @param {number} method @returns {AsyncGenerator<Uint8Array>} */
  async *#data(method) {
    const { zip, at, name } = this,
      [size, packed, offset] = LONG_FIELDS.map((field) => fieldOf(zip.directory, at, field)),
      start = offset + zip.shift;
    const damaged = (/** @type {string} */ what) => zip.bad(`the zip archive is damaged: ${name} ${what}`);
    const head = viewOf(await zip.read(start, start + LOCAL_BYTES));
    if (head.getUint32(0, true) !== LOCAL) throw damaged('is not where its directory says');
    let from = start + LOCAL_BYTES + head.getUint16(26, true) + head.getUint16(28, true),
      seen = 0,
      sum = 0;
    const end = from + packed,
      stated = zip.directory.getUint32(at + 16, true);
    if (end > zip.size) throw damaged('lies outside');
    const next = async () => (from < end ? zip.read(from, (from = Math.min(end, from + WINDOW))) : undefined);
    const input = new ByteInput(next);
    try {
      for await (const piece of method === DEFLATED ? inflate(input, size) : pieces(next)) {
        seen += piece.length;
        if (seen > size) throw damaged(`is longer than the ${size} bytes that its directory states`);
        sum = crc32(piece, sum);
        yield piece;
      }
    } catch (error) {
      if (!(error instanceof DeflateError)) throw error;
      throw damaged(error.cut ? 'ends too early' : `cannot be unpacked: ${error.message}`);
    }
    if (seen !== size) throw damaged(`has ${seen} bytes, its directory states ${size}`);
    if (method === DEFLATED && input.position !== packed)
      throw damaged(`takes ${input.position} bytes, its directory states ${packed}`);
    if (sum !== stated) throw damaged(`has the CRC-32 ${hex(sum)}, its directory states ${hex(stated)}`);
  }
}

/** @param {() => Promise<Uint8Array | undefined>} next */
async function* pieces(next) {
  for (let piece = await next(); piece; piece = await next()) yield piece;
}

/**
 * Says whether bytes end like a zip archive that do not begin like one, as in self-extracting programs.
 * @param {Archive} archive
 */
export const endsAsZip = async (archive) => (await findEnd(archive)) !== null;

/**
 * @param {Archive} archive
 * @param {string} name  of the archive, for messages
 * @param {import('./sources.js').Decoders} [decoders]  for what is gzip in it
 * @param {boolean} [beside]  other files are opened with it
 * @returns {Promise<import('./sources.js').Entry[]>}
 * @throws {EngineError} code `data`, if it is damaged or expands beyond reason
 */
export async function zipEntries(archive, name, decoders, beside = false) {
  const zip = new Zip(archive, name),
    files = await zip.open();
  const entries = files.map((at) => new ZipEntry(zip, at, decoders));
  return entries.length > 0 && entries.every((entry) => entry.name.endsWith('.npy'))
    ? npyEntries(entries, name, beside)
    : entries;
}
