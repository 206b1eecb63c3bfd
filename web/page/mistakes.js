// @ts-check
/** mistakes.js - the panel of mistakes: the matrix, and beside it pictures, pairs, and each class. */
import { app, ask, className, on, orShowError } from './app.js';
import { button, byId, make, picture, say, setText } from './dom.js';
import { part } from './frame.js';
import { cellOf, makeMatrix } from './matrix.js';
import { mostConfused, perClass } from './matrix-words.js';
import { drawReliability } from './reliability.js';
import { fixed, percent, t, whole } from './strings.js';

const WORST = 24,
  OF_A_CELL = 200,
  PAIRS = 8;
/** Pictures that one frame adds. */
const A_FRAME = 24;

/** @typedef {{ actual: number, predicted: number }} Cell */
/**
 * The view on the right side: the worst mistakes, those of a cell, the table of classes, or the reliability diagram.
 * @type {'worst' | 'classes' | 'sure' | Cell}
 */
let view = 'worst';
let asked = 0;
/** @type {import('../core/protocol.js').Mistake[]} */
let waiting = [];

const drawPictures = part(() => {
  byId('mistakes').append(
    ...waiting
      .splice(0, A_FRAME)
      .map((m) =>
        make(
          'figure',
          {},
          picture(m.picture, t('picture.of', { name: className(m.actual) })),
          make(
            'figcaption',
            {},
            make('b', {}, `${className(m.actual)} → ${className(m.predicted)}`),
            make('br'),
            `${fixed(m.loss, 2)}, ${percent(m.probability)}`,
          ),
        ),
      ),
  );
  return waiting.length > 0;
}, 0);

/** @param {Cell} cell */
const cellTitle = ({ actual, predicted }) =>
  t(actual === predicted ? 'cell.right' : 'cell.wrong', { actual: className(actual), predicted: className(predicted) });

/** @param {'worst' | Cell} which */
async function showPictures(which) {
  const mine = ++asked,
    worst = which === 'worst';
  /** @type {import('../core/protocol.js').Mistake[]} */
  const found = await ask({ type: 'top', most: worst ? WORST : OF_A_CELL, cell: worst ? undefined : which });
  if (mine !== asked) return;
  setText(byId('mistakes-title'), found.length ? (worst ? t('worst.title') : cellTitle(which)) : t('cell.none'));
  byId('mistakes').replaceChildren();
  waiting = found;
  drawPictures(true);
}

/** During an epoch: shows the worst mistakes of the sample, once an exact list has been shown for a while. */
let exactAt = -Infinity;
const showLive = part(() => {
  const worst = app.run?.glance?.worst;
  if (view !== 'worst' || !worst || performance.now() - exactAt < 1500) return;
  asked++;
  setText(byId('mistakes-title'), t('worst.live'));
  byId('mistakes').replaceChildren();
  waiting = [...worst];
  drawPictures(true);
}, 1500);

function showClasses() {
  const counts = app.run?.confusion,
    classes = app.data?.classes ?? [];
  setText(byId('mistakes-title'), t('classes.title'));
  waiting = [];
  const rows = counts
    ? perClass(counts, classes.length).map(({ count, recall, precision }, i) =>
        make(
          'tr',
          {},
          make('th', { scope: 'row' }, classes[i]),
          ...[
            whole(count),
            Number.isFinite(recall) ? percent(recall) : '–',
            Number.isFinite(precision) ? percent(precision) : '–',
          ].map((v) => make('td', {}, v)),
        ),
      )
    : [];
  byId('mistakes').replaceChildren(
    make(
      'table',
      { class: 'numbers-table' },
      make(
        'thead',
        {},
        make(
          'tr',
          {},
          ...['classes.class', 'classes.count', 'classes.recall', 'classes.precision'].map((key) =>
            say('th', key, { scope: 'col' }),
          ),
        ),
      ),
      make('tbody', {}, ...rows),
    ),
  );
}

async function showReliability() {
  const mine = ++asked;
  /** @type {import('../core/protocol.js').Reliability} */
  const found = await ask({ type: 'reliability' });
  if (mine !== asked) return;
  setText(byId('mistakes-title'), t('sure.title'));
  waiting = [];
  byId('mistakes').replaceChildren(drawReliability(found));
}

const refresh = part(() => {
  if (!app.run?.confusion || !app.data) return;
  const pairs = mostConfused(app.run.confusion, app.data.classes.length, PAIRS);
  byId('pairs').replaceChildren(
    .../** @type {const} */ (['worst', 'classes', 'sure']).map((next) =>
      button(
        next,
        orShowError(() => choose(next)),
      ),
    ),
    ...pairs.map((p) => {
      const made = make(
        'button',
        { type: 'button', class: 'small pair' },
        `${className(p.actual)} → ${className(p.predicted)}: ${whole(p.count)}`,
      );
      made.addEventListener(
        'click',
        orShowError(() => choose(p)),
      );
      return made;
    }),
  );
  byId('pairs').hidden = false;
  if (view === 'classes') showClasses();
  // a reset or another run happened meanwhile, and its mistakes are shown
  else (view === 'sure' ? showReliability() : showPictures(view)).catch(() => {});
}, 1500);

/** @param {'worst' | 'classes' | 'sure' | Cell} next */
async function choose(next) {
  view = next;
  if (next === 'classes') {
    asked++;
    showClasses();
  } else await (next === 'sure' ? showReliability() : showPictures(next));
}

/** @type {HTMLElement | null} */
let from = null;

export function startMistakes() {
  const matrix = makeMatrix(
    orShowError(async (cell, focus) => {
      from = /** @type {HTMLElement} */ (document.activeElement);
      try {
        await choose(cell);
      } finally {
        if (focus) byId('mistakes').focus();
      }
    }),
  );
  const pictures = make('div', {
    id: 'mistakes',
    class: 'mistakes',
    tabindex: '0',
    role: 'region',
    'aria-labelledby': 'mistakes-title',
  });
  pictures.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && cellOf(from)) from?.focus();
  });
  byId('mistakes-place').replaceChildren(
    make(
      'div',
      { class: 'mistakes-grid' },
      matrix,
      make(
        'div',
        { class: 'pictures' },
        make('div', {
          id: 'pairs',
          class: 'row',
          role: 'group',
          'aria-label': t('pairs'),
          'data-t-label': 'pairs',
          hidden: '',
        }),
        make('p', { id: 'mistakes-title', class: 'hint' }),
        pictures,
      ),
    ),
  );
  byId('mistakes-place').classList.remove('placeholder');
  on('epoch', () => {
    exactAt = performance.now();
    refresh();
  });
  on('glance', () => showLive());
  on('state', () => {
    if (['paused', 'stopped', 'finished'].includes(app.state)) refresh(true);
  });
  on('language', () => refresh(true));
  on('forget', () => {
    asked++;
    view = 'worst';
    waiting = [];
    byId('pairs').hidden = true;
    setText(byId('mistakes-title'), '');
    byId('mistakes').replaceChildren();
  });
  refresh(true);
}
