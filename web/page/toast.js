// @ts-check
/** toast.js - a short note at the edge of the page, often with a button to undo. */
import { announce, byId, make } from './dom.js';
import { t } from './strings.js';

const STAYS = 12000; // ms: long enough to read, think, and press Undo

/** @param {string} text @param {(() => void) | null} [undo] */
export function toast(text, undo = null) {
  const note = make('div', { class: 'toast' }, make('span', {}, text));
  const away = () => note.remove();
  if (undo) {
    const back = make('button', { type: 'button', class: 'small', 'data-undo': '' }, t('undo'));
    back.addEventListener('click', () => {
      away();
      undo();
    });
    note.append(back);
  }
  byId('toasts').replaceChildren(note);
  announce(text);
  setTimeout(away, STAYS);
}
