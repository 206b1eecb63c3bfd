// @ts-check
/**
 * evaluate.mjs - a network on the test pictures of a data set.
 */
import { interpret } from '../cli/interpret.mjs';
import { DATA, INTERPRET, MACHINE, OUTPUT, plotsOption, SETTINGS, text, UsageError } from '../cli/options.mjs';
import { Output } from '../cli/output.mjs';
import { loadData, loadNetwork } from '../cli/session.mjs';

export const summary = 'test a network on the test pictures';
/** @type {Record<string, import('../cli/options.mjs').Option>} */
export const options = {
  ...DATA,
  load: text('FILE', 'the network: a checkpoint, or with --model the weights of any safetensors file'),
  ...Object.fromEntries(['model', 'batch', 'augment'].map((name) => [name, { ...SETTINGS[name], help: `${SETTINGS[name].help}; of weights that do not say theirs` }])),
  ...INTERPRET, ...plotsOption('those of --interpret'), ...MACHINE, ...OUTPUT,
};

/** @param {import('../cli/options.mjs').Options} given */
export async function run(given) {
  if (!given.load) throw new UsageError('--load FILE is needed: a checkpoint that train --save has written');
  const out = new Output(given.json);
  const { trainer } = await loadData(given, out);
  loadNetwork(trainer, given);
  const start = performance.now(), { validLoss, accuracy, batchAccuracy, confusion } = trainer.evaluate();
  const seconds = (performance.now() - start) / 1000, count = confusion.reduce((a, b) => a + b);
  out.emit({ event: 'evaluation', valid_loss: validLoss, accuracy, batch_accuracy: batchAccuracy, pictures: count, seconds, confusion: [...confusion] });
  out.print(`valid loss ${validLoss.toFixed(6)}, accuracy ${accuracy.toFixed(6)} (${Math.round(accuracy * count)} of ${count}), mean of batches ${batchAccuracy.toFixed(6)}, in ${seconds.toFixed(1)} s`);
  if (given.interpret || given.plots) interpret(trainer, given.plots ?? 'plots', out);
}
