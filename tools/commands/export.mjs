// @ts-check
/**
 * export.mjs - a network for other programs.
 */
import { toOnnx } from '../../web/onnx.js';
import { flag, MACHINE, OUTPUT, text, UsageError } from '../cli/options.mjs';
import { Output, saveFile } from '../cli/output.mjs';
import { openNetwork } from '../cli/session.mjs';

/** @type {Record<string, { help: string, bytes: (trainer: import('../../web/trainer.js').Trainer) => Uint8Array }>} */
const FORMATS = {
  safetensors: { help: 'PyTorch\'s names and shapes, without the optimiser\'s state', bytes: (trainer) => trainer.save(false) },
  onnx: { help: 'for onnxruntime and others: takes pictures\' own bytes, and holds the names of the classes', bytes: (trainer) => toOnnx(trainer.save(false)) },
};

export const summary = 'write a network for other programs';
/** @type {Record<string, import('../cli/options.mjs').Option>} */
export const options = {
  load: text('FILE', 'the network: a checkpoint that train --save has written'),
  to: text('FILE', 'where to write it'),
  format: text('NAME', Object.keys(FORMATS).join(', '), { core: 'safetensors' }),
  ...Object.fromEntries(Object.entries(FORMATS).map(([name, { help }]) => [name, flag(help)])),
  ...MACHINE, ...OUTPUT,
};

/** The one format that is asked for. @param {import('../cli/options.mjs').Options} given */
function formatOf(given) {
  const names = Object.keys(FORMATS).filter((name) => given[name] || given.format === name);
  if (given.format !== undefined && !Object.hasOwn(FORMATS, given.format)) throw new UsageError(`--format must be one of ${Object.keys(FORMATS).join(', ')}, not '${given.format}'`);
  if (names.length > 1) throw new UsageError(`one format at a time, not ${names.join(' and ')}`);
  return names[0] ?? 'safetensors';
}

/** @param {import('../cli/options.mjs').Options} given */
export async function run(given) {
  if (!given.to) throw new UsageError('--to FILE is needed: where to write it');
  const format = formatOf(given), out = new Output(given.json);
  const { trainer } = await openNetwork(given), bytes = FORMATS[format].bytes(trainer);
  saveFile(given.to, bytes);
  out.emit({ event: 'export', file: given.to, format, bytes: bytes.length });
  out.print(`wrote ${given.to}: ${format}, ${bytes.length} bytes`);
}
