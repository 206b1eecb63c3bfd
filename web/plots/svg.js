// @ts-check
/**
 * svg.js - writes SVG: the only place where a drawing becomes text. The page's exports, the command line's plots and
 * the figures of the documentation use it.
 *
 * Every string is escaped here. Only `element` makes markup, so a class or a file with a hostile name cannot add an
 * element or an attribute to a drawing.
 */

/** Markup that `element` has written. Plain strings are text, and are escaped. */
export class Markup {
  /** @param {string} text */
  constructor(text) {
    this.text = text;
  }
}

/** Okabe and Ito's colours: people with any kind of colour vision can tell them apart. */
export const COLOURS = { blue: '#0072b2', orange: '#d55e00', green: '#009e73', purple: '#cc79a7' };
export const BLACK = '#141414';
export const GREY = '#828282';

/** Font size of labels, in pixels. */
export const FONT_SIZE = 12;
/** The width of a letter as a share of the font size: more than the average letter of a sans-serif font needs. */
const LETTER_WIDTH = 0.6;
/** From here on Unicode has the scripts whose letters are as wide as they are high. */
const FIRST_WIDE_LETTER = 0x1100;

/**
 * Escapes a text for XML, for elements and attributes alike. XML cannot hold most control characters, lone surrogates
 * and U+FFFE at all: they become U+FFFD.
 * @param {string} text
 */
const escape = (text) =>
  text
    .replace(/[\0-\x08\v\f\x0e-\x1f\ud800-\udfff\ufffe\uffff]/gu, '\ufffd')
    .replace(/[&<>"'\t\n\r]/g, (c) => `&#${c.charCodeAt(0)};`);

/** @param {string | number} value  numbers are rounded to 1/100 */
const valueOf = (value) => escape(typeof value === 'number' ? String(Math.round(100 * value) / 100) : value);

/**
 * Writes one element.
 * @param {string} tag
 * @param {Record<string, string | number | undefined>} attributes  undefined ones are left out
 * @param {...(Markup | string)} children  strings are text
 */
export function element(tag, attributes, ...children) {
  const written = Object.entries(attributes)
    .map(([name, value]) => (value === undefined ? '' : ` ${name}="${valueOf(value)}"`))
    .join('');
  const inside = children.map((child) => (child instanceof Markup ? child.text : escape(child))).join('');
  return new Markup(inside ? `<${tag}${written}>${inside}</${tag}>` : `<${tag}${written}/>`);
}

/**
 * Writes a text whose middle line is at y.
 * @param {string} words
 * @param {number} x  of its left end, middle or right end, as `anchor` says
 * @param {number} y
 * @param {{ anchor?: 'start' | 'middle' | 'end', size?: number, fill?: string, upright?: boolean, title?: string }}
 *   [style]
 *   `upright` texts are turned about (x, y) and read from below; a `title` is shown beside the pointer
 */
export const textAt = (words, x, y, { anchor, size, fill, upright, title } = {}) =>
  element(
    'text',
    {
      x,
      y: y + 0.35 * (size ?? FONT_SIZE), // half the height of a capital letter
      'text-anchor': anchor,
      'font-size': size,
      fill,
      transform: upright ? `rotate(-90 ${valueOf(x)} ${valueOf(y)})` : undefined,
    },
    words,
    ...(title ? [element('title', {}, title)] : []),
  );

/** Estimates the width of a text in pixels. @param {string} text @param {number} [size]  of the font */
export const textWidth = (text, size = FONT_SIZE) =>
  [...text].reduce((sum, c) => sum + size * ((c.codePointAt(0) ?? 0) < FIRST_WIDE_LETTER ? LETTER_WIDTH : 1), 0);

/**
 * Cuts a text to at most `most` letters, of which the last is an ellipsis.
 * @param {string} text
 * @param {number} most
 */
export function shorten(text, most) {
  const letters = [...text];
  return letters.length <= most ? text : `${letters.slice(0, most - 1).join('')}…`;
}

/**
 * Writes a file: a white sheet with these elements on it.
 * @param {number} width  in pixels
 * @param {number} height
 * @param {Markup[]} elements
 * @returns {string}
 */
export const drawing = (width, height, elements) =>
  element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      width,
      height,
      viewBox: `0 0 ${valueOf(width)} ${valueOf(height)}`,
      'font-family': 'sans-serif',
      'font-size': FONT_SIZE,
      fill: BLACK,
    },
    element('rect', { width, height, fill: '#fff' }),
    ...elements,
  ).text;
