// @ts-check
/**
 * pytorch.mjs - a script that continues a run in PyTorch, on any number of processes and machines: train.py, with the
 * run's settings and network written into it.
 */
import { readFileSync } from 'node:fs';
import { OPTIMIZERS } from '../../build/schema.js';
import { classesOf } from './safetensors.js';
import { networkOf, ratesOf, READER, settingsOf } from './modules.mjs';
import { python } from './quote.mjs';

const TEMPLATE = readFileSync(new URL('train.py', import.meta.url), 'utf8');

/** Lists where the script differs from the run. @param {Record<string, string>} s @param {boolean} drops */
const notesOf = (s, drops) =>
  [
    drops && 'Dropout draws other numbers than Inklearn does, so the losses differ by that too.',
    s.augment !== 'none' &&
      `The run augmented its pictures (${s.augment}); this script does not, so its training loss is lower at first.`,
    Number(s.ema ?? 0) > 0 &&
      `The run kept averages of its weights (ema ${Number(s.ema)}). The script validates and saves averages too.`,
  ]
    .filter(Boolean)
    .map((note) => `\n${note}\n`)
    .join('');

/**
 * Assignments in Python.
 * @param {Record<string, string>} s  the settings
 * @param {string[]} classes
 * @param {ReturnType<typeof networkOf>} network
 */
function settingsText(s, classes, network) {
  const values = {
    CLASSES: classes,
    EPOCHS: Number(s.epochs),
    BATCH: Number(s.batch),
    SEED: Number(s.seed),
    SMOOTHING: Number(s.label_smoothing),
    CLIP: Number(s.clip),
    DROP_LAST: s.drop_last === '1',
    EMA: Number(s.ema ?? 0),
    OPTIMIZER: s.optimizer,
    MOMENTUM: Number(s.momentum), // of Adam, beta1
    NESTEROV: s.nesterov === '1',
    BETA2: Number(s.beta2),
    EPS: Number(s.eps),
    DECAY: Number(s.weight_decay),
    DECAYS_ALL: OPTIMIZERS.find(({ name }) => name === s.optimizer)?.decaysAll ?? true,
    SCHEDULE: s.schedule,
    PCT_START: Number(s.pct_start),
    DIV: Number(s.div),
    DIV_FINAL: Number(s.div_final),
    RATES: ratesOf(s, network.count),
    GROUPS: network.groups,
  };
  /** @type {Record<string, string>} */
  const comments = {
    RATES: '  # of each parameter group, first to last',
    GROUPS: '  # places of layers, and their groups',
  };
  return Object.entries(values)
    .map(([name, value]) => `${name} = ${python(value)}${comments[name] ?? ''}`)
    .join('\n');
}

/**
 * Puts a text in the place of the line of the template that begins with `beginning`.
 * @param {string} template @param {string} beginning @param {string} text
 */
function fill(template, beginning, text) {
  const start = template.indexOf(`\n${beginning}`) + 1,
    end = template.indexOf('\n', start);
  return template.slice(0, start) + text + template.slice(end);
}

/** @param {import('./modules.mjs').Checkpoint} checkpoint @returns {[string, string]} name and text of the script */
export function pytorchScript(checkpoint) {
  const s = settingsOf(checkpoint),
    network = networkOf(checkpoint);
  const model = `${network.own}def make_model():
    ${python(checkpoint.metadata.line)}
    return ${network.model.replaceAll('\n', '\n    ')}


def prepare(pixels):
    """Pictures [N, 28, 28] of bytes, as the network takes them."""
    return (pixels.unsqueeze(1) / 255)${network.prepare}`;
  let text = TEMPLATE;
  text = fill(text, 'make_model = ', model);
  text = fill(text, 'read_safetensors = ', `\n${READER}`);
  text = fill(text, 'SETTINGS = ', settingsText(s, classesOf(checkpoint.metadata), network));
  text = fill(text, 'NOTES', notesOf(s, network.drops).slice(0, -1));
  return ['train.py', text];
}
