// @ts-check
/** preview.js - eight training pictures before and after augmentation, and what mirroring does to digits. */
import { ask, on } from './app.js';
import { byId, picture, say } from './dom.js';
import { t } from './strings.js';

const COUNT = 8;
let asked = 0,
  shownKey = '';

/** @param {import('../core/protocol.js').Settings} settings */
export async function showPreview(settings) {
  const place = byId('preview'),
    { augment = 'none', seed } = settings,
    key = `${augment} ${seed}`;
  byId('flip-note').hidden = augment !== 'fastai';
  place.hidden = augment === 'none';
  if (augment === 'none' || key === shownKey) return;
  const mine = ++asked;
  const [before, after] = await Promise.all(
    ['none', augment].map((kind) =>
      ask({ type: 'preview', settings: { ...settings, augment: kind }, count: COUNT, draw: 0 }),
    ),
  );
  if (mine !== asked) return;
  shownKey = key;
  const row = (/** @type {{ pictures: Uint8Array[] }} */ { pictures }, /** @type {string} */ name) => [
    say('small', name),
    ...pictures.map((pixels, i) => picture(pixels, `${t(name)} ${i + 1}`)),
  ];
  place.replaceChildren(...row(before, 'preview.before'), ...row(after, 'preview.after'));
}

export function startPreview() {
  on('data', () => {
    shownKey = '';
  }); // shows other pictures
  byId('no-flip').addEventListener('click', () => {
    const augment = /** @type {HTMLSelectElement} */ (byId('augment'));
    augment.value = 'fastai_no_flip';
    augment.focus();
    augment.dispatchEvent(new Event('input', { bubbles: true }));
  });
}
