// @ts-check
/**
 * export.mjs - a network for other programs: one file, or a folder in which the run goes on elsewhere.
 */
import { statSync } from 'node:fs';
import { toOnnx } from '../../export/onnx.js';
import { checkFile, checkFolder, readNetwork, saveFile } from '../files.mjs';
import { DATA, flag, MACHINE, OUTPUT, text, UsageError } from '../options.mjs';
import { Output } from '../output.mjs';
import { loadData, openNetwork } from '../session.mjs';
import { saveFolder } from '../network-folder.mjs';
import { fastaiNotebook } from '../../export/notebook.mjs';
import { predictorPage } from '../../export/page.mjs';
import { pytorchScript } from '../../export/pytorch.mjs';

/** @typedef {import('../options.mjs').Options} Options */
/** @typedef {import('../../../web/core/trainer.js').Trainer} Trainer */

/**
 * One file.
 * @param {(trainer: Trainer) => Uint8Array} bytes
 * @returns {(given: Options, out: Output) => Promise<string[]>}
 */
const file = (bytes) => async (given) => {
  checkFile(given.to);
  saveFile(given.to, bytes((await openNetwork(given)).trainer));
  return [given.to];
};

/**
 * A folder.
 * @param {Parameters<typeof saveFolder>[2]} program
 * @returns {(given: Options, out: Output) => Promise<string[]>}
 */
const folder = (program) => async (given, out) => {
  if (!given.load) throw new UsageError('--load FILE is needed: a checkpoint that train --save has written');
  checkFolder(given.to);
  const bytes = readNetwork(given.load),
    { trainer } = await loadData(given, out);
  trainer.open(bytes, { keepData: true }); // throws if the network and the data do not fit
  return saveFolder(given.to, trainer, program);
};

/** @type {Record<string, { help: string, write: (given: Options, out: Output) => Promise<string[]> }>} */
const FORMATS = {
  safetensors: {
    help: "PyTorch's names and shapes, without the optimiser's state",
    write: file((trainer) => trainer.engine.save(false)),
  },
  onnx: {
    help: "for onnxruntime and others: takes pictures' own bytes, and holds the names of the classes",
    write: file((trainer) => toOnnx(trainer.engine.save(false))),
  },
  page: {
    help: 'one HTML file, which reads pictures anywhere, without a server',
    write: file((trainer) => predictorPage(trainer)),
  },
  pytorch: {
    help: 'a folder: a script that goes on with the run under python3 or torchrun, the network and --data',
    write: folder(pytorchScript),
  },
  notebook: {
    help: "a folder: a notebook that goes on with it in fastai's words, the network and --data",
    write: folder(fastaiNotebook),
  },
};

export const summary = 'write a network for other programs';
/** @type {Record<string, import('../options.mjs').Option>} */
export const options = {
  load: text('FILE', 'the network: a checkpoint that train --save has written'),
  to: text('PATH', 'where to write it: a file, or a folder', { writes: true }),
  format: text('NAME', Object.keys(FORMATS).join(', '), { core: 'safetensors' }),
  ...Object.fromEntries(Object.entries(FORMATS).map(([name, { help }]) => [name, flag(help)])),
  ...DATA,
  ...MACHINE,
  ...OUTPUT,
};

/** The one format that is asked for. @param {Options} given */
function formatOf(given) {
  if (given.format !== undefined && !Object.hasOwn(FORMATS, given.format))
    throw new UsageError(`--format must be one of ${Object.keys(FORMATS).join(', ')}, not '${given.format}'`);
  const names = Object.keys(FORMATS).filter((name) => given[name] || given.format === name);
  if (names.length > 1) throw new UsageError(`one format at a time, not ${names.join(' and ')}`);
  return names[0] ?? 'safetensors';
}

/** @param {Options} given */
export async function run(given) {
  if (!given.to) throw new UsageError('--to PATH is needed: where to write it');
  const format = formatOf(given),
    out = new Output(given.json),
    files = await FORMATS[format].write(given, out);
  out.emit({
    event: 'export',
    file: given.to,
    format,
    files,
    bytes: files.reduce((n, file) => n + statSync(file).size, 0),
  });
  out.print(`wrote ${files.join(', ')}: ${format}`);
}
