// @ts-check
/**
 * chart.mjs - lines over x, with ticks, a legend and marks.
 */
import { BLACK, Canvas, GREY, LETTER_HEIGHT, textWidth } from './canvas.mjs';

/**
 * @typedef {object} Series
 * @property {string} label
 * @property {import('./canvas.mjs').Colour} colour
 * @property {ArrayLike<number>} x
 * @property {ArrayLike<number>} y  what is not finite is a gap
 * @property {boolean} [points]  each point is marked
 *
 * @typedef {object} Chart
 * @property {string} title
 * @property {string} xLabel
 * @property {string} yLabel
 * @property {boolean} [logX]
 * @property {Series[]} series
 * @property {{ label: string, x: number, colour: import('./canvas.mjs').Colour }[]} [marks]  upright lines
 */

/** Colours that are told apart with any sight (Okabe and Ito). */
export const COLOURS = /** @type {const} */ ({
  blue: [0, 114, 178],
  orange: [213, 94, 0],
  green: [0, 158, 115],
  purple: [204, 121, 167],
});

const WIDTH = 900,
  HEIGHT = 560,
  LEFT = 90,
  RIGHT = 30,
  TOP = 70,
  BOTTOM = 70;

/** Steps of 1, 2 or 5 times a power of ten, about `count` of them. @param {number} low @param {number} high @param {number} count */
export function ticks(low, high, count) {
  const rough = (high - low) / count,
    power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((m) => m * power >= rough * (1 - 1e-9)) ?? 10);
  const first = Math.ceil(low / step - 1e-9),
    last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/** @param {Chart} chart @param {'x' | 'y'} axis */
function range(chart, axis) {
  const keep = (/** @type {number} */ v) => Number.isFinite(v) && (axis === 'y' || !chart.logX || v > 0);
  let low = Infinity,
    high = -Infinity;
  for (const s of chart.series)
    for (let i = 0; i < s.x.length; i++)
      if (keep(s[axis][i])) {
        low = Math.min(low, s[axis][i]);
        high = Math.max(high, s[axis][i]);
      }
  if (low > high) return [1, 2];
  if (axis === 'x' && chart.logX) return low < high ? [low, high] : [low / 10, low * 10];
  const room = (high - low) * (axis === 'y' ? 0.05 : 0) || (low === high ? Math.abs(low) * 0.1 || 1 : 0);
  return [low - room, high + room];
}

/** @param {number} v */
const shown = (v) =>
  v !== 0 && (Math.abs(v) < 1e-3 || Math.abs(v) >= 1e6) ? v.toExponential().replace('e+', 'e') : String(v);

/**
 * @param {Chart} chart
 * @returns {{ canvas: Canvas, place: (x: number, y: number) => [number, number] }}  and where a point lies
 */
export function drawChart(chart) {
  const canvas = new Canvas(WIDTH, HEIGHT);
  const scale = (/** @type {number} */ v) => (chart.logX ? Math.log10(v) : v);
  const [left, right] = range(chart, 'x').map(scale),
    [low, high] = range(chart, 'y');
  const x = (/** @type {number} */ v) => LEFT + ((scale(v) - left) / (right - left)) * (WIDTH - LEFT - RIGHT);
  const y = (/** @type {number} */ v) => HEIGHT - BOTTOM - ((v - low) / (high - low)) * (HEIGHT - TOP - BOTTOM);

  const xTicks = chart.logX
    ? ticks(left, right, Math.min(10, Math.max(1, right - left)))
        .filter(Number.isInteger)
        .map((t) => 10 ** t)
    : ticks(left, right, 8);
  for (const t of xTicks) {
    canvas.box(Math.round(x(t)), TOP, 1, HEIGHT - TOP - BOTTOM, [232, 232, 232]);
    canvas.text(shown(chart.logX ? Number(t.toPrecision(3)) : t), x(t), HEIGHT - BOTTOM + 8, { align: 'centre' });
  }
  for (const t of ticks(low, high, 8)) {
    canvas.box(LEFT, Math.round(y(t)), WIDTH - LEFT - RIGHT, 1, [232, 232, 232]);
    canvas.text(shown(t), LEFT - 8, y(t) - LETTER_HEIGHT / 2, { align: 'right' });
  }
  canvas.box(LEFT, TOP, 1, HEIGHT - TOP - BOTTOM, GREY);
  canvas.box(LEFT, HEIGHT - BOTTOM, WIDTH - LEFT - RIGHT, 1, GREY);
  canvas.text(chart.title, WIDTH / 2, 18, { scale: 2, align: 'centre' });
  canvas.text(chart.xLabel, (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 30, { align: 'centre', scale: 2 });
  canvas.text(chart.yLabel, 14, (TOP + HEIGHT - BOTTOM) / 2, { align: 'centre', upright: true, scale: 2 });

  for (const [i, mark] of (chart.marks ?? []).entries()) {
    canvas.line(x(mark.x), TOP, x(mark.x), HEIGHT - BOTTOM, mark.colour);
    canvas.text(mark.label, x(mark.x) + 6, HEIGHT - BOTTOM - 14 * (i + 1), { colour: mark.colour });
  }
  for (const s of chart.series) drawSeries(canvas, s, x, y);
  let at = LEFT + 10;
  for (const s of chart.series) {
    canvas.box(at, TOP - 18, 22, 3, s.colour);
    canvas.text(s.label, at + 28, TOP - 21, { colour: BLACK });
    at += 28 + textWidth(s.label) + 24;
  }
  return { canvas, place: (px, py) => [Math.round(x(px)), Math.round(y(py))] };
}

/** @param {Canvas} canvas @param {Series} s @param {(v: number) => number} x @param {(v: number) => number} y */
function drawSeries(canvas, s, x, y) {
  const good = (/** @type {number} */ i) => Number.isFinite(s.y[i]) && Number.isFinite(x(s.x[i]));
  for (let i = 0; i < s.x.length; i++) {
    if (!good(i)) continue;
    if (i > 0 && good(i - 1)) canvas.line(x(s.x[i - 1]), y(s.y[i - 1]), x(s.x[i]), y(s.y[i]), s.colour);
    if (s.points || !((i > 0 && good(i - 1)) || (i + 1 < s.x.length && good(i + 1))))
      canvas.box(Math.round(x(s.x[i])) - 2, Math.round(y(s.y[i])) - 2, 5, 5, s.colour);
  }
}
