// @ts-check
/**
 * main.js - starts the page: the worker and the data first, then what is seen at once, then the rest.
 */
import { app, client, complainOf, on, tell } from './page/app.js';
import { startBar } from './page/bar.js';
import { startData } from './page/data.js';
import { byId } from './page/dom.js';
import { redrawAll } from './page/frame.js';
import { startModel } from './page/model.js';
import { startPreview } from './page/preview.js';
import { startSettings } from './page/settings.js';
import { setLanguage, startLanguage, translate } from './page/strings.js';
import { startTraining } from './page/training.js';

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

// What is not needed to train comes when the pictures are there, or are long in coming: it would hold them up.
const after = (/** @type {number} */ ms) => new Promise((resolve) => setTimeout(resolve, ms));
/** Curves and pad, a moment after Train can be pressed, so that this is seen first. */
const soon = Promise.race([data.then(() => after(30)), after(500)]).then(() => import('./page/soon.js')).then(({ startSoon }) => startSoon());
const later = Promise.allSettled([soon, Promise.race([data, after(1000)])]).then(() => after(50)).then(() => import('./page/later.js')).then(({ startLater }) => startLater());
later.catch(complainOf);

// ---- language ----

const language = /** @type {HTMLSelectElement} */ (byId('language'));
on('language', () => {
  translate();
  redrawAll();
});
startLanguage().then((chosen) => {
  language.value = chosen;
  if (chosen !== 'en') tell('language');
});
language.addEventListener('change', async () => {
  await setLanguage(language.value);
  tell('language');
});
byId('find').addEventListener('click', async () => (await import('./page/finder.js')).find());
