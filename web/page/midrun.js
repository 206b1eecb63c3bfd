// @ts-check
/**
 * midrun.js - changes during a run (the learning rate, freezing), and training after its end. Each is marked on the
 * charts.
 */
import { app, ask, showError, on, orShowError } from './app.js';
import { announce, button, byId, make, say, setText } from './dom.js';
import { redrawAll } from './frame.js';
import { problemOf } from './limits.js';
import { rate, t } from './strings.js';

let frozen = false;

/**
 * Shows a change that the worker has made, whether it was planned or requested here.
 * @param {{ change: import('../core/protocol.js').Change }} report
 */
function mark({ change: { step, lr, frozen: held, more } }) {
  const run = app.run;
  if (!run) return;
  const from = run.lr.length ? run.lr.values()[run.lr.length - 1] : Number(String(run.settings.lr).split(':').at(-1));
  const text = more
    ? t('mark.more', { count: more })
    : lr !== undefined
      ? t('mark.lr', { from: rate(from), to: rate(lr) })
      : t(held ? 'mark.freeze' : 'mark.melt');
  if (lr !== undefined) /** @type {HTMLInputElement} */ (byId('midrun-lr')).value = rate(lr);
  else showFrozen(!!held); // continuing unfreezes
  run.marks.push({ x: run.latest ? step / run.latest.stepsPerEpoch : 0, text });
  announce(text);
  redrawAll();
}

/** @param {boolean} held */
function showFrozen(held) {
  frozen = held;
  byId('midrun-freeze').setAttribute('aria-pressed', String(held));
}

/** Offers what can be done with a run that has ended: train the rest of it, or more epochs. */
function makeFurther() {
  const resume = button(
    'midrun.resume',
    orShowError(() => ask({ type: 'resume' })),
    { id: 'midrun-resume' },
  );
  const count = make('input', { id: 'midrun-more', inputmode: 'numeric', value: '5', autocomplete: 'off' });
  const further = make(
    'span',
    { class: 'row' },
    say('label', 'midrun.more', { for: 'midrun-more' }),
    count,
    button(
      'midrun.train',
      () => {
        const problem = problemOf('epochs', count.value),
          { run } = app;
        setText(byId('midrun-problem'), problem);
        byId('midrun-problem').hidden = !problem;
        count.setAttribute('aria-invalid', String(!!problem));
        if (!problem && run)
          ask({ type: 'continue', run: run.number, settings: { ...run.settings, epochs: Number(count.value) } }).catch(
            showError,
          );
      },
      { id: 'midrun-train' },
    ),
  );
  byId('midrun').prepend(resume, further);
  return { resume, further };
}

export function startMidrun() {
  const { resume, further } = makeFurther();
  const place = byId('midrun'),
    field = /** @type {HTMLInputElement} */ (byId('midrun-lr')),
    freeze = byId('midrun-freeze');
  const draw = () => {
    const { run, state } = app,
      running = ['training', 'paused'].includes(state);
    place.hidden = !run?.latest && !running;
    byId('midrun-change').hidden = !running;
    resume.hidden = state !== 'stopped';
    further.hidden = state !== 'finished';
    if (!field.value && app.run?.latest) field.value = rate(app.run.latest.lr);
  };
  for (const news of /** @type {const} */ (['state', 'run', 'forget'])) on(news, draw);
  on('run', () => {
    field.value = rate(
      Number(
        String(app.run?.settings.lr ?? 0.01)
          .split(':')
          .at(-1),
      ),
    );
    showFrozen(app.run?.held ?? false);
  });
  const change = async () => {
    const problem = field.value.includes(':') ? t('limits.one') : problemOf('lr', field.value),
      note = byId('midrun-problem');
    note.hidden = !problem;
    setText(note, problem);
    field.setAttribute('aria-invalid', String(!!problem));
    if (problem || !app.run) return;
    await ask({ type: 'adjust', lr: Number(field.value) });
  };
  byId('midrun-set').addEventListener('click', orShowError(change));
  field.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') change().catch(showError);
  });
  freeze.addEventListener(
    'click',
    orShowError(() => ask({ type: 'adjust', frozen: !frozen })),
  );
  on('changed', mark);
  draw();
}
