// @ts-check
/**
 * predict.mjs - what a network makes of pictures in PNG files.
 */
import { EngineError } from '../../../web/core/engine.js';
import { readFile } from '../files.mjs';
import { flag, MACHINE, OUTPUT, text, UsageError } from '../options.mjs';
import { Output, plain } from '../output.mjs';
import { openNetwork } from '../session.mjs';

export const summary = 'name what is in pictures';
export const files = 'image.png...';
/** @type {Record<string, import('../options.mjs').Option>} */
export const options = {
  load: text('FILE', 'the network: a checkpoint that train --save has written'),
  as: text(
    'WHAT',
    "digit: found, cropped and centred as on the page, dark on light or light on dark; picture: as the data set's are read",
    { default: 'digit' },
  ),
  tensors: flag('with --json: also what goes into the network, and what comes out before softmax'),
  ...MACHINE,
  ...OUTPUT,
};

const SHOWN = 3;

/** @param {import('../options.mjs').Options} given @param {string[]} paths */
export async function run(given, paths) {
  if (given.as !== 'digit' && given.as !== 'picture')
    throw new UsageError(`--as must be digit or picture, not '${given.as}'`);
  if (paths.length === 0) throw new UsageError('name the PNG files that are to be read');
  const out = new Output(given.json),
    as = /** @type {'digit' | 'picture'} */ (given.as);
  const { trainer, classes } = await openNetwork(given);
  let failed = 0;
  out.emit({ event: 'load', classes });
  for (const file of paths) {
    try {
      const { label, probabilities, input, logits } = trainer.engine.predictPng(readFile(file), as),
        p = [.../** @type {Float32Array} */ (probabilities)];
      out.emit({
        event: 'prediction',
        file,
        label: classes[label],
        probability: p[label],
        probabilities: p,
        ...(given.tensors ? { input: [...input], logits: [...logits] } : {}),
      });
      const best = p
        .map((value, i) => ({ value, i }))
        .sort((a, b) => b.value - a.value || a.i - b.i)
        .slice(0, SHOWN);
      out.print(
        `${plain(file)}: ${best.map(({ value, i }) => `${plain(classes[i])} ${(100 * value).toFixed(1)} %`).join(', ')}`,
      );
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      failed++;
      const message = error.message.startsWith(file) ? error.message : `${file}: ${error.message}`;
      out.emit({ event: 'error', code: error.code, message, file });
      out.note(plain(message));
    }
  }
  return failed ? 1 : 0;
}
