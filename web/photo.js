// @ts-check
/**
 * photo.js - pictures that the browser decodes for a page: which files those are, and a smaller copy. The core decodes
 * a PNG, as in data sets and on the command line, if it is not larger than the core's limits.
 */

const PNG_SIDE_MAX = 4096, PNG_BYTES_MAX = 32 << 20; // INK_IMAGE_SIDE_MAX, INK_FILE_MAX
/** Of four bytes each, while the browser decodes: a phone has no room for more. */
export const PHOTO_PIXELS_MAX = 100e6;
/** Pixels along a side that are kept: plenty for a digit, and the page goes on moving. */
export const PHOTO_SIDE_KEPT = 1024;
/** Bytes at the beginning of a file that say what it is. */
export const HEAD_BYTES = 24;

/**
 * Whether the core decodes that file.
 * @param {Uint8Array} head  its first bytes
 * @param {number} size  all its bytes
 */
export function isForCore(head, size) {
  const has = (/** @type {number[]} */ bytes, /** @type {number} */ at) => head.length >= at + bytes.length && bytes.every((byte, i) => head[at + i] === byte);
  if (!has([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a], 0)) return false;
  if (!has([0x49, 0x48, 0x44, 0x52], 12) || head.length < HEAD_BYTES) return true; // no IHDR: the core says what is wrong
  const view = new DataView(head.buffer, head.byteOffset);
  return size <= PNG_BYTES_MAX && Math.max(view.getUint32(16), view.getUint32(20)) <= PNG_SIDE_MAX;
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

/**
 * A picture as the browser shows it, at most PHOTO_SIDE_KEPT pixels along a side. null: the browser cannot decode it.
 * Without a canvas: it has more than PHOTO_PIXELS_MAX pixels, and was not decoded.
 * @param {Blob} file
 * @returns {Promise<{ width: number, height: number, canvas: OffscreenCanvas | null } | null>}
 */
export async function decodePhoto(file) {
  const size = await shownSize(file);
  if (!size || size.width * size.height > PHOTO_PIXELS_MAX) return size && { ...size, canvas: null };
  const longest = Math.max(size.width, size.height), side = (/** @type {number} */ pixels) => Math.max(1, Math.round(pixels * PHOTO_SIDE_KEPT / longest));
  /** @type {ImageBitmapOptions} */
  const smaller = longest > PHOTO_SIDE_KEPT ? { resizeWidth: side(size.width), resizeHeight: side(size.height), resizeQuality: 'high' } : {};
  const bitmap = await createImageBitmap(file, smaller).catch(() => null); // the caller says that it cannot be read
  if (!bitmap) return null;
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  canvas.getContext('2d', { willReadFrequently: true })?.drawImage(bitmap, 0, 0);
  bitmap.close();
  return { ...size, canvas };
}
