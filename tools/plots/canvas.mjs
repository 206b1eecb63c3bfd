// @ts-check
/**
 * canvas.mjs - pixels to draw on: boxes, lines, texts, pictures.
 */
import { eachDot, LETTER_HEIGHT, LETTER_WIDTH } from './font.mjs';
import { encodePng } from './png.mjs';

/** Red, green, blue, 0..255. @typedef {readonly [number, number, number]} Colour */
/** @typedef {{ colour?: Colour, scale?: 1 | 2, align?: 'left' | 'centre' | 'right', upright?: boolean }} TextStyle */

/** @type {Colour} */
export const BLACK = [20, 20, 20];
/** @type {Colour} */
export const WHITE = [255, 255, 255];
/** @type {Colour} */
export const GREY = [130, 130, 130];

/** What a text covers. @param {string} text @param {1 | 2} [scale] */
export const textWidth = (text, scale = 1) => [...text].length * LETTER_WIDTH * scale;

/** What does not fit ends in dots. @param {string} text @param {number} most  letters */
export function shorten(text, most) {
  const letters = [...text];
  return letters.length <= most ? text : `${letters.slice(0, Math.max(1, most - 2)).join('')}..`;
}

export class Canvas {
  /** @param {number} width @param {number} height */
  constructor(width, height) {
    this.width = Math.round(width);
    this.height = Math.round(height);
    this.rgb = new Uint8Array(3 * this.width * this.height).fill(255);
  }

  /** @param {number} x @param {number} y @param {Colour} colour @param {number} [share]  how much of the pixel is covered */
  dot(x, y, colour, share = 1) {
    if (x < 0 || y < 0 || x >= this.width || y >= this.height) return;
    const at = 3 * (y * this.width + x);
    for (let c = 0; c < 3; c++) this.rgb[at + c] = Math.round(this.rgb[at + c] * (1 - share) + colour[c] * share);
  }

  /** @param {number} x @param {number} y @returns {number[]} */
  at(x, y) {
    return [...this.rgb.subarray(3 * (y * this.width + x), 3 * (y * this.width + x) + 3)];
  }

  /** @param {number} x @param {number} y @param {number} width @param {number} height @param {Colour} colour */
  box(x, y, width, height, colour) {
    for (let j = 0; j < height; j++) for (let i = 0; i < width; i++) this.dot(x + i, y + j, colour);
  }

  /** A line about two pixels thick, with soft edges. @param {number} x0 @param {number} y0 @param {number} x1 @param {number} y1 @param {Colour} colour */
  line(x0, y0, x1, y1, colour) {
    const steep = Math.abs(y1 - y0) > Math.abs(x1 - x0);
    const [a0, b0, a1, b1] = steep ? [y0, x0, y1, x1] : [x0, y0, x1, y1];
    const slope = a1 === a0 ? 0 : (b1 - b0) / (a1 - a0);
    for (let a = Math.round(Math.min(a0, a1)); a <= Math.round(Math.max(a0, a1)); a++) {
      const b = b0 + slope * (Math.min(Math.max(a, Math.min(a0, a1)), Math.max(a0, a1)) - a0);
      for (let k = Math.floor(b) - 1; k <= Math.floor(b) + 2; k++) {
        const share = Math.min(1, Math.max(0, 1.5 - Math.abs(k - b)));
        if (share > 0)
          this.dot(
            ...(steep ? /** @type {[number, number]} */ ([k, a]) : /** @type {[number, number]} */ ([a, k])),
            colour,
            share,
          );
      }
    }
  }

  /**
   * At (x, y) its upper left corner, middle or upper right one; `upright`: turned to be read from below.
   * @param {string} text @param {number} x @param {number} y @param {TextStyle} [style]
   */
  text(text, x, y, { colour = BLACK, scale = 1, align = 'left', upright = false } = {}) {
    const width = textWidth(text, scale),
      back = align === 'left' ? 0 : align === 'centre' ? Math.round(width / 2) : width;
    eachDot(text, scale, (i, j) =>
      upright
        ? this.dot(Math.round(x) + j, Math.round(y) - (i - back), colour)
        : this.dot(Math.round(x) + i - back, Math.round(y) + j, colour),
    );
  }

  /** Grey pixels 0..255, each as a box of `size`. @param {ArrayLike<number>} pixels @param {number} width @param {number} x @param {number} y @param {number} size */
  picture(pixels, width, x, y, size) {
    for (let i = 0; i < pixels.length; i++)
      this.box(x + (i % width) * size, y + Math.floor(i / width) * size, size, size, [pixels[i], pixels[i], pixels[i]]);
  }

  toPng() {
    return encodePng(this.rgb, this.width, this.height);
  }
}

export { LETTER_HEIGHT, LETTER_WIDTH };
