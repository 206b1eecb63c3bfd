// @ts-check
/**
 * modules.mjs - a network as an expression of PyTorch's modules, and the settings of its run. Python code that the
 * exports need beside it is taken from open_in_pytorch.py.
 */
import { readFileSync } from 'node:fs';
import { allLayers, layersOf, prefixOf } from './layers.js';

/** @typedef {ReturnType<typeof import('./safetensors.js').readSafetensors>} Checkpoint */
/** @typedef {import('./layers.js').Layer} Layer */

const source = readFileSync(new URL('../open_in_pytorch.py', import.meta.url), 'utf8');

/** A part of open_in_pytorch.py that begins with this text, up to two empty lines. @param {string} beginning */
function partOf(beginning) {
  const start = source.indexOf(`\n${beginning}`) + 1,
    end = source.indexOf('\n\n\n', start);
  return source.slice(start, end);
}

/**
 * The modules of the types of layers: class, arguments by position, arguments by name with PyTorch's default.
 * @type {Record<string, [string, string[], [string, string, number][]]>}
 */
const MODULES = JSON.parse(partOf('MODULES = ').slice('MODULES = '.length));

/** Classes that are not PyTorch's own, by the types of their layers. @type {Record<string, string>} */
const OWN = { concatpool: 'ConcatPool', residual: 'Residual', block: 'Block' };

/** A layer without a module is done to the data, before the model gets them. @param {Layer} layer */
const isModule = ({ path }) => path !== undefined;

/** An argument as Python writes it. @param {string} name @param {number} value */
const literal = (name, value) => (name === 'bias' ? (value ? 'True' : 'False') : String(value));

/** @param {Layer} layer @param {string} indent @returns {string} an expression in Python */
function moduleOf(layer, indent) {
  const { type, input, layers = [] } = layer;
  if (type === 'sequence') return sequenceOf(layers, indent);
  if (type === 'residual') return `Residual([${layers.map((branch) => moduleOf(branch, indent)).join(', ')}])`;
  const [name, byPlace, byName] = MODULES[type === 'bn' && input.length === 1 ? 'bn of vectors' : type];
  /** @type {Record<string, number>} */
  const values = { inputs: input[0], ...layer.arguments };
  const given = [
    ...byPlace.map((argument) => literal(argument, values[argument])),
    ...byName
      .filter(([, argument, initial]) => values[argument] !== initial)
      .map(([theirs, argument]) => `${theirs}=${literal(argument, values[argument])}`),
  ];
  return `${name}(${given.join(', ')})`;
}

/** @param {Layer[]} layers @param {string} indent @returns {string} */
function sequenceOf(layers, indent) {
  const inner = `${indent}    `,
    lines = layers.filter(isModule).map((layer) => `${inner}${moduleOf(layer, inner)},\n`);
  return lines.length ? `nn.Sequential(\n${lines.join('')}${indent})` : 'nn.Sequential()';
}

/** A model of one layer is that layer, as its path '' says. @param {Layer[]} layers */
function modelOf(layers) {
  const modules = layers.filter(isModule);
  return modules.length === 1 && modules[0].path === '' ? moduleOf(modules[0], '') : sequenceOf(layers, '');
}

/** The layers that change the data before the network, in order. @param {Layer[]} layers @returns {Layer[]} */
const preparationOf = (layers) =>
  layers.flatMap((layer) => {
    if (layer.type === 'sequence' || layer.type === 'residual') return preparationOf(layer.layers ?? []);
    return isModule(layer) ? [] : [layer];
  });

/**
 * The places that have parameters, and their groups; a block is one place.
 * @param {Layer[]} layers
 * @returns {[string, number][]}
 */
const groupsOf = (layers) =>
  layers.flatMap((layer) => {
    if (layer.type === 'block') return [/** @type {[string, number]} */ ([prefixOf(layer), groupOf(layer)])];
    if (layer.layers) return groupsOf(layer.layers);
    return Object.keys(layer.tensors).length ? [/** @type {[string, number]} */ ([prefixOf(layer), layer.group])] : [];
  });

/** The group of a block, which no split divides. @param {Layer} block */
const groupOf = (block) => allLayers([block]).find(({ group }) => group !== undefined)?.group ?? 0;

/** The layers that work on pictures: PyTorch's call for each type. @type {Record<string, string>} */
const PREPARATIONS = { rgb: '.expand(-1, 3, -1, -1)', flatten: '.flatten(1)' };

/**
 * @param {Checkpoint} checkpoint
 * @returns {{ model: string, own: string, prepare: string, groups: [string, number][], count: number, drops: boolean }}
 *   an expression; the classes that it needs; what is called on pictures [N, 1, 28, 28] first; the places of each
 *   parameter group, and how many groups there are; whether it has a dropout
 */
export function networkOf({ metadata }) {
  const layers = layersOf(metadata),
    types = new Set(allLayers(layers).map(({ type }) => type)),
    groups = groupsOf(layers);
  return {
    model: modelOf(layers),
    own: Object.keys(OWN)
      .filter((type) => types.has(type))
      .map((type) => `${partOf(`class ${OWN[type]}(`)}\n\n\n`)
      .join(''),
    prepare: preparationOf(layers)
      .map(({ type }) => PREPARATIONS[type])
      .join(''),
    groups,
    count: Math.max(0, ...groups.map(([, group]) => group)) + 1,
    drops: types.has('dropout'),
  };
}

/** The settings of a checkpoint, by their names. @param {Checkpoint} checkpoint @returns {Record<string, string>} */
export const settingsOf = ({ metadata }) =>
  Object.fromEntries(
    metadata.settings
      .trim()
      .split('\n')
      .map((line) => {
        const at = line.indexOf('=');
        return [line.slice(0, at), line.slice(at + 1)];
      }),
  );

/**
 * Learning rates of n parameter groups, from `last`, `first:last` or `:last`. Of fine_tune, those of its second fit.
 * @param {Record<string, string>} settings @param {number} n
 */
export function ratesOf({ lr, schedule }, n) {
  const parts = lr.split(':'),
    tuned = schedule === 'fine_tune',
    last = Number(parts.at(-1)) / (tuned ? 2 : 1);
  const first = tuned ? last / 100 : parts.length < 2 ? last : Number(parts[0]);
  return Array.from({ length: n }, (_, i) =>
    parts[0] === '' && !tuned ? (i + 1 < n ? last / 10 : last) : n > 1 ? first * (last / first) ** (i / (n - 1)) : last,
  );
}

export const READER = partOf('def read_safetensors(');
