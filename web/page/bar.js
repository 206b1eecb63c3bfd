// @ts-check
/** bar.js - the bar at the top: one sentence on the run, one number, and the button. */
import { app, on } from './app.js';
import { announce, byId, setText } from './dom.js';
import { part } from './frame.js';
import { worstPair } from './matrix-words.js';
import { percent, t, whole } from './strings.js';

/** @type {Record<'train' | 'stop' | 'reset', HTMLButtonElement>} */
const buttons = { train: byId('train'), stop: byId('stop'), reset: byId('reset') };

/** Describes what the run has reached, for the sentence. */
function reached() {
  const last = app.run?.epochs.at(-1);
  return last ? t('right', { part: percent(last.accuracy) }) : t('first');
}

export function sentence() {
  const { state, loading } = app,
    words = stateSentence();
  return loading && ['training', 'paused', 'finding'].includes(state) ? `${loadSentence()} ${words}` : words;
}

function loadSentence() {
  const { name = '', listed = 0, progress = null } = app.loading ?? {};
  if (progress) return t('say.reading', { name, count: whole(progress.train + progress.valid) });
  return listed ? t('say.listing', { name, count: whole(listed) }) : t('say.loading', { name });
}

function stateSentence() {
  const { state, run, data } = app;
  const epoch = (run?.latest?.epoch ?? 0) + 1,
    epochs = run?.latest?.epochs ?? run?.settings.epochs ?? 0;
  const counts = run?.confusion,
    pair = counts && data ? worstPair(counts, data.classes) : null;
  switch (state) {
    case 'starting':
      return t('say.starting');
    case 'finding':
      return t('say.finding');
    case 'loading':
      return loadSentence();
    case 'idle':
      return data
        ? t('say.ready', { model: t(`model.${run?.settings.model ?? ''}`), data: data.name, count: whole(data.train) })
        : t('say.empty');
    case 'training':
      return t('say.training', { epoch, epochs, reached: reached() });
    case 'paused':
      return t('say.paused', { epoch, step: whole(run?.latest?.step ?? 0) });
    case 'stopped':
      return t('say.stopped', { epoch });
    case 'finished':
      return t('say.finished', {
        reached: reached(),
        worst: pair ? t('say.worst', { ...pair, count: whole(pair.count) }) : '',
      });
    case 'diverged':
      return t('say.diverged');
    default:
      return t(
        ['unsupported', 'network', 'start', 'build'].includes(app.failure) ? `say.${app.failure}` : 'say.failed',
      );
  }
}

/** The time of the last announcement to screen readers, in ms. */
let announcedAt = 0;
let shownState = '';

const drawWords = part(() => {
  const { state, run } = app,
    latest = run?.latest,
    words = sentence();
  if (words !== byId('sentence').textContent) {
    setText(byId('sentence'), words);
    // During training each epoch is announced (below), during a load every ten seconds, all else at once.
    const now = performance.now();
    if (state !== 'training' ? !app.loading || now - announcedAt > 10_000 : state !== shownState) {
      announcedAt = now;
      announce(words);
    }
  }
  if (state !== shownState) shownState = state;
  const load = app.loading?.progress;
  const progress =
    state === 'loading'
      ? load?.totalBytes
        ? load.bytes / load.totalBytes
        : 0
      : state === 'finished'
        ? 1
        : (latest?.progress ?? 0);
  /** @type {HTMLProgressElement} */ (byId('progress')).value = progress;
  const busy = state === 'training',
    working = busy || state === 'paused';
  setText(byId('percent'), state === 'loading' || latest ? percent(progress, 0) : '');
  setText(
    byId('left'),
    busy && latest && latest.progress > 0.05 && Number.isFinite(latest.secondsLeft) ? left(latest.secondsLeft) : '',
  );
  setText(
    byId('speed'),
    busy && latest && Number.isFinite(latest.imagesPerSecond)
      ? t('speed', { count: whole(100 * Math.round(latest.imagesPerSecond / 100)) })
      : '',
  );
  setText(
    byId('steps'),
    working && latest ? t('step', { step: whole(latest.step), of: whole(latest.stepsPerEpoch * latest.epochs) }) : '',
  );
  const last = run?.epochs.at(-1),
    score = /** @type {HTMLElement} */ (document.querySelector('.score'));
  score.hidden = !last;
  if (last) setText(byId('score'), percent(last.accuracy));
  document.title =
    (busy && latest
      ? `${percent(progress, 0)} · `
      : state === 'finished' && document.hidden
        ? `✓ ${last ? percent(last.accuracy) : ''} · `
        : '') + t('title');
}, 100);

/** @param {number} seconds */
function left(seconds) {
  return seconds < 50
    ? t('left.seconds', { count: whole(5 * Math.ceil(seconds / 5)) })
    : t('left.minutes', { count: whole(Math.ceil(seconds / 60)) });
}

/** Shows the state at once, without waiting for a frame. */
function drawState() {
  const { state, data, run } = app,
    chip = byId('state');
  if (state !== 'training') delete document.documentElement.dataset.phase;
  chip.dataset.state = state;
  setText(chip, t(`state.${state}`));
  setText(
    buttons.train,
    t(state === 'training' ? 'pause' : state === 'paused' ? 'resume' : state === 'finished' ? 'train.again' : 'train'),
  );
  buttons.train.disabled = !data || ['starting', 'loading', 'finding', 'failed'].includes(state);
  buttons.stop.disabled = !['training', 'paused', 'finding'].includes(state);
  buttons.reset.disabled = !run || state === 'loading';
}

export function startBar() {
  const now = () => {
    drawState();
    drawWords(true);
  };
  for (const news of /** @type {const} */ (['state', 'data', 'run', 'forget'])) on(news, now);
  on('language', now);
  on('loading', () => drawWords());
  on('steps', (report) => {
    document.documentElement.dataset.phase = report.phase;
    drawWords();
  });
  on('epoch', () => drawWords());
  now();
}
