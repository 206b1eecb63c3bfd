// @ts-check
/** midrun.js - changes in the middle of a run: the rate, and freezing; each is marked on the charts. */
import { app, ask, complainOf, on } from './app.js';
import { announce, byId, setText } from './dom.js';
import { redrawAll } from './frame.js';
import { problemOf } from './settings.js';
import { rate, t } from './strings.js';

let frozen = false;

/** @param {string} text */
function mark(text) {
  app.run?.marks.push({ x: app.run.at, text });
  announce(text);
  redrawAll();
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
    frozen = false;
    freeze.setAttribute('aria-pressed', 'false');
  });
  const change = async () => {
    const problem = field.value.includes(':') ? t('limits.one') : problemOf('lr', field.value), note = byId('midrun-problem');
    note.hidden = !problem;
    setText(note, problem);
    field.setAttribute('aria-invalid', String(!!problem));
    if (problem || !app.run) return;
    const from = app.run.lr.length ? app.run.lr.values()[app.run.lr.length - 1] : NaN, lr = Number(field.value);
    await ask({ type: 'adjust', lr });
    mark(t('mark.lr', { from: rate(from), to: rate(lr) }));
  };
  byId('midrun-set').addEventListener('click', () => change().catch(complainOf));
  field.addEventListener('keydown', (event) => { if (event.key === 'Enter') change().catch(complainOf); });
  freeze.addEventListener('click', async () => {
    try {
      await ask({ type: 'adjust', frozen: !frozen });
      frozen = !frozen;
      freeze.setAttribute('aria-pressed', String(frozen));
      mark(t(frozen ? 'mark.freeze' : 'mark.melt'));
    } catch (error) {
      complainOf(error);
    }
  });
  draw();
}
