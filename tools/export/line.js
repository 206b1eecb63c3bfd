// @ts-check
/**
 * line.js - a model line as a tree of layers with their places in PyTorch's state dict. The line is one
 * that the core has written: presets are spelled out in it, and nothing is wrong with it.
 */

/**
 * `name` is of its place, '' or ending with a dot; `flat`, whether rows of features go in; `group`, of its parameters.
 * @typedef {{ word: string, name: string, args: Record<string, number>, flat: boolean, group: number, branches?: Layer[][] }} Layer
 */

/** The arguments of each word, in order, and what is taken where none is given. @type {Record<string, Record<string, number>>} */
const ARGUMENTS = {
  linear: { outputs: 0, bias: 1 },
  conv: { filters: 0, kernel: 0, stride: 1, pad: 0, bias: 1 },
  bn: { eps: 1e-5, momentum: 0.1 },
  relu: {},
  flatten: {},
  concatpool: {},
  rgb: {},
  split: {},
  dropout: { p: 0.5 },
  maxpool: { kernel: 0, stride: 0, pad: 0 },
  avgpool: { kernel: 0, stride: 0, pad: 0 },
  adaptivemaxpool: { out: 1 },
  adaptiveavgpool: { out: 1 },
  block: { filters: 0, stride: 1 },
};
/** Those after which a picture is a row of features. */
const FLAT = ['linear', 'flatten'];
const SEQUENCES = ['sequence', 'body', 'head'];

/**
 * @param {string} line
 * @param {number} classes
 * @returns {Layer[]} without `split` and `flatten` that does nothing; where PyTorch needs a `flatten` before `linear` there is one
 */
export function readLine(line, classes) {
  const tokens = line.match(/[A-Za-z_]\w*|[-+\d.][-+\d.eE]*|[()|,=]/g) ?? [];
  let at = 0,
    flat = false,
    first = true,
    group = 0;
  const take = (/** @type {string} */ token) => tokens[at] === token && Boolean(++at);

  /** @param {string} word */
  function readArguments(word) {
    const args = { ...ARGUMENTS[word] },
      names = Object.keys(args);
    for (let place = 0, open = take('('); open && !take(')'); take(',')) {
      if (tokens[at + 1] === '=') {
        place = names.indexOf(tokens[at]);
        at += 2;
      }
      const value = tokens[at++];
      args[names[place++]] = value === 'yes' ? 1 : value === 'no' ? 0 : value === 'classes' ? classes : Number(value);
    }
    return args;
  }

  /** Up to a closing bracket or bar. @param {string} prefix @param {boolean} outermost @returns {Layer[]} */
  function readSequence(prefix, outermost) {
    /** @type {Layer[]} */
    const layers = [];
    let place = 0;
    while (at < tokens.length && tokens[at] !== ')' && tokens[at] !== '|') {
      const word = tokens[at++];
      if (word === 'split') {
        group++;
        continue;
      }
      if (SEQUENCES.includes(word)) {
        take('(');
        layers.push(...readSequence(`${prefix}${place++}.`, false));
        take(')');
      } else if (word === 'residual') {
        const name = `${prefix}${place++}.`,
          before = flat;
        take('(');
        const branch = readSequence(`${name}0.`, false),
          after = flat;
        take('|');
        flat = before;
        const shortcut = readSequence(`${name}1.`, false);
        flat = after;
        take(')');
        layers.push({ word, name, args: {}, flat: before, group, branches: [branch, shortcut] });
      } else {
        const args = readArguments(word);
        if (word === 'linear' && !flat) {
          // What PyTorch does to the data before the first module has no place.
          layers.push({ word: 'flatten', name: first ? '' : `${prefix}${place++}.`, args: {}, flat, group });
          flat = true;
        }
        layers.push({ word, args, flat, group, name: word === 'rgb' ? '' : `${prefix}${place++}.` });
        flat ||= FLAT.includes(word);
        first = false;
      }
    }
    // A line of one layer is that layer.
    const alone = layers.filter(({ word }) => word !== 'rgb' && word !== 'flatten');
    if (
      outermost &&
      place === 1 &&
      alone.length === 1 &&
      alone[0].name === '0.' &&
      alone[0].word !== 'block' &&
      alone[0].word !== 'residual'
    )
      alone[0].name = '';
    return layers;
  }
  return readSequence('', true);
}
