// @ts-check
/**
 * chart.js - the line chart, drawn by uPlot: lines, legend, marks, zoom and keyboard. Its owner gives it the curves for
 * the part of x that is seen. chart-plot.js describes the chart to uPlot.
 */
import './locale.js'; // first: uPlot fails to load where the browser has no locale
import uPlot from 'uplot';
import { announce, make, setText } from './dom.js';
import { colour, onColours } from './chart-colours.js';
import { plotOptions } from './chart-plot.js';
import { listenForZoom } from './chart-zoom.js';
import { join } from './history.js';
import { t } from './strings.js';

/** A drag of fewer pixels is a click. */
const DRAG_PIXELS = 4;
/** A line's value is looked for at so many points before the cursor. */
const LOOK_BACK = 400;

/**
 * @typedef {object} Line
 * @property {string} key  of its name in the strings, or the name itself
 * @property {string} stroke  a colour of style.css, such as --train
 * @property {number} [width]
 * @property {number} [alpha]
 * @property {boolean} [points]
 * @property {number[]} [dash]
 * @property {boolean} [second]  has the axis at the right
 * @property {(value: number) => string} [format]
 *
 * @typedef {{ x: ArrayLike<number>, y: ArrayLike<number> }} Curve
 * @typedef {{ min: number, max: number }} Range
 *
 * @typedef {object} Options
 * @property {string} label  the key of the chart's name, for screen readers
 * @property {Line[]} lines
 * @property {(seen: Range | null, columns: number) => Curve[]} source  returns a curve for each line: the part of x
 *   that is seen (null: all of it), reduced to so many columns
 * @property {string} x  the key of the name of x
 * @property {(value: number) => string} formatX
 * @property {(value: number) => string} format  for y in the legend and in tables
 * @property {(value: number) => string} [formatAxis]  for the ticks of y; `format` if not given
 * @property {(low: number, high: number) => [number, number]} [range]  the ends of the y axis, from those of the values
 * @property {boolean} [logX]
 * @property {boolean} [whole]  x begins at 0 and has its ticks at 1, 2 or 5 times a power of ten
 * @property {() => { x: number, text: string }[]} [marks]
 * @property {string} [sync]  charts with the same name share cursor and zoom
 * @property {(x: number) => void} [onPick]  is called with an x that was clicked, or chosen with Enter
 */

/** @type {Set<Chart>} */
const charts = new Set();
onColours(() => {
  for (const chart of charts) chart.redraw();
});

export class Chart {
  #place;
  #options;
  /** @type {import('uplot') | null} */
  #plot = null;
  #plotted;
  #legend;
  #nothing;
  /** @type {{ button: HTMLButtonElement, value: HTMLElement }[]} */
  #keys = [];
  /** The keys of lines that are hidden. @type {Set<string>} */
  #hidden = new Set();
  /** The number of points of each line. @type {number[]} */
  #lengths = [];
  /** @type {Range | null} */
  #zoom = null;
  #log = false;
  /** The height in pixels; 0 until it is known. */
  #height = 0;
  /** The press that is under way, or was the last, was a drag and no click. */
  #dragged = false;

  /** @param {HTMLElement} place  @param {Options} options */
  constructor(place, options) {
    if (!document.createElement('canvas').getContext('2d')) throw new Error('this browser gives no canvas to draw on');
    this.#place = place;
    this.#options = options;
    this.#plotted = make('div', { class: 'plot' });
    this.#legend = make('div', { class: 'legend', role: 'group', 'data-t-label': 'legend', 'aria-label': t('legend') });
    this.#nothing = make('p', { class: 'nothing', hidden: '' });
    place.replaceChildren(this.#plotted, this.#nothing, this.#legend);
    Object.assign(place, { tabIndex: 0 });
    place.setAttribute('role', 'group');
    place.setAttribute('aria-label', t('chart.help', { name: t(options.label) }));
    place.addEventListener('keydown', (event) => this.#onKey(event));
    listenForZoom(place, (factor, clientX) =>
      this.zoomBy(factor, clientX === undefined ? undefined : this.#xAt(clientX)),
    );
    if (options.onPick) {
      this.#plotted.addEventListener('pointerdown', () => {
        this.#dragged = false;
      });
      this.#plotted.addEventListener('click', () => this.#pick());
    }
    new ResizeObserver(() => this.resize()).observe(place);
    charts.add(this);
    // Tests, scripts and extensions read here what the chart shows.
    /** @type {any} */ (place).chartData = () => this.#plot?.data.map((column) => Array.from(column)) ?? [];
    this.#build();
  }

  #size() {
    this.#height ||=
      parseFloat(getComputedStyle(this.#place).getPropertyValue('--plot')) *
      parseFloat(getComputedStyle(document.documentElement).fontSize);
    return { width: Math.max(160, this.#place.clientWidth), height: this.#height };
  }

  resize() {
    if (!this.#place.clientWidth) return;
    this.#height = 0;
    this.#plot?.setSize(this.#size());
    this.draw();
  }

  redraw() {
    this.#plot?.redraw(false, true);
    this.#drawKeys();
  }

  /** Changes the lines, or makes y logarithmic or linear. @param {{ lines?: Line[], log?: boolean }} change */
  change({ lines, log }) {
    if (lines) this.#options.lines = lines;
    if (log !== undefined) this.#log = log;
    this.#build();
    this.draw();
  }

  #build() {
    this.#plot?.destroy();
    const { lines } = this.#options,
      options = plotOptions(this.#options, {
        size: this.#size(),
        log: this.#log,
        hidden: this.#hidden,
        zoom: () => this.#zoom,
        length: (line) => this.#lengths[line],
        onCursor: () => this.#showValues(),
        onSelect: (plot) => this.#onSelect(plot),
        onDraw: (plot) => this.#drawMarks(plot),
      });
    this.#plot = new uPlot(options, [[], ...lines.map(() => [])], this.#plotted);
    this.#buildKeys();
  }

  // ---- what is shown ----

  /** Draws the curves that the owner has now. @param {string} [nothing]  the text to show while they are empty */
  draw(nothing) {
    if (!this.#plot || !this.#place.clientWidth) return;
    const curves = this.#options.source(this.#zoom, this.#size().width / 2);
    this.#lengths = curves.map((c) => c.x.length);
    this.#plot.setData(
      /** @type {any} */ (
        join(this.#log ? curves.map(({ x, y }) => ({ x, y: Array.from(y, (v) => (v > 0 ? v : NaN)) })) : curves)
      ),
    );
    const empty = this.#lengths.every((n) => n === 0);
    if (nothing !== undefined) setText(this.#nothing, nothing);
    this.#nothing.hidden = !empty;
    this.#showValues();
  }

  /** Returns the values as rows of a table: x, and a text for each line. @param {number} most  rows */
  rows(most) {
    const [xs, ...ys] = this.#plot?.data ?? [[]];
    const step = Math.max(1, Math.ceil(xs.length / most));
    return Array.from(xs).flatMap((x, i) =>
      i % step
        ? []
        : [
            [
              this.#options.formatX(x),
              ...ys.map((y, s) => (y[i] == null ? '' : this.#format(s)(/** @type {number} */ (y[i])))),
            ],
          ],
    );
  }

  /**
   * Describes the chart as it is seen, for an SVG file.
   * @param {string} title
   * @returns {import('../plots/lines.js').LineChart}
   */
  describe(title) {
    const { lines, x, logX, format, formatAxis = format } = this.#options,
      [xs, ...ys] = this.#plot?.data ?? [[]],
      marks = this.#options.marks?.() ?? [];
    /** @returns {[number, number] | undefined} */
    const rangeOf = (/** @type {string} */ scale) => {
      const { min, max } = this.#plot?.scales[scale] ?? {};
      return min == null || max == null ? undefined : [min, max];
    };
    return {
      title,
      xLabel: t(x),
      yLabel: '',
      logX,
      logY: this.#log,
      formatY: formatAxis,
      xRange: rangeOf('x'),
      yRange: rangeOf('y'),
      lines: lines.flatMap(({ key, stroke, width, alpha, dash, points, second }, i) => {
        if (this.#hidden.has(key)) return [];
        const own = [...xs.keys()].filter((k) => ys[i][k] !== undefined); // undefined: a point of another line alone
        return {
          label: t(key),
          colour: colour(stroke),
          x: own.map((k) => xs[k]),
          y: own.map((k) => ys[i][k] ?? NaN),
          width,
          opacity: alpha,
          dash,
          points,
          right: second,
        };
      }),
      marks: marks.map((mark) => ({ label: mark.text, x: mark.x, colour: colour('--rate') })),
    };
  }

  /** The colour behind the canvas, which is transparent. */
  get background() {
    return colour('--card');
  }

  /** The canvas that shows the chart. @returns {HTMLCanvasElement | null} */
  get canvas() {
    return this.#plotted.querySelector('canvas');
  }

  /** @param {number} line */
  #format(line) {
    return this.#options.lines[line].format ?? this.#options.format;
  }

  #buildKeys() {
    this.#keys = this.#options.lines.map((l) => {
      const mark = make('i', { 'aria-hidden': 'true' }),
        value = make('b');
      mark.style.borderTopColor = `var(${l.stroke})`;
      mark.style.borderTopStyle = l.dash ? 'dashed' : 'solid';
      mark.style.opacity = String(l.alpha ?? 1);
      const button = make(
        'button',
        { type: 'button', class: 'key', 'aria-pressed': String(!this.#hidden.has(l.key)) },
        mark,
        make('span', { 'data-t': l.key }, t(l.key)),
        ' ',
        value,
      );
      button.addEventListener('click', () => {
        if (!this.#hidden.delete(l.key)) this.#hidden.add(l.key);
        this.#plot?.setSeries(this.#options.lines.indexOf(l) + 1, { show: !this.#hidden.has(l.key) });
        button.setAttribute('aria-pressed', String(!this.#hidden.has(l.key)));
      });
      return { button, value };
    });
    this.#legend.replaceChildren(...this.#keys.map((k) => k.button));
  }

  #drawKeys() {
    this.#keys.forEach(({ button }, i) =>
      setText(/** @type {HTMLElement} */ (button.querySelector('span')), t(this.#options.lines[i].key)),
    );
  }

  /** Returns each line's last value up to a point, or up to the end. */
  #valuesAt(/** @type {number | null | undefined} */ at) {
    const data = this.#plot?.data ?? [[]],
      end = at ?? data[0].length - 1;
    return data.slice(1).map((column) => {
      for (let i = end; i >= 0 && i > end - LOOK_BACK; i--)
        if (column[i] != null) return /** @type {number} */ (column[i]);
      return null;
    });
  }

  #showValues() {
    const at = this.#plot?.cursor.idx;
    this.#valuesAt(at).forEach((value, i) => {
      if (this.#keys[i]) setText(this.#keys[i].value, value == null ? '' : this.#format(i)(value));
    });
  }

  /** @param {import('uplot')} u */
  #drawMarks(u) {
    const marks = this.#options.marks?.() ?? [],
      { ctx, bbox } = u;
    if (!marks.length) return;
    ctx.save();
    ctx.strokeStyle = ctx.fillStyle = colour('--rate');
    ctx.lineWidth = devicePixelRatio;
    ctx.font = `${11 * devicePixelRatio}px system-ui`;
    let row = 0;
    for (const { x, text } of marks) {
      const left = Math.round(u.valToPos(x, 'x', true));
      if (left < bbox.left || left > bbox.left + bbox.width) continue;
      ctx.setLineDash([4 * devicePixelRatio, 3 * devicePixelRatio]);
      ctx.beginPath();
      ctx.moveTo(left, bbox.top);
      ctx.lineTo(left, bbox.top + bbox.height);
      ctx.stroke();
      ctx.textAlign = left > bbox.left + bbox.width * 0.7 ? 'right' : 'left';
      ctx.fillText(
        text,
        left + (ctx.textAlign === 'left' ? 4 : -4) * devicePixelRatio,
        bbox.top + (12 + 13 * (row++ % 3)) * devicePixelRatio,
      );
    }
    ctx.restore();
  }

  // ---- zoom ----

  /** Shows a part of x, or all of it; charts that share the zoom follow. @param {Range | null} to */
  zoomTo(to) {
    const { sync } = this.#options;
    for (const chart of charts)
      if (chart === this || (sync && chart.#options.sync === sync)) {
        chart.#zoom = to;
        chart.draw();
      }
  }

  /** Zooms in by a factor, about the middle or about `centre`. @param {number} factor @param {number} [centre] */
  zoomBy(factor, centre) {
    const { min, max } = this.#plot?.scales.x ?? {};
    if (min == null || max == null) return;
    const log = this.#options.logX,
      into = (/** @type {number} */ v) => (log ? Math.log(v) : v),
      out = (/** @type {number} */ v) => (log ? Math.exp(v) : v);
    const a = into(min),
      b = into(max),
      c = into(centre ?? out((a + b) / 2));
    const to = { min: out(c - (c - a) / factor), max: out(c + (b - c) / factor) };
    const full = this.#zoomedOut();
    this.zoomTo(
      !full || (to.min <= full.min && to.max >= full.max)
        ? null
        : { min: Math.max(to.min, full.min), max: Math.min(to.max, full.max) },
    );
  }

  /** Returns the whole range of x, or null without points. */
  #zoomedOut() {
    const all = this.#options.source(null, 2).flatMap((c) => (c.x.length ? [c.x[0], c.x[c.x.length - 1]] : []));
    return all.length
      ? { min: this.#options.logX ? Math.min(...all) : 0, max: Math.max(...all, this.#options.logX ? 0 : 1) }
      : null;
  }

  /** @param {import('uplot')} u */
  #onSelect(u) {
    const { left, width } = u.select;
    if (width < DRAG_PIXELS) return;
    this.#dragged = true;
    const to = { min: u.posToVal(left, 'x'), max: u.posToVal(left + width, 'x') };
    u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    this.zoomTo(to);
  }

  /** Returns the x of a place on the screen. @param {number} clientX */
  #xAt(clientX) {
    const left = this.#plot?.over.getBoundingClientRect().left ?? 0;
    return this.#plot?.posToVal(clientX - left, 'x');
  }

  // ---- click and keyboard ----

  /** Calls back with the x at the cursor. */
  #pick() {
    const left = this.#plot?.cursor.left ?? -1;
    if (this.#plot && left >= 0 && !this.#dragged) this.#options.onPick?.(this.#plot.posToVal(left, 'x'));
  }

  /** Moves the cursor through the points, and announces their values. @param {KeyboardEvent} event */
  #onKey(event) {
    if (event.target !== this.#place || event.ctrlKey || event.metaKey || event.altKey) return;
    const u = this.#plot,
      n = u?.data[0].length ?? 0;
    const step = {
      ArrowLeft: -1,
      ArrowRight: 1,
      PageUp: -Math.ceil(n / 10),
      PageDown: Math.ceil(n / 10),
      Home: -n,
      End: n,
    }[event.key];
    if (event.key === 'Enter') this.#pick();
    if (!u || !n || step === undefined) return;
    event.preventDefault();
    const at = Math.max(0, Math.min(n - 1, (u.cursor.idx ?? n - 1) + step)),
      x = u.data[0][at];
    u.setCursor({ left: u.valToPos(x, 'x'), top: u.over.clientHeight / 2 });
    const words = this.#valuesAt(at).flatMap((value, i) =>
      value == null ? [] : [`${t(this.#options.lines[i].key)} ${this.#format(i)(value)}`],
    );
    announce(`${t(this.#options.x)} ${this.#options.formatX(x)}: ${words.join(', ')}`);
  }
}
