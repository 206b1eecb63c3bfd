// @ts-check
/**
 * training.js - what Train, Pause, Stop and Reset do, what the worker reports of a run, and the ways out when it ends
 * badly.
 */
import { app, ask, client, complain, complainOf, on, orComplain, tell } from './app.js';
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
      tell('state');
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
      if (app.state === 'diverged') complainOf(new Error(app.message));
      tell('state', app.state);
      if (app.state === 'finding') tell('forget'); // a new network has taken the place of the run's
      break;
    case 'progress':
      if (app.loading) app.loading.progress = report;
      tell('loading');
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
      tell(report.type, report);
      break;
  }
}

export async function train() {
  const settings = readSettings();
  if (!settings) return complain(t('settings.wrong'));
  complain('');
  const older = app.run;
  forgetRun();
  const run = newRun(settings);
  run.plan = app.plan;
  tell('run', run);
  try {
    await ask({ type: 'train', run: run.number, settings, changes: app.plan });
  } catch (error) {
    if (app.run === run) {
      // the trainer still has the older one
      app.run = older;
      tell(older ? 'run' : 'forget', older);
    }
    if (/** @type {any} */ (error).code !== 'memory') throw error;
    complainOf(error);
    waysOut(
      button('way.batch', () => {
        writeSettings({ ...settings, batch: Math.max(1, Math.floor(Number(settings.batch) / 4)) });
        trainOrPause();
      }),
      t('way.memory'),
    );
  }
}

/** Whatever the large button says. */
export function trainOrPause() {
  if (/** @type {HTMLButtonElement} */ (byId('train')).disabled) return;
  const asked =
    app.state === 'training' ? ask({ type: 'pause' }) : app.state === 'paused' ? ask({ type: 'resume' }) : train();
  asked.catch(complainOf);
}

export const stop = orComplain(() => ask({ type: 'stop' }));

/** The network is gone, and the page says so: with a way back. */
export async function reset() {
  const kept = app.run;
  if (!kept) return;
  // Without the bytes the note about the reset has no Undo.
  const bytes = kept.latest ? await ask({ type: 'save' }).catch(() => null) : null;
  await ask({ type: 'reset' });
  complain('');
  forgetRun();
  const { toast } = await loadPart('later', () => import('./toast.js'));
  toast(
    t('reset.done'),
    bytes &&
      (() => {
        ask({ type: 'restore', run: kept.number, bytes: bytes.buffer }, [bytes.buffer])
          .then(() => {
            app.run = kept;
            tell('run', kept);
          })
          .catch(complainOf);
      }),
  );
}

/** Searches for a learning rate; the search is a part that comes when it is asked for. */
export const startFind = async () => (await loadPart('finder', () => import('./finder.js'))).find();

/** Shows what can be done now, in words and buttons. @param {Node} way @param {...(Node | string)} more */
export function waysOut(way, ...more) {
  byId('ways-out').replaceChildren(...more.map((m) => (typeof m === 'string' ? make('span', {}, m) : m)), way);
  byId('ways-out').hidden = false;
}

/** The rate, or both of a range, a tenth of what they were. @param {number | string} lr */
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
    button('way.save', orComplain(saveGood), { id: 'save-good' }),
    button('way.find', orComplain(startFind)),
  );
}

export function startTraining() {
  client.onReport = onReport;
  byId('train').addEventListener('click', trainOrPause);
  byId('stop').addEventListener('click', stop);
  byId('reset').addEventListener('click', orComplain(reset));
  on('state', () => {
    if (app.state === 'diverged') offerAfterDivergence();
  });
  for (const news of /** @type {const} */ (['forget', 'run', 'data']))
    on(news, () => {
      byId('ways-out').hidden = true;
    });
}
