// @ts-check
/**
 * quote.mjs - writes values as literals of other languages. A literal has exactly its value, and no character in it can
 * end it. Characters that are invisible, or change the direction of text, are written by their numbers.
 */

const UNSEEN = /[\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;
const byte = (/** @type {number} */ b) => b.toString(16).padStart(2, '0');
const byNumber = (/** @type {string} */ c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** Writes JSON on one line, also for programs to which U+2028 ends a line. @param {unknown} value */
export const json = (value) => JSON.stringify(value).replace(UNSEEN, byNumber);

/** Writes JavaScript for a `script` element, which no text in it can end. @param {unknown} value */
export const inScript = (value) => json(value).replaceAll('<', '\\u003c');

/**
 * Writes a literal of Python: each escape of JSON means the same there.
 * @param {unknown} value  texts, finite numbers, yes and no, and lists of them
 * @returns {string}
 */
export function python(value) {
  if (Array.isArray(value)) return `[${value.map(python).join(', ')}]`;
  if (typeof value === 'string') return json(value);
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  throw new TypeError(`${value} has no literal in Python`);
}

/** Writes a word of a command in bash, zsh and ksh, on one line and without control characters. @param {string} text */
export function shell(text) {
  if (/^[\w./:@%+,][\w./:@%+,-]*$/.test(text)) return text;
  if (!/[\0-\x1f]/.test(text) && text.search(UNSEEN) < 0) return `'${text.replaceAll("'", "'\\''")}'`;
  const escaped = text.replace(/[\\']/g, '\\$&').replace(/[\0-\x1f]/g, (c) => `\\x${byte(c.charCodeAt(0))}`);
  return `$'${escaped.replace(UNSEEN, (c) => [...new TextEncoder().encode(c)].map((b) => `\\x${byte(b)}`).join(''))}'`;
}
