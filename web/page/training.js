// @ts-check
/**
 * training.js - handles Train, Pause, Stop and Reset, the worker's reports on a run, and the ways out when it ends
 * badly.
 */
import { app, ask, client, showMessage, showError, on, orShowError, emit } from './app.js';
import { button, byId, make } from './dom.js';
import { forgetRun, newRun } from './current-run.js';
import { loadPart } from './parts.js';
import { readSettings, writeSettings } from './settings.js';
import { rate, t } from './strings.js';

/** @param {any} report */
function onReport(report) {
  const { run } = app;
  switch (report.type) {
    case 'ready':
      emit('state');
      byId('variant').textContent = t('variant', {
        name: report.variant,
        threads: report.threads,
        alone: !report.canShare,
      });
      byId('build').textContent = t('build.is', { build: app.build });
      break;
    case 'state':
      app.state = report.state;
      app.message = report.message ?? '';
      if (run && ['finished', 'stopped', 'diverged'].includes(app.state) && run.latest) run.end = app.state;
      if (run && app.state === 'finished') run.digest = app.message;
      if (app.state === 'diverged') showError(new Error(app.message));
      emit('state', app.state);
      if (app.state === 'finding') emit('forget'); // a new network has replaced that of the run
      break;
    case 'progress':
      if (app.loading) app.loading.progress = report;
      emit('loading');
      break;
    case 'steps':
    case 'epoch':
    case 'glance':
    case 'changed':
      if (!run || report.run !== run.number) break;
      if (report.type === 'steps') run.addSteps(report);
      else if (report.type === 'epoch') run.addEpoch(report);
      else if (report.type === 'glance') run.glance = report;
      else run.changes.push(report.change);
      emit(report.type, report);
      break;
  }
}

export async function train() {
  const settings = readSettings();
  if (!settings) return showMessage(t('settings.wrong'));
  showMessage('');
  const older = app.run;
  forgetRun();
  const run = newRun(settings);
  run.plan = app.plan;
  emit('run', run);
  try {
    await ask({ type: 'train', run: run.number, settings, changes: app.plan });
  } catch (error) {
    if (app.run === run) {
      // the trainer still holds the older run
      app.run = older;
      emit(older ? 'run' : 'forget', older);
    }
    if (/** @type {any} */ (error).code !== 'memory') throw error;
    showError(error);
    waysOut(
      button('way.batch', () => {
        writeSettings({ ...settings, batch: Math.max(1, Math.floor(Number(settings.batch) / 4)) });
        trainOrPause();
      }),
      t('way.memory'),
    );
  }
}

/** Does what the large button shows: train, pause or resume. */
export function trainOrPause() {
  if (/** @type {HTMLButtonElement} */ (byId('train')).disabled) return;
  const asked =
    app.state === 'training' ? ask({ type: 'pause' }) : app.state === 'paused' ? ask({ type: 'resume' }) : train();
  asked.catch(showError);
}

export const stop = orShowError(() => ask({ type: 'stop' }));

/** Deletes the network and offers to undo that. */
export async function reset() {
  const kept = app.run;
  if (!kept) return;
  // Without the bytes the note about the reset has no Undo.
  const bytes = kept.latest ? await ask({ type: 'save' }).catch(() => null) : null;
  await ask({ type: 'reset' });
  showMessage('');
  forgetRun();
  const { toast } = await loadPart('later', () => import('./toast.js'));
  toast(
    t('reset.done'),
    bytes &&
      (() => {
        ask({ type: 'restore', run: kept.number, bytes: bytes.buffer }, [bytes.buffer])
          .then(() => {
            app.run = kept;
            emit('run', kept);
          })
          .catch(showError);
      }),
  );
}

/** Searches for a learning rate; the search is loaded at its first use. */
export const startFind = async () => (await loadPart('finder', () => import('./finder.js'))).find();

/** Shows what can be done now, in words and buttons. @param {Node} way @param {...(Node | string)} more */
export function waysOut(way, ...more) {
  byId('ways-out').replaceChildren(...more.map((m) => (typeof m === 'string' ? make('span', {}, m) : m)), way);
  byId('ways-out').hidden = false;
}

/** Returns a tenth of a rate, or of both rates of a range. @param {number | string} lr */
const tenth = (lr) =>
  String(lr)
    .split(':')
    .map((r) => (r ? rate(Number(r) / 10) : ''))
    .join(':');

const saveGood = async () => (await loadPart('later', () => import('./files.js'))).saveNetwork();

function offerAfterDivergence() {
  const smaller = tenth(app.run?.settings.lr ?? 0.01);
  const again = button(
    'way.smaller',
    () => {
      writeSettings({ ...app.run?.settings, lr: smaller });
      trainOrPause();
    },
    { id: 'smaller-rate' },
  );
  waysOut(
    again,
    t('way.diverged'),
    button('way.save', orShowError(saveGood), { id: 'save-good' }),
    button('way.find', orShowError(startFind)),
  );
}

export function startTraining() {
  client.onReport = onReport;
  byId('train').addEventListener('click', trainOrPause);
  byId('stop').addEventListener('click', stop);
  byId('reset').addEventListener('click', orShowError(reset));
  on('state', () => {
    if (app.state === 'diverged') offerAfterDivergence();
  });
  for (const news of /** @type {const} */ (['forget', 'run', 'data']))
    on(news, () => {
      byId('ways-out').hidden = true;
    });
}
