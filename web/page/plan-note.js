// @ts-check
/** plan-note.js - shows the changes planned for the next run, and removes them on request. */
import { app, on } from './app.js';
import { button, byId, make, say } from './dom.js';
import { changed, setPlan } from './settings.js';
import { rate, t, whole } from './strings.js';

function draw() {
  const place = byId('plan');
  place.hidden = !app.plan.length;
  if (place.hidden) return;
  const words = app.plan.map(({ step, lr, frozen, more }) =>
    t('plan.at', {
      step: whole(step),
      change: more
        ? t('mark.more', { count: more })
        : lr !== undefined
          ? t('plan.lr', { lr: rate(lr) })
          : t(frozen ? 'mark.freeze' : 'mark.melt'),
    }),
  );
  place.replaceChildren(
    say('span', 'plan'),
    ' ',
    make('span', { id: 'plan-text' }, words.join('; ')),
    ' ',
    button(
      'plan.off',
      () => {
        setPlan([]);
        changed();
      },
      { class: 'link', id: 'plan-off' },
    ),
  );
}

export function startPlanNote() {
  for (const news of /** @type {const} */ (['plan', 'language'])) on(news, draw);
  draw();
}
