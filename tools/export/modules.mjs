// @ts-check
/**
 * modules.mjs - a network as PyTorch's modules, written out; and its settings as Python. What Python
 * code needs beside it is taken from open_in_pytorch.py.
 */
import { readFileSync } from 'node:fs';
import { readLine } from './line.js';
import { classesOf } from './safetensors.js';

/** @typedef {ReturnType<typeof import('./safetensors.js').readSafetensors>} Checkpoint */
/** @typedef {import('./line.js').Layer} Layer */

const source = readFileSync(new URL('../open_in_pytorch.py', import.meta.url), 'utf8');

/** A function or class of open_in_pytorch.py. @param {string} name */
const definition = (name) =>
  /** @type {RegExpMatchArray} */ (source.match(new RegExp(`^(?:def|class) ${name}\\b[^]*?(?=\\n\\n\\n)`, 'm')))[0];

/** Modules that are not PyTorch's own, by their words. @type {Record<string, string>} */
const OWN = { concatpool: 'ConcatPool', residual: 'Residual', block: 'Block' };

/** @param {Layer} layer @param {Checkpoint['tensors']} tensors @param {string} indent @returns {string} */
function moduleOf({ word, name, args: a, flat, branches }, tensors, indent) {
  const inputs = (/** @type {string} */ tensor) =>
    /** @type {{ shape: number[] }} */ (tensors.get(name + tensor)).shape;
  const bias = a.bias ? '' : ', bias=False';
  switch (word) {
    case 'linear':
      return `nn.Linear(${inputs('weight')[1]}, ${a.outputs}${bias})`;
    case 'conv':
      return `nn.Conv2d(${inputs('weight')[1]}, ${a.filters}, ${a.kernel}${a.stride !== 1 ? `, stride=${a.stride}` : ''}${a.pad ? `, padding=${a.pad}` : ''}${bias})`;
    case 'bn':
      return `nn.BatchNorm${flat ? 1 : 2}d(${inputs('weight')[0]}${a.eps === 1e-5 ? '' : `, eps=${a.eps}`}${a.momentum === 0.1 ? '' : `, momentum=${a.momentum}`})`;
    case 'relu':
      return 'nn.ReLU()';
    case 'flatten':
      return 'nn.Flatten()';
    case 'dropout':
      return `nn.Dropout(${a.p})`;
    case 'maxpool':
    case 'avgpool':
      return `nn.${word === 'maxpool' ? 'Max' : 'Avg'}Pool2d(${a.kernel}, ${a.stride || a.kernel}, ${a.pad})`;
    case 'adaptivemaxpool':
      return `nn.AdaptiveMaxPool2d(${a.out})`;
    case 'adaptiveavgpool':
      return `nn.AdaptiveAvgPool2d(${a.out})`;
    case 'concatpool':
      return 'ConcatPool()';
    case 'block':
      return `Block(${inputs('conv1.weight')[1]}, ${a.filters}, ${a.stride})`;
    default: // residual
      return `Residual([${/** @type {Layer[][]} */ (branches).map((b, i) => sequence(b, `${name}${i}.`, tensors, indent)).join(', ')}])`;
  }
}

/** Layers under one prefix, those of a sequence of its own as one. @param {Layer[]} layers @param {string} prefix @param {Checkpoint['tensors']} tensors @param {string} indent @returns {string} */
function sequence(layers, prefix, tensors, indent) {
  const inner = `${indent}    `,
    lines = [];
  for (let at = 0; at < layers.length;) {
    const place = layers[at].name.slice(prefix.length).split('.')[0],
      name = `${prefix}${place}.`;
    while (lines.length < Number(place)) lines.push('nn.Sequential()'); // one without layers
    const end = layers.findIndex((layer, i) => i > at && !layer.name.startsWith(name)),
      next = end < 0 ? layers.length : end;
    lines.push(
      layers[at].name === name
        ? moduleOf(layers[at], tensors, inner)
        : sequence(layers.slice(at, next), name, tensors, inner),
    );
    at = next;
  }
  return lines.length ? `nn.Sequential(\n${lines.map((l) => `${inner}${l},\n`).join('')}${indent})` : 'nn.Sequential()';
}

/** @param {Layer[]} layers @returns {string[]} */
const wordsIn = (layers) => layers.flatMap(({ word, branches }) => [word, ...(branches ?? []).flatMap(wordsIn)]);

/** @param {Layer[]} layers @returns {[string, number][]} places and their groups */
const groupsIn = (layers) =>
  layers.flatMap(({ name, group, branches }) =>
    branches ? branches.flatMap(groupsIn) : [/** @type {[string, number]} */ ([name, group])],
  );

/**
 * @param {Checkpoint} checkpoint
 * @returns {{ model: string, own: string, prepare: string, groups: [string, number][], count: number }} an expression, the classes that it
 *   needs, what is called on pictures [N, 1, 28, 28] first, the first place of each parameter group, and how many there are
 */
export function networkOf({ metadata, tensors }) {
  const layers = readLine(metadata.line, classesOf(metadata).length),
    words = wordsIn(layers);
  const first = layers.filter(({ word, name }) => !name && (word === 'rgb' || word === 'flatten')),
    rest = layers.filter((layer) => !first.includes(layer));
  const groups = groupsIn(rest).filter(([name]) => [...tensors.keys()].some((tensor) => tensor.startsWith(name)));
  return {
    model: rest.length === 1 && rest[0].name === '' ? moduleOf(rest[0], tensors, '') : sequence(rest, '', tensors, ''),
    own: ['concatpool', 'residual', 'block']
      .filter((word) => words.includes(word))
      .map((word) => `${definition(OWN[word])}\n\n\n`)
      .join(''),
    prepare: first.map(({ word }) => (word === 'rgb' ? '.expand(-1, 3, -1, -1)' : '.flatten(1)')).join(''),
    groups,
    count: Math.max(0, ...groups.map(([, group]) => group)) + 1,
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

/** Learning rates of n parameter groups: `last`, `first:last` or `:last`; fine_tune's second fit for that. @param {Record<string, string>} settings @param {number} n */
export function ratesOf({ lr, schedule }, n) {
  const parts = lr.split(':'),
    tuned = schedule === 'fine_tune',
    last = Number(parts.at(-1)) / (tuned ? 2 : 1);
  const first = tuned ? last / 100 : parts.length < 2 ? last : Number(parts[0]);
  return Array.from({ length: n }, (_, i) =>
    parts[0] === '' && !tuned ? (i + 1 < n ? last / 10 : last) : n > 1 ? first * (last / first) ** (i / (n - 1)) : last,
  );
}

export const READER = definition('read_safetensors');
