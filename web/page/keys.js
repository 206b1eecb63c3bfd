// @ts-check
/** keys.js - the page by keyboard: single keys, a list of them, and a way to turn them off. */
import { byId, make, say } from './dom.js';
import { curveCharts } from './curves.js';
import { t } from './strings.js';
import { stop, trainOrPause } from './training.js';

/** @param {string} selector */
const focus = (selector) => /** @type {HTMLElement | null} */ (document.querySelector(selector))?.focus();
/** @type {[string, string, () => void][]} */
const KEYS = [
  [' ', 'key.space', trainOrPause],
  [
    's',
    'key.s',
    () => {
      if (!(/** @type {HTMLButtonElement} */ (byId('stop')).disabled)) stop();
    },
  ],
  ['d', 'key.d', () => focus('#pad-clear')],
  ['m', 'key.m', () => focus('.confusion td[tabindex="0"]')],
  ['f', 'key.f', () => byId('find').click()],
  ['l', 'key.l', () => byId('log').click()],
  ['+', 'key.plus', () => curveCharts().loss?.zoomBy(2)],
  ['-', 'key.minus', () => curveCharts().loss?.zoomBy(0.5)],
  ['0', 'key.0', () => curveCharts().loss?.zoomTo(null)],
  ['z', 'key.z', () => /** @type {HTMLElement | null} */ (document.querySelector('#toasts [data-undo]'))?.click()],
  ['?', 'key.help', showKeys],
];
let on = true;
/** @type {HTMLDialogElement | null} */
let dialog = null;

function build() {
  const off = make('input', { type: 'checkbox', id: 'keys-on' });
  off.checked = on;
  off.addEventListener('change', () => {
    on = off.checked;
    try {
      localStorage.setItem('keys', on ? 'on' : 'off');
    } catch {
      /* private windows may forbid it */
    }
  });
  const close = say('button', 'close', { type: 'button', class: 'small' });
  close.addEventListener('click', () => dialog?.close());
  dialog = make(
    'dialog',
    { id: 'keys', 'aria-labelledby': 'keys-title' },
    say('h2', 'keys', { id: 'keys-title' }),
    make(
      'table',
      { class: 'numbers-table' },
      make(
        'tbody',
        {},
        ...KEYS.map(([key, words]) =>
          make(
            'tr',
            {},
            make('th', { scope: 'row' }, make('kbd', {}, key === ' ' ? t('key.name.space') : key)),
            say('td', words),
          ),
        ),
      ),
    ),
    make('p', {}, make('label', {}, off, ' ', say('span', 'keys.on'))),
    close,
  );
  document.body.append(dialog);
}

export function showKeys() {
  if (!dialog) build();
  if (!dialog?.open) dialog?.showModal();
}

export function startKeys() {
  try {
    on = localStorage.getItem('keys') !== 'off';
  } catch {
    /* likewise */
  }
  byId('keys-open').hidden = false;
  byId('keys-open').addEventListener('click', showKeys);
  addEventListener('keydown', (event) => {
    const { target, key, ctrlKey, metaKey, altKey } = event,
      element = /** @type {HTMLElement} */ (target);
    if (!on || ctrlKey || metaKey || altKey || event.defaultPrevented || dialog?.open) return;
    // Fields keep all keys; a focused button or link keeps the space bar and Enter.
    if (
      element.closest?.('input, textarea, select, [contenteditable]') ||
      (key === ' ' && element.closest?.('button, summary, a, td, label, [role=region]'))
    )
      return;
    const found = KEYS.find(([k]) => k === key.toLowerCase());
    if (!found) return;
    event.preventDefault();
    found[2]();
  });
}
