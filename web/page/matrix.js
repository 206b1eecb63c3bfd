// @ts-check
/** matrix.js - the confusion matrix as a table: live from a sample, exact after each epoch, back to any epoch. */
import { app, className, on } from './app.js';
import { byId, make, say, setText } from './dom.js';
import { part } from './frame.js';
import { worstPair } from './matrix-words.js';
import { percent, t, whole } from './strings.js';

/** Most cells that one frame updates; the 4,096 cells of 64 classes take eight frames. */
const CELLS_A_FRAME = 512;
/** ms for which an exact matrix stays before a sample replaces it. */
const EXACT_STAYS = 1500;

/** Rows are added as they are first shown. @type {HTMLTableCellElement[][] | null} */
let cells = null;
let shownClasses = '';
/** @typedef {{ counts: Uint32Array, caption: string, parts: boolean }} Shown */
/**
 * The matrix that is being drawn, and below it the first row that is not drawn yet.
 * @type {(Shown & { most: number, sums: number[] }) | null}
 */
let current = null;
let nextRow = 0;
let exactAt = -Infinity;
/** Shows counts, or fractions of each row. */
let parts = false;

/** @param {string[]} classes */
function build(classes) {
  cells = [];
  current = null;
  nextRow = 0;
  const heads = make(
    'tr',
    {},
    say('td', 'matrix.is', { class: 'actual' }),
    ...classes.map((name) => make('th', { scope: 'col', title: name }, name)),
  );
  const predicted = make(
    'tr',
    { 'aria-hidden': 'true' },
    make('td'),
    say('td', 'matrix.taken', { class: 'predicted', colspan: String(classes.length) }),
  );
  const table = make(
    'table',
    { class: 'confusion' },
    make('caption'),
    make('thead', {}, predicted, heads),
    make('tbody'),
  );
  table.style.setProperty('--classes', String(classes.length));
  byId('confusion').replaceChildren(table);
  shownClasses = classes.join('\n');
}

/** @param {string} name  @param {number} n @param {boolean} first */
function addRow(name, n, first) {
  // One cell is in the tab order; arrow keys move from there.
  const row = Array.from({ length: n }, (_, i) => make('td', { tabindex: first && i === 0 ? '0' : '-1' }));
  byId('confusion')
    .querySelector('tbody')
    ?.append(make('tr', {}, make('th', { scope: 'row', title: name }, name), ...row));
  return row;
}

const slider = () => /** @type {HTMLInputElement} */ (byId('matrix-epoch'));

/** Returns the matrix to show: of the epoch that the slider points at, or the newest. @returns {Shown | null} */
function wanted() {
  const run = app.run,
    classes = app.data?.classes;
  if (!classes) return null;
  if (!run) return empty(classes);
  const { matrices, glance } = run,
    last = run.epochs.length,
    first = last - matrices.length + 1;
  slider().max = String(last);
  slider().min = String(Math.max(1, first));
  slider().disabled = matrices.length < 2;
  const back = slider().dataset.held ? Number(slider().value) : last;
  if (!slider().dataset.held) slider().value = String(last);
  const epoch = (run.epochs[back - 1]?.epoch ?? 0) + 1; // a loaded run does not start at the first epoch
  setText(byId('matrix-epoch-value'), last ? whole(epoch) : '');
  // While nothing trains the exact matrix is shown
  const moving = last === 0 || ['training', 'paused'].includes(app.state);
  if (back === last && moving && glance && glance.pictures > 0 && performance.now() - exactAt > EXACT_STAYS)
    return {
      counts: glance.counts,
      parts,
      caption: t('matrix.sample', { count: whole(glance.pictures), of: whole(glance.of) }),
    };
  const counts = matrices[back - first];
  if (!counts) return empty(classes);
  const pair = worstPair(counts, classes);
  return {
    counts,
    parts,
    caption:
      t('matrix.exact', { epoch }) +
      ' ' +
      (pair ? t('say.worst', { ...pair, count: whole(pair.count) }) : t('matrix.none')),
  };
}

/** Empty cells, shown before the first matrix so that the layout does not move. @type {Shown | null} */
let nothing = null;
/** @param {string[]} classes */
function empty(classes) {
  if (nothing?.counts.length !== classes.length ** 2)
    nothing = { counts: new Uint32Array(classes.length ** 2), parts: false, caption: '' };
  nothing.caption = t('mistakes.empty');
  return nothing;
}

/**
 * Draws some rows in each frame, so that a large table never shows a mixture of two matrices for long.
 * @returns {boolean} whether there is more to draw
 */
function draw() {
  const classes = app.data?.classes ?? [],
    n = classes.length,
    want = wanted();
  if (!want) return false;
  if (!cells || shownClasses !== classes.join('\n')) build(classes);
  const rows = /** @type {HTMLTableCellElement[][]} */ (cells),
    isNew = current?.counts !== want.counts || current.parts !== want.parts || current.caption !== want.caption;
  if (!current || (isNew && (nextRow === n || nextRow === 0))) {
    const { counts } = want;
    current = {
      ...want,
      most: counts.reduce((best, count, i) => (i % (n + 1) ? Math.max(best, count) : best), 1),
      sums: classes.map((_, r) => counts.subarray(r * n, (r + 1) * n).reduce((a, b) => a + b, 0)),
    };
    nextRow = 0;
  }
  const last = Math.min(n, nextRow + Math.ceil(CELLS_A_FRAME / n));
  for (; nextRow < last; nextRow++) {
    if (!rows[nextRow]) rows.push(addRow(classes[nextRow], n, nextRow === 0));
    for (let predicted = 0; predicted < n; predicted++) drawCell(rows[nextRow][predicted], nextRow, predicted);
  }
  if (nextRow < n) return true;
  setText(/** @type {HTMLElement} */ (byId('confusion').querySelector('caption')), current.caption);
  return current.counts !== want.counts;
}

/** @param {HTMLTableCellElement} cell  @param {number} actual  @param {number} predicted */
function drawCell(cell, actual, predicted) {
  const { counts, most, sums, parts: asParts } = /** @type {NonNullable<typeof current>} */ (current);
  const n = sums.length,
    count = counts[actual * n + predicted],
    right = actual === predicted;
  const text =
    count || (right && sums[actual])
      ? asParts
        ? percent(count / (sums[actual] || 1), count / sums[actual] < 0.1 ? 1 : 0)
        : whole(count)
      : '·';
  if (cell.textContent !== text || cell.dataset.count !== String(count)) {
    cell.textContent = text;
    cell.dataset.count = String(count);
    cell.setAttribute(
      'aria-label',
      t('matrix.cell', {
        actual: className(actual),
        predicted: className(predicted),
        count: asParts ? text : whole(count),
      }),
    );
  }
  // A root shows small errors too; the text keeps its contrast on at most 45 % of colour.
  const shade = right ? '16' : count ? String(Math.round(8 + 37 * Math.sqrt(count / most))) : '0';
  if (cell.dataset.shade !== shade) {
    cell.dataset.shade = shade;
    cell.className = right ? 'hit' : '';
    cell.style.setProperty('--shade', `${shade}%`);
  }
}

/** Returns the two classes of a cell. @param {EventTarget | null} target */
export function cellOf(target) {
  const cell = /** @type {HTMLElement | null} */ (target)?.closest?.('td'),
    row = cell?.closest('tbody tr');
  if (!cell || !row) return null;
  return {
    actual: /** @type {HTMLTableRowElement} */ (row).sectionRowIndex,
    predicted: /** @type {HTMLTableCellElement} */ (cell).cellIndex - 1,
  };
}

/** Arrow keys move from cell to cell. @param {KeyboardEvent} event */
function move(event) {
  const cell = /** @type {HTMLElement} */ (event.target).closest('td'),
    row = /** @type {any} */ (cell?.parentElement);
  if (!cell || !row) return;
  const column = cell.cellIndex;
  const next = {
    ArrowLeft: row.cells[column - 1],
    ArrowRight: row.cells[column + 1],
    ArrowUp: row.previousElementSibling?.cells[column],
    ArrowDown: row.nextElementSibling?.cells[column],
  }[event.key];
  if (next?.tagName !== 'TD') return;
  event.preventDefault();
  cell.tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
}

function clearMatrix() {
  nextRow = 0;
  current = null;
  delete slider().dataset.held;
}

/**
 * The part of the panel that holds the matrix.
 * @param {(cell: { actual: number, predicted: number }, focus: boolean) => void} open  a cell's pictures
 */
export function makeMatrix(open) {
  const number = make(
    'button',
    { type: 'button', class: 'small', 'aria-pressed': 'true', 'data-t': 'matrix.counts' },
    t('matrix.counts'),
  );
  const share = make(
    'button',
    {
      type: 'button',
      class: 'small',
      'aria-pressed': 'false',
      'aria-label': t('matrix.percent'),
      'data-t-label': 'matrix.percent',
    },
    '%',
  );
  const confusion = make('div', {
    id: 'confusion',
    class: 'scroll',
    role: 'region',
    'data-t-label': 'matrix',
    'aria-label': t('matrix'),
    tabindex: '0',
  });
  const epoch = make('input', { id: 'matrix-epoch', type: 'range', min: '1', max: '1', value: '1', disabled: '' });
  const redraw = part(draw, 400);
  const choose = (/** @type {boolean} */ asParts) => {
    parts = asParts;
    number.setAttribute('aria-pressed', String(!asParts));
    share.setAttribute('aria-pressed', String(asParts));
    redraw(true);
  };
  number.addEventListener('click', () => choose(false));
  share.addEventListener('click', () => choose(true));
  epoch.addEventListener('input', () => {
    epoch.dataset.held = epoch.value === epoch.max ? '' : '1';
    redraw(true);
  });
  confusion.addEventListener('click', (event) => {
    const cell = cellOf(event.target);
    if (cell) open(cell, false);
  });
  confusion.addEventListener('keydown', (event) => {
    const cell = cellOf(event.target);
    if (cell && (event.key === 'Enter' || event.key === ' ')) {
      event.preventDefault();
      open(cell, true);
    } else if (event.key.startsWith('Arrow')) move(event);
  });
  on('glance', () => redraw());
  on('epoch', () => {
    exactAt = performance.now();
    redraw();
  });
  for (const news of /** @type {const} */ (['run', 'state', 'language'])) on(news, () => redraw(true));
  on('forget', () => {
    clearMatrix();
    redraw(true);
  });
  queueMicrotask(() => redraw(true));
  return make(
    'div',
    { class: 'matrix' },
    make(
      'div',
      { class: 'tools' },
      make('span', { class: 'joined' }, number, share),
      make(
        'label',
        {},
        say('span', 'epoch'),
        ' ',
        epoch,
        ' ',
        make('output', { id: 'matrix-epoch-value', for: 'matrix-epoch' }),
      ),
    ),
    confusion,
  );
}
