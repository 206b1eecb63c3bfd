// @ts-check
/**
 * session.mjs - what commands begin with: a trainer, its data, its network.
 */
import { EngineError } from '../../web/core/engine.js';
import { createTrainer, pathEntries } from '../node/node.mjs';
import { readNetwork } from './files.mjs';
import { keptSettings } from '../package/kept.mjs';
import { readMachine, readSettings, readWhole, UsageError } from './options.mjs';
import { createBar, plain } from './output.mjs';

/** @typedef {import('../../web/core/trainer.js').Trainer} Trainer */
/** @typedef {import('./options.mjs').Options} Options */
/** @typedef {import('./output.mjs').Output} Output */

/**
 * Describes the files that were not used, for the line about the data.
 * @param {import('../../web/core/protocol.js').LoadReport} report
 */
function restOf({ apart, skipped, litter, problems }) {
  const files = (/** @type {number} */ n) => (n === 1 ? 'file' : 'files');
  return (
    (apart ? `; ${apart} test pictures are kept apart` : '') +
    (skipped ? `; ${skipped} ${files(skipped)} skipped` : '') +
    (skipped > problems.length ? `, the first ${problems.length} are listed` : '') +
    (litter ? `; ${litter} hidden ${files(litter)} passed over` : '')
  );
}

/** A trainer with the data that the options name. @param {Options} options @param {Output} out */
export async function loadData(options, out) {
  const trainer = await createTrainer(readMachine(options));
  const entries = (await Promise.all(options.data.map(pathEntries))).flat();
  const bar = createBar('loading  {bar} {percentage}%  {pictures} pictures');
  bar.start(100, 0, { pictures: 0 });
  const report = await trainer
    .load(options.data.join(' '), entries, {
      onProgress: (p) => bar.update(p.totalBytes ? (100 * p.bytes) / p.totalBytes : 0, { pictures: p.train + p.valid }),
    })
    .finally(() => bar.stop());
  if (options['hold-out'] !== undefined) {
    trainer.engine.holdOut(
      readWhole(options['hold-out'], 'hold-out', 1, report.train - 1),
      readWhole(options.seed ?? '0', 'seed', 0, Number.MAX_SAFE_INTEGER),
    );
    report.train -= Number(options['hold-out']);
    report.valid = Number(options['hold-out']);
  }
  out.emit({
    event: 'load',
    train: report.train,
    test: report.valid,
    skipped: report.skipped,
    classes: report.classes,
    seconds: report.seconds,
  });
  out.print(
    `${report.train} training and ${report.valid} ${report.apart ? 'validation' : 'test'} pictures of ${report.classes.length} classes in ${report.seconds.toFixed(1)} s${restOf(report)}`,
  );
  for (const { path, reason } of report.problems) out.note(plain(`skipped ${JSON.stringify(path)}: ${reason}`));
  return { trainer, report };
}

/** @param {unknown} error */
const isWeightsOnly = (error) =>
  error instanceof EngineError && error.message.startsWith('the file does not say its model');

/**
 * The network that --load names, on the data that are loaded: a checkpoint of ours, or the weights of
 * any safetensors file for the model that the options name.
 * @param {Trainer} trainer @param {Options} options
 */
export function loadNetwork(trainer, options) {
  const bytes = readNetwork(options.load);
  try {
    trainer.open(bytes, { keepData: true });
  } catch (error) {
    if (!isWeightsOnly(error)) throw error;
    trainer.engine.trainWith(readSettings(options), bytes);
  }
}

/** The network of a checkpoint, without data. @param {Options} options */
export async function openNetwork(options) {
  if (!options.load) throw new UsageError('--load FILE is needed: a checkpoint that train --save has written');
  const trainer = await createTrainer(readMachine(options));
  return { trainer, ...trainer.open(readNetwork(options.load)) };
}

/**
 * The settings that are given, and where none are, what the network that was loaded was trained with.
 * @param {Trainer} trainer
 * @param {Options} options
 * @returns {any}
 */
export const settingsFor = (trainer, options) =>
  keptSettings(/** @type {Record<string, string>} */ (trainer.engine.settings()), readSettings(options));

/** The run that the options describe. @param {Trainer} trainer @param {Options} options */
export function startRun(trainer, options) {
  if (options.resume) return trainer.resume(readNetwork(options.resume));
  if (!options.load) return trainer.fit(readSettings(options));
  loadNetwork(trainer, options);
  return trainer.continue(settingsFor(trainer, options));
}
