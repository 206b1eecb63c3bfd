#!/usr/bin/env node
// @ts-check
/**
 * inklearn.mjs - training from a shell: `inklearn.mjs train --help`.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import progress from 'cli-progress';
import { EngineError } from '../web/engine.js';
import { createTrainer, pathEntries, ROOT } from './node.mjs';

const STRING = /** @type {const} */ ('string'), BOOLEAN = /** @type {const} */ ('boolean');

const OPTIONS = {
  data: { type: STRING, help: 'archive (.tar, .tar.gz), folder, or IDX file; may be given several times', multiple: true, default: [`${ROOT}build/digits.tar.gz`] },
  model: { type: STRING, help: 'linear, mlp, cnn, resnet18, or a model line', default: 'linear' },
  epochs: { type: STRING, help: 'times through the training pictures', default: '20' },
  batch: { type: STRING, help: 'pictures in a mini-batch', default: '256' },
  lr: { type: STRING, help: 'learning rate; first:last or :last for parameter groups', default: '0.01' },
  optimizer: { type: STRING, help: 'sgd, adam, adamw, fastai_adam', default: 'sgd' },
  schedule: { type: STRING, help: 'constant, one_cycle, fine_tune', default: 'constant' },
  momentum: { type: STRING, help: 'of SGD; beta1 of Adam' },
  beta2: { type: STRING, help: 'of Adam' },
  eps: { type: STRING, help: 'of Adam' },
  'weight-decay': { type: STRING, help: 'weight decay' },
  'label-smoothing': { type: STRING, help: 'share of the target that goes to all classes' },
  clip: { type: STRING, help: 'norm that gradients are clipped to' },
  'drop-last': { type: STRING, help: '1: leave an incomplete last mini-batch out' },
  'pct-start': { type: STRING, help: 'share of a cycle in which the rate rises' },
  div: { type: STRING, help: 'first rate of a cycle is the largest over this' },
  'freeze-epochs': { type: STRING, help: 'frozen epochs of fine_tune' },
  augment: { type: STRING, help: 'none, fastai, fastai_no_flip', default: 'none' },
  seed: { type: STRING, help: 'seed of all random numbers', default: '0' },
  save: { type: STRING, help: 'write a checkpoint (safetensors) at the end' },
  load: { type: STRING, help: 'begin with the network of this checkpoint, or with the weights of any safetensors file' },
  resume: { type: STRING, help: 'go on where this checkpoint stopped; its settings are taken' },
  json: { type: BOOLEAN, help: 'one JSON object a line on standard output, and nothing else', default: false },
  help: { type: BOOLEAN, help: 'this text', default: false },
};

/** @typedef {{ data: string[], json: boolean, help: boolean } & Record<string, any>} Options */

function help() {
  const lines = Object.entries(OPTIONS).map(([name, o]) => {
    const shown = `--${name}${o.type === STRING ? ' ...' : ''}`.padEnd(24);
    const initial = o.type === STRING && 'default' in o ? ` [${String(o.default).replace(ROOT, '')}]` : '';
    return `  ${shown}${o.help}${initial}`;
  });
  return `usage: inklearn.mjs train|lr-find [options]\n\n${lines.join('\n')}\n`;
}

/** A progress bar on a terminal; nothing elsewhere. @param {string} format */
function createBar(format) {
  return new progress.SingleBar({ format, hideCursor: true, clearOnComplete: true, stream: process.stderr, noTTYOutput: false },
    progress.Presets.shades_classic);
}

/** All that is given, as text: the core checks it. @param {Options} options @returns {any} */
function readSettings(options) {
  const names = Object.keys(OPTIONS).filter((name) => !['data', 'json', 'help', 'save', 'load', 'resume'].includes(name));
  return Object.fromEntries(names.map((name) => [name.replaceAll('-', '_'), options[name]]));
}

/**
 * The network that --load names, with the settings that are given. A checkpoint of ours keeps its
 * optimiser's state.
 * @param {import('../web/trainer.js').Trainer} trainer @param {Options} options
 */
function begin(trainer, options) {
  const bytes = readFileSync(options.load), settings = readSettings(options);
  try {
    trainer.resume(bytes);
  } catch (error) {
    if (!(error instanceof EngineError) || !error.message.startsWith('the file does not say its model')) throw error;
    trainer.loadWeights(settings, bytes);
  }
  return trainer.continue(settings);
}

/** @param {import('../web/trainer.js').Trainer} trainer @param {Options} options */
function start(trainer, options) {
  if (options.resume) return trainer.resume(readFileSync(options.resume));
  return options.load ? begin(trainer, options) : trainer.fit(readSettings(options));
}

/** @param {Options} options */
async function lrFind(options) {
  const { trainer } = await load(options);
  if (options.load) begin(trainer, options);
  const sweep = options.load ? trainer.findHere() : trainer.find(readSettings(options));
  const points = [];
  let next = sweep.next();
  for (; !next.done; next = sweep.next()) {
    points.push(next.value);
    if (options.json) process.stdout.write(`${JSON.stringify({ event: 'point', ...next.value })}\n`);
  }
  const found = next.value;
  if (options.json) process.stdout.write(`${JSON.stringify({ event: 'done', steps: points.length, suggestions: found })}\n`);
  else if (found) process.stdout.write(`minimum/10: ${found.minimum.toExponential(2)}, steepest point: ${found.steep.toExponential(2)}, valley: ${found.valley.toExponential(2)}, after ${points.length} steps\n`);
  else process.stdout.write(`no suggestion: the loss diverged after ${points.length} steps\n`);
}

/** @param {Options} options */
async function load(options) {
  /** @param {string} line */
  const print = (line) => options.json || process.stdout.write(`${line}\n`);
  const trainer = await createTrainer();
  const entries = (await Promise.all(options.data.map(pathEntries))).flat();
  const loadBar = createBar('loading  {bar} {percentage}%  {pictures} pictures');
  loadBar.start(100, 0, { pictures: 0 });
  const report = await trainer.load(options.data.join(' '), entries, {
    onProgress: (p) => loadBar.update(p.totalBytes ? (100 * p.bytes) / p.totalBytes : 0, { pictures: p.train + p.valid }),
  }).finally(() => loadBar.stop());
  print(`${report.train} training and ${report.valid} test pictures of ${report.classes.length} classes in ${report.seconds.toFixed(1)} s`
    + (report.skipped ? `; ${report.skipped} files skipped` : ''));
  for (const { path, reason } of report.problems) process.stderr.write(`skipped ${JSON.stringify(path)}: ${reason}\n`);
  return { trainer, report };
}

/** @param {Options} options */
async function train(options) {
  /** @param {object} event */
  const emit = (event) => options.json && process.stdout.write(`${JSON.stringify(event)}\n`);
  /** @param {string} line */
  const print = (line) => options.json || process.stdout.write(`${line}\n`);

  const { trainer, report } = await load(options);
  emit({ event: 'load', train: report.train, test: report.valid, skipped: report.skipped, classes: report.classes, seconds: report.seconds });
  const settings = readSettings(options);
  const info = trainer.describe(settings);
  print(`${info.line}: ${info.parameters} parameters, ${trainer.variant}\n`);
  print('epoch  train loss  valid loss  accuracy  batch accuracy  seconds');
  const bar = createBar('training {bar} {percentage}%  loss {loss}  {speed} pictures/s  {left} s left');
  bar.start(1, 0, { loss: '', speed: '', left: '' });
  let last;
  try {
    for (const r of start(trainer, options)) {
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
  if (options.save) writeFileSync(options.save, trainer.save(true));
  emit({ event: 'done', epochs: (last?.epoch ?? -1) + 1, accuracy: last?.accuracy, confusion: last && [...last.confusion] });
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
if (options.help || !['train', 'lr-find'].includes(given.positionals.join())) {
  process[options.help ? 'stdout' : 'stderr'].write(help());
  process.exit(options.help ? 0 : 2);
}
await (given.positionals[0] === 'train' ? train : lrFind)(options).catch((error) => {
  if (!(error instanceof EngineError)) throw error;
  if (options.json) process.stdout.write(`${JSON.stringify({ event: 'error', code: error.code, message: error.message })}\n`);
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
