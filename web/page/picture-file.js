// @ts-check
/**
 * picture-file.js - a picture file becomes a canvas, or a sentence that says why not. A PNG is decoded by the core, as
 * in data sets and on the command line; the browser decodes the other kinds.
 */
import { ask } from './app.js';
import { t, whole } from './strings.js';

const SIDE_MAX = 4096, BYTES_MAX = 32 << 20; // the core's limits for a PNG; the browser makes larger ones smaller
const PIXELS_MAX = 100e6; // of four bytes each, while the browser decodes: a phone has no room for more
const SIDE_KEPT = 1024; // of a photograph: plenty for a digit, and the page goes on moving
const SIDE_READ = 560; // to which the core shrinks what it reads a digit from (src/data/canvas.c)
const HEAD = 24;
const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a], IHDR = [0x49, 0x48, 0x44, 0x52];
/** What every browser reads: such a file is damaged if it cannot be read. */
const READABLE = ['PNG', 'JPEG', 'GIF', 'BMP', 'WebP'];

/**
 * Whether the core decodes that file: a PNG that is not larger than its limits.
 * @param {Uint8Array} head  the first bytes of the file
 * @param {number} size  bytes of the file
 */
export function isForCore(head, size) {
  const has = (/** @type {number[]} */ bytes, /** @type {number} */ at) => head.length >= at + bytes.length && bytes.every((byte, i) => head[at + i] === byte);
  if (!has(SIGNATURE, 0)) return false;
  if (!has(IHDR, 12) || head.length < HEAD) return true; // it says what is wrong
  const view = new DataView(head.buffer, head.byteOffset);
  return size <= BYTES_MAX && Math.max(view.getUint32(16), view.getUint32(20)) <= SIDE_MAX;
}

/** @param {Blob} file @param {string} name */
async function decodeInCore(file, name) {
  try {
    const bytes = await file.arrayBuffer();
    const { width, height, rgba } = await ask({ type: 'decode', bytes, most: SIDE_READ }, [bytes]);
    const canvas = new OffscreenCanvas(width, height);
    canvas.getContext('2d', { willReadFrequently: true })?.putImageData(new ImageData(rgba, width, height), 0, 0);
    return canvas;
  } catch (error) {
    throw new Error(t('pad.file.refused', { name, message: /** @type {Error} */ (error).message }));
  }
}

/**
 * The size of a picture as it is shown, by its header: nothing is decoded yet. null: the browser knows no such picture.
 * @param {Blob} file
 * @returns {Promise<{ width: number, height: number } | null>}
 */
async function shownSize(file) {
  const image = new Image(), url = URL.createObjectURL(file);
  try {
    const known = await new Promise((resolve) => {
      image.onload = () => resolve(true);
      image.onerror = () => resolve(false);
      image.src = url;
    });
    return known && image.naturalWidth > 0 && image.naturalHeight > 0 ? { width: image.naturalWidth, height: image.naturalHeight } : null;
  } finally {
    URL.revokeObjectURL(url);
  }
}

/** @param {ArrayBuffer} head @param {string} name */
async function unreadable(head, name) {
  const kind = await ask({ type: 'kind', bytes: head });
  return new Error(t(READABLE.includes(kind) ? 'pad.file.damaged' : kind ? 'pad.file.kind' : 'pad.file.bad', { name, kind }));
}

/** @param {Blob} file @param {string} name @param {ArrayBuffer} head */
async function decodeInBrowser(file, name, head) {
  const size = await shownSize(file);
  if (!size) throw await unreadable(head, name);
  const { width, height } = size, longest = Math.max(width, height), side = (/** @type {number} */ pixels) => Math.max(1, Math.round(pixels * SIDE_KEPT / longest));
  if (width * height > PIXELS_MAX) throw new Error(t('pad.file.large', { name, width: whole(width), height: whole(height), most: PIXELS_MAX / 1e6 }));
  /** @type {ImageBitmapOptions} */
  const smaller = longest > SIDE_KEPT ? { resizeWidth: side(width), resizeHeight: side(height), resizeQuality: 'high' } : {};
  const bitmap = await createImageBitmap(file, smaller).catch(() => null);
  if (!bitmap) throw await unreadable(head, name);
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  canvas.getContext('2d', { willReadFrequently: true })?.drawImage(bitmap, 0, 0);
  bitmap.close();
  return canvas;
}

/**
 * @param {Blob} file
 * @returns {Promise<OffscreenCanvas>}
 */
export async function filePicture(file) {
  const name = file instanceof File ? file.name : t('pad.pasted');
  if (file.size === 0) throw new Error(t('pad.file.empty', { name }));
  const head = await file.slice(0, HEAD).arrayBuffer();
  return isForCore(new Uint8Array(head), file.size) ? decodeInCore(file, name) : decodeInBrowser(file, name, head);
}
