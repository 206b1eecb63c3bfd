// @ts-check
/** reading.js - what the network makes of the picture on the pad. */
import { app, ask, className, on } from './app.js';
import { announce, byId, make, setText, showPicture } from './dom.js';
import { percent, t } from './strings.js';

/** @typedef {{ width: number, height: number, rgba: ArrayBuffer }} Picture */
/** What was shown last, to be read again when the network has learnt. @type {Picture | null} */
let current = null;
let asking = false;
/** Whether to ask once more, and then to tell. @type {boolean | null} */
let next = null;

/** @type {{ name: HTMLElement, meter: HTMLMeterElement, value: HTMLElement, row: HTMLElement }[]} */
let bars = [];
/** @type {HTMLCanvasElement} */
let seen;

function build() {
  seen = make('canvas', { id: 'seen', width: '28', height: '28', role: 'img', 'data-t-label': 'seen', 'aria-label': t('seen') });
  byId('reading').replaceChildren(make('div', { class: 'seen' }, seen), make('table', { id: 'bars', 'data-t-label': 'bars', 'aria-label': t('bars') }, make('tbody')));
}

/** @param {string[]} classes */
function buildBars(classes) {
  if (bars.length === classes.length && bars.every((b, i) => b.name.textContent === classes[i])) return;
  bars = classes.map((name) => {
    const head = make('th', { scope: 'row', title: name }, name);
    const meter = make('meter', { min: '0', max: '1', value: '0', 'aria-label': name });
    const value = make('td');
    return { name: head, meter, value, row: make('tr', {}, head, make('td', {}, meter), value) };
  });
  byId('bars').querySelector('tbody')?.replaceChildren(...bars.map((b) => b.row));
}

/** @param {import('../protocol.js').Prediction} prediction */
function show({ picture, probabilities, label }) {
  showPicture(seen, picture);
  const answer = byId('answer');
  answer.removeAttribute('data-t');
  if (!probabilities) {
    setText(answer, t('answer.none'));
    return;
  }
  buildBars(app.data?.classes ?? []);
  bars.forEach(({ meter, value, row }, i) => {
    meter.value = probabilities[i];
    setText(value, percent(probabilities[i]));
    row.classList.toggle('best', i === label);
  });
  const second = probabilities.reduce((best, p, i) => (i !== label && (best < 0 || p > probabilities[best]) ? i : best), -1);
  const text = t('answer.sure', { part: percent(probabilities[label]), second: className(second), other: percent(probabilities[second]) });
  if (answer.textContent !== className(label) + text) answer.replaceChildren(make('strong', {}, className(label)), text);
}

/** @param {boolean} tell  whether the answer is announced: not when it is the network that has moved */
async function again(tell) {
  if (!current) return;
  if (asking) {
    next = next || tell;
    return;
  }
  asking = true;
  const asked = current;
  try {
    const prediction = await ask({ type: 'predict', width: asked.width, height: asked.height, rgba: asked.rgba.slice(0) });
    if (current === asked) show(prediction);
    if (tell) announce(byId('answer').textContent ?? '');
  } catch (error) {
    if (current !== asked) return;
    byId('answer').removeAttribute('data-t');
    setText(byId('answer'), `${/** @type {Error} */ (error).message}.`);
    if (tell) announce(byId('answer').textContent ?? '');
  } finally {
    asking = false;
    if (next !== null) {
      const once = next;
      next = null;
      again(once);
    }
  }
}

/** @param {Picture} picture @param {boolean} tell */
export function readPicture(picture, tell) {
  current = picture;
  again(tell);
}

export function clearReading() {
  current = null;
  bars.forEach(({ meter, value, row }) => {
    meter.value = 0;
    setText(value, '');
    row.classList.remove('best');
  });
  if (seen) showPicture(seen, new Uint8Array(784));
  byId('answer').setAttribute('data-t', 'answer.empty');
  setText(byId('answer'), t('answer.empty'));
}

export function startReading() {
  build();
  let at = 0;
  const later = () => {
    if (performance.now() - at < 500) return;
    at = performance.now();
    again(false);
  };
  on('steps', later);
  for (const news of /** @type {const} */ (['epoch', 'state', 'forget', 'language'])) on(news, () => again(false));
}
