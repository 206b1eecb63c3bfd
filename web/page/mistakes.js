// @ts-check
/** mistakes.js - pictures that the network got wrong: the worst, or those of one cell of the matrix. */
import { byId, make, percent, setText, showPicture } from './dom.js';

const MOST = 24;

/**
 * @param {(most: number, cell?: { actual: number, predicted: number }) => Promise<import('../protocol.js').Mistake[]>} top
 * @param {() => string[]} classes
 * @returns {{ offer: (counts: Uint32Array) => void, clear: () => void }}
 */
export function startMistakes(top, classes) {
  /** @param {string} title @param {{ actual: number, predicted: number }} [cell] */
  async function show(title, cell) {
    const found = await top(MOST, cell);
    setText(byId('mistakes-title'), found.length ? title : `${title}: none`);
    byId('mistakes').replaceChildren(...found.map((m) => {
      const canvas = make('canvas', { width: '28', height: '28', role: 'img', 'aria-label': `a ${classes()[m.actual]}` });
      showPicture(canvas, m.picture);
      return make('figure', {}, canvas, `${classes()[m.actual]} → ${classes()[m.predicted]}`, make('br'), `${m.loss.toFixed(2)}, ${percent(m.probability)}`);
    }));
  }
  /** The arrows go from cell to cell. @param {KeyboardEvent} event */
  function move(event) {
    const cell = /** @type {HTMLElement} */ (event.target).closest('td');
    const row = /** @type {HTMLTableRowElement | null | undefined} */ (cell?.parentElement);
    if (!cell || !row) return;
    const column = cell.cellIndex;
    const next = { ArrowLeft: row.cells[column - 1], ArrowRight: row.cells[column + 1],
      ArrowUp: /** @type {any} */ (row.previousElementSibling)?.cells[column], ArrowDown: /** @type {any} */ (row.nextElementSibling)?.cells[column] }[event.key];
    if (next?.tagName !== 'TD') return;
    event.preventDefault();
    cell.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  }
  const cellTitle = (/** @type {{ actual: number, predicted: number }} */ { actual, predicted }) => (actual === predicted
    ? `Each a ${classes()[actual]}, and read so; the least sure first, each with its loss and how sure it was.`
    : `Each a ${classes()[actual]}, taken for a ${classes()[predicted]}; the worst first, each with its loss and how sure it was.`);

  /** @param {Event} event */
  function open(event) {
    const cell = /** @type {HTMLElement} */ (event.target).closest('td');
    const row = cell?.closest('tbody tr');
    if (!cell || !row) return;
    const at = { actual: Array.from(/** @type {Element} */ (row.parentElement).children).indexOf(row), predicted: Array.from(row.children).indexOf(cell) - 1 };
    show(cellTitle(at), at);
  }
  byId('confusion').addEventListener('click', open);
  byId('confusion').addEventListener('keydown', (event) => {
    if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      open(event);
    } else if (event.key.startsWith('Arrow')) move(event);
  });

  return {
    /** The worst, and the pairs that are mixed up most, as buttons. */
    offer(counts) {
      const n = classes().length;
      const pairs = Array.from(counts, (count, i) => ({ count, actual: Math.floor(i / n), predicted: i % n }))
        .filter((p) => p.actual !== p.predicted && p.count > 0).sort((a, b) => b.count - a.count).slice(0, 5);
      const worst = make('button', { type: 'button' }, 'Worst');
      worst.addEventListener('click', () => show('The greatest losses: is → taken for, the loss, and how sure it was.'));
      byId('pairs').replaceChildren(worst, ...pairs.map((p) => {
        const button = make('button', { type: 'button' }, `${classes()[p.actual]} → ${classes()[p.predicted]}: ${p.count}`);
        button.addEventListener('click', () => show(cellTitle(p), p));
        return button;
      }));
      byId('pairs').hidden = false;
    },
    clear() {
      byId('pairs').hidden = true;
      setText(byId('mistakes-title'), '');
      byId('mistakes').replaceChildren();
    },
  };
}
