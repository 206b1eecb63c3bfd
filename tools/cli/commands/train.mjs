// @ts-check
/**
 * train.mjs - trains, tells each epoch, and saves the network where that is asked for.
 */
import { EngineError } from '../../../web/core/engine.js';
import { checkFile, checkFolder, saveNetwork } from '../files.mjs';
import { hearSignals, Interrupt, turn } from '../interrupt.mjs';
import { interpret } from '../interpret.mjs';
import {
  DATA,
  flag,
  HOLD_OUT,
  INTERPRET,
  MACHINE,
  OUTPUT,
  plotsOption,
  SETTINGS,
  text,
  UsageError,
} from '../options.mjs';
import { clearBarLine, createBar, Output, plain, savePlots } from '../output.mjs';
import { epochEvent, Recorder, TABLES } from '../recorder.mjs';
import { loadData, startRun } from '../session.mjs';
import { shell } from '../../export/quote.mjs';

export const summary = 'train a network; Ctrl-C saves a checkpoint and stops, a second one stops at once';
/** @type {Record<string, import('../options.mjs').Option>} */
export const options = {
  ...DATA,
  ...HOLD_OUT,
  ...SETTINGS,
  save: text(
    'FILE',
    'write a checkpoint (safetensors) at the end, on Ctrl-C, and of the last good weights if the loss is lost',
    {
      writes: true,
    },
  ),
  load: text(
    'FILE',
    'begin with the network of this checkpoint, trained as before but for epochs, rates and schedule; or with the weights of any safetensors file',
  ),
  resume: text('FILE', 'go on where this checkpoint stopped; its settings are taken'),
  table: text('NAME', 'plain, or fastai: its columns, a table for each fit', { default: 'plain' }),
  steps: flag('with --json: an event for each step, with loss, learning rate and momentum'),
  ...INTERPRET,
  ...plotsOption('loss and accuracy'),
  ...MACHINE,
  ...OUTPUT,
};

const INTERRUPTED = 'inklearn-interrupted.safetensors';

/** @typedef {import('../options.mjs').Options} Options */
/** @typedef {import('../../../web/core/trainer.js').Trainer} Trainer */

/** @param {Options} given */
function tableOf(given) {
  if (!Object.hasOwn(TABLES, given.table))
    throw new UsageError(`--table must be one of ${Object.keys(TABLES).join(', ')}, not '${given.table}'`);
  return TABLES[/** @type {keyof typeof TABLES} */ (given.table)];
}

/**
 * Trains to the end, or until a signal asks to stop.
 * @param {Trainer} trainer @param {Options} given @param {Output} out @param {Interrupt} interrupt
 */
async function runEpochs(trainer, given, out, interrupt) {
  const recorder = new Recorder(),
    table = tableOf(given),
    slices = startRun(trainer, given);
  const info = trainer.engine.describe(/** @type {any} */ (trainer.engine.settings()));
  out.print(
    `${info.line}: ${info.parameters} parameters, ${trainer.engine.variant}, ${trainer.engine.threads} thread${trainer.engine.threads === 1 ? '' : 's'}\n`,
  );
  const bar = createBar('training {bar} {percentage}%  loss {loss}  {speed} pictures/s  {left} s left');
  let loss = '';
  out.print(table.head);
  bar.start(1, 0, { loss, speed: '', left: '' });
  try {
    for (const r of slices) {
      if (r.type === 'steps') {
        recorder.addSteps(r);
        if (given.steps) Recorder.stepEvents(r).forEach((e) => out.emit(e));
        loss = r.smoothLosses.at(-1)?.toFixed(4) ?? loss;
        bar.update(r.progress, { loss, speed: Math.round(r.imagesPerSecond) || '', left: Math.ceil(r.secondsLeft) });
      } else {
        recorder.epochs.push(r);
        clearBarLine();
        out.emit(epochEvent(r));
        if (table.anew(r)) out.print(table.head);
        out.print(table.row(r));
      }
      await turn();
      if (interrupt.signal) break;
    }
  } finally {
    bar.stop();
  }
  return recorder;
}

/**
 * Saves the network, and says where it is if its own place failed.
 * @param {string} path @param {Trainer} trainer @param {Output} out
 * @returns {{ checkpoint: string, failed: boolean }}
 */
function keep(path, trainer, out) {
  const { path: checkpoint, error } = saveNetwork(path, trainer.engine.save(true));
  if (error) {
    out.emit({ event: 'error', code: error.code, message: error.message, checkpoint });
    out.note(plain(error.message));
  }
  return { checkpoint, failed: error !== null };
}

/**
 * The last good weights, where there is a place for them.
 * @param {Trainer} trainer
 * @param {Options} given
 * @param {EngineError} error
 * @param {Output} out
 */
function keepGood(trainer, given, error, out) {
  const checkpoint = given.save ? keep(given.save, trainer, out).checkpoint : null;
  out.emit({ event: 'error', code: error.code, message: error.message, checkpoint });
  const where = checkpoint
    ? `they were saved to ${plain(checkpoint)}`
    : 'they are gone now: --save FILE would have saved them';
  out.note(`${plain(error.message)}\n${where}`);
  return 3;
}

/** To the pictures that were held out. @param {Trainer} trainer @param {Output} out */
function calibrate(trainer, out) {
  const { error } = trainer.engine.reliability(),
    { temperature, before, after } = trainer.engine.calibrate();
  const now = trainer.engine.reliability().error;
  out.emit({
    event: 'calibration',
    temperature,
    loss_before: before,
    loss: after,
    calibration_error_before: error,
    calibration_error: now,
  });
  out.print(
    `temperature ${temperature.toFixed(3)}: loss ${before.toFixed(4)} to ${after.toFixed(4)}, expected calibration error ${error.toFixed(4)} to ${now.toFixed(4)}`,
  );
}

/** Refuses places where the run could not be saved. @param {Options} given */
function checkPlaces(given) {
  if (given.save) checkFile(given.save, given.data);
  if (given.plots || given.interpret) checkFolder(given.plots ?? 'plots');
}

/** @param {Options} given */
export async function run(given) {
  tableOf(given);
  checkPlaces(given);
  const out = new Output(given.json);
  const { trainer } = await loadData(given, out);
  const interrupt = new Interrupt(() => {
    Output.goesOn = true;
    out.note('\nstopping after this step, to save; again stops at once');
  });
  let recorder, kept;
  try {
    recorder = await runEpochs(trainer, given, out, interrupt);
    if (given['hold-out'] && !interrupt.signal) calibrate(trainer, out);
    const path = given.save ?? (interrupt.signal ? INTERRUPTED : null);
    kept = path ? keep(path, trainer, out) : { checkpoint: null, failed: false };
    await hearSignals();
  } catch (error) {
    if (!(error instanceof EngineError) || error.code !== 'diverged') throw error;
    return keepGood(trainer, given, error, out);
  } finally {
    interrupt.release();
  }
  if (given.plots) savePlots(given.plots, recorder.draw(), out);
  if (interrupt.signal) {
    const { checkpoint } = kept;
    out.emit({ event: 'stopped', signal: interrupt.signal, checkpoint });
    out.note(`stopped; --resume ${shell(String(checkpoint))} goes on from here`);
    return kept.failed ? 1 : interrupt.exitCode;
  }
  const last = recorder.epochs.at(-1);
  if (given.interpret) {
    if (!last) trainer.evaluate(); // it was over before
    interpret(trainer, given.plots ?? 'plots', out);
  }
  out.emit({
    event: 'done',
    epochs: (last?.epoch ?? -1) + 1,
    accuracy: last?.accuracy,
    confusion: last && [...last.confusion],
  });
  return kept.failed ? 1 : 0;
}
