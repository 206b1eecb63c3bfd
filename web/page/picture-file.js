// @ts-check
/** picture-file.js - reads a picture file into a canvas, or says why it cannot. */
import { decodePhoto, HEAD_BYTES, isForCore, PHOTO_PIXELS_MAX } from '../core/sources/photo.js';
import { ask } from './app.js';
import { fileBytes } from './file-bytes.js';
import { t, whole } from './strings.js';

const SIDE_READ = 560; // to which the core shrinks what it reads a digit from (src/data/digit/canvas.c)
/** The kinds that every browser reads: if such a file cannot be read, it is damaged. */
const READABLE = ['PNG', 'JPEG', 'GIF', 'BMP', 'WebP'];

/** @param {Blob} file @param {string} name */
async function decodeInCore(file, name) {
  const bytes = await fileBytes(file, name);
  /** @type {import('../core/protocol.js').Decoded} */
  const { width, height, rgba } = await ask({ type: 'decode', bytes, most: SIDE_READ }, [bytes]).catch((error) => {
    throw new Error(t('pad.file.refused', { name, message: error.message }));
  });
  const canvas = new OffscreenCanvas(width, height);
  canvas
    .getContext('2d', { willReadFrequently: true })
    ?.putImageData(new ImageData(/** @type {any} */ (rgba), width, height), 0, 0);
  return canvas;
}

/** @param {OffscreenCanvas} canvas */
function isOpaque(canvas) {
  const { data } = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext('2d')).getImageData(
    0,
    0,
    canvas.width,
    canvas.height,
  );
  for (let i = 3; i < data.length; i += 4) if (data[i] < 255) return false;
  return true;
}

/** @param {Blob} file @param {string} name @param {ArrayBuffer} head */
async function decodeInBrowser(file, name, head) {
  const photo = await decodePhoto(file);
  // The core knows how transparency looks on paper.
  if (photo?.canvas)
    return isOpaque(photo.canvas)
      ? photo.canvas
      : decodeInCore(await photo.canvas.convertToBlob({ type: 'image/png' }), name);
  if (photo)
    throw new Error(
      t('pad.file.large', {
        name,
        width: whole(photo.width),
        height: whole(photo.height),
        most: PHOTO_PIXELS_MAX / 1e6,
      }),
    );
  const kind = await ask({ type: 'kind', bytes: head });
  throw new Error(
    t(READABLE.includes(kind) ? 'pad.file.damaged' : kind ? 'pad.file.kind' : 'pad.file.bad', { name, kind }),
  );
}

/**
 * @param {Blob} file
 * @returns {Promise<OffscreenCanvas>}
 */
export async function filePicture(file) {
  const name = file instanceof File ? file.name : t('pad.pasted');
  if (file.size === 0) throw new Error(t('pad.file.empty', { name }));
  const head = await fileBytes(file.slice(0, HEAD_BYTES), name);
  return isForCore(new Uint8Array(head), file.size) ? decodeInCore(file, name) : decodeInBrowser(file, name, head);
}
