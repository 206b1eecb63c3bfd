// @ts-check
/**
 * chart.js - the line chart: the only file that knows uPlot. It owns hover, zoom, legend, keyboard,
 * marks and colours; what is drawn it asks of its owner, for the part of x that is seen.
 */
import './locale.js'; // before uPlot, which asks for it
import uPlot from 'uplot';
import { decades } from './decades.js';
import { announce, make, setText } from './dom.js';
import { join } from './history.js';
import { t } from './strings.js';

/** Pixels between two points below which they are drawn as a line alone. */
const POINT_SPACE = 8;

/**
 * @typedef {object} Line
 * @property {string} key  of its name in the strings, or its name
 * @property {string} stroke  a colour of style.css
 * @property {number} [width]
 * @property {number} [alpha]
 * @property {boolean} [points]
 * @property {number[]} [dash]
 * @property {boolean} [second]  on the axis at the right
 * @property {(value: number) => string} [format]
 *
 * @typedef {{ x: ArrayLike<number>, y: ArrayLike<number> }} Curve
 *
 * @typedef {object} Options
 * @property {string} label  the key of its name, for those who do not see it
 * @property {Line[]} lines
 * @property {(seen: { min: number, max: number } | null, columns: number) => Curve[]} source  a curve for each line
 * @property {string} x  the key of what x is
 * @property {(value: number) => string} formatX
 * @property {(value: number) => string} format  of values
 * @property {(value: number) => string} [formatAxis]
 * @property {(low: number, high: number) => [number, number]} [range]  of y
 * @property {boolean} [logX]
 * @property {boolean} [whole]  x begins at 0 and has ticks at whole numbers
 * @property {() => { x: number, text: string }[]} [marks]
 * @property {string} [sync]  charts of one name share a cursor and a zoom
 * @property {(x: number) => void} [onPick]  told of an x that was clicked, or chosen with Enter
 */

/** @type {Record<string, string>} */
let colours = {};
const probe = make('i', { hidden: '' });
/** @param {string} name */
function colour(name) {
  if (!probe.isConnected) document.body.append(probe);
  probe.style.color = `var(${name})`;
  return (colours[name] ??= getComputedStyle(probe).color);
}
/** Those of the other scheme. */
function forgetColours() {
  colours = {};
  for (const chart of charts) chart.redraw();
}
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', forgetColours);
addEventListener('theme', forgetColours);

/** @type {Set<Chart>} */
const charts = new Set();

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
  #hidden = new Set();
  /** @type {number[]} */
  #lengths = [];
  /** @type {{ min: number, max: number } | null} */
  #zoom = null;
  #log = false;
  #tall = 0;
  /** What was pressed became a zoom, and is no click. */
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
    place.addEventListener('wheel', (event) => this.#onWheel(event), { passive: false });
    this.#pinch();
    if (options.onPick) {
      this.#plotted.addEventListener('pointerdown', () => {
        this.#dragged = false;
      });
      this.#plotted.addEventListener('click', () => this.#pick());
    }
    new ResizeObserver(() => this.resize()).observe(place);
    charts.add(this);
    // For whoever asks the page what the chart shows: tests, scripts, extensions.
    /** @type {any} */ (place).chartData = () => this.#plot?.data.map((column) => Array.from(column)) ?? [];
    this.#build();
  }

  #size() {
    this.#tall ||=
      parseFloat(getComputedStyle(this.#place).getPropertyValue('--plot')) *
      parseFloat(getComputedStyle(document.documentElement).fontSize);
    return { width: Math.max(160, this.#place.clientWidth), height: this.#tall };
  }

  resize() {
    if (!this.#place.clientWidth) return;
    this.#tall = 0;
    this.#plot?.setSize(this.#size());
    this.draw();
  }

  redraw() {
    this.#plot?.redraw(false, true);
    this.#drawKeys();
  }

  /** Other lines, or a logarithmic y. @param {{ lines?: Line[], log?: boolean }} change */
  change({ lines, log }) {
    if (lines) this.#options.lines = lines;
    if (log !== undefined) this.#log = log;
    this.#build();
    this.draw();
  }

  get lines() {
    return this.#options.lines;
  }

  #build() {
    const { lines, logX, whole, format, formatAxis = format, formatX, range, sync } = this.#options;
    this.#plot?.destroy();
    const axis = {
      stroke: () => colour('--soft'),
      grid: { stroke: () => colour('--grid'), width: 1 },
      ticks: { show: false },
      font: '12px system-ui',
    };
    const splits = (
      /** @type {any} */ _,
      /** @type {number} */ __,
      /** @type {number} */ low,
      /** @type {number} */ high,
    ) => decades(low, high);
    const second = lines.some((l) => l.second && !this.#hidden.has(l.key));
    this.#plot = new uPlot(
      {
        ...this.#size(),
        padding: [8, second ? 0 : 12, 0, 0],
        scales: {
          x: {
            time: false,
            distr: logX ? 3 : 1,
            range: (_, low, high) => {
              if (this.#zoom) return [this.#zoom.min, this.#zoom.max];
              return logX ? [low ?? 1e-7, high ?? 10] : [Math.min(0, low ?? 0), Math.max(high ?? 0, 1)];
            },
          },
          y: {
            distr: this.#log ? 3 : 1,
            range: (_, low, high) => {
              if (low == null || high == null) return this.#log ? [0.01, 1] : [0, 1];
              if (this.#log) return [Math.max(low, 1e-9) / 1.2, Math.max(high, 1e-9) * 1.2];
              return range ? range(low, high) : [0, high * 1.05 || 1];
            },
          },
          second: { range: (_, __, high) => [0, (high || 1) * 1.1] },
        },
        axes: [
          {
            ...axis,
            size: 26,
            ...(logX && { splits }),
            incrs: whole
              ? [1, 2, 5].flatMap((m) => [0.1, 1, 10, 100, 1000].map((p) => m * p)).sort((a, b) => a - b)
              : undefined,
            values: (_, ticks) =>
              ticks.map((v) => (logX ? (Number.isInteger(Math.log10(v)) ? formatX(v) : '') : String(+v.toFixed(2)))),
          },
          {
            ...axis,
            size: 48,
            ...(this.#log && { splits }),
            values: (_, ticks) =>
              ticks.map((v) => (v == null ? '' : this.#log && !Number.isInteger(Math.log10(v)) ? '' : formatAxis(v))),
          },
          {
            ...axis,
            show: second,
            side: 1,
            scale: 'second',
            size: 52,
            stroke: () => colour('--rate'),
            grid: { show: false },
            values: (_, ticks) => ticks.map((v) => String(+v.toPrecision(2))),
          },
        ],
        cursor: {
          drag: { x: true, y: false, setScale: false },
          points: { size: 7 },
          sync: sync ? { key: sync, scales: ['x', null] } : undefined,
        },
        legend: { show: false },
        select: { show: true, left: 0, top: 0, width: 0, height: 0 },
        series: [
          {},
          ...lines.map((l) => ({
            label: l.key,
            scale: l.second ? 'second' : 'y',
            show: !this.#hidden.has(l.key),
            stroke: () => colour(l.stroke),
            width: l.width ?? 2,
            alpha: l.alpha ?? 1,
            dash: l.dash,
            points: {
              show: (/** @type {any} */ u, /** @type {number} */ i) =>
                !!l.points && this.#lengths[i - 1] * POINT_SPACE < u.width,
              size: 6,
              fill: () => colour(l.stroke),
            },
            spanGaps: false,
          })),
        ],
        hooks: {
          setCursor: [() => this.#showValues()],
          setSelect: [(u) => this.#onSelect(u)],
          draw: [(u) => this.#drawMarks(u)],
        },
      },
      [[], ...lines.map(() => [])],
      this.#plotted,
    );
    this.#buildKeys();
  }

  // ---- what is shown ----

  /** Draws what the owner has now. @param {string} [nothing]  what is said while there is nothing */
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

  /** The values that are shown, as rows for a table: x, and a text for each line. @param {number} most */
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

  /** x, and each line's values there. */
  get data() {
    return /** @type {[number[], ...(number | null | undefined)[][]]} */ (
      (this.#plot?.data ?? [[]]).map((column) => Array.from(column))
    );
  }

  /** As it is drawn. @param {string} name */
  colour(name) {
    return colour(name);
  }

  /** What stands there, as a picture. @returns {HTMLCanvasElement | null} */
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

  /** At the cursor, or at the end: each line's last value there. */
  #valuesAt(/** @type {number | null | undefined} */ at) {
    const data = this.#plot?.data ?? [[]],
      end = at ?? data[0].length - 1;
    return data.slice(1).map((column) => {
      for (let i = end; i >= 0 && i > end - 400; i--) if (column[i] != null) return /** @type {number} */ (column[i]);
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

  /** @param {{ min: number, max: number } | null} to */
  zoomTo(to) {
    const { sync } = this.#options;
    for (const chart of charts)
      if (chart === this || (sync && chart.#options.sync === sync)) {
        chart.#zoom = to;
        chart.draw();
      }
  }

  /** Nearer by a factor about the middle, or about `centre`. @param {number} factor @param {number} [centre] */
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

  /** The whole of x. */
  #zoomedOut() {
    const all = this.#options.source(null, 2).flatMap((c) => (c.x.length ? [c.x[0], c.x[c.x.length - 1]] : []));
    return all.length
      ? { min: this.#options.logX ? Math.min(...all) : 0, max: Math.max(...all, this.#options.logX ? 0 : 1) }
      : null;
  }

  get zoom() {
    return this.#zoom;
  }

  /** @param {import('uplot')} u */
  #onSelect(u) {
    const { left, width } = u.select;
    if (width < 4) return;
    this.#dragged = true;
    const to = { min: u.posToVal(left, 'x'), max: u.posToVal(left + width, 'x') };
    u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    this.zoomTo(to);
  }

  /** With Ctrl, as a pinch on a touch pad sends it; else the page scrolls. @param {WheelEvent} event */
  #onWheel(event) {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    const box = this.#plot?.over.getBoundingClientRect();
    if (box) this.zoomBy(Math.exp(-event.deltaY / 200), this.#plot?.posToVal(event.clientX - box.left, 'x'));
  }

  /** Two fingers. */
  #pinch() {
    /** @type {Map<number, number>} */
    const fingers = new Map();
    let apart = 0;
    const distance = () => Math.abs([...fingers.values()].reduce((a, b) => a - b));
    this.#place.addEventListener('pointerdown', (event) => {
      if (event.pointerType !== 'touch') return;
      fingers.set(event.pointerId, event.clientX);
      if (fingers.size === 2) apart = distance();
    });
    this.#place.addEventListener('pointermove', (event) => {
      if (!fingers.has(event.pointerId)) return;
      fingers.set(event.pointerId, event.clientX);
      if (fingers.size !== 2 || distance() < 20 || apart < 20) return;
      this.zoomBy(distance() / apart);
      apart = distance();
    });
    for (const end of ['pointerup', 'pointercancel', 'pointerleave'])
      this.#place.addEventListener(end, (event) => fingers.delete(/** @type {PointerEvent} */ (event).pointerId));
  }

  // ---- without a mouse ----

  /** Where the cursor is. */
  #pick() {
    const left = this.#plot?.cursor.left ?? -1;
    if (this.#plot && left >= 0 && !this.#dragged) this.#options.onPick?.(this.#plot.posToVal(left, 'x'));
  }

  /** Arrows move through the points and tell them. @param {KeyboardEvent} event */
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
