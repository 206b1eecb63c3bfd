// @ts-check
/** picture-file.js - a picture file becomes a canvas, or a sentence that says why not. */
import { t } from './strings.js';

const SIDE_MAX = 4096; // the core's limit along a side
const SIDE_KEPT = 1024; // of a photograph: plenty for a digit, and the page goes on moving

/**
 * The size that a PNG claims, from its header; null for anything else.
 * @param {Uint8Array} head
 */
export function pngSize(head) {
  const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
  if (head.length < 24 || signature.some((b, i) => head[i] !== b)) return null;
  const view = new DataView(head.buffer, head.byteOffset);
  return { width: view.getUint32(16), height: view.getUint32(20) };
}

/**
 * @param {Blob} file
 * @returns {Promise<OffscreenCanvas>}
 */
export async function filePicture(file) {
  const name = file instanceof File ? file.name : t('pad.pasted');
  if (file.size === 0) throw new Error(t('pad.file.empty', { name }));
  // Told before it is decoded: a tiny file may claim a picture that no memory holds.
  const claimed = pngSize(new Uint8Array(await file.slice(0, 24).arrayBuffer()));
  const tooLarge = (/** @type {number} */ width, /** @type {number} */ height) => new Error(t('pad.file.large', { name, width, height, most: SIDE_MAX }));
  if (claimed && Math.max(claimed.width, claimed.height) > SIDE_MAX) throw tooLarge(claimed.width, claimed.height);
  const decode = (/** @type {ImageBitmapOptions} */ options) => createImageBitmap(file, options).catch(() => {
    throw new Error(t('pad.file.bad', { name }));
  });
  let bitmap = await decode({});
  const longest = Math.max(bitmap.width, bitmap.height);
  if (longest > SIDE_MAX) throw tooLarge(bitmap.width, bitmap.height);
  if (longest > SIDE_KEPT) {
    // Decoded again rather than drawn smaller: the browser does this beside the page.
    const resizeWidth = Math.max(1, Math.round(bitmap.width * SIDE_KEPT / longest));
    const resizeHeight = Math.max(1, Math.round(bitmap.height * SIDE_KEPT / longest));
    bitmap.close();
    bitmap = await decode({ resizeWidth, resizeHeight, resizeQuality: 'high' });
  }
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  canvas.getContext('2d', { willReadFrequently: true })?.drawImage(bitmap, 0, 0);
  bitmap.close();
  return canvas;
}
