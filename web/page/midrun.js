// @ts-check
/** midrun.js - changes in the middle of a run: the rate, and freezing; each is marked on the charts. */
import { app, ask, complainOf, on } from './app.js';
import { announce, byId, setText } from './dom.js';
import { redrawAll } from './frame.js';
import { problemOf } from './settings.js';
import { rate, t } from './strings.js';

let frozen = false;

/** A change that the worker has made, planned or asked for here. @param {{ change: import('../protocol.js').Change }} report */
function mark({ change: { step, lr, frozen: held } }) {
  const run = app.run;
  if (!run) return;
  const from = run.lr.length ? run.lr.values()[run.lr.length - 1] : Number(String(run.settings.lr).split(':').at(-1));
  const text = lr !== undefined ? t('mark.lr', { from: rate(from), to: rate(lr) }) : t(held ? 'mark.freeze' : 'mark.melt');
  if (lr !== undefined) /** @type {HTMLInputElement} */ (byId('midrun-lr')).value = rate(lr);
  else showFrozen(!!held);
  run.marks.push({ x: run.latest ? step / run.latest.stepsPerEpoch : 0, text });
  announce(text);
  redrawAll();
}

/** @param {boolean} held */
function showFrozen(held) {
  frozen = held;
  byId('midrun-freeze').setAttribute('aria-pressed', String(held));
}

export function startMidrun() {
  const place = byId('midrun'), field = /** @type {HTMLInputElement} */ (byId('midrun-lr')), freeze = byId('midrun-freeze');
  const draw = () => {
    place.hidden = !['training', 'paused'].includes(app.state);
    if (!field.value && app.run?.latest) field.value = rate(app.run.latest.lr);
  };
  for (const news of /** @type {const} */ (['state', 'run'])) on(news, draw);
  on('run', () => {
    field.value = rate(Number(String(app.run?.settings.lr ?? 0.01).split(':').at(-1)));
    showFrozen(app.run?.held ?? false);
  });
  const change = async () => {
    const problem = field.value.includes(':') ? t('limits.one') : problemOf('lr', field.value), note = byId('midrun-problem');
    note.hidden = !problem;
    setText(note, problem);
    field.setAttribute('aria-invalid', String(!!problem));
    if (problem || !app.run) return;
    await ask({ type: 'adjust', lr: Number(field.value) });
  };
  byId('midrun-set').addEventListener('click', () => change().catch(complainOf));
  field.addEventListener('keydown', (event) => { if (event.key === 'Enter') change().catch(complainOf); });
  freeze.addEventListener('click', () => ask({ type: 'adjust', frozen: !frozen }).catch(complainOf));
  on('changed', mark);
  draw();
}
