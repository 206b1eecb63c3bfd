// @ts-check
/**
 * main.js - starts the page: the worker and the data first, then what is seen at once, then the rest.
 */
import { app, client, complainOf, on, orComplain, tell } from './page/app.js';
import { startBar } from './page/bar.js';
import { startData } from './page/data.js';
import { byId } from './page/dom.js';
import { redrawAll } from './page/frame.js';
import { startModel } from './page/model.js';
import { startPreview } from './page/preview.js';
import { fetchStyle, hasStyle, loadPart, startPart } from './page/parts.js';
import { startSettings } from './page/settings.js';
import { rememberLanguage, setLanguage, spoken, translate, wantedLanguage } from './page/strings.js';
import { startFind, startTraining } from './page/training.js';

translate();
client.onFailure = (error) => {
  app.state = 'failed';
  app.failure = /** @type {any} */ (error).code ?? '';
  complainOf(error);
  tell('state');
};
startTraining();
startSettings();
startBar();
startModel();
startPreview();
const data = startData().catch(complainOf);
if (!hasStyle('--style-end'))
  loadPart('style', () => fetchStyle(new URL('./style.css', import.meta.url), '--style-end')).catch(complainOf);

// What is not needed to train comes when the pictures are there, or are long in coming: it would hold them up.
const after = (/** @type {number} */ ms) => new Promise((resolve) => setTimeout(resolve, ms));
/** Curves and pad, a moment after Train can be pressed, so that this is seen first. */
const soon = Promise.race([data.then(() => after(30)), after(500)]).then(() =>
  startPart(
    'soon',
    () => import('./page/soon.js'),
    ({ startSoon }) => startSoon(),
  ),
);
Promise.race([Promise.all([soon, data]), after(1000)])
  .then(() => after(50))
  .then(() =>
    startPart(
      'later',
      () => import('./page/later.js'),
      ({ startLater }) => startLater(),
    ),
  )
  .catch(complainOf);

// ---- language ----

const language = /** @type {HTMLSelectElement} */ (byId('language'));
on('language', () => {
  translate();
  redrawAll();
});
/**
 * Changes the page's language. If it cannot be fetched, the page says so and keeps the present one.
 * @param {string} wanted
 */
const speak = (wanted) =>
  loadPart('language', () => setLanguage(wanted)).then(() => {
    language.value = spoken();
    tell('language');
  });
const wanted = wantedLanguage();
if (wanted !== 'en') speak(wanted).catch(complainOf);
language.addEventListener('change', () => {
  const chosen = language.value;
  language.value = spoken();
  rememberLanguage(chosen);
  speak(chosen).catch(complainOf);
});
byId('find').addEventListener('click', orComplain(startFind));
