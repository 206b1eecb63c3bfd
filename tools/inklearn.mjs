#!/usr/bin/env node
// @ts-check
/**
 * inklearn.mjs - training from a shell: `inklearn.mjs train --help`.
 */
import { parseArgs } from 'node:util';
import progress from 'cli-progress';
import { EngineError } from '../web/engine.js';
import { createTrainer, pathEntries, ROOT } from './node.mjs';

const STRING = /** @type {const} */ ('string'), BOOLEAN = /** @type {const} */ ('boolean');

const OPTIONS = {
  data: { type: STRING, help: 'archive (.tar, .tar.gz), folder, or IDX file; may be given several times', multiple: true, default: [`${ROOT}build/digits.tar.gz`] },
  model: { type: STRING, help: 'linear, mlp, or a model line', default: 'linear' },
  epochs: { type: STRING, help: 'times through the training pictures', default: '20' },
  batch: { type: STRING, help: 'pictures in a mini-batch', default: '256' },
  lr: { type: STRING, help: 'learning rate', default: '0.01' },
  momentum: { type: STRING, help: 'momentum of SGD', default: '0' },
  'weight-decay': { type: STRING, help: 'L2 weight decay', default: '0' },
  seed: { type: STRING, help: 'seed of all random numbers', default: '0' },
  json: { type: BOOLEAN, help: 'one JSON object a line on standard output, and nothing else', default: false },
  help: { type: BOOLEAN, help: 'this text', default: false },
};

/** @typedef {{ data: string[], model: string, epochs: string, batch: string, lr: string, momentum: string, 'weight-decay': string, seed: string, json: boolean, help: boolean }} Options */

function help() {
  const lines = Object.entries(OPTIONS).map(([name, o]) => {
    const shown = `--${name}${o.type === STRING ? ' ...' : ''}`.padEnd(20);
    const initial = o.type === STRING ? ` [${String(o.default).replace(ROOT, '')}]` : '';
    return `  ${shown}${o.help}${initial}`;
  });
  return `usage: inklearn.mjs train [options]\n\n${lines.join('\n')}\n`;
}

/** A progress bar on a terminal; nothing elsewhere. @param {string} format */
function createBar(format) {
  return new progress.SingleBar({ format, hideCursor: true, clearOnComplete: true, stream: process.stderr, noTTYOutput: false },
    progress.Presets.shades_classic);
}

/** @param {Options} options */
async function train(options) {
  /** @param {object} event */
  const emit = (event) => options.json && process.stdout.write(`${JSON.stringify(event)}\n`);
  /** @param {string} line */
  const print = (line) => options.json || process.stdout.write(`${line}\n`);

  const trainer = await createTrainer();
  const entries = (await Promise.all(options.data.map(pathEntries))).flat();
  const loadBar = createBar('loading  {bar} {percentage}%  {pictures} pictures');
  loadBar.start(100, 0, { pictures: 0 });
  const report = await trainer.load(options.data.join(' '), entries, {
    onProgress: (p) => loadBar.update(p.totalBytes ? (100 * p.bytes) / p.totalBytes : 0, { pictures: p.train + p.valid }),
  }).finally(() => loadBar.stop());
  emit({ event: 'load', train: report.train, test: report.valid, skipped: report.skipped, classes: report.classes, seconds: report.seconds });
  print(`${report.train} training and ${report.valid} test pictures of ${report.classes.length} classes in ${report.seconds.toFixed(1)} s`
    + (report.skipped ? `; ${report.skipped} files skipped` : ''));
  for (const { path, reason } of report.problems) process.stderr.write(`skipped ${JSON.stringify(path)}: ${reason}\n`);

  const settings = {
    model: options.model, epochs: Number(options.epochs), batch: Number(options.batch), lr: Number(options.lr),
    momentum: Number(options.momentum), weightDecay: Number(options['weight-decay']), seed: Number(options.seed),
  };
  const info = trainer.describe(settings);
  print(`${info.line}: ${info.parameters} parameters, ${trainer.variant}\n`);
  print('epoch  train loss  valid loss  accuracy  batch accuracy  seconds');
  const bar = createBar('training {bar} {percentage}%  loss {loss}  {speed} pictures/s  {left} s left');
  bar.start(1, 0, { loss: '', speed: '', left: '' });
  let last;
  try {
    for (const r of trainer.fit(settings)) {
      if (r.type === 'steps') {
        bar.update(r.progress, {
          loss: r.smoothLosses.at(-1)?.toFixed(4) ?? '', speed: Math.round(r.imagesPerSecond) || '', left: Math.ceil(r.secondsLeft),
        });
        continue;
      }
      last = r;
      emit({
        event: 'epoch', epoch: r.epoch, train_loss: r.trainLoss, train_loss_smoothed: r.trainLossSmoothed, valid_loss: r.validLoss,
        accuracy: r.accuracy, batch_accuracy: r.batchAccuracy, seconds: r.seconds, train_seconds: r.trainSeconds, valid_seconds: r.validSeconds,
      });
      if (bar.isActive && process.stderr.isTTY) process.stderr.write('\r\x1b[K');
      print(`${String(r.epoch).padStart(5)}  ${r.trainLoss.toFixed(4).padStart(10)}  ${r.validLoss.toFixed(4).padStart(10)}  ${r.accuracy.toFixed(4).padStart(8)}  ${
        r.batchAccuracy.toFixed(4).padStart(14)}  ${r.seconds.toFixed(3).padStart(7)}`);
    }
  } finally {
    bar.stop();
  }
  emit({ event: 'done', epochs: settings.epochs, accuracy: last?.accuracy, confusion: last && [...last.confusion] });
}

/** @param {string[]} args */
function read(args) {
  return parseArgs({ args, options: OPTIONS, allowPositionals: true });
}

let given;
try {
  given = read(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${/** @type {Error} */ (error).message}\n\n${help()}`);
  process.exit(2);
}
const options = /** @type {Options} */ (given.values);
if (options.help || given.positionals.join() !== 'train') {
  process[options.help ? 'stdout' : 'stderr'].write(help());
  process.exit(options.help ? 0 : 2);
}
await train(options).catch((error) => {
  if (!(error instanceof EngineError)) throw error;
  if (options.json) process.stdout.write(`${JSON.stringify({ event: 'error', code: error.code, message: error.message })}\n`);
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
