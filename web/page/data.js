// @ts-check
/** data.js - the choice of a data set, the report on its load, and its pictures. */
import { app, ask, className, showMessage, showError, on, orShowError, emit } from './app.js';
import { byId, make, picture, setText } from './dom.js';
import { chosenFiles } from './listing.js';
import { loadPart } from './parts.js';
import { fixed, t, whole } from './strings.js';

/** The built-in data set; `data/index.json` lists all that the site has. */
const BUILT_IN = 'data/digits.tar.gz';
/** The same pictures in the same order, as IDX files, which need no decoding of PNGs. */
const BUILT_IN_PARTS = [
  new URL('../data/digits-train-labels.idx.gz', import.meta.url),
  new URL('../data/digits-train-images.idx.gz', import.meta.url),
  new URL('../data/digits-test-labels.idx.gz', import.meta.url),
  new URL('../data/digits-test-images.idx.gz', import.meta.url),
].map(({ href }) => href);
const COLUMNS = 10,
  ROWS = 4;

// ---- loading ----

/**
 * A source; a listing is for more files than fit one message: the trainer asks for them.
 * @typedef {import('../core/protocol.js').Source | { kind: 'listing', listing: import('./listing.js').Listing, name:
 *   string }} From
 */
/** The source of the present data set, which is loaded again when the worker was lost. @type {From | null} */
let source = null;

/** @param {From} from @returns {Promise<import('../core/protocol.js').LoadReport>} */
async function askFor(from) {
  const mine = (app.loading = { name: from.name, listed: 0, progress: null });
  emit('loading');
  try {
    if (from.kind !== 'listing') return await ask({ type: 'load', source: from });
    const folder = from.name,
      port = from.listing.port();
    from.listing.onProgress = (found, complete) => {
      mine.listed = found;
      if (complete) from.name = mine.name = nameOf(folder, found);
      emit('loading');
    };
    return {
      ...(await ask({ type: 'load', source: { kind: 'batches', port, name: folder } }, [port])),
      name: from.name,
    };
  } finally {
    if (app.loading === mine) app.loading = null;
    emit('loading');
  }
}

/**
 * Loads a set in place of the one that is there.
 * @param {From} from
 * @returns {Promise<boolean | null>} true: it is there now; null: another was asked for meanwhile
 */
export async function load(from) {
  showMessage('');
  try {
    app.data = await askFor(from);
    source = from;
    emit('forget');
    emit('data');
    return true;
  } catch (error) {
    const failed = /** @type {import('./client.js').WorkerError} */ (error);
    if (failed.code === 'aborted') return null;
    showProblems(failed.skipped, failed.problems);
    showMessage(
      t(app.data ? 'data.refused.stays' : 'data.refused', {
        name: from.name,
        message: failed.message.replace(/\.$/, ''),
        old: app.data?.name,
      }),
    ); // the message begins with a file's name
    return false;
  }
}

/** Loads the present data set again, for a new worker. */
export async function reload() {
  if (source) app.data = await askFor(source);
}

/** @param {string} folder @param {number} count */
const nameOf = (folder, count) => t('data.files.name', { name: folder, count: whole(count) });

/** @param {import('./listing.js').Listing} listing */
export async function loadFiles(listing) {
  const files = await listing.few(),
    [first] = files ?? (await listing.between(0, 1));
  if (!first) return showMessage(t('data.nofiles'));
  const folder = first.path.split('/')[0];
  await loadOwn(
    !files
      ? { kind: 'listing', listing, name: folder }
      : { kind: 'files', files, name: files.length === 1 ? first.path : nameOf(folder, files.length) },
  );
}

/** The value of the choice for the data set that is loaded. */
let there = BUILT_IN;
const choice = () => /** @type {HTMLSelectElement} */ (byId('data-choice'));

/** @param {HTMLOptionElement} option */
async function loadSet(option) {
  const { value, text: name } = option;
  const loaded = await load(
    value === BUILT_IN
      ? { kind: 'urls', urls: BUILT_IN_PARTS, name }
      : { kind: 'url', url: new URL(value, document.baseURI).href, name },
  );
  if (loaded === null) return;
  if (loaded) there = option.value;
  choice().value = there;
}

/** @param {From} from */
async function loadOwn(from) {
  if (!(await load(from))) return;
  choice().querySelector('[value=own]')?.remove();
  choice().append(make('option', { value: 'own' }, from.name));
  choice().value = there = 'own';
}

// ---- what was loaded ----

function showReport() {
  const report = app.data;
  if (!report) return;
  const named = report.classes.slice(0, 10).join(', ') + (report.classes.length > 10 ? ', …' : '');
  const sentences = [
    t('data.report', {
      name: report.name,
      train: whole(report.train),
      valid: whole(report.valid),
      classes: report.classes.length,
      named,
      seconds: fixed(report.seconds, 1),
    }),
  ];
  if (report.apart) sentences.push(t('data.apart', { count: whole(report.apart) }));
  if (report.litter) sentences.push(t('data.litter', { count: whole(report.litter) }));
  setText(byId('data-summary'), sentences.join(' '));
  byId('data-summary').removeAttribute('data-t');
  showProblems(report.skipped, report.problems);
}

/** @param {number} skipped  @param {{ path: string, reason: string }[]} problems */
function showProblems(skipped, problems) {
  const details = byId('load-report');
  details.hidden = skipped === 0;
  const key = skipped > problems.length ? 'data.skipped.first' : 'data.skipped';
  setText(
    /** @type {HTMLElement} */ (details.querySelector('summary')),
    t(key, { count: skipped, named: problems.length }),
  );
  const lines = problems.map(({ path, reason }) => make('li', {}, `${path}: ${reason}`));
  if (skipped > problems.length)
    lines.push(make('li', {}, t('data.skipped.more', { count: whole(skipped - problems.length) })));
  details.querySelector('ul')?.replaceChildren(...lines);
}

// ---- its pictures ----

/**
 * The pictures that are shown, and the network's loss for each, epoch by epoch.
 * @type {{ index: number, label: number, losses: number[] }[]}
 */
let shown = [];

/**
 * Shows a column of pictures for each class, at most ten columns; a column has one class where the order allows it.
 * @param {boolean} random
 */
async function showPictures(random) {
  const report = app.data;
  if (!report) return;
  const count = Math.min(COLUMNS * ROWS, report.train);
  // The order is by class: equal steps through it meet each class equally often.
  const indices = Array.from({ length: count }, (_, i) => {
    const column = i % COLUMNS,
      row = Math.floor(i / COLUMNS),
      slice = report.train / count;
    return Math.min(
      report.train - 1,
      Math.floor((column * (count / COLUMNS) + row + (random ? Math.random() : 0.5)) * slice),
    );
  });
  const { pictures, labels } = await ask({ type: 'pictures', split: 'train', indices });
  shown = indices.map((index, i) => ({ index, label: labels[i], losses: [] }));
  const buttons = pictures.map((/** @type {Uint8Array} */ pixels, /** @type {number} */ i) => {
    const item = make(
      'div',
      { role: 'listitem', tabindex: '0', 'aria-label': t('picture.of', { name: className(labels[i]) }) },
      picture(pixels, ''),
    );
    for (const type of ['pointerenter', 'focus']) item.addEventListener(type, () => describePicture(i));
    return item;
  });
  byId('mosaic').replaceChildren(...buttons);
}

/** Describes a picture: its class, and its loss over the epochs of this run. @param {number} i */
function describePicture(i) {
  const { label, losses } = shown[i];
  const text = losses.length
    ? t('mosaic.losses', {
        name: className(label),
        losses: losses
          .slice(-6)
          .map((l) => fixed(l, 2))
          .join(' → '),
      })
    : t('mosaic.one', { name: className(label) });
  setText(byId('mosaic-text'), text);
  byId('mosaic').children[i].setAttribute('aria-label', text);
}

/** After an epoch: asks for the network's loss on each picture shown. */
async function askLosses() {
  const asked = shown;
  const { probabilities } = await ask({ type: 'predictions', split: 'train', indices: asked.map((s) => s.index) });
  const n = app.data?.classes.length ?? 0;
  asked.forEach((s, i) => s.losses.push(-Math.log(Math.max(1e-9, probabilities[i * n + s.label]))));
}

/** Returns the data sets that this site offers. @returns {Promise<{ url: string, name: string }[]>} */
const fetchSets = async () => (await fetch('data/index.json')).json();

export async function startData() {
  choice().addEventListener('change', () => {
    if (choice().value !== 'own') loadSet(choice().selectedOptions[0]).catch(showError);
  });
  for (const id of ['data-files', 'data-folder']) {
    const input = /** @type {HTMLInputElement} */ (byId(id));
    input.addEventListener('change', () => {
      if (input.files) loadFiles(chosenFiles(input.files)).catch(showError);
      input.value = '';
    });
  }
  byId('url-form').addEventListener('submit', (event) => {
    event.preventDefault();
    const text = /** @type {HTMLInputElement} */ (byId('data-url')).value.trim();
    if (!text) return showMessage(t('data.address.empty'));
    const url = URL.canParse(text, document.baseURI) ? new URL(text, document.baseURI) : null;
    if (url?.origin !== location.origin) return showMessage(t('data.address.foreign', { origin: location.origin }));
    loadOwn({ kind: 'url', url: url.href, name: url.pathname.split('/').pop() || text }).catch(showError);
  });
  byId('show-batch').addEventListener(
    'click',
    orShowError(() => showPictures(true)),
  );
  on('data', () => {
    showReport();
    showPictures(false).catch(() => {}); // another data set was loaded meanwhile, and its pictures are shown
  });
  on('language', showReport);
  for (const news of /** @type {const} */ (['state', 'data']))
    on(news, () => {
      /** @type {HTMLButtonElement} */ (byId('show-batch')).disabled = !app.data || app.state === 'loading';
    });
  on('run', () =>
    shown.forEach((s) => {
      s.losses = [];
    }),
  );
  let askedAt = 0;
  on('epoch', () => {
    if (performance.now() - askedAt < 2000 || !shown.length) return;
    askedAt = performance.now();
    askLosses().catch(() => {}); // the network or the data set changed meanwhile: the next epoch asks again
  });
  const loaded = loadSet(choice().options[0]);
  loadPart('sets', fetchSets)
    .then((sets) => {
      for (const { url, name } of sets) if (url !== BUILT_IN) choice().append(make('option', { value: url }, name));
    })
    .catch(showError);
  await loaded;
}
