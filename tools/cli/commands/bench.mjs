// @ts-check
/**
 * bench.mjs - how fast this machine trains and tests each model. Compare within one run only.
 */
import { DATA, MACHINE, OUTPUT, readWhole, text } from '../options.mjs';
import { createBar, Output } from '../output.mjs';
import { loadData } from '../session.mjs';

export const summary = 'measure how fast models train here';
/** @type {Record<string, import('../options.mjs').Option>} */
export const options = {
  ...DATA,
  model: text('LINE', 'only this one; may be given several times', {
    multiple: true,
    default: ['linear', 'mlp', 'cnn', 'resnet18'],
  }),
  batch: text('N', 'pictures in a mini-batch', { default: '64' }),
  seconds: text('N', 'of training for each model', { default: '5' }),
  ...MACHINE,
  ...OUTPUT,
};

/**
 * Steps for so many seconds, the first of which warms up and is not counted.
 * @param {import('../../../web/core/trainer.js').Trainer} trainer @param {any} settings @param {number} seconds
 */
function measure(trainer, settings, seconds) {
  const start = performance.now(),
    rates = [];
  let warm = 0; // all there is of a run that is over within a second: few pictures, and a limit of epochs
  for (const r of trainer.fit(settings)) {
    const now = performance.now();
    if (r.type === 'steps' && r.losses.length > 0) {
      if (now > start + 1000) rates.push(r.imagesPerSecond);
      else warm = r.imagesPerSecond;
    }
    if (now > start + 1000 * (seconds + 1) && rates.length > 0) break;
  }
  return rates.sort((a, b) => a - b)[rates.length >> 1] ?? warm; // each is of about a second: the median
}

/** @param {import('../options.mjs').Options} given */
export async function run(given) {
  const out = new Output(given.json),
    seconds = readWhole(given.seconds, 'seconds', 1, 3600),
    batch = readWhole(given.batch, 'batch', 1, 65536);
  const { trainer, report } = await loadData(given, out);
  const bar = createBar('measuring {bar} {model}');
  out.print(
    `batch ${batch}, ${trainer.engine.variant}, ${trainer.engine.threads} thread${trainer.engine.threads === 1 ? '' : 's'}\n\nmodel       pictures/s   ms a step   s an epoch`,
  );
  bar.start(given.model.length, 0, { model: '' });
  try {
    for (const [i, model] of given.model.entries()) {
      bar.update(i, { model });
      const speed = measure(trainer, { model, batch, epochs: 10000, lr: 1e-4, optimizer: 'adam', seed: 0 }, seconds);
      const step = (1000 * batch) / speed,
        epoch = report.train / speed;
      out.emit({
        event: 'bench',
        model,
        batch,
        images_per_second: speed,
        ms_per_step: step,
        seconds_per_epoch: epoch,
        variant: trainer.engine.variant,
        threads: trainer.engine.threads,
      });
      out.print(
        `${model.slice(0, 10).padEnd(10)}  ${speed.toFixed(0).padStart(10)}  ${step.toFixed(2).padStart(10)}  ${epoch.toFixed(2).padStart(11)}`,
      );
    }
  } finally {
    bar.stop();
  }
}
