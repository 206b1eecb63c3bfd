// @ts-check
/**
 * info.mjs - what a model line makes, or what is in a checkpoint.
 */
import { DATA, MACHINE, OUTPUT, readSettings, SETTINGS, text } from '../options.mjs';
import { Output, plain } from '../output.mjs';
import { loadData, openNetwork } from '../session.mjs';

export const summary = 'tell the layers, parameters and memory of a model, or what is in a checkpoint';
/** @type {Record<string, import('../options.mjs').Option>} */
export const options = {
  load: text('FILE', 'a checkpoint; without it --model is told'),
  ...DATA,
  model: SETTINGS.model,
  batch: SETTINGS.batch,
  optimizer: SETTINGS.optimizer,
  momentum: SETTINGS.momentum,
  augment: SETTINGS.augment,
  ...MACHINE,
  ...OUTPUT,
};

/** @param {import('../../../web/core/protocol.js').ModelInfo} info @param {Output} out */
function printModel(info, out) {
  out.print(`${info.line}\n`);
  for (const layer of info.layers)
    out.print(
      `  ${layer.name.padEnd(18)}${layer.shape.join(' x ').padEnd(18)}${layer.parameters ? String(layer.parameters).padStart(10) : ''}`,
    );
  out.print(`\n${info.parameters} parameters`);
}

/** @param {import('../options.mjs').Options} given */
export async function run(given) {
  const out = new Output(given.json);
  if (given.load) {
    const { trainer, classes, settings } = await openNetwork(given),
      info = trainer.engine.describe(settings);
    out.emit({ event: 'info', line: info.line, parameters: info.parameters, layers: info.layers, classes, settings });
    printModel(info, out);
    out.print(`classes: ${classes.map(plain).join(', ')}`);
    out.print(
      `settings: ${Object.entries(settings)
        .filter(([name]) => name !== 'model')
        .map(([name, value]) => `${name}=${value}`)
        .join(' ')}`,
    );
    return;
  }
  const { trainer, report } = await loadData(given, out),
    info = trainer.engine.describe(readSettings(given));
  out.emit({
    event: 'info',
    line: info.line,
    parameters: info.parameters,
    layers: info.layers,
    bytes: info.bytes,
    classes: report.classes,
    variant: trainer.engine.variant,
  });
  printModel(info, out);
  out.print(
    `${(info.bytes / 1e6).toFixed(1)} MB of memory to train with mini-batches of ${given.batch ?? SETTINGS.batch.core}, beside the data; kernels: ${trainer.engine.variant}`,
  );
}
