// @ts-check
/** png.js - writes PNG files. Pixels are stored without compression: these files are read at once, or are small. */
import { crc32 } from './crc32.js';

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a],
  GREY = 0,
  RGBA = 6;
/** The most bytes of a stored block of deflate. */
const STORED_MOST = 65535;
/** Adler-32 counts modulo the largest prime below 2^16. */
const ADLER_PRIME = 65521;
const utf8 = new TextEncoder();

/**
 * Writes a chunk: length, type, data, CRC-32 of type and data.
 * @param {Uint8Array} out @param {number} at @param {string} type @param {Uint8Array} data
 * @returns {number} where the next chunk begins
 */
function putChunk(out, at, type, data) {
  const view = new DataView(out.buffer),
    end = at + 8 + data.length;
  view.setUint32(at, data.length);
  out.set(utf8.encode(type), at + 4);
  out.set(data, at + 8);
  view.setUint32(end, crc32(out.subarray(at + 4, end)));
  return end + 4;
}

/** Wraps bytes in zlib's format, in stored blocks. @param {Uint8Array} bytes */
function store(bytes) {
  const blocks = Math.max(1, Math.ceil(bytes.length / STORED_MOST)),
    out = new Uint8Array(2 + 5 * blocks + bytes.length + 4);
  out.set([0x78, 0x01]);
  let at = 2,
    a = 1,
    b = 0;
  for (let i = 0; i < blocks; i++) {
    const part = bytes.subarray(i * STORED_MOST, (i + 1) * STORED_MOST),
      n = part.length;
    out.set([i === blocks - 1 ? 1 : 0, n & 255, n >> 8, ~n & 255, (~n >> 8) & 255], at);
    out.set(part, at + 5);
    at += 5 + n;
  }
  for (const byte of bytes) {
    a = (a + byte) % ADLER_PRIME;
    b = (b + a) % ADLER_PRIME;
  }
  new DataView(out.buffer).setUint32(at, ((b << 16) | a) >>> 0);
  return out;
}

/**
 * @param {ArrayLike<number>} pixels  [height][width][channels], 0..255
 * @param {number} width
 * @param {number} height
 * @param {1 | 4} channels  grey, or red, green, blue and alpha
 * @returns {Uint8Array}
 */
export function encodePng(pixels, width, height, channels) {
  const head = new Uint8Array(13),
    row = width * channels,
    rows = new Uint8Array(height * (row + 1)); // each row begins with its filter: 0, none
  new DataView(head.buffer).setUint32(0, width);
  new DataView(head.buffer).setUint32(4, height);
  head.set([8, channels === 1 ? GREY : RGBA], 8);
  for (let y = 0; y < height; y++)
    rows.set(Array.prototype.slice.call(pixels, y * row, (y + 1) * row), y * (row + 1) + 1);
  const data = store(rows),
    out = new Uint8Array(SIGNATURE.length + 3 * 12 + head.length + data.length); // 12: of each chunk besides its data
  out.set(SIGNATURE);
  putChunk(out, putChunk(out, putChunk(out, SIGNATURE.length, 'IHDR', head), 'IDAT', data), 'IEND', new Uint8Array());
  return out;
}
