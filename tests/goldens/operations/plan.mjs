/** plan.mjs - the parts that the plans of several operations share. */

/** @typedef {import('../folder.mjs').Values} Values */

/**
 * How to check a case: what the probe is asked, and which of its answers belongs to which tensor.
 * @typedef {object} Plan
 * @property {import('../probes.mjs').Message} [ask]
 * @property {(name: string) => string} [answer]  the probe's name of a tensor of the case
 * @property {Record<string, Values>} [known]  answers that need no probe
 * @property {(answers: Record<string, Values>) => Record<string, Values>} [derive]  computes the tensors of the case
 *   from the answers
 */

/**
 * Throws unless an input has that many values.
 * @param {Record<string, Values>} inputs
 * @param {string} name
 * @param {number} count
 */
export function needCount(inputs, name, count) {
  if (inputs[name]?.length !== count)
    throw new Error(`${name} has ${inputs[name]?.length ?? 'no'} values; ${count} are needed`);
}

/** Throws unless each target is a class. @param {Values | undefined} targets @param {number} classes */
export function needClasses(targets, classes) {
  const wrong = targets?.find((t) => t < 0 || t >= classes);
  if (!targets || wrong !== undefined)
    throw new Error(targets ? `target ${wrong} is no class of ${classes}` : 'there are no targets');
}

/** The parameters with booleans as 1 and 0. @param {Record<string, any>} p */
export const flags = (p) =>
  Object.fromEntries(Object.entries(p).map(([k, v]) => [k, typeof v === 'boolean' ? Number(v) : v]));

/** The norm of a tensor. A plain loop: the tensors of a ResNet-18 have 11 million values. @param {Values} v */
export function l2(v) {
  let sum = 0;
  for (let i = 0; i < v.length; i++) sum += v[i] * v[i];
  return Math.sqrt(sum);
}
