// @ts-check
/**
 * fetch-data.mjs - fetches the MNIST archive of PNG files (fast.ai's public copy) to a path, where
 * there is internet: fetch-data.mjs <file>
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { EngineError } from '../../web/core/engine.js';
import { fileEntries } from '../../web/core/sources/sources.js';
import { checkFile, saveFile } from '../cli/files.mjs';
import { createTrainer } from '../node/node.mjs';

const URL_MNIST = 'https://s3.amazonaws.com/fast-ai-imageclas/mnist_png.tgz';
/** SHA-256 of all decoded training and test pixels, in path order: the encoding of the files may differ. */
const PIXELS = {
  train: '78988f00cb3962c6e44a62fde8caa67366bd9f8daaa61e508b30524f253e3410',
  valid: '2f34e0f85154a694ba31bd77ec6505ac19571609d9c8206e5649f0458592f2c6',
};

/**
 * Ends the program with a sentence: without MNIST all else works.
 * @param {string} reason
 * @param {number} code
 * @returns {never}
 */
function giveUp(reason, code = 0) {
  console.log(`MNIST could not be fetched: ${reason}. Without it everything works with the built-in digits.`);
  process.exit(code);
}

/** @param {any} error  of fetch */
const networkReason = (error) => error.cause?.code ?? error.message;

async function fetchArchive() {
  const response = await fetch(URL_MNIST).catch((error) => giveUp(networkReason(error)));
  if (!response.ok) giveUp(`the server answered ${response.status}`);
  return response.blob().catch((error) => giveUp(`the connection broke (${networkReason(error)})`));
}

/** Checks that an archive holds MNIST's pictures: returns how many, or what is wrong. @param {Blob} archive */
async function check(archive) {
  const trainer = await createTrainer();
  const file = /** @type {File} */ (archive);
  const report = await trainer.load('mnist', fileEntries([{ path: 'mnist_png.tgz', file }]));
  for (const split of /** @type {('train' | 'valid')[]} */ (['train', 'valid'])) {
    const hash = createHash('sha256');
    for (let i = 0; i < report[split]; i++) hash.update(trainer.pictures(split, [i]).pictures[0]);
    if (hash.digest('hex') === PIXELS[split]) continue;
    throw new EngineError('data', `its pictures are not MNIST's (${split} differs)`);
  }
  return report;
}

const path = process.argv[2];
if (!path) {
  console.error('usage: fetch-data.mjs FILE');
  process.exit(2);
}
if (existsSync(path)) {
  console.log(`${path} is already here.`);
  process.exit(0);
}
try {
  checkFile(path);
  console.log(`Fetching ${URL_MNIST} ...`);
  const archive = await fetchArchive();
  const { train, valid } = await check(archive).catch((error) => {
    if (!(error instanceof EngineError)) throw error;
    return giveUp(`the server sent another file: ${error.message}`, 1);
  });
  saveFile(path, new Uint8Array(await archive.arrayBuffer()));
  console.log(`${path}: ${train} + ${valid} pictures, checked. \`make site\` puts it on the page.`);
} catch (error) {
  if (!(error instanceof EngineError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
