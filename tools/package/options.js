// @ts-check
/** options.js - refuses options that a method does not have. */
import { ArgumentError } from './errors.js';
import { nearest } from './nearest.mjs';

/** Names that other libraries use, with ours. @type {Record<string, string>} */
const ELSEWHERE = {
  batchSize: 'batch',
  batch_size: 'batch',
  bs: 'batch',
  learningRate: 'lr',
  learning_rate: 'lr',
  wd: 'weightDecay',
};

/**
 * Throws an ArgumentError that names the first unknown option, and the option that was probably meant.
 * @param {Record<string, any>} options
 * @param {string[]} known
 */
export function refuseUnknown(options, known) {
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  const near = ELSEWHERE[unknown] ?? nearest(unknown, known);
  throw new ArgumentError('argument', `there is no option ${unknown}${near ? `; did you mean ${near}?` : ''}`);
}
