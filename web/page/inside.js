// @ts-check
/**
 * inside.js - a look inside: first weights as pictures, what each layer makes of your digit, spreads over time, eight
 * pictures to follow.
 */
import { SIZES } from '../../build/schema.js';
import { app, ask, className, on } from './app.js';
import { byId, drawSigned, make, picture, say, setText, shape, signedPicture, whyOf } from './dom.js';
import { part } from './frame.js';
import { hasReading } from './reading.js';
import { fixed, percent, t } from './strings.js';

/** The most channels of a layer, filters of the first layer, and moments of a spread that are shown. */
const CHANNELS = 16,
  FILTERS = 32,
  MOMENTS = 160;
const FOLLOWED = 8;

const panel = () => /** @type {HTMLDetailsElement} */ (byId('inside'));
/** Says if a part is open: the worker is asked for nothing else. @param {string} id */
const isOpen = (id) =>
  panel().open && /** @type {HTMLDetailsElement | null} */ (document.getElementById(id))?.open !== false;

// ---- the first layer's weights ----

async function drawFilters() {
  /** @type {import('../core/protocol.js').Filters | null} */
  const found = await ask({ type: 'filters' });
  const place = byId('filters'),
    shown = found?.filters.slice(0, FILTERS) ?? [];
  const perClass = found?.filters.length === app.data?.classes.length && found?.width === 28;
  if (place.childElementCount !== shown.length)
    place.replaceChildren(
      ...shown.map((_, i) =>
        make(
          'figure',
          {},
          make('canvas', { role: 'img', 'aria-label': t('filter', { number: perClass ? className(i) : i + 1 }) }),
          ...(perClass ? [make('figcaption', {}, className(i))] : []),
        ),
      ),
    );
  shown.forEach((values, i) =>
    drawSigned(
      /** @type {HTMLCanvasElement} */ (place.children[i].firstChild),
      values,
      found?.width ?? 1,
      found?.height ?? 1,
    ),
  );
  setText(
    byId('filters-text'),
    t(!found ? 'filters.none' : perClass ? 'filters.templates' : 'filters.text', {
      count: found?.filters.length,
      shown: shown.length,
    }),
  );
}

// ---- what each layer makes of the digit ----

async function drawActivations() {
  const layers = (app.info?.layers ?? [])
    .map((l, index) => ({ ...l, index, count: l.shape.reduce((a, b) => a * b, 1) }))
    .filter((l) => l.name !== 'flatten' && l.count <= 200_000);
  if (!layers.length || !hasReading()) return setText(byId('activations-text'), t('activations.draw'));
  /** @type {Float32Array[]} */
  const values = await ask({ type: 'activations', layers: layers.map(({ index }) => index) });
  setText(byId('activations-text'), '');
  byId('activations').replaceChildren(
    ...layers.map(({ name, shape }, i) => {
      const most = values[i].reduce((m, v) => Math.max(m, Math.abs(v)), 0),
        [channels, height = 1, width = 1] = shape,
        area = height * width;
      const pictures =
        area > 1
          ? Array.from({ length: Math.min(CHANNELS, channels) }, (_, c) =>
              signedPicture(values[i].subarray(c * area, (c + 1) * area), width, height, '', most),
            )
          : [
              Object.assign(signedPicture(values[i].subarray(0, 512), Math.min(channels, 512), 1, '', most), {
                className: 'strip',
              }),
            ];
      return make(
        'div',
        { class: 'layer', role: 'img', 'aria-label': t('activation', { name, shape: shape.join(' × ') }) },
        make('b', {}, name),
        ' ',
        make('small', {}, shape.join(' × ')),
        make('div', { class: 'channels' }, ...pictures),
      );
    }),
  );
}

// ---- spreads over time ----

/** @type {{ at: number, spreads: import('../core/protocol.js').Spread[] }[]} */
let moments = [];

async function takeMoment() {
  const spreads = await ask({ type: 'spreads' });
  if (!spreads.length) return;
  moments.push({ at: app.run?.at ?? 0, spreads });
  // When there are too many, every second one stays: early and late are kept alike.
  if (moments.length > MOMENTS) moments = moments.filter((_, i) => i % 2 === 0);
  drawSpreads();
}

function drawSpreads() {
  const select = /** @type {HTMLSelectElement} */ (byId('spread-tensor')),
    names = moments[0]?.spreads.map((s) => s.name) ?? [];
  if (Array.from(select.options, (o) => o.value).join() !== names.join())
    select.replaceChildren(...names.map((name) => make('option', { value: name }, name)));
  for (const what of /** @type {const} */ (['values', 'gradients'])) {
    const all = moments.map((m) => m.spreads.find((s) => s.name === select.value)?.[what]).filter((h) => !!h);
    if (!all.length) continue;
    const least = Math.min(...all.map((h) => h.least)),
      most = Math.max(...all.map((h) => h.most)),
      rows = 64,
      width = most - least || 1;
    const image = new Float32Array(rows * all.length);
    all.forEach((h, x) =>
      h.counts.forEach((count, bin) => {
        // Where this moment's bin lies in the range of all moments; a bin wider than a row covers several.
        const from = ((h.least + (bin * (h.most - h.least)) / SIZES.histogramBins - least) / width) * rows,
          to = ((h.least + ((bin + 1) * (h.most - h.least)) / SIZES.histogramBins - least) / width) * rows;
        for (let r = Math.floor(from); r < Math.max(to, Math.floor(from) + 1) && r < rows; r++)
          image[(rows - 1 - r) * all.length + x] += Math.sqrt(count) / Math.max(1, to - from);
      }),
    );
    drawSigned(/** @type {HTMLCanvasElement} */ (byId(`spread-${what}`)), image, all.length, rows);
    setText(
      byId(`spread-${what}-text`),
      t('spread.range', {
        least: fixed(least, 3),
        most: fixed(most, 3),
        from: fixed(moments[0].at, 1),
        to: fixed(moments[moments.length - 1].at, 1),
      }),
    );
  }
}

// ---- eight pictures to follow ----

/** @type {{ index: number, label: number, history: number[] }[]} */
let followed = [];

async function choosePictures() {
  const valid = app.data?.valid ?? 0,
    indices = Array.from({ length: Math.min(FOLLOWED, valid) }, (_, i) => Math.floor(((i + 0.37) * valid) / FOLLOWED));
  if (!indices.length) return;
  const { pictures, labels } = await ask({ type: 'pictures', split: 'valid', indices });
  followed = indices.map((index, i) => ({ index, label: labels[i], history: [] }));
  byId('followed').replaceChildren(
    ...pictures.map((/** @type {Uint8Array} */ pixels, /** @type {number} */ i) => {
      const svg = shape('svg', { viewBox: '0 0 56 18', class: 'spark', 'aria-hidden': 'true' });
      svg.append(shape('path', {}));
      return make(
        'figure',
        {},
        picture(pixels, t('picture.of', { name: className(labels[i]) })),
        svg,
        make('figcaption'),
      );
    }),
  );
}

async function follow() {
  const n = app.data?.classes.length ?? 0;
  /** @type {{ probabilities: Float32Array }} */
  const { probabilities } = await ask({ type: 'predictions', split: 'valid', indices: followed.map((f) => f.index) });
  followed.forEach((f, i) => {
    const own = probabilities.subarray(i * n, (i + 1) * n),
      best = own.indexOf(Math.max(...own)),
      figure = byId('followed').children[i];
    f.history.push(own[f.label]);
    if (f.history.length > 56) f.history = f.history.filter((_, k) => k % 2 === 0);
    const points = f.history.map(
      (p, k) => `${((56 * k) / Math.max(1, f.history.length - 1)).toFixed(1)},${(17 - 16 * p).toFixed(1)}`,
    );
    figure?.querySelector('path')?.setAttribute('d', `M${points.join('L')}`);
    const caption = /** @type {HTMLElement | null} */ (figure?.querySelector('figcaption') ?? null);
    if (caption) setText(caption, `${best === f.label ? '✓' : '✗'} ${className(best)} ${percent(own[best], 0)}`);
  });
}

// ---- together ----

/** The network or the data may change meanwhile; then the next drawing shows the new ones. */
const quiet = () => {};

const refresh = part(() => {
  if (!panel().open || !app.run) return;
  drawFilters().catch(quiet);
  if (isOpen('activations-part')) drawActivations().catch(quiet);
  if (isOpen('spreads-part')) takeMoment().catch(quiet);
  if (isOpen('followed-part')) follow().catch(quiet);
}, 900);

/** @param {string} id @param {string} title @param {...Node} content */
const section = (id, title, ...content) => {
  const details = make('details', { class: 'more', id }, say('summary', title), ...content);
  details.addEventListener('toggle', () => refresh(true));
  return details;
};

export function startInside() {
  const select = make('select', {
    id: 'spread-tensor',
    'data-t-label': 'spread.tensor',
    'aria-label': t('spread.tensor'),
  });
  select.addEventListener('change', drawSpreads);
  const spread = (/** @type {'values' | 'gradients'} */ what) =>
    make(
      'figure',
      {},
      say('h4', `spread.${what}`),
      make('canvas', {
        id: `spread-${what}`,
        class: 'spread',
        role: 'img',
        'data-t-label': `spread.${what}`,
        'aria-label': t(`spread.${what}`),
      }),
      make('figcaption', { id: `spread-${what}-text` }),
    );
  panel().append(
    say('p', 'inside.hint', { class: 'hint' }),
    whyOf('inside.why'),
    make('p', { id: 'filters-text', class: 'hint' }, t('filters.wait')),
    make('div', { id: 'filters', class: 'filters' }),
    section(
      'followed-part',
      'followed',
      say('p', 'followed.hint', { class: 'hint' }),
      make('div', { id: 'followed', class: 'followed' }),
    ),
    section(
      'activations-part',
      'activations',
      make('p', { id: 'activations-text', class: 'hint' }),
      make('div', { id: 'activations' }),
    ),
    section(
      'spreads-part',
      'spreads',
      say('p', 'spreads.hint', { class: 'hint' }),
      select,
      spread('values'),
      spread('gradients'),
    ),
  );
  panel().hidden = false;
  panel().open = !matchMedia('(max-width: 45rem)').matches;
  panel().addEventListener('toggle', () => refresh(true));
  for (const news of /** @type {const} */ (['steps', 'epoch'])) on(news, () => refresh());
  for (const news of /** @type {const} */ (['state', 'language'])) on(news, () => refresh(true));
  on('read', () => {
    if (isOpen('activations-part')) drawActivations().catch(quiet);
  });
  on('data', () => {
    choosePictures().catch(quiet);
  });
  on('forget', () => {
    moments = [];
    for (const f of followed) f.history = [];
    byId('filters').replaceChildren();
    setText(byId('filters-text'), t('filters.wait'));
  });
  choosePictures().catch(quiet);
}
