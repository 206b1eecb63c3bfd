// @ts-check
/** charts.js - the two line charts; the only file that knows uPlot. */
// @ts-expect-error: copied there by the build
import vendored from '../vendor/uPlot.js';
import { byId } from './dom.js';
import { join, reduce } from './history.js';

/** @type {typeof import('uplot')} */
const uPlot = vendored;

/** @param {string} name */
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** Numbers for people: as many digits as help. @param {number} v */
const shown = (v) => (Math.abs(v) >= 100 ? v.toFixed(0) : v.toFixed(4));

/** Pixels between two points below which they are drawn as a line alone. */
const POINT_SPACE = 8;

/** @typedef {{ label: string, stroke: string, width?: number, alpha?: number, points?: boolean, dash?: number[] }} Line */

export class Chart {
  #place;
  #plot;
  /** @type {number[]} */
  #lengths = [];

  /**
   * @param {HTMLElement} place
   * @param {Line[]} lines
   * @param {{ range?: (low: number, high: number) => [number, number], percent?: boolean, x?: string, logX?: boolean }} [options]
   */
  constructor(place, lines, { range, percent, x = 'epoch', logX = false } = {}) {
    this.#place = place;
    const axisValues = percent ? (/** @type {any} */ _, /** @type {number[]} */ ticks) => ticks.map((t) => `${+(100 * t).toFixed(1)} %`) : undefined;
    const axis = { stroke: () => colour('--soft'), grid: { stroke: () => colour('--chart-grid'), width: 1 }, ticks: { show: false }, font: '12px system-ui' };
    this.#plot = new uPlot({
      ...this.#size(),
      scales: {
        x: logX ? { time: false, distr: 3 } : { time: false, range: (_, low, high) => [Math.min(0, low ?? 0), Math.max(high ?? 0, 1)] },
        y: { range: (_, low, high) => (low == null ? [0, 1] : range ? range(low, high) : [0, high * 1.05]) },
      },
      axes: [logX ? { ...axis, size: 28, values: (_, ticks) => ticks.map((t) => (Number.isInteger(Math.log10(t)) ? String(t) : '')) } : { ...axis, size: 28, incrs: [1, 2, 5].flatMap((m) => [0, 1, 2, 3, 4].map((p) => m * 10 ** p)).sort((a, b) => a - b), values: (_, ticks) => ticks.map(String) }, { ...axis, size: 46, values: axisValues }],
      cursor: { drag: { x: true, y: false, setScale: true }, points: { size: 7 } },
      series: [
        { label: x, value: (_, v) => (v == null ? '' : logX ? v.toPrecision(2) : v.toFixed(2)) },
        ...lines.map((l) => ({
          label: l.label, stroke: () => colour(l.stroke), width: l.width ?? 2, alpha: l.alpha ?? 1, dash: l.dash,
          points: { show: (/** @type {any} */ u, /** @type {number} */ i) => !!l.points && this.#lengths[i - 1] * POINT_SPACE < u.width, size: 6, fill: () => colour(l.stroke) },
          spanGaps: false, value: (/** @type {any} */ _, /** @type {any} */ v) => (v == null ? '' : percent ? `${(100 * v).toFixed(2)} %` : shown(v)),
        })),
      ],
      // Colours by name, so that they follow the scheme; faint, full or dashed as the lines are.
      legend: {
        live: true,
        markers: {
          stroke: (_, i) => `var(${lines[i - 1].stroke})`,
          fill: (_, i) => (lines[i - 1].dash ? 'transparent' : `color-mix(in srgb, var(${lines[i - 1].stroke}) ${100 * (lines[i - 1].alpha ?? 1)}%, transparent)`),
          dash: (_, i) => (lines[i - 1].dash ? 'dashed' : 'solid'),
          width: (_, i) => (lines[i - 1].alpha ? 0 : 2),
        },
      },
    }, [[], ...lines.map(() => [])], place);
    new ResizeObserver(() => this.#plot.setSize(this.#size())).observe(place);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.#plot.redraw(false, true));
    // For whoever asks the page what the chart shows: tests, scripts, extensions.
    /** @type {any} */ (place).chartData = () => this.#plot.data.map((column) => Array.from(column));
  }

  #size() {
    const height = parseInt(getComputedStyle(this.#place).getPropertyValue('--plot'), 10);
    return { width: Math.max(200, this.#place.clientWidth), height };
  }

  get columns() {
    return this.#size().width;
  }

  /** @param {{ x: ArrayLike<number>, y: ArrayLike<number> }[]} curves */
  show(curves) {
    this.#lengths = curves.map((c) => c.x.length);
    this.#plot.setData(/** @type {any} */ (join(curves)));
  }
}

export class Charts {
  #loss;
  #accuracy;

  /** @param {Chart} loss  @param {Chart} accuracy */
  constructor(loss, accuracy) {
    this.#loss = loss;
    this.#accuracy = accuracy;
  }

  /** Each chart is made in a turn of its own: together they would hold up a slow machine's page. */
  static async create() {
    const turn = () => new Promise((resolve) => setTimeout(resolve));
    await turn();
    const loss = new Chart(byId('loss-chart'), [
      { label: 'a batch', stroke: '--train', width: 1, alpha: 0.3 },
      { label: 'training', stroke: '--train' },
      { label: 'validation', stroke: '--valid', points: true, dash: [6, 4] },
    ]);
    await turn();
    const accuracy = new Chart(byId('accuracy-chart'), [
      { label: 'validation', stroke: '--valid', points: true },
    ], { range: (low, high) => [Math.max(0, Math.min(low, 0.9) - 0.05), Math.max(high + 0.02, 1)], percent: true });
    return new Charts(loss, accuracy);
  }

  /**
   * @param {import('./run.js').Run} run
   */
  show({ x, loss, smooth, epochs }) {
    const xs = x.values(), ys = loss.values(), ss = smooth.values();
    const kept = reduce(xs, ys, this.#loss.columns / 2);
    const at = (/** @type {Float64Array} */ values) => kept.map((i) => values[i]);
    const ends = Float64Array.from(epochs, (e) => e.epoch + 1);
    const perEpoch = (/** @type {Float64Array} */ y, /** @type {Chart} */ chart) => {
      const shownOnes = reduce(ends, y, chart.columns / 2);
      return { x: shownOnes.map((i) => ends[i]), y: shownOnes.map((i) => y[i]) };
    };
    this.#loss.show([
      { x: at(xs), y: at(ys) }, { x: at(xs), y: at(ss) }, perEpoch(Float64Array.from(epochs, (e) => e.validLoss), this.#loss),
    ]);
    this.#accuracy.show([perEpoch(Float64Array.from(epochs, (e) => e.accuracy), this.#accuracy)]);
  }
}
