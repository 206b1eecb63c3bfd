// @ts-check
/** preview.js - eight training pictures as augmentation makes them, and what mirroring does to digits. */
import { byId, make, showPicture } from './dom.js';

const COUNT = 8;
let asked = 0, shownKey = '';

/**
 * @param {import('../protocol.js').Settings} settings
 * @param {(settings: import('../protocol.js').Settings, count: number, draw: number) => Promise<{ pictures: Uint8Array[] }>} preview
 */
export async function showPreview(settings, preview) {
  const place = byId('preview'), { augment = 'none', seed } = settings, key = `${augment} ${seed}`;
  byId('flip-note').hidden = augment !== 'fastai';
  place.hidden = augment === 'none';
  if (augment === 'none' || key === shownKey) return;
  const mine = ++asked;
  const { pictures } = await preview(settings, COUNT, 0);
  if (mine !== asked) return;
  shownKey = key;
  place.replaceChildren(...pictures.map((pixels, i) => {
    const canvas = make('canvas', { width: '28', height: '28', role: 'img', 'aria-label': `augmented picture ${i + 1}` });
    showPicture(canvas, pixels);
    return canvas;
  }));
}

/** Another data set has other pictures. */
export function forgetPreview() {
  shownKey = '';
}
