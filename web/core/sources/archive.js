// @ts-check
/**
 * archive.js - the decoders that are loaded when an archive needs more than the platform's gzip decoder, as one file.
 */
export { gunzip } from './gunzip.js';
export { endsAsZip, zipEntries } from './zip.js';
