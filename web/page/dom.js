// @ts-check
/** dom.js - finds and makes elements. Text from outside is inserted as text, never as markup. */
import { t } from './strings.js';

/**
 * @template {HTMLElement} [T=HTMLElement]
 * @param {string} id
 * @returns {T}
 */
export function byId(id) {
  return /** @type {T} */ (document.getElementById(id));
}

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, string>} [attributes]
 * @param {(Node | string)[]} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/**
 * Makes an element of SVG.
 * @param {string} tag
 * @param {Record<string, string | number>} attributes
 * @param {string} [text]
 */
export function shape(tag, attributes, text = '') {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.textContent = text;
  return element;
}

/**
 * Makes an element whose text comes from the strings and follows the language.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {string} key
 * @param {Record<string, string>} [attributes]
 */
export function say(tag, key, attributes = {}) {
  return make(tag, { ...attributes, 'data-t': key }, t(key));
}

/** @param {string} key @param {(event: MouseEvent) => void} onClick @param {Record<string, string>} [attributes] */
export function button(key, onClick, attributes = {}) {
  const made = say('button', key, { type: 'button', class: 'small', ...attributes });
  made.addEventListener('click', onClick);
  return made;
}

/** Makes a button that opens a longer explanation. @param {string} key */
export const whyOf = (key) => make('details', { class: 'why' }, say('summary', 'why'), say('p', key));

/**
 * Sets an element's text only if it differs: this saves work, and live regions do not speak twice.
 * @param {HTMLElement} element
 * @param {string} text
 */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Announces a text to screen readers; of several in one task, the last. @param {string} text */
export function announce(text) {
  clearTimeout(announcing);
  announcing = setTimeout(() => setText(byId('announcer'), text), 300);
}
/** @type {ReturnType<typeof setTimeout> | undefined} */
let announcing;

/**
 * Shows 784 pixels on a 28 x 28 canvas, light on black.
 * @param {HTMLCanvasElement} canvas
 * @param {ArrayLike<number>} pixels
 * @param {number} [width]
 * @param {number} [height]
 */
export function showPicture(canvas, pixels, width = 28, height = 28) {
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const image = new ImageData(width, height),
    rgba = new Uint32Array(image.data.buffer);
  for (let i = 0; i < width * height; i++) rgba[i] = 0xff000000 | (pixels[i] * 0x010101);
  canvas.getContext('2d')?.putImageData(image, 0, 0);
}

/**
 * Makes a canvas that shows a picture, with its name.
 * @param {ArrayLike<number>} pixels
 * @param {string} name '' where it stands beside its words
 */
export function picture(pixels, name, width = 28, height = 28) {
  const canvas = make('canvas', name ? { role: 'img', 'aria-label': name } : { 'aria-hidden': 'true' });
  showPicture(canvas, pixels, width, height);
  return canvas;
}

/**
 * Returns colours for numbers around 0: blue below, orange above, the background's colour at 0.
 * @param {ArrayLike<number>} values
 * @param {number} width
 * @param {number} height
 * @param {string} name
 * @param {number} [most] the value of full colour
 */
export function signedPicture(values, width, height, name, most = 0) {
  const canvas = make(
    'canvas',
    name
      ? { role: 'img', 'aria-label': name, width: String(width), height: String(height) }
      : { 'aria-hidden': 'true', width: String(width), height: String(height) },
  );
  drawSigned(canvas, values, width, height, most);
  return canvas;
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {ArrayLike<number>} values
 * @param {number} width
 * @param {number} height
 * @param {number} [most]
 * @param {ArrayLike<number>} [ink]  0 to 255, shown in grey beneath
 */
export function drawSigned(canvas, values, width, height, most = 0, ink = []) {
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  if (!most) for (let i = 0; i < values.length; i++) most = Math.max(most, Math.abs(values[i]));
  const image = new ImageData(width, height);
  for (let i = 0; i < width * height; i++) {
    const v = Math.max(-1, Math.min(1, values[i] / (most || 1))),
      s = Math.abs(v) ** 0.7;
    const to = v > 0 ? [255, 150, 60] : [90, 150, 255];
    for (let c = 0; c < 3; c++) image.data[4 * i + c] = 18 + (to[c] - 18) * s + 0.35 * (ink[i] ?? 0);
    image.data[4 * i + 3] = 255;
  }
  canvas.getContext('2d')?.putImageData(image, 0, 0);
}
