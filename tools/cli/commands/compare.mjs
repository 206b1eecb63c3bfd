// @ts-check
/**
 * compare.mjs - many runs in one table and one plot, from the events that `train --json` has printed of each.
 */
import { basename } from 'node:path';
import { EngineError } from '../../../web/core/engine.js';
import { numberOf, readEvents } from '../events.mjs';
import { checkFolder } from '../files.mjs';
import { OUTPUT, plotsOption, UsageError } from '../options.mjs';
import { Output, plain, savePlots } from '../output.mjs';
import { drawLines } from '../../../web/plots/lines.js';
import { COLOURS } from '../../../web/plots/svg.js';

/** @typedef {{ name: string, epochs: { valid_loss: number, accuracy: number, seconds: number }[] }} Run */

export const summary = 'compare runs: one table and one plot from the events of train --json';
export const files = 'FILE...';
/** @type {Record<string, import('../options.mjs').Option>} */
export const options = { ...plotsOption('the accuracy of each run'), ...OUTPUT };

/** @param {string} path @returns {Run} */
function readRun(path) {
  const epochs = [];
  for (const { event, line } of readEvents(path)) {
    if (event?.event !== 'epoch') continue;
    const where = `${path}: line ${line}`;
    epochs.push({
      valid_loss: numberOf(event, 'valid_loss', where),
      accuracy: numberOf(event, 'accuracy', where, 1),
      seconds: numberOf(event, 'seconds', where),
    });
  }
  if (epochs.length === 0) throw new EngineError('argument', `${path}: there is no epoch in it`);
  return { name: basename(path).replace(/\.jsonl?$/, ''), epochs };
}

/**
 * Formats a number for a column; an unknown one is a hyphen.
 * @param {number} value
 * @param {number} digits
 * @param {number} width
 */
const column = (value, digits, width) => (Number.isNaN(value) ? '-' : value.toFixed(digits)).padStart(width);

/** Returns the number by which runs are sorted: unknown accuracies come last. @param {Run} run */
function lastAccuracy({ epochs }) {
  const { accuracy } = epochs[epochs.length - 1];
  return Number.isNaN(accuracy) ? -1 : accuracy;
}

/**
 * Draws the accuracy of each run. The best have colours of their own, the others are grey.
 * @param {Run[]} runs  best first
 */
function draw(runs) {
  const colours = Object.values(COLOURS),
    grey = '#bebebe';
  const lines = runs.map(({ name, epochs }, i) => ({
    label: name,
    colour: i < colours.length ? colours[i] : grey,
    points: true,
    x: epochs.map((_, e) => e),
    y: epochs.map((e) => e.accuracy),
  }));
  const others = lines.slice(colours.length);
  others.forEach((line, i) => {
    line.label = i ? '' : `${others.length} others`;
  });
  return drawLines({
    title: `Accuracy of ${runs.length} runs`,
    xLabel: 'Epoch',
    yLabel: 'Accuracy',
    lines: [...others.reverse(), ...lines.slice(0, colours.length)],
  });
}

/** @param {import('../options.mjs').Options} given @param {string[]} paths */
export async function run(given, paths) {
  if (paths.length === 0) throw new UsageError('which runs? Name the files that train --json has filled');
  if (given.plots) checkFolder(given.plots);
  const out = new Output(given.json),
    runs = paths.map(readRun);
  const width = Math.max(3, ...runs.map(({ name }) => plain(name).length));
  runs.sort((a, b) => lastAccuracy(b) - lastAccuracy(a) || (a.name < b.name ? -1 : 1));
  out.print(`${'run'.padEnd(width)}  epochs  valid loss  accuracy    best  seconds`);
  for (const { name, epochs } of runs) {
    const { valid_loss, accuracy } = epochs[epochs.length - 1],
      seconds = epochs.reduce((sum, e) => sum + e.seconds, 0);
    const best = epochs.reduce((most, e) => (e.accuracy > most || Number.isNaN(most) ? e.accuracy : most), NaN);
    out.emit({ event: 'run', name, epochs: epochs.length, valid_loss, accuracy, best, seconds });
    out.print(
      [
        plain(name).padEnd(width),
        column(epochs.length, 0, 6),
        column(valid_loss, 4, 10),
        column(accuracy, 4, 8),
        column(best, 4, 6),
        column(seconds, 1, 7),
      ].join('  '),
    );
  }
  if (given.plots) savePlots(given.plots, { compare: draw(runs) }, out);
}
