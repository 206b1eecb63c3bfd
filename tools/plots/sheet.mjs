// @ts-check
/**
 * sheet.mjs - pictures side by side with a line of text each: top losses as fastai lays them out, and
 * the first layer's weights.
 */
import { Canvas, shorten, textWidth } from './canvas.mjs';

/** @typedef {{ pixels: ArrayLike<number>, width: number, caption: string }} Item */

/**
 * @param {string} title
 * @param {Item[]} items  of one size
 * @param {{ columns: number, size: number }} layout  and pixels of the canvas for each of theirs
 * @returns {{ canvas: Canvas, place: (index: number) => { x: number, y: number, size: number } }}
 */
export function drawSheet(title, items, { columns, size }) {
  const width = items[0].width * size,
    height = (items[0].pixels.length / items[0].width) * size;
  const captions = items.map((item) => shorten(item.caption, 40));
  const across = Math.max(width, ...captions.map((c) => textWidth(c))) + 16,
    down = height + (captions.some(Boolean) ? 30 : 12);
  const canvas = new Canvas(
    Math.max(columns * across + 16, textWidth(title, 2) + 32),
    60 + Math.ceil(items.length / columns) * down,
  );
  const place = (/** @type {number} */ i) => ({
    x: Math.round((canvas.width - columns * across + across - width) / 2) + (i % columns) * across,
    y: 60 + Math.floor(i / columns) * down + (captions.some(Boolean) ? 14 : 0),
    size,
  });
  canvas.text(title, canvas.width / 2, 20, { scale: 2, align: 'centre' });
  items.forEach((item, i) => {
    const { x, y } = place(i);
    canvas.picture(item.pixels, item.width, x, y, size);
    canvas.text(captions[i], x + width / 2, y - 12, { align: 'centre' });
  });
  return { canvas, place };
}

/** The caption of fastai's plot_top_losses. @param {import('../../web/core/protocol.js').Mistake} m @param {string[]} classes */
export const mistakeCaption = (m, classes) =>
  `${classes[m.predicted]}/${classes[m.actual]} / ${m.loss.toFixed(2)} / ${m.probability.toFixed(2)}`;

/** @param {import('../../web/core/protocol.js').Mistake[]} mistakes @param {string[]} classes */
export function drawMistakes(mistakes, classes) {
  const rows = Math.floor(Math.sqrt(mistakes.length)),
    items = mistakes.map((m) => ({ pixels: m.picture, width: 28, caption: mistakeCaption(m, classes) }));
  return drawSheet('Prediction/Actual/Loss/Probability', items, {
    columns: Math.ceil(mistakes.length / rows),
    size: 4,
  });
}

/** Each filter's own range from black to white, 0 in the middle. @param {import('../../web/core/protocol.js').Filters} filters */
export function drawFilters({ width, filters }) {
  const items = filters.map((weights) => {
    const most = Math.max(...weights.map(Math.abs)) || 1;
    return { pixels: weights.map((w) => Math.round(127.5 + (127.5 * w) / most)), width, caption: '' };
  });
  return drawSheet('First layer', items, { columns: Math.ceil(Math.sqrt(items.length)), size: width > 12 ? 4 : 10 });
}
