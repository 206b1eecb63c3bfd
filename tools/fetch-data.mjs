// @ts-check
/**
 * fetch-data.mjs - fetches the MNIST archive of PNG files (fast.ai's public copy) to a path, where
 * there is internet: fetch-data.mjs <file>
 */
import { createHash } from 'node:crypto';
import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { createTrainer, pathEntries } from './node.mjs';

const URL_MNIST = 'https://s3.amazonaws.com/fast-ai-imageclas/mnist_png.tgz';
/** SHA-256 of all decoded training and test pixels, in path order: the encoding of the files may differ. */
const PIXELS = {
  train: '78988f00cb3962c6e44a62fde8caa67366bd9f8daaa61e508b30524f253e3410',
  valid: '2f34e0f85154a694ba31bd77ec6505ac19571609d9c8206e5649f0458592f2c6',
};

const path = process.argv[2];
if (existsSync(path)) {
  console.log(`${path} is already here.`);
  process.exit(0);
}
console.log(`Fetching ${URL_MNIST} ...`);
const response = await fetch(URL_MNIST).catch((error) => {
  console.log(`MNIST could not be fetched (${error.cause?.code ?? error.message}). Without it everything works with the built-in digits.`);
  process.exit(0);
});
if (!response.ok) {
  console.log(`MNIST could not be fetched: the server answered ${response.status}. Without it everything works with the built-in digits.`);
  process.exit(0);
}
writeFileSync(`${path}.part`, Buffer.from(await response.arrayBuffer()));
const trainer = await createTrainer();
const report = await trainer.load('mnist', await pathEntries(`${path}.part`));
for (const split of /** @type {('train' | 'valid')[]} */ (['train', 'valid'])) {
  const hash = createHash('sha256');
  for (let i = 0; i < report[split]; i++) hash.update(trainer.pictures(split, [i]).pictures[0]);
  if (hash.digest('hex') !== PIXELS[split]) {
    console.error(`The pictures fetched are not MNIST's (${split} differs): ${path}.part is left for you to look at.`);
    process.exit(1);
  }
}
renameSync(`${path}.part`, path);
console.log(`${path}: ${report.train} + ${report.valid} pictures, checked. \`make site\` puts it on the page.`);
