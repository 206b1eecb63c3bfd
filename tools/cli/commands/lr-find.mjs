// @ts-check
/**
 * lr-find.mjs - sweeps the learning rate and suggests three; the network is as before.
 */
import { SIZES } from '../../../build/schema.js';
import { checkFolder } from '../files.mjs';
import {
  DATA,
  MACHINE,
  OUTPUT,
  plotsOption,
  readNumber,
  readSettings,
  readWhole,
  SETTINGS,
  text,
} from '../options.mjs';
import { createBar, Output, savePlots } from '../output.mjs';
import { loadData, loadNetwork, settingsFor } from '../session.mjs';
import { drawLines } from '../../../web/plots/lines.js';
import { COLOURS } from '../../../web/plots/svg.js';

export const summary = 'find a learning rate';
/** @type {Record<string, import('../options.mjs').Option>} */
export const options = {
  ...DATA,
  ...SETTINGS,
  load: text('FILE', 'of the network of this checkpoint, or with the weights of any safetensors file'),
  start: text('RATE', 'first learning rate', { default: '1e-7' }),
  end: text('RATE', 'last learning rate, which is not reached', { default: '10' }),
  steps: text('N', 'steps of the sweep', { default: '100' }),
  ...plotsOption('the losses of the sweep'),
  ...MACHINE,
  ...OUTPUT,
};

/**
 * Draws the sweep. The last five points are left out, as fastai does.
 * @param {{ lr: number, loss: number }[]} points
 * @param {import('../../../web/core/protocol.js').Suggestions | null} found
 */
function draw(points, found) {
  const shown = points.slice(0, -5);
  const marks = found
    ? [
        { label: `minimum/10 ${found.minimum.toExponential(2)}`, x: found.minimum, colour: COLOURS.orange },
        { label: `steep ${found.steep.toExponential(2)}`, x: found.steep, colour: COLOURS.green },
        { label: `valley ${found.valley.toExponential(2)}`, x: found.valley, colour: COLOURS.purple },
      ]
    : [];
  return drawLines({
    title: 'Learning-rate finder',
    xLabel: 'Learning rate',
    yLabel: 'Loss',
    logX: true,
    marks,
    lines: [{ label: 'smoothed loss', colour: COLOURS.blue, x: shown.map((p) => p.lr), y: shown.map((p) => p.loss) }],
  });
}

/** @param {import('../options.mjs').Options} given */
export async function run(given) {
  const out = new Output(given.json),
    steps = readWhole(given.steps, 'steps', 6, SIZES.finderSteps);
  const range = { start: readNumber(given.start, 'start'), end: readNumber(given.end, 'end'), steps };
  if (given.plots) checkFolder(given.plots);
  const { trainer } = await loadData(given, out);
  if (given.load) {
    loadNetwork(trainer, given);
    trainer.continue(settingsFor(trainer, given));
  }
  const sweep = given.load ? trainer.engine.find(range) : trainer.find(readSettings(given), range);
  const bar = createBar('sweeping {bar} {value} of {total} steps  loss {loss}');
  const points = [];
  let next;
  try {
    for (next = sweep.next(), bar.start(steps, 0, { loss: '' }); !next.done; next = sweep.next()) {
      points.push(next.value);
      bar.update(points.length, { loss: next.value.loss.toFixed(4) });
      out.emit({ event: 'point', ...next.value });
    }
  } finally {
    bar.stop();
  }
  const found = next.value;
  if (given.plots) savePlots(given.plots, { 'lr-find': draw(points, found) }, out);
  out.emit({ event: 'done', steps: points.length, suggestions: found });
  out.print(
    found
      ? `minimum/10: ${found.minimum.toExponential(2)}, steepest point: ${found.steep.toExponential(2)}, valley: ${found.valley.toExponential(2)}, after ${points.length} steps`
      : `no suggestion: the loss diverged after ${points.length} steps`,
  );
}
