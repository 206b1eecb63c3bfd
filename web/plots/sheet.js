// @ts-check
/**
 * sheet.js - draws pictures side by side with captions: the top losses as fastai does, and the first layer's weights.
 */
import { encodePng } from '../core/sources/png.js';
import { drawing, element, shorten, textAt, textWidth } from './svg.js';

/** @typedef {{ pixels: ArrayLike<number>, width: number, caption: string }} Item  grey levels 0..255, row by row */

const TITLE_SIZE = 18,
  CAPTION_LETTERS = 40,
  HEAD = 56,
  CAPTION_HEIGHT = 18,
  GAP = 14;

/**
 * Places grey pixels in a drawing, each as a sharp square.
 * @param {ArrayLike<number>} pixels  0..255, row by row
 * @param {number} columns  pixels in a row
 * @param {number} x
 * @param {number} y
 * @param {number} width  in the drawing; the height follows
 */
export function greyPicture(pixels, columns, x, y, width) {
  const rows = pixels.length / columns,
    letters = Array.from(encodePng(pixels, columns, rows, 1), (byte) => String.fromCharCode(byte)).join('');
  return element('image', {
    x,
    y,
    width,
    height: (width * rows) / columns,
    style: 'image-rendering: pixelated',
    href: `data:image/png;base64,${btoa(letters)}`,
  });
}

/**
 * @param {string} title
 * @param {Item[]} items  one or more, all of one size
 * @param {number} columns  pictures in a row
 * @param {number} scale  the side of a pixel in the drawing
 * @returns {string}  an SVG file
 */
export function drawSheet(title, items, columns, scale) {
  const width = items[0].width * scale,
    height = (items[0].pixels.length / items[0].width) * scale;
  const captions = items.map(({ caption }) => shorten(caption, CAPTION_LETTERS)),
    captionHeight = captions.some(Boolean) ? CAPTION_HEIGHT : 0;
  const across = Math.max(width, ...captions.map((caption) => textWidth(caption))) + GAP,
    down = captionHeight + height + GAP;
  const whole = Math.max(columns * across + GAP, textWidth(title, TITLE_SIZE) + 2 * GAP);
  return drawing(whole, HEAD + Math.ceil(items.length / columns) * down, [
    textAt(title, whole / 2, 24, { anchor: 'middle', size: TITLE_SIZE }),
    ...items.flatMap((item, i) => {
      const middle = (whole - columns * across) / 2 + ((i % columns) + 0.5) * across,
        top = HEAD + Math.floor(i / columns) * down;
      return [
        ...(captions[i] ? [textAt(captions[i], middle, top + captionHeight / 2, { anchor: 'middle' })] : []),
        greyPicture(item.pixels, item.width, middle - width / 2, top + captionHeight, width),
      ];
    }),
  ]);
}

/**
 * The caption of fastai's plot_top_losses.
 * @param {import('../core/protocol.js').Mistake} m
 * @param {string[]} classes
 */
export const mistakeCaption = (m, classes) =>
  `${classes[m.predicted]}/${classes[m.actual]} / ${m.loss.toFixed(2)} / ${m.probability.toFixed(2)}`;

/**
 * @param {import('../core/protocol.js').Mistake[]} mistakes
 * @param {string[]} classes
 * @returns {string}  an SVG file
 */
export function drawMistakes(mistakes, classes) {
  const rows = Math.floor(Math.sqrt(mistakes.length));
  return drawSheet(
    'Prediction/Actual/Loss/Probability',
    mistakes.map((m) => ({ pixels: m.picture, width: 28, caption: mistakeCaption(m, classes) })),
    Math.ceil(mistakes.length / rows),
    4,
  );
}

/**
 * Draws each filter in its own range: 0 is grey, its largest weight black or white.
 * @param {import('../core/protocol.js').Filters} filters
 * @returns {string}  an SVG file
 */
export function drawFilters({ width, filters }) {
  const items = filters.map((weights) => {
    const most = Math.max(...weights.map(Math.abs)) || 1;
    return { pixels: weights.map((w) => Math.round(127.5 + (127.5 * w) / most)), width, caption: '' };
  });
  return drawSheet('First layer', items, Math.ceil(Math.sqrt(items.length)), width > 12 ? 4 : 10);
}
