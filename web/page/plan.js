// @ts-check
/** plan.js - reads and writes the changes planned for a run, as an address holds them: 300:0.01,500:freeze. */
import { problemOf } from './limits.js';

/** Most changes in one run. */
export const MOST_CHANGES = 1000;

/**
 * Reads one change; null if it cannot be read.
 * @param {string} part
 * @returns {import('../core/protocol.js').Change | null}
 */
export function changeOf(part) {
  const [, step, what] = /^(\d{1,12}):([\w.+-]{1,30})$/.exec(part) ?? [];
  if (!step) return null;
  if (what === 'freeze' || what === 'melt') return { step: Number(step), frozen: what === 'freeze' };
  const more = /^more(\d{1,5})$/.exec(what)?.[1];
  if (more) return problemOf('epochs', more) ? null : { step: Number(step), more: Number(more) };
  return problemOf('lr', what) ? null : { step: Number(step), lr: Number(what) };
}

/** Reads the changes, without those that cannot be read. @param {string} text */
export const planOf = (text) =>
  text
    .split(',', MOST_CHANGES)
    .map(changeOf)
    .filter((change) => !!change)
    .sort((a, b) => a.step - b.step);

/** @param {import('../core/protocol.js').Change[]} changes */
export const planText = (changes) =>
  changes
    .map(({ step, lr, frozen, more }) => `${step}:${more ? `more${more}` : (lr ?? (frozen ? 'freeze' : 'melt'))}`)
    .join();
