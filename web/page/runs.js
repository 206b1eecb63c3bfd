// @ts-check
/**
 * runs.js - every run is kept, with its settings, curves and result: sorted, laid over each other, compared, restored.
 */
import { app, on, orShowError, emit } from './app.js';
import { overlay } from './curves.js';
import { button, byId, make, say, setText, whyOf } from './dom.js';
import { fileBytes } from './file-bytes.js';
import { download } from './files.js';
import { reduce } from '../plots/reduce.js';
import { runsOf, textOfRuns } from './runs-file.js';
import { setPlan, writeSettings } from './settings.js';
import { dropRun, keepRun, keptRuns } from './store.js';
import { fixed, moment, percent, rate, t, whole } from './strings.js';
import { toast } from './toast.js';

const OVERLAYS = 3,
  POINTS = 400;
/** The largest file of runs that is read. */
const MOST_BYTES = 200e6;

/** @typedef {import('./store.js').KeptRun} KeptRun */
/** @type {KeptRun[]} */
let runs = [];
/** The runs whose curves are laid over the present ones. @type {Set<string>} */
const ticked = new Set();
let sortBy = 'at',
  falling = true;

/** @param {number | string} lr */
const lrText = (lr) => (typeof lr === 'number' ? rate(lr) : String(lr ?? ''));
/** @type {Record<string, { of: (run: KeptRun) => string | number, text: (run: KeptRun) => string }>} */
const COLUMNS = {
  name: { of: (r) => r.name, text: (r) => r.name },
  model: {
    of: (r) => r.line,
    text: (r) => (r.settings.model?.length > 24 ? `${r.settings.model.slice(0, 23)}…` : (r.settings.model ?? '')),
  },
  data: { of: (r) => r.dataName, text: (r) => r.dataName },
  lr: { of: (r) => Number(String(r.settings.lr).split(':').at(-1)), text: (r) => lrText(r.settings.lr) },
  batch: { of: (r) => r.settings.batch ?? 0, text: (r) => String(r.settings.batch ?? '') },
  optimizer: { of: (r) => r.settings.optimizer ?? '', text: (r) => r.settings.optimizer ?? '' },
  epochs: { of: (r) => r.epochs.length, text: (r) => String(r.epochs.length) },
  accuracy: { of: (r) => r.epochs.at(-1)?.accuracy ?? 0, text: (r) => percent(r.epochs.at(-1)?.accuracy ?? 0, 2) },
  seconds: { of: (r) => secondsOf(r), text: (r) => fixed(secondsOf(r), 1) },
  seed: { of: (r) => r.settings.seed ?? 0, text: (r) => String(r.settings.seed ?? '') },
  at: { of: (r) => r.at, text: (r) => moment(r.at) },
};
/** The settings columns: values that differ between runs are bold. */
const SETTINGS = ['model', 'data', 'lr', 'batch', 'optimizer', 'seed'];

/** @param {KeptRun} run */
const secondsOf = (run) => run.epochs.reduce((sum, e) => sum + e.seconds, 0);

/** Shows beside the runs that storage is full or forbidden. @param {unknown} error */
function unkept(error) {
  setText(
    byId('runs-note'),
    t(/** @type {any} */ (error)?.name === 'QuotaExceededError' ? 'runs.full' : 'runs.unkept'),
  );
}

/** Keeps the run that has ended, as plain data. */
async function keep() {
  const run = app.run;
  if (!run?.epochs.length || !run.end) return;
  const xs = run.x.values(),
    ys = run.smooth.values(),
    points = reduce(xs, ys, POINTS / 2);
  run.name ||= t('run.name', {
    number: runs.reduce((most, r) => Math.max(most, Number(r.name.match(/\d+$/)?.[0] ?? 0)), 0) + 1,
  });
  /** @type {KeptRun} */
  const kept = {
    id: run.id,
    name: run.name,
    at: run.started,
    settings: run.settings,
    line: run.line,
    dataName: run.dataName,
    classes: run.classes,
    end: run.end,
    digest: run.digest,
    build: app.build,
    epochs: run.epochs.slice(-10000),
    x: Float64Array.from(points, (i) => xs[i]),
    smooth: Float64Array.from(points, (i) => ys[i]),
    marks: run.marks,
    changes: run.changes,
    matrix: run.confusion,
  };
  runs = [kept, ...runs.filter((r) => r.id !== kept.id)];
  draw();
  await keepRun(kept).catch(unkept);
}

function drawOverlays() {
  overlay(runs.filter((r) => ticked.has(r.id)).map(({ name, x, smooth, epochs }) => ({ name, x, smooth, epochs })));
}

/** @param {KeptRun} run */
function remove(run) {
  runs = runs.filter((r) => r !== run);
  ticked.delete(run.id);
  dropRun(run.id).catch(unkept);
  draw();
  drawOverlays();
  toast(t('run.deleted', { name: run.name }), () => {
    runs = [run, ...runs];
    keepRun(run).catch(unkept);
    draw();
  });
}

/** @param {KeptRun} run */
function nameField(run) {
  const field = make('input', { 'aria-label': t('run.rename'), value: run.name, maxlength: '60', autocomplete: 'off' });
  field.addEventListener('change', () => {
    run.name = field.value.trim() || run.name;
    if (app.run?.id === run.id) app.run.name = run.name;
    keepRun(run).catch(unkept);
    drawOverlays();
  });
  return field;
}

/** @param {KeptRun} run @param {Set<string>} differing */
function row(run, differing) {
  const tick = make('input', { type: 'checkbox', 'aria-label': t('run.overlay', { name: run.name }) });
  tick.checked = ticked.has(run.id);
  tick.addEventListener('change', () => {
    if (!tick.checked) ticked.delete(run.id);
    else if (ticked.size < OVERLAYS) ticked.add(run.id);
    else tick.checked = false;
    drawOverlays();
    drawCompare();
  });
  const restore = button(
    'run.restore',
    () => {
      setPlan(run.changes ?? []);
      writeSettings(run.settings);
      toast(t('run.restored', { name: run.name }));
    },
    { 'aria-label': `${t('run.restore')}: ${run.name}` },
  );
  const away = button('run.delete', () => remove(run), { 'aria-label': `${t('run.delete')}: ${run.name}` });
  return make(
    'tr',
    { title: run.digest ? t('run.digest', { digest: run.digest }) : '' },
    make('td', {}, tick),
    ...Object.entries(COLUMNS).map(([key, column]) =>
      key === 'name'
        ? make('th', { scope: 'row' }, nameField(run))
        : make('td', {}, differing.has(key) ? make('b', {}, column.text(run)) : column.text(run)),
    ),
    make('td', { class: 'row' }, restore, away),
  );
}

function draw() {
  /** @type {HTMLButtonElement} */ (byId('runs-export')).disabled = runs.length === 0;
  byId('runs-table').hidden = runs.length === 0;
  /** @type {HTMLElement} */ (byId('runs').querySelector('.empty')).hidden = runs.length > 0;
  const differing = new Set(SETTINGS.filter((key) => new Set(runs.map((r) => COLUMNS[key].of(r))).size > 1));
  const column = COLUMNS[sortBy];
  const sorted = [...runs].sort(
    (a, b) => (column.of(a) < column.of(b) ? -1 : column.of(a) > column.of(b) ? 1 : 0) * (falling ? -1 : 1),
  );
  byId('runs-table')
    .querySelector('tbody')
    ?.replaceChildren(...sorted.map((r) => row(r, differing)));
  for (const head of byId('runs-table').querySelectorAll('th[data-key]'))
    head.setAttribute(
      'aria-sort',
      /** @type {HTMLElement} */ (head).dataset.key !== sortBy ? 'none' : falling ? 'descending' : 'ascending',
    );
  drawCompare();
}

/** Compares the two runs that are ticked. */
function drawCompare() {
  const [a, b] = runs.filter((r) => ticked.has(r.id) && r.matrix),
    place = byId('compare');
  place.hidden = ticked.size !== 2 || !a || !b;
  if (place.hidden) return;
  if (a.classes.join('\n') !== b.classes.join('\n') || a.dataName !== b.dataName) {
    place.replaceChildren(say('p', 'compare.other', { class: 'hint' }));
    return;
  }
  const n = a.classes.length,
    difference = Array.from(
      /** @type {Uint32Array} */ (b.matrix),
      (count, i) => count - /** @type {Uint32Array} */ (a.matrix)[i],
    );
  const most = Math.max(1, ...difference.map(Math.abs));
  const cell = (/** @type {number} */ value, /** @type {number} */ r, /** @type {number} */ c) => {
    const made = make(
      'td',
      {
        class: (r === c) === value > 0 ? 'better' : 'worse',
        'aria-label': t('matrix.cell', { actual: a.classes[r], predicted: a.classes[c], count: value }),
      },
      value === 0 ? '·' : `${value > 0 ? '+' : '−'}${whole(Math.abs(value))}`,
    );
    made.style.setProperty('--shade', `${value ? Math.round(8 + 37 * Math.sqrt(Math.abs(value) / most)) : 0}%`);
    return made;
  };
  const table = make(
    'table',
    { class: 'confusion' },
    make('caption', {}, t('compare.caption', { a: a.name, b: b.name })),
    make('thead', {}, make('tr', {}, make('td'), ...a.classes.map((name) => make('th', { scope: 'col' }, name)))),
    make(
      'tbody',
      {},
      ...a.classes.map((name, r) =>
        make(
          'tr',
          {},
          make('th', { scope: 'row' }, name),
          ...a.classes.map((_, c) => cell(difference[r * n + c], r, c)),
        ),
      ),
    ),
  );
  table.style.setProperty('--classes', String(n));
  place.replaceChildren(table);
}

/** Adds the runs of a file; runs that are already here stay as they are. @param {HTMLInputElement} input */
async function bring(input) {
  const file = input.files?.[0];
  input.value = '';
  if (!file) return;
  const { runs: found, refused } =
    file.size < MOST_BYTES
      ? runsOf(new TextDecoder().decode(await fileBytes(file, file.name)))
      : { runs: [], refused: 1 };
  const fresh = found.filter((run) => !runs.some((r) => r.id === run.id));
  runs = [...fresh, ...runs];
  draw();
  toast(t('runs.imported', { count: fresh.length }) + (refused ? ` ${t('runs.refused', { count: refused })}` : ''));
  for (const run of fresh) await keepRun(run).catch(unkept);
}

export async function startRuns() {
  const heads = Object.keys(COLUMNS).map((key) => {
    const sort = button(
      key === 'name' ? 'run.title' : `run.${key}`,
      () => {
        falling = sortBy === key ? !falling : key !== 'name';
        sortBy = key;
        draw();
      },
      { class: 'link' },
    );
    return make('th', { scope: 'col', 'data-key': key }, sort);
  });
  const file = make('input', {
    id: 'runs-import',
    class: 'visually-hidden',
    type: 'file',
    accept: '.json,application/json',
  });
  file.addEventListener(
    'change',
    orShowError(() => bring(file)),
  );
  byId('runs').append(
    whyOf('runs.why'),
    make('p', { id: 'runs-note', class: 'hint', role: 'note' }),
    make(
      'div',
      { class: 'row' },
      button(
        'runs.export',
        () => download(new Blob([textOfRuns(runs)], { type: 'application/json' }), 'inklearn-runs.json'),
        { id: 'runs-export' },
      ),
      say('label', 'runs.import', { class: 'button small', for: 'runs-import' }),
      file,
    ),
    make(
      'div',
      { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': t('runs'), 'data-t-label': 'runs' },
      make(
        'table',
        { id: 'runs-table', class: 'runs-table', hidden: '' },
        make('thead', {}, make('tr', {}, say('th', 'run.show', { scope: 'col' }), ...heads, make('td'))),
        make('tbody'),
      ),
    ),
    make('div', { id: 'compare', class: 'scroll', hidden: '' }),
  );
  byId('runs').hidden = false;
  runs = await keptRuns().catch((error) => {
    unkept(error);
    return [];
  });
  const keepEnded = () => keep().catch(unkept);
  on('state', () => void keepEnded());
  on('language', draw);
  draw();
  await keepEnded(); // the run may have ended before this part was loaded
  emit('kept');
}
