// @ts-check
/**
 * network-folder.mjs - saves in one folder what another program needs to continue: the network as the core writes it,
 * and the pictures as they were read.
 */
import { join } from 'node:path';
import { readSafetensors } from '../export/safetensors.js';
import { saveFile } from './files.mjs';

/** A safetensors file of bytes. @param {Record<string, { shape: number[], bytes: Uint8Array }>} tensors */
function writeSafetensors(tensors) {
  let at = 0;
  const header = Object.fromEntries(
    Object.entries(tensors).map(([name, { shape, bytes }]) => [
      name,
      { dtype: 'U8', shape, data_offsets: [at, (at += bytes.length)] },
    ]),
  );
  const text = JSON.stringify(header),
    head = new TextEncoder().encode(text.padEnd(Math.ceil(text.length / 8) * 8)); // names here are ASCII
  const out = new Uint8Array(8 + head.length + at);
  new DataView(out.buffer).setBigUint64(0, BigInt(head.length), true);
  out.set(head, 8);
  let to = 8 + head.length;
  for (const { bytes } of Object.values(tensors)) {
    out.set(bytes, to);
    to += bytes.length;
  }
  return out;
}

/** @param {import('../../web/core/trainer.js').Trainer} trainer */
function pictures(trainer) {
  /** @type {Record<string, { shape: number[], bytes: Uint8Array }>} */
  const tensors = {};
  for (const split of /** @type {const} */ (['train', 'valid'])) {
    const count = trainer.engine.pictureCount(split),
      pixels = new Uint8Array(784 * count),
      labels = new Uint8Array(count);
    for (let i = 0; i < count; i++) {
      const { pixels: one, label } = /** @type {{ pixels: Uint8Array, label: number }} */ (
        trainer.engine.picture(split, i)
      );
      pixels.set(one, 784 * i);
      labels[i] = label;
    }
    tensors[`${split}.pixels`] = { shape: [count, 28, 28], bytes: pixels };
    tensors[`${split}.labels`] = { shape: [count], bytes: labels };
  }
  return writeSafetensors(tensors);
}

/**
 * @param {string} folder
 * @param {import('../../web/core/trainer.js').Trainer} trainer  with the data and the network
 * @param {(checkpoint: ReturnType<typeof readSafetensors>) => [string, string]} program  name and text of the file that
 *   goes on with it
 * @returns {string[]} the files
 */
export function saveFolder(folder, trainer, program) {
  const checkpoint = trainer.engine.save(true); // a file from another program may hold more than the core has read
  const [name, text] = program(readSafetensors(checkpoint));
  const files = {
    [name]: new TextEncoder().encode(text),
    'network.safetensors': checkpoint,
    'data.safetensors': pictures(trainer),
  };
  return Object.entries(files).map(([file, bytes]) => {
    saveFile(join(folder, file), bytes);
    return join(folder, file);
  });
}
