// @ts-check
/**
 * strings.js - the page's words in its reader's language. English stands in index.html where it is
 * shown, and in strings/en.js and en-later.js where it is put together; the other languages have a table for all.
 */
import en from './strings/en.js';

/** @typedef {Record<string, string | ((values: any) => string)>} Table */
/** @type {Record<string, () => Promise<{ default: Table }>>} */
const OTHERS = { zh: () => import('./strings/zh.js'), es: () => import('./strings/es.js') };
/** @type {Record<string, Table>} */
const tables = { en };
/** @type {Table} */
let table = en;

/** Adds English words. @param {Table} words */
export const addWords = (words) => Object.assign(en, words);

/** @param {string} name */
const isKnown = (name) => name === 'en' || Object.hasOwn(OTHERS, name);

export let language = 'en';

/** @typedef {{ format(value: number): string }} Format */
/** @type {Record<string, Format>} */
let formats = {};

/**
 * Plain numbers, where the browser's own formats are missing or throw.
 * @param {Intl.NumberFormatOptions} options
 * @returns {Format}
 */
const plainFormat = ({ style, maximumFractionDigits }) => ({
  format: (value) =>
    style === 'percent' ? `${(100 * value).toFixed(maximumFractionDigits)}%` : value.toFixed(maximumFractionDigits),
});

/** @param {Intl.NumberFormatOptions} options @returns {Format} */
function numberFormat(options) {
  try {
    return new Intl.NumberFormat(language, options);
  } catch {
    return plainFormat(options);
  }
}

/** @param {Intl.NumberFormatOptions} options @param {number} value */
function format(options, value) {
  return (formats[JSON.stringify(options)] ??= numberFormat(options)).format(value);
}

/** 0.8853 -> 88.5% @param {number} part @param {number} [digits] */
export const percent = (part, digits = 1) =>
  format({ style: 'percent', minimumFractionDigits: digits, maximumFractionDigits: digits }, part);
/** 12345.6 -> 12,346 @param {number} value */
export const whole = (value) => format({ maximumFractionDigits: 0 }, value);
/** @param {number} value @param {number} digits */
export const fixed = (value, digits) => format({ minimumFractionDigits: digits, maximumFractionDigits: digits }, value);
/** Formats a learning rate as a user types it. @param {number} value */
export const rate = (value) => String(Number(value.toPrecision(3)));
/** @param {number} time */
export function moment(time) {
  try {
    return new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' }).format(time);
  } catch {
    // no Intl, or an invalid time
    return Number.isFinite(time) ? new Date(time).toISOString().slice(0, 16).replace('T', ' ') : '';
  }
}

/**
 * @param {string} key
 * @param {Record<string, any>} [values]  for the {names} in the text
 * @returns {string}
 */
export function t(key, values = {}) {
  const entry = table[key] ?? en[key] ?? key;
  return typeof entry === 'function'
    ? entry(values)
    : entry.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ''));
}

const PLACES = /** @type {const} */ ([
  ['t', null],
  ['tLabel', 'aria-label'],
  ['tTitle', 'title'],
]);
const ATTRIBUTES = { t: 'data-t', tLabel: 'data-t-label', tTitle: 'data-t-title' };

/** Writes the words of all elements with data-t, data-t-label or data-t-title. @param {ParentNode} [root] */
export function translate(root = document) {
  for (const [name, attribute] of PLACES)
    for (const element of root.querySelectorAll(`[${ATTRIBUTES[name]}]`)) {
      const key = /** @type {string} */ (element.getAttribute(ATTRIBUTES[name]));
      const now = attribute ? element.getAttribute(attribute) : element.textContent;
      if (!(key in en)) en[key] = now ?? '';
      const text = t(key);
      if (now === text) continue;
      if (attribute) element.setAttribute(attribute, text);
      else element.textContent = text;
    }
}

/** The language requested last. An earlier request that arrives later is ignored. */
let asked = 'en';

/**
 * Changes the page's language. Rejects if the table cannot be fetched; then the words stay as they are.
 * @param {string} wanted
 */
export async function setLanguage(wanted) {
  asked = wanted;
  tables[wanted] ??= (await OTHERS[wanted]()).default;
  if (asked !== wanted) return;
  language = wanted;
  table = tables[wanted];
  formats = {};
  document.documentElement.lang = wanted;
}

/** The present language of the page. */
export const spoken = () => language;

/** Remembers a language for later visits, where the browser allows it. @param {string} wanted */
export function rememberLanguage(wanted) {
  try {
    localStorage.setItem('language', wanted);
  } catch {
    /* private windows may forbid it: the next visit asks the browser again */
  }
}

/** Returns the language that was chosen by hand, or the browser's first that the page has. */
export function wantedLanguage() {
  let chosen = null;
  try {
    chosen = localStorage.getItem('language');
  } catch {
    /* private windows may forbid it */
  }
  const names = [chosen, ...(navigator.languages ?? [navigator.language])];
  return names.map((name) => String(name ?? '').slice(0, 2)).find((name) => isKnown(name)) ?? 'en';
}
