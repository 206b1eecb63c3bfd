// @ts-check
/**
 * main.js - the page: messages of the worker update its state, one drawing a frame shows it.
 */
import { Charts } from './page/charts.js';
import { Client } from './page/client.js';
import { clearConfusion, showConfusion, worstPair } from './page/confusion.js';
import { droppedFiles, loadFiles, showMosaic, showProblems, showReport, startData } from './page/data.js';
import { announce, byId, make, percent, setText, thousands } from './page/dom.js';
import { showEpochs } from './page/epochs.js';
import { showFound, showSearching } from './page/finder.js';
import { startMistakes } from './page/mistakes.js';
import { startPad } from './page/pad.js';
import { forgetPreview, showPreview } from './page/preview.js';
import { Run } from './page/run.js';
import { readSettings, startSettings } from './page/settings.js';

/** @typedef {import('./protocol.js').State | 'starting' | 'failed'} PageState */

const WORDS = {
  starting: 'Starting', idle: 'Ready', loading: 'Loading', finding: 'Searching', training: 'Training', paused: 'Paused',
  stopped: 'Stopped', finished: 'Done', diverged: 'Diverged', failed: 'Failed',
};

/** @type {PageState} */
let state = 'starting';
let stateMessage = '';
/** @type {import('./protocol.js').LoadReport | null} */
let data = null;
/** @type {any} */
let loading = null;
/** @type {Run | null} */
let run = null;
let runs = 0;
/** @type {string} */
let source = '';
let drawn = false;

/** @type {Charts | null} */
let charts = null;
Charts.create().then((made) => {
  charts = made;
  draw();
});
/** @type {Record<'train' | 'stop' | 'reset', HTMLButtonElement>} */
const buttons = { train: byId('train'), stop: byId('stop'), reset: byId('reset') };

/** @param {string} message  '' takes it away */
function complain(message) {
  byId('error').hidden = !message;
  setText(byId('error'), message);
}

/** @param {unknown} error */
function complainOf(error) {
  const { message } = /** @type {Error} */ (error);
  complain(message.charAt(0).toUpperCase() + message.slice(1) + (/[.!?]$/.test(message) ? '' : '.'));
}

const client = new Client(onReport, (error) => {
  state = 'failed';
  complainOf(error);
  draw();
});

// ---- what the worker tells ----

/** @param {any} report */
function onReport(report) {
  switch (report.type) {
    case 'ready':
      setText(byId('variant'), `Kernels: ${report.variant}.`);
      break;
    case 'state':
      state = report.state;
      stateMessage = report.message ?? '';
      if (['paused', 'stopped', 'finished'].includes(state)) offerMistakes();
      if (state === 'diverged') complainOf(new Error(stateMessage));
      break;
    case 'progress':
      loading = report;
      break;
    case 'steps':
      if (report.run === run?.number) run?.addSteps(report);
      break;
    case 'epoch':
      if (report.run !== run?.number) break;
      run?.addEpoch(report);
      if (performance.now() > offeredAt + 1000) offerMistakes();
      break;
  }
  draw();
}

let offeredAt = -Infinity;
/** The pairs of the last validation. */
function offerMistakes() {
  if (!run?.confusion) return;
  offeredAt = performance.now();
  mistakes.offer(run.confusion);
}

// ---- one drawing a frame ----

function draw() {
  if (drawn) return;
  drawn = true;
  requestAnimationFrame(() => {
    drawn = false;
    drawState();
    if (!due()) return;
    drawProgress();
    if (run) drawRun(run);
  });
}

let drawnState = '', drawnAt = 0;
/** Ten times a second while it works; at once when that begins or ends. */
function due() {
  const now = performance.now(), same = state === drawnState;
  if (same && (state === 'training' || state === 'loading') && now - drawnAt < 100) {
    setTimeout(draw, 100);
    return false;
  }
  if (!same) told = 0;
  drawnState = state;
  drawnAt = now;
  return true;
}

/** What was drawn last of the run. @type {Run | null} */
let drawnRun = null;
let drawnEpochs = 0;

/** @param {Run} shown */
function drawRun(shown) {
  const { epochs, confusion } = shown;
  charts?.show(shown);
  drawCaptions(shown);
  showEpochs(epochs);
  if (confusion && data && !showConfusion(confusion, data.classes, epochs.length - 1)) draw();
  if (epochs.length !== drawnEpochs && shown === drawnRun) pad.again();
  drawnRun = shown;
  drawnEpochs = epochs.length;
}

function sentence() {
  const last = run?.epochs.at(-1), counts = run?.confusion;
  const right = last ? `${percent(last.accuracy)} right on pictures it has not learnt from` : 'learning from its first pictures';
  const pair = counts && data && worstPair(counts, data.classes);
  switch (state) {
    case 'starting': return 'Getting ready.';
    case 'finding': return 'Trying learning rates on a new network.';
    case 'loading': return loading ? `Reading ${source}: ${thousands(loading.train + loading.valid)} pictures so far.` : `Reading ${source}.`;
    case 'idle': return data ? `Ready: ${data.name}, ${thousands(data.train)} pictures. Press Train.` : 'Choose a data set to begin.';
    case 'training': return `Epoch ${(run?.latest?.epoch ?? 0) + 1} of ${run?.latest?.epochs ?? run?.settings.epochs}: ${right}.`;
    case 'paused': return `Paused in epoch ${(run?.latest?.epoch ?? 0) + 1}, step ${run?.latest?.step ?? 0}. Draw a digit, or go on.`;
    case 'stopped': return `Stopped in epoch ${(run?.latest?.epoch ?? 0) + 1}. The network is kept: try it.`;
    case 'finished': return `Done: ${right}.${pair ? ` Most often it takes a ${pair.actual} for a ${pair.predicted}.` : ''}`;
    case 'diverged': return 'The loss is no longer a number. Try a smaller learning rate.';
    default: return 'The trainer has stopped working. Please reload the page.';
  }
}

function drawState() {
  const chip = byId('state');
  chip.dataset.state = state;
  setText(chip, WORDS[state]);
  setText(buttons.train, state === 'training' ? 'Pause' : state === 'paused' ? 'Resume' : 'Train');
  buttons.train.disabled = !data || ['loading', 'finding', 'failed'].includes(state);
  /** @type {HTMLButtonElement} */ (byId('save')).disabled = !run || ['loading', 'finding', 'failed'].includes(state);
  byId('diverged').hidden = state !== 'diverged';
  /** @type {HTMLButtonElement} */ (byId('show-batch')).disabled = !data || state === 'loading';
  buttons.stop.disabled = !['training', 'paused', 'finding'].includes(state);
  buttons.reset.disabled = !run || state === 'loading';
}

/** When the sentence was last told to those who do not see it. */
let told = 0;

function drawProgress() {
  const words = sentence(), now = performance.now();
  if (words !== byId('sentence').textContent) {
    setText(byId('sentence'), words);
    if (!told || now - told > 10_000) {
      told = now;
      announce(words);
    }
  }
  const bar = /** @type {HTMLProgressElement} */ (byId('progress'));
  const latest = run?.latest;
  const progress = state === 'loading' ? (loading?.totalBytes ? loading.bytes / loading.totalBytes : 0)
    : state === 'finished' ? 1 : latest?.progress ?? 0;
  bar.value = progress;
  setText(byId('percent'), state === 'loading' || latest ? `${Math.round(100 * progress)} %` : '');
  const left = state === 'training' && latest && latest.progress > 0.02 && Number.isFinite(latest.secondsLeft);
  setText(byId('left'), left && latest ? duration(latest.secondsLeft) : '');
  setText(byId('speed'), state === 'training' && latest && Number.isFinite(latest.imagesPerSecond) ? `${thousands(100 * Math.round(latest.imagesPerSecond / 100))} pictures/s` : '');
}

/** @param {number} seconds */
function duration(seconds) {
  return seconds < 90 ? `${Math.ceil(seconds)} s left` : `${Math.ceil(seconds / 60)} min left`;
}

/** @param {Run} shown */
function drawCaptions({ smooth, epochs }) {
  const last = epochs.at(-1), now = smooth.length ? smooth.values()[smooth.length - 1] : NaN;
  setText(byId('loss-text'), Number.isFinite(now) ? `Training ${now.toFixed(4)}${last ? `, validation ${last.validLoss.toFixed(4)}` : ''}.` : 'The curve will appear here when you press Train.');
  setText(byId('accuracy-text'), last ? `${(100 * last.accuracy).toFixed(2)} % after ${epochs.length} ${epochs.length === 1 ? 'epoch' : 'epochs'}.` : 'A point for each epoch.');
}

// ---- what the person asks ----

/** @type {import('./page/data.js').Load} */
async function load(from) {
  complain('');
  source = from.name;
  loading = null;
  try {
    data = await client.ask({ type: 'load', source: from });
    forgetRun();
    draw();
    showReport(/** @type {import('./protocol.js').LoadReport} */ (data));
    forgetPreview();
    describe();
    showExamples();
    return true;
  } catch (error) {
    const failed = /** @type {import('./page/client.js').WorkerError} */ (error);
    draw();
    if (failed.code === 'aborted') return null;
    showProblems(failed.problems.length, failed.problems);
    complainOf(new Error(`${from.name} was not loaded: ${failed.message}${data ? `. ${data.name} is still there` : ''}`));
    return false;
  }
}

function forgetRun() {
  run = null;
  showEpochs([]);
  clearConfusion();
  mistakes.clear();
  charts?.show(new Run(0, /** @type {any} */ ({})));
  drawCaptions(new Run(0, /** @type {any} */ ({})));
}

async function showExamples() {
  if (!data) return;
  const indices = Array.from({ length: Math.min(30, data.train) }, (_, i, ) => Math.floor((i + 0.5) * /** @type {any} */ (data).train / Math.min(30, /** @type {any} */ (data).train)));
  const { pictures } = await client.ask({ type: 'pictures', split: 'train', indices });
  showMosaic(pictures);
}

/** @param {import('./protocol.js').LayerInfo[]} layers */
function showLayers(layers) {
  byId('layers').hidden = layers.length === 0;
  byId('layers').querySelector('tbody')?.replaceChildren(...layers.map((l) => make('tr', {},
    make('td', {}, l.name), make('td', {}, l.shape.join(' × ')), make('td', {}, l.parameters ? thousands(l.parameters) : ''))));
}

async function describe() {
  const settings = readSettings();
  if (!settings || !data) return;
  try {
    const info = await client.ask({ type: 'describe', settings });
    setText(byId('model-summary'), `${thousands(info.parameters)} weights, ${(info.bytes / 1e6).toFixed(1)} MB to train.`);
    showLayers(info.layers);
    await showPreview(settings, (wanted, count, at) => client.ask({ type: 'preview', settings: wanted, count, draw: at }));
  } catch (error) {
    setText(byId('model-summary'), /** @type {Error} */ (error).message);
    showLayers([]);
  }
}

async function train() {
  const settings = readSettings();
  if (!settings) return complain('One of the settings is not right yet: see the note beside it.');
  complain('');
  forgetRun();
  run = new Run(++runs, settings);
  await client.ask({ type: 'train', run: run.number, settings });
}

const mistakes = startMistakes((most, cell) => client.ask({ type: 'top', most, cell }), () => data?.classes ?? []);

byId('find').addEventListener('click', async () => {
  const settings = readSettings();
  if (!settings || !data) return complain('The search needs a data set, and settings that are right.');
  complain('');
  forgetRun();
  showSearching('Trying rates from 0.0000001 to 10 …');
  try {
    showFound(await client.ask({ type: 'find', settings }));
  } catch (error) {
    showSearching('');
    complainOf(error);
  }
});

async function saveNetwork() {
  try {
    const bytes = await client.ask({ type: 'save' });
    const url = URL.createObjectURL(new Blob([bytes]));
    make('a', { href: url, download: 'inklearn.safetensors' }).click();
    setTimeout(() => URL.revokeObjectURL(url), 10000);
  } catch (error) {
    complainOf(error);
  }
}
byId('save').addEventListener('click', saveNetwork);
byId('save-good').addEventListener('click', saveNetwork);
byId('smaller-rate').addEventListener('click', () => {
  const field = /** @type {HTMLInputElement} */ (byId('lr'));
  field.value = field.value.split(':').map((rate) => (rate ? String(Number((Number(rate) / 10).toPrecision(6))) : '')).join(':');
  field.dispatchEvent(new Event('input', { bubbles: true }));
  train().catch(complainOf);
});
byId('no-flip').addEventListener('click', () => {
  const augment = /** @type {HTMLSelectElement} */ (byId('augment'));
  augment.value = 'fastai_no_flip';
  augment.focus();
  augment.dispatchEvent(new Event('input', { bubbles: true }));
});
byId('show-batch').addEventListener('click', async () => {
  if (!data) return;
  const { train } = data, indices = Array.from({ length: 30 }, () => Math.floor(Math.random() * train));
  const { pictures, labels } = await client.ask({ type: 'pictures', split: 'train', indices });
  showMosaic(pictures, labels.map((/** @type {number} */ l) => data?.classes[l]));
});

byId('restore').addEventListener('change', async () => {
  const input = /** @type {HTMLInputElement} */ (byId('restore')), file = input.files?.[0];
  input.value = '';
  if (!file) return;
  complain('');
  try {
    const bytes = await file.arrayBuffer(), number = ++runs;
    await client.ask({ type: 'restore', run: number, bytes }, [bytes]);
    forgetRun();
    run = new Run(number, /** @type {any} */ ({}));
    pad.again();
    draw();
  } catch (error) {
    complain(`${file.name} was not loaded: ${/** @type {Error} */ (error).message}`);
  }
});

buttons.train.addEventListener('click', () => {
  const asked = state === 'training' ? client.ask({ type: 'pause' }) : state === 'paused' ? client.ask({ type: 'resume' }) : train();
  asked.catch(complainOf);
});
buttons.stop.addEventListener('click', () => client.ask({ type: 'stop' }).catch(complainOf));
buttons.reset.addEventListener('click', async () => {
  await client.ask({ type: 'reset' }).catch(complainOf);
  complain('');
  forgetRun();
  pad.again();
  draw();
});

const pad = startPad({
  predict: (picture) => client.ask({ type: 'predict', ...picture }, [picture.rgba]),
  async example() {
    if (!data) return null;
    const index = Math.floor(Math.random() * data.valid);
    return (await client.ask({ type: 'pictures', split: 'valid', indices: [index] })).pictures[0];
  },
  classes: () => data?.classes ?? [],
  complain,
});

// ---- dropping anywhere ----

/** One picture that is no archive is a digit to read; everything else is data. @param {{ path: string, file: File }[]} files */
function isOneDigit(files) {
  return files.length === 1 && !files[0].path.includes('/') && !/\.(tar|gz|tgz)$|ubyte/i.test(files[0].path);
}

for (const type of ['dragenter', 'dragover'])
  addEventListener(type, (event) => {
    event.preventDefault();
    byId('drop-hint').hidden = false;
  });
addEventListener('dragleave', (event) => {
  if (!event.relatedTarget) byId('drop-hint').hidden = true;
});
addEventListener('drop', async (event) => {
  event.preventDefault();
  byId('drop-hint').hidden = true;
  complain('');
  if (!event.dataTransfer) return;
  try {
    const files = await droppedFiles(event.dataTransfer);
    if (isOneDigit(files)) await pad.read(files[0].file);
    else loadFiles(files, load, complain);
  } catch (error) {
    complainOf(new Error(`What was dropped could not be read: ${/** @type {Error} */ (error).message}`));
  }
});

startSettings(describe);
startData(load, complain);
draw();
