// @ts-check
/**
 * lr-find.mjs - sweeps the learning rate and suggests three; the network is as before.
 */
import { DATA, OUTPUT, readSettings, SETTINGS } from '../cli/options.mjs';
import { Output } from '../cli/output.mjs';
import { loadData, loadNetwork } from '../cli/session.mjs';

export const summary = 'find a learning rate';
/** @type {Record<string, import('../cli/options.mjs').Option>} */
export const options = {
  ...DATA, ...SETTINGS,
  load: { type: 'string', value: 'FILE', help: 'of the network of this checkpoint, or with the weights of any safetensors file' },
  ...OUTPUT,
};

/** @param {import('../cli/options.mjs').Options} given */
export async function run(given) {
  const out = new Output(given.json);
  const { trainer } = await loadData(given, out);
  if (given.load) loadNetwork(trainer, given);
  const sweep = given.load ? trainer.findHere() : trainer.find(readSettings(given));
  const points = [];
  let next = sweep.next();
  for (; !next.done; next = sweep.next()) {
    points.push(next.value);
    out.emit({ event: 'point', ...next.value });
  }
  const found = next.value;
  out.emit({ event: 'done', steps: points.length, suggestions: found });
  out.print(found
    ? `minimum/10: ${found.minimum.toExponential(2)}, steepest point: ${found.steep.toExponential(2)}, valley: ${found.valley.toExponential(2)}, after ${points.length} steps`
    : `no suggestion: the loss diverged after ${points.length} steps`);
}
