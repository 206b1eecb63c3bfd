// @ts-check
/** dom.js - finding and making elements. Text from outside goes in as text, never as markup. */

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

/** Only if it differs: less work, and live regions do not speak twice. @param {HTMLElement} element @param {string} text */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Tells those who do not see the page; the last of many at once. @param {string} text */
export function announce(text) {
  clearTimeout(announcing);
  announcing = setTimeout(() => setText(byId('announcer'), text), 300);
}
/** @type {ReturnType<typeof setTimeout> | undefined} */
let announcing;

/** Shows 784 pixels on a 28 x 28 canvas, light on black. @param {HTMLCanvasElement} canvas @param {Uint8Array} pixels */
export function showPicture(canvas, pixels) {
  const image = new ImageData(28, 28), rgba = new Uint32Array(image.data.buffer);
  for (let i = 0; i < 784; i++) rgba[i] = 0xff000000 | (pixels[i] * 0x010101);
  canvas.getContext('2d')?.putImageData(image, 0, 0);
}

/** 0.8853 -> "88.5 %" @param {number} part */
export function percent(part) {
  return `${(100 * part).toFixed(1)} %`;
}

/** @param {number} n */
export function thousands(n) {
  return Math.round(n).toLocaleString('en');
}
