// @ts-check
/** limits.js - checks the values in the fields of a run's settings. */
import { t } from './strings.js';

/** Limits are the core's (src/train/settings.c). @type {Record<string, { min: number, max: number, whole?: boolean, aboveMin?: boolean, belowMax?: boolean, optional?: boolean }>} */
export const LIMITS = {
  epochs: { min: 1, max: 10000, whole: true },
  lr: { min: 0, max: 1e6, aboveMin: true },
  batch: { min: 1, max: 65536, whole: true },
  momentum: { min: 0, max: 1, belowMax: true, optional: true },
  weightDecay: { min: 0, max: 1e6, optional: true },
  labelSmoothing: { min: 0, max: 1, belowMax: true, optional: true },
  clip: { min: 0, max: 1e9, optional: true },
  seed: { min: 0, max: Number.MAX_SAFE_INTEGER, whole: true },
};

/**
 * Returns what is wrong with a field's text; '' if nothing is. An optional field may be empty.
 * @param {string} name  @param {string} text
 * @returns {string}
 */
export function problemOf(name, text) {
  if (name === 'lr' && text.includes(':')) return rangeProblem(text);
  const { min, max, whole, aboveMin, belowMax, optional } = LIMITS[name];
  if (optional && text.trim() === '') return '';
  const value = text.trim() === '' ? NaN : Number(text);
  const good =
    Number.isFinite(value) &&
    value >= min &&
    value <= max &&
    !(aboveMin && value === min) &&
    !(belowMax && value === max) &&
    !(whole && !Number.isInteger(value));
  if (good) return '';
  return (
    t('limits', { whole, aboveMin, belowMax, min, max: max.toLocaleString('en') }) +
    (/^\s*\d+,\d+\s*$/.test(text) ? ` ${t('limits.comma')}` : '')
  );
}

/** Checks `first:last` or `:last`, the learning rates of the layer groups. @param {string} text @returns {string} */
function rangeProblem(text) {
  const [first, last, ...more] = text.split(':');
  if (more.length) return t('limits.range');
  return (first.trim() && problemOf('lr', first)) || problemOf('lr', last);
}
