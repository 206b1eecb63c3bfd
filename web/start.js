// @ts-check
/**
 * start.js - runs before all else: the trainer starts, and reads the built-in pictures, while the browser is still
 * busy with the page.
 */
import { Client } from './page/client.js';

/** The pictures of data/digits.tar.gz in the same order, to be read without decoding a PNG. */
const PARTS = [
  new URL('./data/digits-train-labels.idx.gz', import.meta.url), new URL('./data/digits-train-images.idx.gz', import.meta.url),
  new URL('./data/digits-test-labels.idx.gz', import.meta.url), new URL('./data/digits-test-images.idx.gz', import.meta.url),
].map(({ href }) => href);

/** @param {string} name  for people @returns {import('./protocol.js').Source} */
export const builtIn = (name) => ({ kind: 'urls', urls: PARTS, name });

export const client = new Client();

/** The first load, which data.js waits for. @type {Promise<import('./protocol.js').LoadReport>} */
export const firstLoad = client.ask({ type: 'load', source: builtIn('Drawn digits') });
firstLoad.catch(() => {}); // told by data.js
