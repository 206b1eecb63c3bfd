// @ts-check
/**
 * main.js - starts the page: first the worker and the data, then the visible parts, then the rest.
 */
import { app, client, showError, on, orShowError, emit } from './page/app.js';
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
  showError(error);
  emit('state');
};
startTraining();
startSettings();
startBar();
startModel();
startPreview();
const data = startData().catch(showError);
if (!hasStyle('--style-end'))
  loadPart('style', () => fetchStyle(new URL('./style.css', import.meta.url), '--style-end')).catch(showError);

// Parts that training does not need are loaded after the pictures, which they would delay, or after a while.
const after = (/** @type {number} */ ms) => new Promise((resolve) => setTimeout(resolve, ms));
/** Loads curves and pad a moment after Train becomes active, so that this is visible first. */
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
  .catch(showError);

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
    emit('language');
  });
const wanted = wantedLanguage();
if (wanted !== 'en') speak(wanted).catch(showError);
language.addEventListener('change', () => {
  const chosen = language.value;
  language.value = spoken();
  rememberLanguage(chosen);
  speak(chosen).catch(showError);
});
byId('find').addEventListener('click', orShowError(startFind));
