// @ts-check
/** theme.js - light or dark: the system's, or the one chosen by hand. */
import { byId } from './dom.js';

export function startTheme() {
  const root = document.documentElement;
  try {
    const kept = localStorage.getItem('theme');
    if (kept) root.dataset.theme = kept;
  } catch {
    /* private windows may forbid it */
  }
  byId('theme').addEventListener('click', () => {
    const dark = root.dataset.theme
      ? root.dataset.theme === 'dark'
      : matchMedia('(prefers-color-scheme: dark)').matches;
    root.dataset.theme = dark ? 'light' : 'dark';
    try {
      localStorage.setItem('theme', root.dataset.theme);
    } catch {
      /* likewise */
    }
    dispatchEvent(new Event('theme'));
  });
  if (root.dataset.theme) dispatchEvent(new Event('theme'));
}
