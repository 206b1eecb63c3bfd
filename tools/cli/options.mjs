// @ts-check
/**
 * options.mjs - the options of the commands: their names, what they are for, and how they are read.
 * Settings of a run go to the core as text, which checks them.
 */
import { parseArgs } from 'node:util';
import { AUGMENTATION, MODELS, PRESETS, SETTINGS as CORE_SETTINGS } from '../../build/schema.js';
import { MOST_THREADS } from '../../web/core/variants.js';
import { ROOT } from '../node/node.mjs';
import { nearest } from '../package/nearest.mjs';

/**
 * `core`: the core's own default. `writes`: it names files that the command writes.
 * @typedef {{ type: 'string' | 'boolean', value?: string, help: string, multiple?: boolean,
 *   default?: string | string[] | boolean, core?: string, writes?: boolean }} Option
 */
/** @typedef {{ data: string[], json: boolean, help: boolean } & Record<string, any>} Options */

/** @param {string} value @param {string} help @param {Partial<Option>} [more] @returns {Option} */
export const text = (value, help, more = {}) => ({ type: 'string', value, help, ...more });
/** @param {string} help @param {Partial<Option>} [more] @returns {Option} */
export const flag = (help, more = {}) => ({ type: 'boolean', help, default: false, ...more });

/**
 * Names that a value may have, for the help; none where it is a number.
 * @param {import('../../build/schema.js').Setting} setting
 */
function namesOf({ kind, words }) {
  if (kind === 'preset') return PRESETS.map(({ name }) => name).join(', ');
  if (kind === 'model') return MODELS.join(', ');
  if (kind === 'parts') return AUGMENTATION.sets.map(({ name, parts }) => `${name}: ${parts.join(', ')}`).join('; ');
  return words?.join(', ');
}

/**
 * An option for each setting of the core, whose names get hyphens. The core has defaults for those that are not given:
 * `core` shows them.
 * @type {Record<string, Option>}
 */
export const SETTINGS = Object.fromEntries(
  CORE_SETTINGS.map((setting) => {
    const { name, placeholder, meaning, default: initial, decidedBy } = setting,
      names = namesOf(setting);
    return [
      name.replaceAll('_', '-'),
      text(placeholder, names ? `${meaning} (${names})` : meaning, {
        core: initial === undefined ? decidedBy && `by ${decidedBy}` : String(initial),
      }),
    ];
  }),
);

/** @type {Record<string, Option>} */
export const DATA = {
  data: text('PATH', 'archive (.tar, .tar.gz, .zip, .npz), folder, or IDX file; may be given several times', {
    multiple: true,
    default: [`${ROOT}build/digits.tar.gz`],
  }),
};

/** @type {Record<string, Option>} */
export const HOLD_OUT = {
  'hold-out': text(
    'N',
    'the last N of a shuffle of the training pictures (with --seed) take the place of the test pictures, to make choices by; the temperature is fitted to them',
  ),
};

/** @param {string} what @returns {Record<string, Option>} */
export const plotsOption = (what) => ({ plots: text('FOLDER', `write plots as SVG files: ${what}`, { writes: true }) });

/** @type {Record<string, Option>} */
export const INTERPRET = {
  interpret: flag(
    'tell confusion matrix, most confused classes and top losses, and plot them (into --plots, or ./plots)',
    {
      writes: true,
    },
  ),
};

/** How the core computes. @type {Record<string, Option>} */
export const MACHINE = {
  threads: text('N', 'auto, or their number: the results are the same', { default: 'auto' }),
  variant: text('NAME', 'fast, or deterministic: the same bits on every processor', { default: 'fast' }),
};

/** @type {Record<string, Option>} */
export const OUTPUT = {
  json: flag('one JSON object a line on standard output, and nothing else'),
  help: flag('this text'),
};

export class UsageError extends Error {}

/**
 * @param {string[]} args
 * @param {Record<string, Option>} options
 * @param {boolean} files  whether names of files may follow
 * @returns {{ options: Options, files: string[] }}
 */
export function readOptions(args, options, files) {
  try {
    const { values, positionals } = parseArgs({ args, options, allowPositionals: files });
    for (const [name, value] of Object.entries(values))
      if ([value].flat().includes('')) throw new UsageError(`--${name} ${options[name].value} is empty`);
    return { options: /** @type {Options} */ (values), files: positionals };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const { code, message } = /** @type {NodeJS.ErrnoException} */ (error);
    const unknown = code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION' && message.match(/'--([^' ]*)/)?.[1];
    if (!unknown) throw new UsageError(message.split('. ')[0]);
    const near = nearest(unknown, Object.keys(options));
    throw new UsageError(`there is no option --${unknown}${near ? `; did you mean --${near}?` : ''}`);
  }
}

/**
 * @param {string} value
 * @param {string} name
 * @param {number} least
 * @param {number} most
 * @param {string} [or]  what else it may be
 */
export function readWhole(value, name, least, most, or = '') {
  const n = Number(value);
  if (!/^\d+$/.test(value) || n < least || n > most)
    throw new UsageError(`--${name} must be ${or}a whole number from ${least} to ${most}, not '${value}'`);
  return n;
}

/** @param {string} value @param {string} name */
export function readNumber(value, name) {
  const n = Number(value);
  if (!/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(value) || !Number.isFinite(n))
    throw new UsageError(`--${name} must be a number, not '${value}'`);
  return n;
}

/** All settings that are given, as text: the core checks them. @param {Options} options @returns {any} */
export function readSettings(options) {
  return Object.fromEntries(Object.keys(SETTINGS).map((name) => [name.replaceAll('-', '_'), options[name]]));
}

/** @param {Options} options @returns {import('../../web/core/variants.js').Wish} */
export function readMachine({ threads, variant }) {
  if (variant !== 'fast' && variant !== 'deterministic')
    throw new UsageError(`--variant must be fast or deterministic, not '${variant}'`);
  return {
    threads: threads === 'auto' ? threads : readWhole(threads, 'threads', 1, MOST_THREADS, 'auto or '),
    arithmetic: variant,
  };
}

/** One line for each option. @param {Record<string, Option>} options */
export function listOptions(options) {
  return Object.entries(options)
    .map(([name, o]) => {
      const shown = `--${name}${o.value ? ` ${o.value}` : ''}`.padEnd(24);
      const known = o.core ?? (o.type === 'string' ? o.default : undefined),
        initial = known === undefined ? '' : ` [${String(known).replace(ROOT, '')}]`;
      return `  ${shown}${o.help}${initial}\n`;
    })
    .join('');
}
