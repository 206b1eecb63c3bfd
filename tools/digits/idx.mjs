#!/usr/bin/env node
// @ts-check
/**
 * idx.mjs - an archive of pictures as MNIST's four IDX files, gzipped: the same pictures in the same
 * order, which a page has ready sooner, as there is no PNG to decode.
 *   idx.mjs archive.tar.gz prefix      writes prefix-train-images.idx.gz, -train-labels, -test-images, -test-labels
 */
import { gzipSync } from 'node:zlib';
import { saveFile } from '../cli/files.mjs';
import { createTrainer, pathEntries } from '../node/node.mjs';

const SIDE = 28;

/** @param {number[]} sizes  of each dimension @param {Uint8Array} bytes */
function idx(sizes, bytes) {
  const head = Buffer.alloc(4 + 4 * sizes.length);
  head.set([0, 0, 8, sizes.length]);
  sizes.forEach((size, i) => head.writeUInt32BE(size, 4 + 4 * i));
  return Buffer.concat([head, bytes]);
}

const [archive, prefix] = process.argv.slice(2);
const trainer = await createTrainer();
await trainer.load(archive, await pathEntries(archive));
for (const split of /** @type {const} */ (['train', 'valid'])) {
  const count = trainer.engine.pictureCount(split),
    pixels = new Uint8Array(count * SIDE * SIDE),
    labels = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    const picture = /** @type {{ pixels: Uint8Array, label: number }} */ (trainer.engine.picture(split, i));
    pixels.set(picture.pixels, i * SIDE * SIDE);
    labels[i] = Number(trainer.engine.classes()[picture.label]);
  }
  const name = `${prefix}-${split === 'train' ? 'train' : 'test'}`;
  saveFile(`${name}-images.idx.gz`, gzipSync(idx([count, SIDE, SIDE], pixels), { level: 9 }));
  saveFile(`${name}-labels.idx.gz`, gzipSync(idx([count], labels), { level: 9 }));
}
trainer.engine.close();
