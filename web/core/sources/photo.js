// @ts-check
/**
 * photo.js - decides which pictures the browser decodes for a page, and makes a smaller copy of them. The core decodes
 * a PNG, as in data sets and on the command line, if it is within the core's limits.
 */

const PNG_SIDE_MAX = 4096,
  PNG_BYTES_MAX = 32 << 20; // INK_IMAGE_SIDE_MAX, INK_FILE_MAX
/** The most pixels that the browser decodes, at four bytes each: a phone has no memory for more. */
export const PHOTO_PIXELS_MAX = 100e6;
/** The most pixels along a side that are kept: plenty for a digit, and the page does not stall. */
export const PHOTO_SIDE_KEPT = 1024;
/** Bytes at the beginning of a file that say what it is. */
export const HEAD_BYTES = 24;

/**
 * Says whether the core decodes that file.
 * @param {Uint8Array} head  its first bytes
 * @param {number} size  all its bytes
 */
export function isForCore(head, size) {
  const has = (/** @type {number[]} */ bytes, /** @type {number} */ at) =>
    head.length >= at + bytes.length && bytes.every((byte, i) => head[at + i] === byte);
  if (!has([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a], 0)) return false;
  if (!has([0x49, 0x48, 0x44, 0x52], 12) || head.length < HEAD_BYTES) return true; // the core reports the missing IHDR
  const view = new DataView(head.buffer, head.byteOffset);
  return size <= PNG_BYTES_MAX && Math.max(view.getUint32(16), view.getUint32(20)) <= PNG_SIDE_MAX;
}

/**
 * Reads the shown size of a picture from its header, without decoding it. Returns null if the browser does not know
 * such pictures.
 * @param {Blob} file
 * @returns {Promise<{ width: number, height: number } | null>}
 */
async function shownSize(file) {
  const image = new Image(),
    url = URL.createObjectURL(file);
  try {
    const known = await new Promise((resolve) => {
      image.onload = () => resolve(true);
      image.onerror = () => resolve(false);
      image.src = url;
    });
    return known && image.naturalWidth > 0 && image.naturalHeight > 0
      ? { width: image.naturalWidth, height: image.naturalHeight }
      : null;
  } finally {
    URL.revokeObjectURL(url);
  }
}

/**
 * Decodes a picture as the browser shows it, at most PHOTO_SIDE_KEPT pixels along a side. Returns null if the browser
 * cannot decode it. The canvas is null if it has more than PHOTO_PIXELS_MAX pixels: such a picture is not decoded.
 * @param {Blob} file
 * @returns {Promise<{ width: number, height: number, canvas: OffscreenCanvas | null } | null>}
 */
export async function decodePhoto(file) {
  const size = await shownSize(file);
  if (!size || size.width * size.height > PHOTO_PIXELS_MAX) return size && { ...size, canvas: null };
  const longest = Math.max(size.width, size.height),
    side = (/** @type {number} */ pixels) => Math.max(1, Math.round((pixels * PHOTO_SIDE_KEPT) / longest));
  /** @type {ImageBitmapOptions} */
  const smaller =
    longest > PHOTO_SIDE_KEPT
      ? { resizeWidth: side(size.width), resizeHeight: side(size.height), resizeQuality: 'high' }
      : {};
  const bitmap = await createImageBitmap(file, smaller).catch(() => null); // the caller says that it cannot be read
  if (!bitmap) return null;
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  canvas.getContext('2d', { willReadFrequently: true })?.drawImage(bitmap, 0, 0);
  bitmap.close();
  return { ...size, canvas };
}
