// @ts-check
/** exports.js - what can be taken away: the network, the run, charts, matrix, mistakes; and a network brought back. */
import { app, ask, className, isBusy, on, orComplain } from './app.js';
import { curveCharts } from './curves.js';
import { button, byId, make, say, showPicture } from './dom.js';
import { download, openNetwork, saveNetwork } from './files.js';
import { t } from './strings.js';

/** fastai's columns, which CSV readers of its logs know. @param {import('./run.js').EpochNumbers[]} epochs */
export function csvOf(epochs) {
  return (
    [
      'epoch,train_loss,valid_loss,accuracy,time',
      ...epochs.map((e) => [e.epoch, e.trainLoss, e.validLoss, e.accuracy, e.seconds.toFixed(3)].join(',')),
    ].join('\n') + '\n'
  );
}

/** All of a run, changes included. @param {import('./run.js').Run} run */
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

/** Escapes a text for XML. Characters that XML cannot hold at all are replaced. @param {string | number} text */
const escape = (text) =>
  String(text)
    .replace(/[\0-\x08\v\f\x0e-\x1f\ud800-\udfff\ufffe\uffff]/gu, '\ufffd')
    .replace(/[&<>"'\t\n\r]/g, (c) => `&#${c.charCodeAt(0)};`);
const cut = (/** @type {string} */ text, /** @type {number} */ most) => [...text].slice(0, most).join('');

/** The curves that a chart shows, as a drawing. @param {import('./chart.js').Chart} chart @param {string} title */
function svgOfChart(chart, title) {
  const [xs, ...ys] = chart.data,
    width = 720,
    height = 400,
    left = 60,
    bottom = 40,
    finite = ys.flat().filter((v) => v != null);
  const low = Math.min(0, ...finite),
    high = Math.max(...finite) || 1,
    end = Math.max(...xs) || 1;
  const x = (/** @type {number} */ v) => left + ((width - left - 20) * v) / end,
    y = (/** @type {number} */ v) => 20 + (height - bottom - 20) * (1 - (v - low) / (high - low));
  const paths = ys.map((column, i) => {
    const points = xs.flatMap((v, k) =>
      column[k] == null ? [] : [`${x(v).toFixed(1)},${y(/** @type {number} */ (column[k])).toFixed(1)}`],
    );
    const { stroke, alpha = 1, dash = [], key } = chart.lines[i];
    return points.length
      ? `<path d="M${points.join('L')}" fill="none" stroke="${chart.colour(stroke)}" stroke-opacity="${alpha}" stroke-width="2" stroke-dasharray="${dash.join(' ')}"><title>${escape(t(key))}</title></path>`
      : '';
  });
  const ticks = [0, 1, 2, 3, 4].map(
    (i) =>
      `<text x="${left - 6}" y="${y(low + ((high - low) * i) / 4) + 4}" text-anchor="end">${escape(+(low + ((high - low) * i) / 4).toPrecision(3))}</text><text x="${x((end * i) / 4)}" y="${height - 16}" text-anchor="middle">${escape(+((end * i) / 4).toPrecision(3))}</text>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="#fff"/><text x="${left}" y="14">${escape(title)}</text>${ticks.join('')}${paths.join('')}</svg>`;
}

/** @param {Uint32Array} counts @param {string[]} classes */
function svgOfMatrix(counts, classes) {
  const n = classes.length,
    side = 36,
    edge = 70,
    most = counts.reduce((m, c, i) => (i % (n + 1) ? Math.max(m, c) : m), 1);
  const cells = Array.from(counts, (count, i) => {
    const r = Math.floor(i / n),
      c = i % n,
      fill = r === c ? '#dbe2f6' : `rgba(179,67,11,${count ? (0.08 + 0.45 * Math.sqrt(count / most)).toFixed(2) : 0})`;
    return `<rect x="${edge + c * side}" y="${edge + r * side}" width="${side - 1}" height="${side - 1}" fill="${fill}"/><text x="${edge + (c + 0.5) * side}" y="${edge + (r + 0.6) * side}" text-anchor="middle">${count || ''}</text>`;
  });
  const names = classes.map(
    (name, i) =>
      `<text x="${edge - 8}" y="${edge + (i + 0.6) * side}" text-anchor="end">${escape(cut(name, 9))}</text><text x="${edge + (i + 0.5) * side}" y="${edge - 8}" text-anchor="middle">${escape(cut(name, 5))}</text>`,
  );
  const size = edge + n * side + 10;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size} ${size}" width="${size}" height="${size}" font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="#fff"/><text x="10" y="20">${escape(`${t('matrix')}: ${t('matrix.is')} / ${t('matrix.taken')}`)}</text>${names.join('')}${cells.join('')}</svg>`;
}

const saveText = (/** @type {string} */ text, /** @type {string} */ name, /** @type {string} */ type) =>
  download(new Blob([text], { type }), name);

/** @param {HTMLCanvasElement} canvas @param {string} name */
const saveCanvas = (canvas, name) =>
  canvas.toBlob((blob) => {
    if (blob) download(blob, name);
  });

/** A chart on white, as it stands there. @param {import('./chart.js').Chart} chart @param {string} name */
function savePng(chart, name) {
  const from = chart.canvas;
  if (!from) return;
  const canvas = make('canvas', { width: String(from.width), height: String(from.height) }),
    context = canvas.getContext('2d');
  if (!context) return;
  context.fillStyle = chart.colour('--card');
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(from, 0, 0);
  saveCanvas(canvas, name);
}

/** A drawing as a picture, at twice its size. @param {string} svg @param {string} name */
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

/** The worst mistakes, with their words, as one picture. */
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
  const save = button('export.save', orComplain(saveNetwork), { id: 'save', disabled: '' });
  const restore = make('input', { id: 'restore', class: 'visually-hidden', type: 'file', accept: '.safetensors' });
  restore.addEventListener(
    'change',
    orComplain(() => openNetwork(restore)),
  );
  const run = () => /** @type {import('./run.js').Run} */ (app.run),
    matrix = () => svgOfMatrix(run().confusion ?? new Uint32Array(0), run().classes);
  /** @type {[string, string, () => unknown][]} */
  const files = [
    ['CSV', 'export-csv', () => saveText(csvOf(run().epochs), 'run.csv', 'text/csv')],
    ['JSON', 'export-json', () => saveText(jsonOf(run()), 'run.json', 'application/json')],
  ];
  /** @type {[string, string, () => unknown][]} */
  const pictures = [
    ['loss.png', 'export-loss-png', () => savePng(curveCharts().loss, 'loss.png')],
    [
      'loss.svg',
      'export-loss-svg',
      () => saveText(svgOfChart(curveCharts().loss, t('loss')), 'loss.svg', 'image/svg+xml'),
    ],
    ['accuracy.png', 'export-accuracy-png', () => savePng(curveCharts().accuracy, 'accuracy.png')],
    [
      'accuracy.svg',
      'export-accuracy-svg',
      () => saveText(svgOfChart(curveCharts().accuracy, t('accuracy')), 'accuracy.svg', 'image/svg+xml'),
    ],
    ['matrix.png', 'export-matrix-png', () => saveDrawing(matrix(), 'matrix.png')],
    ['matrix.svg', 'export-matrix-svg', () => saveText(matrix(), 'matrix.svg', 'image/svg+xml')],
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
            orComplain(async () => {
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
      make(
        'pre',
        { class: 'code', tabindex: '0' },
        'from safetensors.torch import load_file\nstate = load_file("inklearn.safetensors")\nstate = {k: v for k, v in state.items()\n         if not k.startswith("optimizer.")}\nmodel.load_state_dict(state)',
      ),
    ),
  );
  const draw = () => {
    save.disabled = !app.run || isBusy();
    for (const one of needRun) one.disabled = !app.run?.epochs.length;
  };
  for (const news of /** @type {const} */ (['state', 'run', 'forget', 'epoch'])) on(news, draw);
  draw();
}
