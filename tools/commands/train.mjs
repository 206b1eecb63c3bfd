// @ts-check
/**
 * train.mjs - trains, tells each epoch, and saves the network where that is asked for.
 */
import { writeFileSync } from 'node:fs';
import { DATA, OUTPUT, readSettings, SETTINGS } from '../cli/options.mjs';
import { clearBarLine, createBar, Output } from '../cli/output.mjs';
import { loadData, startRun } from '../cli/session.mjs';

export const summary = 'train a network';
/** @type {Record<string, import('../cli/options.mjs').Option>} */
export const options = {
  ...DATA, ...SETTINGS,
  save: { type: 'string', value: 'FILE', help: 'write a checkpoint (safetensors) at the end' },
  load: { type: 'string', value: 'FILE', help: 'begin with the network of this checkpoint, or with the weights of any safetensors file' },
  resume: { type: 'string', value: 'FILE', help: 'go on where this checkpoint stopped; its settings are taken' },
  ...OUTPUT,
};

/** @param {import('../../web/protocol.js').EpochReport} r */
const eventOf = (r) => ({
  event: 'epoch', epoch: r.epoch, train_loss: r.trainLoss, train_loss_smoothed: r.trainLossSmoothed, valid_loss: r.validLoss,
  accuracy: r.accuracy, batch_accuracy: r.batchAccuracy, seconds: r.seconds, train_seconds: r.trainSeconds, valid_seconds: r.validSeconds,
});

/** @param {import('../../web/protocol.js').EpochReport} r */
const rowOf = (r) => `${String(r.epoch).padStart(5)}  ${r.trainLoss.toFixed(4).padStart(10)}  ${r.validLoss.toFixed(4).padStart(10)}  ${
  r.accuracy.toFixed(4).padStart(8)}  ${r.batchAccuracy.toFixed(4).padStart(14)}  ${r.seconds.toFixed(3).padStart(7)}`;

/** @param {import('../cli/options.mjs').Options} given */
export async function run(given) {
  const out = new Output(given.json);
  const { trainer } = await loadData(given, out);
  const info = trainer.describe(readSettings(given));
  out.print(`${info.line}: ${info.parameters} parameters, ${trainer.variant}\n`);
  out.print('epoch  train loss  valid loss  accuracy  batch accuracy  seconds');
  const bar = createBar('training {bar} {percentage}%  loss {loss}  {speed} pictures/s  {left} s left');
  bar.start(1, 0, { loss: '', speed: '', left: '' });
  let last;
  try {
    for (const r of startRun(trainer, given)) {
      if (r.type === 'steps') {
        bar.update(r.progress, {
          loss: r.smoothLosses.at(-1)?.toFixed(4) ?? '', speed: Math.round(r.imagesPerSecond) || '', left: Math.ceil(r.secondsLeft),
        });
        continue;
      }
      last = r;
      clearBarLine();
      out.emit(eventOf(r));
      out.print(rowOf(r));
    }
  } finally {
    bar.stop();
  }
  if (given.save) writeFileSync(given.save, trainer.save(true));
  out.emit({ event: 'done', epochs: (last?.epoch ?? -1) + 1, accuracy: last?.accuracy, confusion: last && [...last.confusion] });
}
