// @ts-check
/** limits.js - checks the values in the fields of a run's settings; the limits are the core's. */
import { LIMITS } from '../../build/schema.js';
import { t } from './strings.js';

/**
 * Returns what is wrong with a field's text; '' if nothing is.
 * @param {string} name  of a setting that is a number @param {string} text
 * @param {boolean} [optional]  whether the field may be empty
 * @returns {string}
 */
export function problemOf(name, text, optional = false) {
  if (name === 'lr' && text.includes(':')) return rangeProblem(text);
  const { min, max, whole, aboveMin, belowMax } = LIMITS[name];
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
