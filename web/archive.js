// @ts-check
/**
 * archive.js - what is loaded when an archive needs more than the platform's decoder of gzip: one file for all
 * of it.
 */
export { gunzip } from './gunzip.js';
export { endsAsZip, zipEntries } from './zip.js';
