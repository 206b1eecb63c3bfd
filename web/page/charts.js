// @ts-check
/** charts.js - the two line charts; the only file that knows uPlot. */
// @ts-expect-error: copied there by the build
import vendored from '../vendor/uPlot.js';
import { join, reduce } from './history.js';

/** @type {typeof import('uplot')} */
const uPlot = vendored;

/** @param {string} name */
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** Numbers for people: as many digits as help. @param {number | null} v */
const shown = (v) => (v == null ? '' : Math.abs(v) >= 100 ? v.toFixed(0) : v.toFixed(4));

/** @typedef {{ label: string, stroke: string, width?: number, alpha?: number, points?: boolean, dash?: number[] }} Line */

class Chart {
  #place;
  #plot;

  /**
   * @param {HTMLElement} place
   * @param {Line[]} lines
   * @param {{ range?: (low: number, high: number) => [number, number], value?: (v: number | null) => string }} [options]
   */
  constructor(place, lines, { range, value = shown } = {}) {
    this.#place = place;
    const axis = { stroke: () => colour('--soft'), grid: { stroke: () => colour('--chart-grid'), width: 1 }, ticks: { show: false }, font: '12px system-ui' };
    this.#plot = new uPlot({
      ...this.#size(),
      scales: {
        x: { time: false, range: (_, low, high) => [Math.min(0, low ?? 0), Math.max(high ?? 0, 1)] },
        y: { range: (_, low, high) => (low == null ? [0, 1] : range ? range(low, high) : [0, high * 1.05]) },
      },
      axes: [{ ...axis, size: 28, values: (_, ticks) => ticks.map((t) => (Number.isInteger(t) ? String(t) : '')) }, { ...axis, size: 46 }],
      cursor: { drag: { x: true, y: false, setScale: true }, points: { size: 7 } },
      series: [
        { label: 'epoch', value: (_, v) => (v == null ? '' : v.toFixed(2)) },
        ...lines.map((l) => ({
          label: l.label, stroke: () => colour(l.stroke), width: l.width ?? 2, alpha: l.alpha ?? 1, dash: l.dash,
          points: { show: !!l.points, size: 6, fill: () => colour(l.stroke) }, spanGaps: false, value: (/** @type {any} */ _, /** @type {any} */ v) => value(v),
        })),
      ],
      legend: { live: true },
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
    this.#plot.setData(/** @type {any} */ (join(curves)));
  }
}

export class Charts {
  #loss = new Chart(/** @type {HTMLElement} */ (document.getElementById('loss-chart')), [
    { label: 'each batch', stroke: '--train', width: 1, alpha: 0.3 },
    { label: 'training', stroke: '--train' },
    { label: 'validation', stroke: '--valid', points: true, dash: [6, 4] },
  ]);
  #accuracy = new Chart(/** @type {HTMLElement} */ (document.getElementById('accuracy-chart')), [
    { label: 'validation', stroke: '--valid', points: true },
  ], { range: (low, high) => [Math.max(0, Math.min(low, 0.9) - 0.05), Math.max(high + 0.02, 1)], value: (v) => (v == null ? '' : `${(100 * v).toFixed(2)} %`) });

  /**
   * @param {import('./run.js').Run} run
   */
  show({ x, loss, smooth, epochs }) {
    const xs = x.values(), ys = loss.values(), ss = smooth.values();
    const kept = reduce(xs, ys, this.#loss.columns / 2);
    const at = (/** @type {Float64Array} */ values) => kept.map((i) => values[i]);
    const ends = epochs.map((e) => e.epoch + 1);
    this.#loss.show([
      { x: at(xs), y: at(ys) }, { x: at(xs), y: at(ss) }, { x: ends, y: epochs.map((e) => e.validLoss) },
    ]);
    this.#accuracy.show([{ x: ends, y: epochs.map((e) => e.accuracy) }]);
  }
}
