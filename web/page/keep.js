// @ts-check
/**
 * keep.js - a run survives a reload, a crash of the tab and the loss of its trainer: it is saved every ten seconds
 * (keeper.js, slots.js), and a new trainer continues from there.
 */
import { app, ask, client, showMessage, showError, on, orShowError, t, emit } from './app.js';
import { startWorker } from './client.js';
import { reload } from './data.js';
import { announce, button, byId, make } from './dom.js';
import { saveNetwork } from './files.js';
import { fromBytes, toBytes } from './kept.js';
import { sayMissing, sayThere } from './parts.js';
import { timeNow } from './run.js';
import { writeSettings } from './settings.js';
import { moment, whole } from './strings.js';
import { forgetRun, newRun, nextNumber } from './current-run.js';
import { waysOut } from './training.js';
import { LOOK, Watch } from './watch.js';

/**
 * ms between two saves. Saving a large network (bytes) delays training, so it is saved less often. A crash loses at
 * most 30 s.
 */
const EVERY = 10_000,
  EVERY_LARGE = 20_000,
  LARGE = 20e6;
/** ms until the first save. */
const FIRST = 2000;
/** Most new trainers for a run that makes no progress. */
const PATIENCE = 3;

// ---- the keeper ----

/** @type {Worker | null} */
let keeper = null;
/** @type {Map<number, { resolve: (value: any) => void, reject: (error: any) => void }>} */
const waiting = new Map();
let next = 1;
/** The error of requests to a keeper that could not be started or has failed; the page says that it is missing. */
const LOST = { name: 'Lost' };

function keeperLost() {
  keeper = null;
  for (const { reject } of waiting.values()) reject(LOST);
  waiting.clear();
  sayMissing('keeper', () => {
    startKeeper();
    keeperDoes('load')
      .catch(() => {}) // the keeper is there, and has refused: keep() shows why
      .then(keep)
      .catch(showError);
  });
}

function startKeeper() {
  try {
    keeper = startWorker('keeper');
  } catch {
    return keeperLost();
  }
  keeper.onmessage = (/** @type {MessageEvent} */ { data: { id, value, error } }) => {
    sayThere('keeper');
    if (error) waiting.get(id)?.reject(error);
    else waiting.get(id)?.resolve(value);
    waiting.delete(id);
  };
  keeper.onerror = keeperLost;
}
startKeeper();

/** @param {'load' | 'save' | 'clear'} type @param {Uint8Array} [bytes] @returns {Promise<any>} */
const keeperDoes = (type, bytes) =>
  new Promise((resolve, reject) => {
    if (!keeper) return reject(LOST);
    const id = next++;
    waiting.set(id, { resolve, reject });
    keeper.postMessage({ id, type, bytes }, bytes ? [bytes.buffer] : []);
  });

/** Shows why a run is not kept, and what the user can do instead; '' removes the note. @param {string} why */
function note(why) {
  const place = byId('unkept');
  if (place.dataset.why === why) return;
  place.dataset.why = why;
  place.hidden = !why;
  place.replaceChildren(
    ...(why ? [make('span', {}, t(`keep.${why}`)), button('export.save', orShowError(saveNetwork))] : []),
  );
  if (why) announce(t(`keep.${why}`));
}

/** @type {Record<string, string>} */
const REASONS = { QuotaExceededError: 'full', OtherTab: 'tab', NoModificationAllowedError: 'locked' };

// ---- keeping ----

let dueAt = Infinity;
let keeping = false;
/**
 * The last save that was given to the keeper.
 * @type {{ run: import('./run.js').Run, at: number, epochs: number, step: number, checkpoint: Uint8Array<ArrayBuffer> }
 *   | null}
 */
let last = null;
/** Trainers lost since this run last made progress. */
let lost = 0;

/** Keeps the run. If that fails, a note on the page says why. */
async function keep() {
  const { run } = app;
  if (!run?.latest || keeping || !['training', 'paused'].includes(app.state)) return;
  keeping = true;
  dueAt = Infinity;
  try {
    const checkpoint = await ask({ type: 'save' });
    // Reports come in order: the run is now as it was when the checkpoint was made.
    if (app.run !== run || !['training', 'paused'].includes(app.state)) return;
    dueAt = performance.now() + (checkpoint.length > LARGE ? EVERY_LARGE : EVERY);
    if (last?.run === run && run.latest.step > last.step) lost = 0;
    last = { run, at: run.at, epochs: run.epochs.length, step: run.latest.step, checkpoint };
    await keeperDoes('save', toBytes(run, checkpoint, app.build, timeNow()));
    note('');
  } catch (error) {
    const { code } = /** @type {any} */ (error);
    if (['memory', 'internal'].includes(code)) showError(error); // the trainer could not make a checkpoint
    if (code) return; // a lost trainer is handled below
    note(error === LOST ? '' : (REASONS[/** @type {any} */ (error).name] ?? 'denied'));
  } finally {
    keeping = false;
    if (dueAt === Infinity) dueAt = performance.now() + EVERY;
  }
}

function drop() {
  last = null;
  note('');
  keeperDoes('clear').catch(() => {}); // without storage there is nothing to delete
}

// ---- continuing ----

/**
 * Gives a kept run to the page, and its network to the trainer, which pauses.
 * @param {import('./run.js').Run} run
 * @param {Uint8Array<ArrayBuffer>} checkpoint
 * @param {number} step
 */
async function bringBack(run, checkpoint, step) {
  await ask(
    {
      type: 'restore',
      run: run.number,
      bytes: checkpoint.buffer,
      step,
      held: run.held,
      changes: run.ahead(step),
      settings: run.settings,
    },
    [checkpoint.buffer],
  );
  app.run = run;
  emit('run', run);
}

/** After a reload: offers to continue the kept run, if its data set is loaded and nothing else was trained. */
async function offer() {
  const bytes = await keeperDoes('load'),
    kept = bytes && fromBytes(bytes, nextNumber()),
    place = byId('continue');
  if (!kept || app.run) return;
  let open = true;
  const away = () => {
    open = false;
    place.hidden = true;
  };
  const show = () => {
    place.hidden = !open || kept.dataName !== app.data?.name;
  };
  const goOn = async () => {
    writeSettings(kept.settings);
    showMessage('');
    try {
      await bringBack(kept.run, kept.checkpoint, kept.step);
    } catch (error) {
      showMessage(t('network.refused', { name: t('network.kept'), message: /** @type {Error} */ (error).message }));
      return;
    }
    await ask({ type: 'resume' });
  };
  place.replaceChildren(
    make('span', {}, t('continue.ask', { time: moment(kept.at), epoch: kept.epoch })),
    button('continue.yes', () => {
      away();
      goOn().catch(showError);
    }),
    button('continue.no', () => {
      away();
      drop();
    }),
  );
  show();
  on('data', show);
  on('state', () => {
    if (['training', 'paused'].includes(app.state)) away();
  });
}

let recovering = false;

/** Starts a new trainer, loads the data again, and continues the run from its last save or from its start. */
async function restart() {
  const { run } = app,
    kept = last?.run === run ? last : null,
    goesOn = run && !run.end,
    wasPaused = run?.paused;
  recovering = true;
  try {
    byId('ways-out').hidden = true;
    app.state = 'starting';
    emit('state');
    client.restart();
    await reload();
    emit('data');
    if (!goesOn || app.run !== run) return;
    if (kept) {
      run.cut(kept);
      await bringBack(run, kept.checkpoint.slice(), kept.step);
      if (!wasPaused) await ask({ type: 'resume' });
    } else if (run.settings.model) {
      const again = newRun(run.settings);
      again.plan = [...run.changes, ...run.ahead(0)].sort((a, b) => a.step - b.step);
      emit('run', again);
      await ask({ type: 'train', run: again.number, settings: run.settings, changes: again.plan });
    } else {
      forgetRun(); // the run came from a file, and was lost before the first save
      return;
    }
    waysOut(make('span', {}, t('way.again', { step: whole(kept?.step ?? 0) })));
  } finally {
    recovering = false;
  }
}

function offerRestart() {
  if (app.state !== 'failed') {
    app.state = 'failed';
    emit('state');
  }
  if (['unsupported', 'build'].includes(app.failure)) return; // another trainer would fail in the same way
  waysOut(
    button(
      'way.restart',
      () => {
        lost = 0;
        showMessage('');
        restart().catch((error) => {
          showError(error);
          offerRestart();
        });
      },
      { id: 'restart' },
    ),
    t('way.lost'),
  );
}

/**
 * The trainer is lost. A running run continues by itself if a new trainer makes progress with it. The page shows what
 * fails here.
 */
async function recover() {
  if (recovering) return; // the recovery in progress sees the failure
  while (app.run && !app.run.end && lost < PATIENCE) {
    lost++;
    try {
      return await restart();
    } catch (error) {
      showError(error);
    }
  }
  offerRestart();
}

// ---- watching the trainer ----

const watch = new Watch();

function startWatch() {
  const now = () => performance.now();
  const listen = () => {
    if (app.state !== 'training') return watch.stop();
    const batch = Number(app.run?.settings.batch ?? 64);
    watch.start(now(), 3 * (app.info?.macs ?? 0) * batch);
  };
  listen();
  on('state', listen);
  for (const news of /** @type {const} */ (['steps', 'epoch'])) on(news, () => watch.hear(now()));
  setInterval(() => {
    if (!watch.look(now())) return;
    watch.stop();
    client.onFailure(new Error(t('way.silent')));
  }, LOOK);
}

export function startKeep() {
  byId('continue').after(make('p', { id: 'unkept', class: 'notice', hidden: '' }));
  startWatch();
  on('steps', () => {
    if (performance.now() >= dueAt) void keep();
  });
  document.addEventListener('visibilitychange', () => {
    if (document.hidden && !keeping) void keep();
  }); // the page may never become visible again
  const due = () => {
    dueAt = performance.now() + FIRST;
  };
  if (app.run) due(); // the run started before this part was loaded
  on('run', () => {
    due();
    if (last?.run !== app.run) last = null;
    if (!recovering) lost = 0;
  });
  on('state', () => {
    if (app.run && ['training', 'paused'].includes(app.state)) app.run.paused = app.state === 'paused';
    if (app.state === 'failed') void recover();
    else if (
      !recovering &&
      (['finished', 'stopped', 'diverged'].includes(app.state) || (app.state === 'idle' && app.run))
    )
      drop();
  });
  on('forget', () => {
    if (last) drop();
  });
  // If the keeper is missing, the page says so. If storage cannot be read, keep() reports it when a run starts.
  const quiet = () => {};
  if (app.data) offer().catch(quiet);
  else {
    let offered = false;
    on('data', () => {
      if (!offered) offer().catch(quiet);
      offered = true;
    });
  }
}
