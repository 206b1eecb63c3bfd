// @ts-check
/** confusion.js - the confusion matrix as a table, and its words. */
import { byId, make } from './dom.js';

/** @type {HTMLTableCellElement[][] | null} */
let cells = null;
let shownClasses = '';

/** @param {string[]} classes */
function build(classes) {
  const place = byId('confusion');
  place.replaceChildren();
  cells = classes.map(() => []);
  const head = make('tr', {}, make('td'), ...classes.map((name) => make('th', { scope: 'col', title: name }, name)));
  const rows = classes.map((name, actual) => make('tr', {}, make('th', { scope: 'row', title: name }, name), ...classes.map((_, predicted) => {
    const cell = make('td');
    /** @type {HTMLTableCellElement[][]} */ (cells)[actual][predicted] = cell;
    return cell;
  })));
  place.append(make('table', { class: 'confusion' }, make('caption'), make('thead', {}, head), make('tbody', {}, ...rows)));
  shownClasses = classes.join('\n');
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
 * @param {Uint32Array} counts  [classes * classes], row = actual
 * @param {string[]} classes
 * @param {number} epoch
 */
export function showConfusion(counts, classes, epoch) {
  if (!cells || shownClasses !== classes.join('\n')) build(classes);
  const n = classes.length;
  const mistakes = counts.filter((_, i) => i % (n + 1) !== 0);
  const most = Math.max(1, ...mistakes);
  const pair = worstPair(counts, classes);
  const caption = /** @type {HTMLElement} */ (byId('confusion').querySelector('caption'));
  caption.textContent = `After epoch ${epoch + 1}.` + (pair ? ` Most often a ${pair.actual} is taken for a ${pair.predicted}: ${pair.count} times.` : ' No mistake at all.');
  for (let actual = 0; actual < n; actual++) {
    for (let predicted = 0; predicted < n; predicted++) {
      const count = counts[actual * n + predicted];
      const cell = /** @type {HTMLTableCellElement[][]} */ (cells)[actual][predicted];
      cell.textContent = count || actual === predicted ? String(count) : '·';
      // A root shows small errors too; the text keeps its contrast on at most 45 % of colour.
      cell.style.backgroundColor = actual === predicted ? 'rgba(var(--hit), .16)'
        : `rgba(var(--heat), ${(0.45 * Math.sqrt(count / most)).toFixed(3)})`;
      cell.setAttribute('aria-label', `is ${classes[actual]}, taken for ${classes[predicted]}: ${count}`);
    }
  }
}

export function clearConfusion() {
  cells = null;
  byId('confusion').replaceChildren(make('p', { class: 'empty' }, 'Here you will see which classes it mixes up, after each epoch.'));
}
