#!/usr/bin/env node
// @ts-check
/**
 * generate.mjs - what JavaScript and TypeScript need of the core's schema, made from build/schema.json:
 *   schema.js    the lists as a module: for the engine, the page, the package and the command line
 *   schema.d.ts  their types, and the type of a run's settings with meanings, limits and defaults
 *
 *   generate.mjs build/schema.json build
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * @typedef {import('../../build/schema.js').Setting} Setting
 *
 * build/schema.json, as ink_api_schema writes it.
 * @typedef {{
 *   settings: Setting[],
 *   optimizers: import('../../build/schema.js').Optimizer[],
 *   schedules: import('../../build/schema.js').Schedule[],
 *   augmentation: import('../../build/schema.js').Augmentation,
 *   words: import('../../build/schema.js').Word[],
 *   models: { name: string, line: string }[],
 *   presets: { name: string, settings: Record<string, string> }[],
 *   event: { fields: { name: string, meaning: string }[], kinds: Record<string, number> },
 *   statuses: { name: string, meaning: string }[],
 *   sizes: Record<string, number> }} Schema
 */

/** weight_decay -> weightDecay @param {string} name */
export const camel = (name) => name.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase());

/** @template T @param {Record<string, T>} object @returns {Record<string, T>} the same with names in camel case */
const camelKeys = (object) => Object.fromEntries(Object.entries(object).map(([name, value]) => [camel(name), value]));

/**
 * The values of a setting that is a word: a word, or no augmentation or a whole set.
 * @param {Schema} schema
 * @returns {Record<string, string[]>}
 */
const choicesOf = ({ settings, augmentation }) =>
  Object.fromEntries(
    settings.flatMap(({ name, kind, words }) => {
      if (words) return [[camel(name), words]];
      return kind === 'parts' ? [[camel(name), ['none', ...augmentation.sets.map((set) => set.name)]]] : [];
    }),
  );

/** The limits of each number, in the words of the page's form. @param {Schema} schema */
const limitsOf = ({ settings }) =>
  Object.fromEntries(
    settings.flatMap(({ name, kind, min, max, aboveMin, belowMax }) =>
      max === undefined
        ? []
        : [[camel(name), { min, max, whole: kind === 'whole' || kind === 'flag', aboveMin, belowMax }]],
    ),
  );

/** Names of models that are not those of presets too. @param {Schema} schema */
const modelsOf = ({ models, presets }) =>
  models.map(({ name }) => name).filter((name) => presets.every((preset) => preset.name !== name));

/** A preset's settings by their names in JavaScript: numbers as numbers. @param {Record<string, string>} settings */
const presetValues = (settings) =>
  camelKeys(
    Object.fromEntries(
      Object.entries(settings).map(([name, text]) => [name, Number.isNaN(Number(text)) ? text : Number(text)]),
    ),
  );

/**
 * The constants of schema.js: comment, type and value.
 * @param {Schema} schema
 * @returns {Record<string, [string, string | null, unknown]>}
 */
const constantsOf = (schema) => {
  const { settings, optimizers, schedules, augmentation, words, presets, event, statuses, sizes } = schema;
  const defaults = settings.flatMap((s) => (s.default === undefined ? [] : [[camel(s.name), s.default]]));
  return {
    SETTINGS: ['All settings, by their names in the core.', 'Setting[]', settings],
    SETTING_NAMES: ['Their names in JavaScript.', 'string[]', settings.map(({ name }) => camel(name))],
    DEFAULTS: [
      'Defaults of settings, without those that the optimiser or the schedule decides.',
      'Record<string, number | string>',
      Object.fromEntries(defaults),
    ],
    LIMITS: ['Limits of the settings that are numbers.', 'Record<string, Limits>', limitsOf(schema)],
    CHOICES: ['Values of the settings that are words.', 'Record<string, string[]>', choicesOf(schema)],
    OPTIMIZERS: ['Optimisers and their rules.', 'Optimizer[]', optimizers],
    SCHEDULES: ['Schedules and their rules.', 'Schedule[]', schedules],
    AUGMENTATION: ['Parts of augmentation, and the sets of them.', 'Augmentation', augmentation],
    WORDS: ['Words of model lines.', 'Word[]', words],
    MODELS: ['Models by name, without those of presets.', 'string[]', modelsOf(schema)],
    PRESETS: [
      'Presets, and the settings that they stand for.',
      '{ name: string; settings: Record<string, number | string> }[]',
      presets.map(({ name, settings: lines }) => ({ name, settings: presetValues(lines) })),
    ],
    EVENT_FIELDS: ['Fields of an event, in their order.', null, event.fields.map(({ name }) => camel(name))],
    EVENT_KINDS: ["Values of an event's `kind`.", null, event.kinds],
    STATUSES: ['Names of status codes, by number.', null, statuses.map(({ name }) => name)],
    SIZES: ['Sizes and limits that the core and JavaScript share.', null, sizes],
  };
};

const HEAD = '// Made by tools/schema/generate.mjs from build/schema.json, which the core writes.\n\n';

/** @param {Schema} schema @returns {string} schema.js */
export const moduleText = (schema) =>
  HEAD +
  Object.entries(constantsOf(schema))
    .map(
      ([name, [comment, , value]]) => `/** ${comment} */\nexport const ${name} = ${JSON.stringify(value, null, 2)};\n`,
    )
    .join('\n');

/** The type of a constant that is as its value is: a tuple of texts, or an object of numbers. @param {unknown} value */
const literalType = (value) => (Array.isArray(value) ? `readonly ${JSON.stringify(value)}` : JSON.stringify(value));

/** A phrase as a sentence. @param {string} phrase */
const sentence = (phrase) => `${phrase[0].toUpperCase()}${phrase.slice(1)}.`;

/**
 * Limits in words: "above 0 to below 1"; an upper limit that nobody meets is left out: "1 or more".
 * @param {Setting} setting
 */
export function limitText({ min, max, aboveMin, belowMax, kind }) {
  if (min === undefined || max === undefined || kind === 'flag') return '';
  const low = `${aboveMin ? 'above ' : ''}${min}`,
    whole = kind === 'whole' ? 'a whole number, ' : '';
  if (max === Number.MAX_SAFE_INTEGER) return `${whole}${low} to 2^53 - 1`;
  if (max >= 1e6) return `${whole}${low}${aboveMin ? '' : ' or more'}`;
  return `${whole}${low} to ${belowMax ? 'below ' : ''}${max}`;
}

/** 0.00001 -> 1e-5 @param {number} value */
export const numberText = (value) => (value && value < 1e-3 ? value.toExponential() : String(value));

/** The default in words. @param {Schema} schema @param {Setting} setting */
export function defaultText({ optimizers, schedules }, { name, default: value, decidedBy }) {
  if (value !== undefined) return typeof value === 'string' ? `'${value}'` : String(value);
  if (!decidedBy) return '';
  const rules = /** @type {{ name: string, defaults: Record<string, number> }[]} */ (
    decidedBy === 'optimizer' ? optimizers : schedules
  );
  /** @type {Map<number, string[]>} */
  const by = new Map();
  for (const rule of rules) by.set(rule.defaults[name], [...(by.get(rule.defaults[name]) ?? []), rule.name]);
  return [...by].map(([number, names]) => `${numberText(number)} with ${names.join(', ')}`).join('; ');
}

/** @param {Schema} schema @param {Setting} setting */
function typeText(schema, { kind, words }) {
  const union = (/** @type {string[]} */ names) => names.map((name) => `'${name}'`).join(' | ');
  if (kind === 'preset') return union(schema.presets.map(({ name }) => name));
  if (kind === 'flag') return '0 | 1';
  if (kind === 'rates') return 'number | string';
  if (words) return union(words);
  return kind === 'model' || kind === 'parts' ? 'string' : 'number';
}

/**
 * Names that the value may be, for a text that lists them.
 * @param {Schema} schema
 * @param {Setting} setting
 * @returns {string}
 */
export function namesText(schema, { kind, words }) {
  if (kind === 'preset') return schema.presets.map(({ name }) => name).join(', ');
  if (kind === 'model') return modelsOf(schema).join(', ');
  if (kind === 'parts')
    return schema.augmentation.sets
      .map(({ name, parts }, i, all) => {
        const like = all.slice(0, i).find((set) => parts.every((part) => set.parts.includes(part)));
        return like && like.parts.length > parts.length
          ? `${name} is ${[like.name, ...like.parts.filter((part) => !parts.includes(part))].join(',-')}`
          : `${name} has ${parts.join(', ')}`;
      })
      .join('; ');
  return words?.join(', ') ?? '';
}

/** @param {Schema} schema @returns {string} schema.d.ts */
export function typesText(schema) {
  const fields = schema.settings.map((setting) => {
    const limits = limitText(setting),
      initial = defaultText(schema, setting),
      names = setting.kind === 'model' || setting.kind === 'parts' ? namesText(schema, setting) : '';
    const text = [sentence(setting.meaning), limits && sentence(limits), names && `There are: ${names}.`].filter(
      Boolean,
    );
    return `  /** ${text.join(' ')}${initial ? ` @default ${initial}` : ''} */\n  ${camel(setting.name)}?: ${typeText(schema, setting)};\n`;
  });
  const constants = Object.entries(constantsOf(schema)).map(
    ([name, [comment, type, value]]) =>
      `/** ${comment} */\nexport declare const ${name}: ${type ?? literalType(value)};\n`,
  );
  return `${HEAD}/**
 * Settings of a run; names and meanings are the command line's (\`inklearn train --help\`), in camel case. A setting
 * that is not given has its default or, where a network is trained further, the value that it was trained with.
 */
export interface Settings {
${fields.join('')}}

/** One setting. Another one may decide the default; \`words\` are the values of a choice. */
export interface Setting {
  name: string;
  kind: 'preset' | 'model' | 'number' | 'whole' | 'flag' | 'word' | 'rates' | 'parts';
  placeholder: string;
  meaning: string;
  default?: number | string;
  decidedBy?: string;
  min?: number;
  max?: number;
  aboveMin?: boolean;
  belowMax?: boolean;
  words?: string[];
}

/** Limits of a number; \`aboveMin\` and \`belowMax\`: the limit itself is refused. */
export interface Limits {
  min: number;
  max: number;
  whole: boolean;
  aboveMin?: boolean;
  belowMax?: boolean;
}

/**
 * Buffers of its state, "never", "momentum" (where that is not 0) or "always"; how weight decay acts; defaults of
 * settings.
 */
export interface Optimizer {
  name: string;
  meaning: string;
  first: string;
  second: string;
  decoupled: boolean;
  decaysAll: boolean;
  defaults: Record<string, number>;
}

/** The rules of a schedule: if each fit is a cycle, if frozen epochs come first, and the defaults of settings. */
export interface Schedule {
  name: string;
  meaning: string;
  cycles: boolean;
  frozenFirst: boolean;
  defaults: Record<string, number>;
}

export interface Augmentation {
  parts: { name: string; meaning: string }[];
  sets: { name: string; parts: string[] }[];
}

/** A word of model lines: its arguments, or the form of the items in its brackets. */
export interface Word {
  word: string;
  meaning: string;
  contents?: string;
  arguments: { name: string; default?: number; min: number; max: number; whole?: boolean }[];
}

${constants.join('\n')}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [from, to] = process.argv.slice(2),
    schema = JSON.parse(readFileSync(from, 'utf8'));
  writeFileSync(join(to, 'schema.js'), moduleText(schema));
  writeFileSync(join(to, 'schema.d.ts'), typesText(schema));
}
