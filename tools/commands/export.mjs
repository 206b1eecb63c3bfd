// @ts-check
/**
 * export.mjs - a network for other programs: weights alone, under PyTorch's names.
 */
import { MACHINE, OUTPUT, text, UsageError } from '../cli/options.mjs';
import { Output, saveFile } from '../cli/output.mjs';
import { openNetwork } from '../cli/session.mjs';

export const summary = 'write a network for other programs';
/** @type {Record<string, import('../cli/options.mjs').Option>} */
export const options = {
  load: text('FILE', 'the network: a checkpoint that train --save has written'),
  to: text('FILE', 'where to write it'),
  format: text('NAME', 'safetensors: PyTorch\'s names and shapes, without the optimiser\'s state', { default: 'safetensors' }),
  ...MACHINE, ...OUTPUT,
};

/** @type {Record<string, (trainer: import('../../web/trainer.js').Trainer) => Uint8Array>} */
const FORMATS = { safetensors: (trainer) => trainer.save(false) };

/** @param {import('../cli/options.mjs').Options} given */
export async function run(given) {
  if (!given.to) throw new UsageError('--to FILE is needed: where to write it');
  if (!Object.hasOwn(FORMATS, given.format)) throw new UsageError(`--format must be one of ${Object.keys(FORMATS).join(', ')}, not '${given.format}'`);
  const out = new Output(given.json);
  const { trainer } = await openNetwork(given), bytes = FORMATS[given.format](trainer);
  saveFile(given.to, bytes);
  out.emit({ event: 'export', file: given.to, format: given.format, bytes: bytes.length });
  out.print(`wrote ${given.to}: ${given.format}, ${bytes.length} bytes`);
}
