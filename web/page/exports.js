// @ts-check
/** exports.js - the panel of exports: saves the network, the run, charts, matrix and mistakes; loads a network. */
import { drawLines } from '../plots/lines.js';
import { drawMatrix } from '../plots/matrix.js';
import { app, ask, className, isBusy, on, orShowError } from './app.js';
import { curveCharts } from './curves.js';
import { button, byId, make, say, showPicture } from './dom.js';
import { download, openNetwork, saveNetwork } from './files.js';
import { t } from './strings.js';

/** Opens a saved network in PyTorch. */
const PYTHON = `\
from safetensors.torch import load_file
state = load_file("inklearn.safetensors")
state = {k: v for k, v in state.items()
         if not k.startswith("optimizer.")}
model.load_state_dict(state)`;

/**
 * Writes a table of the epochs, with the columns of fastai's CSV logs.
 * @param {import('./run.js').EpochNumbers[]} epochs
 */
export function csvOf(epochs) {
  return (
    [
      'epoch,train_loss,valid_loss,accuracy,time',
      ...epochs.map((e) => [e.epoch, e.trainLoss, e.validLoss, e.accuracy, e.seconds.toFixed(3)].join(',')),
    ].join('\n') + '\n'
  );
}

/** Writes a whole run, its changes included. @param {import('./run.js').Run} run */
export function jsonOf(run) {
  const { settings, line, dataName, classes, end, digest, epochs, changes, confusion } = run;
  return JSON.stringify(
    {
      inklearn: 1,
      build: app.build,
      settings,
      model: line,
      data: dataName,
      classes,
      end,
      digest,
      changes,
      epochs,
      confusion: confusion && Array.from(confusion),
    },
    null,
    1,
  );
}

/** Draws a chart as it is seen. @param {import('./chart.js').Chart} chart @param {string} title */
const svgOfChart = (chart, title) => drawLines(chart.describe(title));

/** Draws the matrix in the page's colours: mistakes stand out, cells without pictures are empty. */
function svgOfMatrix() {
  const { confusion, classes } = /** @type {import('./run.js').Run} */ (app.run),
    counts = confusion ?? new Uint32Array(0);
  const most = counts.reduce((found, count, i) => (i % (classes.length + 1) ? Math.max(found, count) : found), 1);
  return drawMatrix(counts, classes, {
    words: { title: t('matrix'), actual: t('matrix.is'), predicted: t('matrix.taken') },
    cell: (count, right) => ({
      fill: right ? '#dbe2f6' : `rgba(179,67,11,${count ? (0.08 + 0.45 * Math.sqrt(count / most)).toFixed(2) : 0})`,
      text: count ? String(count) : '',
    }),
  });
}

const saveText = (/** @type {string} */ text, /** @type {string} */ name, /** @type {string} */ type) =>
  download(new Blob([text], { type }), name);

/** @param {HTMLCanvasElement} canvas @param {string} name */
const saveCanvas = (canvas, name) =>
  canvas.toBlob((blob) => {
    if (blob) download(blob, name);
  });

/** Saves a chart's canvas, on the ground of its card. @param {import('./chart.js').Chart} chart @param {string} name */
function savePng(chart, name) {
  const from = chart.canvas;
  if (!from) return;
  const canvas = make('canvas', { width: String(from.width), height: String(from.height) }),
    context = canvas.getContext('2d');
  if (!context) return;
  context.fillStyle = chart.background;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(from, 0, 0);
  saveCanvas(canvas, name);
}

/** Saves a drawing as a PNG file, at twice its size. @param {string} svg @param {string} name */
async function saveDrawing(svg, name) {
  const image = new Image(),
    url = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }));
  image.src = url;
  await image.decode();
  const canvas = make('canvas', { width: String(2 * image.naturalWidth), height: String(2 * image.naturalHeight) });
  canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height);
  URL.revokeObjectURL(url);
  saveCanvas(canvas, name);
}

/** Saves the worst mistakes with their captions in one picture. */
async function saveSheet() {
  /** @type {import('../core/protocol.js').Mistake[]} */
  const found = await ask({ type: 'top', most: 48 });
  const across = 8,
    side = 84,
    line = 118,
    canvas = make('canvas', {
      width: String(across * (side + 12) + 12),
      height: String(Math.ceil(found.length / across) * line + 12),
    });
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d')),
    small = make('canvas');
  context.fillStyle = '#fff';
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.imageSmoothingEnabled = false;
  context.fillStyle = '#111';
  context.font = '12px sans-serif';
  found.forEach((m, i) => {
    const x = 12 + (i % across) * (side + 12),
      y = 12 + Math.floor(i / across) * line;
    showPicture(small, m.picture);
    context.drawImage(small, x, y, side, side);
    context.fillText(
      `${className(m.actual)} → ${className(m.predicted)}  ${m.loss.toFixed(2)}`,
      x,
      y + side + 15,
      side,
    );
  });
  saveCanvas(canvas, 'mistakes.png');
}

export function startExports() {
  const place = byId('export'),
    open = byId('export-open');
  open.addEventListener('click', () => {
    place.hidden = !place.hidden;
    open.setAttribute('aria-expanded', String(!place.hidden));
  });
  const save = button('export.save', orShowError(saveNetwork), { id: 'save', disabled: '' });
  const restore = make('input', { id: 'restore', class: 'visually-hidden', type: 'file', accept: '.safetensors' });
  restore.addEventListener(
    'change',
    orShowError(() => openNetwork(restore)),
  );
  const run = () => /** @type {import('./run.js').Run} */ (app.run),
    saveSvg = (/** @type {string} */ svg, /** @type {string} */ name) => saveText(svg, name, 'image/svg+xml');
  /** @type {[string, string, () => unknown][]} */
  const files = [
    ['CSV', 'export-csv', () => saveText(csvOf(run().epochs), 'run.csv', 'text/csv')],
    ['JSON', 'export-json', () => saveText(jsonOf(run()), 'run.json', 'application/json')],
  ];
  /** @type {[string, string, () => unknown][]} */
  const pictures = [
    ['loss.png', 'export-loss-png', () => savePng(curveCharts().loss, 'loss.png')],
    ['loss.svg', 'export-loss-svg', () => saveSvg(svgOfChart(curveCharts().loss, t('loss')), 'loss.svg')],
    ['accuracy.png', 'export-accuracy-png', () => savePng(curveCharts().accuracy, 'accuracy.png')],
    [
      'accuracy.svg',
      'export-accuracy-svg',
      () => saveSvg(svgOfChart(curveCharts().accuracy, t('accuracy')), 'accuracy.svg'),
    ],
    ['matrix.png', 'export-matrix-png', () => saveDrawing(svgOfMatrix(), 'matrix.png')],
    ['matrix.svg', 'export-matrix-svg', () => saveSvg(svgOfMatrix(), 'matrix.svg')],
    ['mistakes.png', 'export-sheet', saveSheet],
  ];
  /** @type {HTMLButtonElement[]} */
  const needRun = [];
  const group = (/** @type {[string, string, () => unknown][]} */ list, /** @type {string} */ hint) =>
    make(
      'div',
      {},
      make(
        'div',
        { class: 'row' },
        ...list.map(([label, id, act]) => {
          const made = make('button', { type: 'button', class: 'small', id }, label);
          made.addEventListener(
            'click',
            orShowError(async () => {
              await act();
            }),
          );
          needRun.push(made);
          return made;
        }),
      ),
      say('p', hint, { class: 'hint' }),
    );
  place.replaceChildren(
    make('div', {}, save, say('p', 'export.save.hint', { class: 'hint' })),
    make(
      'div',
      {},
      say('label', 'export.restore', { class: 'button small', for: 'restore' }),
      restore,
      say('p', 'export.restore.hint', { class: 'hint' }),
    ),
    group(files, 'export.run.hint'),
    group(pictures, 'export.pictures.hint'),
    make(
      'div',
      {},
      say('p', 'export.python', { class: 'hint' }),
      make('pre', { class: 'code', tabindex: '0' }, PYTHON),
    ),
  );
  const draw = () => {
    save.disabled = !app.run || isBusy();
    for (const one of needRun) one.disabled = !app.run?.epochs.length;
  };
  for (const news of /** @type {const} */ (['state', 'run', 'forget', 'epoch'])) on(news, draw);
  draw();
}
