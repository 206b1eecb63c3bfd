// @ts-check
/** exports.js - what can be taken away: the network, the run, the charts, the mistakes; and a network brought back. */
import { app, isBusy, on } from './app.js';
import { button, byId, make, say } from './dom.js';
import { openNetwork, saveNetwork } from './files.js';

export function startExports() {
  const place = byId('export'), open = byId('export-open');
  open.addEventListener('click', () => {
    place.hidden = !place.hidden;
    open.setAttribute('aria-expanded', String(!place.hidden));
  });
  const save = button('export.save', saveNetwork, { id: 'save', disabled: '' });
  const restore = make('input', { id: 'restore', class: 'visually-hidden', type: 'file', accept: '.safetensors' });
  restore.addEventListener('change', () => openNetwork(restore));
  place.replaceChildren(make('div', {}, save, say('p', 'export.save.hint', { class: 'hint' })),
    make('div', {}, say('label', 'export.restore', { class: 'button small', for: 'restore' }), restore, say('p', 'export.restore.hint', { class: 'hint' })));
  const draw = () => { save.disabled = !app.run || isBusy(); };
  for (const news of /** @type {const} */ (['state', 'run', 'forget'])) on(news, draw);
  draw();
}
