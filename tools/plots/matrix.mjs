// @ts-check
/**
 * matrix.mjs - the confusion matrix as fastai draws it: rows actual, columns predicted, in blues,
 * counts white where they are above half of the largest.
 */
import { BLACK, Canvas, LETTER_HEIGHT, LETTER_WIDTH, shorten, textWidth, WHITE } from './canvas.mjs';

const NAME_LETTERS = 20;

/** From white to dark blue. @param {number} share  0..1 @returns {import('./canvas.mjs').Colour} */
export const blues = (share) => [
  Math.round(247 - 239 * share),
  Math.round(251 - 203 * share ** 1.2),
  Math.round(255 - 148 * share ** 2),
];

/**
 * @param {ArrayLike<number>} confusion  [classes * classes], row = actual
 * @param {string[]} classes
 * @returns {{ canvas: Canvas, cell: (actual: number, predicted: number) => { x: number, y: number, size: number } }}
 */
export function drawMatrix(confusion, classes) {
  const n = classes.length,
    most = Math.max(1, ...Array.from(confusion));
  const names = classes.map((name) => shorten(name, NAME_LETTERS));
  const digits = String(most).length * LETTER_WIDTH,
    size = n > 24 ? 16 : Math.max(28, digits + 8);
  const beside = Math.max(...names.map((name) => textWidth(name))) + 8,
    left = 40 + beside,
    top = 60;
  const canvas = new Canvas(left + n * size + 30, top + n * size + beside + 44);
  const cell = (/** @type {number} */ actual, /** @type {number} */ predicted) => ({
    x: left + predicted * size,
    y: top + actual * size,
    size,
  });
  canvas.text('Confusion matrix', left + (n * size) / 2, 20, { scale: 2, align: 'centre' });
  canvas.text('Actual', 12, top + (n * size) / 2, { scale: 2, align: 'centre', upright: true });
  canvas.text('Predicted', left + (n * size) / 2, canvas.height - 26, { scale: 2, align: 'centre' });
  for (let actual = 0; actual < n; actual++) {
    const middle = Math.round((size - LETTER_HEIGHT) / 2);
    canvas.text(names[actual], left - 6, cell(actual, 0).y + middle, { align: 'right' });
    canvas.text(names[actual], cell(0, actual).x + middle, top + n * size + 6, { align: 'right', upright: true });
    for (let predicted = 0; predicted < n; predicted++) {
      const count = confusion[actual * n + predicted],
        { x, y } = cell(actual, predicted),
        text = String(count);
      canvas.box(x, y, size, size, blues(count / most));
      if (textWidth(text) <= size)
        canvas.text(text, x + size / 2, y + middle, { align: 'centre', colour: count > most / 2 ? WHITE : BLACK });
    }
  }
  return { canvas, cell };
}
