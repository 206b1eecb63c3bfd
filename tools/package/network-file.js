// @ts-check
/** network-file.js - checks the file of a network that somebody has named: its size, and whether it can be read. */

/** Bytes. The core counts places in such a file with 31 bits. */
export const MOST_BYTES = 2 ** 31 - 1;

const gigabytes = (/** @type {number} */ bytes) => (bytes / 1e9).toFixed(1);

/** @param {number} size  bytes, more than MOST_BYTES */
export const tooLarge = (size) =>
  `the file of the network has ${gigabytes(size)} GB; ${gigabytes(MOST_BYTES)} GB is the most that can be opened`;

/**
 * Reads the bytes of a file; returns a sentence if they cannot be read.
 * @param {Blob} file
 * @returns {Promise<ArrayBuffer | string>}
 */
export async function readBlob(file) {
  if (file.size > MOST_BYTES) return tooLarge(file.size);
  try {
    return await file.arrayBuffer();
  } catch (error) {
    return /** @type {Error} */ (error).name === 'NotFoundError'
      ? 'the file of the network is no longer there; choose it again'
      : 'the file of the network cannot be read: it has changed since it was chosen, or may not be read; choose it again';
  }
}
