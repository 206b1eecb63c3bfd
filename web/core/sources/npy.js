// @ts-check
/**
 * npy.js - turns NumPy's arrays into streams that the core reads: the arrays of an .npz archive become IDX files, whose
 * names state their use. Bytes pass unchanged; other numbers are converted.
 * The format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */
import { EngineError } from '../engine.js';
import { ByteInput } from './inflate.js';
import { UnreadableError } from './sources.js';
import { valuesOf } from './npy-values.js';

const MAGIC = [0x93, ...[...'NUMPY'].map((c) => c.charCodeAt(0))];
/** A header of such types takes 128 bytes. */
const HEAD_MOST = 4096;
/** Sizes in an IDX header have 32 bits. */
const SIZE_MOST = 0xffffffff;
/** The known names of arrays: Keras's and MedMNIST's. */
const KERAS = /^([xy])_(train|val|test)$/i,
  MEDMNIST = /^(train|val|test)_(images|labels)$/i;
/** The name of a file with one array states its use, as in KMNIST. */
const ROLE_IN_NAME = /train|t10k|test|val/i;
const WANTED =
  "arrays must be x_train, y_train, x_test, y_test, as in Keras's mnist.npz, or train_images, train_labels, test_images, test_labels, as in MedMNIST; val in place of test or beside it";

/** @typedef {import('./sources.js').Entry} Entry */
/** @typedef {(what: string) => EngineError} Bad */
/** The contents of a header. @typedef {{ type: string, fortran: boolean, shape: number[] }} Head */
/**
 * The use of an array. `pictures` is null where only the shape tells pictures from labels.
 * @typedef {{ role: string, pictures: boolean | null }} Use
 */

/** @param {number[]} shape */
const tupleOf = (shape) => `(${shape.join(', ')}${shape.length === 1 ? ',' : ''})`;

/** @param {ByteInput} input  stands behind the header afterwards @param {Bad} bad @returns {Promise<Head>} */
async function readHead(input, bad) {
  const need = async (/** @type {number} */ count) => {
    await input.want(count);
    if (input.left < count) throw bad('it is cut short in its header');
  };
  await input.want(12);
  if (input.left > 0 && input.bytes.subarray(0, Math.min(6, input.left)).some((byte, i) => byte !== MAGIC[i]))
    throw bad('it is not an array of NumPy');
  await need(12);
  const view = new DataView(input.bytes.buffer, input.bytes.byteOffset),
    version = input.bytes[6],
    from = version === 1 ? 10 : 12;
  if (version < 1 || version > 3) throw bad(`version ${version} of the format is not known here`);
  const end = from + (version === 1 ? view.getUint16(8, true) : view.getUint32(8, true));
  if (end > HEAD_MOST) throw bad('its header is too long');
  await need(end);
  const text = new TextDecoder().decode(input.bytes.slice(from, end));
  input.at = end;
  const type = text.match(/'descr': *'([^']*)'/)?.[1],
    order = text.match(/'fortran_order': *(True|False)/)?.[1];
  const sizes = text
    .match(/'shape': *\(((?:\d+, *)*\d*)\)/)?.[1]
    .match(/\d+/g)
    ?.map(Number);
  if (!type || !order || !sizes) throw bad('its header does not state type, order and shape of plain values');
  return { type, fortran: order === 'True', shape: sizes };
}

/**
 * Returns the sizes of the IDX file for an array, and the number of values in a pixel.
 * @param {Head} head
 * @param {boolean} pictures
 * @param {Bad} bad
 */
function layoutOf({ fortran, shape }, pictures, bad) {
  if (fortran && shape.length > 1) throw bad('it lies in Fortran order; numpy.ascontiguousarray puts it in C order');
  if (shape.some((size) => size > SIZE_MOST)) throw bad(`its shape is ${tupleOf(shape)}: that is too large`);
  const [count, a, b, c] = shape;
  if (!pictures) {
    if (shape.length === 1 || (shape.length === 2 && a === 1)) return { dims: [count], channels: 1 };
    throw bad(
      `its shape is ${tupleOf(shape)}; labels have (number,) or (number, 1); numpy.argmax(labels, axis=1) makes them from rows of 0 and 1`,
    );
  }
  if (shape.length === 3) return { dims: shape, channels: 1 };
  if (shape.length === 4 && (c === 1 || c === 3)) return { dims: [count, a, b], channels: c };
  if (shape.length === 4 && a === 1) return { dims: [count, b, c], channels: 1 };
  throw bad(`its shape is ${tupleOf(shape)}; pictures have (number, height, width), or 1 or 3 channels behind these`);
}

/** @param {number[]} dims  of unsigned bytes */
function idxHead(dims) {
  const bytes = new Uint8Array(4 + 4 * dims.length),
    view = new DataView(bytes.buffer);
  bytes.set([0, 0, 8, dims.length]);
  dims.forEach((size, i) => view.setUint32(4 + 4 * i, size));
  return bytes;
}

/**
 * Reads the array's values in pieces of whole pixels.
 * @param {ByteInput} input
 * @param {number} unit  bytes of a pixel
 * @param {number} announced  bytes of all values
 * @param {Bad} bad
 */
async function* wholeUnits(input, unit, announced, bad) {
  const from = input.position;
  for (;;) {
    await input.want(unit);
    const length = input.left - (input.left % unit);
    if (length === 0) break;
    yield input.bytes.subarray(input.at, (input.at += length));
  }
  const seen = input.position + input.left - from;
  if (seen !== announced) throw bad(`its header announces ${announced} bytes, there are ${seen}`);
}

/** Turns colours into grey as Pillow does. @param {Uint8Array} rgb */
function greyOf(rgb) {
  const grey = new Uint8Array(rgb.length / 3);
  for (let i = 0, at = 0; i < grey.length; i++, at += 3)
    grey[i] = (19595 * rgb[at] + 38470 * rgb[at + 1] + 7471 * rgb[at + 2] + 32768) >> 16;
  return grey;
}

/** An array of the archive that is being read. */
class ArrayFile {
  /** @param {Entry} entry @param {Use} use @param {string} archiveName */
  constructor(entry, use, archiveName) {
    this.entry = entry;
    this.use = use;
    /** @param {string} what */
    this.bad = (what) => new EngineError('data', `${archiveName}: ${entry.name}: ${what}`);
  }

  /** Opens it up to its values. @param {AbortSignal} [signal] */
  async #open(signal) {
    const chunks = /** @type {AsyncIterable<Uint8Array>} */ (await this.entry.open(signal))[Symbol.asyncIterator]();
    const input = new ByteInput(async () => {
      signal?.throwIfAborted();
      return (await chunks.next()).value;
    });
    const head = await readHead(input, this.bad),
      pictures = this.use.pictures ?? head.shape.length > 2;
    const values = valuesOf(head.type, pictures, this.bad),
      { dims, channels } = layoutOf(head, pictures, this.bad);
    const announced = head.shape.reduce((product, size) => product * size, values.width);
    return { values, dims, channels, pieces: wholeUnits(input, values.width * channels, announced, this.bad) };
  }

  /**
   * Returns the range of its values if they are floating-point numbers.
   * @param {AbortSignal} [signal]
   * @returns {Promise<import('./npy-values.js').Range | null>}
   */
  async range(signal) {
    const { values, pieces } = await this.#open(signal);
    if (!values.widen) return null;
    const range = { least: 0, most: 0, whole: true };
    for await (const piece of pieces) values.widen(range, piece);
    return range;
  }

  /**
   * Writes it as an IDX file.
   * @param {() => Promise<number>} scaleOf  the factor for floating-point numbers
   * @param {AbortSignal} [signal]
   * @returns {AsyncGenerator<Uint8Array>}
   */
  async *idx(scaleOf, signal) {
    const { values, dims, channels, pieces } = await this.#open(signal),
      scale = values.widen ? await scaleOf() : 1;
    yield idxHead(dims);
    let before = 0;
    for await (const piece of pieces) {
      const bytes = values.toBytes(piece, before, scale);
      before += bytes.length;
      yield channels === 3 ? greyOf(bytes) : bytes;
    }
  }
}

/**
 * Finds the factor for floating-point pictures: 255 where they are 0..1. It is the same for all arrays.
 * @param {ArrayFile[]} arrays
 * @param {AbortSignal} [signal]
 */
async function findScale(arrays, signal) {
  let most = 0;
  for (const array of arrays) {
    const range = await array.range(signal);
    if (!range) continue;
    if (!(range.least >= 0 && range.most <= 255 && (range.whole || range.most <= 1)))
      throw array.bad(
        `its values go from ${range.least} to ${range.most}${range.whole ? '' : ', not all whole'}; pictures have 0..1, or whole numbers 0..255`,
      );
    most = Math.max(most, range.most);
  }
  return most <= 1 ? 255 : 1;
}

/** @param {string} name @returns {Use | null} */
function useOf(name) {
  const keras = name.match(KERAS),
    medmnist = name.match(MEDMNIST);
  if (keras) return { role: keras[2].toLowerCase(), pictures: keras[1].toLowerCase() === 'x' };
  return medmnist && { role: medmnist[1].toLowerCase(), pictures: medmnist[2].toLowerCase() === 'images' };
}

/**
 * Says whether the arrays make a data set: training and another role have pictures and labels, and no role has only
 * one of the two, or one of them twice.
 * @param {Use[]} uses
 */
function isWhole(uses) {
  const count = (/** @type {string} */ role, /** @type {boolean} */ pictures) =>
    uses.filter((use) => use.role === role && use.pictures === pictures).length;
  const whole = ['train', 'val', 'test'].filter((role) => count(role, true) === 1 && count(role, false) === 1);
  return whole.includes('train') && whole.length > 1 && uses.length === 2 * whole.length;
}

/**
 * @param {Entry[]} entries  of a zip archive: all of them `.npy`
 * @param {string} archiveName  for messages
 * @param {boolean} beside  other files are opened with it: one array may be a part of a set
 * @returns {Entry[]}
 */
export function npyEntries(entries, archiveName, beside) {
  const names = entries.map(({ name }) => name.replace(/\.npy$/, ''));
  const alone = beside && entries.length === 1 && ROLE_IN_NAME.test(archiveName);
  const uses = alone ? [{ role: '', pictures: null }] : names.map(useOf);
  if (!alone && !isWhole(/** @type {Use[]} */ (uses.filter((use) => use)))) {
    const found = `it holds ${names.slice(0, 10).join(', ')}${names.length > 10 ? ', ...' : ''}; ${WANTED}`;
    throw new EngineError(
      'data',
      `${archiveName}: ${found}${names.length === 1 ? '. Files of one array each, as of KMNIST, are opened together' : ''}`,
    );
  }
  /** @type {(ArrayFile | null)[]} */
  const arrays = entries.map((entry, i) =>
    uses[i] ? new ArrayFile(entry, /** @type {Use} */ (uses[i]), archiveName) : null,
  );
  /** @type {Promise<number> | undefined} */
  let scale;
  return entries.map(({ name, size }, i) => ({
    name: alone ? archiveName : name,
    size,
    open: async (signal) => {
      const array = arrays[i];
      if (!array) throw new UnreadableError(name, 'it is not one of the arrays that hold pictures and labels');
      return array.idx(
        () =>
          (scale ??= findScale(
            /** @type {ArrayFile[]} */ (arrays.filter((other) => other?.use.pictures !== false && other)),
            signal,
          )),
        signal,
      );
    },
  }));
}
