// @ts-check
/** chart-plot.js - describes a chart to uPlot: scales, axes, lines and hooks. */
import { decades } from '../plots/ticks.js';
import { colour } from './chart-colours.js';

/** Points of a line are marked only where so many pixels lie between two of them. */
const POINT_SPACE = 8;
/** Pixels that the labels of an axis need. */
const X_SPACE = 26,
  Y_SPACE = 48,
  SECOND_SPACE = 52;
const FONT = '12px system-ui';
/** The ends of a logarithmic x axis while there is no data: those of the learning-rate finder. */
const NO_RATES = [1e-7, 10];
/** The least value that a logarithmic y axis shows. */
const LOG_LEAST = 1e-9;
/** The distances that ticks at 1, 2 or 5 times a power of ten can have. */
const WHOLE_STEPS = [0.1, 1, 10, 100, 1000].flatMap((power) => [power, 2 * power, 5 * power]);

/**
 * The state of a chart that the description needs.
 * @typedef {object} State
 * @property {{ width: number, height: number }} size
 * @property {boolean} log  y is logarithmic
 * @property {Set<string>} hidden  the keys of hidden lines
 * @property {() => import('./chart.js').Range | null} zoom
 * @property {(line: number) => number} length  the number of points of a line
 * @property {() => void} onCursor
 * @property {(plot: import('uplot')) => void} onSelect
 * @property {(plot: import('uplot')) => void} onDraw
 */

/** @param {import('./chart.js').Options} options @param {State} state @returns {import('uplot').Options['scales']} */
const scalesOf = ({ logX, range }, { log, zoom }) => ({
  x: {
    time: false,
    distr: logX ? 3 : 1,
    range: (_, low, high) => {
      const seen = zoom();
      if (seen) return [seen.min, seen.max];
      return logX ? [low ?? NO_RATES[0], high ?? NO_RATES[1]] : [Math.min(0, low ?? 0), Math.max(high ?? 0, 1)];
    },
  },
  y: {
    distr: log ? 3 : 1,
    range: (_, low, high) => {
      if (low == null || high == null) return log ? [0.01, 1] : [0, 1];
      if (log) return [Math.max(low, LOG_LEAST) / 1.2, Math.max(high, LOG_LEAST) * 1.2];
      return range ? range(low, high) : [0, high * 1.05 || 1];
    },
  },
  second: { range: (_, __, high) => [0, (high || 1) * 1.1] },
});

/**
 * @param {import('./chart.js').Options} options
 * @param {State} state
 * @param {boolean} second  there is a right axis
 * @returns {import('uplot').Axis[]}
 */
function axesOf({ logX, whole, format, formatAxis = format, formatX }, { log }, second) {
  const common = {
    stroke: () => colour('--soft'),
    grid: { stroke: () => colour('--grid'), width: 1 },
    ticks: { show: false },
    font: FONT,
  };
  /** @type {import('uplot').Axis.Splits} */
  const splits = (_, __, low, high) => decades(low, high);
  const isDecade = (/** @type {number} */ v) => Number.isInteger(Math.log10(v));
  return [
    {
      ...common,
      size: X_SPACE,
      ...(logX && { splits }),
      incrs: whole ? WHOLE_STEPS : undefined,
      values: (_, ticks) => ticks.map((v) => (logX ? (isDecade(v) ? formatX(v) : '') : String(+v.toFixed(2)))),
    },
    {
      ...common,
      size: Y_SPACE,
      ...(log && { splits }),
      values: (_, ticks) => ticks.map((v) => (v == null || (log && !isDecade(v)) ? '' : formatAxis(v))),
    },
    {
      ...common,
      show: second,
      side: 1,
      scale: 'second',
      size: SECOND_SPACE,
      stroke: () => colour('--rate'),
      grid: { show: false },
      values: (_, ticks) => ticks.map((v) => String(+v.toPrecision(2))),
    },
  ];
}

/**
 * @param {import('./chart.js').Line} line
 * @param {number} index
 * @param {State} state
 * @returns {import('uplot').Series}
 */
const seriesOf = (line, index, { hidden, length }) => ({
  label: line.key,
  scale: line.second ? 'second' : 'y',
  show: !hidden.has(line.key),
  stroke: () => colour(line.stroke),
  width: line.width ?? 2,
  alpha: line.alpha ?? 1,
  dash: line.dash,
  points: {
    show: (plot) => !!line.points && length(index) * POINT_SPACE < plot.width,
    size: 6,
    fill: () => colour(line.stroke),
  },
  spanGaps: false,
});

/** @param {import('./chart.js').Options} options @param {State} state @returns {import('uplot').Options} */
export function plotOptions(options, state) {
  const { lines, sync } = options,
    second = lines.some((line) => line.second && !state.hidden.has(line.key));
  return {
    ...state.size,
    padding: [8, second ? 0 : 12, 0, 0],
    scales: scalesOf(options, state),
    axes: axesOf(options, state, second),
    cursor: {
      drag: { x: true, y: false, setScale: false },
      points: { size: 7 },
      sync: sync ? { key: sync, scales: ['x', null] } : undefined,
    },
    legend: { show: false },
    select: { show: true, left: 0, top: 0, width: 0, height: 0 },
    series: [{}, ...lines.map((line, i) => seriesOf(line, i, state))],
    hooks: {
      setCursor: [state.onCursor],
      setSelect: [state.onSelect],
      draw: [state.onDraw],
    },
  };
}
