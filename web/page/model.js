// @ts-check
/** model.js - the model that the settings describe: shapes, weights, memory, time, and the rate's schedule. */
import { app, ask, on, orShowError, emit } from './app.js';
import { byId, make, setText } from './dom.js';
import { showPreview } from './preview.js';
import { readSettings } from './settings.js';
import { fixed, t, whole } from './strings.js';

/**
 * Multiply-adds a second, training, until this model has been trained here: small ones are held up by all that is not
 * arithmetic.
 * @param {number} macs
 */
const guess = (macs) => (macs < 1e6 ? 8e9 : 4e10);

/**
 * Returns the times of the models that were trained here, by their lines; none where storage is forbidden.
 * @returns {Record<string, number>}
 */
function speeds() {
  try {
    return Object(JSON.parse(localStorage.getItem('speeds') ?? '{}'));
  } catch {
    return {};
  }
}

/** Learns the speed from a run; a training step costs three forward passes. @param {number} imagesPerSecond */
function learnSpeed(imagesPerSecond) {
  const { info, run } = app;
  if (!info?.macs || !run || run.line !== info.line || !Number.isFinite(imagesPerSecond)) return;
  const known = Object.entries({ ...speeds(), [info.line]: Math.round(3 * info.macs * imagesPerSecond) }).slice(-20);
  try {
    localStorage.setItem('speeds', JSON.stringify(Object.fromEntries(known)));
  } catch {
    /* private windows may forbid it */
  }
}

/** @param {number} n */
const short = (n) => (n >= 1e6 ? t('million', { count: fixed(n / 1e6, n >= 1e7 ? 0 : 1) }) : whole(n));

/** Estimates the time of one epoch. @param {import('../core/protocol.js').ModelInfo} info */
export function timeOf(info) {
  const own = Number(speeds()[info.line]);
  const seconds = ((app.data?.train ?? 0) * 3 * info.macs) / (own > 0 ? own : guess(info.macs));
  return seconds < 1 ? t('model.time.short') : t('model.time', { seconds: whole(seconds) });
}

/** @param {import('../core/protocol.js').ModelInfo} info */
function showModel(info) {
  setText(
    byId('model-summary'),
    t('model.summary', {
      weights: whole(info.parameters),
      megabytes: fixed(info.bytes / 1e6, 1),
      macs: short(info.macs),
      time: timeOf(info),
    }),
  );
  byId('layers').hidden = info.layers.length === 0;
  byId('layers')
    .querySelector('tbody')
    ?.replaceChildren(
      ...info.layers.map((l) =>
        make(
          'tr',
          {},
          make('td', {}, l.name),
          make('td', {}, l.shape.join(' × ')),
          make('td', {}, l.parameters ? whole(l.parameters) : ''),
        ),
      ),
    );
}

let asked = 0;

export async function describe() {
  const settings = readSettings();
  drawSchedule();
  if (!settings || !app.data) return;
  const mine = ++asked;
  try {
    const info = await ask({ type: 'describe', settings });
    if (mine !== asked) return;
    app.info = info;
    byId('model-summary').classList.remove('problem');
    showModel(info);
    emit('described', info);
    await showPreview(settings);
  } catch (error) {
    if (mine !== asked) return;
    app.info = null;
    byId('model-summary').classList.add('problem');
    setText(byId('model-summary'), /** @type {Error} */ (error).message);
    byId('layers').hidden = true;
  }
}

/** Draws a small curve of the learning rate over the run. */
function drawSchedule() {
  const kind = /** @type {HTMLSelectElement} */ (byId('schedule')).value;
  const cycle = (/** @type {number} */ x, /** @type {number} */ top) =>
    x < top
      ? 0.04 + (0.96 * (1 - Math.cos((Math.PI * x) / top))) / 2
      : (1 + Math.cos((Math.PI * (x - top)) / (1 - top))) / 2;
  const at = (/** @type {number} */ x) =>
    kind === 'constant'
      ? 0.8
      : kind === 'one_cycle'
        ? cycle(x, 0.25)
        : x < 0.3
          ? cycle(x / 0.3, 0.98)
          : 0.5 * cycle((x - 0.3) / 0.7, 0.3);
  const points = Array.from({ length: 31 }, (_, i) => `${2 * i},${(15 - 13 * at(i / 30)).toFixed(1)}`);
  byId('schedule-curve')
    .querySelector('path')
    ?.setAttribute('d', `M${points.join('L')}`);
}

export function startModel() {
  for (const news of /** @type {const} */ (['settings', 'data', 'language'])) on(news, orShowError(describe));
  let learnt = 0;
  on('steps', ({ phase, imagesPerSecond }) => {
    if (phase !== 'train' || performance.now() - learnt < 3000) return;
    learnt = performance.now();
    learnSpeed(imagesPerSecond);
  });
  drawSchedule();
}
