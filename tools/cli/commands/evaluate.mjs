// @ts-check
/**
 * evaluate.mjs - a network on the test pictures of a data set.
 */
import { checkFolder } from '../files.mjs';
import { interpret } from '../interpret.mjs';
import { DATA, flag, INTERPRET, MACHINE, OUTPUT, plotsOption, SETTINGS, text, UsageError } from '../options.mjs';
import { Output } from '../output.mjs';
import { loadData, loadNetwork } from '../session.mjs';

export const summary = 'test a network on the test pictures';
/** @type {Record<string, import('../options.mjs').Option>} */
export const options = {
  ...DATA,
  load: text('FILE', 'the network: a checkpoint, or with --model the weights of any safetensors file'),
  ...Object.fromEntries(
    ['model', 'batch', 'augment'].map((name) => [
      name,
      { ...SETTINGS[name], help: `${SETTINGS[name].help}; of weights that do not say theirs` },
    ]),
  ),
  shifts: flag('also with test-time averaging: the mean of nine views, shifted by up to a pixel'),
  ...INTERPRET,
  ...plotsOption('those of --interpret'),
  ...MACHINE,
  ...OUTPUT,
};

/** @param {import('../options.mjs').Options} given */
export async function run(given) {
  if (!given.load) throw new UsageError('--load FILE is needed: a checkpoint that train --save has written');
  if (given.interpret || given.plots) checkFolder(given.plots ?? 'plots');
  const out = new Output(given.json);
  const { trainer } = await loadData(given, out);
  loadNetwork(trainer, given);
  const start = performance.now(),
    { validLoss, accuracy, batchAccuracy, confusion } = trainer.evaluate();
  const seconds = (performance.now() - start) / 1000,
    count = confusion.reduce((a, b) => a + b),
    reliability = trainer.engine.reliability();
  const temperature = Number(trainer.engine.settings()?.temperature),
    averaged = given.shifts ? trainer.evaluate({ shifted: true }) : null;
  out.emit({
    event: 'evaluation',
    valid_loss: validLoss,
    accuracy,
    batch_accuracy: batchAccuracy,
    pictures: count,
    seconds,
    confusion: [...confusion],
    temperature,
    calibration_error: reliability.error,
    reliability: reliability.bins,
    ...(averaged && { shifted_loss: averaged.validLoss, shifted_accuracy: averaged.accuracy }),
  });
  out.print(
    `valid loss ${validLoss.toFixed(6)}, accuracy ${accuracy.toFixed(6)} (${Math.round(accuracy * count)} of ${count}), mean of batches ${batchAccuracy.toFixed(6)}, in ${seconds.toFixed(1)} s`,
  );
  out.print(`expected calibration error ${reliability.error.toFixed(4)}, at temperature ${temperature.toFixed(3)}`);
  if (averaged)
    out.print(
      `with test-time averaging over nine shifts: loss ${averaged.validLoss.toFixed(6)}, accuracy ${averaged.accuracy.toFixed(6)} (${Math.round(averaged.accuracy * count)} of ${count})`,
    );
  if (given.interpret || given.plots) interpret(trainer, given.plots ?? 'plots', out);
}
