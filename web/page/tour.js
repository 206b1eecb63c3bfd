// @ts-check
/** tour.js - six steps through the notebook; each has a live run and a link. */
import { app, on } from './app.js';
import { button, byId, make, say, setText } from './dom.js';
import { settingsFrom, writeSettings } from './settings.js';
import { percent, t } from './strings.js';
import { trainOrPause } from './training.js';

/**
 * The settings of a step, as in a link, and the notebook's result on MNIST.
 * @type {{ settings: string, notebook?: number, show: string, act?: () => void }[]}
 */
const STEPS = [
  { settings: 'model=linear&epochs=5', notebook: 0.9021, show: '.curves' },
  { settings: 'model=mlp&epochs=10', notebook: 0.9105, show: '.curves' },
  { settings: 'model=mlp&epochs=3&lr=0.1', show: '#find-figure', act: () => byId('find').click() },
  { settings: 'model=resnet18&epochs=1', notebook: 0.9772, show: '.curves' },
  { settings: 'model=mlp&epochs=5&lr=0.1', show: '#mistakes-card' },
  { settings: 'model=mlp&epochs=5&lr=0.1', show: '.try' },
];
let step = 0;

function draw() {
  const place = byId('tour'),
    { settings, notebook, act } = STEPS[step],
    number = step + 1;
  const here = make('p', { class: 'hint', id: 'tour-result' });
  const run = button(
    act ? 'tour.find' : 'tour.run',
    () => {
      writeSettings(settingsFrom(settings));
      if (act) act();
      else if (app.state !== 'training') trainOrPause();
      document.querySelector(STEPS[step].show)?.scrollIntoView({ block: 'nearest' });
    },
    { class: 'primary', id: 'tour-run' },
  );
  const back = button('tour.back', () => go(step - 1), { id: 'tour-back' }),
    next = button('tour.next', () => go(step + 1), { id: 'tour-next' });
  back.disabled = step === 0;
  next.disabled = step === STEPS.length - 1;
  place.replaceChildren(
    make(
      'div',
      { class: 'head' },
      make('h2', { id: 'tour-title', tabindex: '-1' }, `${number}/${STEPS.length} ${t(`tour.${number}`)}`),
      button(
        'close',
        () => {
          place.hidden = true;
          byId('tour-open').focus();
        },
        { id: 'tour-close' },
      ),
    ),
    say('p', `tour.${number}.text`),
    ...(notebook ? [make('p', { class: 'hint' }, t('tour.notebook', { part: percent(notebook, 2) }))] : []),
    here,
    make('div', { class: 'row' }, run, back, next, make('a', { href: `#${settings}&tour=${number}` }, t('tour.link'))),
  );
  drawResult();
}

/** Shows the page's result beside the notebook's. */
function drawResult() {
  const place = document.getElementById('tour-result'),
    last = app.run?.epochs.at(-1);
  if (place) setText(place, last ? t('tour.here', { part: percent(last.accuracy, 2), data: app.data?.name }) : '');
}

/** @param {number} to */
function go(to) {
  step = Math.max(0, Math.min(STEPS.length - 1, to));
  byId('tour').hidden = false;
  draw();
  byId('tour-title').focus();
}

export function startTour() {
  byId('tour-open').hidden = false;
  byId('tour-open').addEventListener('click', () => go(step));
  for (const news of /** @type {const} */ (['epoch', 'forget'])) on(news, drawResult);
  on('language', () => {
    if (!byId('tour').hidden) draw();
  });
  const linked = () => {
    const asked = Number(new URLSearchParams(location.hash.slice(1)).get('tour'));
    if (asked >= 1 && asked <= STEPS.length) go(asked - 1);
  };
  addEventListener('hashchange', linked);
  linked();
}
