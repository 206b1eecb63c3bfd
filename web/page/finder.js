// @ts-check
/** finder.js - the learning-rate finder: its curve, and its suggestions, which one click takes. */
import { app, ask, showMessage, showError, on } from './app.js';
import { Chart } from './chart.js';
import { announce, byId, make, say, setText } from './dom.js';
import { problemOf } from './limits.js';
import { readSettings } from './settings.js';
import { fixed, t } from './strings.js';

/** @type {Chart | null} */
let chart = null;
/**
 * @type {{ points: { lr: number, loss: number }[], suggestions: import('../core/protocol.js').Suggestions | null } |
 *   null}
 */
let found = null;

const rates = () => Object.entries(found?.suggestions ?? {});

/** Returns the curve, and a point on it for each suggestion. */
function curves() {
  const drawn = (found?.points ?? []).filter((p) => Number.isFinite(p.loss));
  const at = (/** @type {number} */ lr) =>
    drawn.reduce((best, p) => (Math.abs(Math.log(p.lr / lr)) < Math.abs(Math.log(best.lr / lr)) ? p : best));
  const marks = rates()
    .map(([, lr]) => at(lr))
    .sort((a, b) => a.lr - b.lr);
  return [
    { x: drawn.map((p) => p.lr), y: drawn.map((p) => p.loss) },
    { x: marks.map((p) => p.lr), y: marks.map((p) => p.loss) },
  ];
}

/** @param {number} lr */
function take(lr) {
  const field = /** @type {HTMLInputElement} */ (byId('lr'));
  field.value = lr.toPrecision(2);
  field.dispatchEvent(new Event('input', { bubbles: true }));
  announce(`${t('lr')} ${field.value}`);
}

/** Returns the rate in the form's field. */
function current() {
  const text = /** @type {HTMLInputElement} */ (byId('lr')).value.split(':').at(-1) ?? '';
  return problemOf('lr', text) ? [] : [{ x: Number(text), text: t('find.current') }];
}

/** Shows the same as a table of numbers. @param {Chart} of */
function table(of) {
  return make(
    'details',
    { class: 'more' },
    say('summary', 'table'),
    make(
      'table',
      { class: 'numbers-table' },
      make('thead', {}, make('tr', {}, say('th', 'lr', { scope: 'col' }), say('th', 'loss', { scope: 'col' }))),
      make(
        'tbody',
        {},
        ...of.rows(24).map(([lr, loss]) => make('tr', {}, make('th', { scope: 'row' }, lr), make('td', {}, loss))),
      ),
    ),
  );
}

export async function find() {
  const settings = readSettings();
  if (!settings || !app.data) return showMessage(t('find.needs'));
  showMessage('');
  found = null;
  byId('found').replaceChildren();
  byId('find-figure').hidden = false;
  setText(byId('find-text'), t('find.trying'));
  chart ??= new Chart(byId('find-chart'), {
    label: 'find.chart',
    x: 'lr',
    logX: true,
    formatX: (v) => String(Number(v.toPrecision(2))),
    format: (v) => fixed(v, 3),
    formatAxis: (v) => String(+v.toPrecision(2)),
    lines: [
      { key: 'loss', stroke: '--train' },
      { key: 'find.suggested', stroke: '--valid', width: 0, points: true },
    ],
    source: curves,
    marks: () => [...rates().map(([name, lr]) => ({ x: lr, text: t(`find.${name}`) })), ...current()],
    onPick: take,
  });
  chart.draw();
  try {
    found = await ask({ type: 'find', settings });
  } catch (error) {
    byId('find-figure').hidden = true;
    return showError(error);
  }
  chart.draw();
  setText(byId('find-text'), t(found?.suggestions ? 'find.text' : 'find.none'));
  byId('find-figure').querySelector('details')?.remove();
  byId('find-figure').append(table(chart));
  byId('found').replaceChildren(
    ...rates().map(([name, lr]) => {
      const button = make('button', { type: 'button', class: 'small' }, `${t(`find.${name}`)} ${lr.toPrecision(2)}`);
      button.addEventListener('click', () => take(lr));
      return button;
    }),
  );
}

on('settings', () => chart?.redraw());
