// @ts-check
/**
 * compare.mjs - many runs in one table and one plot, from what `train --json` has told of each.
 */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { EngineError } from '../../web/engine.js';
import { OUTPUT, plotsOption, UsageError } from '../cli/options.mjs';
import { Output, plain, savePlots } from '../cli/output.mjs';
import { COLOURS, drawChart } from '../plots/chart.mjs';

/** @typedef {{ name: string, epochs: { valid_loss: number, accuracy: number, seconds: number }[] }} Run */

export const summary = 'compare runs: one table and one plot of what train --json told of each';
export const files = 'FILE...';
/** @type {Record<string, import('../cli/options.mjs').Option>} */
export const options = { ...plotsOption('the accuracy of each run'), ...OUTPUT };

/** @param {string} path @returns {Run} */
function readRun(path) {
  let events;
  try {
    events = readFileSync(path, 'utf8').trim().split('\n').map((line) => JSON.parse(line));
  } catch (error) {
    const missing = /** @type {NodeJS.ErrnoException} */ (error).code === 'ENOENT';
    throw new EngineError('argument', `${path}: ${missing ? 'there is no such file' : 'it does not hold what train --json tells'}`);
  }
  const epochs = events.filter((e) => e?.event === 'epoch');
  if (epochs.length === 0) throw new EngineError('argument', `${path}: it tells no epoch`);
  return { name: basename(path).replace(/\.jsonl?$/, ''), epochs };
}

/** The best are told apart, the others are grey. @param {Run[]} runs  best first */
function draw(runs) {
  const colours = Object.values(COLOURS), grey = /** @type {const} */ ([190, 190, 190]);
  const lines = runs.map(({ name, epochs }, i) => ({
    label: name, colour: i < colours.length ? colours[i] : grey, points: true, x: epochs.map((_, e) => e), y: epochs.map((e) => e.accuracy),
  }));
  const others = lines.slice(colours.length);
  others.forEach((line, i) => { line.label = i ? '' : `${others.length} others`; });
  return drawChart({ title: `Accuracy of ${runs.length} runs`, xLabel: 'Epoch', yLabel: 'Accuracy', series: [...others.reverse(), ...lines.slice(0, colours.length)] }).canvas;
}

/** @param {import('../cli/options.mjs').Options} given @param {string[]} paths */
export async function run(given, paths) {
  if (paths.length === 0) throw new UsageError('which runs? Name the files that train --json has filled');
  const out = new Output(given.json), width = Math.max(3, ...paths.map((p) => readRun(p).name.length));
  const runs = paths.map(readRun).sort((a, b) => (b.epochs.at(-1)?.accuracy ?? 0) - (a.epochs.at(-1)?.accuracy ?? 0) || (a.name < b.name ? -1 : 1));
  out.print(`${'run'.padEnd(width)}  epochs  valid loss  accuracy    best  seconds`);
  for (const { name, epochs } of runs) {
    const last = epochs[epochs.length - 1], best = Math.max(...epochs.map((e) => e.accuracy)), seconds = epochs.reduce((sum, e) => sum + e.seconds, 0);
    out.emit({ event: 'run', name, epochs: epochs.length, valid_loss: last.valid_loss, accuracy: last.accuracy, best, seconds });
    out.print(`${plain(name).padEnd(width)}  ${String(epochs.length).padStart(6)}  ${last.valid_loss.toFixed(4).padStart(10)}  ${last.accuracy.toFixed(4).padStart(8)}  ${best.toFixed(4)}  ${seconds.toFixed(1).padStart(7)}`);
  }
  if (given.plots) savePlots(given.plots, { compare: draw(runs) }, out);
}
