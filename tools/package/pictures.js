// @ts-check
/**
 * pictures.js - turns pictures that are not files into what the core reads: one into a PNG file, many into a tar
 * stream.
 */
import { SIZES } from '../../build/schema.js';
import { encodePng } from '../../web/core/sources/png.js';
import { isForCore } from '../../web/core/sources/photo.js';
import { ArgumentError } from './errors.js';

/** @typedef {import('./index.js').LabelledPicture} LabelledPicture */
/** @typedef {import('./index.js').ArrayData} ArrayData */

const BLOCK = 512;
const utf8 = new TextEncoder();

/**
 * @param {ArrayLike<number>} pixels  [height][width][1 or 4]
 * @param {number} width
 * @param {number} height
 * @param {1 | 4} channels
 */
function checkedPng(pixels, width, height, channels) {
  if (!(width >= 1 && height >= 1) || pixels.length !== width * height * channels)
    throw new ArgumentError(
      'argument',
      `a picture of ${width} x ${height} pixels has ${width * height * channels} bytes, not ${pixels.length}`,
    );
  return encodePng(pixels, width, height, channels);
}

/**
 * The most pixels of a drawn picture: at four bytes each they fit the core's limit of 32 MB. Larger ones are shrunk.
 */
const DRAWN_MOST = 8e6,
  DRAWN_SIDE_MOST = 4096;

/** Returns the pixels of what a browser can draw, as RGBA. @param {any} image */
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
 * Turns any picture into the bytes of a PNG file.
 * @param {any} picture  a PredictSource
 * @returns {Promise<Uint8Array>}
 */
export async function toPng(picture) {
  if (picture?.grey)
    return checkedPng(
      Array.isArray(picture.grey) ? picture.grey : bytePixels(picture.grey, 'grey'),
      picture.width,
      picture.height,
      1,
    );
  if (ArrayBuffer.isView(picture?.data))
    return checkedPng(bytePixels(picture.data, 'data'), picture.width, picture.height, 4);
  const bytes =
    picture instanceof Blob
      ? new Uint8Array(await picture.arrayBuffer())
      : picture instanceof ArrayBuffer
        ? new Uint8Array(picture.slice(0))
        : picture instanceof Uint8Array
          ? picture.slice()
          : null;
  // Without a browser's decoders the core gets every file, and says what is wrong with it.
  if (bytes && (isForCore(bytes, bytes.length) || typeof createImageBitmap !== 'function')) return bytes;
  if (bytes || (typeof OffscreenCanvas === 'function' && picture && 'width' in picture)) {
    const { data, width, height } = drawn(
      bytes ? await createImageBitmap(new Blob([/** @type {any} */ (bytes)])) : picture,
    );
    return checkedPng(data, width, height, 4);
  }
  throw new ArgumentError(
    'argument',
    'that is no picture: give PNG bytes, { grey, width, height } or { data, width, height }',
  );
}

/** Makes an entry of a tar: a header block and the bytes, padded. @param {string} name @param {Uint8Array} bytes */
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

/**
 * Makes a tar stream of pictures, in the folders that the core knows.
 * @param {AsyncIterable<LabelledPicture> | Iterable<LabelledPicture>} pictures
 */
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
        `picture ${count}: the name of a class must be a text of 1 to 60 bytes without slashes, ` +
          `not ${JSON.stringify(name)}`,
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

/**
 * Returns pixels as bytes, 0 to 255.
 * @param {any} pixels  bytes, or floats of 0 to 1
 * @param {string} name  for a message
 * @returns {Uint8Array | Uint8ClampedArray}
 */
export function bytePixels(pixels, name) {
  if (pixels instanceof Uint8Array || pixels instanceof Uint8ClampedArray) return pixels;
  if (!(pixels instanceof Float32Array || pixels instanceof Float64Array))
    throw new ArgumentError(
      'argument',
      `${name} is ${typeOf(pixels)}; pixels are bytes of 0 to 255 (Uint8Array, Uint8ClampedArray) ` +
        'or floats of 0 to 1 (Float32Array, Float64Array)',
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
    if (classes ? classes[label] === undefined : !(Number.isInteger(label) && label >= 0 && label < SIZES.classes))
      throw new ArgumentError(
        'argument',
        `${name}[${i}] is ${label}; ` +
          (classes
            ? `there are ${classes.length} classes`
            : `a label is a whole number from 0 to ${SIZES.classes - 1}`),
      );
    most = Math.max(most, label);
  }
  return most;
}

/** Yields the pictures of arrays. @param {ArrayData} data @returns {Generator<LabelledPicture>} */
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
        `${labels.length} pictures of ${width} x ${height} are ${labels.length * width * height} pixels; ` +
          `${split} has ${pixels.length}`,
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
