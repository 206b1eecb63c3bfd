// @ts-check
/** preview.js - eight training pictures as augmentation makes them, and what mirroring does to digits. */
import { ask, on } from './app.js';
import { byId, picture } from './dom.js';
import { t } from './strings.js';

const COUNT = 8;
let asked = 0, shownKey = '';

/** @param {import('../protocol.js').Settings} settings */
export async function showPreview(settings) {
  const place = byId('preview'), { augment = 'none', seed } = settings, key = `${augment} ${seed}`;
  byId('flip-note').hidden = augment !== 'fastai';
  place.hidden = augment === 'none';
  if (augment === 'none' || key === shownKey) return;
  const mine = ++asked;
  const { pictures } = await ask({ type: 'preview', settings, count: COUNT, draw: 0 });
  if (mine !== asked) return;
  shownKey = key;
  place.replaceChildren(...pictures.map((/** @type {Uint8Array} */ pixels, /** @type {number} */ i) => picture(pixels, t('preview.one', { number: i + 1 }))));
}

export function startPreview() {
  on('data', () => { shownKey = ''; }); // other pictures
  byId('no-flip').addEventListener('click', () => {
    const augment = /** @type {HTMLSelectElement} */ (byId('augment'));
    augment.value = 'fastai_no_flip';
    augment.focus();
    augment.dispatchEvent(new Event('input', { bubbles: true }));
  });
}
