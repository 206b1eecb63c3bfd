// @ts-check
/** matrix.js - draws a confusion matrix: a row for each actual class, a column for each predicted one. */
import { drawing, element, shorten, textAt, textWidth } from './svg.js';

const NAME_LETTERS = 20,
  TITLE_SIZE = 18,
  LABEL_SIZE = 14;
const TOP = 56,
  RIGHT = 24;
/** Sides of a cell in pixels: at least, and with many classes. */
const CELL = 30,
  SMALL_CELL = 18,
  MANY_CLASSES = 24;

/** From white to dark blue. @param {number} share  0..1 */
export const blues = (share) =>
  `rgb(${Math.round(247 - 239 * share)},${Math.round(251 - 203 * share ** 1.2)},${Math.round(255 - 148 * share ** 2)})`;

/**
 * The ground of a cell, its text, and the text's colour if it is not black.
 * @typedef {{ fill: string, text: string, colour?: string }} Cell
 */

/**
 * Draws cells as fastai does: in blues, counts white above half of the largest.
 * @param {number} most  the largest count, above 0
 * @returns {(count: number) => Cell}
 */
const blueCells = (most) => (count) => ({
  fill: blues(count / most),
  text: String(count),
  colour: count > most / 2 ? '#fff' : undefined,
});

/**
 * @param {ArrayLike<number>} counts  [classes * classes], rows are actual
 * @param {string[]} classes
 * @param {object} [look]
 * @param {{ title: string, actual: string, predicted: string }} [look.words]
 * @param {(count: number, right: boolean) => Cell} [look.cell]  how a cell looks; `right` cells are on the diagonal.
 *   Blues as fastai's if not given
 * @returns {string}  an SVG file
 */
export function drawMatrix(
  counts,
  classes,
  { words = { title: 'Confusion matrix', actual: 'Actual', predicted: 'Predicted' }, cell } = {},
) {
  const n = classes.length,
    most = Math.max(1, ...Array.from(counts)),
    cellOf = cell ?? blueCells(most),
    size = n > MANY_CLASSES ? SMALL_CELL : Math.max(CELL, textWidth(String(most)) + 8);
  const names = classes.map((name) => shorten(name, NAME_LETTERS)),
    nameWidth = Math.max(...names.map((name) => textWidth(name))) + 12;
  const left = 36 + nameWidth,
    middle = left + (n * size) / 2,
    bottom = TOP + n * size,
    width = Math.max(left + n * size + RIGHT, textWidth(words.title, TITLE_SIZE) + 2 * RIGHT),
    height = bottom + nameWidth + 36;
  const nameOf = (/** @type {number} */ i, /** @type {number} */ x, /** @type {number} */ y, upright = false) =>
    textAt(names[i], x, y, { anchor: 'end', upright, title: names[i] === classes[i] ? undefined : classes[i] });
  return drawing(width, height, [
    textAt(words.title, width / 2, 24, { anchor: 'middle', size: TITLE_SIZE }),
    textAt(words.actual, 16, TOP + (n * size) / 2, { anchor: 'middle', size: LABEL_SIZE, upright: true }),
    textAt(words.predicted, middle, height - 18, { anchor: 'middle', size: LABEL_SIZE }),
    ...classes.flatMap((_, i) => [
      nameOf(i, left - 8, TOP + (i + 0.5) * size),
      nameOf(i, left + (i + 0.5) * size, bottom + 8, true),
    ]),
    ...Array.from(counts).flatMap((count, i) => {
      const x = left + (i % n) * size,
        y = TOP + Math.floor(i / n) * size,
        { fill, text, colour } = cellOf(count, i % (n + 1) === 0);
      return [
        element('rect', { x, y, width: size, height: size, fill }),
        ...(text && textWidth(text) <= size
          ? [textAt(text, x + size / 2, y + size / 2, { anchor: 'middle', fill: colour })]
          : []),
      ];
    }),
  ]);
}
