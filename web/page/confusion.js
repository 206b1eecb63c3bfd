// @ts-check
/** confusion.js - the confusion matrix as a table, and its words. */
import { byId, make, setText } from './dom.js';

/** Cells that one frame may look at; the 4,096 of 64 classes take eight frames. */
const CELLS_A_FRAME = 512;

/** Rows are added as they are first shown. @type {HTMLTableCellElement[][] | null} */
let cells = null;
let shownClasses = '';
/** What is being shown, and the row from which it is not yet. @type {{ counts: Uint32Array, epoch: number, most: number } | null} */
let current = null;
let nextRow = 0;

/** @param {string[]} classes */
function build(classes) {
  cells = [];
  current = null;
  const heads = make('tr', {}, make('td', { class: 'actual' }, 'is'), ...classes.map((name) => make('th', { scope: 'col', title: name }, name)));
  const predicted = make('tr', { 'aria-hidden': 'true' }, make('td'), make('td', { class: 'predicted', colspan: String(classes.length) }, 'taken for'));
  const table = make('table', { class: 'confusion' }, make('caption'), make('thead', {}, predicted, heads), make('tbody'));
  table.style.setProperty('--classes', String(classes.length));
  byId('confusion').replaceChildren(table);
  shownClasses = classes.join('\n');
}

/** @param {string} name  @param {number} n */
function addRow(name, n) {
  const first = cells?.length === 0;
  const row = Array.from({ length: n }, (_, i) => make('td', { tabindex: first && i === 0 ? '0' : '-1' })); // the arrows go on from there
  byId('confusion').querySelector('tbody')?.append(make('tr', {}, make('th', { scope: 'row', title: name }, name), ...row));
  return row;
}

/**
 * The pair that is mixed up most often, or null when there is none.
 * @param {Uint32Array} counts  @param {string[]} classes
 */
export function worstPair(counts, classes) {
  const n = classes.length;
  let worst = -1;
  for (let i = 0; i < n * n; i++)
    if (i % (n + 1) !== 0 && counts[i] > (worst < 0 ? 0 : counts[worst])) worst = i;
  return worst < 0 ? null : { actual: classes[Math.floor(worst / n)], predicted: classes[worst % n], count: counts[worst] };
}

/**
 * Shows counts; or goes on with older ones that a frame before could not finish, so that a table
 * too large for one frame is never a mixture for long, however fast new counts come.
 * @param {Uint32Array} counts  [classes * classes], row = actual
 * @param {string[]} classes
 * @param {number} epoch
 * @returns {boolean} whether all is shown; if not, call again in the next frame
 */
export function showConfusion(counts, classes, epoch) {
  const n = classes.length;
  if (!cells || shownClasses !== classes.join('\n')) build(classes);
  const rows = /** @type {HTMLTableCellElement[][]} */ (cells);
  if (!current || (nextRow === n && current.counts !== counts)) {
    current = { counts, epoch, most: counts.reduce((best, count, i) => (i % (n + 1) ? Math.max(best, count) : best), 1) };
    nextRow = 0;
  }
  const last = Math.min(n, nextRow + Math.ceil(CELLS_A_FRAME / n));
  for (; nextRow < last; nextRow++) {
    if (!rows[nextRow]) rows.push(addRow(classes[nextRow], n));
    for (let predicted = 0; predicted < n; predicted++)
      showCell(rows[nextRow][predicted], current.counts[nextRow * n + predicted], current.most, classes[nextRow], classes[predicted]);
  }
  if (nextRow < n) return false;
  const pair = worstPair(current.counts, classes);
  setText(/** @type {HTMLElement} */ (byId('confusion').querySelector('caption')),
    `After epoch ${current.epoch + 1}.` + (pair ? ` Most often a ${pair.actual} is taken for a ${pair.predicted}: ${pair.count} times.` : ' No mistake at all.'));
  return current.counts === counts;
}

/** @param {HTMLTableCellElement} cell  @param {number} count  @param {number} most  @param {string} actual  @param {string} predicted */
function showCell(cell, count, most, actual, predicted) {
  const right = actual === predicted; // class names differ
  const text = count || right ? String(count) : '·';
  if (cell.textContent !== text) {
    cell.textContent = text;
    cell.setAttribute('aria-label', `is ${actual}, taken for ${predicted}: ${count}`);
  }
  // A root shows small errors too; the text keeps its contrast on at most 45 % of colour.
  const shade = right ? 'rgba(var(--hit), .16)' : count ? `rgba(var(--heat), ${(0.45 * Math.sqrt(count / most)).toFixed(2)})` : '';
  if (cell.style.backgroundColor !== shade) cell.style.backgroundColor = shade;
}

export function clearConfusion() {
  cells = current = null;
  byId('confusion').replaceChildren(make('p', { class: 'empty' }, 'Here you will see which classes it mixes up, after each epoch.'));
}
