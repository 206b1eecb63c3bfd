// @ts-check
/** kept.mjs - which settings stay when a network is trained further. */

/** The settings that a network keeps, as a fastai learner does. Rates, epochs and schedule belong to each run. */
const KEPT = [
  'model',
  'batch',
  'drop_last',
  'augment',
  'augment_strength',
  'ema',
  'temperature',
  'label_smoothing',
  'clip',
  'seed',
  'optimizer',
];
const OPTIMIZER = ['momentum', 'nesterov', 'beta2', 'eps', 'weight_decay'];

/**
 * The settings that are given, and where none are, those of the network that is there; a preset gives all.
 * @param {Record<string, string>} before  by their names in the core
 * @param {Record<string, any>} given  the same, or in camel case
 * @returns {any}
 */
export function keptSettings(before, given) {
  const named = Object.fromEntries(
    Object.entries(given)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`), value]),
  );
  if (named.preset !== undefined) return { preset: named.preset, ...named }; // it names all of them, and comes first
  const same = named.optimizer === undefined || named.optimizer === before.optimizer;
  return { ...Object.fromEntries([...KEPT, ...(same ? OPTIMIZER : [])].map((name) => [name, before[name]])), ...named };
}
