// @ts-check
/** plan.js - changes that a run makes on its way, as an address and a person read them: 300:0.01,500:freeze. */
import { app, on } from './app.js';
import { button, byId, make, say } from './dom.js';
import { changed, problemOf } from './settings.js';
import { rate, t, whole } from './strings.js';

const MOST = 100;

/** @param {string} part @returns {import('../protocol.js').Change | null} */
function changeOf(part) {
  const [, step, what] = /^(\d{1,12}):([\w.+-]{1,30})$/.exec(part) ?? [];
  if (!step) return null;
  if (what === 'freeze' || what === 'melt') return { step: Number(step), frozen: what === 'freeze' };
  const more = /^more(\d{1,5})$/.exec(what)?.[1];
  if (more) return problemOf('epochs', more) ? null : { step: Number(step), more: Number(more) };
  return problemOf('lr', what) ? null : { step: Number(step), lr: Number(what) };
}

/** What cannot be read is left out. @param {string} text */
export const planOf = (text) => text.split(',', MOST).map(changeOf).filter((change) => !!change).sort((a, b) => a.step - b.step);

/** @param {import('../protocol.js').Change[]} changes */
export function setPlan(changes) {
  app.plan = changes;
  draw();
}

function draw() {
  const place = byId('plan');
  place.hidden = !app.plan.length;
  if (place.hidden) return;
  const words = app.plan.map(({ step, lr, frozen, more }) => t('plan.at', { step: whole(step), change: more ? t('mark.more', { count: more }) : lr !== undefined ? t('plan.lr', { lr: rate(lr) }) : t(frozen ? 'mark.freeze' : 'mark.melt') }));
  place.replaceChildren(say('span', 'plan'), ' ', make('span', { id: 'plan-text' }, words.join('; ')), ' ', button('plan.off', () => {
    setPlan([]);
    changed();
  }, { class: 'link', id: 'plan-off' }));
}

on('language', draw);
