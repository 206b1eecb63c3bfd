// @ts-check
/** lines.js - draws a line chart: axes with ticks, a legend, lines, and upright marks. */
import { reduce } from './reduce.js';
import { drawing, element, GREY, shorten, textAt, textWidth } from './svg.js';
import { decades, ticks } from './ticks.js';

/**
 * @typedef {object} Line
 * @property {string} label  '' leaves it out of the legend
 * @property {string} colour  any colour of CSS
 * @property {ArrayLike<number>} x  rising
 * @property {ArrayLike<number>} y  a value that is not finite is a gap
 * @property {boolean} [points]  draws a dot at each point
 * @property {number} [width]  in pixels; 2 if not given
 * @property {number} [opacity]
 * @property {number[]} [dash]
 * @property {boolean} [right]  has the right axis, which begins at 0
 *
 * @typedef {object} LineChart
 * @property {string} title
 * @property {string} xLabel
 * @property {string} yLabel
 * @property {boolean} [logX]
 * @property {boolean} [logY]
 * @property {(value: number) => string} [formatY]  for the ticks of y
 * @property {[number, number]} [xRange]  what to show; all of the lines if not given
 * @property {[number, number]} [yRange]
 * @property {Line[]} lines
 * @property {{ label: string, x: number, colour: string }[]} [marks]  upright lines with a label
 *
 * An axis: its ends, its ticks, and the pixel of a value.
 * @typedef {{ low: number, high: number, ticks: number[], pixel: (value: number) => number }} Axis
 */

const WIDTH = 900,
  PLOT_HEIGHT = 420,
  LEFT = 80,
  RIGHT = 30,
  RIGHT_AXIS = 70,
  HEAD = 56,
  FOOT = 64;
const TITLE_SIZE = 18,
  LABEL_SIZE = 14,
  LEGEND_ROW = 20,
  LEGEND_LETTERS = 40,
  DOT_RADIUS = 3,
  TICKS = 8;
const GRID = '#e8e8e8';
/** A logarithmic axis with fewer decades has ticks at 2 and 5 times a power of ten too. */
const FEW_DECADES = 3;

/**
 * Returns the least and the largest of the values that can be drawn, or 1 and 2 if there are none.
 * @param {ArrayLike<number>[]} lists
 * @param {boolean} log  only values above 0 can be drawn
 */
function extent(lists, log) {
  let low = Infinity,
    high = -Infinity;
  for (const values of lists)
    for (let i = 0; i < values.length; i++)
      if (Number.isFinite(values[i]) && (!log || values[i] > 0)) {
        low = Math.min(low, values[i]);
        high = Math.max(high, values[i]);
      }
  return low <= high ? [low, high] : [1, 2];
}

/**
 * Adds a share of the range at both of its ends. Two ends that are the same are moved apart.
 * @param {number[]} range @param {number} share @param {boolean} log
 */
function widen([low, high], share, log) {
  if (log) {
    const factor = low === high ? 10 : (high / low) ** share;
    return [low / factor, high * factor];
  }
  const room = low === high ? Math.abs(low) * 0.1 || 1 : (high - low) * share;
  return [low - room, high + room];
}

/**
 * @param {number[]} range
 * @param {boolean} log
 * @param {number} start  the pixel of the range's low end
 * @param {number} end  the pixel of its high end
 * @returns {Axis}
 */
function makeAxis([low, high], log, start, end) {
  const scale = log ? Math.log10 : (/** @type {number} */ v) => v;
  const share = (/** @type {number} */ v) => (scale(v) - scale(low)) / (scale(high) - scale(low));
  const digits = scale(high) - scale(low) < FEW_DECADES ? '125' : '1',
    ofDecades = log ? decades(low, high).filter((v) => digits.includes(v.toExponential()[0])) : [];
  return {
    low,
    high,
    ticks: ofDecades.length > 1 ? ofDecades : ticks(low, high, TICKS),
    pixel: (v) => start + share(v) * (end - start),
  };
}

/** @param {number} v */
const shown = (v) =>
  v !== 0 && (Math.abs(v) < 1e-3 || Math.abs(v) >= 1e6) ? v.toExponential().replace('e+', 'e') : String(v);

/**
 * Places the entries of the legend beside each other, in as many rows as they need.
 * @param {Line[]} lines
 * @param {number} end  the right edge
 */
function placeLegend(lines, end) {
  let left = LEFT,
    row = 0;
  return lines
    .filter((line) => line.label)
    .map((line) => {
      const label = shorten(line.label, LEGEND_LETTERS),
        width = 28 + textWidth(label) + 20;
      if (left > LEFT && left + width > end) {
        left = LEFT;
        row++;
      }
      left += width;
      return { line, label, left: left - width, row };
    });
}

/** How a line is stroked, here and in the legend. @param {Line} line */
const strokeOf = ({ colour, width = 2, opacity, dash }) => ({
  fill: 'none',
  stroke: colour,
  'stroke-width': width,
  'stroke-opacity': opacity,
  'stroke-dasharray': dash?.join(' '),
});

/**
 * Draws a line where its points are within the x axis. Of very many points those stay that the picture can show.
 * @param {Line} line @param {Axis} xAxis @param {Axis} yAxis
 */
function drawLine(line, xAxis, yAxis) {
  const seen = [...Array(line.x.length).keys()].filter((i) => line.x[i] >= xAxis.low && line.x[i] <= xAxis.high);
  const xs = Float64Array.from(seen, (i) => xAxis.pixel(line.x[i])),
    ys = Float64Array.from(seen, (i) => yAxis.pixel(line.y[i])),
    points = reduce(xs, ys, WIDTH / 2).map((i) => ({ x: xs[i], y: ys[i] }));
  const isDrawn = (/** @type {number} */ i) => Number.isFinite(points[i]?.y);
  let path = '';
  /** @type {import('./svg.js').Markup[]} */
  const dots = [];
  points.forEach(({ x, y }, i) => {
    if (!isDrawn(i)) return;
    path += `${isDrawn(i - 1) ? 'L' : 'M'}${x.toFixed(1)} ${y.toFixed(1)}`;
    const isAlone = !isDrawn(i - 1) && !isDrawn(i + 1);
    if (line.points || isAlone)
      dots.push(element('circle', { cx: x, cy: y, r: DOT_RADIUS, fill: line.colour, 'fill-opacity': line.opacity }));
  });
  return path ? [element('path', { d: path, ...strokeOf(line) }, element('title', {}, line.label)), ...dots] : [];
}

/** @param {LineChart} chart @returns {string}  an SVG file */
export function drawLines(chart) {
  const { lines, logX = false, logY = false } = chart,
    onLeft = lines.filter((line) => !line.right),
    onRight = lines.filter((line) => line.right);
  const end = WIDTH - (onRight.length ? RIGHT_AXIS : RIGHT),
    legend = placeLegend(lines, end);
  const top = HEAD + LEGEND_ROW * ((legend.at(-1)?.row ?? 0) + 1),
    bottom = top + PLOT_HEIGHT,
    middle = (LEFT + end) / 2;

  const ofX = extent(
      lines.map((line) => line.x),
      logX,
    ),
    ofY = extent(
      onLeft.map((line) => line.y),
      logY,
    );
  const x = makeAxis(chart.xRange ?? widen(ofX, 0, logX), logX, LEFT, end),
    y = makeAxis(chart.yRange ?? widen(ofY, 0.05, logY), logY, bottom, top),
    right = makeAxis(
      [
        0,
        1.1 *
          extent(
            onRight.map((line) => line.y),
            false,
          )[1] || 1,
      ],
      false,
      bottom,
      top,
    );

  const marks = (chart.marks ?? []).filter((mark) => mark.x >= x.low && mark.x <= x.high);
  const stroke = (/** @type {string} */ d, /** @type {string} */ colour) =>
    element('path', { d, fill: 'none', stroke: colour });
  return drawing(WIDTH, bottom + FOOT, [
    textAt(chart.title, WIDTH / 2, 24, { anchor: 'middle', size: TITLE_SIZE }),
    ...legend.flatMap(({ line, label, left, row }) => [
      element('path', { d: `M${left} ${HEAD + LEGEND_ROW * row}h22`, ...strokeOf(line) }),
      textAt(label, left + 28, HEAD + LEGEND_ROW * row),
    ]),
    ...x.ticks.flatMap((v) => [
      stroke(`M${x.pixel(v).toFixed(1)} ${top}V${bottom}`, GRID),
      textAt(shown(v), x.pixel(v), bottom + 14, { anchor: 'middle' }),
    ]),
    ...y.ticks.flatMap((v) => [
      stroke(`M${LEFT} ${y.pixel(v).toFixed(1)}H${end}`, GRID),
      textAt((chart.formatY ?? shown)(v), LEFT - 8, y.pixel(v), { anchor: 'end' }),
    ]),
    ...(onRight.length ? right.ticks : []).map((v) =>
      textAt(shown(v), end + 8, right.pixel(v), { fill: onRight[0].colour }),
    ),
    stroke(`M${LEFT} ${top}V${bottom}H${end}`, GREY),
    textAt(chart.xLabel, middle, bottom + 44, { anchor: 'middle', size: LABEL_SIZE }),
    textAt(chart.yLabel, 18, (top + bottom) / 2, { anchor: 'middle', size: LABEL_SIZE, upright: true }),
    ...marks.flatMap((mark, i) => [
      stroke(`M${x.pixel(mark.x).toFixed(1)} ${top}V${bottom}`, mark.colour),
      textAt(mark.label, x.pixel(mark.x) + 6, bottom - 14 * (i + 1), { fill: mark.colour }),
    ]),
    ...lines.flatMap((line) => drawLine(line, x, line.right ? right : y)),
  ]);
}
