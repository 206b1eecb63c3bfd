// @ts-check
/** curves.js - loss and accuracy, with smoothing, scales, zoom, and earlier runs beneath. */
import { app, on } from './app.js';
import { announce, byId, setText } from './dom.js';
import { showEpochs } from './epochs.js';
import { part } from './frame.js';
import { reduce } from '../plots/reduce.js';
import { Smoothing } from './run.js';
import { fixed, percent, rate, t } from './strings.js';

const OTHERS = ['--other-1', '--other-2', '--other-3'];

/**
 * Curves of earlier runs.
 * @type {{ name: string, x: Float64Array, smooth: Float64Array, epochs: { epoch: number, validLoss: number, accuracy:
 *   number }[] }[]}
 */
let overlays = [];
const smoothing = new Smoothing();
/** @typedef {import('./chart.js').Chart} Chart */
/** @type {Chart} */
let loss;
/** @type {Chart} */
let accuracy;

const input = (/** @type {string} */ id) => /** @type {HTMLInputElement} */ (byId(id));

/**
 * Returns the part of a curve that is seen, reduced to what the screen can show.
 * @param {Float64Array} x
 * @param {Float64Array} y
 * @param {{ min: number, max: number } | null} seen
 * @param {number} columns
 */
function curve(x, y, seen, columns) {
  let from = 0,
    to = x.length;
  if (seen) {
    while (from < to && x[from] < seen.min) from++;
    while (to > from && x[to - 1] > seen.max) to--;
    from = Math.max(0, from - 1);
    to = Math.min(x.length, to + 1);
  }
  const xs = x.subarray(from, to),
    ys = y.subarray(from, to),
    kept = reduce(xs, ys, columns);
  return { x: kept.map((i) => xs[i]), y: kept.map((i) => ys[i]) };
}

/** @typedef {{ epoch: number, validLoss: number, accuracy: number }} Point */
/**
 * Returns one point for each epoch, at its end.
 * @param {Point[]} epochs
 * @param {'validLoss' | 'accuracy'} what
 * @param {{ min: number, max: number } | null} seen
 * @param {number} columns
 */
const perEpoch = (epochs, what, seen, columns) =>
  curve(
    Float64Array.from(epochs, (e) => e.epoch + 1),
    Float64Array.from(epochs, (e) => e[what]),
    seen,
    columns,
  );

const none = { x: [], y: [] };

function lossLines() {
  return [
    { key: 'curve.batch', stroke: '--train', width: 1, alpha: 0.3 },
    { key: 'curve.train', stroke: '--train' },
    { key: 'curve.valid', stroke: '--valid', points: true, dash: [6, 4] },
    ...(input('show-lr').checked
      ? [{ key: 'curve.lr', stroke: '--rate', width: 1.5, dash: [2, 3], second: true, format: rate }]
      : []),
    ...overlays.map((o, i) => ({ key: o.name, stroke: OTHERS[i % 3], width: 1.5, dash: [8, 3] })),
  ];
}

/** @param {{ min: number, max: number } | null} seen @param {number} columns */
function lossCurves(seen, columns) {
  const run = app.run,
    beta = Number(input('smooth').value);
  const x = run?.x.values() ?? new Float64Array(),
    y = run?.loss.values() ?? new Float64Array();
  const smooth = run ? smoothing.of(run.loss, beta) : y;
  return [
    curve(x, y, seen, columns),
    curve(x, smooth, seen, columns),
    run ? perEpoch(run.epochs, 'validLoss', seen, columns) : none,
    ...(input('show-lr').checked ? [run ? curve(x, run.lr.values(), seen, columns) : none] : []),
    ...overlays.map((o) => curve(o.x, o.smooth, seen, columns)),
  ];
}

function accuracyLines() {
  return [
    { key: 'curve.valid', stroke: '--valid', points: true },
    ...overlays.map((o, i) => ({ key: o.name, stroke: OTHERS[i % 3], width: 1.5, dash: [8, 3], points: true })),
  ];
}

/** @param {{ min: number, max: number } | null} seen @param {number} columns */
function accuracyCurves(seen, columns) {
  return [
    app.run ? perEpoch(app.run.epochs, 'accuracy', seen, columns) : none,
    ...overlays.map((o) => perEpoch(o.epochs, 'accuracy', seen, columns)),
  ];
}

function drawCaptions() {
  const run = app.run,
    last = run?.epochs.at(-1),
    now = run?.smooth.length ? run.smooth.values()[run.smooth.length - 1] : NaN;
  setText(
    byId('loss-text'),
    Number.isFinite(now)
      ? t(last ? 'loss.both' : 'loss.train', { train: fixed(now, 4), valid: last ? fixed(last.validLoss, 4) : '' })
      : '',
  );
  setText(
    byId('accuracy-text'),
    last ? t('accuracy.after', { part: percent(last.accuracy, 2), count: run?.epochs.length }) : '',
  );
}

const draw = part(() => {
  loss?.draw(t('loss.nothing'));
  accuracy?.draw(t('accuracy.nothing'));
  drawCaptions();
  showEpochs(app.run?.epochs ?? []);
}, 100);

/** Announces an epoch to screen readers, at most every four seconds. */
let announcedAt = -Infinity;
/** @param {import('../core/protocol.js').EpochReport} report */
function tellEpoch({ epoch, accuracy: now, validLoss }) {
  const before = app.run?.epochs.at(-2),
    epochs = app.run?.latest?.epochs ?? 0;
  // The end of the run is announced elsewhere
  if (performance.now() - announcedAt < 4000 || epoch + 1 === epochs) return;
  announcedAt = performance.now();
  const change = before
    ? t(now >= before.accuracy ? 'epoch.up' : 'epoch.down', { by: fixed(100 * Math.abs(now - before.accuracy), 1) })
    : '';
  announce(t('epoch.said', { epoch: epoch + 1, epochs, part: percent(now), change, loss: fixed(validLoss, 2) }));
}

/** Shows curves of other runs beneath those of this run. @param {typeof overlays} runs */
export function overlay(runs) {
  overlays = runs;
  loss?.change({ lines: lossLines() });
  accuracy?.change({ lines: accuracyLines() });
  draw(true);
}

export const curveCharts = () => ({ loss, accuracy });

/**
 * Makes each chart in a task of its own: both at once would block a slow machine's page.
 * @param {typeof import('./chart.js').Chart} Chart
 */
export async function startCurves(Chart) {
  const turn = () => new Promise((resolve) => setTimeout(resolve));
  const common = {
    x: 'epoch',
    formatX: (/** @type {number} */ v) => fixed(v, 2),
    whole: true,
    marks: () => app.run?.marks ?? [],
    sync: 'epochs',
  };
  const value = (/** @type {number} */ v) => (Math.abs(v) >= 100 ? fixed(v, 0) : fixed(v, 4));
  const short = (/** @type {number} */ v) => String(+v.toPrecision(3));
  loss = new Chart(byId('loss-chart'), {
    ...common,
    label: 'loss',
    lines: lossLines(),
    source: lossCurves,
    format: value,
    formatAxis: short,
  });
  await turn();
  accuracy = new Chart(byId('accuracy-chart'), {
    ...common,
    label: 'accuracy',
    lines: accuracyLines(),
    source: accuracyCurves,
    format: (v) => percent(v, 2),
    formatAxis: (v) => percent(v, Number.isInteger(+(100 * v).toFixed(4)) ? 0 : 1),
    range: (low, high) => [Math.max(0, Math.min(low, 0.9) - 0.05), Math.min(1, high + 0.02)],
  });
  byId('smooth').addEventListener('input', () => draw());
  byId('log').addEventListener('change', () => loss.change({ log: input('log').checked }));
  byId('show-lr').addEventListener('change', () => {
    loss.change({ lines: lossLines() });
    draw(true);
  });
  byId('zoom-in').addEventListener('click', () => loss.zoomBy(2));
  byId('zoom-out').addEventListener('click', () => loss.zoomBy(0.5));
  byId('zoom-all').addEventListener('click', () => loss.zoomTo(null));
  byId('table-toggle').addEventListener('click', () => {
    const table = byId('epochs-table');
    table.hidden = !table.hidden;
    byId('table-toggle').setAttribute('aria-expanded', String(!table.hidden));
  });
  for (const news of /** @type {const} */ (['steps', 'epoch'])) on(news, () => draw());
  for (const news of /** @type {const} */ (['run', 'forget', 'state', 'language'])) on(news, () => draw(true));
  on('run', () => loss.zoomTo(null));
  on('epoch', tellEpoch);
  draw(true);
}
