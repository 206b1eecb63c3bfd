// @ts-check
/** npy-values.js - turns numbers of NumPy's types into bytes: pixels of pictures, and labels. */

/**
 * The smallest and the largest of the numbers so far; `whole`: all of them are whole numbers.
 * @typedef {{ least: number, most: number, whole: boolean }} Range
 */
/**
 * How the values of an array become bytes.
 * @typedef {object} Values
 * @property {number} width  bytes of a value
 * @property {(piece: Uint8Array, before: number, scale: number) => Uint8Array} toBytes  `before`: number of values in
 *   the pieces before
 * @property {(range: Range, piece: Uint8Array) => void} [widen]  only for floating-point numbers
 */

/** Returns the number that 16 bits of IEEE 754 stand for. @param {number} bits */
function half(bits) {
  const exponent = (bits >> 10) & 31,
    fraction = bits & 1023,
    sign = bits & 0x8000 ? -1 : 1;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : 2 ** -24 * fraction);
}

/** @type {Record<number, (view: DataView, at: number, little: boolean) => number>} */
const READ_FLOAT = {
  2: (view, at, little) => half(view.getUint16(at, little)),
  4: (view, at, little) => view.getFloat32(at, little),
  8: (view, at, little) => view.getFloat64(at, little),
};

/** @param {Uint8Array} bytes */
const viewOf = (bytes) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** @param {number} width @param {boolean} little @returns {Values} */
function floats(width, little) {
  const read = READ_FLOAT[width];
  return {
    width,
    toBytes(piece, _, scale) {
      const view = viewOf(piece),
        bytes = new Uint8Array(piece.length / width);
      for (let i = 0, at = 0; i < bytes.length; i++, at += width) bytes[i] = Math.round(read(view, at, little) * scale);
      return bytes;
    },
    widen(range, piece) {
      const view = viewOf(piece);
      let { least, most, whole } = range;
      for (let at = 0; at < piece.length; at += width) {
        const value = read(view, at, little);
        if (value < least || Number.isNaN(value)) least = value; // NaN stays: nothing is below it
        if (value > most || Number.isNaN(value)) most = value;
        whole &&= Number.isInteger(value);
      }
      Object.assign(range, { least, most, whole });
    },
  };
}

/**
 * Takes the lowest byte of each number, whose other bytes must be 0: a pixel, or the number of a class.
 * @param {number} width
 * @param {boolean} little
 * @param {boolean} signed
 * @param {(index: number) => Error} outside
 * @returns {Values}
 */
function integers(width, little, signed, outside) {
  const low = little ? 0 : width - 1;
  return {
    width,
    toBytes(piece, before) {
      if (width === 1 && !signed) return piece.slice();
      const bytes = new Uint8Array(piece.length / width);
      for (let i = 0; i < piece.length; i++) {
        const index = Math.floor(i / width);
        if (i % width === low) bytes[index] = piece[i];
        if (i % width === low ? signed && width === 1 && piece[i] > 127 : piece[i]) throw outside(before + index);
      }
      return bytes;
    },
  };
}

/**
 * @param {string} type  NumPy's: its byte order, kind, and bytes
 * @param {boolean} pictures  or labels
 * @param {(what: string) => Error} bad
 * @returns {Values}
 */
export function valuesOf(type, pictures, bad) {
  const [, order, kind, digits] = type.match(/^([|<>=])([biuf])([1248])$/) ?? [],
    width = Number(digits),
    little = order !== '>';
  if (kind === 'b' && width === 1)
    return { width, toBytes: (piece) => piece.map((value) => (value ? (pictures ? 255 : 1) : 0)) };
  if (kind === 'i' || kind === 'u')
    return integers(width, little, kind === 'i', (index) =>
      bad(
        pictures
          ? `value ${index} is below 0 or above 255; pictures have 0..255, or 0..1 as floating-point numbers`
          : `label ${index} is below 0 or above 255`,
      ),
    );
  if (pictures && kind === 'f' && width in READ_FLOAT) return floats(width, little);
  throw bad(
    `its values are of type ${type}; ${pictures ? 'pictures must be whole or floating-point numbers' : 'labels must be whole numbers'}`,
  );
}
