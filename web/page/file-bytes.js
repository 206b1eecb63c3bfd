// @ts-check
/** file-bytes.js - the bytes of a file that somebody chose, or a sentence that says why they cannot be had. */
import { fixed, t } from './strings.js';

/** No browser holds more in one piece; no network or picture is that large. */
const MOST_BYTES = 2 ** 31 - 1;

/** @param {Blob} file @param {string} name */
export async function fileBytes(file, name) {
  if (file.size > MOST_BYTES)
    throw new Error(t('file.large', { name, size: fixed(file.size / 1e9, 1), most: fixed(MOST_BYTES / 1e9, 1) }));
  try {
    return await file.arrayBuffer();
  } catch (error) {
    throw new Error(
      t(/** @type {any} */ (error)?.name === 'NotFoundError' ? 'file.gone' : 'file.unreadable', { name }),
    );
  }
}
