// @ts-check
/**
 * npy.js - NumPy's arrays as streams that the core takes: an .npz archive of x_train, y_train, x_test and y_test, as
 * Keras has MNIST, becomes four IDX files. Their headers are translated here; the pictures' bytes pass as they are.
 * The format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */
import { EngineError } from './engine.js';

const ARRAYS = ['x_train', 'y_train', 'x_test', 'y_test'];
const MAGIC = [0x93, ...[...'NUMPY'].map((c) => c.charCodeAt(0))];
/** Of these types a header takes 128 bytes. */
const HEAD_MOST = 4096;
/** Sizes in an IDX header have 32 bits. */
const SIZE_MOST = 0xffffffff;

/** @typedef {(what: string) => EngineError} Bad */
/** What a header tells. @typedef {{ bytes: number, type: string, fortran: boolean, shape: number[] }} Head */

/** @param {Uint8Array} bytes  the file's first @param {Bad} bad @returns {Head | null} null: more of them are needed */
function readHead(bytes, bad) {
  if (bytes.subarray(0, 6).some((byte, i) => byte !== MAGIC[i])) throw bad('it is not an array of NumPy');
  if (bytes.length < 12) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset), version = bytes[6], from = version === 1 ? 10 : 12;
  if (version < 1 || version > 3) throw bad(`version ${version} of the format is not known here`);
  const end = from + (version === 1 ? view.getUint16(8, true) : view.getUint32(8, true));
  if (end > HEAD_MOST) throw bad('its header is too long');
  if (bytes.length < end) return null;
  const text = new TextDecoder().decode(bytes.slice(from, end));
  const type = text.match(/'descr': *'([^']*)'/)?.[1], order = text.match(/'fortran_order': *(True|False)/)?.[1];
  const sizes = text.match(/'shape': *\(((?:\d+, *)*\d*)\)/)?.[1].match(/\d+/g)?.map(Number);
  if (!type || !order || !sizes) throw bad("its header does not tell type, order and shape of plain values");
  return { bytes: end, type, fortran: order === 'True', shape: sizes };
}

/** Which it is, and that it can be taken. @param {Head} head @param {string} array  its name @param {Bad} bad */
function check({ type, fortran, shape }, array, bad) {
  const pictures = array.startsWith('x'), tuple = `(${shape.join(', ')}${shape.length === 1 ? ',' : ''})`;
  if (pictures && type !== '|u1') throw bad(`its values are of type ${type}; pictures must be unsigned bytes, |u1`);
  if (!pictures && !/^(\|[ui]1|[<>][ui][248])$/.test(type)) throw bad(`its values are of type ${type}; labels must be whole numbers`);
  if (fortran && shape.length > 1) throw bad('it lies in Fortran order; numpy.ascontiguousarray puts it in C order');
  if (pictures && shape.length !== 3) throw bad(`its shape is ${tuple}; pictures have (number, height, width)`);
  if (!pictures && shape.length !== 1) throw bad(`its shape is ${tuple}; labels have (number,)`);
  if (shape.some((size) => size > SIZE_MOST)) throw bad(`its shape is ${tuple}: that is too large`);
}

/** @param {number[]} shape  of unsigned bytes */
function idxHead(shape) {
  const bytes = new Uint8Array(4 + 4 * shape.length), view = new DataView(bytes.buffer);
  bytes.set([0, 0, 8, shape.length]);
  shape.forEach((size, i) => view.setUint32(4 + 4 * i, size));
  return bytes;
}

/** One array, as an IDX file. @param {AsyncIterable<Uint8Array>} chunks @param {string} array @param {Bad} bad @returns {AsyncGenerator<Uint8Array>} */
async function* translated(chunks, array, bad) {
  /** @type {Uint8Array} */
  let waiting = new Uint8Array();
  /** @type {Head | null} */
  let head = null;
  let seen = 0, announced = 0, width = 1, low = 0;
  /** The low byte of each label: a class's number has no other. @param {Uint8Array} bytes */
  const narrowed = (bytes) => bytes.filter((byte, i) => {
    const at = (seen + i) % width;
    if (at !== low && byte) throw bad(`label ${Math.floor((seen + i) / width)} is below 0 or above 255`);
    return at === low;
  });
  for await (const chunk of chunks) {
    /** @type {Uint8Array} */
    let bytes = chunk;
    if (!head) {
      waiting = Uint8Array.of(...waiting, ...chunk.subarray(0, HEAD_MOST));
      const left = chunk.subarray(HEAD_MOST);
      head = readHead(waiting, bad);
      if (!head) continue;
      check(head, array, bad);
      width = Number(head.type.slice(2));
      low = head.type[0] === '>' ? width - 1 : 0;
      announced = head.shape.reduce((product, size) => product * size, width);
      yield idxHead(head.shape);
      bytes = new Uint8Array(waiting.length - head.bytes + left.length);
      bytes.set(waiting.subarray(head.bytes));
      bytes.set(left, waiting.length - head.bytes);
    }
    yield width === 1 ? bytes : narrowed(bytes);
    seen += bytes.length;
  }
  if (!head) throw bad('it is cut short in its header');
  if (seen !== announced) throw bad(`its header announces ${announced} bytes, there are ${seen}`);
}

/**
 * @param {import('./sources.js').Entry[]} entries  of a zip archive: all of them `.npy`
 * @param {string} archiveName  for what is said
 * @returns {import('./sources.js').Entry[]}
 */
export function npyEntries(entries, archiveName) {
  const names = entries.map(({ name }) => name.replace(/\.npy$/, ''));
  if (names.length !== ARRAYS.length || ARRAYS.some((name) => !names.includes(name)))
    throw new EngineError('data', `${archiveName}: it holds ${names.slice(0, 10).join(', ')}; arrays must be ${ARRAYS.join(', ')}, as in Keras's mnist.npz`);
  return entries.map((entry, i) => ({
    name: entry.name,
    size: entry.size,
    open: async (signal) => translated(/** @type {AsyncIterable<Uint8Array>} */ (await entry.open(signal)), names[i], (what) => new EngineError('data', `${archiveName}: ${entry.name}: ${what}`)),
  }));
}
