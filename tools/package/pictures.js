// @ts-check
/**
 * pictures.js - pictures that are no files yet: as PNG, and many of them as a tar stream, which is what
 * the core reads.
 */
import { isForCore } from '../../web/core/sources/photo.js';
import { ArgumentError } from './errors.js';

/** @typedef {import('./index.js').LabelledPicture} LabelledPicture */
/** @typedef {import('./index.js').ArrayData} ArrayData */

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a],
  GREY = 0,
  RGBA = 6;
const BLOCK = 512,
  STORED_MOST = 65535;
/** The limit of the core. */
const CLASSES_MAX = 64;
const utf8 = new TextEncoder();

const CRC = Uint32Array.from({ length: 256 }, (_, n) => {
  for (let bit = 0; bit < 8; bit++) n = n & 1 ? (n >>> 1) ^ 0xedb88320 : n >>> 1;
  return n;
});

/** @param {Uint8Array} out @param {number} at @param {string} type @param {Uint8Array} data @returns {number} where the next begins */
function putChunk(out, at, type, data) {
  const view = new DataView(out.buffer),
    end = at + 8 + data.length;
  view.setUint32(at, data.length);
  out.set(utf8.encode(type), at + 4);
  out.set(data, at + 8);
  let crc = 0xffffffff;
  for (let i = at + 4; i < end; i++) crc = CRC[(crc ^ out[i]) & 255] ^ (crc >>> 8);
  view.setUint32(end, ~crc >>> 0);
  return end + 4;
}

/** zlib's format without compression: these bytes are read once, and go nowhere. @param {Uint8Array} bytes */
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
    a = (a + byte) % 65521;
    b = (b + a) % 65521;
  }
  new DataView(out.buffer).setUint32(at, ((b << 16) | a) >>> 0);
  return out;
}

/** @param {ArrayLike<number>} pixels  [height][width][1 or 4] @param {number} width @param {number} height @param {1 | 4} channels */
export function encodePng(pixels, width, height, channels) {
  if (!(width >= 1 && height >= 1) || pixels.length !== width * height * channels)
    throw new ArgumentError(
      'argument',
      `a picture of ${width} x ${height} pixels has ${width * height * channels} bytes, not ${pixels.length}`,
    );
  const head = new Uint8Array(13),
    row = width * channels,
    rows = new Uint8Array(height * (row + 1)); // each begins with its filter: 0, none
  new DataView(head.buffer).setUint32(0, width);
  new DataView(head.buffer).setUint32(4, height);
  head.set([8, channels === 1 ? GREY : RGBA], 8);
  for (let y = 0; y < height; y++)
    rows.set(Array.prototype.slice.call(pixels, y * row, (y + 1) * row), y * (row + 1) + 1);
  const data = store(rows),
    out = new Uint8Array(8 + 12 * 3 + 13 + data.length);
  out.set(SIGNATURE);
  putChunk(out, putChunk(out, putChunk(out, 8, 'IHDR', head), 'IDAT', data), 'IEND', new Uint8Array());
  return out;
}

/** The most pixels of a drawn picture: at four bytes each they must fit a file of 32 MB. Larger ones are shrunk. */
const DRAWN_MOST = 8e6,
  DRAWN_SIDE_MOST = 4096;

/** What a browser can draw, as RGBA. @param {any} image */
function drawn(image) {
  const wide = image.naturalWidth ?? image.width,
    high = image.naturalHeight ?? image.height,
    scale = Math.min(1, Math.sqrt(DRAWN_MOST / (wide * high)), DRAWN_SIDE_MOST / Math.max(wide, high));
  const width = Math.max(1, Math.floor(wide * scale)),
    height = Math.max(1, Math.floor(high * scale));
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (
    new OffscreenCanvas(width, height).getContext('2d')
  );
  context.imageSmoothingQuality = 'high';
  context.drawImage(image, 0, 0, width, height);
  return context.getImageData(0, 0, width, height);
}

/**
 * Any picture as the bytes of a PNG file.
 * @param {any} picture  a PredictSource
 * @returns {Promise<Uint8Array>}
 */
export async function toPng(picture) {
  if (picture?.grey)
    return encodePng(
      Array.isArray(picture.grey) ? picture.grey : bytePixels(picture.grey, 'grey'),
      picture.width,
      picture.height,
      1,
    );
  if (ArrayBuffer.isView(picture?.data))
    return encodePng(bytePixels(picture.data, 'data'), picture.width, picture.height, 4);
  const bytes =
    picture instanceof Blob
      ? new Uint8Array(await picture.arrayBuffer())
      : picture instanceof ArrayBuffer
        ? new Uint8Array(picture.slice(0))
        : picture instanceof Uint8Array
          ? picture.slice()
          : null;
  if (bytes && (isForCore(bytes, bytes.length) || typeof createImageBitmap !== 'function')) return bytes; // the core says what is wrong with it
  if (bytes || (typeof OffscreenCanvas === 'function' && picture && 'width' in picture)) {
    const { data, width, height } = drawn(
      bytes ? await createImageBitmap(new Blob([/** @type {any} */ (bytes)])) : picture,
    );
    return encodePng(data, width, height, 4);
  }
  throw new ArgumentError(
    'argument',
    'that is no picture: give PNG bytes, { grey, width, height } or { data, width, height }',
  );
}

/** A header block and the bytes, padded. @param {string} name @param {Uint8Array} bytes */
function tarEntry(name, bytes) {
  const out = new Uint8Array(BLOCK + Math.ceil(bytes.length / BLOCK) * BLOCK);
  const put = (/** @type {string} */ text, /** @type {number} */ at) => out.set(utf8.encode(text), at);
  put(name, 0);
  put('0000644\0', 100);
  put(`${bytes.length.toString(8).padStart(11, '0')}\0`, 124);
  put('        0', 148);
  put('ustar\x0000', 257);
  const sum = out.subarray(0, BLOCK).reduce((s, byte) => s + byte, 0);
  put(`${sum.toString(8).padStart(6, '0')}\0`, 148);
  out.set(bytes, BLOCK);
  return out;
}

/** Pictures as a tar stream of the folders that the core knows. @param {AsyncIterable<LabelledPicture> | Iterable<LabelledPicture>} pictures */
export async function* tarOf(pictures) {
  let count = 0;
  for await (const { class: name, split = 'train', image } of pictures) {
    if (
      typeof name !== 'string' ||
      !name ||
      /[/\0]/.test(name) ||
      name === '.' ||
      name === '..' ||
      utf8.encode(name).length > 60
    )
      throw new ArgumentError(
        'argument',
        `picture ${count}: the name of a class must be a text of 1 to 60 bytes without slashes, not ${JSON.stringify(name)}`,
      );
    if (split !== 'train' && split !== 'valid')
      throw new ArgumentError(
        'argument',
        `picture ${count}: split must be train or valid, not ${JSON.stringify(split)}`,
      );
    yield tarEntry(`${split}/${name}/${String(count++).padStart(8, '0')}.png`, await toPng(image));
  }
  yield new Uint8Array(2 * BLOCK);
}

/** Names the type of `value`, for a message. @param {any} value */
const typeOf = (value) =>
  Object(value) === value
    ? `a value of type ${value.constructor?.name ?? 'object'}`
    : value === null || value === undefined
      ? String(value)
      : `a ${typeof value}`;

/** Returns pixels as bytes, 0 to 255. @param {any} pixels  bytes, or floats of 0 to 1 @param {string} name  for a message @returns {Uint8Array | Uint8ClampedArray} */
export function bytePixels(pixels, name) {
  if (pixels instanceof Uint8Array || pixels instanceof Uint8ClampedArray) return pixels;
  if (!(pixels instanceof Float32Array || pixels instanceof Float64Array))
    throw new ArgumentError(
      'argument',
      `${name} is ${typeOf(pixels)}; pixels are bytes of 0 to 255 (Uint8Array, Uint8ClampedArray) or floats of 0 to 1 (Float32Array, Float64Array)`,
    );
  const at = pixels.findIndex((value) => !(value >= 0 && value <= 1));
  if (at >= 0)
    throw new ArgumentError(
      'argument',
      `${name}[${at}] is ${pixels[at]}; floats are from 0 to 1, and pixels of 0 to 255 are bytes (Uint8Array)`,
    );
  return Uint8Array.from(pixels, (value) => Math.round(255 * value));
}

/** @param {any} labels @param {string} name @param {string[] | undefined} classes @returns {number} the largest */
function largestLabel(labels, name, classes) {
  if (Object(labels) !== labels || typeof labels.length !== 'number')
    throw new ArgumentError('argument', `${name} is ${typeOf(labels)}; labels are an array of class indices`);
  const { length } = /** @type {ArrayLike<unknown>} */ (labels),
    list = /** @type {ArrayLike<any>} */ (labels);
  let most = 0;
  for (let i = 0; i < length; i++) {
    const label = list[i];
    if (typeof label !== 'number')
      throw new ArgumentError(
        'argument',
        `${name}[${i}] is ${typeOf(label)}; a label is a number, the index of a class`,
      );
    if (classes ? classes[label] === undefined : !(Number.isInteger(label) && label >= 0 && label < CLASSES_MAX))
      throw new ArgumentError(
        'argument',
        `${name}[${i}] is ${label}; ${classes ? `there are ${classes.length} classes` : `a label is a whole number from 0 to ${CLASSES_MAX - 1}`}`,
      );
    most = Math.max(most, label);
  }
  return most;
}

/** The pictures of arrays. @param {ArrayData} data @returns {Generator<LabelledPicture>} */
export function* picturesOf({ train, trainLabels, valid, validLabels, classes, width = 28, height = 28 }) {
  const most = Math.max(
    largestLabel(trainLabels, 'trainLabels', classes),
    largestLabel(validLabels, 'validLabels', classes),
  );
  const names = classes ?? Array.from({ length: most + 1 }, (_, i) => `${i}`);
  for (const [split, pixels, labels] of /** @type {const} */ ([
    ['train', bytePixels(train, 'train'), trainLabels],
    ['valid', bytePixels(valid, 'valid'), validLabels],
  ])) {
    if (pixels.length !== labels.length * width * height)
      throw new ArgumentError(
        'argument',
        `${labels.length} pictures of ${width} x ${height} are ${labels.length * width * height} pixels; ${split} has ${pixels.length}`,
      );
    for (let i = 0; i < labels.length; i++)
      yield {
        class: names[labels[i]],
        split,
        image: {
          width,
          height,
          grey: /** @type {Uint8Array} */ (pixels.subarray(i * width * height, (i + 1) * width * height)),
        },
      };
  }
}
