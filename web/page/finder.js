// @ts-check
/** finder.js - the learning-rate finder: its curve, and its suggestions, which one click takes. */
import { Chart } from './charts.js';
import { byId, make, setText } from './dom.js';

const NAMES = /** @type {Record<string, string>} */ ({ minimum: 'minimum / 10', steep: 'steepest', valley: 'valley' });

/** @type {Chart | null} */
let chart = null;

/** @param {string} text  '' takes the finder away */
export function showSearching(text) {
  byId('find-figure').hidden = !text;
  setText(byId('find-text'), text);
  byId('found').replaceChildren();
  chart?.show([{ x: [], y: [] }, { x: [], y: [] }]);
}

/** @param {{ points: { lr: number, loss: number }[], suggestions: import('../protocol.js').Suggestions | null }} found */
export function showFound({ points, suggestions }) {
  byId('find-figure').hidden = false;
  chart ??= new Chart(byId('find-chart'), [
    { label: 'loss', stroke: '--train' }, { label: 'suggested', stroke: '--valid', width: 0, points: true },
  ], { x: 'rate', logX: true });
  const drawn = points.filter((p) => Number.isFinite(p.loss)), rates = Object.entries(suggestions ?? {});
  const at = (/** @type {number} */ lr) => drawn.reduce((best, p) => (Math.abs(Math.log(p.lr / lr)) < Math.abs(Math.log(best.lr / lr)) ? p : best));
  const marks = rates.map(([, lr]) => at(lr)).sort((a, b) => a.lr - b.lr);
  chart.show([{ x: drawn.map((p) => p.lr), y: drawn.map((p) => p.loss) }, { x: marks.map((p) => p.lr), y: marks.map((p) => p.loss) }]);
  setText(byId('find-text'), suggestions ? 'The loss as the rate grows, on a network that is thrown away. Take a rate where it falls:'
    : 'No rate stood out: the loss diverged at once.');
  byId('found').replaceChildren(...rates.map(([name, lr]) => {
    const button = make('button', { type: 'button' }, `${NAMES[name]} ${lr.toPrecision(2)}`);
    button.addEventListener('click', () => {
      const field = /** @type {HTMLInputElement} */ (byId('lr'));
      field.value = lr.toPrecision(2);
      field.dispatchEvent(new Event('input', { bubbles: true }));
    });
    return button;
  }));
}
